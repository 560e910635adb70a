from datetime import date
from uuid import uuid4

from django.db import models
from django.db.models import F, Q
from guardian.models import UserObjectPermissionBase

from continuity.agencies.models import Agency
from continuity.trail.models import Recorded


class Person(Recorded):
    """One person in the county-wide index; it has no custodian and says nothing about care.

    Written by `people.services`. Never holds a photograph, a social security number or race (domain 5.3).
    PII: birth date, language, how to be reached safely. Retention: as long as any record about the person.
    """

    class Precision(models.TextChoices):
        YEAR = "y", "year"
        MONTH = "ym", "month"
        DAY = "ymd", "day"

    class IdentityStatus(models.TextChoices):
        UNKNOWN = "unknown", "unknown"
        ASSERTED = "asserted", "asserted"
        VERIFIED = "verified", "verified"

    class Confidentiality(models.TextChoices):
        NORMAL = "normal", "normal"
        RESTRICTED = "restricted", "restricted"
        VERY_RESTRICTED = "very_restricted", "very restricted"

    masked = ("birth_date", "communication_needs")

    # Not time-ordered like the others: an agency that is handed the id must not read from it how long the county has
    # known the person (P-2, P-3).
    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    birth_date = models.DateField(null=True, blank=True)
    birth_date_precision = models.CharField(max_length=3, choices=Precision.choices, default=Precision.DAY)
    birth_date_estimated = models.BooleanField(default=False)
    sex = models.CharField(max_length=20, blank=True, help_text="As recorded.")
    pronouns = models.CharField(max_length=30, blank=True)
    language = models.CharField(max_length=35, blank=True, help_text="BCP 47.")
    interpreter_needed = models.BooleanField(default=False)
    communication_needs = models.CharField(max_length=200, blank=True)
    safe_to_call = models.BooleanField(null=True, help_text="Unknown when empty (P-12).")
    safe_to_leave_message = models.BooleanField(null=True, help_text="Unknown when empty (P-12).")
    deceased_date = models.DateField(null=True, blank=True)
    identity_status = models.CharField(
        max_length=10, choices=IdentityStatus.choices, default=IdentityStatus.ASSERTED
    )
    confidentiality = models.CharField(
        max_length=16, choices=Confidentiality.choices, default=Confidentiality.NORMAL
    )
    replaced_by = models.ForeignKey("self", models.PROTECT, null=True, blank=True, related_name="replaces")

    class Meta:
        verbose_name_plural = "people"
        permissions = [("see_person", "is named staff of a restricted person")]
        constraints = [
            models.CheckConstraint(
                name="person_is_not_replaced_by_itself", condition=~Q(replaced_by=F("id"))
            ),
        ]

    @property
    def exact_birth_date(self) -> date | None:
        """The birth date when it is known to the day; None when it is partial or a guess."""
        exact = self.birth_date_precision == self.Precision.DAY and not self.birth_date_estimated
        return self.birth_date if exact else None


class PersonStaffGrant(UserObjectPermissionBase):
    """That a member is named staff of a restricted person (domain 6.4), in the name of one privacy office.

    Written by `agencies.grants`, recorded by the verb. PII: that a relation exists. Retention: until it is taken back.
    """

    content_object = models.ForeignKey(Person, models.CASCADE)
    named_by = models.ForeignKey(
        Agency, models.PROTECT, related_name="+", help_text="Whose privacy office named the member."
    )

    class Meta(UserObjectPermissionBase.Meta):
        abstract = False
        unique_together = [("user", "permission", "content_object", "named_by")]

    def __str__(self) -> str:
        return f"person grant {self.pk}"


class PersonFact(Recorded):
    """Something that an agency says of a person; it carries the agency it came from."""

    person = models.ForeignKey(Person, models.PROTECT, related_name="%(class)s_set")
    source = models.ForeignKey(Agency, models.PROTECT, related_name="+")

    class Meta(Recorded.Meta):
        abstract = True


