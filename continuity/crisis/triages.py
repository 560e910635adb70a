"""Record who was to answer a call and why, and count what became of the suggestions (D-4)."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.db.models import Count, F, Q

from continuity.agencies.models import Agency, Membership
from continuity.agencies.pack_tables import ANSWERS
from continuity.agencies.roles import Duty, require
from continuity.agencies.services import rules_for
from continuity.crisis import vocabulary as v
from continuity.crisis.models import CrisisContact, Triage
from continuity.crisis.rows import not_found, own_contacts
from continuity.crisis.triage import Call, Suggestion, suggest
from continuity.errors import Incomplete, Invalid

_LONGEST = 200  # characters of a reason


def suggestion_for(*, by: Membership, call: Call, at: datetime) -> Suggestion:
    """What the rules of the own agency suggest for a call; it binds nobody. Raises Incomplete for unknown words."""
    require(by.roles, Duty.RECORD_CONTACT)
    errors = _unknown(call)
    if errors:
        raise Incomplete(errors)
    return _suggested(by.agency, call, at)


@transaction.atomic
def record_triage(
    *,
    by: Membership,
    contact_id: UUID,
    call_type: str,
    weapon_in_hand: str,
    has_team: bool,
    decision: str,
    at: datetime,
    reason: str = "",
    what_changed: str = "",
) -> Triage:
    """Record who is to answer a call: the suggestion followed, or another decision with its reason.

    A second decision on the same contact is a new row that says what changed. Raises NotAllowed without the duty,
    NotFound for a contact that is not the own agency's to work on, Incomplete naming everything that is wrong.
    """
    require(by.roles, Duty.RECORD_CONTACT)
    contact = own_contacts(by).select_for_update(of=("self",)).filter(pk=contact_id).first()
    if contact is None:
        raise not_found()
    call = Call(call_type, weapon_in_hand, has_team)
    errors = _unknown(call)
    if decision not in Triage.Decision.values:
        errors.append(Invalid("unknown_value", "This is not one of the choices.", field="decision"))
    suggestion = _suggested(by.agency, call, at)
    if suggestion.response and decision != suggestion.response and not reason.strip():
        errors.append(Invalid("missing", "Say why you decide otherwise.", field="reason"))
    if contact.triages.exists() and not what_changed.strip():
        errors.append(Invalid("missing", "Say what changed the decision.", field="what_changed"))
    errors += [
        Invalid("too_long", f"At most {_LONGEST} characters.", field=name)
        for name, text in (("reason", reason), ("what_changed", what_changed))
        if len(text) > _LONGEST
    ]
    if errors:
        raise Incomplete(errors)
    return Triage.objects.create(
        contact=contact,
        custodian=by.agency,
        call_type=call_type,
        weapon_in_hand=weapon_in_hand,
        has_team=has_team,
        is_eligible=suggestion.is_eligible,
        suggestion=suggestion.response,
        team_first=suggestion.team_first,
        rule=suggestion.rule,
        decision=decision,
        reason=reason.strip(),
        what_changed=what_changed.strip(),
        decided_at=at,
        decided_by=by,
    )


@dataclass(frozen=True)
class TriageFigures:
    """Of the calls that an agency triaged in a period: how many were eligible, suggested on, and as suggested."""

    calls: int
    eligible: int
    suggested: int
    followed: int

    @property
    def eligible_share(self) -> float | None:
        """Share of calls that were eligible for a clinician (Durham: 14 %); None without calls."""
        return self.eligible / self.calls if self.calls else None

    @property
    def followed_share(self) -> float | None:
        """Share of suggestions that were followed; None where nothing was suggested."""
        return self.followed / self.suggested if self.suggested else None


def triage_figures(agency: Agency, since: datetime, until: datetime) -> TriageFigures:
    """The figures of `since` <= decided < `until`; a contact counts once, by its last decision in that period.

    Contacts that were cancelled or entered in error do not count.
    """
    kept = (CrisisContact.RecordStatus.DRAFT, *CrisisContact.READABLE)
    within = Triage.objects.filter(
        custodian=agency, decided_at__gte=since, decided_at__lt=until, contact__record_status__in=kept
    )
    last = within.order_by("contact_id", "-decided_at", "-id").distinct("contact_id").values("pk")
    suggested = ~Q(suggestion="")
    counted = Triage.objects.filter(pk__in=last).aggregate(
        calls=Count("pk"),
        eligible=Count("pk", filter=Q(is_eligible=True)),
        suggested=Count("pk", filter=suggested),
        followed=Count("pk", filter=suggested & Q(decision=F("suggestion"))),
    )
    return TriageFigures(**counted)


def _suggested(agency: Agency, call: Call, at: datetime) -> Suggestion:
    rules = rules_for(agency, at)
    return suggest(call, rules.triage, rules.eligible_call_types)


def _unknown(call: Call) -> list[Invalid]:
    stated = {
        "call_type": call.call_type in v.CallType.values,
        "weapon_in_hand": call.weapon_in_hand in ANSWERS,
    }
    return [
        Invalid("unknown_value", "This is not one of the choices.", field=name)
        for name, is_known in stated.items()
        if not is_known
    ]
