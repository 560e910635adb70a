from datetime import datetime, timedelta
from typing import ClassVar

from django.db import models
from django.db.models import Q
from guardian.models import GroupObjectPermissionBase

from continuity.agencies.models import Agency, Membership, Team
from continuity.crisis.models import CrisisContact
from continuity.people.models import AboutPerson, Person
from continuity.sealing import SealedTextField
from continuity.trail.models import Recorded


class ProgramKind(models.TextChoices):
    OUTPATIENT_MH = "outpatient_mh"
    PSYCHIATRY = "psychiatry"
    CRISIS = "crisis"
    CASE_MANAGEMENT = "case_management"
    SUD_OUTPATIENT = "sud_outpatient"
    FULL_SERVICE_PARTNERSHIP = "full_service_partnership"
    PEER_SUPPORT = "peer_support"
    OTHER = "other"


class TreatmentTeamLink(AboutPerson):
    """That a team treats the person and which duty line reaches it (D5). Its own existence is confidential.

    Proposed by anybody in care, confirmed by the provider, unverified when nobody confirmed it for 90 days (5.8). Never
    holds a personal mobile number.
    PII: that the person is in care. Retention: with the person's records.
    """

    class Status(models.TextChoices):
        PROPOSED = "proposed"
        ACTIVE = "active"
        SUSPENDED = "suspended"
        INACTIVE = "inactive"
        ENTERED_IN_ERROR = "entered_in_error"

    masked = ("status_reason",)

    # No status escapes its table; terminal states lead nowhere.
    TRANSITIONS: ClassVar[dict[Status, set[Status]]] = {
        Status.PROPOSED: {Status.ACTIVE, Status.INACTIVE, Status.ENTERED_IN_ERROR},
        Status.ACTIVE: {Status.SUSPENDED, Status.INACTIVE, Status.ENTERED_IN_ERROR},
        Status.SUSPENDED: {Status.ACTIVE, Status.INACTIVE, Status.ENTERED_IN_ERROR},
        Status.INACTIVE: {Status.ENTERED_IN_ERROR},
        Status.ENTERED_IN_ERROR: set(),
    }

    person = models.ForeignKey(Person, models.PROTECT, related_name="team_links")
    custodian = models.ForeignKey(
        Agency, models.PROTECT, related_name="+", help_text="Who recorded the link."
    )
    provider = models.ForeignKey(Agency, models.PROTECT, related_name="+", help_text="Who treats the person.")
    external_id = models.CharField(max_length=60, blank=True)
    clinician = models.ForeignKey(Membership, models.PROTECT, null=True, blank=True, related_name="+")
    team_name = models.CharField(max_length=80, blank=True)
    program_kind = models.CharField(max_length=30, choices=ProgramKind.choices)
    is_part2 = models.BooleanField("from a Part 2 programme", default=False)
    duty_line = models.CharField(max_length=20, help_text="A team's line, never a personal mobile.")
    hours = models.CharField(max_length=80, blank=True)
    notify_on_crisis = models.BooleanField(default=False)
    status = models.CharField(max_length=16, choices=Status.choices, default=Status.PROPOSED)
    status_reason = models.CharField(max_length=200, blank=True)
    proposed_by = models.ForeignKey(Membership, models.PROTECT, null=True, blank=True, related_name="+")
    verified_by = models.ForeignKey(Membership, models.PROTECT, null=True, blank=True, related_name="+")
    established_at = models.DateTimeField()
    last_verified_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes = [
            models.Index(fields=["person"], name="team_links_of_a_person"),
            models.Index(fields=["provider", "last_verified_at"], name="team_links_of_a_provider"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["custodian", "external_id"],
                condition=~Q(external_id=""),
                name="a_team_link_of_a_file_exists_once",
            ),
            models.CheckConstraint(
                name="an_active_team_link_was_verified_once",
                condition=~Q(status="active") | Q(last_verified_at__isnull=False),
            ),
        ]

    def is_stale(self, at: datetime, days: int) -> bool:
        """Whether nobody verified it for more than `days`: then it shows as unverified (5.8)."""
        return self.last_verified_at is None or self.last_verified_at < at - timedelta(days=days)


class TaskStatus(models.TextChoices):
    """The states of linkages and follow-ups, one to one with FHIR Task (domain 4.3)."""

    DRAFT = "draft"
    SENT = "sent"
    RECEIVED = "received"
    ACCEPTED = "accepted"
    DECLINED_BY_RECIPIENT = "declined_by_recipient"
    SCHEDULED = "scheduled"
    ENGAGED = "engaged"
    WAITLISTED = "waitlisted"
    COMPLETED = "completed"
    CANCELLED_BY_PERSON = "cancelled_by_person"
    UNABLE = "unable"
    ENTERED_IN_ERROR = "entered_in_error"


