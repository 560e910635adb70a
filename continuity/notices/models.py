from django.db import models
from django.db.models import Q

from continuity.agencies.models import Agency, Member, Team
from continuity.ids import uuid7


class Notice(models.Model):
    """Somebody is to be told that something happened: a kind and an opaque id, nothing else (X: id-only payloads).

    Written by `put` inside the transaction of the event, and by `remind` when something is due; sending re-checks the
    right. `member` narrows a notice to one member of the agency. PII: none. Retention: 90 days.
    """

    class Kind(models.TextChoices):
        LINKAGE_SENT = "linkage_sent", "a linkage was sent to you"
        AUTHORISATION_ENDED = "authorisation_ended", "an authorisation ended"
        CONSENT_EXPIRING = "consent_expiring", "a consent ends soon"
        SUSPENSION_UNPAPERED = "suspension_unpapered", "a spoken revocation waits for its paper"
        OFFER_DUE = "offer_due", "a consent may be offered again"
        EVENT_TO_ASK = "event_to_ask", "ask whether the event that ends a consent has happened"

    class State(models.TextChoices):
        PENDING = "pending", "pending"
        SENT = "sent", "sent"
        READ = "read", "read"
        FAILED = "failed", "failed"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    kind = models.CharField(max_length=30, choices=Kind.choices)
    subject_id = models.UUIDField(
        help_text="The id of what it is about; opening it asks for the right again."
    )
    agency = models.ForeignKey(Agency, models.PROTECT, related_name="+")
    team = models.ForeignKey(Team, models.PROTECT, null=True, related_name="+")
    member = models.ForeignKey(Member, models.PROTECT, null=True, related_name="+")
    since = models.DateTimeField(
        null=True, help_text="Of a reminder: the moment it is about. The same moment is told once."
    )
    state = models.CharField(max_length=8, choices=State.choices, default=State.PENDING)
    put_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        indexes = [
            models.Index(fields=["put_at"], name="notice_pending", condition=Q(state="pending")),
        ]
        constraints = [
            models.UniqueConstraint(
                # Two workers may sweep at once: the second one finds the reminder there.
                fields=["kind", "subject_id", "since", "agency", "member"],
                condition=Q(since__isnull=False),
                nulls_distinct=False,
                name="a_reminder_is_put_once",
            ),
        ]

    def __str__(self) -> str:
        return f"notice {self.pk}"
