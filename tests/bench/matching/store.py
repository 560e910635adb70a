"""The match index in PostgreSQL: keys written a second, time of a search, and the usual choice beside it.

`python -m tests.bench.matching.store --people 1000000` builds a county of that size by itself; `--data` and `--crowd`
take one from files. Everything is asked in one process, one question after the other.
"""

import argparse
import os
import secrets
import time
from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import Any
from uuid import NAMESPACE_OID, UUID, uuid5

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
os.environ.setdefault("INSECURE_COOKIES", "true")
os.environ.setdefault("LOG_LEVEL", "ERROR")
for key in ("SECRET_KEY", "MATCH_KEY", "LEDGER_KEY"):
    os.environ.setdefault(key, secrets.token_urlsafe(48))
for keys in ("FIELD_KEYS", "SEAL_KEYS"):
    os.environ.setdefault(keys, f"bench:{secrets.token_urlsafe(48)}")

import django  # noqa: E402

django.setup()

import psycopg  # noqa: E402
from django.db import connection, transaction  # noqa: E402
from django.utils import timezone  # noqa: E402
from rich.console import Console  # noqa: E402
from rich.table import Table  # noqa: E402

from continuity.ids import uuid7  # noqa: E402
from continuity.people.index import rekey, search  # noqa: E402
from continuity.people.index_rows import IDENTIFIER  # noqa: E402
from continuity.people.matching import Profile  # noqa: E402
from continuity.people.models import (  # noqa: E402
    Person,
    PersonAddress,
    PersonIdentifier,
    PersonName,
    PersonPhone,
)
from continuity.people.rebuilding import fold_counts, rebuild  # noqa: E402
from continuity.sealing import seal_text  # noqa: E402
from continuity.trail.context import keyed_digest  # noqa: E402
from tests import builders  # noqa: E402
from tests.bench.copying import Lines  # noqa: E402
from tests.bench.databases import fresh_database  # noqa: E402
from tests.bench.matching import data, trigrams  # noqa: E402
from tests.bench.matching.data import Question, Set  # noqa: E402
from tests.bench.matching.scorer import Answer, figures  # noqa: E402

AT_ONCE = 20_000
SEED, CROWD_SEED = 21, 22
_TABLES = "people_matchkey, people_matchprofile, people_termcount"


def person_id(record: str) -> UUID:
    """As far apart as the random ids of real people, but the same on every run."""
    return uuid5(NAMESPACE_OID, record)


class Facts:
    """What is on record of people, as rows."""

    def __init__(self, source_id: UUID) -> None:
        now, by = timezone.now(), {"source_id": source_id}
        self._people = Lines(Person, "id birth_date birth_date_precision sex", now=now)
        self._names = Lines(PersonName, "id person_id first middle last suffix", now=now, **by)
        self._phones = Lines(PersonPhone, "id person_id number", now=now, **by)
        self._addresses = Lines(PersonAddress, "id person_id line city postal_code", now=now, **by)
        self._numbers = Lines(PersonIdentifier, "id person_id value value_digest", now=now, **by)

    def add(self, record: str, profile: Profile) -> None:
        who = person_id(record)
        self._people.add(
            id=who,
            birth_date=profile.birth_date,
            birth_date_precision=profile.birth_precision or "ymd",
            sex=profile.sex,
        )
        for name in profile.names:
            self._names.add(
                id=uuid7(),
                person_id=who,
                first=name.first,
                middle=name.middle,
                last=name.last,
                suffix=name.suffix,
            )
        for phone in profile.phones:
            self._phones.add(id=uuid7(), person_id=who, number=phone)
        for line, city, code in profile.addresses:
            self._addresses.add(id=uuid7(), person_id=who, line=line, city=city, postal_code=code)
        for value in profile.identifiers:
            sealed = seal_text(value, place=IDENTIFIER)
            self._numbers.add(id=uuid7(), person_id=who, value=sealed, value_digest=keyed_digest(value))

    def write(self, to: psycopg.Connection[Any]) -> None:
        with to.cursor() as cursor:
            for lines in vars(self).values():
                lines.write(cursor)
        to.commit()


def as_owner(name: str, *, autocommit: bool = False) -> psycopg.Connection[Any]:
    return psycopg.connect(os.environ["DATABASE_OWNER_URL"], dbname=name, autocommit=autocommit)


def put_on_record(name: str, people: Iterable[tuple[str, Profile]]) -> int:
    """Write everybody as on record and, for the usual choice, one line each; says how many they are."""
    facts, total, left = Facts(builders.agency("county", "county_behavioral_health").pk), 0, iter(people)
    with as_owner(name) as owner:
        trigrams.make_table(owner)
        # The rows are made to fit: checking every foreign key would only double the time.
        owner.execute("SET session_replication_role = replica")
        while some := list(islice(left, AT_ONCE)):
            for record, profile in some:
                facts.add(record, profile)
            facts.write(owner)
            trigrams.add(owner, ((person_id(record), profile) for record, profile in some))
            total += len(some)
    with as_owner(name, autocommit=True) as owner:
        owner.execute("VACUUM (ANALYZE)")
    return total


def measure_writing(console: Console, name: str, people: int) -> None:
    """Key everybody by the rebuild that runs beside traffic, then some one by one as a change does."""
    begun = time.perf_counter()
    keyed = sum(rebuild(jobs=2))
    seconds = time.perf_counter() - begun
    fold_counts()
    console.print(
        f"{keyed:,} of {people:,} people keyed in {seconds:.0f} s: {keyed / seconds:,.0f} a second."
    )
    with as_owner(name, autocommit=True) as owner:
        owner.execute(f"VACUUM (ANALYZE) {_TABLES}")  # as autovacuum does within minutes
    times = []
    for person in Person.objects.order_by("pk")[:200]:
        with transaction.atomic():
            PersonName.objects.filter(person=person).update(middle="Quill")
            begun = time.perf_counter()
            rekey(person)
            times.append(time.perf_counter() - begun)
            transaction.set_rollback(True)
    console.print(
        f"One changed name keyed in {_percentile(times, 50):.1f} ms, p95 {_percentile(times, 95):.1f} ms."
    )


