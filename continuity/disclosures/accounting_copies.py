"""The copy that a person is handed: plain values, no ids but their own consents', nothing of what was held back."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from continuity.disclosures.access_log import access_log
from continuity.disclosures.accounting import HeldBack, accounting_of
from continuity.disclosures.accounting_lines import Line
from continuity.disclosures.models import AccountingRequest
from continuity.disclosures.own_export import own_record
from continuity.people.models import Person, PersonName

_K = AccountingRequest.Kind
TITLES: Final = {
    _K.ACCOUNTING: "Accounting of disclosures",
    _K.INTERMEDIARY: "List of recipients under a general designation",
    _K.RECORD: "Your own record",
    _K.ACCESS_LOG: "Who looked at your record",
}
SAYS: Final = {
    _K.ACCOUNTING: (
        "What of this agency's records about you was given to others: to whom, when, what for and why. "
        "Several to one recipient for one purpose stand in one line. "
        "Every disclosure is listed; where a law counts it, its section is named (45 CFR 164.528, 42 CFR 2.25)."
    ),
    _K.INTERMEDIARY: (
        "Who received records about you because a consent of yours names a class of treating providers, when, and what "
        "(42 CFR 2.24)."
    ),
    _K.RECORD: (
        "What this agency keeps about you (45 CFR 164.524). Left out is who called or reported, and what other people "
        "told in confidence."
    ),
    _K.ACCESS_LOG: (
        "Each time somebody opened this agency's records about you. Lists over many people are not among it, nor are "
        "questions that were answered with nothing."
    ),
}


@dataclass(frozen=True)
class Copy:
    """The copy, what stays in for now, and what the ledger says of the reading."""

    copy: dict[str, Any]
    held_back: list[dict[str, Any]]
    records: list[list[Any]]
    categories: tuple[str, ...]


def copy_of(asked: AccountingRequest, *, at: datetime, withheld: Collection[UUID] = ()) -> Copy:
    """The copy that answers a request, as of `at`. Callers ask the right and note the reading."""
    head = _head(asked, at)
    if asked.kind == _K.RECORD:
        record = own_record(person_id=asked.person_id, agency=asked.agency, withheld=withheld)
        return Copy({**head, "record": record.content}, [], record.records, record.categories)
    which: dict[str, Any] = {
        "person_id": asked.person_id,
        "agency": asked.agency,
        "period_from": asked.period_from,
        "period_until": asked.period_until,
        "at": at,
    }
    if asked.kind == _K.ACCESS_LOG:
        looks, held = access_log(**which)
        rows = [vars(one) | {"at": one.at.isoformat()} for one in looks]
        return Copy({**head, "looks": rows}, _staff(held), [], ("D0",))
    general = asked.kind == _K.INTERMEDIARY
    accounting = accounting_of(**which, requested_at=asked.requested_at, general_only=general)
    lines = [_plain(line) for line in accounting.lines]
    return Copy({**head, "disclosures": lines}, _staff(accounting.held_back), [], ("D0",))


def _head(asked: AccountingRequest, at: datetime) -> dict[str, Any]:
    person = Person.objects.only("birth_date").get(pk=asked.person_id)
    period = None
    if asked.kind != _K.RECORD:
        period = {"from": asked.period_from.isoformat(), "until": asked.period_until.isoformat()}
    return {
        "title": TITLES[_K(asked.kind)],
        "says": SAYS[_K(asked.kind)],
        "agency": asked.agency.name,
        "privacy_office": asked.agency.privacy_contact,
        "person": {
            "name": _name_of(asked),
            "birth_date": person.birth_date.isoformat() if person.birth_date else None,
        },
        "number": f"{asked.pk.hex[-12:]}".upper(),
        "requested_at": asked.requested_at.isoformat(),
        "prepared_at": at.isoformat(),
        "period": period,
    }


def _name_of(asked: AccountingRequest) -> str:
    """The official name, as the custodian has it, else as the referral came."""
    names = PersonName.objects.filter(person=asked.person_id, use=PersonName.Use.OFFICIAL).order_by(
        "created_at"
    )
    best = max(names, key=lambda name: name.source_id == asked.agency_id, default=None)
    return f"{best.first} {best.last}".strip() if best else ""


def _plain(line: Line) -> dict[str, Any]:
    return vars(line) | {
        "first_at": line.first_at.isoformat(),
        "last_at": line.last_at.isoformat(),
        "entries": [str(one) for one in line.entries],
    }


def _staff(held: tuple[HeldBack, ...]) -> list[dict[str, Any]]:
    return [vars(one) | {"agency_id": str(one.agency_id)} for one in held]
