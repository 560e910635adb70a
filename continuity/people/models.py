from datetime import date
from uuid import uuid4

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from guardian.models import UserObjectPermissionBase

from continuity.agencies.models import Agency, Membership
from continuity.ids import uuid7
from continuity.sealing import SealedTextField
from continuity.trail.digests import DigestField
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
    replaced_by = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="replaces", editable=False
    )
    replaced_at = models.DateTimeField(
        null=True, editable=False, help_text="Since when it stands for another."
    )
    identity_doubted_at = models.DateTimeField(
        null=True,
        editable=False,
        help_text="Since when an unmerge is asked for: nothing goes to other agencies.",
    )

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


class AboutPerson(Recorded):
    """A record about one person, with a foreign key `person`: what a merge moves to the survivor, and an unmerge back.

    `origin` is the person it was recorded for where that is another than the one it now belongs to; the database
    sends what is written for a merged person to the survivor in the same way.
    """

    origin = models.ForeignKey(Person, models.PROTECT, null=True, editable=False, related_name="+")

    class Meta(Recorded.Meta):
        abstract = True


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


class PersonFact(AboutPerson):
    """Something that an agency says of a person; it carries the agency it came from."""

    person = models.ForeignKey(Person, models.PROTECT, related_name="%(class)s_set")
    source = models.ForeignKey(Agency, models.PROTECT, related_name="+")

    class Meta(AboutPerson.Meta):
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

    Written by `people.services`. Sealed; `value_digest` is its keyed hash, by which the database knows it again. Never
    holds a social security number. PII: identifier. Retention: with the person.
    """

    class Type(models.TextChoices):
        MEDICAL_RECORD = "MR", "medical record number"
        PATIENT_INTERNAL = "PI", "patient internal identifier"
        MEDICAID = "MA", "Medicaid number"
        DRIVERS_LICENSE = "DL", "driver's license"
        JAIL = "PT", "booking number"
        OTHER = "OTHER", "other"

    masked = ("value",)
    unrecorded = ("value_digest",)

    type = models.CharField(max_length=5, choices=Type.choices, default=Type.OTHER)
    system = models.CharField(max_length=80, blank=True)
    value = SealedTextField(max_length=60)
    value_digest = DigestField(of="value")
    verified_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["person", "system", "value_digest", "origin"],
                nulls_distinct=False,
                name="a_person_has_an_identifier_once",
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


class IdentityCheck(PersonFact):
    """How a member of `source` made sure that the person is who they are said to be (5.3).

    Written by `people.identity`; a person with one is verified. Never holds a document's number or a copy of it.
    PII: that the person was seen, where and when. Retention: with the person.
    """

    class How(models.TextChoices):
        DOCUMENT = "document", "a document with a photograph was seen"
        FINGERPRINT = "fingerprint", "by the fingerprint of a booking"
        KNOWN = "known", "the clinician knows the person"

    how = models.CharField(max_length=11, choices=How.choices)
    checked_by = models.ForeignKey(Membership, models.PROTECT, related_name="+")
    checked_at = models.DateTimeField()


class PersonAgency(models.Model):
    """That an agency has a record of its own about the person: its "own people".

    Written in the same transaction as the agency's first record. PII: that a relation exists. Retention: with it.
    """

    person = models.ForeignKey(Person, models.PROTECT, related_name="person_agencies")
    agency = models.ForeignKey(Agency, models.PROTECT, related_name="person_agencies")
    since = models.DateTimeField(auto_now_add=True)
    origin = models.ForeignKey(
        Person,
        models.PROTECT,
        null=True,
        editable=False,
        related_name="+",
        help_text="Known through a merge with this person.",
    )
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


class DuplicatePair(Recorded):
    """Two people of the index who may be one, found or reported, and what somebody decided (5.3, P-5).

    `first` has the smaller id. "Different" keeps the two apart for good: the pair is not raised again. Written by
    `people.duplicates`. PII: that two people look alike; names of fields, never their values. Retention: with them.
    """

    class FoundBy(models.TextChoices):
        CREATE = "create", "when one of them was registered"
        IMPORT = "import", "in an import"
        SEARCH = "search", "in a search"
        REPORT = "report", "reported by a member"

    class Verdict(models.TextChoices):
        OPEN = "open", "to be decided"
        SAME = "same", "the same person"
        DIFFERENT = "different", "different people"
        NOT_ENOUGH = "not_enough", "not enough to tell"

    first = models.ForeignKey(Person, models.PROTECT, related_name="+")
    second = models.ForeignKey(Person, models.PROTECT, related_name="+")
    grade = models.CharField(max_length=15, help_text="HL7 match-grade when it was found.")
    agreeing = ArrayField(models.CharField(max_length=20), default=list)
    conflicting = ArrayField(models.CharField(max_length=20), default=list)
    found_by = models.CharField(max_length=6, choices=FoundBy.choices)
    found_at = models.DateTimeField()
    verdict = models.CharField(max_length=10, choices=Verdict.choices, default=Verdict.OPEN)
    reason = models.CharField(max_length=300, blank=True)
    decided_by = models.ForeignKey(Membership, models.PROTECT, null=True, related_name="+")
    decided_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index(fields=["found_at"], name="pairs_to_decide", condition=Q(verdict="open"))]
        constraints = [
            models.UniqueConstraint(fields=["first", "second"], name="a_pair_is_raised_once"),
            models.CheckConstraint(name="a_pair_is_ordered", condition=Q(first__lt=F("second"))),
            models.CheckConstraint(
                name="a_verdict_says_who_decided",
                condition=Q(verdict="open", decided_at=None, decided_by=None)
                | Q(decided_at__isnull=False, decided_by__isnull=False) & ~Q(verdict="open"),
            ),
        ]


class PersonToCompare(models.Model):
    """Somebody was registered, or described once more, and is still to be compared with the rest of the index.

    Written in that transaction whether they were new or not, so that it cannot be told by the time it takes (P-3), and
    once for each time, so that nobody waits for a comparison under way. Taken by `people.tasks`. PII: that a person
    exists. Retention: until compared, minutes.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    person = models.ForeignKey(Person, models.PROTECT, related_name="+")
    found_by = models.CharField(max_length=6, choices=DuplicatePair.FoundBy.choices)

    class Meta:
        verbose_name_plural = "people to compare"

    def __str__(self) -> str:
        return f"person to compare {self.pk}"


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

    Rows lie in the order of their keys, and what a person has is in `MatchProfile.keys`. Without a foreign key in the
    database: `people.index` writes them for a person whom it holds locked, and two dozen checks a person cost more
    than the rows. Written by `people.index`. PII: none readable (keyed hashes). Retention: with the person.
    """

    pk = models.CompositePrimaryKey("key", "person_id")
    key = models.BigIntegerField()
    person = models.ForeignKey(
        Person, models.CASCADE, related_name="match_keys", db_constraint=False, db_index=False
    )

    def __str__(self) -> str:
        return f"match key of {self.person_id}"


class MatchProfile(models.Model):
    """What is known of one person in normal form, in one row that is quick to read, and what was made of it.

    `keys` and `terms` are what this person has in `MatchKey` and `TermCount`. `made_with` names secret and method; a
    row of another make is made anew by `rebuild_match_keys`, and until then keeps the keys it had. Somebody who was
    merged has none. Written by `people.index`. PII: names, birth date, sex, telephone numbers, addresses,
    identifiers. Retention: with the person.
    """

    person = models.OneToOneField(Person, models.CASCADE, primary_key=True, related_name="match_profile")
    profile = models.TextField(
        help_text="JSON of matching.Profile without identifiers; empty before it was first made."
    )
    identifiers = SealedTextField(
        blank=True, default="", help_text="JSON: its identifiers, those that were checked."
    )
    keys = ArrayField(models.BigIntegerField(), default=list)
    terms = ArrayField(models.BigIntegerField(), default=list)
    made_with = models.BigIntegerField(db_index=True)

    def __str__(self) -> str:
        return f"match profile of {self.pk}"


class TermCount(models.Model):
    """How many people bear a name: the sum of all rows of its keyed hash. Term 0 counts everybody.

    Rows are added, never changed, so that two registrations of a common name do not wait for each other and a
    rollback takes its own back; `people.index.fold_counts` adds them up. Written by `people.index`.
    PII: none readable (keyed hashes). Retention: as long as somebody bears the name.
    """

    term = models.BigIntegerField()
    people = models.IntegerField()

    class Meta:
        indexes = [models.Index(fields=["term"], include=["people"], name="people_of_a_term")]

    def __str__(self) -> str:
        return f"term count {self.pk}"