_ENDS_EARLY = {TaskStatus.CANCELLED_BY_PERSON, TaskStatus.UNABLE, TaskStatus.ENTERED_IN_ERROR}
# Which move is legal from where (5.9). Recipients move received..completed.
TASK_TRANSITIONS: dict[TaskStatus, set[TaskStatus]] = {
    TaskStatus.DRAFT: {TaskStatus.SENT, *_ENDS_EARLY},
    TaskStatus.SENT: {TaskStatus.RECEIVED, TaskStatus.DECLINED_BY_RECIPIENT, *_ENDS_EARLY},
    TaskStatus.RECEIVED: {TaskStatus.ACCEPTED, TaskStatus.DECLINED_BY_RECIPIENT, *_ENDS_EARLY},
    TaskStatus.ACCEPTED: {TaskStatus.SCHEDULED, TaskStatus.WAITLISTED, *_ENDS_EARLY},
    TaskStatus.WAITLISTED: {TaskStatus.SCHEDULED, *_ENDS_EARLY},
    TaskStatus.SCHEDULED: {TaskStatus.ENGAGED, *_ENDS_EARLY},
    TaskStatus.ENGAGED: {TaskStatus.COMPLETED, *_ENDS_EARLY},
    TaskStatus.DECLINED_BY_RECIPIENT: {TaskStatus.ENTERED_IN_ERROR},
    TaskStatus.COMPLETED: {TaskStatus.ENTERED_IN_ERROR},
    TaskStatus.CANCELLED_BY_PERSON: {TaskStatus.ENTERED_IN_ERROR},
    TaskStatus.UNABLE: {TaskStatus.ENTERED_IN_ERROR},
    TaskStatus.ENTERED_IN_ERROR: set(),
}
# Where a linkage or a follow-up ends: nothing follows but the mark of an error, unless a death ended it (`deaths`).
CLOSED = frozenset(one for one, after in TASK_TRANSITIONS.items() if after <= {TaskStatus.ENTERED_IN_ERROR})
# A follow-up has no recipient: whoever owes it keeps it, or says why not (5.10). A file may have left it anywhere.
FOLLOW_UP_TRANSITIONS: dict[TaskStatus, set[TaskStatus]] = {
    here: {TaskStatus.ENTERED_IN_ERROR} if here in CLOSED else {TaskStatus.COMPLETED, *_ENDS_EARLY}
    for here in TaskStatus
} | {TaskStatus.ENTERED_IN_ERROR: set()}
# A recipient treats the person while its linkage is in one of these (6.4).
IN_CARE_OF_RECIPIENT = (
    TaskStatus.ACCEPTED,
    TaskStatus.SCHEDULED,
    TaskStatus.WAITLISTED,
    TaskStatus.ENGAGED,
)


class Promise(AboutPerson):
    """What is promised to somebody who lives, and how it stood before a death closed it, where one did (6.4)."""

    # Empty in the database too: while an upgrade migrates, the version before it still writes, and knows of neither.
    status_before_death = models.CharField(
        max_length=24, choices=TaskStatus.choices, blank=True, default="", db_default="", editable=False
    )
    reason_before_death = models.CharField(
        max_length=200, blank=True, default="", db_default="", editable=False
    )

    class Meta(AboutPerson.Meta):
        abstract = True


