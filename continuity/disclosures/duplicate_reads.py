"""Reading two people side by side: what the desk that matches people may see of each, ledger row first (5.3, P-3, P-5).

Who keeps the index sees identities, and never whose word they are nor any record. A privacy office that knows both
people sees what the own agency wrote down; of the rest it is told which fields agree or conflict, and no value.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, TypeVar
from uuid import UUID

from django.db.models import Model, Q, QuerySet

from continuity.access.models import Restriction
from continuity.agencies.models import Membership
from continuity.agencies.roles import Duty
from continuity.disclosures.merge_lists import readable_merges
from continuity.disclosures.merged_fields import UNITS, write
from continuity.disclosures.models import Merge
from continuity.disclosures.own_records import readable_people
from continuity.disclosures.readings import note_reading, refuse_reading
from continuity.people.duplicates import compared_now, pairs_for
from continuity.people.models import (
    DuplicatePair,
    Person,
    PersonAddress,
    PersonAgency,
    PersonFact,
    PersonIdentifier,
    PersonName,
    PersonPhone,
)
from continuity.trail.wall import matching

F = TypeVar("F", bound=PersonFact)
_EXISTENCE = "D0"
_DIFFERENT = DuplicatePair.Verdict.DIFFERENT
_SHOWN = 4  # last characters of a number that many a desk has on paper anyway
_LIVE = (Merge.State.REQUESTED, Merge.State.MERGED, Merge.State.UNMERGE_REQUESTED)
# What a row of the page is called, which facts it holds, and which fields of the comparison speak of it.
_ROWS = (
    ("Names", "names", ("given_name", "surname", "suffix")),
    ("Born", "born", ("birth_date", "birth_year")),
    ("Sex as recorded", "sex", ("sex",)),
    ("Telephone", "phones", ("phone",)),
    ("Address", "addresses", ("address",)),
    ("Numbers", "identifiers", ("identifier",)),
)


@dataclass(frozen=True)
class Identity:
    """One person as this member may see them; empty lists are "not known" here, `is_kept_back` says that more is."""

    person_id: UUID
    label: str
    names: tuple[str, ...] = ()
    born: tuple[str, ...] = ()
    sex: tuple[str, ...] = ()
    phones: tuple[str, ...] = ()
    addresses: tuple[str, ...] = ()
    identifiers: tuple[str, ...] = ()
    is_told: bool = False
    is_kept_back: bool = False
    person: Person | None = field(default=None, repr=False)


@dataclass(frozen=True)
class Row:
    """One kind of fact on both sides, and which fields of it agree and conflict."""

    title: str
    left: tuple[str, ...]
    right: tuple[str, ...]
    agreeing: tuple[str, ...]
    conflicting: tuple[str, ...]


@dataclass(frozen=True)
class SideBySide:
    """Two people, the first on the left."""

    left: Identity
    right: Identity
    rows: tuple[Row, ...]


def readable_pairs(by: Membership, at: datetime) -> QuerySet[DuplicatePair]:
    """The pairs that this member may read and decide."""
    pairs = pairs_for(by)
    if by.agency.keeps_index:
        return pairs
    known = readable_people(by, at).values("person")
    return pairs.filter(first__in=known, second__in=known)


def read_pairs(
    by: Membership, pairs: Sequence[DuplicatePair], *, channel: str, at: datetime, searched: str = ""
) -> dict[UUID, str]:
    """Ledger that a list of readable pairs is read, and give what its people are called there."""
    note_reading(by=by, rows=pairs, channel=channel, at=at, category=_EXISTENCE, searched=searched)
    return labels_of(by, [person for one in pairs for person in (one.first_id, one.second_id)])


def read_pair(
    *, by: Membership, pair_id: UUID, channel: str, at: datetime
) -> tuple[DuplicatePair, SideBySide]:
    """One pair side by side; a row of the ledger for each of the two. Raises NotFound, which is ledgered."""
    pairs = readable_pairs(by, at).select_related("first", "second", "decided_by__member")
    pair = pairs.filter(pk=pair_id).first()
    if pair is None:
        raise refuse_reading(by=by, channel=channel, at=at, searched=str(pair_id), category=_EXISTENCE)
    note_sides(by, pair, (pair.first, pair.second), channel=channel, at=at)
    return pair, side_by_side(by, pair.first, pair.second, *compared_now(pair))


def read_merge(*, by: Membership, merge: Merge, channel: str, at: datetime) -> SideBySide:
    """The two people of a merge, survivor on the left, as each was before it; a row of the ledger for each."""
    note_sides(by, merge, (merge.survivor, merge.retired), channel=channel, at=at)
    if merge.state in (Merge.State.MERGED, Merge.State.UNMERGE_REQUESTED):
        shown = (*UNITS["birth_date"], "sex")
        write(merge.survivor, {name: merge.before[name] for name in shown})  # in memory alone
    pair = merge.pair
    said = (pair.agreeing, pair.conflicting) if pair else ([], [])
    return side_by_side(by, merge.survivor, merge.retired, *said)


def live_merge_of(pair: DuplicatePair) -> Merge | None:
    """The merge of a readable pair's two people that is asked for or stands, whichever of them would stay."""
    both = (pair.first_id, pair.second_id)
    return Merge.objects.filter(survivor__in=both, retired__in=both, state__in=_LIVE).first()


