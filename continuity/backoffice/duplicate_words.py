"""The words of the pages about two people who may be one: fields, grades, verdicts, and the values to choose from."""

from collections.abc import Iterable, Iterator
from datetime import date
from typing import Any

from continuity.backoffice.duplicate_forms import UNKNOWN, Choice
from continuity.backoffice.sheet import Badge
from continuity.backoffice.words import day
from continuity.disclosures.duplicate_reads import Identity, SideBySide
from continuity.disclosures.merged_fields import CHOOSABLE, UNITS
from continuity.people.models import DuplicatePair

_V = DuplicatePair.Verdict
FIELDS = {
    "given_name": "given name",
    "surname": "surname",
    "suffix": "suffix",
    "birth_date": "birth date",
    "birth_year": "birth year",
    "sex": "sex",
    "phone": "telephone",
    "address": "address",
    "identifier": "number",
}
GRADES = {
    "certain": Badge("attention", "Certain"),
    "probable": Badge("neutral", "Probable"),
    "possible": Badge("neutral", "Possible"),
}
VERDICTS = {
    _V.OPEN: Badge("attention", "To be decided"),
    _V.SAME: Badge("good", "The same person"),
    _V.DIFFERENT: Badge("neutral", "Different people"),
    _V.NOT_ENOUGH: Badge("neutral", "Not enough to tell"),
}
_LABELS = {
    "birth_date": "Born",
    "sex": "Sex as recorded",
    "pronouns": "Pronouns",
    "language": "Language",
    "interpreter_needed": "Interpreter",
    "communication_needs": "Communication needs",
    "safe_to_call": "Safe to call",
    "safe_to_leave_message": "Safe to leave a message",
    "deceased_date": "Death",
}
# What says who somebody is or how to speak with them; of anything else it is only told that something is written.
_SHOWN = ("sex", "pronouns", "language", "interpreter_needed")


def fields_in_words(names: Iterable[str]) -> str:
    """given name, birth date."""
    return ", ".join(FIELDS.get(one, one.replace("_", " ")) for one in names)


def sheet_of(sides: SideBySide) -> dict[str, Any]:
    """Both people as a page shows them, without a row of the database."""
    return {
        "left": {"label": sides.left.label, "is_kept_back": sides.left.is_kept_back},
        "right": {"label": sides.right.label, "is_kept_back": sides.right.is_kept_back},
        "rows": [
            {
                "title": row.title,
                "left": row.left,
                "right": row.right,
                "agrees": [FIELDS.get(one, one) for one in row.agreeing],
                "differs": [FIELDS.get(one, one) for one in row.conflicting],
            }
            for row in sides.rows
        ],
    }


def choices_of(left: Identity, right: Identity) -> tuple[Choice, ...]:
    """The columns in which the two people differ, each with what the page may say of either side."""
    return tuple(_choices(left, right))


def label_of(column: str) -> str:
    """What a column of a person is called on the page."""
    return _LABELS.get(column, column.replace("_", " ").capitalize())


def value_in_words(name: str, value: Any) -> str:
    """A column's value as JSON keeps it, as far as a page may say it."""
    if value in (None, ""):
        return UNKNOWN
    if name == "birth_date":
        return day(date.fromisoformat(value))
    if name not in _SHOWN:
        return "something is written down"
    return ("yes" if value else "no") if isinstance(value, bool) else str(value)


def _choices(left: Identity, right: Identity) -> Iterator[Choice]:
    for name in CHOOSABLE:
        columns = UNITS[name]
        one, other = ([getattr(side.person, column) for column in columns] for side in (left, right))
        # A death of either holds, whatever is chosen.
        if name != "deceased_date" and one != other:
            yield Choice(name, label_of(name), _said(left, name), _said(right, name))


def _said(side: Identity, name: str) -> str:
    if name == "birth_date" and side.born:
        return ", ".join(side.born)
    if not side.is_told:
        return "kept back"
    value = getattr(side.person, name)
    return value_in_words(name, value.isoformat() if isinstance(value, date) else value)
