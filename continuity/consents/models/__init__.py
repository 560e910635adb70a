"""The rows of this floor: the permission itself, and what proves that it was offered and signed."""

from continuity.consents.models.consent import Consent, ConsentContact, ConsentQuerySet, ConsentRecipient
from continuity.consents.models.evidence import ConsentOffer, ConsentOfferQuerySet, SignedDocument

__all__ = [
    "Consent",
    "ConsentContact",
    "ConsentOffer",
    "ConsentOfferQuerySet",
    "ConsentQuerySet",
    "ConsentRecipient",
    "SignedDocument",
]
