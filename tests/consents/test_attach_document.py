"""Evidence: judged by its bytes, sealed at rest, with a hash that says it is what it was (164.508(b)(6), S-13)."""

import hashlib

import pytest
from django.db import connection

from continuity.consents.documents import LARGEST, media_type_of
from continuity.consents.endings import revoke_consent
from continuity.consents.models import SignedDocument
from continuity.errors import Conflict, Invalid, NotAllowed, NotFound
from continuity.ids import uuid7
from continuity.trail.models import AuditEntry
from tests import builders as b
from tests.consents.conftest import Desk
from tests.consents.steps import STATES, attach, proposed

pytestmark = pytest.mark.django_db
PNG, JPEG = b"\x89PNG\r\n\x1a\n and more", b"\xff\xd8\xff and more"


@pytest.mark.parametrize(
    ("content", "kind"),
    [(b.SCAN, "application/pdf"), (PNG, "image/png"), (JPEG, "image/jpeg")],
    ids=["PDF", "PNG", "JPEG"],
)
def test_type_is_what_the_bytes_are(desk: Desk, content: bytes, kind: str):
    document = attach(desk.kim, proposed(desk), content=content)
    assert (document.media_type, document.size) == (kind, len(content))


@pytest.mark.parametrize(
    "content",
    [
        b"<script>alert(1)</script>",
        b"GIF89a",
        b"PK\x03\x04 a zip",
        b" %PDF-1.7",
        b"\x89PNG\n",
        b"%pdf-1.7",
        b"MZ",
    ],
    ids=repr,
)
def test_anything_else_is_refused(desk: Desk, content: bytes):
    assert media_type_of(content) is None
    with pytest.raises(Invalid, match=r"^wrong_type$") as refused:
        attach(desk.kim, proposed(desk), content=content)
    assert refused.value.field == "file"
    assert not SignedDocument.objects.exists()


@pytest.mark.parametrize("size", [0, LARGEST + 1])
def test_empty_or_too_large_file_is_refused(desk: Desk, size: int):
    with pytest.raises(Invalid, match=r"^wrong_size$"):
        attach(desk.kim, proposed(desk), content=b.SCAN.ljust(size)[:size])


def test_largest_file_is_taken(desk: Desk):
    assert attach(desk.kim, proposed(desk), content=b.SCAN.ljust(LARGEST)).size == LARGEST


def test_unknown_kind_is_refused(desk: Desk):
    with pytest.raises(Invalid, match=r"^no_such_kind$"):
        attach(desk.kim, proposed(desk), kind="selfie")


def test_bytes_are_sealed_at_rest_and_come_back_as_they_were(desk: Desk):
    document = attach(desk.kim, proposed(desk))
    with connection.cursor() as cursor:
        cursor.execute("SELECT content, consents_signeddocument::text FROM consents_signeddocument")
        column, row = cursor.fetchone()
    assert bytes(column).startswith(b"e1:")
    assert b.SCAN not in bytes(column)
    assert b.SCAN.hex() not in row
    read = SignedDocument.objects.get()
    assert read.content == b.SCAN
    assert read.sha256 == document.sha256 == hashlib.sha256(b.SCAN).hexdigest()


def test_history_holds_the_hash_and_not_the_bytes(desk: Desk):
    document = attach(desk.kim, proposed(desk))
    changes = AuditEntry.objects.get(object_pk=str(document.pk)).changes
    assert changes["sha256"][1] == document.sha256
    assert "content" not in changes
    assert "signed form" not in str(changes)


@pytest.mark.parametrize("state", STATES)
def test_document_is_attached_while_the_consent_is_open(desk: Desk, state: str):
    consent = STATES[state](desk)
    already = SignedDocument.objects.count()
    if state in ("proposed", "signed", "active", "by event", "suspended"):
        attach(desk.kim, consent, kind="revocation")
        assert SignedDocument.objects.count() == already + 1
        return
    with pytest.raises(Conflict, match=r"^not_open$"):
        attach(desk.kim, consent)
    assert SignedDocument.objects.count() == already


def test_letter_of_revocation_may_follow_the_end(desk: Desk):
    consent = desk.consent()
    revoke_consent(by=desk.kim, consent_id=consent.pk, note="Sam rang.", at=b.NOW)
    letter = attach(desk.kim, consent, kind="revocation")
    assert letter.consent == consent


def test_second_document_replaces_nothing(desk: Desk):
    consent = proposed(desk)
    first = attach(desk.kim, consent)
    attach(desk.kim, consent, content=PNG)
    assert SignedDocument.objects.count() == 2
    assert SignedDocument.objects.get(pk=first.pk).content == b.SCAN


@pytest.mark.parametrize("role", ["officer", "dispatcher", "supervisor", "agency_admin"])
def test_member_without_the_duty_attaches_nothing(desk: Desk, role: str):
    with pytest.raises(NotAllowed, match=r"^duty_missing$"):
        attach(b.member("other", desk.county, role), proposed(desk))


def test_manager_of_another_agency_finds_nothing_to_attach_to(desk: Desk):
    with pytest.raises(NotFound, match=r"^not_found$"):
        attach(b.member("other", desk.clinic, "consent_manager"), proposed(desk))


def test_consent_that_is_not_there_takes_no_document(desk: Desk):
    gone = proposed(desk)
    gone.pk = uuid7()
    with pytest.raises(NotFound, match=r"^not_found$"):
        attach(desk.kim, gone)
