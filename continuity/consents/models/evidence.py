from datetime import datetime

from django.db import models
from django.db.models import Exists, OuterRef, Q

from continuity.agencies.models import Agency, Member
from continuity.consents.models.consent import Consent
from continuity.people.models import AboutPerson, Person
from continuity.sealing import SealedBinaryField
from continuity.trail.models import Recorded


class ConsentOfferQuerySet(models.QuerySet["ConsentOffer"]):
    def due(self, at: datetime) -> "ConsentOfferQuerySet":
        """Offers to be made again; not to the dead, nor to whoever has signed since: without nagging (P-9)."""
        signed = Consent.objects.filter(
            person=OuterRef("person"),
            custodian=OuterRef("agency"),
            status=Consent.Status.ACTIVE,
            signed_at__gt=OuterRef("offered_at"),
        )
        return self.filter(~Exists(signed), offer_again_at__lte=at, person__deceased_date__isnull=True)


class ConsentOffer(AboutPerson):
    """That a person was offered a consent, and what came of it: proof of the opportunity, without nagging (P-9).

    Written by `record_offer`. A refusal is written neutrally and never leaves the agency.
    PII: note. Retention: 7 years.
    """

    class Outcome(models.TextChoices):
        OFFERED = "offered", "offered, still thinking"
        DECLINED = "declined", "declined"
        UNABLE_NOW = "unable_now", "unable to consent now"
        ACCEPTED = "accepted", "accepted"

    masked = ("note",)

    person = models.ForeignKey(Person, models.PROTECT, related_name="consent_offers")
    agency = models.ForeignKey(Agency, models.PROTECT, related_name="+")
    offered_at = models.DateTimeField()
    offered_by = models.ForeignKey(Member, models.PROTECT, related_name="+")
    outcome = models.CharField(max_length=12, choices=Outcome.choices)
    context = models.CharField(max_length=20, choices=Consent.Context.choices)
    language = models.CharField(max_length=35, blank=True)
    note = models.CharField(max_length=300, blank=True)
    offer_again_at = models.DateTimeField(null=True, blank=True)
    consent = models.ForeignKey(Consent, models.PROTECT, null=True, related_name="offers")

    objects = ConsentOfferQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(
                fields=["agency", "offer_again_at"],
                name="offers_to_be_made_again",
                condition=Q(offer_again_at__isnull=False),
            ),
        ]


class SignedDocument(Recorded):
    """A scan or file that proves a signature, an authority or a revocation; its bytes are sealed (164.508(b)(6), S-13).

    Written by `attach_document`, read by `open_document` alone, which writes the ledger. PII: all of it.
    Retention: 7 years after the consent ended.
    """

    class Kind(models.TextChoices):
        SIGNED_FORM = "signed_form", "signed form"
        AUTHORITY = "authority", "authority of whoever signed"
        REVOCATION = "revocation", "written revocation"

    class MediaType(models.TextChoices):
        PDF = "application/pdf", "PDF"
        PNG = "image/png", "PNG"
        JPEG = "image/jpeg", "JPEG"

    unrecorded = ("content",)  # `sha256` says that it is what it was

    consent = models.ForeignKey(Consent, models.PROTECT, related_name="documents")
    kind = models.CharField(max_length=12, choices=Kind.choices)
    media_type = models.CharField(max_length=20, choices=MediaType.choices)
    size = models.PositiveIntegerField(help_text="Bytes, before sealing.")
    sha256 = models.CharField(max_length=64)
    content = SealedBinaryField()
    attached_by = models.ForeignKey(Member, models.PROTECT, related_name="+")
    attached_at = models.DateTimeField()