def ask(
    questions: Iterable[Question], finder: Callable[[Question], Any]
) -> list[tuple[Question, Any, float]]:
    answers = []
    for question in questions:
        begun = time.perf_counter()
        found = finder(question)
        answers.append((question, found, time.perf_counter() - begun))
    return answers


def measure_searching(console: Console, name: str, questions: list[Question], beside: int) -> None:
    """Every question to the index; every so many also to the usual choice, with the same measure for both."""
    ids = {question.answer: str(person_id(question.answer)) for question in questions if question.answer}
    asked = [one._replace(answer=ids.get(one.answer, "")) for one in questions]
    for one in asked[:50]:
        search(one.query, most=10)
    # A core that answers other programs meanwhile is slower than the search: see what it cost by itself, too.
    busy = _processor_time()
    answers = [
        Answer(question, [one._replace(person=str(one.person)) for one in found], seconds)
        for question, found, seconds in ask(asked, lambda one: search(one.query, most=10))
    ]
    busy = (_processor_time() - busy) / len(asked)
    ours = figures(answers)
    some = answers[:: max(1, len(answers) // max(beside, 1))]
    with psycopg.connect(os.environ["DATABASE_URL"], dbname=name, autocommit=True) as other:
        theirs = trigrams.judge(
            ask((one.question for one in some), lambda one: trigrams.find(other, one.query))
        )
    same = figures(some)
    table = Table(
        title=f"{len(answers)} questions; of every {len(answers) // len(some)}th, both ways",
        title_justify="left",
    )
    for title in ("", "p50 ms", "p95 ms", "R@1", "R@5", "precision", "confident recall"):
        table.add_column(title, justify="right" if title else "left")
    for label, times, of in (
        ("match index, all", [one.seconds for one in answers], ours),
        ("match index", [one.seconds for one in some], same),
        ("trigrams, blended", theirs.times, theirs),
    ):
        shares = (
            f"{of.recall_1:.3f}",
            f"{of.recall_5:.3f}",
            f"{of.precision:.4f}",
            f"{of.confident_recall:.3f}",
        )
        table.add_row(label, *_times(times), *shares)
    slower = _percentile(theirs.times, 50) / _percentile([one.seconds for one in some], 50)
    table.add_row(
        "ratio",
        f"1 : {slower:.1f}",
        "",
        f"{same.recall_1 / max(theirs.recall_1, 0.001):.2f}",
        f"{same.recall_5 / max(theirs.recall_5, 0.001):.2f}",
        "",
        f"{same.confident_recall / max(theirs.confident_recall, 0.001):.2f}",
    )
    console.print(table)
    console.print(
        f"Wrong person {ours.wrong_person}, false positives {ours.false_positives} of {ours.absent}; "
        f"{busy * 1000:.1f} ms a search on the processor, of both processes."
    )


def _percentile(seconds: list[float], percent: float) -> float:
    ordered = sorted(seconds)
    return ordered[min(len(ordered) - 1, int(len(ordered) * percent / 100))] * 1000


def _times(seconds: list[float]) -> tuple[str, str]:
    return f"{_percentile(seconds, 50):.1f}", f"{_percentile(seconds, 95):.1f}"


def _processor_time() -> float:
    """Seconds that this process and its server have run; of this process alone where the system does not tell."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        (server,) = cursor.fetchone()
    file = Path(f"/proc/{server}/schedstat")
    return time.process_time() + (int(file.read_text().split()[0]) / 1e9 if file.exists() else 0.0)


def _county(chosen: argparse.Namespace) -> tuple[Set, Iterator[tuple[str, Profile]]]:
    """Those who are asked for, and a crowd that fills the index up to its size."""
    one = (
        data.read_set(chosen.data)
        if chosen.data
        else data.build_set(min(chosen.people, 20_000), chosen.questions, SEED)
    )
    missing = max(0, chosen.people - len(one.people))
    many = data.read_people(chosen.crowd) if chosen.crowd else data.crowd(missing, CROWD_SEED)
    return one, islice(many, missing)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.bench.matching.store", description=__doc__)
    parser.add_argument("--people", type=lambda text: int(text.replace("_", "")), default=1_000_000)
    parser.add_argument("--questions", type=int, default=2_000)
    parser.add_argument(
        "--beside", type=int, default=200, help="questions that are also put to the usual choice"
    )
    parser.add_argument("--data", type=Path, metavar="DIR", help="with index.csv, queries.csv and truth.csv")
    parser.add_argument("--crowd", type=Path, metavar="FILE", help="people of whom nobody asks, as index.csv")
    run(parser.parse_args(), Console(width=max(120, Console().width)))


def run(chosen: argparse.Namespace, console: Console) -> None:
    """Measure with `people`, `questions`, `beside`, and `data` and `crowd` where they are not built here."""
    one, others = _county(chosen)
    name = f"bench_matching_{os.getpid()}"
    with fresh_database(name):
        begun = time.perf_counter()
        people = put_on_record(name, (each for some in (one.people, others) for each in some))
        console.print(f"{people:,} people on record in {time.perf_counter() - begun:.0f} s.")
        measure_writing(console, name, people)
        every = max(1, len(one.questions) // chosen.questions)
        measure_searching(console, name, one.questions[::every], chosen.beside)


if __name__ == "__main__":
    main()
