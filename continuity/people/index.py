"""The match index: by which keys a person is found, what they are compared by, how many people bear their names.

Whoever changes a name, a telephone number, an address, an identifier or a birth date calls `rekey` in the same
transaction, whoever writes many people `rekey_all`: what is found is what is on record.
"""

import hashlib
import json
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import connection, connections, transaction

from continuity.people import index_rows as rows
from continuity.people.index_rows import EVERYBODY, Entry
from continuity.people.matching import (
    NameParts,
    Profile,
    Query,
    Scored,
    asked_like,
    index_keys,
    profile_of,
    query_keys,
    score,
    terms,
)
from continuity.people.models import Person
from continuity.sealing import unseal_text
from continuity.trail import wall

# Raise it with every change of what keys, terms or profile are made of: `rebuild_match_keys` then makes them anew.
METHOD = 1
_NUMBERS = slice(6, 8)  # where identifiers and those that were checked lie in a packed profile
_SMALLEST_STEP = 8  # by which it is told how many bear a name, where one more is nobody's to notice


def secret() -> bytes:
    """The secret of all keyed hashes of the index."""
    text: str = settings.MATCH_KEY
    return text.encode()


def made_with() -> int:
    """What the rows of the index are made with: this secret and this method."""
    digest = hashlib.blake2b(f"made|{METHOD}".encode(), digest_size=8, key=secret()[:64]).digest()
    return int.from_bytes(digest, "big", signed=True)


def entry_of(person_id: UUID, profile: Profile) -> Entry:
    """What the index keeps of somebody with this profile."""
    hidden = secret()
    packed = profile.pack()
    numbers, packed[_NUMBERS] = packed[_NUMBERS], [[], []]
    return Entry(
        person_id,
        _short(packed),
        _short(numbers) if any(numbers) else "",
        frozenset(index_keys(profile, secret=hidden)),
        frozenset({EVERYBODY, *terms(profile, secret=hidden)}),
        made_with(),
    )


@wall.matching("what the index keeps is made of what every agency calls them")
@transaction.atomic
def rekey(person: Person) -> None:
    """Make what the index keeps of the person agree with what is on record.

    The person is locked first, so that of two changes at one time the later sees the earlier.
    """
    with connection.cursor() as cursor:
        cursor.execute(rows.LOCK, [[person.pk]])
        cursor.execute(rows.FACTS, [[person.pk]])
        for facts in cursor.fetchall():
            rows.write_one(cursor, _kept(facts), _made(facts))


@wall.matching("as above")
def rekey_all(person_ids: Iterable[UUID], *, using: str = "default") -> int:
    """Make what the index keeps of these people agree with what is on record; says how many they are.

    Their rows are written anew, also where they seem to be right. They are locked until the transaction ends: beside
    live traffic a few hundred at a time.
    """
    ids = list(person_ids)
    with transaction.atomic(using=using), connections[using].cursor() as cursor:
        cursor.execute(rows.LOCK, [ids])
        cursor.execute(rows.FACTS, [ids])
        facts = cursor.fetchall()
        rows.write_many(cursor, [(_kept(one), _made(one)) for one in facts])
    return len(facts)


def search(
    query: Query, *, within: UUID | None = None, most: int = 5, exclude: UUID | None = None
) -> list[Scored]:
    """The people who may be meant, best first, each with its grade and what agrees and conflicts; one statement.

    `within` looks only among the people of one agency, `exclude` leaves one person out. Nobody who was merged into
    somebody else is found.
    """
    found, counts, size = _candidates(query, within, exclude)
    profiles = [(person_id, unpacked(profile, _clear(numbers))) for person_id, profile, numbers in found]
    return score(query, profiles, counts=counts, size=size, secret=secret())[:most]


@wall.matching("what every agency calls them is compared")
def query_of_person(person: Person) -> Query:
    """The query that looks for others like the person: are there duplicates?"""
    with connection.cursor() as cursor:
        cursor.execute(rows.FACTS, [[person.pk]])
        (facts,) = cursor.fetchall()
    return asked_like(_profile(facts))


def search_as(
    query: Query,
    *,
    within: UUID,
    as_known: Callable[[Collection[UUID]], Mapping[UUID, Profile]],
    most: int = 5,
) -> list[Scored]:
    """The same among the people of one agency, each compared as `as_known` knows them; whom it leaves out is nobody.

    So that a grade tells nothing of what others wrote down, nor of people who are closed to whoever asks (P-3). How
    common a name is in the county is taken in coarse steps: one person more elsewhere changes no grade.
    """
    found, counts, size = _candidates(query, within, None)
    known = as_known([person_id for person_id, _, _ in found])
    coarse = {term: _coarse(counts.get(term, 0)) for term in terms(query, secret=secret())}
    return score(query, list(known.items()), counts=coarse, size=_coarse(size), secret=secret())[:most]


def _coarse(number: int) -> int:
    """The power of two that is not above it, and never less than the smallest step."""
    return max(_SMALLEST_STEP, 1 << (number.bit_length() - 1)) if number else _SMALLEST_STEP


@wall.matching("everybody of the county may be meant")
def _candidates(
    query: Query, within: UUID | None, exclude: UUID | None
) -> tuple[list[tuple[UUID, str, str]], dict[int, int], int]:
    """Who is found under the query's keys, with packed profiles and sealed identifiers.

    Then how many bear the names asked for, and of how many.
    """
    hidden = secret()
    asked = {
        "keys": list(query_keys(query, secret=hidden)),
        "terms": [EVERYBODY, *terms(query, secret=hidden)],
        "exclude": exclude,
    }
    with connection.cursor() as cursor:
        if within is None:
            cursor.execute(rows.CANDIDATES, asked)
        else:
            cursor.execute(rows.CANDIDATES_WITHIN, {**asked, "within": within})
        *found, (_, counted, _) = cursor.fetchall()
    counts = {int(term): people for term, people in json.loads(counted or "{}").items()}
    return found, counts, counts.pop(EVERYBODY, 0)


def _profile(facts: Sequence[Any]) -> Profile:
    born, precision, estimated, sex, names, phones, addresses, identifiers, verified = facts[2:11]
    identifiers, verified = (
        [unseal_text(one, place=rows.IDENTIFIER) for one in some] for some in (identifiers, verified)
    )
    return profile_of(
        names=[NameParts(*name) for name in names],
        birth_date=born,
        birth_precision=precision,
        estimated=estimated,
        sex=sex,
        phones=phones,
        addresses=[(line, city, postal_code) for line, city, postal_code in addresses],
        identifiers=identifiers,
        verified=verified,
    )


def _made(facts: Sequence[Any]) -> Entry:
    """What the index should keep: nothing of somebody who stands no longer for themselves (P-5)."""
    person_id, is_replaced = facts[:2]
    return Entry(person_id) if is_replaced else entry_of(person_id, _profile(facts))


def _kept(facts: Sequence[Any]) -> Entry:
    person_id, (profile, numbers, keys, has, made_with) = facts[0], facts[11:]
    has_keys, has_terms = frozenset(keys or ()), frozenset(has or ())
    return Entry(person_id, profile or "", _clear(numbers), has_keys, has_terms, made_with or 0)


def unpacked(profile: str, numbers: str) -> Profile:
    """A profile as the index keeps it; `numbers` are its identifiers in clear."""
    packed = json.loads(profile)
    if numbers:
        packed[_NUMBERS] = json.loads(numbers)
    return Profile.unpack(packed)


def _clear(sealed: str | None) -> str:
    return unseal_text(sealed or "", place=rows.IDENTIFIERS)


def _short(value: Any) -> str:
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)
