"""Hand a call on in one press: to 988, to an agency that responds with somebody, to the team that treats the person."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from continuity.agencies.models import Agency, Membership
from continuity.agencies.roles import Duty
from continuity.caseload.contact_known import Known, providers_shown
from continuity.crisis.models import CrisisContact, Transfer
from continuity.crisis.transfers import offer_transfer
from continuity.crisis.vocabulary import Responder
from continuity.errors import Invalid

_KINDS = {
    Responder.MOBILE_CRISIS: (Agency.Kind.CRISIS_PROVIDER,),
    Responder.COMMUNITY_TEAM: (Agency.Kind.COMMUNITY_SAFETY_DEPT,),
    Responder.CO_RESPONSE: (Agency.Kind.POLICE, Agency.Kind.SHERIFF),
}


@dataclass(frozen=True)
class Line:
    """Somebody a call can be handed to: `key` is what the button sends."""

    key: str
    kind: str
    name: str


def lines_to(duty: Membership, known: Known, at: datetime) -> list[Line]:
    """988 first, then the team that was shown, then every agency under an agreement that responds with somebody."""
    if not duty.has_duty(Duty.HAND_OFF):
        return []
    lines = [Line(Responder.LINE_988, Responder.LINE_988, "")]
    lines += [_line(Responder.TREATMENT_TEAM, team) for team in providers_shown(known) if team != duty.agency]
    partners = Agency.objects.filter(
        agreements__in=duty.agency.agreements.filter(effective_at__lte=at, expires_at__gt=at),
        status=Agency.Status.ACTIVE,
    ).exclude(pk=duty.agency_id)
    for agency in partners.distinct().order_by("name"):
        lines += [_line(kind, agency) for kind, kinds in _KINDS.items() if agency.kind in kinds]
    return lines


def hand_on(*, by: Membership, contact: CrisisContact, line: str, at: datetime) -> Transfer:
    """Offer the call to the line of this button. What was said stays here: in a warm transfer people tell it."""
    kind, _, agency_id = line.partition("/")
    transfer, _ = offer_transfer(
        by=by, to_kind=kind, to_agency=_agency(agency_id), contact_id=contact.pk, at=at, is_warm=True
    )
    return transfer


def handed_on(contact: CrisisContact) -> list[dict[str, Any]]:
    """The calls handed on from this contact, newest first, with what became of them."""
    rows = contact.transfers.select_related("to_agency").order_by("-offered_at")
    return [
        {
            "id": row.pk,
            "kind": row.to_kind,
            "to": row.to_agency.name if row.to_agency else "",
            "outcome": row.outcome,
            "offered_at": row.offered_at,
        }
        for row in rows
    ]


def _line(kind: Responder, agency: Agency) -> Line:
    return Line(f"{kind}/{agency.pk}", kind, agency.name)


def _agency(agency_id: str) -> Agency | None:
    if not agency_id:
        return None
    try:
        found = Agency.objects.filter(pk=UUID(agency_id)).first()
    except ValueError:
        found = None
    if found is None:
        raise Invalid("unknown_value", "There is no such line. Choose one of the buttons.")
    return found
