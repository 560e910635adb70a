"""What can be done with a record: verbs, and the moves that they are on its page.

A record's page builds a move for each verb that fits. Its button posts to an address of its own, whose view presses
the move: done, the browser is led on; refused, the page is shown again with the move as it comes back, open, with
what was typed and why not.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.contrib import messages
from django.http import HttpRequest
from django.utils import timezone

from continuity.agencies.models import Membership
from continuity.backoffice.desk_forms import DeskForm, DutyForm
from continuity.errors import DomainError, NotFound

# by whom, about what its page is about, when, what was typed
Run = Callable[[Membership, Any, datetime, dict[str, Any]], object]


@dataclass(frozen=True)
class Verb:
    """What a button says, asks for and runs, and what is said when that is done."""

    label: str
    says: str
    run: Run
    done: str
    form: type[DeskForm] = DeskForm
    stands: Callable[[Membership, Any], bool] = field(default=lambda by, about: True)
    """Whether it stands on the page of this record, for this member; the service asks again."""
    is_danger: bool = False
    is_grave: bool = False  # gives something, or is hard to mend: wants a fresh proof of who presses it (S-4)
    button: str = ""  # where the button says something else than the label

    @property
    def pressed(self) -> str:
        return self.button or self.label

    def ask(self, duty: Membership, typed: Any = None, **more: Any) -> DeskForm:
        """Its form; some ask whose desk it is."""
        return self.form(typed, **more | ({"duty": duty} if issubclass(self.form, DutyForm) else {}))


@dataclass(frozen=True)
class Move:
    """A verb on a page, with its form and the address that runs it; a form with something typed was refused."""

    verb: Verb
    form: DeskForm
    action: str

    def or_refused(self, refused: "Move | None") -> "Move":
        """This move, or the refused one where it stands in this place: the ids of its fields are."""
        return refused if refused is not None and refused.form.auto_id == self.form.auto_id else self


def runs(service: Callable[..., object], about: str, *, is_timed: bool = True, **more: Any) -> Run:
    """A service's verb as buttons run it; `about` is what it calls the record's id."""

    def run(by: Membership, record: Any, at: datetime, said: dict[str, Any]) -> object:
        when = {"at": at} if is_timed else {}
        return service(by=by, **{about: record}, **when, **more, **said)

    return run


def verb_of(verbs: Mapping[str, Verb], name: str) -> Verb:
    """Raises NotFound."""
    if name not in verbs:
        raise NotFound("not_found", "There is no such record.")
    return verbs[name]


def press(request: HttpRequest, move: Move, by: Membership, about: Any) -> Move | None:
    """Run a verb with what was typed: None when that is done and said, else the move as it comes back."""
    verb = move.verb
    if move.form.refused(
        lambda said: verb.run(by, about, timezone.now(), said), prove=request if verb.is_grave else None
    ):
        return move
    if verb.done:
        messages.success(request, verb.done)
    return None


def press_alone(request: HttpRequest, verb: Callable[[], object], done: str) -> None:
    """Run what asks for nothing; how it went is said on the page that follows. Raises NotFound."""
    try:
        verb()
    except NotFound:
        raise
    except DomainError as refusal:
        messages.error(request, refusal.detail)
    else:
        messages.success(request, done)


def lost(refused: Move | None, moves: Iterable[Move]) -> Move | None:
    """What was refused of a button that stands on the page no more: the page says why above the others."""
    return None if refused is None or refused in moves else refused


def status_of(move: Move | None) -> int:
    """Of a page that shows what was refused, if anything was."""
    return move.form.status if move is not None else 200
