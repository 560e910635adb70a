"""What a reviewer types about an emergency access; the rules are the verbs' own."""

from django import forms

from continuity.access.models import EmergencyAccess
from continuity.backoffice.desk_forms import DeskForm

_Review = EmergencyAccess.Review


class CaseForm(DeskForm):
    """A verb acts on the case as its page showed it."""

    version = forms.IntegerField(widget=forms.HiddenInput)


class ReviewForm(CaseForm):
    outcome = forms.ChoiceField(
        label="What you find",
        choices=[
            (_Review.JUSTIFIED, "It was justified"),
            (
                _Review.UNJUSTIFIED,
                "It was not justified: the requester uses no emergency access until cleared",
            ),
        ],
        widget=forms.RadioSelect,
        error_messages={"required": "Say whether it was justified."},
    )
    note = forms.CharField(
        max_length=1000,
        label="Why",
        error_messages={"required": "Say why, in a sentence or two."},
        widget=forms.Textarea(attrs={"rows": 3}),
    )
    referred_to = forms.CharField(
        max_length=120,
        required=False,
        label="Referred to, when it was not justified",
        help_text="The office for sanctions; an office, not a person.",
    )


class ClearForm(CaseForm):
    note = forms.CharField(
        max_length=300,
        label="What the office for sanctions decided",
        error_messages={"required": "Say what was decided."},
        widget=forms.Textarea(attrs={"rows": 2}),
    )


class ToldForm(CaseForm):
    how = forms.CharField(
        max_length=200,
        label="How the person was told, or why not",
        error_messages={"required": "Say how the person was told, or why not."},
        widget=forms.Textarea(attrs={"rows": 2}),
    )
