"""What a privacy office gave out on paper or by word: in the ledger like everything that leaves (L-23, domain 1.4)."""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from django.db import transaction

from continuity.access.matrix import Basis
from continuity.agencies.models import Agency, Category, Membership
from continuity.agencies.roles import Duty, Purpose, require
from continuity.disclosures.accounting_lines import GROUNDS
from continuity.disclosures.models import LedgerEntry
from continuity.disclosures.own_records import readable_people
from continuity.disclosures.readings import add_entry
from continuity.errors import Invalid, NotFound
from continuity.people.services import standing_for

CHANNELS = (LedgerEntry.Channel.PAPER, LedgerEntry.Channel.VERBAL)
_PURPOSES = {"threat": Purpose.THREAT_TO_SAFETY, "patient_request": Purpose.PATIENT_REQUEST}


@transaction.atomic
def record_disclosure(
    *,
    by: Membership,
    person_id: UUID,
    recipient: str,
    ground: str,
    description: str,
    categories: Collection[str],
    channel: str,
    disclosed_at: datetime,
    at: datetime,
    purpose: str = "",
    address: str = "",
    recipient_agency: Agency | None = None,
) -> UUID:
    """Write down that the own agency gave something of a person to somebody outside; return the ledger row's id.

    The row lies at `at`, because the ledger grows at its end alone; it says when it happened. The purpose follows from
    the ground unless given. Raises NotAllowed, NotFound for somebody else's person, Invalid naming the field.
    """
    require(by.roles, Duty.ACCOUNT_FOR)
    person_id = standing_for(person_id)
    if not readable_people(by, at).filter(person=person_id).exists():
        raise NotFound("not_found", "There is no such record.")
    recipient, description = recipient.strip(), description.strip()
    _refuse_gaps(recipient, ground, description, categories, channel, is_ahead=disclosed_at > at)
    told = sorted(set(categories))
    detail = {
        "disclosed_at": disclosed_at.isoformat(),
        "address": address.strip(),
        "recipient_agency": str(recipient_agency.pk) if recipient_agency else None,
    }
    return add_entry(
        by=by,
        outcome=LedgerEntry.Outcome.RELEASED,
        channel=channel,
        at=at,
        purpose=purpose or _PURPOSES.get(ground, Purpose.LEGAL_PROCESS),
        person_id=person_id,
        recipient=recipient,
        reason_given=description,
        categories=told,
        custodians=[by.agency_id],
        bases=[
            {
                "custodian": str(by.agency_id),
                "category": category,
                "basis": str(Basis.PRIVACY_RELEASE),
                "ground": ground,
                **detail,
            }
            for category in told
        ],
    )


def _refuse_gaps(
    recipient: str,
    ground: str,
    description: str,
    categories: Collection[str],
    channel: str,
    *,
    is_ahead: bool,
) -> None:
    unknown = set(categories) - set(Category.values)
    refusals = {
        "recipient": ("Say who received it.", not recipient or len(recipient) > 200),
        "ground": ("Choose the ground from the list.", ground not in GROUNDS),
        "description": ("Say in a few words what was given.", not description or len(description) > 300),
        "categories": ("Choose what was given.", not categories or bool(unknown)),
        "channel": ("Say whether it was on paper or by word.", channel not in CHANNELS),
        "disclosed_at": ("It cannot have been given later than now.", is_ahead),
    }
    for field, (sentence, is_wrong) in refusals.items():
        if is_wrong:
            raise Invalid(f"wrong_{field}", sentence, field=field)
