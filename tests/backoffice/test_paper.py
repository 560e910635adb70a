"""The form on paper: the text that was shown, for printing; as PDF where the extra and its libraries are there."""

import pytest

from continuity.backoffice import pdf
from tests.cast import Cast, signed_in

pytestmark = pytest.mark.django_db


def test_form_is_the_text_that_was_shown(cast: Cast):
    consent = cast.consent()
    page = signed_in(cast.kim).get(f"/admin/consents/{consent.pk}/form/").content.decode()
    assert "Sam Testcase" in page
    assert consent.number in page
    assert 'lang="en"' in page


def test_draft_has_no_form_yet(cast: Cast):
    browser = signed_in(cast.kim)
    browser.post(f"/admin/people/{cast.sam.pk}/draft/", {"instrument": "state_form", "record_window": "past_contacts", "form_language": "en"})  # fmt: skip
    draft = cast.sam.consents.get()
    assert draft.status == "draft"
    assert browser.get(f"/admin/consents/{draft.pk}/form/").status_code == 404


def test_pdf_is_made_where_the_extra_is_and_is_absent_where_it_is_not(cast: Cast):
    consent, browser = cast.consent(), signed_in(cast.kim)
    answer = browser.get(f"/admin/consents/{consent.pk}/form.pdf")
    page = browser.get(f"/admin/consents/{consent.pk}/").content.decode()
    assert ("The form as PDF" in page) is pdf.is_installed()
    if pdf.is_installed():
        assert answer.content.startswith(b"%PDF-")
        assert answer["Content-Disposition"] == f'attachment; filename="form-{consent.number}.pdf"'
    else:
        assert answer.status_code == 404


def test_site_without_the_extra_offers_no_pdf(cast: Cast, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(pdf, "_library", lambda: None)
    consent, browser = cast.consent(), signed_in(cast.kim)
    assert "The form as PDF" not in browser.get(f"/admin/consents/{consent.pk}/").content.decode()
    assert browser.get(f"/admin/consents/{consent.pk}/form.pdf").status_code == 404
