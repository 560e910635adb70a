from datetime import timedelta

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q

from continuity.agencies.models import Agency, Membership
from continuity.crisis import vocabulary as v
from continuity.people.models import Person
from continuity.trail.models import Recorded

FLAG_LIFETIME = timedelta(days=90)
LONGEST_FLAG_LIFETIME = timedelta(days=180)
LONGEST_SUMMARY = 1000


class CrisisContact(Recorded):
    """One contact of a responder with a person in crisis, as its agency recorded it (the minimum set, domain 3.2).

    Written by its author through `crisis.services`; after it is final nothing is edited in place. The header and
    the operational summary are D2; narrative and SUD segment are rows of their own. Never holds session content
    (L-26), a diagnosis, or what CJI systems answered. PII: summary. Retention: 7 years after the last contact.
    """

    class RecordStatus(models.TextChoices):
        DRAFT = "draft"
        FINAL = "final"
        AMENDED = "amended"
        CANCELLED = "cancelled"
        ENTERED_IN_ERROR = "entered_in_error"

    READABLE = (RecordStatus.FINAL, RecordStatus.AMENDED)

    masked = ("operational_summary", "incident_ref")

    custodian = models.ForeignKey(Agency, models.PROTECT, related_name="contacts")
    contact_number = models.CharField(max_length=40)
    author = models.ForeignKey(Membership, models.PROTECT, related_name="+")
    record_status = models.CharField(max_length=16, choices=RecordStatus.choices, default=RecordStatus.DRAFT)
    person = models.ForeignKey(Person, models.PROTECT, null=True, blank=True, related_name="contacts")
    is_minor = models.CharField(
        max_length=14, choices=v.YesNoUnknown.choices, default=v.YesNoUnknown.NOT_ASKED
    )
    occurred_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True)
    recorded_at = models.DateTimeField()
    finalised_at = models.DateTimeField(null=True, blank=True)
    origin = models.CharField(max_length=24, choices=v.Origin.choices)
    modality = models.CharField(max_length=24, choices=v.Modality.choices)
    response_type = ArrayField(models.CharField(max_length=30, choices=v.ResponseType.choices))
    reporter_relationship = models.CharField(
        max_length=24, choices=v.ReporterRelationship.choices, default=v.ReporterRelationship.UNKNOWN
    )
    incident_ref = models.CharField(max_length=40, blank=True)
    jurisdiction = models.CharField(max_length=60, blank=True)
    location_area = models.CharField(max_length=60, blank=True, help_text="A district, never an address.")
    language = models.CharField(max_length=35, blank=True)
    interpreter_used = models.CharField(
        max_length=14, choices=v.YesNoUnknown.choices, default=v.YesNoUnknown.NOT_ASKED
    )
    presenting_issues = ArrayField(models.CharField(max_length=30, choices=v.PresentingIssue.choices))
    risk_level = models.CharField(max_length=20, choices=v.RiskLevel.choices)
    safety_observations = ArrayField(
        models.CharField(max_length=30, choices=v.SafetyObservation.choices), default=list, blank=True
    )
    suicide_screen_tool = models.CharField(max_length=40, blank=True)
    suicide_screen_level = models.CharField(max_length=20, blank=True, help_text="The result level only.")
    substance_involved = models.CharField(
        max_length=14, choices=v.YesNoUnknown.choices, default=v.YesNoUnknown.NOT_ASKED
    )
    veteran_self_reported = models.CharField(
        max_length=14, choices=v.YesNoUnknown.choices, default=v.YesNoUnknown.NOT_ASKED
    )
    housing_status = models.CharField(
        max_length=20, choices=v.HousingStatus.choices, default=v.HousingStatus.NOT_ASKED
    )
    existing_treatment = models.CharField(max_length=20, choices=v.ExistingTreatment.choices)
    hold_status = models.CharField(max_length=24, choices=v.HoldStatus.choices)
    hold_authority = models.CharField(max_length=20, choices=v.HoldAuthority.choices, blank=True)
    transport_mode = models.CharField(
        max_length=20, choices=v.TransportMode.choices, default=v.TransportMode.UNKNOWN
    )
    transport_destination = models.CharField(
        max_length=30, choices=v.TransportDestination.choices, default=v.TransportDestination.UNKNOWN
    )
    disposition_primary = models.CharField(max_length=30, choices=v.Disposition.choices)
    dispositions_other = ArrayField(
        models.CharField(max_length=30, choices=v.Disposition.choices), default=list, blank=True
    )
    le_dispatched = models.CharField(max_length=14, choices=v.YesNoUnknown.choices)
    le_cancelled = models.CharField(
        max_length=14, choices=v.YesNoUnknown.choices, default=v.YesNoUnknown.NOT_ASKED
    )
    use_of_force = models.CharField(
        max_length=14, choices=v.UseOfForce.choices, default=v.UseOfForce.NOT_ASKED
    )
    injuries = models.CharField(max_length=14, choices=v.Injuries.choices, default=v.Injuries.NOT_ASKED)
    diverted_from = ArrayField(models.CharField(max_length=30, choices=v.DivertedFrom.choices))
    referral_offered = models.CharField(max_length=14, choices=v.YesNoUnknown.choices)
    follow_up_required = models.CharField(max_length=14, choices=v.YesNoUnknown.choices)
    operational_summary = models.CharField(max_length=LONGEST_SUMMARY)
    is_part2 = models.BooleanField(
        "holds Part 2 data", default=False, help_text="While undetermined, treat as Part 2 (P-14)."
    )
    sensitivity_labels = ArrayField(models.CharField(max_length=20), default=list, blank=True)
    source_facts = models.JSONField(default=dict, blank=True, help_text="Facts of the file it came from.")

    class Meta:
        indexes = [
            models.Index(fields=["person", "-occurred_at"], name="contacts_of_a_person_by_time"),
            models.Index(fields=["custodian", "-occurred_at"], name="contacts_of_an_agency_by_time"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["custodian", "contact_number"], name="contact_numbers_are_unique_in_an_agency"
            ),
            models.CheckConstraint(
                name="a_readable_contact_was_finalised",
                condition=Q(record_status__in=["draft", "cancelled"]) | Q(finalised_at__isnull=False),
            ),
            models.CheckConstraint(
                name="a_contact_has_an_issue_and_a_response",
                condition=Q(presenting_issues__len__gt=0, response_type__len__gt=0, diverted_from__len__gt=0),
            ),
            models.CheckConstraint(
                name="a_contact_ends_after_it_began",
                condition=Q(ended_at__isnull=True) | Q(ended_at__gte=F("occurred_at")),
            ),
        ]


