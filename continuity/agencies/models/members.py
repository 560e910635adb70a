"""Who signs in, for which agencies they work, and how their accounts begin, are reviewed and end."""

from typing import Any, ClassVar

from django.contrib.auth.models import AbstractBaseUser, Permission, PermissionsMixin, UserManager
from django.contrib.auth.validators import UnicodeUsernameValidator
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils.functional import cached_property

from continuity.agencies.models.organisation import Agency
from continuity.agencies.roles import Duty, Purpose, Role, duties_of, purposes_of
from continuity.trail.models import Recorded

ROLE_CHOICES = [(role.value, role.value.replace("_", " ")) for role in Role]
PURPOSE_CHOICES = [(purpose.value, purpose.value.replace("_", " ")) for purpose in Purpose]


class MemberManager(UserManager["Member"]):
    """Django's user manager; the work address is no user name."""

    def create_user(  # type: ignore[override]  # no e-mail address is needed
        self, username: str, password: str | None = None, **fields: Any
    ) -> "Member":
        member = self.model(username=username, **fields)
        member.set_password(password)
        member.save(using=self._db)
        return member

    def create_superuser(  # type: ignore[override]  # as above
        self, username: str, password: str | None = None, **fields: Any
    ) -> "Member":
        return self.create_user(username, password, is_staff=True, is_superuser=True, **fields)


class Member(Recorded, AbstractBaseUser, PermissionsMixin):
    """A person who signs in (the user model), or a system client's account. What they may do is in `Membership`.

    Written by administrators, the county import and single sign-on. `is_superuser` administers the site and opens
    nothing about a person. PII: name and work address of staff. Retention: kept; a user name is never reused (S-11).
    """

    class Status(models.TextChoices):
        INVITED = "invited", "invited"
        ACTIVE = "active", "active"
        SUSPENDED = "suspended", "suspended"
        DEACTIVATED = "deactivated", "deactivated"

    class Reason(models.TextChoices):
        """Why an account is not active (S-9)."""

        LEFT = "left", "left the agency"
        IDLE = "idle", "90 days without a sign-in"
        TRAINING = "training", "privacy training is over"
        HIGH_RISK = "high_risk", "high risk"
        VIOLATION = "violation", "violation of policy"
        ORPHANED = "orphaned", "works for no agency any more"
        OTHER = "other", "other"

    masked = ("password", "work_email")

    username = models.CharField(max_length=60, unique=True, validators=[UnicodeUsernameValidator()])
    display_name = models.CharField(max_length=80)
    title = models.CharField(max_length=80, blank=True)
    work_email = models.EmailField(
        "work e-mail", blank=True, help_text="Where invitations go; what single sign-on knows the member by."
    )
    is_service = models.BooleanField(
        "program", default=False, help_text="The account of a program: no password, no pages, tokens only."
    )
    status = models.CharField(max_length=12, choices=Status.choices, default=Status.ACTIVE)
    status_reason = models.CharField(max_length=12, choices=Reason.choices, blank=True)
    status_changed_at = models.DateTimeField(null=True, blank=True)
    activated_at = models.DateTimeField(
        null=True, blank=True, help_text="When the account last became active: 90 idle days count from here."
    )
    locked_at = models.DateTimeField(
        null=True, blank=True, help_text="Five wrong passwords; until an administrator releases it (S-3)."
    )
    password_changed_at = models.DateTimeField(
        null=True, blank=True, help_text="A password is good for a year (S-2); empty: it must be changed."
    )
    trained_until = models.DateField(
        null=True, blank=True, help_text="Last day of the privacy training; empty: none on record."
    )
    banner_version = models.PositiveSmallIntegerField(
        default=0, help_text="The newest banner that this member acknowledged (S-5)."
    )
    is_staff = models.BooleanField(default=False, help_text="May open the admin site; sees no person by it.")

    objects = MemberManager()

    USERNAME_FIELD = "username"
    REQUIRED_FIELDS: ClassVar[list[str]] = ["display_name"]

    @property
    def is_active(self) -> bool:  # type: ignore[override]  # Django's flag, kept as a state
        return self.status == self.Status.ACTIVE and self.locked_at is None

    @cached_property
    def all_memberships(self) -> "list[Membership]":
        """Every membership with its agency; sign-in fills this in the query that loads the member."""
        return list(self.memberships.select_related("agency", "member").order_by("agency__name"))

    def administers_site(self) -> bool:
        """Whether the account administers every agency; it opens nothing by it, and no agency may take it over.

        Asked of the rows, because `has_perm` says no while the account is locked, which anybody can bring about.
        """
        given = Permission.objects.filter(Q(user=self) | Q(group__user=self), codename="change_agency")
        return self.is_superuser or given.exists()

    def get_short_name(self) -> str:
        return self.display_name


