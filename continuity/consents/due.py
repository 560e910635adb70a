"""What waits for somebody: which consents and offers of an agency are due, and since when."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import Exists, OuterRef

from continuity.agencies.models import Agency, Member
from continuity.agencies.services import rules_for
from continuity.consents.models import Consent, ConsentOffer, ConsentQuerySet
from continuity.consents.standing import Standing


@dataclass(frozen=True)
class Due:
    """A consent or an offer that waits, and the moment it is about; for `member`, or for the desk."""

    subject_id: UUID
    since: datetime
    member: Member | None = None


def custodians() -> Iterable[Agency]:
    """Every agency that keeps consents or offered one."""
    kept = Consent.objects.filter(custodian=OuterRef("pk"))
    offered = ConsentOffer.objects.filter(agency=OuterRef("pk"))
    return Agency.objects.filter(Exists(kept) | Exists(offered)).order_by("code")


def expiring(agency: Agency, at: datetime) -> Iterator[Due]:
    """Consents in force that end within 30 days: for the desk, and for a collector who still works there."""
    for consent in _standing_as(Standing.EXPIRING, agency, at).select_related("collected_by"):
        if consent.expires_at is None:
            continue  # what ends soon has an end; the type checker wants to see it
        yield Due(consent.pk, consent.expires_at)
        # Not for an officer whom the pack let collect (P-9), nor for whoever has left.
        if consent.collected_by and _works_for(consent.collected_by, agency):
            yield Due(consent.pk, consent.expires_at, consent.collected_by)


def unpapered(agency: Agency, at: datetime) -> Iterator[Due]:
    """Consents suspended by word for longer than the pack gives to have it in writing (L-12)."""
    latest = at - timedelta(days=rules_for(agency, at).paper_within_days)
    waiting = _standing_as(Standing.SUSPENDED, agency, at).filter(suspended_at__lte=latest)
    return _due(waiting.values_list("pk", "suspended_at"))


def events_to_ask(agency: Agency, at: datetime) -> Iterator[Due]:
    """Consents in force that an event ends, when nobody has asked about it for as long as the pack says (P-18).

    The moment is when it was asked last, or when the consent began.
    """
    latest = at - timedelta(days=rules_for(agency, at).ask_about_event_every_days)
    asked = Consent.objects.filter(custodian=agency).unasked_since(latest, at)
    rows = asked.values_list("pk", "event_asked_at", "starts_at")
    return (Due(subject_id, asked_at or begun) for subject_id, asked_at, begun in rows)


def offers(agency: Agency, at: datetime) -> Iterator[Due]:
    """Offers to be made again."""
    return _due(ConsentOffer.objects.due(at).filter(agency=agency).values_list("pk", "offer_again_at"))


def _standing_as(standing: Standing, agency: Agency, at: datetime) -> ConsentQuerySet:
    return Consent.objects.filter(custodian=agency).standing_as(standing, at)


def _due(rows: Iterable[tuple[UUID, datetime | None]]) -> Iterator[Due]:
    return (Due(subject_id, since) for subject_id, since in rows if since is not None)


def _works_for(member: Member, agency: Agency) -> bool:
    return any(one.agency_id == agency.pk and one.is_current for one in member.all_memberships)