def read_identity(*, by: Membership, person_id: UUID, about: Model, channel: str, at: datetime) -> Identity:
    """One person as this member may see them, because of a row that they may read; ledgered."""
    person = Person.objects.get(pk=person_id)
    note_sides(by, about, [person], channel=channel, at=at)
    return identities(by, [person])[person_id]


def leads_of(by: Membership, person_id: UUID) -> tuple[list[UUID], list[UUID]]:
    """Where to look when somebody was taken for another: pairs and standing merges of a person, by id."""
    pairs = pairs_for(by).filter(Q(first=person_id) | Q(second=person_id)).exclude(verdict=_DIFFERENT)
    merges = readable_merges(by).filter(Q(survivor=person_id) | Q(retired=person_id), state__in=_LIVE)
    return list(pairs.values_list("pk", flat=True)), list(merges.values_list("pk", flat=True))


def note_sides(by: Membership, about: Model, people: Iterable[Person], *, channel: str, at: datetime) -> None:
    """Ledger the reading of two people once for each, so that it is found under both."""
    for person in people:
        note_reading(
            by=by, rows=[about, person], channel=channel, at=at, category=_EXISTENCE, person_id=person.pk
        )


def side_by_side(
    by: Membership,
    left: Person,
    right: Person,
    agreeing: Sequence[str],
    conflicting: Sequence[str],
) -> SideBySide:
    """Both people as this member may see them, in constantly many statements. The caller has ledgered it."""
    found = identities(by, [left, right])
    one, other = found[left.pk], found[right.pk]
    rows = tuple(
        Row(
            title,
            getattr(one, name),
            getattr(other, name),
            tuple(part for part in fields if part in agreeing),
            tuple(part for part in fields if part in conflicting),
        )
        for title, name, fields in _ROWS
    )
    return SideBySide(one, other, rows)


@matching("the two sides are the index's, and in the ledger")
def identities(by: Membership, people: Sequence[Person]) -> dict[UUID, Identity]:
    """Each of these people as this member may see them; of the merged, what was recorded for that one."""
    ids = [one.pk for one in people]
    whole = _seen_whole(by, ids)
    own = set(
        PersonAgency.objects.filter(agency=by.agency_id, person__in=ids).values_list("person", flat=True)
    )
    said: dict[UUID, dict[str, dict[str, str]]] = defaultdict(lambda: defaultdict(dict))
    for kind, (model, in_words) in _FACTS.items():
        for fact in sorted(_of_these(model, ids).filter(_visible(by, whole)), key=_official_first):
            text = in_words(fact)
            if text:  # said by two agencies alike it stands here once, so that nobody can count them
                said[fact.origin_id or fact.person_id][kind].setdefault(text.casefold(), text)
    return {
        one.pk: _identity(one, said[one.pk], is_whole=one.pk in whole, is_own=one.pk in own) for one in people
    }


