"""Register people in the county index and find the one whom a responder describes."""

from collections.abc import Collection, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import Q

from continuity.agencies.models import Agency, Membership
from continuity.agencies.roles import Duty, require
from continuity.errors import Conflict, Invalid, NotFound
from continuity.people.comparisons import ask_to_compare
from continuity.people.index import rekey, search
from continuity.people.index_exact import Exact, ask_exactly
from continuity.people.matching import Grade, Scored, query_of
from continuity.people.models import (
    DuplicatePair,
    Person,
    PersonAddress,
    PersonAgency,
    PersonIdentifier,
    PersonName,
    PersonPhone,
)
from continuity.trail import wall

# That somebody else of the county has this name and this birthday by chance; above it a name alone is not enough.
_MOST_CHANCE = 0.05


@dataclass(frozen=True)
class Name:
    first: str
    last: str
    middle: str = ""
    suffix: str = ""
    use: str = PersonName.Use.OFFICIAL


@dataclass(frozen=True)
class Identifier:
    value: str
    system: str = ""
    type: str = PersonIdentifier.Type.OTHER
    verified_at: datetime | None = None


@dataclass(frozen=True)
class Identified:
    """Whom a description means: a person and CERTAIN, or nobody and why ("no_match", "ambiguous")."""

    person_id: UUID | None
    grade: Grade
    reason: str = ""


@transaction.atomic
def register_person(
    *,
    source: Agency,
    names: Sequence[Name],
    birth_date: date | None = None,
    birth_date_precision: str = Person.Precision.DAY,
    identifiers: Iterable[Identifier] = (),
    phones: Iterable[str] = (),
    addresses: Iterable[dict[str, str]] = (),
    **fields: object,
) -> Person:
    """Add a person with names, identifiers, phones and addresses as `source` gives them, and the match keys."""
    person = Person.objects.create(birth_date=birth_date, birth_date_precision=birth_date_precision, **fields)
    for name in names:
        PersonName.objects.create(person=person, source=source, **vars(name))
    for identifier in identifiers:
        PersonIdentifier.objects.create(person=person, source=source, **vars(identifier))
    for number in phones:
        PersonPhone.objects.create(person=person, source=source, number=number)
    for address in addresses:
        PersonAddress.objects.create(person=person, source=source, **address)
    rekey(person)
    ask_to_compare([person.pk], DuplicatePair.FoundBy.CREATE)
    return person


@transaction.atomic
def find_or_register(
    *,
    source: Agency,
    first: str,
    last: str,
    birth_date: date | None = None,
    identifier: str = "",
    phone: str = "",
    other_than: Collection[UUID] = (),
    **fields: Any,
) -> Person:
    """The one person exactly so described, with what `source` calls them kept as its own, or a new person.

    `other_than` are people of whom somebody said that it is none of them. The caller learns nothing from it: both
    are answered alike, and the id tells no time (P-3). Whoever is described otherwise, however sure the match,
    becomes a person of their own: reading a record can be put right, writing into another's cannot. Whether two are
    one is for the privacy office to decide.
    """
    found = identify(last=last, first=first, birth_date=birth_date, identifier=identifier, exactly=True)
    if found.person_id is None or found.person_id in other_than:
        person = register_person(
            source=source,
            names=[Name(first=first, last=last)],
            birth_date=birth_date,
            phones=[phone] if phone else [],
            **fields,
        )
    else:
        person = _standing(found.person_id)
        PersonName.objects.get_or_create(person=person, source=source, first=first, last=last)
        if phone:
            PersonPhone.objects.get_or_create(person=person, source=source, number=phone)
        rekey(person)
        ask_to_compare([person.pk], DuplicatePair.FoundBy.CREATE)
    note_own_record(person.pk, source)
    return person


@transaction.atomic
def note_safe_ways(
    *, by: Membership, person_id: UUID, safe_to_call: bool | None, safe_to_leave_message: bool | None
) -> Person:
    """Write down how the person may be reached without harm, as they said it; None: not known (P-12).

    Raises NotAllowed without the duty, NotFound for somebody the own agency does not know, Invalid for a message
    where calling is not safe.
    """
    require(by.roles, Duty.FOLLOW_UP)
    person = own_person(by, person_id)
    if safe_to_leave_message and safe_to_call is False:
        raise Invalid(
            "unsafe_to_call",
            "Where calling is not safe, no message is safe either.",
            field="safe_to_leave_message",
        )
    person.safe_to_call, person.safe_to_leave_message = safe_to_call, safe_to_leave_message
    person.save()
    return person


