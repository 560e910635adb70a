from django.contrib.postgres.fields import ArrayField
from django.db import models

from continuity.agencies.models import PURPOSE_CHOICES, Agency, Category, Membership
from continuity.ids import uuid7
from continuity.people.models import Person


class LedgerEntry(models.Model):
    """One question about a person and what became of it: released, refused, empty, read or previewed (5.12, S-6, S-7).

    `read` is an own agency's reading of its own records, `previewed` a question what somebody else would see.
    Written by this floor's reads alone, committed before the answer leaves. The table is partitioned by month
    on `id` (UUIDv7), and the database refuses UPDATE, DELETE and TRUNCATE. It keeps ids and versions of what was
    shown and a hash over them, never the rendered content. PII: person id. Retention: 7 years.
    """

    class Outcome(models.TextChoices):
        RELEASED = "released"
        REFUSED = "refused"
        EMPTY = "empty"
        READ = "read"
        PREVIEWED = "previewed"

    class Channel(models.TextChoices):
        API = "api"
        PAGE = "page"
        ADMIN = "admin"
        NOTICE = "notice"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    at = models.DateTimeField()
    asker = models.ForeignKey(Membership, models.PROTECT, related_name="+")
    agency = models.ForeignKey(Agency, models.PROTECT, related_name="+", help_text="The asker's duty agency.")
    roles = ArrayField(models.CharField(max_length=24), help_text="The roles asked in.")
    purpose = models.CharField(max_length=24, choices=PURPOSE_CHOICES)
    incident_ref = models.CharField(max_length=40, blank=True)
    reason_given = models.CharField(max_length=300, blank=True)
    channel = models.CharField(max_length=8, choices=Channel.choices)
    outcome = models.CharField(max_length=9, choices=Outcome.choices)
    refusal = models.CharField(
        max_length=40, blank=True, help_text="Which gate said no; only the ledger knows."
    )
    person = models.ForeignKey(Person, models.PROTECT, null=True, related_name="+")
    match_grade = models.CharField(max_length=14)
    search_hmac = models.CharField(max_length=32, help_text="Keyed hash of what was typed.")
    categories = ArrayField(models.CharField(max_length=2, choices=Category.choices), default=list)
    bases = models.JSONField(default=list, help_text="Openings: custodian, category, basis, form, consent.")
    custodians = ArrayField(models.UUIDField(), default=list)
    consents = ArrayField(models.UUIDField(), default=list)
    records = models.JSONField(default=list, help_text="[kind, id, version] of each record shown.")
    records_sha256 = models.CharField(max_length=64, blank=True)
    notices = ArrayField(models.CharField(max_length=40), default=list)
    request_id = models.CharField(max_length=64, blank=True)
    remote_addr = models.GenericIPAddressField(null=True)

    class Meta:
        verbose_name_plural = "ledger entries"
        indexes = [
            models.Index(fields=["person", "id"], name="ledger_of_a_person"),
            models.Index(fields=["asker", "id"], name="ledger_of_an_asker"),
        ]

    def __str__(self) -> str:
        return f"ledger entry {self.pk}"
