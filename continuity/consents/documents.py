"""Evidence: what a signed paper looks like, sealed; its type is judged by its bytes, never by its name."""

import hashlib
import re
from datetime import datetime
from uuid import UUID

from django.db import transaction

from continuity.agencies.models import Membership
from continuity.agencies.roles import Duty, require
from continuity.consents.models import Consent, SignedDocument
from continuity.consents.rows import locked
from continuity.errors import Conflict, Invalid

LARGEST = 5 * 1024 * 1024  # bytes; a scanned page at 300 dpi is well below one of them
_Type = SignedDocument.MediaType
_BEGINNINGS = ((b"%PDF-", _Type.PDF), (b"\x89PNG\r\n\x1a\n", _Type.PNG), (b"\xff\xd8\xff", _Type.JPEG))
# What makes a PDF do something, or carry something that is no page. What lies compressed is not seen: so nothing is
# ever opened in the browser, it is a file to keep.
_ACTIVE = re.compile(rb"/(JavaScript|Launch|EmbeddedFile|RichMedia|SubmitForm|ImportData)\b")
_ESCAPED = re.compile(rb"#([0-9A-Fa-f]{2})")
# A page of another kind, where readers that go by the first bytes look for one.
_MARKUP = re.compile(rb"<\s*(!doctype|html|script|svg|body|iframe|\?php|\?xml)", re.IGNORECASE)
_SNIFFED = 1024  # bytes


def media_type_of(content: bytes) -> SignedDocument.MediaType | None:
    """What the bytes are: a PDF, a PNG or a JPEG; None for anything else."""
    return next((kind for beginning, kind in _BEGINNINGS if content.startswith(beginning)), None)


def is_more_than_pages(content: bytes) -> bool:
    """Whether the file would run, call or carry something, or is another kind of file as well."""
    if _MARKUP.search(content[:_SNIFFED]):
        return True
    named = _ESCAPED.sub(lambda one: bytes([int(one[1], 16)]), content) if b"#" in content else content
    return media_type_of(content) == _Type.PDF and _ACTIVE.search(named) is not None


@transaction.atomic
def attach_document(
    *, by: Membership, consent_id: UUID, kind: str, content: bytes, at: datetime
) -> SignedDocument:
    """Attach a scan or file to a proposed or active consent; it can be replaced by nothing and deleted by nobody.

    Raises NotAllowed, NotFound; Conflict when the consent is a draft or over (a written revocation may
    follow); Invalid for an empty, too large or unreadable file and for one that holds more than pages.
    """
    require(by.roles, Duty.COLLECT_CONSENT)
    consent = locked(by, consent_id)
    # The letter that papers a spoken stop may arrive when the consent has ended already.
    late_letter = consent.status == Consent.Status.INACTIVE and kind == SignedDocument.Kind.REVOCATION
    if consent.status not in (Consent.Status.PROPOSED, Consent.Status.ACTIVE) and not late_letter:
        raise Conflict("not_open", "Documents are attached to consents that are proposed or active.")
    if kind not in SignedDocument.Kind.values:
        raise Invalid("no_such_kind", "Choose what the document shows.", field="kind")
    if not content or len(content) > LARGEST:
        raise Invalid("wrong_size", "A document has at most 5 MB, and is not empty.", field="file")
    media_type = media_type_of(content)
    if media_type is None:
        raise Invalid("wrong_type", "Attach a PDF, a PNG or a JPEG.", field="file")
    if is_more_than_pages(content):
        raise Invalid(
            "not_only_pages", "This file holds more than pages. Print it, and attach a scan.", field="file"
        )
    return SignedDocument.objects.create(
        consent=consent,
        kind=kind,
        media_type=media_type,
        size=len(content),
        sha256=hashlib.sha256(content).hexdigest(),
        content=content,
        attached_by=by.member,
        attached_at=at,
    )
