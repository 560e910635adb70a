"""Who of the own agency's people may be meant: up to five, each with what agrees and what conflicts, and never a guess.

For clinicians and dispatch (ADR 0015); officers are shown no list (P-4). Compared is what the own agency itself wrote
down, so that a candidate tells nothing of what others know; people who are closed to this member are not among them,
and change nobody's grade. The search is a row of the ledger, also when nobody is shown.
"""

from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from continuity.agencies.models import Membership
from continuity.agencies.roles import Duty, Role, require
from continuity.disclosures.own_work import known_names, names_of, searchable_people
from continuity.disclosures.readings import note_reading
from continuity.errors import Invalid, NotAllowed
from continuity.people import index
from continuity.people.matching import Grade, NameParts, Profile, Query, Scored, profile_of
from continuity.people.models import Person, PersonAddress, PersonIdentifier, PersonPhone

MOST = 5
# A probability of 0.87 reads as more than anybody knows: what is told is between which bounds it lies.
BANDS = (0.99, 0.9, 0.7, 0.4, 0.1, 0.0)


@dataclass(frozen=True)
class Candidate:
    """One of the own agency's people who may be meant; `at_least` and `below` are the band of the probability.

    Of what was described and is on record, `agreeing` is the same, `similar` nearly so, and `conflicting`
    speaks against them.
    """

    person_id: UUID
    name: str
    birth_date: date | None
    birth_date_precision: str
    is_deceased: bool
    grade: Grade
    at_least: float
    below: float
    agreeing: tuple[str, ...]
    similar: tuple[str, ...]
    conflicting: tuple[str, ...]


@dataclass(frozen=True)
class Candidates:
    """What a search found, best first; empty: nobody of the own agency's people."""

    ledger_id: UUID
    found: tuple[Candidate, ...]


def may_search(by: Membership) -> bool:
    """Whether this member is shown candidates at all; whoever is an officer, too, is not."""
    return by.has_duty(Duty.SEARCH_PEOPLE) and Role.OFFICER not in by.roles


def needs_incident(by: Membership) -> bool:
    """Whether this member searches for a call alone: dispatch (P-4)."""
    return Role.DISPATCHER in by.roles


def find_candidates(
    *, by: Membership, query: Query, searched: str, channel: str, at: datetime, incident_ref: str = ""
) -> Candidates:
    """Search the own agency's people for whom `query` describes; `searched` is what was typed, kept as a keyed hash.

    Raises NotAllowed without the duty and for officers, Invalid for dispatch without an incident number (P-4).
    """
    require(by.roles, Duty.SEARCH_PEOPLE)
    if Role.OFFICER in by.roles:
        raise NotAllowed("duty_missing", "Your role does not include this work.")
    if needs_incident(by) and not incident_ref.strip():
        raise Invalid("no_incident", "Type the incident number of this call.", field="incident_ref")

    profiles: dict[UUID, Profile] = {}

    def as_own(found: Collection[UUID]) -> Mapping[UUID, Profile]:
        allowed = searchable_people(by, at).filter(person__in=found).values_list("person", flat=True)
        profiles.update(_own_profiles(by, list(allowed)))
        return profiles

    scored = index.search_as(query, within=by.agency_id, as_known=as_own, most=MOST)
    shown = [one for one in scored if one.grade is not Grade.CERTAINLY_NOT]
    people = Person.objects.in_bulk([one.person for one in shown])
    ledger_id = note_reading(
        by=by,
        rows=list(people.values()),
        channel=channel,
        at=at,
        category="D0",
        searched=searched.casefold(),
        incident_ref=incident_ref.strip(),
    )
    names = names_of(by, people)
    return Candidates(
        ledger_id,
        tuple(
            _candidate(one, people[one.person], names, _compared(query, profiles[one.person]))
            for one in shown
        ),
    )


