from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q

from continuity.agencies.models import Agency, Membership
from continuity.people.models import DuplicatePair, Person
from continuity.trail.models import Recorded


class Merge(Recorded):
    """That two people of the index are one: who asked, who approved, what was chosen, and how it is taken back (P-5).

    `chosen` are the values that the survivor takes field by field, `before` the survivor's own, both as JSON of
    columns of Person. `carried` are people who had been merged into the retired one. Written by `disclosures.merges`
    and `disclosures.unmerges`. PII: `chosen` and `before`. Retention: 7 years.
    """

    class State(models.TextChoices):
        REQUESTED = "requested", "waits for a second person"
        REFUSED = "refused", "refused"
        WITHDRAWN = "withdrawn", "withdrawn"
        MERGED = "merged", "merged"
        UNMERGE_REQUESTED = "unmerge_requested", "to be taken apart"
        UNMERGED = "unmerged", "taken apart"

    masked = ("chosen", "before")
    unrecorded = ("carried",)  # a list of ids, which the history cannot hold

    survivor = models.ForeignKey(Person, models.PROTECT, related_name="+")
    retired = models.ForeignKey(Person, models.PROTECT, related_name="+")
    pair = models.ForeignKey(DuplicatePair, models.PROTECT, null=True, related_name="+")
    state = models.CharField(max_length=17, choices=State.choices, default=State.REQUESTED)
    chosen = models.JSONField(default=dict)
    before = models.JSONField(default=dict)
    carried = ArrayField(models.UUIDField(), default=list)
    reason = models.CharField(max_length=300, help_text="Why the two are one person.")
    requested_by = models.ForeignKey(Membership, models.PROTECT, related_name="+")
    requested_at = models.DateTimeField()
    decided_by = models.ForeignKey(Membership, models.PROTECT, null=True, related_name="+")
    decided_at = models.DateTimeField(null=True, help_text="Approved, refused or withdrawn.")
    decision_reason = models.CharField(max_length=300, blank=True)
    unmerge_reason = models.CharField(max_length=300, blank=True)
    unmerge_requested_by = models.ForeignKey(Membership, models.PROTECT, null=True, related_name="+")
    unmerge_requested_at = models.DateTimeField(null=True)
    unmerged_by = models.ForeignKey(Membership, models.PROTECT, null=True, related_name="+")
    unmerged_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="nobody_is_merged_with_themselves", condition=~Q(survivor=F("retired"))
            ),
            models.CheckConstraint(
                name="a_merge_takes_two",
                condition=Q(state__in=["requested", "refused", "withdrawn"])
                | Q(decided_by__isnull=False, decided_at__isnull=False) & ~Q(decided_by=F("requested_by")),
            ),
            models.CheckConstraint(
                name="an_unmerge_takes_two",
                condition=~Q(state="unmerged")
                | Q(unmerged_by__isnull=False, unmerged_at__isnull=False)
                & ~Q(unmerged_by=F("unmerge_requested_by")),
            ),
            models.UniqueConstraint(
                fields=["retired"],
                condition=Q(state__in=["requested", "merged", "unmerge_requested"]),
                name="a_person_is_retired_once",
            ),
        ]


class MergeReview(Recorded):
    """That a custodian looked at its consents and links of a merged person, and lets them reach the whole person.

    Until then what was decided before the merge opens only the records of the person it was decided about.
    Written by `disclosures.merges`. PII: none. Retention: with the merge.
    """

    merge = models.ForeignKey(Merge, models.PROTECT, related_name="reviews")
    agency = models.ForeignKey(Agency, models.PROTECT, related_name="+")
    reviewed_by = models.ForeignKey(Membership, models.PROTECT, related_name="+")
    reviewed_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["merge", "agency"], name="a_merge_is_reviewed_once_by_an_agency")
        ]


class UnmergeChoice(Recorded):
    """One record written while two people were one: about whom it is, decided by its custodian, never guessed.

    Made by `disclosures.unmerges` when an unmerge is asked for. PII: none. Retention: with the merge.
    """

    merge = models.ForeignKey(Merge, models.PROTECT, related_name="choices")
    agency = models.ForeignKey(
        Agency, models.PROTECT, related_name="+", help_text="The custodian, who decides."
    )
    table = models.CharField(max_length=60)
    row = models.UUIDField()
    is_of_retired = models.BooleanField(null=True, help_text="None: not decided yet.")
    decided_by = models.ForeignKey(Membership, models.PROTECT, null=True, related_name="+")
    decided_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["merge", "table", "row"], name="a_row_is_sorted_once"),
            models.CheckConstraint(
                name="a_choice_says_who_decided",
                condition=Q(is_of_retired=None, decided_by=None, decided_at=None)
                | Q(is_of_retired__isnull=False, decided_by__isnull=False, decided_at__isnull=False),
            ),
        ]


class IdentityReport(Recorded):
    """Somebody who was shown a record says that it is another person's ("not this person", P-5).

    Names the ledger row of what they saw. Written by `disclosures.identity_reports`. PII: free text.
    Retention: 7 years.
    """

    class Outcome(models.TextChoices):
        OPEN = "", "to be looked at"
        WRONG_PERSON = "wrong_person", "another person's record"
        RIGHT_PERSON = "right_person", "the right person's record"
        UNCLEAR = "unclear", "cannot be told"

    masked = ("said", "note")

    person = models.ForeignKey(Person, models.PROTECT, related_name="+")
    ledger_id = models.UUIDField(unique=True, help_text="One report of one answer.")
    reported_by = models.ForeignKey(Membership, models.PROTECT, related_name="+")
    reported_at = models.DateTimeField()
    said = models.CharField(max_length=300, blank=True)
    outcome = models.CharField(max_length=12, choices=Outcome.choices, default=Outcome.OPEN, blank=True)
    closed_by = models.ForeignKey(Membership, models.PROTECT, null=True, related_name="+")
    closed_at = models.DateTimeField(null=True)
    note = models.CharField(max_length=300, blank=True)

    class Meta:
        indexes = [models.Index(fields=["reported_at"], name="reports_to_look_at", condition=Q(outcome=""))]
        constraints = [
            models.CheckConstraint(
                name="a_closed_report_says_by_whom",
                condition=Q(outcome="", closed_by=None, closed_at=None)
                | Q(closed_by__isnull=False, closed_at__isnull=False) & ~Q(outcome=""),
            ),
        ]
