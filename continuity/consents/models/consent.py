from datetime import datetime

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q, TextField
from django.db.models.functions import Cast, Coalesce, Right

from continuity.agencies.models import PURPOSE_CHOICES, Agency, Category, Member
from continuity.consents.standing import SOON, Life, Standing, standing
from continuity.people.models import AboutPerson, Person
from continuity.trail.models import Recorded

# A draft may still be wrong in any way; what it may not be is proposed.
_UNFINISHED = Q(status__in=["draft", "entered_in_error"])


def _ends_after(at: datetime) -> Q:
    return Q(expires_at__gt=at) | Q(expires_at__isnull=True) & ~Q(expiry_event="")


class ConsentQuerySet(models.QuerySet["Consent"]):
    def in_force(self, at: datetime) -> "ConsentQuerySet":
        """Consents that may be relied on at `at`: evaluated on every read, never stored (L-10, P-18)."""
        return self.filter(
            _ends_after(at),
            status=Consent.Status.ACTIVE,
            suspended_at__isnull=True,
            starts_at__lte=at,
            signed_at__lte=at,
        )

    def unasked_since(self, latest: datetime, at: datetime) -> "ConsentQuerySet":
        """Consents in force that an event ends, and whether it happened nobody asked after `latest` (P-18).

        Carries `asked_at`: when it was asked last, or when the consent began.
        """
        by_event = self.in_force(at).filter(expiry_event__gt="").exclude(expiry_event="none")
        asked = by_event.annotate(asked_at=Coalesce(F("event_asked_at"), F("starts_at")))
        return asked.filter(asked_at__lte=latest)

    def standing_as(self, wanted: Standing, at: datetime) -> "ConsentQuerySet":
        """Consents whose badge says `wanted` at `at`; `standing.standing` says the same of one (L-10, P-18)."""
        status = Consent.Status
        if wanted in status.values:
            return (
                self.filter(status=wanted)
                if wanted is not Standing.ACTIVE
                else self.in_force(at).filter(_ends_after(at + SOON))
            )
        if wanted in (Standing.REVOKED, Standing.SUPERSEDED, Standing.INVALIDATED):
            return self.filter(status=status.INACTIVE, inactive_reason=wanted)
        active = self.filter(status=status.ACTIVE)
        if wanted is Standing.EXPIRED:
            over = active.exclude(_ends_after(at))
            return self.filter(
                Q(status=status.INACTIVE, inactive_reason=wanted) | Q(pk__in=over.values("pk"))
            )
        if wanted is Standing.EXPIRING:
            return self.in_force(at).filter(expires_at__lte=at + SOON)
        lasting = active.filter(_ends_after(at))
        if wanted is Standing.SUSPENDED:
            return lasting.filter(suspended_at__isnull=False)
        return lasting.filter(suspended_at__isnull=True).exclude(starts_at__lte=at, signed_at__lte=at)


