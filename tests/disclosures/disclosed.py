"""Disclosures as the gate writes them, put down at any moment; and questions asked through the gate itself."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from continuity.agencies.models import Agency, Membership
from continuity.disclosures.accounting import Accounting, accounting_of
from continuity.disclosures.models import AccountingSuspension, LedgerEntry
from continuity.disclosures.record import Nothing, PersonRecord
from continuity.disclosures.services import release
from continuity.ids import uuid7
from continuity.people.matching import Grade
from continuity.people.models import Person
from continuity.people.services import Identified
from tests import builders as b
from tests.cast import Cast

DAY = timedelta(days=1)
START = b.NOW - 400 * DAY


def opening(custodian: Agency, category: str, basis: str, **more: Any) -> dict[str, Any]:
    return {"custodian": str(custodian.pk), "category": category, "basis": basis, "consent": None} | more


def row(
    by: Membership,
    person: Person | None,
    at: datetime,
    openings: Sequence[dict[str, Any]] = (),
    **fields: Any,
) -> LedgerEntry:
    """One row that is not saved yet."""
    if fields.get("outcome") in ("refused", "empty"):
        fields = {"refusal": "no_basis"} | fields
    return LedgerEntry(
        **{
            "id": uuid7(at),
            "at": at,
            "asker": by,
            "agency": by.agency,
            "roles": by.roles,
            "purpose": "le_crisis_response",
            "channel": "page",
            "outcome": "released",
            "person": person,
            "match_grade": "certain",
            "bases": list(openings),
            "custodians": sorted({one["custodian"] for one in openings}),
            "categories": sorted({one["category"] for one in openings}),
        }
        | fields
    )


def told(
    by: Membership, person: Person, at: datetime, *openings: dict[str, Any], **fields: Any
) -> LedgerEntry:
    """The same, saved."""
    entry = row(by, person, at, openings, **fields)
    entry.save()
    return entry


def through_the_gate(by: Membership, person: Person, at: datetime, **how: Any) -> PersonRecord | Nothing:
    return release(
        by=by,
        identified=Identified(person.pk, Grade.CERTAIN),
        **{
            "purpose": "le_crisis_response",
            "incident_ref": "2026-7",
            "searched": "x",
            "channel": "page",
            "at": at,
        }
        | how,
    )


def accounting(cast: Cast, since: datetime = START, until: datetime = b.NOW, **more) -> Accounting:
    return accounting_of(
        person_id=cast.sam.pk,
        agency=more.pop("agency", cast.county),
        period_from=since,
        period_until=until,
        at=more.pop("at", b.NOW),
        **more,
    )


def suspend(cast: Cast, agency, *, starts=b.NOW - DAY, ends=b.NOW + DAY, kim=None) -> AccountingSuspension:
    return AccountingSuspension.objects.create(
        person=cast.sam,
        agency=cast.county,
        for_agency=agency,
        official_name="Lt. Testrole",
        is_oral=True,
        starts_at=starts,
        ends_at=ends,
        recorded_by=kim or cast.kim,
    )