class Linkage(Promise):
    """A referral from a contact to a team, alive until it is closed (D6).

    Requested by clinicians, moved by the recipient's team (5.9). Notes are clinical. PII: that care was sought.
    Retention: with the contact.
    """

    class Kind(models.TextChoices):
        RECONNECT_EXISTING_TEAM = "reconnect_existing_team"
        NEW_OUTPATIENT_MH = "new_outpatient_mh"
        PSYCHIATRY_MEDICATION = "psychiatry_medication"
        SUD_TREATMENT = "sud_treatment"
        SOBERING_DETOX = "sobering_detox"
        CRISIS_STABILIZATION = "crisis_stabilization"
        CARE_NAVIGATION_CASE_MGMT = "care_navigation_case_mgmt"
        PEER_SUPPORT = "peer_support"
        HOUSING_SHELTER = "housing_shelter"
        BENEFITS = "benefits"
        PRIMARY_CARE = "primary_care"
        DV_SERVICES = "dv_services"
        VETERAN_SERVICES = "veteran_services"
        YOUTH_SCHOOL = "youth_school"
        IDD_SERVICES = "idd_services"
        FAMILY_SUPPORT = "family_support"
        FULL_SERVICE_PARTNERSHIP_ACT = "full_service_partnership_act"
        OTHER = "other"

    class Priority(models.TextChoices):
        ROUTINE = "routine"
        URGENT = "urgent"
        ASAP = "asap"
        STAT = "stat"

    # A referral to SUD care is SUD data by itself (P-14).
    SUD_KINDS = (Kind.SUD_TREATMENT, Kind.SOBERING_DETOX)

    masked = ("notes", "external_provider", "status_reason", "reason_before_death")

    contact = models.ForeignKey(CrisisContact, models.PROTECT, related_name="linkages")
    person = models.ForeignKey(Person, models.PROTECT, related_name="linkages")
    custodian = models.ForeignKey(Agency, models.PROTECT, related_name="+", help_text="Who requested it.")
    recipient = models.ForeignKey(Agency, models.PROTECT, null=True, blank=True, related_name="+")
    external_provider = models.CharField(max_length=120, blank=True)
    external_id = models.CharField(max_length=60, blank=True)
    kind = models.CharField(max_length=30, choices=Kind.choices)
    is_part2 = models.BooleanField("to or from a Part 2 programme", default=False)
    priority = models.CharField(max_length=8, choices=Priority.choices, default=Priority.ROUTINE)
    status = models.CharField(max_length=24, choices=TaskStatus.choices, default=TaskStatus.DRAFT)
    status_reason = models.CharField(max_length=200, blank=True)
    requested_at = models.DateTimeField()
    acknowledge_by = models.DateTimeField(
        null=True, blank=True, help_text="By when the recipient is to say that it has it; by priority."
    )
    received_at = models.DateTimeField(null=True, blank=True)
    appointment_at = models.DateTimeField(null=True, blank=True)
    first_attended_at = models.DateTimeField(null=True, blank=True)
    closed_at = models.DateTimeField(null=True, blank=True)
    requested_by = models.ForeignKey(Membership, models.PROTECT, null=True, related_name="+")
    owner = models.ForeignKey(Membership, models.PROTECT, null=True, blank=True, related_name="+")
    prior = models.ForeignKey("self", models.PROTECT, null=True, blank=True, related_name="reopened_as")
    notes = SealedTextField(blank=True)

    class Meta:
        permissions = [("answer_linkage", "May answer this linkage as its recipient")]
        indexes = [
            models.Index(fields=["person"], name="linkages_of_a_person"),
            models.Index(
                fields=["recipient", "requested_at"],
                name="open_linkages_of_a_recipient",
                condition=Q(closed_at=None),
            ),
            models.Index(
                fields=["custodian", "requested_at"],
                name="open_linkages_of_a_requester",
                condition=Q(closed_at=None),
            ),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["custodian", "external_id"],
                condition=~Q(external_id=""),
                name="a_linkage_of_a_file_exists_once",
            ),
            models.CheckConstraint(
                name="a_linkage_goes_to_an_agency_or_an_outside_provider",
                condition=Q(recipient__isnull=False) | ~Q(external_provider=""),
            ),
        ]


class LinkageGroupGrant(GroupObjectPermissionBase):
    """That a team may work on a linkage. Written by `agencies.grants`. PII: none. Retention: until the linkage ends."""

    content_object = models.ForeignKey(Linkage, models.CASCADE)

    class Meta(GroupObjectPermissionBase.Meta):
        abstract = False

    def __str__(self) -> str:
        return f"linkage grant {self.pk}"