class Consent(AboutPerson):
    """A person's written permission: the elements of 42 CFR 2.31 (L-6) and 45 CFR 164.508(c) (L-18) as fields.

    Written by the verbs of this floor and the county import. Never holds what was treated, only what may be told.
    PII: signer, evidence. Retention: 7 years after it became inactive.
    """

    class Instrument(models.TextChoices):
        HIPAA_AUTHORIZATION = "hipaa_authorization", "HIPAA authorization"
        PART2_CONSENT = "part2_consent", "42 CFR Part 2 consent"
        PART2_TPO = "part2_tpo", "42 CFR Part 2 single TPO consent"
        COMBINED = "combined_hipaa_part2", "combined HIPAA and Part 2"
        STATE_FORM = "state_form", "state form"

    class Status(models.TextChoices):
        DRAFT = "draft", "draft"
        PROPOSED = "proposed", "proposed"
        ACTIVE = "active", "active"
        REJECTED = "rejected", "rejected"
        INACTIVE = "inactive", "inactive"
        ENTERED_IN_ERROR = "entered_in_error", "entered in error"

    class InactiveReason(models.TextChoices):
        REVOKED = "revoked", "revoked"
        EXPIRED = "expired", "expired"
        SUPERSEDED = "superseded", "superseded"
        INVALIDATED = "invalidated", "invalidated"

    class Window(models.TextChoices):
        PAST_CONTACTS = "past_contacts", "earlier and later records"
        FROM_SIGNING = "from_signing", "records from the signing on"
        SPECIFIC_CONTACTS = "specific_contacts", "the named contacts only"

    class SignerCapacity(models.TextChoices):
        SELF = "self", "the person"
        PARENT = "parent", "parent"
        GUARDIAN = "guardian", "guardian"
        HEALTHCARE_AGENT = "healthcare_agent", "health-care agent"
        COURT_APPOINTED = "court_appointed", "court-appointed"
        DPOA = "dpoa", "durable power of attorney"

    class SignatureMethod(models.TextChoices):
        INK_SCANNED = "ink_scanned", "ink, scanned"
        ELECTRONIC_IN_PERSON = "electronic_in_person", "electronic, in person"
        ELECTRONIC_REMOTE = "electronic_remote", "electronic, remote"
        HELD_BY_SOURCE = "held_by_source", "on paper with the agency that handed the file over"

    class Context(models.TextChoices):
        CLINIC = "clinic", "clinic"
        HOME_VISIT = "home_visit", "home visit"
        PHONE_REMOTE_ESIGN = "phone_remote_esign", "phone with remote signature"
        FACILITY = "facility", "facility"
        FIELD_AFTER_CRISIS = "field_after_crisis", "field, after the crisis"
        ON_HOLD = "on_hold", "on a hold"
        IN_CUSTODY = "in_custody", "in custody"

    # Only these carry the elements of 42 CFR 2.31; nothing else opens Part 2 data.
    PART2_INSTRUMENTS = (Instrument.PART2_CONSENT, Instrument.PART2_TPO, Instrument.COMBINED)

    masked = (
        "signer_name",
        "witness_name",
        "authority_document",
        "interpreter",
        "ended_note",
        "information_description",
        "disclosing_description",
        "purpose_text",
        "shown_text",
        "suspended_note",
    )

    person = models.ForeignKey(Person, models.PROTECT, related_name="consents")
    custodian = models.ForeignKey(Agency, models.PROTECT, related_name="+", help_text="Who keeps the paper.")
    external_id = models.CharField(max_length=60, blank=True)
    instrument = models.CharField(max_length=24, choices=Instrument.choices)
    status = models.CharField(max_length=16, choices=Status.choices, default=Status.DRAFT)
    # L-6 elements 2 and 3: who may disclose, and what.
    disclosing_agencies = models.ManyToManyField(Agency, related_name="+")
    disclosing_description = models.CharField(max_length=200, blank=True)
    information_description = models.TextField(blank=True, help_text="As shown to the person.")
    categories = ArrayField(models.CharField(max_length=2, choices=Category.choices), default=list)
    existence_may_be_confirmed = models.BooleanField(default=False)
    part2_included = models.BooleanField("SUD records included", default=False)
    record_window = models.CharField(max_length=20, choices=Window.choices, default=Window.PAST_CONTACTS)
    # L-6 element 5.
    purposes = ArrayField(models.CharField(max_length=24, choices=PURPOSE_CHOICES), default=list)
    purpose_text = models.CharField(max_length=200, blank=True)
    # L-6 elements 6, 7, 10 and L-18: statements and the end.
    starts_at = models.DateTimeField()
    expires_at = models.DateTimeField(null=True, blank=True)
    expiry_event = models.CharField(max_length=120, blank=True)
    revocation_method = models.CharField(max_length=200, blank=True)
    states_right_to_revoke = models.BooleanField(default=False)
    states_reliance_exception = models.BooleanField(default=False)
    states_no_conditioning = models.BooleanField(default=False)
    states_redisclosure_risk = models.BooleanField(default=False)
    states_tpo_redisclosure = models.BooleanField(default=False)
    states_refusal_consequence = models.BooleanField(default=False)
    # L-9: neither may ride along; a form that covers one never becomes active here.
    covers_counselling_notes = models.BooleanField(default=False)
    covers_proceedings = models.BooleanField(default=False)
    form_template = models.CharField(max_length=60, blank=True)
    form_version = models.CharField(max_length=20, blank=True)
    form_language = models.CharField(max_length=35, blank=True)
    shown_text = models.TextField(blank=True, help_text="The whole form, as the person was shown it.")
    proposed_at = models.DateTimeField(null=True, help_text="When this form was put before the person.")
    interpreter = models.CharField(max_length=80, blank=True)
    # L-6 elements 8 and 9, L-28: the signature and who may give it.
    signer_name = models.CharField(max_length=120, blank=True)
    signer_capacity = models.CharField(
        max_length=20, choices=SignerCapacity.choices, default=SignerCapacity.SELF
    )
    authority_document = models.CharField(max_length=200, blank=True)
    signature_method = models.CharField(max_length=24, choices=SignatureMethod.choices, blank=True)
    signed_at = models.DateTimeField(null=True, blank=True)
    signed_document_ref = models.CharField(max_length=200, blank=True)
    signed_document_sha256 = models.CharField(max_length=64, blank=True)
    witness_name = models.CharField(max_length=120, blank=True)
    copy_given_at = models.DateTimeField(null=True, blank=True)
    collected_by = models.ForeignKey(Member, models.PROTECT, null=True, related_name="+")
    collection_context = models.CharField(max_length=20, choices=Context.choices, blank=True)
    capacity_attested_by = models.ForeignKey(Member, models.PROTECT, null=True, related_name="+")
    releasing_member = models.ForeignKey(
        Member, models.PROTECT, null=True, blank=True, related_name="+", help_text="W&I 5328.7: who releases."
    )
    clinician_approved_by = models.ForeignKey(Member, models.PROTECT, null=True, related_name="+")
    clinician_approved_at = models.DateTimeField(null=True, blank=True)
    verified_by = models.ForeignKey(Member, models.PROTECT, null=True, related_name="+")
    pack = models.CharField(
        max_length=20, blank=True, help_text="Policy pack it was judged by, as code-version."
    )
    # How it ended, or is about to.
    suspended_at = models.DateTimeField(null=True, blank=True)
    suspended_by = models.ForeignKey(Member, models.PROTECT, null=True, related_name="+")
    suspended_note = models.CharField(max_length=300, blank=True)
    event_asked_at = models.DateTimeField(
        null=True, help_text="When somebody last said that the event had not happened."
    )
    inactive_reason = models.CharField(max_length=12, choices=InactiveReason.choices, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)
    ended_by = models.ForeignKey(Member, models.PROTECT, null=True, related_name="+")
    ended_note = models.CharField(max_length=300, blank=True)
    superseded_by = models.ForeignKey("self", models.PROTECT, null=True, related_name="supersedes")

    objects = ConsentQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(fields=["person"], name="consent_active_of_person", condition=Q(status="active")),
            models.Index(fields=["custodian", "-id"], name="consents_of_a_custodian"),
            models.Index(fields=["custodian", "status", "expires_at"], name="consents_by_their_end"),
            models.Index(fields=["custodian", "expiry_event"], name="consents_by_their_event"),
            models.Index(
                fields=["custodian", "suspended_at"],
                name="consents_suspended",
                condition=Q(suspended_at__isnull=False),
            ),
            models.Index(Right(Cast("id", TextField()), 12), name="consent_by_its_number"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["custodian", "external_id"],
                condition=~Q(external_id=""),
                name="a_consent_of_a_file_exists_once",
            ),
            models.CheckConstraint(
                name="an_active_consent_is_signed_and_scoped",
                condition=~Q(status="active")
                | Q(signed_at__isnull=False, categories__len__gt=0, purposes__len__gt=0),
            ),
            models.CheckConstraint(
                # P-18 and L-6 element 7: an end or an event; "none" is for TPO alone, stated as the event "none".
                name="an_active_consent_has_an_end",
                condition=~Q(status="active") | Q(expires_at__isnull=False) | ~Q(expiry_event=""),
            ),
            models.CheckConstraint(
                name="only_a_tpo_consent_has_no_end",
                condition=_UNFINISHED | ~Q(expiry_event="none") | Q(instrument="part2_tpo"),
            ),
            models.CheckConstraint(
                name="a_consent_ends_after_it_starts",
                condition=_UNFINISHED | Q(expires_at__isnull=True) | Q(expires_at__gt=F("starts_at")),
            ),
            models.CheckConstraint(
                name="an_inactive_consent_says_why_and_since_when",
                condition=Q(status="inactive", ended_at__isnull=False) & ~Q(inactive_reason="")
                | ~Q(status="inactive") & Q(ended_at__isnull=True, inactive_reason=""),
            ),
            models.CheckConstraint(
                name="only_a_part2_instrument_includes_part2",
                condition=_UNFINISHED
                | Q(part2_included=False)
                | Q(instrument__in=["part2_consent", "part2_tpo", "combined_hipaa_part2"])
                | Q(signature_method="held_by_source"),
            ),
            models.CheckConstraint(
                # L-9: neither rides along with anything that is relied on.
                name="an_active_consent_covers_no_notes_and_no_proceedings",
                condition=~Q(status="active") | Q(covers_counselling_notes=False, covers_proceedings=False),
            ),
            models.CheckConstraint(
                name="a_representative_shows_authority",
                condition=~Q(status="active")
                | Q(signer_capacity="self")
                | ~Q(authority_document="")
                | Q(signature_method="held_by_source"),
            ),
        ]

    def is_in_force(self, at: datetime) -> bool:
        """Whether this consent may be relied on at `at` (the one-row form of `in_force`)."""
        ends_later = self.expires_at > at if self.expires_at else bool(self.expiry_event)
        return (
            self.status == self.Status.ACTIVE
            and self.suspended_at is None
            and self.starts_at <= at
            and self.signed_at is not None
            and self.signed_at <= at
            and ends_later
        )

    def standing(self, at: datetime) -> Standing:
        """How the consent stands at `at`, as its badge says it."""
        life = Life(
            self.status,
            self.inactive_reason,
            self.suspended_at,
            self.starts_at,
            self.signed_at,
            self.expires_at,
            self.expiry_event,
        )
        return standing(life, at)

    @property
    def number(self) -> str:
        """What is printed on the form, so that a paper finds its row: the random end of the id."""
        tail = self.pk.hex[-12:].upper()
        return f"{tail[:4]}-{tail[4:8]}-{tail[8:]}"

    @property
    def opens_part2(self) -> bool:
        """Whether Part 2 data may leave on it: ticked, on a Part 2 instrument, with its elements on file (L-10)."""
        return (
            self.part2_included
            and self.instrument in self.PART2_INSTRUMENTS
            and self.signature_method != self.SignatureMethod.HELD_BY_SOURCE
        )


