"""What one run measured, and what it cost."""

import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

_TICK = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True)
class Run:
    """The times of all questions, in seconds, of a run that lasted `seconds`."""

    times: Sequence[float]
    seconds: float

    @property
    def rate(self) -> float:
        return len(self.times) / self.seconds

    def percentile(self, percent: float) -> float:
        """In milliseconds, by nearest rank."""
        ordered = sorted(self.times)
        return ordered[min(len(ordered) - 1, int(len(ordered) * percent / 100))] * 1000

    def __add__(self, other: "Run") -> "Run":
        return Run([*self.times, *other.times], self.seconds + other.seconds)


def cpu_seconds(processes: Iterable[int]) -> float:
    """Processor time that living processes have used so far; their ended children count for their parent."""
    total = 0
    for process in processes:
        try:
            fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue
        total += sum(map(int, fields[11:15]))
    return total / _TICK


def family(parent: int) -> list[int]:
    """A process and its children, as far as this machine shows them."""
    found = [parent]
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            fields = (folder / "stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if int(fields[1]) == parent:
            found.append(int(folder.name))
    return found


def kolmogorov_smirnov(one: Sequence[float], other: Sequence[float]) -> float:
    """The largest distance between two samples' distribution functions: 0 the same, 1 apart."""
    first, second = sorted(one), sorted(other)
    left = right = 0
    largest = 0.0
    while left < len(first) and right < len(second):
        here = min(first[left], second[right])
        while left < len(first) and first[left] <= here:
            left += 1
        while right < len(second) and second[right] <= here:
            right += 1
        largest = max(largest, abs(left / len(first) - right / len(second)))
    return largest
