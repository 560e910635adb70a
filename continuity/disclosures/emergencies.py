"""Emergency access as doors ask for it: somebody described, the card, the request to answer, the file to review.

The card comes through `release` and its ledger row, each time anew: the clock, a restriction or the end of an agreement
closes it at the next reading (5.11). Whoever is described, the asker is answered alike (P-3).
"""

import time
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, NotRequired, TypedDict, Unpack
from uuid import UUID

from django.conf import settings

from continuity.access import emergencies
from continuity.access.models import EmergencyAccess, EmergencyAnswer
from continuity.agencies.models import Membership
from continuity.agencies.roles import Purpose
from continuity.disclosures.emergency_previews import Preview, Safety, preview_release
from continuity.disclosures.models import LedgerEntry
from continuity.disclosures.readings import note_reading, refuse_reading
from continuity.disclosures.record import Contact, Nothing, PersonRecord
from continuity.disclosures.services import release
from continuity.ids import first_of
from continuity.people.matching import Grade
from continuity.people.services import Identified, identify

_Kind, _State = EmergencyAccess.Kind, EmergencyAccess.State
_PURPOSES = {_Kind.OVERRIDE: Purpose.EMERGENCY_TREATMENT, _Kind.REQUEST: Purpose.LE_CRISIS_RESPONSE}
_TYPED = ("last", "first", "birth_date", "identifier")


@dataclass(frozen=True)
class EmergencyCard:
    """The requester's own emergency access; `answer` while it is open, None before and after."""

    emergency: EmergencyAccess
    answer: PersonRecord | Nothing | None


@dataclass(frozen=True)
class AskedRequest:
    """A request as a clinician of an asked agency sees it, with what a release of the own records would show.

    `described` and what would be shown are there only while the request waits for the agency's answer. That the person
    is not known says nothing of what other agencies know (P-3).
    """

    emergency: EmergencyAccess
    waits: bool
    described: dict[str, str]
    is_known: bool
    safety: Safety
    operational: tuple[Contact, ...]


@dataclass(frozen=True)
class Use:
    """One reading that an emergency access opened: when, which categories, how many records; never what they say."""

    ledger_id: UUID
    at: datetime
    channel: str
    categories: tuple[str, ...]
    records: int


@dataclass(frozen=True)
class ReviewFile:
    """What a reviewer sees: the case with its documentation (42 CFR 2.51(c)), its answers, and what was read."""

    emergency: EmergencyAccess
    described: dict[str, str]
    answers: tuple[EmergencyAnswer, ...]
    uses: tuple[Use, ...]


class Why(TypedDict):
    """Why it cannot wait, and who will use what is released (42 CFR 2.51(c))."""

    incident_ref: str
    reason_code: str
    reason: str
    nature: str
    recipient_name: NotRequired[str]
    recipient_facility: NotRequired[str]


def break_glass(
    *,
    by: Membership,
    last: str,
    at: datetime,
    first: str = "",
    birth_date: date | None = None,
    identifier: str = "",
    **why: Unpack[Why],
) -> EmergencyAccess:
    """Identify whom a clinician describes and open an override; with nobody certain it looks alike (P-3).

    `why` and what it raises are those of `access.emergencies.break_glass`.
    """
    whom = _described(last, first, birth_date, identifier)
    return emergencies.break_glass(by=by, at=at, **whom, **why)


def request_emergency(
    *,
    by: Membership,
    last: str,
    at: datetime,
    first: str = "",
    birth_date: date | None = None,
    identifier: str = "",
    **why: Unpack[Why],
) -> EmergencyAccess:
    """Identify whom a responder describes and ask the clinicians; with nobody certain it looks alike (P-3).

    `why` and what it raises are those of `access.emergencies.request_emergency`.
    """
    whom = _described(last, first, birth_date, identifier)
    return emergencies.request_emergency(by=by, at=at, **whom, **why)


