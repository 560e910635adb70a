from datetime import datetime
from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q

from continuity.agencies.models import Agency, Category, Member, Membership
from continuity.people.models import AboutPerson, Person
from continuity.sealing import SealedBinaryField
from continuity.trail.models import Recorded


class EmergencyAccess(AboutPerson):
    """One use of, or request for, access in an emergency: a clinician's override or a responder's request (5.11).

    Written by `access.emergencies`. An override is self-attested and opens at once; a request waits for a clinician,
    who answers for the own agency's records alone (L-5), in `EmergencyAnswer`. `person` is empty when nobody was
    certain under what was typed: the asker is not told, and the rest goes on alike (P-3). Carries what 42 CFR 2.51(c)
    wants documented. Never holds what was shown. PII: person id; what was typed, sealed. Retention: 7 years.
    """

    class Kind(models.TextChoices):
        OVERRIDE = "clinician_override", "a clinician's override"
        REQUEST = "le_emergency_request", "a responder's request"

    class Reason(models.TextChoices):
        SELF_HARM = "imminent_self_harm", "imminent harm to self"
        HARM_OTHERS = "imminent_harm_others", "imminent harm to others"
        MEDICAL = "medical_emergency", "medical emergency"
        MISSING = "missing_at_risk", "missing and at risk"
        WELFARE = "welfare_unable_to_consent", "welfare check, unable to consent"

    class State(models.TextChoices):
        REQUESTED = "requested", "requested"
        RELEASED = "released", "released"
        DENIED = "denied", "denied"
        TIMED_OUT = "timed_out", "nobody answered in time"
        CANCELLED = "cancelled", "cancelled"
        ENDED = "ended", "ended"

    class Review(models.TextChoices):
        NONE = "", "not due"
        PENDING = "review_pending", "waits for review"
        JUSTIFIED = "justified", "justified"
        UNJUSTIFIED = "unjustified", "not justified"

    TRANSITIONS: ClassVar = {
        State.REQUESTED: frozenset({State.RELEASED, State.DENIED, State.TIMED_OUT, State.CANCELLED}),
        State.RELEASED: frozenset({State.ENDED}),
    }

    masked = ("reason", "nature", "review_note", "cleared_note", "person_told_how")
    unrecorded = ("described",)

    kind = models.CharField(max_length=24, choices=Kind.choices)
    state = models.CharField(max_length=9, choices=State.choices, default=State.REQUESTED)
    person = models.ForeignKey(Person, models.PROTECT, null=True, related_name="+")
    described = SealedBinaryField(help_text="What was typed to mean the person, as JSON.")
    requester = models.ForeignKey(Membership, models.PROTECT, related_name="+")
    agency = models.ForeignKey(
        Agency, models.PROTECT, related_name="+", help_text="The requester's duty agency."
    )
    asked_agencies = models.ManyToManyField(
        Agency, related_name="+", help_text="Whose clinicians may answer."
    )
    incident_ref = models.CharField(max_length=40)
    reason_code = models.CharField(max_length=26, choices=Reason.choices)
    reason = models.CharField(max_length=1000, help_text="In own words, 20 characters at least.")
    nature = models.CharField("nature of the emergency", max_length=300)
    recipient_name = models.CharField(max_length=120, help_text="Who will use what is released (2.51(c)).")
    recipient_facility = models.CharField(max_length=120)
    categories = ArrayField(models.CharField(max_length=2, choices=Category.choices), default=list)
    requested_at = models.DateTimeField()
    answer_by = models.DateTimeField(null=True, help_text="A request times out then.")
    starts_at = models.DateTimeField(null=True)
    ends_at = models.DateTimeField(null=True, help_text="The end of the time box.")
    ended_at = models.DateTimeField(null=True, help_text="When it was over: by the clock, or by hand.")
    review = models.CharField(max_length=14, choices=Review.choices, default=Review.NONE, blank=True)
    reviewing_agency = models.ForeignKey(Agency, models.PROTECT, null=True, related_name="+")
    review_due_at = models.DateTimeField(null=True)
    reviewed_by = models.ForeignKey(Membership, models.PROTECT, null=True, related_name="+")
    reviewed_at = models.DateTimeField(null=True)
    review_note = models.CharField(max_length=1000, blank=True)
    sanction_referred_to = models.CharField(max_length=120, blank=True, help_text="An office, not a person.")
    cleared_at = models.DateTimeField(
        null=True, help_text="When that office let the requester use emergency access again."
    )
    cleared_by = models.ForeignKey(Membership, models.PROTECT, null=True, related_name="+")
    cleared_note = models.CharField(max_length=300, blank=True)
    person_told_at = models.DateTimeField(null=True)
    person_told_how = models.CharField(max_length=200, blank=True, help_text="Or why they were not told.")

    class Meta:
        verbose_name_plural = "emergency accesses"
        indexes = [
            models.Index(
                fields=["person", "requester"],
                name="open_emergencies_of_a_person",
                condition=Q(state="released"),
            ),
            models.Index(fields=["reviewing_agency", "review_due_at"], name="emergencies_to_review"),
            models.Index(fields=["requester", "-requested_at"], name="emergencies_of_a_requester"),
        ]
        constraints = [
            models.CheckConstraint(
                name="an_open_emergency_has_a_time_box",
                condition=~Q(state__in=["released", "ended"])
                | Q(starts_at__isnull=False, ends_at__gt=F("starts_at")),
            ),
            models.CheckConstraint(
                name="an_emergency_is_not_reviewed_by_its_requester",
                condition=Q(reviewed_by__isnull=True) | ~Q(reviewed_by=F("requester")),
            ),
            models.CheckConstraint(
                name="a_requester_does_not_clear_themself",
                condition=Q(cleared_by__isnull=True) | ~Q(cleared_by=F("requester")),
            ),
            models.CheckConstraint(
                name="an_unjustified_emergency_is_referred",
                condition=~Q(review="unjustified") | ~Q(sanction_referred_to=""),
            ),
        ]

    def state_at(self, at: datetime) -> "EmergencyAccess.State":
        """How it stands by the clock: a time-out and the end of the time box wait for no worker."""
        if self.state == self.State.REQUESTED and self.answer_by is not None and self.answer_by <= at:
            return self.State.TIMED_OUT
        if self.state == self.State.RELEASED and self.ends_at is not None and self.ends_at <= at:
            return self.State.ENDED
        return self.State(self.state)

    def is_open(self, at: datetime) -> bool:
        """Whether it opens anything at `at`: the clock ends it, whatever the state still says."""
        return (
            self.state == self.State.RELEASED
            and self.starts_at is not None
            and self.ends_at is not None
            and self.starts_at <= at < self.ends_at
        )