class ConsentRecipient(Recorded):
    """One party to whom the consent lets information go, and which part of it; may be revoked alone (L-12).

    Written with its consent. PII: a named third party. Retention: with the consent.
    """

    class Kind(models.TextChoices):
        AGENCY = "agency", "an agency by name"
        MEMBER = "member", "a person by name"
        # L-7: never reaches police or dispatch, whatever a form says.
        TREATING_PROVIDERS = "treating_providers", "the class of treating providers"
        THIRD_PARTY = "third_party", "a named third party"

    masked = ("third_party_name", "revoked_note")

    consent = models.ForeignKey(Consent, models.PROTECT, related_name="recipients")
    kind = models.CharField(max_length=20, choices=Kind.choices)
    agency = models.ForeignKey(Agency, models.PROTECT, null=True, related_name="+")
    member = models.ForeignKey(Member, models.PROTECT, null=True, related_name="+")
    third_party_name = models.CharField(max_length=120, blank=True)
    categories = ArrayField(models.CharField(max_length=2, choices=Category.choices), default=list)
    may_redisclose = models.BooleanField(default=False)
    revoked_at = models.DateTimeField(null=True, blank=True)
    revoked_by = models.ForeignKey(Member, models.PROTECT, null=True, related_name="+")
    revoked_note = models.CharField(max_length=300, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="a_recipient_is_who_its_kind_says",
                condition=Q(kind="agency", agency__isnull=False, member__isnull=True)
                | Q(kind="member", member__isnull=False, agency__isnull=True)
                | Q(kind="treating_providers", agency__isnull=True, member__isnull=True)
                | Q(kind="third_party", agency__isnull=True, member__isnull=True) & ~Q(third_party_name=""),
            ),
            models.UniqueConstraint(
                fields=["consent", "agency"],
                condition=Q(agency__isnull=False),
                name="an_agency_is_recipient_once",
            ),
        ]


class ConsentContact(models.Model):
    """A contact that a consent with the window `specific_contacts` names.

    Written with its consent; holds the id only, because contacts live beside consents, not below. PII: none.
    Retention: with the consent.
    """

    consent = models.ForeignKey(Consent, models.PROTECT, related_name="specific_contacts")
    contact_id = models.UUIDField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["consent", "contact_id"], name="a_contact_is_named_once")
        ]

    def __str__(self) -> str:
        return f"consent contact {self.pk}"
