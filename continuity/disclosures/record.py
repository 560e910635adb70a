"""What leaves: a frozen record of the allowed categories, each with its basis. Pure: no ORM, no clock.

Rows come from the gate's read; a field that the decision did not open was never selected.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final
from uuid import UUID

STALE_AFTER = timedelta(days=90)  # 5.8: a link nobody confirmed for longer is "unverified"

# 42 CFR 2.32(a)(1) and (2), in the words a screen can hold; the full text goes with every export.
NOTICE_TEXTS: Final = {
    "part2": (
        "42 CFR part 2 prohibits unauthorized use or disclosure of these records. They may not be used or "
        "testified about in any proceeding against the person without consent or a court order."
    ),
    "consent_terms": (
        "Shared on the person's written consent, for this response only. "
        "Do not copy it into a report, and do not pass it on."
    ),
}

CATEGORY_NAMES: Final = {
    "D0": "that there is a record",
    "D1": "what helps and what to be careful of",
    "D2": "earlier contacts",
    "D3": "clinical narrative",
    "D4": "substance use records",
    "D5": "link to the treatment team",
    "D6": "linkages and follow-ups",
    "D7": "scope of the consent",
}


@dataclass(frozen=True)
class Notice:
    """A statement that must travel with the record, with the scope of the consents it rests on (L-11)."""

    code: str
    text: str
    scope: str
    consent_ids: tuple[UUID, ...]


@dataclass(frozen=True)
class Ground:
    """Why a category is shown: whose records, on which basis, and until when the consent holds."""

    custodian: str
    category: str
    basis: str
    consent_id: UUID | None = None
    consent_until: datetime | None = None


@dataclass(frozen=True)
class TeamLink:
    """That the person is in care and which line to call; provider and programme only in the full form."""

    duty_line: str
    hours: str
    last_verified_at: datetime | None
    is_stale: bool
    provider: str = ""
    team_name: str = ""
    program_kind: str = ""


@dataclass(frozen=True)
class Standing:
    """A tip or a safety flag: what, how it is known, how old it is and when it expires."""

    kind: str
    text: str
    basis: str
    source_role: str
    first_observed_at: datetime
    last_confirmed_at: datetime
    expires_at: datetime
    severity: str = ""


@dataclass(frozen=True)
class ResponsePlan:
    """The approved plan: strategies in the order to try, then what to avoid and who can help."""

    strategies: tuple[str, ...]
    triggers: tuple[str, ...]
    support_contacts: tuple[str, ...]
    baseline: str
    elevated: str
    drafted_with_person: bool
    approved_at: datetime
    expires_at: datetime


@dataclass(frozen=True)
class Linkage:
    """How far a referral came: `outcome` for everybody, the rest only in the full form."""

    outcome: str
    requested_at: datetime
    status: str = ""
    kind: str = ""
    recipient: str = ""
    appointment_at: datetime | None = None


@dataclass(frozen=True)
class FollowUp:
    """Whether the promise was kept: `outcome` is scheduled, completed or not_completed (D6a)."""

    outcome: str
    due_at: datetime
    is_overdue: bool
    status: str = ""
    kind: str = ""
    result: str = ""
    owed_by: str = ""


@dataclass(frozen=True)
class Contact:
    """An earlier contact in one line; issues and summary only in the full form."""

    occurred_at: datetime
    modality: str
    response_type: tuple[str, ...]
    disposition: str
    custodian: str
    presenting_issues: tuple[str, ...] = ()
    risk_level: str = ""
    hold_status: str = ""
    existing_treatment: str = ""
    operational_summary: str = ""


@dataclass(frozen=True)
class Text:
    """A narrative (D3) or a SUD segment (D4) of one contact; clinicians only."""

    contact_id: UUID
    occurred_at: datetime
    text: str
    custodian: str


@dataclass(frozen=True)
class ConsentScope:
    """That a consent stands and until when; instrument and categories only in the full form; never the document."""

    status: str
    starts_at: datetime
    expires_at: datetime | None
    custodian: str
    instrument: str = ""
    categories: tuple[str, ...] = ()


@dataclass(frozen=True)
class PersonRecord:
    """All that one asker may know of one person now. `contacts_total` counts what is behind the listed contacts."""

    ledger_id: UUID
    decided_at: datetime
    name_to_use: str
    official_name: str
    birth_date: date | None
    birth_date_precision: str
    language: str
    interpreter_needed: bool
    communication_needs: str
    pronouns: str
    deceased: bool
    known_to: tuple[str, ...]
    team_links: tuple[TeamLink, ...]
    plans: tuple[ResponsePlan, ...]
    tips: tuple[Standing, ...]
    flags: tuple[Standing, ...]
    follow_ups: tuple[FollowUp, ...]
    linkages: tuple[Linkage, ...]
    contacts: tuple[Contact, ...]
    contacts_total: int
    narratives: tuple[Text, ...]
    sud_segments: tuple[Text, ...]
    consents: tuple[ConsentScope, ...]
    grounds: tuple[Ground, ...]
    notices: tuple[Notice, ...]


@dataclass(frozen=True)
class Nothing:
    """The one negative answer. Why is in the ledger; this says the same for every reason (L-4, P-3)."""

    decided_at: datetime


_OPEN = frozenset({"sent", "received", "accepted", "scheduled", "engaged", "waitlisted"})


def linkage_outcome(status: str) -> str:
    """connected, in_progress, not_connected or unknown (5.9): what a responder needs of a referral."""
    if status in ("completed", "engaged"):
        return "connected"
    if status in _OPEN:
        return "in_progress"
    return (
        "not_connected" if status in ("declined_by_recipient", "cancelled_by_person", "unable") else "unknown"
    )


def follow_up_outcome(status: str) -> str:
    """scheduled, completed or not_completed (5.10)."""
    if status == "completed":
        return "completed"
    return "scheduled" if status in _OPEN else "not_completed"


def build(
    *,
    ledger_id: UUID,
    at: datetime,
    header: Mapping[str, Any],
    rows: Iterable[Mapping[str, Any]],
    known_to: Iterable[UUID],
    agencies: Mapping[str, str],
    consent_ends: Mapping[str, str | None],
    notices: Iterable[str],
) -> PersonRecord:
    """Shape the gate's rows into a record; times come in as ISO 8601 text, ids as text."""
    by_noun: dict[str, list[Mapping[str, Any]]] = {}
    for row in rows:
        by_noun.setdefault(row["noun"], []).append(row)

    def shaped(noun: str, shape: Any) -> tuple[Any, ...]:
        return tuple(shape(row["body"], row, agencies, at) for row in by_noun.get(noun, ()))

    contacts = by_noun.get("contact", [])
    official, preferred = _names(header["names"])
    grounds = _grounds(by_noun, agencies, consent_ends)
    return PersonRecord(
        ledger_id=ledger_id,
        decided_at=at,
        name_to_use=preferred or official,
        official_name=official,
        birth_date=date.fromisoformat(header["birth_date"]) if header["birth_date"] else None,
        birth_date_precision=header["birth_date_precision"],
        language=header["language"],
        interpreter_needed=header["interpreter_needed"],
        communication_needs=header["communication_needs"],
        pronouns=header["pronouns"],
        deceased=header["deceased"],
        known_to=tuple(sorted({agencies[str(agency)] for agency in known_to})),
        team_links=shaped("team_link", _team_link),
        plans=shaped("response_plan", _plan),
        tips=shaped("tip", _standing),
        flags=shaped("safety_flag", _standing),
        follow_ups=shaped("follow_up", _follow_up),
        linkages=shaped("linkage", _linkage),
        contacts=shaped("contact", _contact),
        contacts_total=contacts[0]["total"] if contacts else 0,
        narratives=shaped("narrative", _text),
        sud_segments=shaped("sud_segment", _text),
        consents=shaped("consent", _consent),
        grounds=grounds,
        notices=tuple(_notice(code, grounds) for code in notices),
    )


