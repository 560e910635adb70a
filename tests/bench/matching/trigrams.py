"""The usual choice: trigram similarity of the full name, blended with the birth date and what else is equal."""

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple
from uuid import UUID

import psycopg

from continuity.people.matching import Profile, Query
from tests.bench.matching.data import Question

MOST = 10
PRECISE = 0.99
_TABLE = """
CREATE EXTENSION IF NOT EXISTS pg_trgm;
CREATE TABLE bench_trigrams (person_id uuid, name text, born date, phone text, number text[]);
"""
_INDEXES = """
CREATE INDEX ON bench_trigrams USING gin (name gin_trgm_ops);
CREATE INDEX ON bench_trigrams (born);
CREATE INDEX ON bench_trigrams (phone);
CREATE INDEX ON bench_trigrams USING gin (number);
GRANT SELECT ON bench_trigrams TO PUBLIC;
"""
_COPY = "COPY bench_trigrams (person_id, name, born, phone, number) FROM STDIN"
# A telephone or a number counts as much as half a name, a birth date more; a year tells something.
_FIND = """
SELECT person_id::text, max(0.6 * similarity(name, %(name)s::text)
  + CASE WHEN born = %(born)s::date THEN 0.4 WHEN extract(year FROM born) = %(year)s::integer THEN 0.15 ELSE 0 END
  + CASE WHEN phone = %(phone)s::text THEN 0.3 ELSE 0 END
  + CASE WHEN %(number)s::text = ANY(number) THEN 0.5 ELSE 0 END) AS likeness
FROM bench_trigrams
WHERE name %% %(name)s::text OR born = %(born)s::date OR phone = %(phone)s::text OR number @> ARRAY[%(number)s::text]
GROUP BY person_id ORDER BY likeness DESC LIMIT 10
"""

Asked = tuple[Question, Sequence[tuple[str, float]], float]


class Judged(NamedTuple):
    times: list[float]
    recall_1: float
    recall_5: float
    precision: float
    confident_recall: float


def make_table(owner: psycopg.Connection[Any]) -> None:
    owner.execute(_TABLE)
    owner.execute(_INDEXES)
    owner.commit()


def add(owner: psycopg.Connection[Any], people: Iterable[tuple[UUID, Profile]]) -> None:
    """A line for every name that somebody goes by."""
    with owner.cursor() as cursor, cursor.copy(_COPY) as copy:
        for person_id, one in people:
            for name in one.names:
                full = " ".join(part for part in (name.first, name.middle, name.last) if part)
                copy.write_row(
                    (person_id, full, one.birth_date, next(iter(one.phones), None), list(one.identifiers))
                )
    owner.commit()


def find(connection: psycopg.Connection[Any], asked: Query) -> list[tuple[str, float]]:
    name = next(iter(asked.names), None)
    year = asked.birth_date.year if asked.birth_date else asked.birth_year
    if year is None and asked.age is not None and asked.as_of:
        year = asked.as_of.year - asked.age
    said = {
        "name": " ".join(part for part in (name.first, name.middle, name.last) if part) if name else "",
        "born": asked.birth_date,
        "year": year,
        "phone": next(iter(asked.phones), None),
        "number": next(iter(asked.identifiers), None),
    }
    return connection.execute(_FIND, said, prepare=True).fetchall()


def judge(answers: list[Asked]) -> Judged:
    """Its quality at the threshold that suits it best: the lowest at which it is precise on these very questions."""
    present = [(question, found) for question, found, _ in answers if question.answer]
    ranks = [[one for one, _ in found].index(question.answer) + 1 if question.answer in dict(found) else 0
             for question, found in present]  # fmt: skip
    sure = sorted(
        ((found[0][1], found[0][0] == question.answer) for question, found, _ in answers if found),
        reverse=True,
    )
    precision, confident = 1.0, 0
    right = 0
    for at, (_, is_right) in enumerate(sure, 1):
        right += is_right
        if right / at >= PRECISE:
            precision, confident = right / at, right
    asked = max(1, len(present))
    return Judged(
        [seconds for _, _, seconds in answers],
        sum(rank == 1 for rank in ranks) / asked,
        sum(0 < rank <= 5 for rank in ranks) / asked,
        precision,
        confident / asked,
    )
