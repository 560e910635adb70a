from datetime import timedelta

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q

from continuity.agencies.models import Agency, Membership
from continuity.crisis import vocabulary as v
from continuity.crisis.models.contact import CrisisContact
from continuity.people.models import AboutPerson, Person

FLAG_LIFETIME = timedelta(days=90)
LONGEST_FLAG_LIFETIME = timedelta(days=180)


class Standing(AboutPerson):
    """Something a responder is told ahead of the next contact; it ages, and expires by the clock (P-6).

    Shown while active and `expires_at` lies ahead: expiry needs no job. Renewing makes a new row that cites a new
    observation and takes the place of the former one.
    """

    class Status(models.TextChoices):
        PROPOSED = "proposed"
        ACTIVE = "active"
        REMOVED = "removed"
        REFUTED = "refuted"
        ENTERED_IN_ERROR = "entered_in_error"

    TRANSITIONS = {
        Status.PROPOSED: {Status.ACTIVE, Status.REMOVED, Status.REFUTED, Status.ENTERED_IN_ERROR},
        Status.ACTIVE: {Status.REMOVED, Status.REFUTED, Status.ENTERED_IN_ERROR},
        Status.REMOVED: {Status.ENTERED_IN_ERROR},
        Status.REFUTED: {Status.ENTERED_IN_ERROR},
        Status.ENTERED_IN_ERROR: set[Status](),
    }

    person = models.ForeignKey(Person, models.PROTECT, related_name="%(class)s_set")
    custodian = models.ForeignKey(Agency, models.PROTECT, related_name="+")
    source_contact = models.ForeignKey(CrisisContact, models.PROTECT, null=True, blank=True, related_name="+")
    basis = models.CharField(max_length=12, choices=v.Basis.choices)
    source_role = models.CharField(max_length=24, help_text="The role of whoever knows it.")
    text = models.CharField(max_length=200, blank=True)
    first_observed_at = models.DateTimeField()
    last_confirmed_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    status = models.CharField(max_length=16, choices=Status.choices, default=Status.PROPOSED)
    status_reason = models.CharField(max_length=200, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)
    renews = models.ForeignKey("self", models.PROTECT, null=True, blank=True, related_name="renewed_by")
    is_part2 = models.BooleanField("holds Part 2 data", default=False)

    class Meta(AboutPerson.Meta):
        abstract = True


class SafetyFlag(Standing):
    """An observation about safety that a responder should know (D1): with age, source and a mandatory end.

    Proposed by a responder, approved by somebody else (5.5). Never a diagnosis, never a label of the person (P-6).
    PII: text. Retention: row kept 3 years after it expired, hidden.
    """

    class Severity(models.TextChoices):
        LOW = "low"
        MODERATE = "moderate"
        HIGH = "high"

    masked = ("text", "status_reason")

    kind = models.CharField(max_length=30, choices=v.SafetyObservation.choices)
    severity = models.CharField(max_length=10, choices=Severity.choices, default=Severity.MODERATE)
    proposed_by = models.ForeignKey(Membership, models.PROTECT, related_name="+")
    approved_by = models.ForeignKey(Membership, models.PROTECT, null=True, related_name="+")

    class Meta:
        indexes = [models.Index(fields=["person"], name="flags_of_a_person", condition=Q(status="active"))]
        constraints = [
            models.CheckConstraint(
                name="a_flag_expires_within_180_days_of_confirmation",
                condition=Q(expires_at__lte=F("last_confirmed_at") + LONGEST_FLAG_LIFETIME),
            ),
            models.CheckConstraint(
                name="an_active_flag_was_approved_by_somebody_else",
                condition=~Q(status="active")
                | Q(approved_by__isnull=False) & ~Q(approved_by=F("proposed_by")),
            ),
        ]


class ResponsePlan(AboutPerson):
    """How to meet this person in a crisis, best written with them; shown while approved and not expired (5.5).

    Written by a clinician, approved by another member. Never holds a diagnosis. PII: strategies, contacts.
    Retention: with the person's contacts.
    """

    class Status(models.TextChoices):
        DRAFT = "draft"
        SUBMITTED = "submitted"
        ACTIVE = "active", "approved"
        SUPERSEDED = "superseded"
        WITHDRAWN = "withdrawn"

    TRANSITIONS = {
        Status.DRAFT: {Status.SUBMITTED, Status.WITHDRAWN},
        Status.SUBMITTED: {Status.DRAFT, Status.ACTIVE, Status.WITHDRAWN},
        Status.ACTIVE: {Status.SUPERSEDED, Status.WITHDRAWN},
        Status.SUPERSEDED: set[Status](),
        Status.WITHDRAWN: set[Status](),
    }

    masked = ("strategies", "triggers", "support_contacts", "baseline", "elevated", "status_reason")

    person = models.ForeignKey(Person, models.PROTECT, related_name="response_plans")
    custodian = models.ForeignKey(Agency, models.PROTECT, related_name="+")
    status = models.CharField(max_length=12, choices=Status.choices, default=Status.DRAFT)
    triggers = ArrayField(models.CharField(max_length=120), default=list, blank=True)
    strategies = ArrayField(models.CharField(max_length=160), default=list, help_text="In the order to try.")
    support_contacts = ArrayField(
        models.CharField(max_length=120), default=list, blank=True, help_text="Each agreed to be called."
    )
    baseline = models.CharField(max_length=200, blank=True)
    elevated = models.CharField(max_length=200, blank=True)
    drafted_with_person = models.BooleanField(default=False)
    author = models.ForeignKey(Membership, models.PROTECT, related_name="+")
    approved_by = models.ForeignKey(Membership, models.PROTECT, null=True, related_name="+")
    submitted_at = models.DateTimeField(null=True, blank=True)
    approved_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)
    status_reason = models.CharField(max_length=200, blank=True)
    expires_at = models.DateTimeField()
    is_part2 = models.BooleanField("holds Part 2 data", default=False)

    class Meta:
        indexes = [models.Index(fields=["person"], name="plans_of_a_person", condition=Q(status="active"))]
        constraints = [
            models.CheckConstraint(
                name="an_approved_plan_was_approved_by_somebody_else",
                condition=~Q(status="active")
                | Q(approved_by__isnull=False, approved_at__isnull=False) & ~Q(approved_by=F("author")),
            ),
            models.CheckConstraint(
                name="an_approved_plan_expires_within_180_days",
                condition=Q(approved_at__isnull=True)
                | Q(expires_at__lte=F("approved_at") + LONGEST_FLAG_LIFETIME),
            ),
            models.UniqueConstraint(
                # Two people who turn out to be one may each have a plan.
                fields=["person", "custodian", "origin"],
                condition=Q(status="active"),
                nulls_distinct=False,
                name="one_approved_plan_of_an_agency_for_a_person",
            ),
        ]


class DeescalationTip(Standing):
    """Something that calms, or that to avoid (D1): shown before any caution.

    Written by a responder or a clinician. PII: text. Retention: as safety flags.
    """

    masked = ("text", "status_reason")

    kind = models.CharField(max_length=30, choices=v.DeescalationKind.choices)
    recorded_by = models.ForeignKey(Membership, models.PROTECT, related_name="+")

    class Meta:
        indexes = [models.Index(fields=["person"], name="tips_of_a_person", condition=Q(status="active"))]
        constraints = [
            models.CheckConstraint(
                name="a_tip_expires_within_180_days_of_confirmation",
                condition=Q(expires_at__lte=F("last_confirmed_at") + LONGEST_FLAG_LIFETIME),
            ),
        ]