def _candidate(
    one: Scored, person: Person, names: Mapping[UUID, str], compared: Mapping[str, bool]
) -> Candidate:
    at_least = next(bound for bound in BANDS if one.score >= bound)
    apart = [field for field, is_same in compared.items() if not is_same]
    return Candidate(
        person_id=person.pk,
        name=names.get(person.pk, ""),
        birth_date=person.birth_date,
        birth_date_precision="y" if person.birth_date_estimated else person.birth_date_precision,
        is_deceased=person.deceased_date is not None,
        grade=one.grade,
        at_least=at_least,
        below=BANDS[BANDS.index(at_least) - 1] if at_least < BANDS[0] else 1.0,
        agreeing=tuple(field for field, is_same in compared.items() if is_same),
        similar=tuple(field for field in apart if field not in one.conflicting),
        conflicting=tuple(field for field in apart if field in one.conflicting),
    )


def _compared(query: Query, profile: Profile) -> dict[str, bool]:
    """Of each field that was described and is on record, whether it says the same.

    What the scorer counts for and against is weighed by how common it is; whoever reads "agrees" takes it literally.
    """
    sides: dict[str, tuple[Collection[object], Collection[object]]] = {
        "surname": ([one.last for one in query.names], [one.last for one in profile.names]),
        "given_name": ([one.first for one in query.names], [one.first for one in profile.names]),
        "suffix": ([one.suffix for one in query.names], [one.suffix for one in profile.names]),
        **_born(query, profile),
        "sex": ([query.sex], [profile.sex]),
        "phone": (query.phones, profile.phones),
        "address": (query.addresses, profile.addresses),
        "identifier": (query.identifiers, profile.identifiers),
    }
    known = {name: (set(said) - {"", None}, set(kept) - {"", None}) for name, (said, kept) in sides.items()}
    return {name: bool(said & kept) for name, (said, kept) in known.items() if said and kept}


def _born(query: Query, profile: Profile) -> dict[str, tuple[Collection[object], Collection[object]]]:
    """The birth date where both sides know the day, else the year."""
    born = profile.birth_date
    if born is None:
        return {}
    if query.birth_date and profile.birth_precision == Person.Precision.DAY:
        return {"birth_date": ([query.birth_date], [born])}
    years: set[object] = {query.birth_year or (query.birth_date.year if query.birth_date else None)}
    if query.age is not None and query.as_of is not None:
        years = {query.as_of.year - query.age, query.as_of.year - query.age - 1}
    return {"birth_year": (years, [born.year])}


def _own_profiles(by: Membership, people: Collection[UUID]) -> dict[UUID, Profile]:
    """These people as the own agency knows them; of whom it has no name itself, the names that came with a referral."""
    names: dict[UUID, list[tuple[bool, NameParts]]] = defaultdict(list)
    for name in known_names(by.agency_id, people):
        parts = NameParts(first=name.first, middle=name.middle, last=name.last, suffix=name.suffix)
        names[name.person_id].append((name.source_id == by.agency_id, parts))
    own = {"person__in": people, "source": by.agency_id}
    phones, addresses, numbers, verified = (defaultdict(list) for _ in range(4))
    for phone in PersonPhone.objects.filter(**own):
        phones[phone.person_id].append(phone.number)
    for address in PersonAddress.objects.filter(**own):
        addresses[address.person_id].append((address.line, address.city, address.postal_code))
    for number in PersonIdentifier.objects.filter(**own):
        numbers[number.person_id].append(number.value)
        if number.verified_at:
            verified[number.person_id].append(number.value)
    return {
        person.pk: profile_of(
            names=[parts for is_own, parts in names[person.pk] if is_own]
            or [parts for _, parts in names[person.pk]],
            birth_date=person.birth_date,
            birth_precision=person.birth_date_precision,
            estimated=person.birth_date_estimated,
            sex=person.sex,
            phones=phones[person.pk],
            addresses=addresses[person.pk],
            identifiers=numbers[person.pk],
            verified=verified[person.pk],
        )
        for person in Person.objects.filter(pk__in=people)
    }
