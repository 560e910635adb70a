"""How good the answers are."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from continuity.people.matching import Grade, Scored
from tests.bench.matching.data import Question


class Answer(NamedTuple):
    question: Question
    found: Sequence[Scored]
    seconds: float

    @property
    def rank(self) -> int:
        """Where the right one stands, 1 is best; 0 if nowhere."""
        ids = [one.person for one in self.found]
        return ids.index(self.question.answer) + 1 if self.question.answer in ids else 0

    @property
    def is_confident(self) -> bool:
        """Exactly one is certain: what an officer would be answered on."""
        return sum(one.grade == Grade.CERTAIN for one in self.found) == 1

    @property
    def is_right(self) -> bool:
        return bool(self.found) and self.found[0].person == self.question.answer


class Figures(NamedTuple):
    """Of questions whose person is in the index: `recall`; of all: `precision`; of the others: `false_positives`."""

    asked: int
    absent: int
    recall_1: float
    recall_5: float
    confident: int
    precision: float
    confident_recall: float
    wrong_person: int
    false_positives: int
    calibration_error: float

    @property
    def false_positive_rate(self) -> float:
        return self.false_positives / max(1, self.absent)


def figures(answers: Iterable[Answer]) -> Figures:
    answers = list(answers)
    present = [one for one in answers if one.question.answer]
    confident = [one for one in answers if one.is_confident]
    right = sum(one.is_right for one in confident)
    wrong = [one for one in confident if not one.is_right]
    return Figures(
        asked=len(answers),
        absent=len(answers) - len(present),
        recall_1=sum(one.rank == 1 for one in present) / max(1, len(present)),
        recall_5=sum(1 <= one.rank <= 5 for one in present) / max(1, len(present)),
        confident=len(confident),
        precision=right / len(confident) if confident else 1.0,
        confident_recall=right / max(1, len(present)),
        wrong_person=sum(bool(one.question.answer) for one in wrong),
        false_positives=sum(not one.question.answer for one in wrong),
        calibration_error=calibration_error(answers),
    )


def calibration_error(answers: Iterable[Answer]) -> float:
    """How far, in ten bands, what is said of the best candidate is from how often it is right (ECE)."""
    bands: dict[int, list[tuple[float, bool]]] = defaultdict(list)
    for one in answers:
        if one.found:
            bands[min(9, int(one.found[0].score * 10))].append((one.found[0].score, one.is_right))
    off = sum(abs(sum(said - right for said, right in band)) for band in bands.values())
    return off / max(1, sum(map(len, bands.values())))
