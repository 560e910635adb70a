from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from continuity.agencies.models import Agency, Member, Membership, Team
from continuity.ids import uuid7
from continuity.sealing import SealedBinaryField
from continuity.trail.models import Recorded


class Notice(models.Model):
    """Somebody is to be told that something happened: a kind and an opaque id, nothing else (X: id-only payloads).

    Written by `put` inside the transaction of the event, and by `remind` when something is due; sending and opening
    re-check the right. `member` narrows a notice to one member of the agency, `team` to the members of a team.
    PII: none. Retention: 90 days.
    """

    class Kind(models.TextChoices):
        CRISIS_CONTACT = "crisis_contact", "one of yours is in crisis"
        TRANSFER_OFFERED = "transfer_offered", "a call is handed to you"
        TRANSFER_ANSWERED = "transfer_answered", "a call you handed on was answered"
        LINKAGE_SENT = "linkage_sent", "a linkage was sent to you"
        LINKAGE_CHANGED = "linkage_changed", "a linkage you asked for moved"
        LINKAGE_UNACKNOWLEDGED = "linkage_unacknowledged", "a linkage waits for its recipient"
        LINK_PROPOSED = "link_proposed", "a team link waits for your confirmation"
        LINK_STALE = "link_stale", "a team link was not verified for long"
        FOLLOW_UP_DUE = "follow_up_due", "a follow-up is due"
        FOLLOW_UP_OVERDUE = "follow_up_overdue", "a follow-up is overdue"
        DRAFT_UNFINISHED = "draft_unfinished", "a contact is still a draft"
        DRAFT_OVERDUE = "draft_overdue", "a contact was not finished in time"
        FLAG_PROPOSED = "flag_proposed", "a safety flag waits for approval"
        FLAG_EXPIRING = "flag_expiring", "a safety flag expires soon"
        PLAN_SUBMITTED = "plan_submitted", "a response plan waits for approval"
        AMENDMENT_DUE = "amendment_due", "a requested amendment waits for an answer"
        RECORD_CHANGED = "record_changed", "a record you were shown was changed"
        AUTHORISATION_ENDED = "authorisation_ended", "an authorisation ended"
        CONSENT_EXPIRING = "consent_expiring", "a consent ends soon"
        SUSPENSION_UNPAPERED = "suspension_unpapered", "a spoken revocation waits for its paper"
        OFFER_DUE = "offer_due", "a consent may be offered again"
        EVENT_TO_ASK = "event_to_ask", "ask whether the event that ends a consent has happened"
        EMERGENCY_ASKED = "emergency_asked", "a responder asks for safety information now"
        EMERGENCY_ANSWERED = "emergency_answered", "your request for safety information was answered"
        EMERGENCY_REVIEW = "emergency_review", "an emergency access waits for review"
        EMERGENCY_TO_TELL = "emergency_to_tell", "somebody is to be told of an emergency access"
        RESTRICTED_SEEN = "restricted_seen", "a restricted person's record was seen"
        ACCOUNTING_DUE = "accounting_due", "somebody waits for an accounting or their record"
        USE_TO_REVIEW = "use_to_review", "last week's use waits for review"
        IDENTITY_REPORTED = "identity_reported", "somebody says that a record is another person's"
        MERGE_TO_DECIDE = "merge_to_decide", "a merge or an unmerge waits for a second person"
        MERGE_TO_REVIEW = "merge_to_review", "consents of a merged person wait for review"
        UNMERGE_TO_SORT = "unmerge_to_sort", "records wait to be told apart"
        WRONG_PERSON = "wrong_person", "a record you were shown was another person's"
        ACCOUNT_LOCKED = "account_locked", "an account is locked until you release it"
        ACCOUNT_SUSPENDED = "account_suspended", "an account was suspended"
        ACCOUNT_REVIEW_DUE = "account_review_due", "an account waits for its yearly review"
        LEDGER_FAILING = "ledger_failing", "the ledger is failing"

    # Sent before everything else, and through quiet hours: somebody is in crisis now.
    URGENT = (
        Kind.CRISIS_CONTACT,
        Kind.TRANSFER_OFFERED,
        Kind.EMERGENCY_ASKED,
        Kind.EMERGENCY_ANSWERED,
        Kind.IDENTITY_REPORTED,
        Kind.LEDGER_FAILING,
    )

    class State(models.TextChoices):
        PENDING = "pending", "pending"
        SENT = "sent", "sent"
        READ = "read", "read"
        FAILED = "failed", "failed"
        WITHHELD = "withheld", "withheld"

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
    is_urgent = models.BooleanField(default=False)
    state = models.CharField(max_length=8, choices=State.choices, default=State.PENDING)
    put_at = models.DateTimeField(auto_now_add=True)
    read_at = models.DateTimeField(null=True)
    read_by = models.ForeignKey(Membership, models.PROTECT, null=True, related_name="+")

    class Meta:
        indexes = [
            models.Index(
                fields=["-is_urgent", "put_at"], name="notices_to_send", condition=Q(state="pending")
            ),
            models.Index(
                fields=["agency", "-id"],
                name="unread_notices_of_an_agency",
                condition=Q(read_at=None) & ~Q(state="withheld"),
            ),
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


class WebhookEndpoint(Recorded):
    """Where an agency's own system is told of notices, signed as Standard Webhooks are.

    Written by administrators. `acts_as` is the service member whose right is asked at every send. PII: none.
    Retention: kept.
    """

    unrecorded = ("secret",)

    agency = models.ForeignKey(Agency, models.PROTECT, related_name="webhook_endpoints")
    url = models.URLField(max_length=300, help_text="https only.")
    secret = SealedBinaryField(help_text="The signing key, 24 to 64 bytes.")
    acts_as = models.ForeignKey(Membership, models.PROTECT, related_name="+")
    kinds = ArrayField(
        models.CharField(max_length=30, choices=Notice.Kind.choices),
        default=list,
        blank=True,
        help_text="Empty: every kind.",
    )
    is_active = models.BooleanField(default=True)


class NoticePreference(Recorded):
    """How a member wants to be told besides the page: an e-mail address of the agency, what not, and when not.

    Written by the member. A crisis alert is never delayed. PII: e-mail address of staff. Retention: kept.
    """

    masked = ("email",)

    membership = models.OneToOneField(Membership, models.PROTECT, related_name="notice_preference")
    email = models.EmailField(blank=True, help_text="An address of the agency, not a private one.")
    kinds_off = ArrayField(
        models.CharField(max_length=30, choices=Notice.Kind.choices), default=list, blank=True
    )
    quiet_from = models.TimeField(null=True, blank=True, help_text="On the agency's clock.")
    quiet_to = models.TimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="quiet_hours_have_a_beginning_and_an_end",
                condition=Q(quiet_from__isnull=True, quiet_to__isnull=True)
                | Q(quiet_from__isnull=False, quiet_to__isnull=False),
            ),
            models.CheckConstraint(
                name="a_crisis_alert_cannot_be_switched_off",
                condition=~Q(kinds_off__overlap=["crisis_contact", "transfer_offered"]),
            ),
        ]