def emergency_card(*, by: Membership, emergency_id: UUID, channel: str, at: datetime) -> EmergencyCard:
    """The own emergency access, and while it is open what it opens, through the gate with its ledger row.

    Before and after that nothing about a person is read, and no row is written. "Nothing" ends no earlier than a
    look-up's. Raises NotFound for somebody else's.
    """
    started = time.monotonic()
    emergency = emergencies.own_emergencies(by).filter(pk=emergency_id).first()
    if emergency is None:
        raise refuse_reading(by=by, channel=channel, at=at, searched=str(emergency_id), category="D0")
    if not emergency.is_open(at):
        return EmergencyCard(emergency, None)
    typed = emergencies.described_of(emergency)
    person_id = emergency.person_id
    answer = release(
        by=by,
        identified=Identified(person_id, Grade.CERTAIN)
        if person_id
        else Identified(None, Grade.CERTAINLY_NOT, "no_match"),
        purpose=_PURPOSES[_Kind(emergency.kind)],
        incident_ref=emergency.incident_ref,
        searched="|".join(typed.get(name, "") for name in _TYPED).casefold(),
        channel=channel,
        reason=emergency.reason_code,
        at=at,
    )
    if isinstance(answer, Nothing):
        time.sleep(max(0.0, settings.NEGATIVE_FLOOR - (time.monotonic() - started)))
    return EmergencyCard(emergency, answer)


def asked_request(*, by: Membership, emergency_id: UUID, channel: str, at: datetime) -> AskedRequest:
    """A request that the own agency was asked, for a member who may answer it, ledgered as an own reading.

    Raises NotFound for anybody else.
    """
    emergency = emergencies.asked_of_agency(by).filter(pk=emergency_id).first()
    if emergency is None:
        raise refuse_reading(by=by, channel=channel, at=at, searched=str(emergency_id), category="D0")
    waits = emergencies.asked_of(by, at).filter(pk=emergency.pk).exists()
    is_known = waits and emergencies.is_known_here(by, emergency, at)
    shown = preview_release(by, emergency, at) if is_known else Preview()
    note_reading(
        by=by,
        rows=shown.rows,
        channel=channel,
        at=at,
        category="D2" if shown.operational else "D1",
        person_id=emergency.person_id if is_known else None,
        searched=str(emergency_id),
    )
    return AskedRequest(
        emergency=emergency,
        waits=waits,
        described=emergencies.described_of(emergency) if waits else {},
        is_known=is_known,
        safety=shown.safety,
        operational=shown.operational,
    )


def review_file(*, by: Membership, emergency_id: UUID, channel: str, at: datetime) -> ReviewFile:
    """What the own agency reviews, for a member who may: the case and what was read, ledgered as a reading.

    Raises NotFound for anybody else, the requester and whoever answered included.
    """
    emergency = emergencies.reviewed_here(by, at).filter(pk=emergency_id).first()
    if emergency is None:
        raise refuse_reading(by=by, channel=channel, at=at, searched=str(emergency_id), category="D0")
    answers = emergency.answers.select_related("agency", "answered_by__member").order_by("answered_at")
    note_reading(
        by=by, rows=[emergency], channel=channel, at=at, category="D0", person_id=emergency.person_id
    )
    return ReviewFile(emergency, emergencies.described_of(emergency), tuple(answers), _uses(emergency))


def _described(last: str, first: str, birth_date: date | None, identifier: str) -> dict[str, Any]:
    found = identify(last=last, first=first, birth_date=birth_date, identifier=identifier)
    typed = {"last": last, "first": first, "birth_date": birth_date, "identifier": identifier}
    return {"person_id": found.person_id, "described": typed}


def _uses(emergency: EmergencyAccess) -> tuple[Use, ...]:
    # Not by the column alone: with two boxes open at once a row names one of them there, and both among its bases.
    rows = LedgerEntry.objects.filter(
        asker=emergency.requester_id,
        id__gte=first_of(emergency.starts_at or emergency.requested_at),
        bases__contains=[{"emergency": str(emergency.pk)}],
    ).order_by("id")
    return tuple(
        Use(pk, when, channel, tuple(categories), len(records))
        for pk, when, channel, categories, records in rows.values_list(
            "id", "at", "channel", "categories", "records"
        )
    )
