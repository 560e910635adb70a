"""Agencies, the agreements between them, the rules of their states, and their teams."""

from datetime import date, datetime, time, timedelta
from typing import ClassVar
from zoneinfo import ZoneInfo

from django.contrib.auth.models import Group
from django.contrib.postgres.fields import ArrayField
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import F, Q

from continuity.trail.models import Recorded


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
