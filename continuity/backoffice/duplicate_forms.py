"""What the desk types about two people who may be one; the rules are the verbs' own."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django import forms

from continuity.backoffice.desk_forms import DeskForm
from continuity.backoffice.fields import WHY, OneOf, Text
from continuity.disclosures.models import IdentityReport
from continuity.people.models import DuplicatePair

_V = DuplicatePair.Verdict
UNKNOWN = "not known"


class ReasonForm(DeskForm):
    """A reason in one sentence, about what the page showed."""

    version = forms.IntegerField(widget=forms.HiddenInput, required=False)
    reason = WHY


class VerdictForm(ReasonForm):
    verdict = OneOf(
        "Are they one person?",
        [
            (_V.SAME, "The same person"),
            (_V.DIFFERENT, "Different people: do not ask again"),
            (_V.NOT_ENOUGH, "Not enough to tell"),
        ],
        "Choose one of the three answers.",
    )
    field_order = ("verdict", "reason", "version")


@dataclass(frozen=True)
class Choice:
    """A field in which the two differ, with what either has as the page may show it."""

    name: str
    label: str
    left: str
    right: str

    @property
    def known(self) -> str:
        """The only side that knows it, to begin with; "" where both do."""
        if UNKNOWN not in (self.left, self.right):
            return ""
        return "right" if self.left == UNKNOWN else "left"


class MergeForm(ReasonForm):
    """Which record stays, and whose word counts where the two differ. The left one is the pair's first."""

    survivor = OneOf(
        "Which record stays? Its name is kept; the other one leads to it.",
        (),
        "Choose the record that stays.",
    )

    def __init__(
        self,
        *args: Any,
        left: tuple[UUID, str],
        right: tuple[UUID, str],
        choices: Sequence[Choice],
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.left, self.right, self.choices = left[0], right[0], choices
        survivor: Any = self.fields["survivor"]
        survivor.choices = [("left", f"Record A: {left[1]}"), ("right", f"Record B: {right[1]}")]
        for one in choices:
            either = [("left", f"A: {one.left}"), ("right", f"B: {one.right}")]
            self.fields[one.name] = OneOf(one.label, either, "Choose whose word counts.", initial=one.known)
        self.order_fields(["survivor", *(one.name for one in choices), "reason", "version"])

    def said(self) -> dict[str, Any]:
        """Survivor and retired by id, and for each field which of the two counts."""
        stays = self.cleaned_data["survivor"]
        survivor, retired = (self.left, self.right) if stays == "left" else (self.right, self.left)
        chosen = {
            one.name: "survivor" if self.cleaned_data[one.name] == stays else "retired"
            for one in self.choices
        }
        return {
            "survivor_id": survivor,
            "retired_id": retired,
            "chosen": chosen,
            "reason": self.cleaned_data["reason"],
        }


class CloseForm(DeskForm):
    """What came of a report."""

    version = forms.IntegerField(widget=forms.HiddenInput, required=False)
    outcome = OneOf(
        "Whose record was it?",
        [(code, str(words).capitalize()) for code, words in IdentityReport.Outcome.choices if code],
        "Say whose record it was, as far as can be told.",
    )
    note = Text("How you know it", "Write down how you know it.", rows=2)