class PersonName(PersonFact):
    """A name the person goes or went by, as one agency has it.

    Written by `people.services`. PII: name. Retention: with the person.
    """

    class Use(models.TextChoices):
        OFFICIAL = "official", "official"
        PREFERRED = "preferred", "preferred"
        NICKNAME = "nickname", "nickname"
        FORMER = "former", "former"
        ALIAS = "alias", "alias"

    masked = ("first", "middle", "last")

    use = models.CharField(max_length=10, choices=Use.choices, default=Use.OFFICIAL)
    first = models.CharField(max_length=80, blank=True)
    middle = models.CharField(max_length=80, blank=True)
    last = models.CharField(max_length=80)
    suffix = models.CharField(max_length=10, blank=True)


class PersonIdentifier(PersonFact):
    """A number that some system knows the person by. Only a verified one identifies.

    Written by `people.services`. Never holds a social security number. PII: identifier. Retention: with the person.
    """

    class Type(models.TextChoices):
        MEDICAL_RECORD = "MR", "medical record number"
        PATIENT_INTERNAL = "PI", "patient internal identifier"
        MEDICAID = "MA", "Medicaid number"
        DRIVERS_LICENSE = "DL", "driver's license"
        JAIL = "PT", "booking number"
        OTHER = "OTHER", "other"

    masked = ("value",)

    type = models.CharField(max_length=5, choices=Type.choices, default=Type.OTHER)
    system = models.CharField(max_length=80, blank=True)
    value = models.CharField(max_length=60)
    verified_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["person", "system", "value"], name="a_person_has_an_identifier_once"
            )
        ]


class PersonPhone(PersonFact):
    """A telephone number of the person. Shared phones are common: a number alone identifies nobody (D-2).

    Written by `people.services`. PII: telephone number. Retention: with the person.
    """

    masked = ("number",)

    number = models.CharField(max_length=20, db_index=True)
    is_shared = models.BooleanField(default=False)


class PersonAddress(PersonFact):
    """Where the person lives or can be found. Never shown in a look-up.

    Written by `people.services`. PII: address. Retention: with the person.
    """

    masked = ("line", "city", "postal_code")

    line = models.CharField(max_length=120, blank=True)
    city = models.CharField(max_length=60, blank=True)
    state = models.CharField(max_length=2, blank=True)
    postal_code = models.CharField(max_length=10, blank=True)


class PersonAgency(models.Model):
    """That an agency has a record of its own about the person: its "own people".

    Written in the same transaction as the agency's first record. PII: that a relation exists. Retention: with it.
    """

    person = models.ForeignKey(Person, models.PROTECT, related_name="person_agencies")
    agency = models.ForeignKey(Agency, models.PROTECT, related_name="person_agencies")
    since = models.DateTimeField(auto_now_add=True)
    was_told_of_death = models.BooleanField(
        default=False, help_text="Knew the person when their death was written down."
    )

    class Meta:
        verbose_name_plural = "person agencies"
        constraints = [
            models.UniqueConstraint(fields=["person", "agency"], name="a_person_is_known_to_an_agency_once")
        ]

    def __str__(self) -> str:
        return f"person agency {self.pk}"


class SourceRecord(models.Model):
    """Under which id a county's file knows a person: so that reading the file twice makes one person.

    Written by the county import. PII: a foreign id. Retention: with the person.
    """

    file_id = models.CharField(max_length=60, unique=True)
    person = models.ForeignKey(Person, models.PROTECT, related_name="source_records")

    def __str__(self) -> str:
        return f"source record {self.pk}"


class MatchKey(models.Model):
    """A keyed hash under which a person is found; kept in the transaction of every change of names or ids.

    Written by `people.services.rekey`. PII: none readable (keyed hashes). Retention: with the person.
    """

    person = models.ForeignKey(Person, models.CASCADE, related_name="match_keys")
    key = models.BigIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["key", "person"], name="a_key_leads_to_a_person_once"),
        ]

    def __str__(self) -> str:
        return f"match key {self.pk}"
