"""The ledger row of an own agency's reading: no disclosure to anybody else, and a row all the same (S-6, P-20)."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Model

from continuity.access.case import Asker, Refusal
from continuity.access.services import asker_of
from continuity.agencies.models import Membership
from continuity.agencies.roles import Purpose
from continuity.consents.models import Consent
from continuity.disclosures.ledger_alarm import failures_counted
from continuity.disclosures.models import LedgerEntry
from continuity.errors import NotFound
from continuity.ids import uuid7
from continuity.trail.context import current, keyed_digest

# What a role's own work is for, the first that it may assert: care before oversight.
_AT_WORK = (
    Purpose.CARE_COORDINATION,
    Purpose.OPERATIONS_QI,
    Purpose.COMPLIANCE_AUDIT,
    Purpose.LE_CRISIS_RESPONSE,
)


def desk_asker(by: Membership) -> Asker:
    """The member at work with the own agency's consents: oversight for privacy staff, care for those who collect."""
    oversees = Purpose.COMPLIANCE_AUDIT in by.purposes
    purpose = Purpose.COMPLIANCE_AUDIT if oversees else Purpose.CARE_COORDINATION
    return asker_of(by, purpose=purpose, incident_ref="")


def work_asker(by: Membership) -> Asker:
    """The member at work with the own agency's contacts, linkages and follow-ups."""
    purpose = next((one for one in _AT_WORK if one in by.purposes), Purpose.CARE_COORDINATION)
    # An own record needs no incident: it is not asked about somebody on the street.
    return asker_of(by, purpose=purpose, incident_ref="own work")


def note_reading(
    *,
    by: Membership,
    rows: Sequence[Model],
    channel: str,
    at: datetime,
    category: str = "D7",
    person_id: UUID | None = None,
    searched: str = "",
    incident_ref: str = "",
) -> UUID:
    """Write the ledger row of an own reading of `rows` (each with id and version), committed before this returns.

    One row for a whole list; `person_id` only where all of it is about one person. Nothing found is a row, too.
    `category` is the gravest among what is shown.
    """
    records = sorted([row._meta.model_name or "", str(row.pk), getattr(row, "version", 1)] for row in rows)
    return write_entry(
        by=by,
        category=category,
        outcome=LedgerEntry.Outcome.READ if rows else LedgerEntry.Outcome.EMPTY,
        refusal="" if rows else Refusal.NO_RECORD,
        channel=channel,
        at=at,
        person_id=person_id,
        searched=searched,
        incident_ref=incident_ref,
        categories=[category] if rows else [],
        bases=[{"custodian": str(by.agency_id), "category": category, "basis": "O"}] if rows else [],
        custodians=[by.agency_id] if rows else [],
        consents=[row.pk for row in rows if isinstance(row, Consent)],
        records=records,
    )


def refuse_reading(
    *, by: Membership, channel: str, at: datetime, searched: str, category: str = "D7"
) -> NotFound:
    """Write the ledger row of something that is not there for this member, and return the error to raise (P-3)."""
    write_entry(
        by=by,
        category=category,
        outcome=LedgerEntry.Outcome.REFUSED,
        refusal=Refusal.NO_BASIS,
        channel=channel,
        at=at,
        searched=searched,
    )
    return NotFound("not_found", "There is no such record.")


def write_entry(
    *, by: Membership, category: str = "D7", channel: str, at: datetime, searched: str = "", **row: Any
) -> UUID:
    """Append one ledger row of `by`, committed before this returns; `row` gives the columns that differ."""
    with failures_counted(), transaction.atomic(durable=True):
        return add_entry(by=by, category=category, channel=channel, at=at, searched=searched, **row)


def add_entry(
    *,
    by: Membership,
    category: str = "D7",
    channel: str,
    at: datetime,
    searched: str = "",
    purpose: str = "",
    **row: Any,
) -> UUID:
    """The same within the running transaction: for what is not shown by it, but itself written down in it."""
    ledger_id, now = uuid7(at), current()
    if not purpose:
        purpose = (desk_asker(by) if category == "D7" else work_asker(by)).purpose
    LedgerEntry.objects.create(
        id=ledger_id,
        at=at,
        asker=by,
        agency=by.agency,
        roles=list(by.roles),
        purpose=purpose,
        channel=channel,
        match_grade="certain",
        search_hmac=keyed_digest(searched) if searched else "",
        request_id=now.request_id,
        remote_addr=now.remote_addr,
        **row,
    )
    return ledger_id
