"""Housekeeping of consents: swept from due rows, idempotent; nobody's safety waits for it."""

from celery import shared_task
from django.utils import timezone

from continuity.consents.models import Consent
from continuity.consents.services import expire_consent


@shared_task
def expire_consents() -> int:
    """Mark consents whose time is over as expired and say how many."""
    now = timezone.now()
    due = Consent.objects.filter(status=Consent.Status.ACTIVE, expires_at__lte=now).values_list(
        "pk", flat=True
    )
    return sum(expire_consent(consent_id=consent_id, at=now) for consent_id in due.iterator())
