"""What a reviewer types about an emergency access; the rules are the verbs' own."""

from continuity.access.models import EmergencyAccess
from continuity.backoffice.desk_forms import VersionForm
from continuity.backoffice.fields import OneOf, Text

_Review = EmergencyAccess.Review
_NOT = "It was not justified: the requester uses no emergency access until cleared"


class ReviewForm(VersionForm):
    outcome = OneOf(
        "What you find",
        [(_Review.JUSTIFIED, "It was justified"), (_Review.UNJUSTIFIED, _NOT)],
        "Say whether it was justified.",
    )
    note = Text("Why", "Say why, in a sentence or two.", rows=3, max_length=1000)
    referred_to = Text(
        "Referred to, when it was not justified",
        max_length=120,
        help_text="The office for sanctions; an office, not a person.",
    )


class ClearForm(VersionForm):
    note = Text("What the office for sanctions decided", "Say what was decided.", rows=2)


class ToldForm(VersionForm):
    how = Text(
        "How the person was told, or why not",
        "Say how the person was told, or why not.",
        rows=2,
        max_length=200,
    )
