"""What stands beside the contact form: what is known of the person, by the own agency and through the gate."""

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime

from django.conf import settings
from django.http import HttpRequest
from django.utils import timezone

from continuity.agencies.models import Agency, Membership
from continuity.agencies.roles import Purpose
from continuity.crisis.models import CrisisContact, Transfer
from continuity.crisis.transfers import said_of
from continuity.disclosures.models import LedgerEntry
from continuity.disclosures.own_work import person_record, readable_transfers
from continuity.disclosures.record import Nothing, PersonFile, PersonRecord
from continuity.disclosures.services import release
from continuity.disclosures.throttles import LookUpThrottle
from continuity.errors import NotFound
from continuity.people.birth_dates import read_back, read_birth_date
from continuity.people.services import identify
from continuity.trail.wall import background
from continuity.treatment.models import TreatmentTeamLink

_NAMES = (("last", 80), ("first", 80), ("birth_date", 80), ("identifier", 60))
_FOR_CARE = (Purpose.TREATMENT, Purpose.CARE_COORDINATION, Purpose.LE_CRISIS_RESPONSE)


@dataclass(frozen=True)
class Description:
    """Who is meant, as typed: name and birth date in any usual order, or a name and an ID number."""

    last: str = ""
    first: str = ""
    typed_birth_date: str = ""
    birth_date: date | None = None
    identifier: str = ""
    errors: Mapping[str, str] = field(default_factory=dict)

    @property
    def is_worth_a_search(self) -> bool:
        """A last name and one thing more, and nothing wrong with it: enough to search the own agency's people."""
        is_readable = not self.typed_birth_date or self.birth_date is not None
        return bool(self.last and (self.first or self.birth_date or self.identifier)) and is_readable

    @property
    def searched(self) -> str:
        """What was typed, as one text; the ledger keeps a keyed hash of it."""
        return "|".join((self.last, self.first, str(self.birth_date or ""), self.identifier)).casefold()

    @property
    def read_back(self) -> str:
        return read_back(self.birth_date, timezone.localdate()) if self.birth_date else ""


@dataclass(frozen=True)
class Known:
    """What is shown beside the form. Without `record` nothing can be shared, which is not the same as nothing known."""

    record: PersonRecord | None = None
    file: PersonFile | None = None
    was_asked: bool = False
    is_busy: bool = False

    @property
    def has_team(self) -> bool:
        return bool(self.record and self.record.team_links)


def described(typed: Mapping[str, str], *, prefix: str = "find_") -> Description:
    """Read a description as typed in the fields `prefix`last, first and so on; complete or wrong at its field."""
    last, first, born, identifier = (
        str(typed.get(prefix + name, "")).strip()[:most] for name, most in _NAMES
    )
    errors, birth_date = {}, None
    if not last:
        errors["find_last"] = "Type the last name."
    if not first:
        errors["find_first"] = "Type the first name."
    if born or not identifier:
        try:
            birth_date = read_birth_date(born, timezone.localdate())
        except ValueError as error:
            errors["find_birth_date"] = str(error)
    return Description(last, first, born, birth_date, identifier, errors)


def description_said(said: Mapping[str, str]) -> Description:
    """Who a hand-off says it is about; of a whole name the last word is taken for the last name."""
    first, _, last = said.get("name", "").strip().rpartition(" ")
    return described({"last": last, "first": first} | dict(said), prefix="")


def said_to(contact: CrisisContact, duty: Membership, at: datetime) -> tuple[Transfer | None, dict[str, str]]:
    """The hand-off that brought this contact, and what its sender said; an answerer's to read, and nobody else's."""
    handed = readable_transfers(duty, at).filter(to_contact=contact, to_agency=duty.agency)
    transfer = handed.select_related("custodian").first()
    return transfer, said_of(transfer) if transfer else {}


def look(request: HttpRequest, duty: Membership, who: Description, incident_ref: str, at: datetime) -> Known:
    """Ask the gate about a description, ledgered; a negative answer ends no earlier than the floor of time (P-3)."""
    if is_busy(request):
        return Known(is_busy=True)
    started = time.monotonic()
    purpose = next((one for one in _FOR_CARE if one in duty.purposes), "")
    answer = release(
        by=duty,
        identified=identify(
            last=who.last, first=who.first, birth_date=who.birth_date, identifier=who.identifier
        ),
        purpose=purpose,
        incident_ref=incident_ref,
        searched=who.searched,
        channel=LedgerEntry.Channel.PAGE,
        at=at,
    )
    if isinstance(answer, Nothing):
        time.sleep(max(0.0, settings.NEGATIVE_FLOOR - (time.monotonic() - started)))
        return Known(was_asked=True)
    return Known(record=answer, was_asked=True)


def is_busy(request: HttpRequest) -> bool:
    """Whether this member has asked too often; if not, this is one question more (P-4)."""
    return not LookUpThrottle().allow_request(request, None)  # type: ignore[arg-type]  # a page is no DRF request


def known_of(contact: CrisisContact, duty: Membership, at: datetime) -> Known:
    """What may be known of the contact's person, ledgered; a responder asks in the look-up instead."""
    if contact.person_id is None:
        return Known()
    try:
        file = person_record(
            by=duty, person_id=contact.person_id, channel=LedgerEntry.Channel.PAGE, at=at, most=25
        )
    except NotFound:
        return Known(was_asked=True)
    return Known(record=file.record, file=file, was_asked=True)


def providers_shown(known: Known) -> list[Agency]:
    """The providers of the team links that were shown, so that they can be called on by a button."""
    shown = [item.source.id for item in known.file.of("team_link")] if known.file else []
    with background("these links were shown, with their row of the ledger; a button needs the provider's id"):
        links = TreatmentTeamLink.objects.filter(pk__in=shown).select_related("provider")
        by_id = {link.pk: link.provider for link in links}
    return list(dict.fromkeys(by_id[one] for one in shown if one in by_id))
