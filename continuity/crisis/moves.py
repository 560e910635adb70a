"""What the verbs of flags, plans and amendments share: take hold of a row, move it by its table, state a reason."""

from typing import Any, TypeVar
from uuid import UUID

from django.db.models import Model

from continuity.agencies.models import Membership
from continuity.agencies.roles import Duty, duties_of
from continuity.crisis.rows import not_found
from continuity.crisis.wording import Kind, findings
from continuity.errors import Conflict, Invalid, NotAllowed, Stale

Row = TypeVar("Row", bound=Model)


def require_either(by: Membership, *duties: Duty) -> None:
    """Refuse a verb to roles with none of its duties. Raises NotAllowed `duty_missing`."""
    if not duties_of(by.roles) & set(duties):
        raise NotAllowed("duty_missing", "Your role does not include this work.")


def locked(model: type[Row], by: Membership, row_id: UUID, version: int | None = None) -> Row:
    """A row of the own agency, locked until the end of the transaction.

    Raises NotFound outside the own agency (P-3), Stale when it is no longer at `version`.
    """
    rows = model._default_manager.select_for_update(of=("self",))
    row = rows.filter(pk=row_id, custodian=by.agency).first()
    if row is None:
        raise not_found()
    if version is not None and version != row.version:  # type: ignore[attr-defined]  # every row here is Recorded
        raise Stale()
    return row


def move(row: Any, status: Any) -> None:
    """Set the status of a locked row if its table has this move. Raises Conflict `illegal_move`."""
    now = type(row).Status(row.status)
    if status not in type(row).TRANSITIONS[now]:
        raise Conflict("illegal_move", f"What is {now.label.lower()} cannot become {status.label.lower()}.")
    row.status = status


def stated(text: str, longest: int, *, field: str = "reason") -> str:
    """The text without space around it. Raises Invalid when it says nothing, or too much to be kept."""
    if not text.strip() or "\x00" in text:
        raise Invalid("missing", "This cannot be empty.", field=field)
    if len(text.strip()) > longest:
        raise Invalid("too_long", f"At most {longest} characters.", field=field)
    return text.strip()


def chosen(value: str, choices: Any, *, field: str) -> str:
    """The value, if it is one of the choices. Raises Invalid."""
    if value not in choices.values:
        raise Invalid("unknown_value", "This is not one of the choices.", field=field)
    return value


def refuse_labels(*texts: str, field: str) -> None:
    """What a responder is told ahead holds no diagnosis and no label of the person (5.5, P-6). Raises Invalid."""
    for text in texts:
        for found in findings(text):
            if found.kind in (Kind.DIAGNOSIS, Kind.STIGMA):
                raise Invalid(f"{found.kind.value}_words", found.sentence, field=field)