class FollowUp(Promise):
    """A promise to get back to the person by a time (D6); overdue is derived from the clock.

    Written by clinicians and by disposition rules (5.10). An officer sees only scheduled, completed or not
    completed. PII: that care continues. Retention: with the contact.
    """

    class Kind(models.TextChoices):
        CARING_CONTACT = "caring_contact"
        SAFETY_CHECK = "safety_check"
        APPOINTMENT_VERIFICATION = "appointment_verification"
        IN_PERSON_OUTREACH = "in_person_outreach"
        CARE_NAVIGATION = "care_navigation"
        SATISFACTION_SURVEY = "satisfaction_survey"

    class DueWindow(models.TextChoices):
        H24 = "h24", "24 hours"
        H48 = "h48", "48 hours"
        H72 = "h72", "72 hours"
        D7 = "d7", "7 days"
        D30 = "d30", "30 days"
        CUSTOM = "custom", "agreed time"

    class Result(models.TextChoices):
        CONNECTED = "connected"
        PARTIALLY_CONNECTED = "partially_connected"
        ALREADY_IN_CARE = "already_in_care"
        NEEDS_NEW_REFERRAL = "needs_new_referral"
        DECLINED_SERVICES = "declined_services"
        REPEAT_CRISIS = "repeat_crisis"
        LOST_TO_FOLLOW_UP = "lost_to_follow_up"
        CLOSED_MAX_ATTEMPTS = "closed_max_attempts"

    contact = models.ForeignKey(CrisisContact, models.PROTECT, related_name="follow_ups")
    person = models.ForeignKey(Person, models.PROTECT, related_name="follow_ups")
    custodian = models.ForeignKey(Agency, models.PROTECT, related_name="+", help_text="Who owes it.")
    assigned_to = models.ForeignKey(Membership, models.PROTECT, null=True, blank=True, related_name="+")
    team = models.ForeignKey(Team, models.PROTECT, null=True, blank=True, related_name="+")
    rule = models.CharField(
        max_length=40, blank=True, help_text="The disposition whose rule made it; empty: promised by hand."
    )
    external_id = models.CharField(max_length=60, blank=True)
    kind = models.CharField(max_length=30, choices=Kind.choices)
    due_window = models.CharField(max_length=8, choices=DueWindow.choices)
    due_at = models.DateTimeField()
    max_attempts = models.PositiveSmallIntegerField(default=3)
    imported_attempts = models.PositiveSmallIntegerField(
        default=0, help_text="Attempts that a file counted without telling them."
    )
    status = models.CharField(max_length=24, choices=TaskStatus.choices, default=TaskStatus.SENT)
    result = models.CharField(max_length=24, choices=Result.choices, blank=True)
    is_part2 = models.BooleanField("belongs to a Part 2 programme", default=False)
    status_reason = models.CharField(max_length=200, blank=True)
    waits_for_discharge = models.BooleanField(
        default=False, help_text="Due 7 days on at the latest; a discharge sets the clock anew (5.10)."
    )
    discharged_at = models.DateTimeField(null=True, blank=True)
    closed_at = models.DateTimeField(null=True, blank=True)

    masked = ("status_reason", "reason_before_death")

    class Meta:
        indexes = [
            models.Index(fields=["person"], name="follow_ups_of_a_person"),
            models.Index(
                fields=["custodian", "due_at"],
                name="open_follow_ups_by_due_time",
                condition=Q(closed_at=None),
            ),
            models.Index(fields=["due_at"], name="open_follow_ups_of_everybody", condition=Q(closed_at=None)),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["custodian", "external_id"],
                condition=~Q(external_id=""),
                name="a_follow_up_of_a_file_exists_once",
            ),
            models.CheckConstraint(
                name="a_completed_follow_up_has_a_result",
                condition=~Q(status="completed") | ~Q(result=""),
            ),
            models.UniqueConstraint(
                fields=["contact", "rule"],
                condition=~Q(rule=""),
                name="a_disposition_promises_one_follow_up_of_a_contact",
            ),
        ]

    def is_overdue(self, at: datetime) -> bool:
        """Whether its time is over; at the very moment it is due it may still be kept."""
        return self.closed_at is None and self.due_at < at


class FollowUpAttempt(Recorded):
    """One try to reach the person, with its outcome. A voicemail is an attempt, never a completion (P-24).

    Written by whoever tried. The note is clinical (D3). PII: note. Retention: with the follow-up.
    """

    class Mode(models.TextChoices):
        CALL = "call"
        TEXT = "text"
        VISIT = "visit"
        LETTER = "letter"
        VIDEO = "video"

    class Outcome(models.TextChoices):
        REACHED_ENGAGED = "reached_engaged"
        REACHED_DECLINED = "reached_declined"
        LEFT_SAFE_MESSAGE = "left_safe_message"
        NO_ANSWER = "no_answer"
        NUMBER_INVALID = "number_invalid"
        THIRD_PARTY_ONLY = "third_party_only"
        UNSAFE_TO_CONTACT = "unsafe_to_contact"
        IN_FACILITY = "in_facility"
        IN_CUSTODY = "in_custody"
        DECEASED = "deceased"
        MOVED = "moved"

    # Only these spoke with the person; a voicemail or a relative did not (P-24).
    REACHED = (Outcome.REACHED_ENGAGED, Outcome.REACHED_DECLINED)

    masked = ("note",)

    follow_up = models.ForeignKey(FollowUp, models.PROTECT, related_name="attempts")
    at = models.DateTimeField()
    by = models.ForeignKey(Membership, models.PROTECT, related_name="+")
    mode = models.CharField(max_length=8, choices=Mode.choices)
    outcome = models.CharField(max_length=20, choices=Outcome.choices)
    note = SealedTextField(max_length=500, blank=True)

    class Meta:
        ordering = ["at"]
