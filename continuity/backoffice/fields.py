"""The fields of the office's forms: what is missing is said in a sentence of ours, and `missing` alone makes it due."""

from typing import Any

from django import forms

from continuity.backoffice.words import named

# Names and codes that no browser should complete, capitalise or correct.
CODE = {"autocomplete": "off", "autocapitalize": "none", "spellcheck": "false"}
_NO_DAY, _NO_MOMENT = "Give a day, as 2027-03-04.", "Give a day and a time."


def _due(missing: str, **wrong: str) -> dict[str, Any]:
    return {"required": bool(missing), "error_messages": wrong | ({"required": missing} if missing else {})}


class Text(forms.CharField):
    """Words of a person in one line, or in `rows` of them."""

    def __init__(
        self, label: str, missing: str = "", *, rows: int = 0, attrs: Any = None, **more: Any
    ) -> None:
        widget = forms.Textarea({"rows": rows}) if rows else forms.TextInput(attrs)
        usual: dict[str, Any] = {"label": label, "max_length": 300, "widget": widget}
        super().__init__(**usual | _due(missing) | more)


WHY = Text("Why, in one sentence", "Say why, in one sentence.", rows=2)


class Username(Text):
    def __init__(self, **more: Any) -> None:
        super().__init__("User name", "Give the user name.", max_length=60, attrs=CODE, **more)


class OneOf(forms.ChoiceField):
    """One answer of a few, all of them seen."""

    def __init__(self, label: str, choices: Any, missing: str, **more: Any) -> None:
        super().__init__(label=label, choices=choices, widget=forms.RadioSelect, **_due(missing) | more)


class Some(forms.MultipleChoiceField):
    """Boxes to tick."""

    def __init__(self, label: str, choices: Any, missing: str = "", **more: Any) -> None:
        super().__init__(
            label=label, choices=choices, widget=forms.CheckboxSelectMultiple, **_due(missing) | more
        )


class DayInput(forms.DateInput):
    input_type = "date"

    def __init__(self) -> None:
        super().__init__(format="%Y-%m-%d")


class MomentInput(forms.DateTimeInput):
    input_type = "datetime-local"

    def __init__(self) -> None:
        super().__init__(format="%Y-%m-%dT%H:%M")


class Day(forms.DateField):
    def __init__(self, label: str, missing: str = "", **more: Any) -> None:
        super().__init__(label=label, widget=DayInput(), **_due(missing, invalid=_NO_DAY) | more)


class Moment(forms.DateTimeField):
    def __init__(self, label: str, missing: str = "Say when.", **more: Any) -> None:
        super().__init__(label=label, widget=MomentInput(), **_due(missing, invalid=_NO_MOMENT) | more)


class Named(forms.ModelChoiceField):  # type: ignore[type-arg]  # the rows are of any model
    """A row by the name that people read; `str` of a row is its id."""

    def __init__(self, label: str, rows: Any, missing: str = "", **more: Any) -> None:
        nothing = {"empty_label": "Choose one" if missing else "none"}
        super().__init__(queryset=rows, label=label, **nothing | _due(missing) | more)

    def label_from_instance(self, obj: Any) -> str:
        return named(obj)


class SomeNamed(forms.ModelMultipleChoiceField):  # type: ignore[type-arg]  # as above
    """The same as boxes to tick; nobody has to."""

    def __init__(self, label: str, rows: Any, **more: Any) -> None:
        super().__init__(
            queryset=rows, label=label, required=False, widget=forms.CheckboxSelectMultiple, **more
        )

    def label_from_instance(self, obj: Any) -> str:
        return named(obj)