class EmergencyAnswer(Recorded):
    """What one agency's clinician answered to a responder's request: which of the own agency's records, or none.

    Written once by `access.emergencies`. PII: perhaps the note. Retention: with the request.
    """

    masked = ("note",)

    emergency = models.ForeignKey(EmergencyAccess, models.PROTECT, related_name="answers")
    agency = models.ForeignKey(Agency, models.PROTECT, related_name="+")
    answered_by = models.ForeignKey(Membership, models.PROTECT, related_name="+")
    answered_at = models.DateTimeField()
    is_released = models.BooleanField()
    categories = ArrayField(models.CharField(max_length=2, choices=Category.choices), default=list)
    note = models.CharField(max_length=300, blank=True, help_text="For the review; the asker never reads it.")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["emergency", "agency"], name="an_agency_answers_an_emergency_once"
            ),
            models.CheckConstraint(
                name="a_released_emergency_is_safety_data",
                condition=Q(categories__contained_by=["D0", "D1", "D2"])
                & (Q(is_released=True, categories__contains=["D1"]) | Q(is_released=False, categories=[])),
            ),
        ]


class Restriction(AboutPerson):
    """That a custodian keeps something of a person back, whatever would open it: it only narrows (164.522, P-16).

    `disclosure`: the custodian's records in these categories (none: all) stay with it, or away from `towards` alone.
    `employee`: the person works for `towards`, whose members see nothing about them, the own agency's records
    included (P-28). Written by `access.restrictions`. PII: that it exists. Retention: 7 years after its end.
    """

    class Kind(models.TextChoices):
        DISCLOSURE = "disclosure", "agreed restriction of disclosures"
        EMPLOYEE = "employee", "the person works there"

    class State(models.TextChoices):
        REQUESTED = "requested", "requested"
        AGREED = "agreed", "agreed"
        DECLINED = "declined", "declined"
        ENDED = "ended", "ended"

    TRANSITIONS: ClassVar = {
        State.REQUESTED: frozenset({State.AGREED, State.DECLINED}),
        State.AGREED: frozenset({State.ENDED}),
    }

    masked = ("reason", "decided_reason", "ended_reason")

    person = models.ForeignKey(Person, models.PROTECT, related_name="restrictions")
    agency = models.ForeignKey(
        Agency, models.PROTECT, related_name="+", help_text="The custodian that decides."
    )
    kind = models.CharField(max_length=10, choices=Kind.choices)
    state = models.CharField(max_length=9, choices=State.choices, default=State.REQUESTED)
    categories = ArrayField(
        models.CharField(max_length=2, choices=Category.choices),
        default=list,
        blank=True,
        help_text="Empty: all.",
    )
    towards = models.ForeignKey(Agency, models.PROTECT, null=True, blank=True, related_name="+")
    reason = models.CharField(max_length=300, blank=True)
    requested_at = models.DateTimeField()
    recorded_by = models.ForeignKey(Membership, models.PROTECT, related_name="+")
    decided_at = models.DateTimeField(null=True)
    decided_by = models.ForeignKey(Membership, models.PROTECT, null=True, related_name="+")
    decided_reason = models.CharField(max_length=300, blank=True)
    ended_at = models.DateTimeField(null=True)
    ended_reason = models.CharField(max_length=300, blank=True)

    class Meta:
        indexes = [
            models.Index(fields=["person"], name="agreed_restrictions", condition=Q(state="agreed")),
        ]
        constraints = [
            models.CheckConstraint(
                name="an_employee_is_shielded_from_an_employer",
                condition=~Q(kind="employee") | Q(towards__isnull=False),
            ),
        ]