class ClinicalNarrative(Recorded):
    """What a clinician wrote for clinicians (D3), apart from the contact so that it has its own permission.

    Written by the contact's author. Never holds psychotherapy or SUD counselling notes (L-26); never reaches law
    enforcement. PII: clinical text. Retention: with the contact.
    """

    masked = ("text",)

    contact = models.OneToOneField(CrisisContact, models.PROTECT, related_name="narrative")
    text = models.TextField(help_text="No session content.")


class SudSegment(Recorded):
    """Substance-use information of a contact (D4), apart so that Part 2 can be kept (s2.12).

    Written by the contact's author. Never reaches law enforcement. PII: SUD text. Retention: with the contact.
    """

    masked = ("text",)

    contact = models.OneToOneField(CrisisContact, models.PROTECT, related_name="sud_segment")
    text = models.TextField()
    part2_source = models.CharField(
        max_length=120, blank=True, help_text="The programme it came from, if any."
    )


class Standing(Recorded):
    """Something a responder is told ahead of the next contact; it ages, and expires by the clock (P-6).

    Shown while active and `expires_at` lies ahead: expiry needs no job.
    """

    class Status(models.TextChoices):
        PROPOSED = "proposed"
        ACTIVE = "active"
        REMOVED = "removed"
        REFUTED = "refuted"
        ENTERED_IN_ERROR = "entered_in_error"

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
    is_part2 = models.BooleanField("holds Part 2 data", default=False)

    class Meta(Recorded.Meta):
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

    masked = ("text",)

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


class ResponsePlan(Recorded):
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

    masked = ("strategies", "triggers", "support_contacts", "baseline", "elevated")

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
    approved_at = models.DateTimeField(null=True, blank=True)
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
                fields=["person", "custodian"],
                condition=Q(status="active"),
                name="one_approved_plan_of_an_agency_for_a_person",
            ),
        ]


class DeescalationTip(Standing):
    """Something that calms, or that to avoid (D1): shown before any caution.

    Written by a responder or a clinician. PII: text. Retention: as safety flags.
    """

    masked = ("text",)

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
