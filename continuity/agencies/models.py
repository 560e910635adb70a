from datetime import date, datetime, time, timedelta
from typing import Any, ClassVar
from zoneinfo import ZoneInfo

from django.contrib.auth.models import AbstractBaseUser, Group, PermissionsMixin, UserManager
from django.contrib.auth.validators import UnicodeUsernameValidator
from django.contrib.postgres.fields import ArrayField
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import F, Q
from django.utils.functional import cached_property

from continuity.agencies.roles import Duty, Purpose, Role, duties_of, purposes_of
from continuity.trail.models import Recorded

ROLE_CHOICES = [(role.value, role.value.replace("_", " ")) for role in Role]
PURPOSE_CHOICES = [(purpose.value, purpose.value.replace("_", " ")) for purpose in Purpose]


class Category(models.TextChoices):
    """The kinds of data that agreements, consents and the matrix speak of (domain 6.3)."""

    EXISTENCE = "D0", "existence"
    SAFETY = "D1", "safety observations and what helps"
    OPERATIONAL = "D2", "operational summaries of contacts"
    NARRATIVE = "D3", "clinical narrative"
    SUD = "D4", "substance use disorder records (42 CFR Part 2)"
    TEAM_LINK = "D5", "link to the treatment team"
    LINKAGE = "D6", "linkages and follow-ups"
    CONSENT = "D7", "consent document"


def validate_timezone(value: str) -> None:
    try:
        ZoneInfo(value)
    except (KeyError, ValueError, OSError):
        raise ValidationError("%(value)s is not a time zone name.", params={"value": value}) from None


class Agency(Recorded):
    """An organisation that keeps records about people and whose law travels with them (L-1).

    Written by administrators and the county import. PII: none. Retention: kept.
    """

    class Kind(models.TextChoices):
        PSAP = "psap", "911 centre"
        POLICE = "police", "police"
        SHERIFF = "sheriff", "sheriff"
        COUNTY_BEHAVIORAL_HEALTH = "county_behavioral_health", "county behavioral health"
        CRISIS_PROVIDER = "crisis_provider", "crisis provider"
        COMMUNITY_SAFETY_DEPT = "community_safety_dept", "community safety department"
        LINE_988 = "line_988", "988 line"
        EMS_FIRE = "ems_fire", "EMS or fire"
        HOSPITAL = "hospital", "hospital"
        CLINIC_TREATMENT = "clinic_treatment", "treatment clinic"
        SUD_PROGRAM = "sud_program", "SUD programme"
        SOCIAL_SERVICES = "social_services", "social services"
        OVERSIGHT = "oversight", "oversight"

    class Regime(models.TextChoices):
        HIPAA_COVERED = "hipaa_covered", "HIPAA covered entity"
        PART2_PROGRAM = "part2_program", "42 CFR Part 2 programme"
        CA_LPS = "ca_lps", "California W&I 5328"
        CA_CMIA = "ca_cmia", "California CMIA"
        NC_122C = "nc_122c", "North Carolina G.S. 122C"
        MO_630 = "mo_630", "Missouri RSMo 630"
        CJA = "cja", "criminal justice agency"

    class Status(models.TextChoices):
        ONBOARDING = "onboarding", "onboarding"
        ACTIVE = "active", "active"
        SUSPENDED = "suspended", "suspended"
        CLOSED = "closed", "closed"

    LAW_ENFORCEMENT: ClassVar = frozenset({Kind.POLICE, Kind.SHERIFF})

    code = models.SlugField(max_length=40, unique=True, help_text="The county's own short id of the agency.")
    name = models.CharField(max_length=120)
    short_name = models.CharField(max_length=40, blank=True)
    kind = models.CharField(max_length=30, choices=Kind.choices)
    ori = models.CharField("ORI", max_length=9, blank=True)
    npi = models.CharField("NPI", max_length=10, blank=True)
    parent = models.ForeignKey("self", models.PROTECT, null=True, blank=True, related_name="+")
    state = models.CharField(max_length=2)
    timezone = models.CharField(max_length=40, validators=[validate_timezone])
    legal_regimes = ArrayField(
        models.CharField(max_length=20, choices=Regime.choices), default=list, blank=True
    )
    is_part2_program = models.BooleanField("42 CFR Part 2 programme", default=False)
    policy_pack = models.SlugField(
        max_length=10, blank=True, help_text="Code of the rules on consents; empty: its state's."
    )
    duty_line = models.CharField(
        max_length=20, blank=True, help_text="The 24/7 line that responders may call."
    )
    privacy_contact = models.CharField(max_length=120, blank=True, help_text="An office, not a person.")
    accepts_notifications = models.BooleanField(default=False)
    keeps_index = models.BooleanField(
        default=False,
        help_text="Keeps the index of people for all: decides on duplicates, sees identities and no records.",
    )
    status = models.CharField(max_length=12, choices=Status.choices, default=Status.ONBOARDING)

    class Meta:
        verbose_name_plural = "agencies"
        constraints = [
            models.CheckConstraint(
                name="agency_in_part2_regime_exactly_when_a_part2_program",
                condition=Q(is_part2_program=True, legal_regimes__contains=["part2_program"])
                | Q(is_part2_program=False) & ~Q(legal_regimes__contains=["part2_program"]),
            )
        ]

    @property
    def is_law_enforcement(self) -> bool:
        return self.kind in self.LAW_ENFORCEMENT

    @property
    def pack_code(self) -> str:
        return self.policy_pack or self.state.lower()

    def local(self, at: datetime) -> datetime:
        """`at` on this agency's wall clock: dates of law are the custodian's (P-18)."""
        return at.astimezone(ZoneInfo(self.timezone))

    def end_of(self, day: date) -> datetime:
        """The first moment after a day of this agency's calendar: until then what ends "on" the day holds (P-18)."""
        return datetime.combine(day + timedelta(days=1), time(), ZoneInfo(self.timezone))

    def last_day_before(self, end: datetime) -> date:
        """The last day of this agency's calendar on which something that ends at `end` still holds."""
        return self.local(end - timedelta(microseconds=1)).date()


