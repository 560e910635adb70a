from django.db import models
from django.db.models import Q

from continuity.agencies.models import Agency, Team
from continuity.ids import uuid7


class Notice(models.Model):
    """Somebody is to be told that something happened: a kind and an opaque id, nothing else (X: id-only payloads).

    Written by `put` inside the transaction of the event; sending re-checks the right. PII: none. Retention: 90 days.
    """

    class Kind(models.TextChoices):
        LINKAGE_SENT = "linkage_sent", "a linkage was sent to you"
        AUTHORISATION_ENDED = "authorisation_ended", "an authorisation ended"

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
    state = models.CharField(max_length=8, choices=State.choices, default=State.PENDING)
    put_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        indexes = [
            models.Index(fields=["put_at"], name="notice_pending", condition=Q(state="pending")),
        ]

    def __str__(self) -> str:
        return f"notice {self.pk}"
