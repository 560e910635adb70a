"""Who of the own agency's people the caller may be: the list on the "who is it" step, and what is chosen from it."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.http import HttpRequest, QueryDict

from continuity.agencies.models import Membership
from continuity.caseload.contact_known import Description, Known, is_busy, look
from continuity.disclosures.candidates import Candidate, find_candidates, may_search, needs_incident
from continuity.disclosures.identity_reports import report_wrong_person
from continuity.disclosures.models import LedgerEntry
from continuity.disclosures.own_work import searchable_people
from continuity.errors import NotFound
from continuity.people.matching import query_of
from continuity.people.models import Person
from continuity.people.services import find_or_register

REPORTED = "Reported. Treat as unknown. Do not rely on what you saw."
_FIELDS = {
    "given_name": "first name",
    "surname": "last name",
    "birth_date": "date of birth",
    "birth_year": "year of birth",
    "suffix": "Jr or Sr",
    "sex": "sex",
    "phone": "telephone",
    "address": "address",
    "identifier": "ID number",
}
_GRADES = {"certain": "Almost surely", "probable": "Probably", "possible": "Perhaps"}


@dataclass(frozen=True)
class Line:
    """One candidate as the page shows them: in words, without a number."""

    candidate: Candidate
    how_sure: str
    agreeing: str
    similar: str
    conflicting: str


@dataclass(frozen=True)
class Offered:
    """What a search offers; `was_asked` and no lines: nobody. None of it for whoever is shown no candidates."""

    lines: tuple[Line, ...] = ()
    was_asked: bool = False
    is_busy: bool = False
    wants_incident: bool = False


def ask(
    request: HttpRequest, duty: Membership, who: Description, incident_ref: str, at: datetime
) -> tuple[Known, Offered]:
    """What the gate says of a description that is whole, and who of the own agency's people it may mean."""
    known = Known() if who.errors else look(request, duty, who, incident_ref, at)
    return known, _offer(request, duty, who, known, incident_ref, at)


def _offer(
    request: HttpRequest,
    duty: Membership,
    who: Description,
    known: Known,
    incident_ref: str,
    at: datetime,
) -> Offered:
    """Search for a description, ledgered; it is one question together with what the gate was just asked about it."""
    if not (may_search(duty) and who.is_worth_a_search):
        return Offered()
    if needs_incident(duty) and not incident_ref.strip():
        return Offered(wants_incident=True)
    if known.is_busy or (not known.was_asked and is_busy(request)):
        return Offered(is_busy=not known.is_busy)
    found = find_candidates(
        by=duty,
        query=query_of(last=who.last, first=who.first, birth_date=who.birth_date, identifier=who.identifier),
        searched=who.searched,
        channel=LedgerEntry.Channel.PAGE,
        at=at,
        incident_ref=incident_ref,
    )
    return Offered(tuple(map(_line, found.found)), was_asked=True)


def chosen(duty: Membership, about: str, at: datetime) -> Person:
    """The candidate that was chosen. Raises NotFound for anybody who could not have been offered."""
    rows = searchable_people(duty, at).select_related("person")
    found = rows.filter(person=_id(about)).first()
    if found is None:
        raise NotFound("not_found", "There is no such record.")
    return found.person


def described_person(duty: Membership, who: Description, post: QueryDict, *, is_none_of: bool) -> Person:
    """The person described: found if certain, else registered; with "none of these" never one that was shown."""
    shown = {one for text in post.getlist("find_shown") if (one := _id(text))} if is_none_of else set()
    return find_or_register(
        source=duty.agency,
        first=who.first,
        last=who.last,
        birth_date=who.birth_date,
        identifier=who.identifier,
        other_than=shown,
    )


def report_shown(duty: Membership, about: str, at: datetime) -> None:
    """Report that the card beside the form shows somebody else. Raises NotFound."""
    ledger_id = _id(about)
    if ledger_id is None:
        raise NotFound("not_found", "There is no such record.")
    report_wrong_person(by=duty, ledger_id=ledger_id, at=at)


def _line(one: Candidate) -> Line:
    return Line(
        one,
        _GRADES[one.grade.value],
        agreeing=_words(one.agreeing),
        similar=_words(one.similar),
        conflicting=_words(one.conflicting),
    )


def _words(fields: tuple[str, ...]) -> str:
    return ", ".join(_FIELDS.get(name, name.replace("_", " ")) for name in fields)


def _id(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
