"""Offers: that a consent was offered, declined or could not be given, and when to ask again (P-9, L-28)."""

from datetime import datetime, timedelta

from django.db import transaction

from continuity.agencies.models import Membership
from continuity.agencies.roles import Duty, require
from continuity.agencies.services import rules_for
from continuity.consents.models import Consent, ConsentOffer
from continuity.errors import Invalid, NotFound
from continuity.people.models import Person
from continuity.people.services import note_own_record

_Outcome = ConsentOffer.Outcome


@transaction.atomic
def record_offer(
    *,
    by: Membership,
    person: Person,
    outcome: str,
    context: str,
    at: datetime,
    language: str = "",
    note: str = "",
    consent: Consent | None = None,
) -> ConsentOffer:
    """Write down an offer; unless it was accepted, the pack says after how many days to ask again.

    An offer ends the waiting of earlier ones to the same person. Raises NotAllowed without the duty, Invalid for an
    unknown outcome or place, NotFound for a consent of somebody else.
    """
    require(by.roles, Duty.COLLECT_CONSENT)
    if outcome not in _Outcome.values:
        raise Invalid("no_such_outcome", "Choose what came of the offer.", field="outcome")
    if context not in Consent.Context.values:
        raise Invalid("no_such_context", "Choose where it was offered.", field="context")
    if consent and (consent.person_id, consent.custodian_id) != (person.pk, by.agency_id):
        raise NotFound("not_found", "There is no such record.")
    for earlier in ConsentOffer.objects.select_for_update().filter(
        person=person, agency=by.agency, offer_again_at__isnull=False
    ):
        earlier.offer_again_at = None
        earlier.save()
    wait = timedelta(days=rules_for(by.agency, at).reoffer_after_days)
    note_own_record(person.pk, by.agency)
    return ConsentOffer.objects.create(
        person=person,
        agency=by.agency,
        offered_at=at,
        offered_by=by.member,
        outcome=outcome,
        context=context,
        language=language,
        note=note,
        offer_again_at=None if outcome == _Outcome.ACCEPTED else at + wait,
        consent=consent,
    )
