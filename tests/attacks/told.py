"""What was tried and what came back, as a table on the screen and in a failing assertion."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from rich.console import Console
from rich.table import Table


@dataclass
class Told:
    """One attack: its tries by what came back, and those that got through."""

    title: str
    tries: Counter[tuple[str, str]] = field(default_factory=Counter)
    through: list[str] = field(default_factory=list)

    def note(self, tried: str, came: object, *, got_through: str = "") -> None:
        """`got_through` says, for a try that must not be, how it was."""
        self.tries[tried, str(came)] += 1
        if got_through:
            self.through.append(f"{tried}: {got_through}")

    def __str__(self) -> str:
        rows = [(tried, came, str(number)) for (tried, came), number in sorted(self.tries.items())]
        return table(f"{self.title}: {self.tries.total()} tries", ("tried", "came back", "times"), rows)

    def end(self, *, at_least: int) -> None:
        """Print the table. Fails where something got through, or where too little was tried to say anything."""
        print(f"\n{self}")
        assert not self.through, f"{self}\n" + "\n".join(self.through)
        assert self.tries.total() >= at_least, self


def table(title: str, heads: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    """Rows of texts with heads above them."""
    made = Table(*heads, title=title, title_justify="left")
    for row in rows:
        made.add_row(*row)
    console = Console(width=160, color_system=None)
    with console.capture() as captured:
        console.print(made)
    return captured.get()