def _when(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None


def _names(names: list[Mapping[str, str]] | None) -> tuple[str, str]:
    full = {name["use"]: f"{name['first']} {name['last']}".strip() for name in reversed(names or [])}
    return full.get("official", ""), full.get("preferred", "")


def _grounds(
    by_noun: Mapping[str, list[Mapping[str, Any]]],
    agencies: Mapping[str, str],
    consent_ends: Mapping[str, str | None],
) -> tuple[Ground, ...]:
    found = {
        (row["category"], row["custodian"], row["basis"], row["consent"])
        for rows in by_noun.values()
        for row in rows
    }
    return tuple(
        Ground(
            custodian=agencies[custodian],
            category=category,
            basis=basis,
            consent_id=UUID(consent) if consent else None,
            consent_until=_when(consent_ends.get(consent)) if consent else None,
        )
        for category, custodian, basis, consent in sorted(found, key=lambda one: tuple(map(str, one)))
    )


def _notice(code: str, grounds: tuple[Ground, ...]) -> Notice:
    consented = [ground for ground in grounds if ground.consent_id]
    scopes: dict[tuple[str, str], list[str]] = {}
    for ground in consented:
        until = f"until {ground.consent_until:%Y-%m-%d}" if ground.consent_until else "until a named event"
        scopes.setdefault((ground.custodian, until), []).append(CATEGORY_NAMES[ground.category])
    return Notice(
        code=code,
        text=NOTICE_TEXTS[code],
        scope="; ".join(f"{', '.join(names)} of {who} {until}" for (who, until), names in scopes.items()),
        consent_ids=tuple(sorted({ground.consent_id for ground in consented if ground.consent_id})),
    )


Row = Mapping[str, Any]
Agencies = Mapping[str, str]


def _team_link(body: Row, row: Row, agencies: Agencies, at: datetime) -> TeamLink:
    verified = _when(body["last_verified_at"])
    stale = verified is None or verified < at - STALE_AFTER
    return TeamLink(**{**body, "last_verified_at": verified, "is_stale": stale})


def _standing(body: Row, row: Row, agencies: Agencies, at: datetime) -> Standing:
    times = ("first_observed_at", "last_confirmed_at", "expires_at")
    return Standing(**{**body, **{name: _when(body[name]) for name in times}})


def _plan(body: Row, row: Row, agencies: Agencies, at: datetime) -> ResponsePlan:
    lists = {name: tuple(body[name]) for name in ("strategies", "triggers", "support_contacts")}
    times = {name: _when(body[name]) for name in ("approved_at", "expires_at")}
    return ResponsePlan(**{**body, **lists, **times})


def _linkage(body: Row, row: Row, agencies: Agencies, at: datetime) -> Linkage:
    return Linkage(
        outcome=linkage_outcome(body["status"]),
        requested_at=datetime.fromisoformat(body["requested_at"]),
        status=body["status"] if row["detail"] else "",
        kind=body.get("kind", ""),
        recipient=body.get("recipient", ""),
        appointment_at=_when(body.get("appointment_at")),
    )


def _follow_up(body: Row, row: Row, agencies: Agencies, at: datetime) -> FollowUp:
    due = datetime.fromisoformat(body["due_at"])
    outcome = follow_up_outcome(body["status"])
    return FollowUp(
        outcome=outcome,
        due_at=due,
        is_overdue=outcome == "scheduled" and due < at,
        status=body["status"] if row["detail"] else "",
        kind=body.get("kind", ""),
        result=body.get("result", ""),
        owed_by=body.get("owed_by", ""),
    )


def _contact(body: Row, row: Row, agencies: Agencies, at: datetime) -> Contact:
    lists = {name: tuple(body.get(name, ())) for name in ("response_type", "presenting_issues")}
    occurred = datetime.fromisoformat(body["occurred_at"])
    return Contact(**{**body, **lists, "occurred_at": occurred, "custodian": agencies[row["custodian"]]})


def _text(body: Row, row: Row, agencies: Agencies, at: datetime) -> Text:
    occurred = datetime.fromisoformat(body["occurred_at"])
    return Text(UUID(body["contact_id"]), occurred, body["text"], agencies[row["custodian"]])


def _consent(body: Row, row: Row, agencies: Agencies, at: datetime) -> ConsentScope:
    return ConsentScope(
        status=body["status"],
        starts_at=datetime.fromisoformat(body["starts_at"]),
        expires_at=_when(body["expires_at"]),
        custodian=agencies[row["custodian"]],
        instrument=body.get("instrument", ""),
        categories=tuple(body.get("categories", ())),
    )
