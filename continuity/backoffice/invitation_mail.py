"""An invitation's link by e-mail, beside the page that shows it once (S-9)."""

from django.conf import settings
from django.core.mail import EmailMessage

from continuity.agencies.models import Agency, Member

_SUBJECT = "Set up your sign-in to Continuity"
_TEXT = """{name},

{agency} asks you to set up your sign-in to Continuity. Open this link within 72 hours; it is good once:

{link}

You choose a password there, and a second factor: a security key, a passkey or an app on your work phone.
If you did not expect this, do not open it, and tell your agency's administrator.
"""


def mail_link(member: Member, agency: Agency, link: str) -> bool | None:
    """Whether the mail server took the link for the work address; None where nothing is to be mailed.

    A site that does not say its own address sends no links, as in every other e-mail of it.
    """
    if not member.work_email or not settings.SITE_URL:
        return None
    text = _TEXT.format(name=member.display_name, agency=agency.name, link=link)
    try:
        return EmailMessage(subject=_SUBJECT, body=text, to=[member.work_email]).send() == 1
    except OSError:  # no connection, or refused by the server: the page says so, and shows the link
        return False
