from django.db import models
from django.db.models import Q

from continuity.agencies.models import Agency, Membership
from continuity.crisis import vocabulary as v
from continuity.sealing import SealedBinaryField
from continuity.trail.models import Recorded


class Episode(Recorded):
    """One crisis from the first call to its end; the contacts of several agencies may belong to it.

    Written with the first contact or transfer. It says nothing by itself and has no custodian: each contact keeps
    its own. PII: none. Retention: with its contacts.
    """

    opened_at = models.DateTimeField()


class Transfer(Recorded):
    """A call or a person handed on: from the 911 floor to a clinician, to 988, to a team; and what became of it.

    Offered by the agency that hands on, or by its CAD or RMS through the API (once for each `sender_ref`); answered by
    the agency it goes to. What the sender said is sealed and goes nowhere but to who answers. PII: what was said,
    incident number. Retention: with the contacts.
    """

    class Outcome(models.TextChoices):
        PENDING = "pending"
        ACCEPTED = "accepted"
        REFUSED = "refused"
        DROPPED = "dropped"
        REACTIVATED_911 = "reactivated_911"

    TRANSITIONS = {
        Outcome.PENDING: {Outcome.ACCEPTED, Outcome.REFUSED, Outcome.DROPPED, Outcome.REACTIVATED_911},
        Outcome.ACCEPTED: {Outcome.DROPPED, Outcome.REACTIVATED_911},
        Outcome.DROPPED: {Outcome.REACTIVATED_911},
        Outcome.REFUSED: {Outcome.REACTIVATED_911},
        Outcome.REACTIVATED_911: set[Outcome](),
    }

    masked = ("incident_ref",)
    unrecorded = ("said",)

    episode = models.ForeignKey(Episode, models.PROTECT, related_name="transfers")
    custodian = models.ForeignKey(Agency, models.PROTECT, related_name="+", help_text="Who hands on.")
    from_contact = models.ForeignKey(
        "crisis.CrisisContact", models.PROTECT, null=True, blank=True, related_name="transfers"
    )
    to_kind = models.CharField(max_length=20, choices=v.Responder.choices)
    to_agency = models.ForeignKey(
        Agency,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        help_text="Empty: outside, as 988 is.",
    )
    to_contact = models.ForeignKey(
        "crisis.CrisisContact", models.PROTECT, null=True, blank=True, related_name="received_by"
    )
    is_warm = models.BooleanField(default=True, help_text="The sender stayed on the line.")
    sender_ref = models.CharField(max_length=80, blank=True, help_text="The sender's own id of the hand-off.")
    incident_ref = models.CharField(max_length=40, blank=True)
    origin = models.CharField(max_length=24, choices=v.Origin.choices, blank=True)
    call_type = models.CharField(max_length=30, choices=v.CallType.choices, blank=True)
    occurred_at = models.DateTimeField()
    said = SealedBinaryField(default=bytes, help_text="JSON: name, birth date, telephone, language, note.")
    outcome = models.CharField(max_length=16, choices=Outcome.choices, default=Outcome.PENDING)
    outcome_reason = models.CharField(max_length=200, blank=True)
    offered_at = models.DateTimeField()
    offered_by = models.ForeignKey(Membership, models.PROTECT, related_name="+")
    answered_at = models.DateTimeField(null=True, blank=True)
    answered_by = models.ForeignKey(Membership, models.PROTECT, null=True, blank=True, related_name="+")

    class Meta:
        indexes = [
            models.Index(
                fields=["to_agency", "offered_at"],
                name="transfers_of_a_recipient",
                condition=Q(outcome="pending"),
            ),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["custodian", "sender_ref"],
                condition=~Q(sender_ref=""),
                name="a_hand_off_of_a_sender_arrives_once",
            ),
            models.CheckConstraint(
                name="an_accepted_transfer_says_when",
                condition=~Q(outcome="accepted") | Q(answered_at__isnull=False),
            ),
        ]


class Triage(Recorded):
    """Who was to answer a call (police, clinician or both), why, by whom, and what the policy pack's table suggested.

    Written by whoever takes the call; a change of mind is a new row that says what changed. A suggestion is a row of
    a readable table, never a score, and is followed or overridden with a reason. PII: reason. Retention: with the
    contact.
    """

    class Decision(models.TextChoices):
        POLICE = "police"
        CLINICIAN = "clinician"
        BOTH = "both"

    masked = ("reason", "what_changed")

    contact = models.ForeignKey("crisis.CrisisContact", models.PROTECT, related_name="triages")
    custodian = models.ForeignKey(Agency, models.PROTECT, related_name="+")
    call_type = models.CharField(max_length=30, choices=v.CallType.choices)
    weapon_in_hand = models.CharField(max_length=14, choices=v.YesNoUnknown.choices)
    has_team = models.BooleanField(default=False, help_text="A treatment team was known when it was decided.")
    is_eligible = models.BooleanField(default=False, help_text="Eligible for a clinician by the pack's list.")
    suggestion = models.CharField(max_length=10, choices=Decision.choices, blank=True)
    team_first = models.BooleanField(default=False, help_text="The suggestion was to call the team first.")
    rule = models.CharField(max_length=40, blank=True, help_text="The row of the pack's table.")
    decision = models.CharField(max_length=10, choices=Decision.choices)
    reason = models.CharField(max_length=200, blank=True)
    what_changed = models.CharField(max_length=200, blank=True)
    decided_at = models.DateTimeField()
    decided_by = models.ForeignKey(Membership, models.PROTECT, related_name="+")

    class Meta:
        ordering = ["decided_at"]
        constraints = [
            models.CheckConstraint(
                name="an_overridden_suggestion_has_a_reason",
                condition=Q(suggestion="") | Q(decision=models.F("suggestion")) | ~Q(reason=""),
            ),
        ]
