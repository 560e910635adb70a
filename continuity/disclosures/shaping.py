"""From the gate's rows to the frozen record. Pure: no ORM, no clock; times come in as ISO 8601 text, ids as text."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

from continuity.disclosures.record import (
    CATEGORY_NAMES,
    NOTICE_TEXTS,
    STALE_AFTER,
    ConsentScope,
    Contact,
    FollowUp,
    Ground,
    Item,
    Linkage,
    Notice,
    PersonFile,
    PersonRecord,
    Remark,
    ResponsePlan,
    Source,
    Standing,
    TeamLink,
    Text,
)

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
    existence: Sequence[tuple[str, str, str | None]],
    agencies: Mapping[str, str],
    consent_ends: Mapping[str, str | None],
    notices: Iterable[str],
) -> PersonRecord:
    """Shape the gate's rows into a record; `existence` is whose D0 is open: custodian, basis, consent."""
    by_noun: dict[str, list[Mapping[str, Any]]] = {}
    for row in rows:
        by_noun.setdefault(row["noun"], []).append(row)

    def shaped(noun: str) -> tuple[Any, ...]:
        return tuple(_SHAPES[noun](row["body"], row, agencies, at) for row in by_noun.get(noun, ()))

    contacts = by_noun.get("contact", [])
    official, preferred = _names(header["names"])
    grounds = _grounds(by_noun, existence, agencies, consent_ends)
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
        known_to=tuple(sorted({agencies[custodian] for custodian, _, _ in existence})),
        team_links=shaped("team_link"),
        plans=shaped("response_plan"),
        tips=shaped("tip"),
        flags=shaped("safety_flag"),
        follow_ups=shaped("follow_up"),
        linkages=shaped("linkage"),
        contacts=shaped("contact"),
        contacts_total=contacts[0]["total"] if contacts else 0,
        narratives=shaped("narrative"),
        sud_segments=shaped("sud_segment"),
        consents=shaped("consent"),
        grounds=grounds,
        notices=tuple(_notice(code, grounds) for code in notices),
    )


def build_file(
    record: PersonRecord, *, person_id: UUID, rows: Iterable[Mapping[str, Any]], agencies: Mapping[str, str]
) -> PersonFile:
    """Add to a record each of its items with its source."""
    return PersonFile(
        person_id,
        record,
        tuple(
            Item(_source(row, agencies), _SHAPES[row["noun"]](row["body"], row, agencies, record.decided_at))
            for row in rows
        ),
    )


def _source(row: Mapping[str, Any], agencies: Mapping[str, str]) -> Source:
    told = row["file"] or {}
    return Source(
        noun=row["noun"],
        id=UUID(row["id"]),
        version=row["version"],
        category=row["category"],
        custodian=agencies[row["custodian"]],
        custodian_id=UUID(row["custodian"]),
        basis=row["basis"],
        consent_id=UUID(row["consent"]) if row["consent"] else None,
        author=told.get("author") or "",
        episode_id=UUID(told["episode"]) if told.get("episode") else None,
    )


def _when(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None


def _names(names: list[Mapping[str, str]] | None) -> tuple[str, str]:
    full = {name["use"]: f"{name['first']} {name['last']}".strip() for name in reversed(names or [])}
    return full.get("official", ""), full.get("preferred", "")


def _grounds(
    by_noun: Mapping[str, list[Mapping[str, Any]]],
    existence: Sequence[tuple[str, str, str | None]],
    agencies: Mapping[str, str],
    consent_ends: Mapping[str, str | None],
) -> tuple[Ground, ...]:
    found = {("D0", *one) for one in existence} | {
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
    return Contact(
        **{
            **body,
            **lists,
            "occurred_at": occurred,
            "custodian": agencies[row["custodian"]],
            "remarks": _remarks(body),
        }
    )


def _text(body: Row, row: Row, agencies: Agencies, at: datetime) -> Text:
    occurred = datetime.fromisoformat(body["occurred_at"])
    return Text(UUID(body["contact_id"]), occurred, body["text"], agencies[row["custodian"]], _remarks(body))


def _remarks(body: Row) -> tuple[Remark, ...]:
    found = body.get("remarks") or ()
    return tuple(Remark(one["kind"], one["text"], datetime.fromisoformat(one["at"])) for one in found)


def _consent(body: Row, row: Row, agencies: Agencies, at: datetime) -> ConsentScope:
    return ConsentScope(
        status=body["status"],
        starts_at=datetime.fromisoformat(body["starts_at"]),
        expires_at=_when(body["expires_at"]),
        custodian=agencies[row["custodian"]],
        instrument=body.get("instrument", ""),
        categories=tuple(body.get("categories", ())),
    )


_SHAPES: Mapping[str, Callable[[Row, Row, Agencies, datetime], Any]] = {
    "team_link": _team_link,
    "response_plan": _plan,
    "tip": _standing,
    "safety_flag": _standing,
    "follow_up": _follow_up,
    "linkage": _linkage,
    "contact": _contact,
    "narrative": _text,
    "sud_segment": _text,
    "consent": _consent,
}