def own_person(by: Membership, person_id: UUID) -> Person:
    """A person whom the own agency has a record of, locked; of somebody who was merged the one they were merged into.

    Raises NotFound for everybody else (P-3).
    """
    own = Person.objects.filter(pk=person_id, replaced_by=None, person_agencies__agency=by.agency)
    person = own.select_for_update(of=("self",)).first()
    if person is None:
        survivor_id = standing_for(person_id)
        if survivor_id == person_id:
            raise NotFound("not_found", "There is no such record.")
        return own_person(by, survivor_id)
    return person


def standing_for(person_id: UUID) -> UUID:
    """The id under which somebody is known now: the survivor's for who was merged, else the same, known or not."""
    replaced = Person.objects.filter(pk=person_id, replaced_by__isnull=False)
    return replaced.values_list("replaced_by", flat=True).first() or person_id


@wall.matching("whoever is described exactly may be somebody whom the agency did not know")
def _standing(person_id: UUID) -> Person:
    """A person locked against being merged, or the one they were merged into just now."""
    person = Person.objects.filter(pk=person_id, replaced_by=None).select_for_update(of=("self",)).first()
    return person or _standing(standing_for(person_id))


def refuse_dead(person: Person, agency: Agency, *, on: date | None = None) -> None:
    """Refuse to begin something new about somebody who has died (6.4), or what happened `on` a day after it.

    Only for an agency that knew the person when the death was written down: whoever first comes to know them later
    would learn from a refusal that somebody else in the county has a record (P-2, P-3). Raises Conflict `deceased`.
    """
    if person.deceased_date is None or (on is not None and on <= person.deceased_date):
        return
    told = PersonAgency.objects.filter(agency=agency, was_told_of_death=True)
    if told.filter(Q(person=person) | Q(person__replaced_by=person)).exists():
        sentence = "This person has died. What is on record stays; nothing new is begun."
        if on is not None:
            sentence += " A contact from before is written down with its own time."
        raise Conflict("deceased", sentence)


@wall.matching("whom an agency knows is part of the index, also where another one writes it down")
def note_own_record(person_id: UUID, agency: Agency) -> None:
    """Remember that `agency` now has a record of its own about the person, or about whom they were merged into.

    Who knew the person through a merge alone knows them by themself from now on.
    """
    known = PersonAgency.objects.filter(person=person_id, agency=agency).first()
    if known is None:
        # Not get_or_create: the database sends a row about somebody who was merged to the survivor, who may be known.
        with suppress(IntegrityError), transaction.atomic():
            PersonAgency.objects.create(person_id=person_id, agency=agency)
    elif known.origin_id is not None:
        known.origin = None
        known.save(update_fields=["origin"])


def identify(
    *,
    last: str,
    first: str = "",
    birth_date: date | None = None,
    identifier: str = "",
    exactly: bool = False,
) -> Identified:
    """The one person whom a name with a full birth date, or a name with a verified identifier, means.

    One statement where it is said as it is on record. Otherwise, unless it must be `exactly` so, people like it are
    compared, and only one who is CERTAIN is somebody; the statements are the same for nobody, for several, and for a
    name so common that chance explains its birthday. Of those, as of a number that is somebody else's, the asker is
    not told (P-3, P-5).
    """
    asked = query_of(first=first, last=last, birth_date=birth_date, identifier=identifier)
    exact = ask_exactly(asked, said=(last, first))
    person_id = exact.the_one(_MOST_CHANCE)
    if person_id is None and not exactly:
        person_id = _the_alike(exact, search(asked))
    if person_id is not None:
        return Identified(person_id, Grade.CERTAIN)
    reason = "ambiguous" if len(exact.people) > 1 or exact.by_birth else "no_match"
    return Identified(None, Grade.CERTAINLY_NOT, reason)


def _the_alike(exact: Exact, found: Sequence[Scored]) -> UUID | None:
    """The one CERTAIN person by two identifiers: name and birth date, or name and verified number (P-4).

    Without a given name twins are one. Of namesakes who share their birthday it is whose number was said; and nobody
    whose number is said is another.
    """
    certain = [one for one in found if one.grade == Grade.CERTAIN]
    if len(certain) != 1:
        return None
    (one,) = certain
    is_named = {"given_name", "surname"} <= {*one.agreeing}
    has_two = "birth_date" in one.agreeing or one.person in exact.numbered
    is_told_apart = not exact.by_birth or (one.person in exact.by_birth and "identifier" in one.agreeing)
    is_contradicted = bool(exact.numbered) and exact.numbered != {one.person}
    return one.person if is_named and has_two and is_told_apart and not is_contradicted else None
