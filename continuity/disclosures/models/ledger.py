from datetime import timedelta
from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q

from continuity.agencies.models import PURPOSE_CHOICES, Agency, Category, Membership
from continuity.ids import uuid7
from continuity.people.models import AboutPerson, Person
from continuity.sealing import SealedBinaryField
from continuity.trail.models import Recorded


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
        EXPORT = "export"
        PAPER = "paper"
        VERBAL = "verbal"

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
    emergency = models.UUIDField(null=True, help_text="The emergency access that opened some of it.")
    recipient = models.CharField(
        max_length=200, blank=True, help_text="Whom a member gave it to outside of this service."
    )
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


class LedgerSeal(models.Model):
    """That the rows of one period of an append-only table were these: a keyed hash over them, chained (AU-9).

    One chain for each table, in which it also stands that a month was detached or attached again. Written by
    `disclosures.seals` and `disclosures.archives`, never changed; the key lies outside of the database. PII: none.
    Retention: 7 years after the last row it covers.
    """

    class Kind(models.TextChoices):
        SEALED = "sealed", "rows of a period were sealed"
        DETACHED = "detached", "a month was archived and detached"
        ATTACHED = "attached", "a detached month came back"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    table = models.CharField(max_length=63)
    number = models.PositiveIntegerField(help_text="1, 2, 3 ... within the table.")
    kind = models.CharField(max_length=8, choices=Kind.choices, default=Kind.SEALED)
    from_id = models.UUIDField(help_text="First id of the period (inclusive).")
    until_id = models.UUIDField(help_text="End of the period (exclusive).")
    rows = models.PositiveBigIntegerField()
    root = models.CharField(
        max_length=64,
        help_text="Hash over the rows' ids and hashes in order of their ids; of a detached month: its archive's.",
    )
    marks = models.BinaryField(
        default=bytes,
        help_text="24 bytes a row: its id and the first 8 of its hash. They name what was tampered with.",
    )
    marks_sha256 = models.CharField(max_length=64)
    previous = models.CharField(
        max_length=64, blank=True, help_text="The mac of the seal before; empty: the first."
    )
    format = models.PositiveSmallIntegerField(default=1, help_text="Which columns, in which canonical form.")
    key_id = models.CharField(max_length=16)
    mac = models.CharField(max_length=64, help_text="Keyed hash over all of the above.")
    sealed_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["table", "number"], name="seals_of_a_table_are_numbered"),
        ]

    def __str__(self) -> str:
        return f"seal {self.pk}"


class AccountingRequest(AboutPerson):
    """That a person asked what left, or for their own record, and what was handed to them (L-14, L-15, L-21, L-23).

    Written by `disclosures.accounting`. What was handed out is kept sealed, as it was. PII: the person's record or
    its accounting, sealed; who asked. Retention: 7 years.
    """

    class Kind(models.TextChoices):
        ACCOUNTING = "accounting", "accounting of disclosures (164.528, 2.25)"
        INTERMEDIARY = "intermediary_list", "list of recipients of an intermediary (2.24)"
        RECORD = "own_record", "the person's own record (164.524)"
        ACCESS_LOG = "access_log", "who looked at the record"

    class State(models.TextChoices):
        RECEIVED = "received", "received"
        PREPARED = "prepared", "prepared"
        DELIVERED = "delivered", "delivered"
        WITHDRAWN = "withdrawn", "withdrawn"

    TRANSITIONS: ClassVar = {
        State.RECEIVED: frozenset({State.PREPARED, State.WITHDRAWN}),
        State.PREPARED: frozenset({State.PREPARED, State.DELIVERED, State.WITHDRAWN}),
    }
    DUE: ClassVar = {  # days, and the days of the one extension (0: none)
        Kind.ACCOUNTING: (60, 30),
        Kind.INTERMEDIARY: (30, 0),
        Kind.RECORD: (30, 30),
        Kind.ACCESS_LOG: (30, 30),
    }

    masked = ("asked_by", "delivered_to")
    unrecorded = ("content",)

    person = models.ForeignKey(Person, models.PROTECT, related_name="+")
    agency = models.ForeignKey(
        Agency, models.PROTECT, related_name="+", help_text="The custodian that answers."
    )
    kind = models.CharField(max_length=18, choices=Kind.choices)
    state = models.CharField(max_length=9, choices=State.choices, default=State.RECEIVED)
    asked_by = models.CharField(
        max_length=120, help_text="The person, or who acts for them and on which authority."
    )
    requested_at = models.DateTimeField()
    received_by = models.ForeignKey(Membership, models.PROTECT, related_name="+")
    period_from = models.DateTimeField()
    period_until = models.DateTimeField()
    due_at = models.DateTimeField()
    extended_at = models.DateTimeField(null=True)
    extension_reason = models.CharField(max_length=300, blank=True)
    prepared_at = models.DateTimeField(null=True)
    prepared_by = models.ForeignKey(Membership, models.PROTECT, null=True, related_name="+")
    content = SealedBinaryField(default=bytes, help_text="What was prepared, as JSON.")
    content_sha256 = models.CharField(max_length=64, blank=True)
    delivered_at = models.DateTimeField(null=True)
    delivered_by = models.ForeignKey(Membership, models.PROTECT, null=True, related_name="+")
    delivered_to = models.CharField(max_length=120, blank=True, help_text="To whom and how.")

    class Meta:
        indexes = [
            models.Index(
                fields=["agency", "due_at"],
                name="accountings_that_are_owed",
                condition=Q(state__in=["received", "prepared"]),
            ),
        ]
        constraints = [
            models.CheckConstraint(
                name="an_accounting_covers_a_period", condition=Q(period_until__gt=F("period_from"))
            ),
        ]


