"""What the desk types about a merge that waits, stands or is taken apart; the rules are the verbs' own."""

from collections.abc import Sequence
from typing import Any

from django import forms

from continuity.backoffice.desk_forms import DeskForm
from continuity.backoffice.duplicate_forms import Choice
from continuity.backoffice.fields import WHY, OneOf


class AskForm(DeskForm):
    """A reason; whether what it is about has moved on, the verb itself says."""

    reason = WHY


class ApproveForm(DeskForm):
    """Nothing but the press of the button, about what the page showed."""

    version = forms.IntegerField(widget=forms.HiddenInput, required=False)


class UnmergeForm(DeskForm):
    """Of each field that was edited since the merge: about whom that is. Nothing is guessed."""

    def __init__(self, *args: Any, conflicts: Sequence[Choice] = (), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for one in conflicts:
            self.fields[one.name] = OneOf(
                f"{one.label} was changed since. About whom is it now?",
                [
                    ("survivor", f"Record A; record B goes back to {one.right}"),
                    ("retired", f"Record B; record A goes back to {one.left}"),
                    ("both", "Both"),
                ],
                "Say about whom it is.",
            )

    def said(self) -> dict[str, Any]:
        return {"keep": dict(self.cleaned_data)}


class SortForm(DeskForm):
    """About whom one record is."""

    about = forms.ChoiceField(
        choices=[("a", "Record A"), ("b", "Record B")],
        error_messages={"required": "Say about whom it is.", "invalid_choice": "Say about whom it is."},
    )

    def said(self) -> dict[str, Any]:
        return {"is_of_retired": self.cleaned_data["about"] == "b"}
