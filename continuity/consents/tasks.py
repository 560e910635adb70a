"""Housekeeping of consents: swept from due rows, idempotent, ids only; nobody's safety waits for it."""

from collections.abc import Callable, Iterable
from datetime import datetime

from celery import shared_task
from django.utils import timezone

from continuity.agencies.models import Agency
from continuity.consents import due
from continuity.consents.endings import expire_consent
from continuity.consents.models import Consent
from continuity.notices.models import Notice
from continuity.notices.services import remind


@shared_task
def expire_consents() -> int:
    """Mark consents whose time is over as expired and say how many."""
    now = timezone.now()
    over = Consent.objects.filter(status=Consent.Status.ACTIVE, expires_at__lte=now)
    ids = over.values_list("pk", flat=True)
    return sum(expire_consent(consent_id=consent_id, at=now) for consent_id in ids.iterator())


@shared_task
def tell_of_expiring() -> int:
    """Remind desk and collector of consents that end within 30 days, once for each end; say how many reminders."""
    return _remind(Notice.Kind.CONSENT_EXPIRING, due.expiring)


@shared_task
def tell_of_unpapered_suspensions() -> int:
    """Remind the desk of spoken revocations that have waited too long for their paper, once for each (L-12)."""
    return _remind(Notice.Kind.SUSPENSION_UNPAPERED, due.unpapered)


@shared_task
def tell_of_offers_due() -> int:
    """Remind the desk of people to whom a consent may be offered again, once for each offer (P-9)."""
    return _remind(Notice.Kind.OFFER_DUE, due.offers)


@shared_task
def ask_about_events() -> int:
    """Have the desk ask whether an event that ends a consent has happened, once for each round of asking (P-18)."""
    return _remind(Notice.Kind.EVENT_TO_ASK, due.events_to_ask)


def _remind(kind: Notice.Kind, which: Callable[[Agency, datetime], Iterable[due.Due]]) -> int:
    now = timezone.now()
    return sum(
        remind(kind, subject_id=one.subject_id, since=one.since, agency=agency, member=one.member)
        for agency in due.custodians()
        for one in which(agency, now)
    )
