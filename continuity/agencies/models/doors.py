"""Whom an agency lets in besides members with a password: its identity provider, its programs, its stations."""

from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from oauth2_provider.models import Application

from continuity.agencies.models.members import Membership
from continuity.agencies.models.organisation import Agency
from continuity.sealing import SealedBinaryField
from continuity.trail.models import Recorded


class IdentityProvider(Recorded):
    """An agency's own OpenID Connect provider, for members with an address in one of its domains.

    Written by administrators of the agency. Roles come from the provider's groups where they are mapped; a second
    factor counts only when the provider's claims name one of `strong_methods` or `strong_contexts` (S-1). PII: none.
    Retention: kept.
    """

    masked = ("client_secret",)

    agency = models.ForeignKey(Agency, models.PROTECT, related_name="identity_providers")
    slug = models.SlugField(max_length=40, unique=True, help_text="In the address of its sign-in.")
    name = models.CharField(max_length=80, help_text="On the button: Sign in with ...")
    issuer = models.URLField(max_length=200, help_text="Without /.well-known/openid-configuration.")
    client_id = models.CharField(max_length=200)
    client_secret = SealedBinaryField(default=bytes)
    domains = ArrayField(models.CharField(max_length=120), help_text="E-mail domains, in small letters.")
    may_create = models.BooleanField(
        "creates accounts", default=False, help_text="Somebody unknown gets an account with the mapped roles."
    )
    role_claim = models.CharField(max_length=80, default="groups", blank=True)
    role_map = models.JSONField(
        default=dict, blank=True, help_text='{"group at the provider": ["role", ...]}'
    )
    strong_methods = ArrayField(
        models.CharField(max_length=40),
        default=list,
        blank=True,
        help_text="Values of amr that prove a second factor, such as mfa, otp or hwk (RFC 8176).",
    )
    strong_contexts = ArrayField(
        models.CharField(max_length=200), default=list, blank=True, help_text="Values of acr that prove it."
    )
    is_active = models.BooleanField(default=True)


class MachineClient(Recorded):
    """A program of an agency that proves who it is with a signed assertion (RFC 7523, SMART Backend Services).

    Written by administrators of the agency. Bound to the membership of a service member; its scopes only narrow what
    that membership, or the person it says it acts for, may do. Public keys only. PII: none. Retention: kept.
    """

    name = models.CharField(max_length=80)
    application = models.OneToOneField(Application, models.PROTECT, related_name="machine")
    membership = models.OneToOneField(Membership, models.PROTECT, related_name="machine")
    jwks = models.JSONField(
        "public keys", help_text="A JSON Web Key Set; one key more while keys are rotated."
    )
    scopes = ArrayField(models.CharField(max_length=60), default=list)
    may_act_for_members = models.BooleanField(
        default=False,
        help_text="May say for which member of its agency it asks; the gate judges that member.",
    )
    suspended_at = models.DateTimeField(null=True, blank=True)
    last_used_at = models.DateTimeField(null=True, blank=True)

    unrecorded = ("last_used_at",)


class StationClass(Recorded):
    """Devices of an agency, known by the networks they come from, and after how many idle minutes they lock (S-4).

    A terminal in a criminal-justice vehicle and a dispatch desk in a secure place need not lock after 30 minutes; no
    session lasts longer than 12 hours. Written by administrators of the agency. PII: none. Retention: kept.
    """

    class Kind(models.TextChoices):
        DESK = "desk", "desk"
        PHONE = "phone", "phone"
        VEHICLE = "vehicle", "terminal in a vehicle"
        DISPATCH = "dispatch", "dispatch desk in a secure place"

    EXEMPT: ClassVar = frozenset({Kind.VEHICLE, Kind.DISPATCH})

    agency = models.ForeignKey(Agency, models.PROTECT, related_name="station_classes")
    name = models.CharField(max_length=80)
    kind = models.CharField(max_length=8, choices=Kind.choices)
    networks = ArrayField(
        models.CharField(max_length=43),
        default=list,
        blank=True,
        help_text="As 192.0.2.0/24 or 2001:db8::/48, with commas between; empty: not used any more.",
    )
    idle_minutes = models.PositiveSmallIntegerField(validators=[MinValueValidator(1), MaxValueValidator(720)])

    class Meta:
        verbose_name_plural = "station classes"
        constraints = [
            models.CheckConstraint(
                name="only_vehicles_and_dispatch_stay_open_longer_than_30_minutes",
                condition=Q(idle_minutes__gte=1, idle_minutes__lte=30)
                | Q(kind__in=["vehicle", "dispatch"], idle_minutes__lte=720),
            )
        ]