class ConfidentialityDecision(AboutPerson):
    """What a privacy office said once of who may see a person at all: how confidential, or a member named or removed.

    An agency's newest decision on the level is its standing wish, and the person's level is the strictest wish of all:
    no office lowers what another one wants (6.4). Written once by `access.restrictions`, never changed; the grant that
    the gate reads is made with it. PII: that it exists, and why. Retention: with the person's records.
    """

    class Kind(models.TextChoices):
        LEVEL = "level", "level set"
        NAMED = "named", "member named"
        REMOVED = "removed", "member removed"

    masked = ("reason",)

    person = models.ForeignKey(Person, models.PROTECT, related_name="confidentiality_decisions")
    agency = models.ForeignKey(
        Agency, models.PROTECT, related_name="+", help_text="Whose privacy office said it."
    )
    kind = models.CharField(max_length=7, choices=Kind.choices)
    level = models.CharField(max_length=16, choices=Person.Confidentiality.choices, blank=True)
    member = models.ForeignKey(Member, models.PROTECT, null=True, related_name="+")
    reason = models.CharField(max_length=300)
    decided_at = models.DateTimeField()
    decided_by = models.ForeignKey(Membership, models.PROTECT, related_name="+")

    class Meta:
        indexes = [models.Index(fields=["person"], name="confidentiality_of_a_person")]
        constraints = [
            models.CheckConstraint(
                name="a_confidentiality_decision_is_about_a_level_or_a_member",
                condition=(Q(kind="level", member__isnull=True) & ~Q(level=""))
                | Q(kind__in=["named", "removed"], level="", member__isnull=False),
            ),
        ]