class AccountingSuspension(AboutPerson):
    """That an agency stated that an accounting would impede it: its entries stay out for a time (164.528(a)(2)).

    A written statement names its span; a spoken one counts for 30 days at most and names the official. Written by
    `disclosures.accounting`. PII: name of an official. Retention: 7 years after its end.
    """

    ORAL_AT_MOST: ClassVar = timedelta(days=30)

    masked = ("official_name",)

    person = models.ForeignKey(Person, models.PROTECT, related_name="+")
    agency = models.ForeignKey(
        Agency, models.PROTECT, related_name="+", help_text="The custodian that keeps it."
    )
    for_agency = models.ForeignKey(
        Agency, models.PROTECT, related_name="+", help_text="Whose entries stay out."
    )
    official_name = models.CharField(max_length=120)
    official_title = models.CharField(max_length=120, blank=True)
    is_oral = models.BooleanField()
    document_ref = models.CharField(max_length=200, blank=True, help_text="Where the written statement lies.")
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    recorded_by = models.ForeignKey(Membership, models.PROTECT, related_name="+")
    lifted_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="a_suspension_ends_and_a_spoken_one_within_30_days",
                condition=Q(ends_at__gt=F("starts_at"))
                & (Q(is_oral=False) | Q(ends_at__lte=F("starts_at") + timedelta(days=30))),
            ),
            models.CheckConstraint(
                name="a_written_suspension_names_its_paper", condition=Q(is_oral=True) | ~Q(document_ref="")
            ),
        ]


class UseFinding(Recorded):
    """Something in one week's ledger that a person should look at: by whom, how often, which rows (AU-6, P-4).

    Written by `disclosures.watch` from the ledger, reviewed once by privacy staff. Names no person looked up.
    PII: member. Retention: 7 years.
    """

    class Kind(models.TextChoices):
        NO_DISPATCH = "no_dispatch_match", "look-ups without a call of that number"
        NAME_SWEEP = "name_sweep", "many different people in a short time"
        ZERO_HITS = "zero_hits", "a streak of questions without an answer"
        SELF = "self", "looked up somebody of the own name"
        COLLEAGUE = "colleague", "looked up somebody who works there"
        SURNAME = "same_surname", "looked up somebody of the same surname"
        RESTRICTED = "restricted_person", "saw a restricted person"
        AFTER_HOURS = "after_hours", "used outside of the usual hours"
        EMERGENCY = "emergency_use", "used emergency access"

    class Verdict(models.TextChoices):
        OPEN = "", "not reviewed"
        EXPLAINED = "explained", "explained"
        REFERRED = "referred", "referred"

    masked = ("note",)
    unrecorded = ("entries",)  # a list of ids, which the history cannot hold

    agency = models.ForeignKey(Agency, models.PROTECT, related_name="+")
    asker = models.ForeignKey(Membership, models.PROTECT, related_name="+")
    kind = models.CharField(max_length=18, choices=Kind.choices)
    week = models.DateField(help_text="The Monday it begins with, in the agency's time zone.")
    count = models.PositiveIntegerField()
    entries = ArrayField(models.UUIDField(), default=list, help_text="Ids of ledger rows, 50 at most.")
    verdict = models.CharField(max_length=9, choices=Verdict.choices, default=Verdict.OPEN, blank=True)
    reviewed_by = models.ForeignKey(Membership, models.PROTECT, null=True, related_name="+")
    reviewed_at = models.DateTimeField(null=True)
    note = models.CharField(max_length=300, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["asker", "kind", "week"], name="a_week_finds_a_kind_once"),
            models.CheckConstraint(
                name="nobody_reviews_their_own_use",
                condition=Q(reviewed_by__isnull=True) | ~Q(reviewed_by=F("asker")),
            ),
        ]
