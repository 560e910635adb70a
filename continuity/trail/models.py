from typing import Any, ClassVar

from auditlog.models import AbstractLogEntry
from django.conf import settings
from django.db import models

from continuity.ids import uuid7
from continuity.sealing import SealedBinaryField
from continuity.trail.context import current


class Recorded(models.Model):
    """A row whose every edit is kept: a time-ordered id, a version that counts edits, a history in the trail.

    Subclasses name in `masked` the fields whose values the history must not hold in clear, in `unrecorded` those it
    must not hold at all.
    """

    masked: ClassVar[tuple[str, ...]] = ()
    unrecorded: ClassVar[tuple[str, ...]] = ()

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)
    version = models.PositiveIntegerField(default=1, editable=False)

    class Meta:
        abstract = True

    def __str__(self) -> str:
        # Never a name: auditlog, error pages and the admin all print this.
        return f"{self._meta.verbose_name} {self.pk}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        if not self._state.adding:
            self.version += 1
            if (fields := kwargs.get("update_fields")) is not None:
                kwargs["update_fields"] = {*fields, "version", "updated_at"}
        super().save(*args, **kwargs)


class AuditEntry(AbstractLogEntry):  # type: ignore[misc]  # auditlog has no types
    """One create, change or deletion of a recorded row: which fields, by whom, in which request.

    Written by auditlog on `save()`; append-only in the database. Never holds clear text of masked fields.
    PII: member id, network address. Retention: 7 years (S-8).
    """

    purpose = models.CharField(max_length=40, blank=True)

    class Meta(AbstractLogEntry.Meta):  # type: ignore[misc]  # as above
        abstract = False
        verbose_name = "audit entry"
        verbose_name_plural = "audit entries"

    def save(self, *args: Any, **kwargs: Any) -> None:
        self.take_circumstances()
        super().save(*args, **kwargs)

    def take_circumstances(self) -> None:
        """Fill actor, request id, address and purpose from the running context."""
        now = current()
        actor = now.actor()
        if actor is not None and self.actor_id is None:
            self.actor = actor
        self.cid: str | None = self.cid or now.request_id or None
        self.remote_addr: str | None = self.remote_addr or now.remote_addr
        self.purpose = self.purpose or now.purpose


class Event(models.Model):
    """Something happened to an account, a session or a program's client: signed in, failed, locked, released, read the
    banner, was given roles, got a token (S-5, S-6, S-9).

    Written by receivers and by verbs; append-only in the database. Never holds a password or a clear user name
    of a failed attempt. PII: member id, network address. Retention: 7 years.
    """

    class Kind(models.TextChoices):
        SIGNED_IN = "signed_in"
        SIGN_IN_FAILED = "sign_in_failed"
        SIGNED_OUT = "signed_out"
        DUTY_CHOSEN = "duty_chosen"
        BANNER_ACKNOWLEDGED = "banner_acknowledged"
        INVITED = "invited"
        INVITATION_USED = "invitation_used"
        INVITATION_REFUSED = "invitation_refused"
        INVITATION_WITHDRAWN = "invitation_withdrawn"
        PASSWORD_CHANGED = "password_changed"  # noqa: S105  # nosec B105
        FACTOR_ADDED = "factor_added"
        FACTOR_REMOVED = "factor_removed"
        FACTOR_FAILED = "factor_failed"
        RECOVERY_CODE_USED = "recovery_code_used"
        REAUTHENTICATED = "reauthenticated"
        REAUTHENTICATION_FAILED = "reauthentication_failed"
        SCREEN_LOCKED = "screen_locked"
        SESSION_TIMED_OUT = "session_timed_out"
        SESSION_ENDED = "session_ended"
        ACCOUNT_LOCKED = "account_locked"
        ACCOUNT_RELEASED = "account_released"
        ACCOUNT_ACTIVATED = "account_activated"
        ACCOUNT_SUSPENDED = "account_suspended"
        ACCOUNT_DEACTIVATED = "account_deactivated"
        ACCOUNT_REVIEWED = "account_reviewed"
        MEMBERSHIP_BEGUN = "membership_begun"
        MEMBERSHIP_ENDED = "membership_ended"
        ROLES_CHANGED = "roles_changed"
        PRIVILEGE_REFUSED = "privilege_refused"
        PROVIDER_LINKED = "provider_linked"
        PROVIDER_UNLINKED = "provider_unlinked"
        PROVIDER_REFUSED = "provider_refused"
        TOKEN_ISSUED = "token_issued"  # noqa: S105  # nosec B105
        TOKEN_REFUSED = "token_refused"  # noqa: S105  # nosec B105
        CLIENT_REGISTERED = "client_registered"
        CLIENT_CHANGED = "client_changed"
        KEYS_ROTATED = "keys_rotated"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    at = models.DateTimeField(auto_now_add=True)
    kind = models.CharField(max_length=30, choices=Kind.choices)
    member = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    about = models.CharField(max_length=80, blank=True, help_text="An id or a keyed hash, never a name.")
    remote_addr = models.GenericIPAddressField(null=True)
    request_id = models.CharField(max_length=64, blank=True)

    class Meta:
        indexes = [models.Index(fields=["member", "at"])]

    def __str__(self) -> str:
        return f"{self.kind} {self.pk}"


class AnsweredRequest(models.Model):
    """That a request with an idempotency key was answered, and how, so that its repetition is not done twice.

    Written by the API in the transaction of the verb. Holds keyed hashes of key and request; the answer is sealed,
    because a form may say anything. PII: membership id; in the sealed answer ids. Retention: 24 hours.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    at = models.DateTimeField(db_index=True)
    membership_id = models.UUIDField(help_text="Who asked on which duty; the trail lies below its model.")
    key_hmac = models.CharField(max_length=32)
    request_hmac = models.CharField(max_length=32, help_text="Keyed hash of method, path and body.")
    status = models.PositiveSmallIntegerField(default=0)
    etag = models.CharField(max_length=80, blank=True)
    location = models.CharField(max_length=200, blank=True)
    body = SealedBinaryField(default=bytes)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["membership_id", "key_hmac"], name="a_key_of_a_member_on_duty_is_answered_once"
            )
        ]

    def __str__(self) -> str:
        return f"answered request {self.pk}"
