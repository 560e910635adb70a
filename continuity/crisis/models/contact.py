from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q

from continuity.agencies.models import Agency, Membership
from continuity.crisis import vocabulary as v
from continuity.crisis.models.episode import Episode
from continuity.people.models import AboutPerson, Person
from continuity.sealing import SealedTextField
from continuity.trail.models import Recorded

LONGEST_SUMMARY = 1000


class CrisisContact(AboutPerson):
    """One contact of a responder with a person in crisis, as its agency recorded it (the minimum set, domain 3.2).

    Written by its author; a draft may have gaps, a final contact has none, and after that it is amended, never edited.
    Each agency of a joint call writes its own. Header and operational summary are D2; narrative and SUD segment are
    rows of their own. Never holds session content (L-26), a diagnosis, or what CJI systems answered. PII: summary.
    Retention: 7 years after the last contact; a draft that nobody finished is cancelled after 30 days.
    """

    class RecordStatus(models.TextChoices):
        DRAFT = "draft"
        FINAL = "final"
        AMENDED = "amended"
        CANCELLED = "cancelled"
        ENTERED_IN_ERROR = "entered_in_error"

    READABLE = (RecordStatus.FINAL, RecordStatus.AMENDED)
    TRANSITIONS = {
        RecordStatus.DRAFT: {RecordStatus.FINAL, RecordStatus.CANCELLED},
        RecordStatus.FINAL: {RecordStatus.AMENDED, RecordStatus.ENTERED_IN_ERROR},
        RecordStatus.AMENDED: {RecordStatus.AMENDED, RecordStatus.ENTERED_IN_ERROR},
        RecordStatus.CANCELLED: set[RecordStatus](),
        RecordStatus.ENTERED_IN_ERROR: set[RecordStatus](),
    }
    # What a draft may leave open and a final contact may not (domain 3.2); lists are open when they are empty.
    REQUIRED = (
        "origin", "modality", "response_type", "presenting_issues", "risk_level", "existing_treatment", "hold_status",
        "disposition_primary", "le_dispatched", "diverted_from", "referral_offered", "follow_up_required",
        "operational_summary",
    )  # fmt: skip

    masked = ("operational_summary", "incident_ref", "status_reason")

    custodian = models.ForeignKey(Agency, models.PROTECT, related_name="contacts")
    contact_number = models.CharField(max_length=40)
    author = models.ForeignKey(Membership, models.PROTECT, related_name="+")
    record_status = models.CharField(max_length=16, choices=RecordStatus.choices, default=RecordStatus.DRAFT)
    status_reason = models.CharField(
        max_length=200, blank=True, help_text="Why it was cancelled or entered in error."
    )
    episode = models.ForeignKey(Episode, models.PROTECT, null=True, blank=True, related_name="contacts")
    person = models.ForeignKey(Person, models.PROTECT, null=True, blank=True, related_name="contacts")
    recorded_for = models.ForeignKey(
        Person, models.PROTECT, null=True, editable=False, related_name="+", db_column="origin_id"
    )
    claimed_at = models.DateTimeField(
        null=True, blank=True, help_text="When an anonymous contact got its person."
    )
    is_minor = models.CharField(
        max_length=14, choices=v.YesNoUnknown.choices, default=v.YesNoUnknown.NOT_ASKED
    )
    occurred_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True)
    recorded_at = models.DateTimeField()
    finalised_at = models.DateTimeField(null=True, blank=True)
    # Of the call; whom it was recorded for, which other records about a person call so, is `recorded_for`.
    origin = models.CharField(  # type: ignore[assignment]  # in place of the base's foreign key
        max_length=24, choices=v.Origin.choices, blank=True
    )
    modality = models.CharField(max_length=24, choices=v.Modality.choices, blank=True)
    response_type = ArrayField(
        models.CharField(max_length=30, choices=v.ResponseType.choices), default=list, blank=True
    )
    reporter_relationship = models.CharField(
        max_length=24, choices=v.ReporterRelationship.choices, default=v.ReporterRelationship.UNKNOWN
    )
    call_type = models.CharField(max_length=30, choices=v.CallType.choices, blank=True)
    incident_ref = models.CharField(max_length=40, blank=True)
    jurisdiction = models.CharField(max_length=60, blank=True)
    location_area = models.CharField(max_length=60, blank=True, help_text="A district, never an address.")
    language = models.CharField(max_length=35, blank=True)
    interpreter_used = models.CharField(
        max_length=14, choices=v.YesNoUnknown.choices, default=v.YesNoUnknown.NOT_ASKED
    )
    presenting_issues = ArrayField(
        models.CharField(max_length=30, choices=v.PresentingIssue.choices), default=list, blank=True
    )
    risk_level = models.CharField(max_length=20, choices=v.RiskLevel.choices, blank=True)
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
    existing_treatment = models.CharField(max_length=20, choices=v.ExistingTreatment.choices, blank=True)
    hold_status = models.CharField(max_length=24, choices=v.HoldStatus.choices, blank=True)
    hold_authority = models.CharField(max_length=20, choices=v.HoldAuthority.choices, blank=True)
    transport_mode = models.CharField(
        max_length=20, choices=v.TransportMode.choices, default=v.TransportMode.UNKNOWN
    )
    transport_destination = models.CharField(
        max_length=30, choices=v.TransportDestination.choices, default=v.TransportDestination.UNKNOWN
    )
    disposition_primary = models.CharField(max_length=30, choices=v.Disposition.choices, blank=True)
    dispositions_other = ArrayField(
        models.CharField(max_length=30, choices=v.Disposition.choices), default=list, blank=True
    )
    le_dispatched = models.CharField(max_length=14, choices=v.YesNoUnknown.choices, blank=True)
    le_cancelled = models.CharField(
        max_length=14, choices=v.YesNoUnknown.choices, default=v.YesNoUnknown.NOT_ASKED
    )
    use_of_force = models.CharField(
        max_length=14, choices=v.UseOfForce.choices, default=v.UseOfForce.NOT_ASKED
    )
    injuries = models.CharField(max_length=14, choices=v.Injuries.choices, default=v.Injuries.NOT_ASKED)
    diverted_from = ArrayField(
        models.CharField(max_length=30, choices=v.DivertedFrom.choices), default=list, blank=True
    )
    referral_offered = models.CharField(max_length=14, choices=v.YesNoUnknown.choices, blank=True)
    follow_up_required = models.CharField(max_length=14, choices=v.YesNoUnknown.choices, blank=True)
    operational_summary = models.CharField(max_length=LONGEST_SUMMARY, blank=True)
    is_part2 = models.BooleanField(
        "holds Part 2 data", default=False, help_text="While undetermined, treat as Part 2 (P-14)."
    )
    sensitivity_labels = ArrayField(models.CharField(max_length=20), default=list, blank=True)
    source_facts = models.JSONField(default=dict, blank=True, help_text="Facts of the file it came from.")

    class Meta:
        indexes = [
            models.Index(fields=["person", "-occurred_at"], name="contacts_of_a_person_by_time"),
            models.Index(fields=["custodian", "-occurred_at"], name="contacts_of_an_agency_by_time"),
            models.Index(
                fields=["custodian", "author"], name="drafts_of_an_author", condition=Q(record_status="draft")
            ),
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
                name="a_readable_contact_answers_what_is_asked",
                condition=Q(record_status__in=["draft", "cancelled"])
                | Q(
                    presenting_issues__len__gt=0,
                    response_type__len__gt=0,
                    diverted_from__len__gt=0,
                )
                & ~Q(origin="")
                & ~Q(modality="")
                & ~Q(risk_level="")
                & ~Q(existing_treatment="")
                & ~Q(hold_status="")
                & ~Q(disposition_primary="")
                & ~Q(le_dispatched="")
                & ~Q(referral_offered="")
                & ~Q(follow_up_required="")
                & ~Q(operational_summary=""),
            ),
            models.CheckConstraint(
                name="a_contact_ends_after_it_began",
                condition=Q(ended_at__isnull=True) | Q(ended_at__gte=F("occurred_at")),
            ),
        ]

    def gaps(self) -> tuple[str, ...]:
        """The required fields that are still open, in the order of the form."""
        return tuple(name for name in self.REQUIRED if not getattr(self, name))


class ClinicalNarrative(Recorded):
    """What a clinician wrote for clinicians (D3), apart from the contact so that it has its own permission.

    Written by the contact's author. Never holds psychotherapy or SUD counselling notes (L-26); never reaches law
    enforcement. PII: clinical text. Retention: with the contact.
    """

    masked = ("text",)

    contact = models.OneToOneField(CrisisContact, models.PROTECT, related_name="narrative")
    text = SealedTextField(help_text="No session content.")


class SudSegment(Recorded):
    """Substance-use information of a contact (D4), apart so that Part 2 can be kept (s2.12).

    Written by the contact's author. Never reaches law enforcement. PII: SUD text. Retention: with the contact.
    """

    masked = ("text", "part2_source")

    contact = models.OneToOneField(CrisisContact, models.PROTECT, related_name="sud_segment")
    text = SealedTextField()
    part2_source = SealedTextField(
        max_length=120, blank=True, help_text="The programme it came from, if any."
    )