@matching("as above")
def labels_of(by: Membership, people: Iterable[UUID]) -> dict[UUID, str]:
    """What each person is called on this member's desk: in one or two statements, however many they are."""
    ids = list(dict.fromkeys(people))
    names = _of_these(PersonName, ids).filter(_visible(by, _seen_whole(by, ids)))
    labels: dict[UUID, str] = {}
    for one in sorted(names, key=_official_first):
        labels.setdefault(one.origin_id or one.person_id, _name(one))
    return labels


def fact_in_words(fact: PersonFact) -> str:
    """A name, number or address as this page says it; "" for another kind of fact."""
    return next((in_words(fact) for model, in_words in _FACTS.values() if isinstance(fact, model)), "")


def _seen_whole(by: Membership, ids: Sequence[UUID]) -> frozenset[UUID]:
    """Whom the keeper's desk sees with every agency's word: not who works for it, nor who is very restricted (6.4)."""
    if not (by.agency.keeps_index and by.has_duty(Duty.MATCH_PEOPLE)):
        return frozenset()
    shielded = Restriction.objects.filter(
        kind=Restriction.Kind.EMPLOYEE, state=Restriction.State.AGREED, towards=by.agency_id, person__in=ids
    )
    seen = Person.objects.filter(pk__in=ids).exclude(pk__in=shielded.values("person"))
    return frozenset(
        seen.exclude(confidentiality=Person.Confidentiality.VERY_RESTRICTED).values_list("pk", flat=True)
    )


def _of_these(model: type[F], ids: Sequence[UUID]) -> QuerySet[F]:
    """The facts recorded for these people, also where a merge has moved them."""
    return model._default_manager.filter(Q(person__in=ids, origin=None) | Q(origin__in=ids))


def _official_first(fact: PersonFact) -> tuple[bool, UUID]:
    return getattr(fact, "use", "") != PersonName.Use.OFFICIAL, fact.pk


def _visible(by: Membership, whole: frozenset[UUID]) -> Q:
    return Q(source=by.agency_id) | Q(person__in=whole, origin=None) | Q(origin__in=whole)


def _identity(
    person: Person, said: Mapping[str, Mapping[str, str]], *, is_whole: bool, is_own: bool
) -> Identity:
    told = {kind: tuple(said[kind].values()) if kind in said else () for kind in _FACTS}
    is_told = is_whole or is_own
    return Identity(
        person_id=person.pk,
        label=told["names"][0] if told["names"] else "name not known here",
        born=(_born(person),) if is_told and person.birth_date else (),
        sex=(person.sex,) if is_told and person.sex else (),
        is_told=is_told,
        is_kept_back=not is_whole,
        person=person,
        **told,
    )


def _name(one: PersonName) -> str:
    name = " ".join(filter(None, (one.first, one.middle, one.last, one.suffix)))
    return name if one.use == PersonName.Use.OFFICIAL else f"{name} ({one.get_use_display()})"


def _phone(one: PersonPhone) -> str:
    return f"{one.number} (shared)" if one.is_shared else one.number


def _address(one: PersonAddress) -> str:
    return ", ".join(filter(None, (one.line, one.city, f"{one.state} {one.postal_code}".strip())))


def _identifier(one: PersonIdentifier) -> str:
    """Its end alone, and not of which system: that would say who wrote it down."""
    shown = one.value[-_SHOWN:] if len(one.value) > _SHOWN + 2 else one.value[-2:]
    return f"ends in {shown}" + (", verified" if one.verified_at else "")


_FACTS: dict[str, tuple[type[PersonFact], Callable[[Any], str]]] = {
    "names": (PersonName, _name),
    "phones": (PersonPhone, _phone),
    "addresses": (PersonAddress, _address),
    "identifiers": (PersonIdentifier, _identifier),
}


def _born(person: Person) -> str:
    born: date = person.birth_date or date.min
    words = {
        Person.Precision.YEAR: f"{born:%Y}",
        Person.Precision.MONTH: f"{born:%B %Y}",
        Person.Precision.DAY: f"{born.day} {born:%B %Y}",
    }[Person.Precision(person.birth_date_precision)]
    return f"about {words}" if person.birth_date_estimated else words
