"""What a clinician's release would show a responder of the own agency's records: asked of the gate itself (L-5)."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, TypeVar
from uuid import UUID

from django.db.models import Model, Q, QuerySet

from continuity.access.case import EmergencyFact, Opening
from continuity.access.facts import gather
from continuity.access.matrix import Basis
from continuity.access.models import EmergencyAccess
from continuity.access.policy import decide
from continuity.access.predicates import Paths
from continuity.access.services import asker_of
from continuity.agencies.models import Membership
from continuity.agencies.roles import Purpose
from continuity.disclosures.own_work import readable_contacts, readable_flags, readable_plans, readable_tips
from continuity.disclosures.record import Contact, ResponsePlan, Standing
from continuity.disclosures.services import MOST_FOR_RESPONDERS

M = TypeVar("M", bound=Model)
_STANDING = ("kind", "text", "basis", "source_role", "first_observed_at", "last_confirmed_at", "expires_at")
_LISTS = ("strategies", "triggers", "support_contacts")
_PLAN = ("baseline", "elevated", "drafted_with_person", "approved_at", "expires_at")


@dataclass(frozen=True)
class Safety:
    """Safety data (D1) as a release shows it: plans, what helps, what to be careful of."""

    plans: tuple[ResponsePlan, ...] = ()
    tips: tuple[Standing, ...] = ()
    flags: tuple[Standing, ...] = ()


@dataclass(frozen=True)
class Preview:
    """What a release would show, `operational` only if it is added; `rows` are the records behind it."""

    safety: Safety = Safety()
    operational: tuple[Contact, ...] = ()
    rows: tuple[Any, ...] = ()


def preview_release(by: Membership, emergency: EmergencyAccess, at: datetime) -> Preview:
    """The own agency's records that a release by this member would open to the requester now.

    Which categories open is the gate's answer to an imagined release, so that restrictions, the agreement and age
    count; the rows are read as the member's own work, without Part 2.
    """
    if emergency.person_id is None:
        return Preview()
    opened = _imagined(by, emergency, at)
    safety, lines = ([one for one in opened if one.category == category] for category in ("D1", "D2"))
    standing = {"status": "active", "expires_at__gt": at}
    approved = readable_plans(by, at).filter(**standing)
    helps, warns = readable_tips(by, at).filter(**standing), readable_flags(by, at).filter(**standing)
    plans = _newest(approved, "approved_at", emergency, safety)
    tips = _newest(helps, "first_observed_at", emergency, safety)
    flags = _newest(warns, "first_observed_at", emergency, safety)
    happened = readable_contacts(by, at).filter(occurred_at__lte=at)
    contacts = _newest(happened, "occurred_at", emergency, lines)
    return Preview(
        Safety(
            plans=tuple(_plan(one) for one in plans),
            tips=tuple(_standing(one) for one in tips),
            flags=tuple(_standing(one, severity=one.severity) for one in flags),
        ),
        tuple(_line(one, by) for one in contacts),
        (*plans, *tips, *flags, *contacts),
    )


def _imagined(by: Membership, emergency: EmergencyAccess, at: datetime) -> list[Opening]:
    purpose, incident_ref = Purpose.LE_CRISIS_RESPONSE, emergency.incident_ref
    asker = asker_of(emergency.requester, purpose=purpose, incident_ref=incident_ref, has_described=True)
    facts = gather(asker, emergency.person_id, at)
    released = EmergencyFact(emergency.pk, frozenset({"D0", "D1", "D2"}), by.agency_id)
    decision = decide(asker, replace(facts, emergencies=(released,)), at)
    return [
        one
        for one in decision.openings
        if one.custodian == by.agency_id and one.basis is Basis.EMERGENCY_RELEASE
    ]


def _newest(
    rows: QuerySet[M], time: str, emergency: EmergencyAccess, openings: list[Opening]
) -> tuple[M, ...]:
    opened = Q(pk__in=[])
    for one in openings:
        since = Q(**{f"{time}__gte": one.since}) if one.since else Q()
        opened |= Q(_made_for(rows.model, one.origin, emergency), since, custodian=one.custodian)
    mine = rows.filter(opened, person=emergency.person_id, is_part2=False)
    return tuple(mine.order_by(f"-{time}")[:MOST_FOR_RESPONDERS])


def _made_for(model: type[Model], origin: UUID | None, emergency: EmergencyAccess) -> Q:
    """Rows of whom an opening is about, where people were merged."""
    if origin is None:
        return Q()
    field = Paths().origin(model)
    return Q(**{f"{field}__isnull": True}) if origin == emergency.person_id else Q(**{field: origin})


def _standing(row: Any, severity: str = "") -> Standing:
    return Standing(**{name: getattr(row, name) for name in _STANDING}, severity=severity)


def _plan(row: Any) -> ResponsePlan:
    lists: dict[str, Any] = {name: tuple(getattr(row, name)) for name in _LISTS}
    return ResponsePlan(**lists, **{name: getattr(row, name) for name in _PLAN})


def _line(row: Any, by: Membership) -> Contact:
    return Contact(
        occurred_at=row.occurred_at,
        modality=row.modality,
        response_type=tuple(row.response_type),
        disposition=row.disposition_primary,
        custodian=by.agency.name,
    )
