"""E-mail to a member: that there is a notice, and where. No name, no kind, no person."""

from datetime import datetime, timedelta
from smtplib import SMTPException

from django.conf import settings
from django.core.mail import EmailMessage
from django.urls import reverse

from continuity.notices.models import Delivery, NoticePreference

SUBJECT = "You have a notice in Continuity"
_BODY = """You have a notice in Continuity.

{way}

This address does not read answers.
"""


def send(delivery_id: str, address: str) -> str:
    """Mail it once and say what went wrong as a code, "" when the mail server took it."""
    inbox = f"{settings.SITE_URL.rstrip('/')}{reverse('inbox')}" if settings.SITE_URL else ""
    way = f"Read it here: {inbox}" if inbox else "Sign in to read it."
    mail = EmailMessage(
        subject=SUBJECT,
        body=_BODY.format(way=way),
        to=[address],
        headers={"Message-ID": f"<{delivery_id}@continuity>", "Auto-Submitted": "auto-generated"},
    )
    try:
        mail.send()
    except TimeoutError:
        return "timeout"
    except SMTPException as error:
        return f"smtp_{getattr(error, 'smtp_code', '')}".rstrip("_")
    except OSError:
        return "no_connection"
    return ""


def wish_for(delivery: Delivery) -> NoticePreference | None:
    """The member's wish when it still asks for this kind by e-mail."""
    wish = NoticePreference.objects.filter(membership=delivery.membership_id).exclude(email="").first()
    return wish if wish and delivery.notice.kind not in wish.kinds_off else None


def end_of_quiet(wish: NoticePreference, local: datetime) -> datetime | None:
    """When the quiet hours that `local`, a time of the agency's clock, falls into are over; None outside of them."""
    if wish.quiet_from is None or wish.quiet_to is None:
        return None
    now = local.time()
    over_midnight = wish.quiet_from > wish.quiet_to
    if over_midnight:
        is_quiet = now >= wish.quiet_from or now < wish.quiet_to
    else:
        is_quiet = wish.quiet_from <= now < wish.quiet_to
    if not is_quiet:
        return None
    day = local.date() + timedelta(days=1 if over_midnight and now >= wish.quiet_from else 0)
    return datetime.combine(day, wish.quiet_to, local.tzinfo)