class Membership(Recorded):
    """That a member works for one agency in these roles. A session is on duty for exactly one of them.

    The basis of every disclosure depends on it, so somebody who works for two agencies has two. Written by
    administrators and the county import. PII: none beyond the member. Retention: kept.
    """

    member = models.ForeignKey(Member, models.PROTECT, related_name="memberships")
    agency = models.ForeignKey(Agency, models.PROTECT, related_name="memberships")
    roles = ArrayField(models.CharField(max_length=24, choices=ROLE_CHOICES), default=list)
    is_clinical_supervisor = models.BooleanField(default=False)
    is_medical_personnel = models.BooleanField(default=False, help_text="In the sense of 42 CFR 2.51.")
    may_break_glass = models.BooleanField(default=False, help_text="Emergency override, for clinicians.")
    may_release_emergency = models.BooleanField(
        default=False, help_text="Answers responders' emergency requests."
    )
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["member", "agency"], name="one_membership_of_a_member_in_an_agency"
            ),
            models.CheckConstraint(
                # Separation of duties (domain 5.2).
                name="a_consent_manager_is_no_officer",
                condition=~Q(roles__contains=["consent_manager", "officer"]),
            ),
            models.CheckConstraint(
                name="an_auditor_holds_no_other_role",
                condition=~Q(roles__contains=["auditor"]) | Q(roles__len=1),
            ),
        ]

    @property
    def is_current(self) -> bool:
        """Whether member, agency and membership are all active now."""
        return self.ended_at is None and self.member.is_active and self.agency.status == Agency.Status.ACTIVE

    @property
    def purposes(self) -> tuple[Purpose, ...]:
        return purposes_of(self.roles)

    def has_duty(self, duty: Duty) -> bool:
        return self.is_current and duty in duties_of(self.roles)


class Invitation(Recorded):
    """That an administrator asked a member to set up their sign-in, anew where everything was lost (S-9).

    Written by `accounts.invite`; the link is shown or mailed once, here is only its keyed hash. Good for 72 hours and
    one use. PII: none beyond the member. Retention: kept.
    """

    class Kind(models.TextChoices):
        FIRST = "first", "first sign-in"
        RESET = "reset", "password and second factors anew"

    masked = ("token_hmac",)

    member = models.ForeignKey(Member, models.PROTECT, related_name="invitations")
    kind = models.CharField(max_length=8, choices=Kind.choices, default=Kind.FIRST)
    token_hmac = models.CharField(max_length=64, unique=True)
    invited_by = models.ForeignKey(Membership, models.PROTECT, null=True, related_name="+")
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True, blank=True)
    withdrawn_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["member"],
                condition=Q(used_at__isnull=True, withdrawn_at__isnull=True),
                name="a_member_has_one_open_invitation",
            )
        ]


class AccountReview(Recorded):
    """That an administrator looked at one membership, its roles and privileges, and what they found (S-9, yearly).

    Written by `accounts.review`. PII: none beyond the members. Retention: 7 years.
    """

    class Outcome(models.TextChoices):
        KEPT = "kept", "needed as it is"
        CHANGED = "changed", "roles or privileges changed"
        ENDED = "ended", "not needed any more"

    membership = models.ForeignKey(Membership, models.PROTECT, related_name="reviews")
    reviewed_by = models.ForeignKey(Membership, models.PROTECT, related_name="+")
    reviewed_at = models.DateTimeField()
    outcome = models.CharField(max_length=8, choices=Outcome.choices)
    roles = ArrayField(models.CharField(max_length=24, choices=ROLE_CHOICES), help_text="As they were found.")

    class Meta:
        indexes = [models.Index(fields=["membership", "-reviewed_at"])]


class FormerPassword(models.Model):
    """The hash of a password that a member had, so that none of the last ones is chosen again (S-2).

    Written when a password is replaced; the oldest beyond five are forgotten. Never holds a password. PII: none beyond
    the member. Retention: until five newer ones.
    """

    member = models.ForeignKey(Member, models.PROTECT, related_name="former_passwords")
    password = models.CharField(max_length=128)
    replaced_at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["member", "-replaced_at"])]

    def __str__(self) -> str:
        return f"former password {self.pk}"