class Agreement(Recorded):
    """A written agreement under which its parties may exchange the listed categories (S-11).

    Without one in force no rule opens anything across agencies. Half-open: in force from `effective_at` until
    just before `expires_at`. Written by administrators and the county import. PII: none. Retention: kept.
    """

    class Kind(models.TextChoices):
        MOU = "mou", "memorandum of understanding"
        BAA = "baa", "business associate agreement"
        QSOA = "qsoa", "qualified service organization agreement"
        INFORMATION_EXCHANGE = "information_exchange", "information exchange agreement"
        DUA = "dua", "data use agreement"

    code = models.SlugField(max_length=40, unique=True)
    kind = models.CharField(max_length=24, choices=Kind.choices)
    parties = models.ManyToManyField(Agency, related_name="agreements")
    categories = ArrayField(models.CharField(max_length=2, choices=Category.choices), default=list)
    effective_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    document_ref = models.CharField(max_length=200, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="agreement_expires_after_it_takes_effect", condition=Q(expires_at__gt=F("effective_at"))
            )
        ]


class PolicyPack(Recorded):
    """One version of a state's rules on consents, as data; it binds once somebody signed it off (6.5).

    Written by `propose_pack` from a file, signed off once in `sign_off_pack`, never changed afterwards. PII: name of
    the counsel. Retention: kept, so that an old consent can be explained.
    """

    code = models.SlugField(max_length=10)
    number = models.PositiveIntegerField("version of the pack")
    title = models.CharField(max_length=120)
    effective_at = models.DateTimeField()
    rules = models.JSONField(default=dict)
    counsel = models.CharField(max_length=120, blank=True, help_text="Who read the law for it.")
    signed_off_by = models.ForeignKey("Member", models.PROTECT, null=True, related_name="+")
    signed_off_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["code", "number"], name="a_version_of_a_pack_exists_once"),
            models.CheckConstraint(
                name="a_signed_off_pack_names_who_answers_for_it",
                condition=Q(signed_off_at__isnull=True)
                | Q(signed_off_by__isnull=False, signed_off_at__isnull=False) & ~Q(counsel=""),
            ),
        ]


class MemberManager(UserManager["Member"]):
    """Django's user manager without its e-mail field."""

    def create_user(  # type: ignore[override]  # no e-mail address is kept
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

    Written by administrators and the county import. `is_superuser` administers the site and opens nothing
    about a person. PII: name of staff. Retention: kept; a user name is never reused (S-11).
    """

    class Status(models.TextChoices):
        INVITED = "invited", "invited"
        ACTIVE = "active", "active"
        SUSPENDED = "suspended", "suspended"
        DEACTIVATED = "deactivated", "deactivated"

    masked = ("password",)

    username = models.CharField(max_length=60, unique=True, validators=[UnicodeUsernameValidator()])
    display_name = models.CharField(max_length=80)
    title = models.CharField(max_length=80, blank=True)
    status = models.CharField(max_length=12, choices=Status.choices, default=Status.ACTIVE)
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
        return self.status == self.Status.ACTIVE

    @cached_property
    def all_memberships(self) -> "list[Membership]":
        """Every membership with its agency; sign-in fills this in the query that loads the member."""
        return list(self.memberships.select_related("agency", "member").order_by("agency__name"))

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


class Team(Recorded):
    """People of one agency who share work; grants on objects go to its group, never to persons.

    Written by administrators. PII: none. Retention: kept.
    """

    agency = models.ForeignKey(Agency, models.PROTECT, related_name="teams")
    name = models.CharField(max_length=80)
    group = models.OneToOneField(Group, models.PROTECT, related_name="team")
    takes_referrals = models.BooleanField(default=False, help_text="Linkages to the agency arrive here.")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["agency", "name"], name="team_names_are_unique_in_an_agency"),
            models.UniqueConstraint(
                fields=["agency"],
                condition=Q(takes_referrals=True),
                name="one_team_of_an_agency_takes_referrals",
            ),
        ]
