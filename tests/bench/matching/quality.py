"""Print how well the right person is found, by kind of question and by origin of the name."""

import gc
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from rich.console import Console
from rich.table import Table

from continuity.people.matching import Profile
from tests.bench.matching import data
from tests.bench.matching.data import Question, Set
from tests.bench.matching.memory import MemoryIndex
from tests.bench.matching.scorer import Answer, Figures, figures

SEEDS = (11, 12)


def measure(
    console: Console, *, folder: Path | None, crowd: int, crowd_file: Path | None, quick: bool
) -> None:
    """Every set by itself and one beside a crowd whom nobody asks for; the same thresholds for all."""
    summary = _table("Of each set", "set")
    for one, others in _sets(folder, crowd, crowd_file, quick):
        index = MemoryIndex(one.people)
        for person, profile in others:
            index.add(person, profile)
        answers = ask_all(index, one.questions)
        _row(summary, f"{one.name}, {len(index.people):,} people", figures(answers))
        show(console, one.name, answers)
    console.print(summary)


def ask_all(index: MemoryIndex, questions: Iterable[Question]) -> list[Answer]:
    answers = []
    gc.freeze()
    for question in questions:
        start = time.perf_counter()
        found = index.search(question.query)
        answers.append(Answer(question, found, time.perf_counter() - start))
    return answers


def show(console: Console, name: str, answers: list[Answer]) -> None:
    for title, of in (("kind", lambda one: one.question.kind), ("origin", lambda one: one.question.origin)):
        table = _table(f"{name}, by {title}", title)
        for group, some in _grouped(answers, of):
            _row(table, group, figures(some))
        console.print(table)


def _sets(
    folder: Path | None, crowd: int, crowd_file: Path | None, quick: bool
) -> Iterator[tuple[Set, Iterable[tuple[str, Profile]]]]:
    sets = [data.build_set(2_000 if quick else 10_000, 600 if quick else 3_000, seed) for seed in SEEDS]
    sets = [one._replace(name=f"own county {seed}") for one, seed in zip(sets, SEEDS, strict=True)]
    sets.append(data.febrl_set())
    if folder:
        sets += [data.read_set(each.parent) for each in sorted(folder.glob("*/truth.csv"))]
    yield from ((one, ()) for one in sets)
    beside = next((one for one in sets if one.name == "public_field"), sets[0])
    if crowd_file or crowd:
        many = data.read_people(crowd_file) if crowd_file else data.crowd(crowd, seed=77)
        yield beside._replace(name=f"{beside.name} in a crowd"), many


def _grouped(answers: list[Answer], of: Callable[[Answer], str]) -> Iterator[tuple[str, list[Answer]]]:
    for group in sorted({of(one) for one in answers}):
        yield group, [one for one in answers if of(one) == group]


def _table(title: str, first: str) -> Table:
    table = Table(title=title, title_justify="left")
    table.add_column(first)
    for name in (
        "asked", "R@1", "R@5", "certain", "precision", "confident recall", "wrong person", "false positives", "ECE",
    ):  # fmt: skip
        table.add_column(name, justify="right")
    return table


def _row(table: Table, name: str, of: Figures) -> None:
    has, lacks = of.asked > of.absent, of.absent > 0
    table.add_row(
        name,
        str(of.asked),
        f"{of.recall_1:.3f}" if has else "",
        f"{of.recall_5:.3f}" if has else "",
        str(of.confident),
        f"{of.precision:.4f}" if of.confident else "",
        f"{of.confident_recall:.3f}" if has else "",
        str(of.wrong_person) if has else "",
        f"{of.false_positives} ({of.false_positive_rate:.4f})" if lacks else "",
        f"{of.calibration_error:.3f}",
    )
