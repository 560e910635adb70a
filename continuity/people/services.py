"""Register people in the county index and find the one whom a responder describes."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import connection, transaction

from continuity.agencies.models import Agency, Membership
from continuity.agencies.roles import Duty, require
from continuity.errors import Conflict, Invalid, NotFound
from continuity.people.matching import Description, Grade, exact_keys, index_keys, number_keys
from continuity.people.models import (
    MatchKey,
    Person,
    PersonAddress,
    PersonAgency,
    PersonIdentifier,
    PersonName,
    PersonPhone,
)

# One person has at most three keys of one question; a fourth hit is somebody else's.
_ENOUGH = 4
# Written out: this is a third of the look-up's way, and the ORM would compile it anew each time.
_HITS = "SELECT person_id, key FROM people_matchkey WHERE key = ANY(%s::bigint[]) LIMIT %s::int"


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
    **fields: Any,
) -> Person:
    """The one certain match, with what `source` calls them kept as its own, or a new person.

    The caller learns nothing from it: both are answered alike, and the id tells no time (P-3). Doubtful matches become
    people of their own; whether two are one is for the privacy office to decide.
    """
    found = identify(last=last, first=first, birth_date=birth_date, identifier=identifier)
    if found.person_id is None:
        person = register_person(
            source=source,
            names=[Name(first=first, last=last)],
            birth_date=birth_date,
            phones=[phone] if phone else [],
            **fields,
        )
    else:
        person = Person.objects.get(pk=found.person_id)
        PersonName.objects.get_or_create(person=person, source=source, first=first, last=last)
        if phone:
            PersonPhone.objects.get_or_create(person=person, source=source, number=phone)
        rekey(person)
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
    """A person whom the own agency has a record of, locked. Raises NotFound for everybody else (P-3)."""
    own = Person.objects.filter(pk=person_id, person_agencies__agency=by.agency)
    person = own.select_for_update(of=("self",)).first()
    if person is None:
        raise NotFound("not_found", "There is no such record.")
    return person


def refuse_dead(person: Person, agency: Agency, *, on: date | None = None) -> None:
    """Refuse to begin something new about somebody who has died (6.4), or what happened `on` a day after it.

    Only for an agency that knew the person when the death was written down: whoever first comes to know them later
    would learn from a refusal that somebody else in the county has a record (P-2, P-3). Raises Conflict `deceased`.
    """
    if person.deceased_date is None or (on is not None and on <= person.deceased_date):
        return
    if PersonAgency.objects.filter(person=person, agency=agency, was_told_of_death=True).exists():
        sentence = "This person has died. What is on record stays; nothing new is begun."
        if on is not None:
            sentence += " A contact from before is written down with its own time."
        raise Conflict("deceased", sentence)


def describe(person: Person) -> Description:
    """What the match keys of a person are made from."""
    return Description(
        names=list(person.personname_set.values_list("last", "first")),
        birth_date=person.exact_birth_date,
        verified_identifiers=list(
            person.personidentifier_set.filter(verified_at__isnull=False).values_list("value", flat=True)
        ),
    )


@transaction.atomic
def rekey(person: Person) -> None:
    """Make the person's match keys agree with names, birth date and verified identifiers."""
    wanted = index_keys(describe(person), secret=_secret())
    person.match_keys.exclude(key__in=wanted).delete()
    MatchKey.objects.bulk_create(
        [MatchKey(person=person, key=key) for key in sorted(wanted)], ignore_conflicts=True
    )


def note_own_record(person_id: UUID, agency: Agency) -> None:
    """Remember that `agency` now has a record of its own about the person."""
    PersonAgency.objects.get_or_create(person_id=person_id, agency=agency)


def identify(
    *, last: str, first: str = "", birth_date: date | None = None, identifier: str = ""
) -> Identified:
    """The one person whom a name with a full birth date, or a name with a verified identifier, means.

    One statement whatever is asked, also when nothing can match. Two people under one description, or a number that
    is somebody else's, are nobody: the asker is not told (P-3, P-5).
    """
    described = Description(
        names=[(last, first)],
        birth_date=birth_date,
        verified_identifiers=[identifier] if identifier else [],
    )
    finding = exact_keys(described, secret=_secret())
    keys = sorted(finding | number_keys(described, secret=_secret()))
    with connection.cursor() as cursor:
        cursor.execute(_HITS, [keys, _ENOUGH])
        hits = cursor.fetchall()
    people = {person_id for person_id, _ in hits}
    if len(people) == 1 and any(key in finding for _, key in hits):
        return Identified(people.pop(), Grade.CERTAIN)
    return Identified(None, Grade.CERTAINLY_NOT, "ambiguous" if len(people) > 1 else "no_match")


def _secret() -> bytes:
    secret: str = settings.MATCH_KEY
    return secret.encode()