class Delivery(models.Model):
    """One way in which one notice goes out, and how far it got: sent at least once, always with the same id.

    Written by the door `delivery`. PII: none (the address stands in the preference or the endpoint). Retention: with
    the notice.
    """

    class Channel(models.TextChoices):
        EMAIL = "email", "e-mail"
        WEBHOOK = "webhook", "webhook"

    class State(models.TextChoices):
        PENDING = "pending", "pending"
        SENT = "sent", "sent"
        DEAD = "dead", "given up"
        WITHHELD = "withheld", "withheld: no right any more"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    notice = models.ForeignKey(Notice, models.CASCADE, related_name="deliveries")
    channel = models.CharField(max_length=8, choices=Channel.choices)
    membership = models.ForeignKey(Membership, models.PROTECT, null=True, related_name="+")
    endpoint = models.ForeignKey(WebhookEndpoint, models.PROTECT, null=True, related_name="+")
    state = models.CharField(max_length=8, choices=State.choices, default=State.PENDING)
    is_urgent = models.BooleanField(default=False)
    attempts = models.PositiveSmallIntegerField(default=0)
    due_at = models.DateTimeField(help_text="When it is tried next.")
    sent_at = models.DateTimeField(null=True)
    last_problem = models.CharField(max_length=40, blank=True, help_text="A code, never what was answered.")

    class Meta:
        indexes = [
            models.Index(
                fields=["-is_urgent", "due_at"], name="deliveries_to_try", condition=Q(state="pending")
            ),
            models.Index(fields=["notice"], name="deliveries_of_a_notice"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["notice", "channel", "membership", "endpoint"],
                nulls_distinct=False,
                name="a_notice_goes_each_way_once",
            ),
            models.CheckConstraint(
                name="a_delivery_goes_to_a_member_or_an_endpoint",
                condition=Q(channel="email", membership__isnull=False, endpoint__isnull=True)
                | Q(channel="webhook", membership__isnull=True, endpoint__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"delivery {self.pk}"
