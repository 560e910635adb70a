"""The form of the office: shapes only. The rules are the services' own, so none can be passed by here."""

from collections.abc import Callable
from typing import Any

from django import forms
from django.core.exceptions import NON_FIELD_ERRORS
from django.http import HttpRequest

from continuity.agencies.freshness import require_fresh
from continuity.agencies.models import Membership
from continuity.backoffice.fields import WHY
from continuity.errors import Conflict, DomainError, Incomplete, NotAllowed, NotFound


class DeskForm(forms.Form):
    """Django's form without the browser's own bubbles: errors stand at the field, in our sentences.

    By itself it is nothing but the press of a button.
    """

    use_required_attribute = False
    error_css_class = "has-error"
    template_name = "backoffice/fields.html"
    status = 200  # of the page that shows it
    made: Any = None  # what the verb gave back

    @property
    def has_wrong_fields(self) -> bool:
        """Whether an error stands at a field, and not at the form as a whole."""
        return bool(self.errors.keys() - {NON_FIELD_ERRORS})

    def said(self) -> dict[str, Any]:
        """What was typed, as the verb takes it."""
        return self.cleaned_data

    def refused(self, verb: Callable[[dict[str, Any]], object], *, prove: HttpRequest | None = None) -> bool:
        """Run a verb with what was typed; what it refuses is said at its field.

        With a request to `prove`, whoever sits there proves first who they are. Raises NotFound: there is no page to
        come back to.
        """
        self.status = 400
        if not self.is_valid():
            return True
        if prove is not None:
            require_fresh(prove)
        try:
            self.made = verb(self.said())
        except NotFound:
            raise
        except DomainError as refusal:
            for one in refusal.errors if isinstance(refusal, Incomplete) else [refusal]:
                self.add_error(one.field if one.field in self.fields else None, one.detail)
            self.status = 409 if isinstance(refusal, Conflict | NotAllowed) else 400
            return True
        self.status = 200
        return False


class VersionForm(DeskForm):
    """Acts on the record as its page showed it."""

    version = forms.IntegerField(widget=forms.HiddenInput)


class NoteForm(VersionForm):
    note = WHY


class DutyForm(DeskForm):
    """What may be chosen, or is meant, depends on whose desk it is."""

    def __init__(self, *args: Any, duty: Membership, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.duty = duty

    def offer(self, name: str, rows: Any) -> None:
        """The rows that a field chooses from."""
        field: Any = self.fields[name]
        field.queryset = rows


def typed(request: HttpRequest) -> Any:
    """What was posted, be it nothing; None when the page is only opened."""
    return request.POST if request.method == "POST" else None
