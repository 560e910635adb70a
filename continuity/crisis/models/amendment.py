from django.db import models
from django.db.models import F, Q

from continuity.agencies.models import Agency, Membership
from continuity.crisis.models.contact import CrisisContact
from continuity.sealing import SealedTextField
from continuity.trail.models import Recorded


class ContactAmendment(Recorded):
    """A correction, late entry, addendum, request of the person, or retraction of a final contact (5.6, L-22).

    Old and new value are of the same category as the field they belong to. A denial leaves the person the right to a
    statement of disagreement, which then travels with the content. Written through `crisis.amendments`.
    PII: old and new value, reason, statement. Retention: with the contact.
    """

    class Kind(models.TextChoices):
        CORRECTION = "correction"
        LATE_ENTRY = "late_entry"
        ADDENDUM = "addendum"
        PATIENT_REQUESTED = "patient_requested"
        RETRACTION = "retraction"

    class Requester(models.TextChoices):
        AUTHOR = "author"
        PATIENT = "patient"
        REPRESENTATIVE = "representative"
        AGENCY = "agency"

    class Status(models.TextChoices):
        REQUESTED = "requested"
        UNDER_REVIEW = "under_review"
        ACCEPTED = "accepted"
        APPLIED = "applied"
        NOTIFIED = "notified"
        DENIED = "denied"
        DISAGREEMENT_FILED = "disagreement_filed"
        CLOSED = "closed"

    class Decision(models.TextChoices):
        ACCEPTED = "accepted"
        PARTLY = "partly"
        DENIED = "denied"

    class DenialGround(models.TextChoices):
        NOT_CREATED_HERE = "not_created_here"
        NOT_IN_RECORD_SET = "not_in_record_set"
        NOT_ACCESSIBLE = "not_accessible"
        ACCURATE_AND_COMPLETE = "accurate_and_complete"

    TRANSITIONS = {
        Status.REQUESTED: {Status.UNDER_REVIEW},
        Status.UNDER_REVIEW: {Status.ACCEPTED, Status.DENIED},
        Status.ACCEPTED: {Status.APPLIED},
        Status.APPLIED: {Status.NOTIFIED},
        Status.NOTIFIED: set[Status](),
        Status.DENIED: {Status.DISAGREEMENT_FILED, Status.CLOSED},
        Status.DISAGREEMENT_FILED: {Status.CLOSED},
        Status.CLOSED: set[Status](),
    }
    OPEN = (Status.REQUESTED, Status.UNDER_REVIEW)

    masked = (
        "old_value",
        "new_value",
        "accepted_value",
        "reason",
        "denial_basis",
        "disagreement",
        "rebuttal",
    )

    contact = models.ForeignKey(CrisisContact, models.PROTECT, related_name="amendments")
    custodian = models.ForeignKey(Agency, models.PROTECT, related_name="+")
    kind = models.CharField(max_length=20, choices=Kind.choices)
    field = models.CharField(max_length=40, help_text="The field of the contact, narrative or SUD segment.")
    old_value = SealedTextField(blank=True, help_text="JSON.")
    new_value = SealedTextField(blank=True, help_text="JSON.")
    accepted_value = SealedTextField(blank=True, help_text="JSON: what was accepted, if only in part.")
    reason = models.CharField(max_length=300)
    requested_by = models.CharField(max_length=16, choices=Requester.choices)
    requested_at = models.DateTimeField()
    recorded_by = models.ForeignKey(Membership, models.PROTECT, related_name="+")
    due_at = models.DateTimeField(help_text="60 days after the request; 30 more, once (45 CFR 164.526).")
    extended_at = models.DateTimeField(null=True, blank=True)
    extension_reason = models.CharField(max_length=300, blank=True)
    status = models.CharField(max_length=20, choices=Status.choices, default=Status.REQUESTED)
    decision = models.CharField(max_length=10, choices=Decision.choices, blank=True)
    decided_at = models.DateTimeField(null=True, blank=True)
    decided_by = models.ForeignKey(Membership, models.PROTECT, null=True, blank=True, related_name="+")
    denial_ground = models.CharField(max_length=24, choices=DenialGround.choices, blank=True)
    denial_basis = models.CharField(max_length=300, blank=True)
    applied_at = models.DateTimeField(null=True, blank=True)
    disagreement = SealedTextField(blank=True)
    disagreed_at = models.DateTimeField(null=True, blank=True)
    rebuttal = SealedTextField(blank=True)

    class Meta:
        indexes = [
            models.Index(fields=["contact"], name="amendments_of_a_contact"),
            models.Index(
                fields=["custodian", "due_at"],
                name="amendments_that_wait",
                condition=Q(status__in=["requested", "under_review"]),
            ),
        ]
        constraints = [
            models.CheckConstraint(
                name="an_amendment_is_decided_with_a_name_and_a_time",
                condition=Q(decision="") | Q(decided_at__isnull=False, decided_by__isnull=False),
            ),
            models.CheckConstraint(
                name="a_denied_amendment_has_a_ground",
                condition=~Q(decision="denied") | ~Q(denial_ground=""),
            ),
            models.CheckConstraint(
                name="an_amendment_is_due_after_it_was_requested", condition=Q(due_at__gt=F("requested_at"))
            ),
        ]
