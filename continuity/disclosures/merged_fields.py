"""What the one person says of themself where two said it: chosen field by field, and how it is told apart again. Pure.

What keeps the person back is not chosen: the stricter of both holds (6.4, P-12), and a death of either.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final, Literal

from continuity.errors import Invalid
from continuity.people.models import Person

Side = Literal["survivor", "retired"]
# What may be chosen. A birth date comes with how exact it is.
CHOOSABLE: Final = (
    "birth_date",
    "sex",
    "pronouns",
    "language",
    "interpreter_needed",
    "communication_needs",
    "deceased_date",
)
_TOGETHER: Final = {"birth_date": ("birth_date", "birth_date_precision", "birth_date_estimated")}
_CAREFUL: Final = ("safe_to_call", "safe_to_leave_message")
# Each is told apart as one.
UNITS: Final = {name: _TOGETHER.get(name, (name,)) for name in (*CHOOSABLE, *_CAREFUL)}
_COLUMNS: Final = tuple(column for columns in UNITS.values() for column in columns)
_KEPT: Final = (*_COLUMNS, "confidentiality", "identity_status")
_STRICTER: Final = list(Person.Confidentiality.values)
_SAFER: Final = (False, None, True)


@dataclass(frozen=True)
class FieldConflict:
    """A field that was edited since the merge: nobody can tell about whom but who decides."""

    field: str
    before: Any
    """What the survivor said before the merge; of a birth date the date alone."""
    chosen: Any
    now: Any
    retired: Any
    """What the retired person says, as they did before the merge."""


@dataclass(frozen=True)
class Level:
    """A survivor, as one merge left them: before, as chosen, and now. Above it stands whom they were merged into."""

    before: Mapping[str, Any]
    chosen: Mapping[str, Any]
    now: Mapping[str, Any]

    def is_edited(self, unit: str) -> bool:
        return any(self.now[column] != self.chosen[column] for column in UNITS[unit])


@dataclass(frozen=True)
class Apart:
    """What everybody says after an unmerge: each level's survivor, what was chosen there without the one who left."""

    now: list[dict[str, Any]]
    chosen: list[dict[str, Any]]
    retired: dict[str, Any]


def values_of(person: Person) -> dict[str, Any]:
    """The fields that a merge may change, as JSON."""
    return {name: _plain(getattr(person, name)) for name in _KEPT}


def write(person: Person, values: Mapping[str, Any]) -> None:
    """Give a person these values, from JSON."""
    for name, value in values.items():
        field: Any = Person._meta.get_field(name)
        setattr(person, name, field.to_python(value))


def choose(own: Mapping[str, Any], theirs: Mapping[str, Any], chosen: Mapping[str, str]) -> dict[str, Any]:
    """What the survivor says after the merge. Raises Invalid for a field or a side that nobody may choose."""
    said = dict(own)
    for name, side in chosen.items():
        if name not in CHOOSABLE or side not in ("survivor", "retired"):
            raise Invalid("unknown_value", "Choose fields and sides from the list.", field="chosen")
        if side == "retired":
            said |= {column: theirs[column] for column in UNITS[name]}
    for name in _CAREFUL:
        said[name] = min(own[name], theirs[name], key=_SAFER.index)
    said["confidentiality"] = max(own["confidentiality"], theirs["confidentiality"], key=_STRICTER.index)
    said["deceased_date"] = said["deceased_date"] or own["deceased_date"] or theirs["deceased_date"]
    return said


def taken(before: Mapping[str, Any], chosen: Mapping[str, Any]) -> dict[str, str]:
    """Which fields were taken from the retired person."""
    return {
        name: "retired"
        for name in CHOOSABLE
        if any(before[column] != chosen[column] for column in UNITS[name])
    }


def conflicts(levels: Sequence[Level], retired: Mapping[str, Any]) -> list[FieldConflict]:
    """The fields that are no longer as they were chosen; the merge itself is the first level, who stands the last."""
    first = levels[0]
    return [
        FieldConflict(
            name, first.before[name], first.chosen[name], _edited(levels, name)[name], retired[name]
        )
        for name in UNITS
        if any(one.is_edited(name) for one in levels)
    ]


def take_apart(levels: Sequence[Level], retired: Mapping[str, Any], sides: Mapping[str, str]) -> Apart:
    """Give everybody back what they said; `sides` says of each edited field about whom it is."""
    now: list[dict[str, Any]] = []
    chosen: list[dict[str, Any]] = []
    for level in levels:
        # Whom the retired one was merged into says again what they said; whoever stands above took it from them.
        back = choose(level.before, now[-1], taken(level.before, level.chosen)) if now else dict(level.before)
        chosen.append(back)
        stays = {
            column: level.now[column]
            for name, side in sides.items()
            if side != "retired" and level.is_edited(name)
            for column in UNITS[name]
        }
        now.append(back | stays)
    gets = {
        column: value
        for name, side in sides.items()
        if side != "survivor"
        for column, value in _edited(levels, name).items()
    }
    return Apart(now, chosen, dict(retired) | gets)


def _edited(levels: Sequence[Level], unit: str) -> dict[str, Any]:
    """What a field was edited to last."""
    last = next((one for one in reversed(levels) if one.is_edited(unit)), levels[-1])
    return {column: last.now[column] for column in UNITS[unit]}


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, date) else value
