"""Who opened one custodian's records about a person: its own members and others alike (S-14)."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import Q

from continuity.agencies.models import Agency
from continuity.disclosures.accounting import HeldBack, counted, ledger_of, receiver_of
from continuity.disclosures.accounting_lines import CHANNELS, purpose_words
from continuity.disclosures.models import LedgerEntry
from continuity.disclosures.one_person import ledger_about
from continuity.disclosures.suspensions import suspended

_OUTCOME = LedgerEntry.Outcome


@dataclass(frozen=True)
class Look:
    """Somebody read the record, or part of it left: one line of the access log."""

    at: datetime
    agency: str
    roles: tuple[str, ...]
    purpose: str
    what: str
    categories: tuple[str, ...]
    how: str


def access_log(
    *, person_id: UUID, agency: Agency, period_from: datetime, period_until: datetime, at: datetime
) -> tuple[tuple[Look, ...], tuple[HeldBack, ...]]:
    """Who read one custodian's records about a person, its own members included, and who got something of them.

    Questions that opened nothing are no access. Lists over many people carry no person and are not among it.
    """
    ledger = ledger_about(person_id)
    rows = ledger_of(ledger, period_from, period_until).filter(
        Q(agency=agency, outcome__in=[_OUTCOME.READ, _OUTCOME.PREVIEWED, _OUTCOME.RELEASED])
        | Q(outcome=_OUTCOME.RELEASED) & Q(custodians__contains=[agency.pk])
    )
    held = suspended(person_id, agency, at)
    looks: list[Look] = []
    left_out: list[tuple[UUID | None, str]] = []
    for row in ledger.about(rows.select_related("agency").order_by("id").iterator()):
        receiver = receiver_of(row, agency)
        if receiver in held:
            left_out.append((receiver, held[receiver]))
            continue
        looks.append(
            Look(
                at=row.at,
                agency=row.recipient or row.agency.name,
                roles=() if row.recipient else tuple(role.replace("_", " ") for role in row.roles),
                purpose=purpose_words(row.purpose),
                what=_looked(row, agency),
                categories=tuple(row.categories),
                how=CHANNELS.get(row.channel, row.channel),
            )
        )
    return tuple(looks), counted(left_out)


def _looked(row: LedgerEntry, agency: Agency) -> str:
    if row.outcome == _OUTCOME.PREVIEWED:
        return "asked what another agency would see"
    if row.outcome == _OUTCOME.RELEASED and (row.recipient or row.agency_id != agency.pk):
        return "received"
    return "read"
