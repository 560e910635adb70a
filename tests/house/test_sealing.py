"""What is sealed is read by the site alone, for the column it was sealed for, and by no key that is gone (S-13)."""

from typing import Any

import pytest
from django.core.exceptions import FieldError
from django.db import connection
from hypothesis import given
from hypothesis import strategies as st
from pytest_django.fixtures import Settings

from continuity.consents.models import Consent, SignedDocument
from continuity.sealing import UnsealError, seal, unseal
from tests import builders as b

PLACE, OTHER = "consents.signeddocument.content", "consents.signeddocument.note"
CLEAR = b"%PDF-1.7 a paper of Sam Testcase"


@pytest.fixture(autouse=True)
def keys(settings: Settings) -> Settings:
    settings.FIELD_KEYS = {"2026a": "the first text"}
    return settings


@given(st.binary(max_size=300))
def test_what_is_sealed_comes_back(clear: bytes):
    assert unseal(seal(clear, place=PLACE), place=PLACE) == clear


def test_sealed_bytes_name_their_key_and_hold_nothing_in_clear():
    sealed = seal(CLEAR, place=PLACE)
    assert sealed.startswith(b"e1:2026a:")
    assert b"PDF" not in sealed
    assert b"Testcase" not in sealed


def test_same_bytes_never_look_the_same():
    assert seal(CLEAR, place=PLACE) != seal(CLEAR, place=PLACE)


def test_new_key_in_front_seals_and_the_old_one_still_opens(keys: Settings):
    old = seal(CLEAR, place=PLACE)
    keys.FIELD_KEYS = {"2027a": "a newer text", "2026a": "the first text"}
    new = seal(CLEAR, place=PLACE)
    assert new.startswith(b"e1:2027a:")
    assert unseal(old, place=PLACE) == unseal(new, place=PLACE) == CLEAR


def test_key_that_was_dropped_opens_nothing(keys: Settings):
    sealed = seal(CLEAR, place=PLACE)
    keys.FIELD_KEYS = {"2027a": "the first text"}
    with pytest.raises(UnsealError):
        unseal(sealed, place=PLACE)


def test_another_text_under_the_same_id_opens_nothing(keys: Settings):
    sealed = seal(CLEAR, place=PLACE)
    keys.FIELD_KEYS = {"2026a": "another text"}
    with pytest.raises(UnsealError):
        unseal(sealed, place=PLACE)


def test_same_text_under_another_id_is_another_key(keys: Settings):
    sealed = seal(CLEAR, place=PLACE)
    keys.FIELD_KEYS = {"2026b": "the first text", "2026a": "the first text"}
    with pytest.raises(UnsealError):
        unseal(sealed.replace(b"2026a", b"2026b"), place=PLACE)


def test_what_was_sealed_for_another_column_is_refused():
    with pytest.raises(UnsealError):
        unseal(seal(CLEAR, place=OTHER), place=PLACE)


def test_every_changed_byte_is_noticed():
    sealed = seal(b"short", place=PLACE)
    for position in range(len(sealed)):
        changed = sealed[:position] + bytes([sealed[position] ^ 1]) + sealed[position + 1 :]
        with pytest.raises(UnsealError):
            unseal(changed, place=PLACE)


def test_every_cut_is_noticed():
    sealed = seal(b"short", place=PLACE)
    for length in range(len(sealed)):
        with pytest.raises(UnsealError):
            unseal(sealed[:length], place=PLACE)


@pytest.mark.parametrize(
    "text", [b"", CLEAR, b"e1:", b"e1:2026a:", b"e0:2026a:xyz", b"e1:\xff:xyz"], ids=repr
)
def test_what_was_never_sealed_is_refused(text: bytes):
    with pytest.raises(UnsealError):
        unseal(text, place=PLACE)


@pytest.mark.parametrize("text", [b"e1:2026a:xyz", CLEAR], ids=["sealed", "clear"])
def test_error_says_nothing_of_what_it_found(text: bytes):
    with pytest.raises(UnsealError) as refused:
        unseal(text, place=PLACE)
    assert text.decode() not in str(refused.value)


# In its column


@pytest.fixture
def document(db: None) -> SignedDocument:
    county = b.agency("county-health", "county_behavioral_health")
    kim, second = (b.member(name, county, "consent_manager") for name in ("kim", "second"))
    b.consent(by=kim, verified_by=second, who=b.person(county), to=[b.agency("kestrel-police", "police")])
    return SignedDocument.objects.get()


def raw(document: SignedDocument) -> bytes:
    with connection.cursor() as cursor:
        cursor.execute("SELECT content FROM consents_signeddocument WHERE id = %s", [document.pk])
        return bytes(cursor.fetchone()[0])


def write_raw(document: SignedDocument, content: bytes) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE consents_signeddocument SET content = %s WHERE id = %s", [content, document.pk]
        )


def test_column_holds_sealed_bytes_and_the_model_clear_ones(document: SignedDocument):
    assert raw(document).startswith(b"e1:2026a:")
    assert b.SCAN not in raw(document)
    assert document.content == b.SCAN


def test_sealed_bytes_open_at_their_column_alone(document: SignedDocument):
    assert unseal(raw(document), place=PLACE) == b.SCAN
    with pytest.raises(UnsealError):
        unseal(raw(document), place=OTHER)


def test_clear_bytes_in_the_column_are_not_shown(document: SignedDocument):
    write_raw(document, b.SCAN)
    with pytest.raises(UnsealError):
        SignedDocument.objects.get()


def test_bytes_of_another_column_are_not_shown(document: SignedDocument):
    write_raw(document, seal(b.SCAN, place=OTHER))
    with pytest.raises(UnsealError):
        SignedDocument.objects.get()


def test_saving_again_seals_anew_under_the_first_key(document: SignedDocument, keys: Settings):
    keys.FIELD_KEYS = {"2027a": "a newer text"} | keys.FIELD_KEYS
    document.save()
    assert raw(document).startswith(b"e1:2027a:")
    assert SignedDocument.objects.get().content == b.SCAN


@pytest.mark.parametrize("lookup", ["", "__contains", "__startswith", "__in"])
def test_sealed_column_is_never_searched(db: None, lookup: str):
    value: Any = [b.SCAN] if lookup == "__in" else b.SCAN
    with pytest.raises(FieldError):
        list(SignedDocument.objects.filter(**{f"content{lookup}": value}))


def test_sealed_column_may_be_asked_whether_it_is_empty(document: SignedDocument):
    assert SignedDocument.objects.filter(content__isnull=False).get() == document
    assert Consent.objects.filter(documents__content__isnull=True).count() == 0
