"""What privacy officers and auditors type to search the ledger and to review use: shapes only."""

from datetime import datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django import forms

from continuity.agencies.models import Agency, Membership
from continuity.backoffice.desk_forms import DeskForm
from continuity.backoffice.fields import Day, OneOf, Text
from continuity.disclosures.ledger_rows import OUTCOMES, LedgerSearch
from continuity.disclosures.models import UseFinding

USUAL = timedelta(days=7)
LONGEST = timedelta(days=31)  # without a person or a member the whole of the ledger would be searched


class LedgerForm(DeskForm):
    """A search by ids and codes: an address may hold it."""

    person = forms.UUIDField(
        required=False,
        label="Id of the person",
        error_messages={"invalid": "An id looks like 0b9c...-...: copy it from the page of the person."},
    )
    member = forms.ChoiceField(required=False, label="Member")
    since = Day("From")
    until = Day("To")
    outcome = forms.ChoiceField(required=False, label="What came of it")
    finding = forms.UUIDField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, agency: Agency, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.agency = agency
        works = Membership.objects.filter(agency=agency).select_related("member")
        names = works.order_by("member__display_name").values_list("pk", "member__display_name")
        members = [("", "Anybody"), *((str(pk), name) for pk, name in names)]
        outcomes = [("", "Anything"), *((code, words) for code, (words, _) in OUTCOMES.items())]
        self.fields["member"].choices = members  # type: ignore[attr-defined]  # a choice field by its class
        self.fields["outcome"].choices = outcomes  # type: ignore[attr-defined]  # as above

    def clean(self) -> dict[str, Any]:
        said = super().clean() or {}
        since, until = said.get("since"), said.get("until")
        if since and until and until < since:
            self.add_error("until", "The last day is before the first one.")
        elif since and not self._is_narrow() and (until is None or until - since > LONGEST):
            self.add_error("since", "Without a person or a member, give both ends of at most 31 days.")
        return said

    def _is_narrow(self) -> bool:
        return any(self.cleaned_data.get(one) for one in ("person", "member", "finding"))

    def search(self, at: datetime) -> LedgerSearch:
        """What to look for; the last seven days when nothing says otherwise."""
        said, zone = self.cleaned_data, ZoneInfo(self.agency.timezone)
        since, until = (
            datetime.combine(day, time(), tzinfo=zone) if day else None
            for day in (said["since"], said["until"])
        )
        if since is None and not self._is_narrow():
            since = (until or at) - USUAL
        return LedgerSearch(
            from_at=since,
            until_at=until + timedelta(days=1) if until else None,
            person_id=said["person"],
            asker_id=said["member"] or None,
            outcome=said["outcome"],
            finding_id=said["finding"],
        )


class ReviewForm(DeskForm):
    verdict = OneOf(
        "What it was",
        [
            (UseFinding.Verdict.EXPLAINED, "Explained: there was a reason"),
            (UseFinding.Verdict.REFERRED, "Referred to whoever deals with misuse"),
        ],
        "Choose whether it is explained or referred.",
    )
    note = Text("What you found, in one sentence", "Say in one sentence what you found.", rows=2)
