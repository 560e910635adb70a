"""What the desk types about who may see a person; the rules are the verbs' own."""

from typing import Any

from django import forms
from django.utils import timezone

from continuity.access.models import Restriction
from continuity.agencies.models import Agency, Category, Member
from continuity.backoffice.desk_forms import DeskForm, DutyForm
from continuity.backoffice.fields import CODE, WHY, Day, Moment, Named, OneOf, Some, Text
from continuity.backoffice.words import CATEGORIES
from continuity.people.models import Person


class WhyForm(DeskForm):
    reason = WHY


class MaybeWhyForm(DeskForm):
    """A reason that may be left out: nobody has to say why they ask for a restriction."""

    reason = Text("Why, if it is known", rows=2)


class LevelForm(WhyForm):
    level = OneOf(
        "How confidential",
        [
            (Person.Confidentiality.NORMAL, "Normal: whoever has a right to it"),
            (Person.Confidentiality.RESTRICTED, "Restricted: named staff, and your privacy office"),
            (Person.Confidentiality.VERY_RESTRICTED, "Very restricted: named staff of your own agency alone"),
        ],
        "Choose a level.",
    )
    field_order = ("level", "reason")


class NameForm(DutyForm):
    """A colleague from the list, or somebody elsewhere by user name: the county's staff is no list to browse."""

    colleague = Named("Somebody of your agency", Member.objects.none(), empty_label="nobody")
    username = Text("or the user name of somebody elsewhere", max_length=60, attrs=CODE)
    reason = WHY

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        working = Member.objects.filter(
            status=Member.Status.ACTIVE, memberships__agency=self.duty.agency, memberships__ended_at=None
        )
        self.offer("colleague", working.order_by("display_name"))

    def said(self) -> dict[str, Any]:
        return {name: self.cleaned_data[name] for name in ("member_id", "reason")}

    def clean(self) -> dict[str, Any]:
        said = super().clean() or {}
        colleague, username = said.get("colleague"), said.get("username", "")
        if bool(colleague) == bool(username):
            raise forms.ValidationError("Choose somebody from the list, or give one user name.")
        member = colleague or Member.objects.filter(username=username).first()
        if member is None:
            self.add_error("username", "Nobody has this user name.")
        else:
            said["member_id"] = member.pk
        return said


class RequestForm(MaybeWhyForm):
    kind = OneOf(
        "What is asked for",
        [
            (Restriction.Kind.DISCLOSURE, "Keep records back from other agencies"),
            (Restriction.Kind.EMPLOYEE, "The person works for an agency, which is to see nothing of them"),
        ],
        "Choose what is asked for.",
    )
    towards = Named(
        "Which agency",
        Agency.objects.filter(status=Agency.Status.ACTIVE).order_by("name"),
        empty_label="every other agency",
    )
    categories = Some(
        "Which records; none ticked means all", [(code, CATEGORIES[code]) for code in Category.values]
    )
    requested_at = Moment("When the person asked", "Say when the person asked.", initial=timezone.localtime)
    field_order = ("kind", "towards", "categories", "requested_at", "reason")


class DeathForm(DeskForm):
    died_on = Day("Day of death", "Give the day.")
