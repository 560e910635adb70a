"""The desk: what is read is ledgered, what is refused says why, what is done twice is done once."""

from datetime import timedelta

import pytest
import time_machine
from django.test import Client

from continuity.consents.models import Consent, ConsentOffer
from continuity.consents.offers import record_offer
from continuity.disclosures.models import LedgerEntry
from tests import builders as b
from tests.cast import Cast, signed_in

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("at_the_time_of_the_cast")]


def rows(**which: object) -> list[tuple]:
    found = LedgerEntry.objects.filter(channel="admin", **which).order_by("pk")
    return [(row.outcome, row.person_id, [name for name, *_ in row.records]) for row in found]


def verb(browser: Client, consent: Consent, name: str, **said: object):
    said = {"version": Consent.objects.get(pk=consent.pk).version, "note": "Sam rang."} | said
    return browser.post(f"/admin/consents/{consent.pk}/{name}/", said)


def test_consent_page_says_it_all_and_is_ledgered(cast: Cast):
    consent = cast.consent()
    page = signed_in(cast.kim).get(f"/admin/consents/{consent.pk}/")
    text = page.content.decode()
    assert "Sam Testcase allows Kestrel Police to see" in text
    assert "until 16 Sep 2027; not SUD records." in text
    assert "45 CFR 164.508(c)(1)(iii)" in text
    assert rows() == [("read", cast.sam.pk, ["consent"])]
    assert "no-store" in page["Cache-Control"]


def test_list_is_one_row_of_the_ledger_that_names_what_was_listed(cast: Cast):
    consent = cast.consent()
    page = signed_in(cast.kim).get("/admin/consents/")
    assert consent.number in page.content.decode()
    entry = LedgerEntry.objects.get()
    assert (entry.outcome, entry.person_id, entry.consents) == ("read", None, [consent.pk])


def test_reading_that_finds_nothing_is_a_row_too(cast: Cast):
    browser = signed_in(cast.kim)
    assert browser.get("/admin/consents/?standing=revoked").status_code == 200
    assert browser.get(f"/admin/consents/{cast.sam.pk}/").status_code == 404
    assert sorted(outcome for outcome, *_ in rows()) == ["empty", "refused"]


def test_document_is_ledgered_before_it_leaves(cast: Cast):
    consent = cast.consent()
    document = consent.documents.get()
    answer = signed_in(cast.kim).get(f"/admin/consents/{consent.pk}/documents/{document.pk}/")
    assert answer.content == b.SCAN
    assert answer["Content-Disposition"] == f'attachment; filename="document-{document.pk}.pdf"'
    assert rows() == [("read", cast.sam.pk, ["signeddocument"])]


@pytest.mark.parametrize(
    ("days", "says"),
    [(300, "Active until 16 Sep 2027"), (12, "Expires in 12 days"), (0.01, "Expires today")],
)
def test_badge_tells_the_end_at_a_glance(cast: Cast, days: float, says: str):
    cast.consent(expires_at=b.NOW + timedelta(days=days))
    assert says in signed_in(cast.kim).get("/admin/consents/").content.decode()


def test_row_that_still_says_active_shows_as_expired(cast: Cast):
    consent = cast.consent(expires_at=b.NOW + timedelta(days=1))
    with time_machine.travel(b.NOW + timedelta(days=2)):
        page = signed_in(cast.kim).get(f"/admin/consents/{consent.pk}/").content.decode()
    assert '<span class="badge neutral">Expired</span>' in page
    assert "allowed Kestrel Police" in page


def test_spoken_stop_takes_effect_and_waits_for_paper(cast: Cast):
    consent = cast.consent()
    browser = signed_in(cast.embedded)
    assert verb(browser, consent, "suspend").status_code == 302
    home = signed_in(cast.kim).get("/admin/").content.decode()
    tile = home.split("Suspended by word, not on paper")[0].rsplit("tile-count", 1)[1]
    assert ">1<" in tile
    consent.refresh_from_db()
    assert not consent.is_in_force(b.NOW)


def test_verb_without_a_reason_is_refused_at_its_button(cast: Cast):
    consent = cast.consent()
    answer = verb(signed_in(cast.kim), consent, "revoke", note=" ")
    assert answer.status_code == 400
    assert "Say why, in one sentence." in answer.content.decode()
    consent.refresh_from_db()
    assert consent.status == "active"


def test_somebody_else_was_quicker(cast: Cast):
    consent = cast.consent()
    seen = consent.version
    assert verb(signed_in(cast.kim), consent, "suspend").status_code == 302
    answer = verb(signed_in(cast.verifier), consent, "revoke", version=seen)
    assert answer.status_code == 409
    assert "Somebody changed this since you opened it." in answer.content.decode()
    consent.refresh_from_db()
    assert consent.status == "active"


def test_preview_asks_the_real_gate_and_shows_no_content(cast: Cast):
    consent = cast.consent(categories=["D1", "D5"])
    answer = signed_in(cast.kim).post(
        f"/admin/people/{cast.sam.pk}/preview/",
        {
            "agency": cast.police.pk,
            "role": "officer",
            "purpose": "le_crisis_response",
            "moment": "2026-11-20T12:00",
        },
    )
    text = answer.content.decode()
    assert answer.status_code == 200
    assert text.count(">Yes<") == 3  # D1, the status form of D5, the scope of the consent
    assert "Law enforcement never gets narrative or SUD records" in text
    assert str(consent.pk) in text
    assert "Speak softly" not in text
    assert LedgerEntry.objects.get(channel="admin").outcome == "previewed"


def test_preview_of_a_later_day_sees_the_end(cast: Cast):
    cast.consent(expires_at=b.NOW + timedelta(days=5))
    answer = signed_in(cast.kim).post(
        f"/admin/people/{cast.sam.pk}/preview/",
        {
            "agency": cast.police.pk,
            "role": "officer",
            "purpose": "le_crisis_response",
            "moment": "2026-11-26T12:00",
        },
    )
    assert ">Yes<" not in answer.content.decode()


def test_refusal_of_a_button_that_is_gone_meanwhile_is_told_all_the_same(cast: Cast):
    consent = cast.consent()
    browser = signed_in(cast.kim)
    said = {"note": "Letter came.", "version": consent.version}
    assert browser.post(f"/admin/consents/{consent.pk}/revoke/", said).status_code == 302
    again = browser.post(f"/admin/consents/{consent.pk}/revoke/", said)
    page = again.content.decode()
    assert again.status_code == 409
    assert "Revoke: not done." in page
    assert "Somebody changed this since you opened it." in page
    assert "<summary>Revoke</summary>" not in page


def test_person_is_found_by_exact_words_and_never_by_address(cast: Cast):
    browser = signed_in(cast.kim)
    typed = {"last": "Testcase", "first": "Sam", "birth_date": "1988-04-03"}
    answer = browser.post("/admin/people/", typed)
    assert answer["Location"] == f"/admin/people/{cast.sam.pk}/"
    missed = browser.post("/admin/people/", typed | {"last": "Nobody"})
    assert "has no record of exactly this person" in missed.content.decode()
    foreign = signed_in(b.member("foreign-kim", cast.elsewhere, "consent_manager")).post(
        "/admin/people/", typed
    )
    assert "has no record of exactly this person" in foreign.content.decode()
    assert [outcome for outcome, *_ in rows()] == ["empty", "empty"]


def test_offer_is_written_down_and_comes_back(cast: Cast):
    browser = signed_in(cast.kim)
    said = {"outcome": "declined", "context": "clinic", "language": "en", "note": ""}
    assert browser.post(f"/admin/people/{cast.sam.pk}/offers/", said).status_code == 302
    assert ConsentOffer.objects.get().offer_again_at == b.NOW + timedelta(days=30)
    with time_machine.travel(b.NOW + timedelta(days=31)):
        assert "Sam Testcase" in signed_in(cast.kim).get("/admin/offers/").content.decode()


@pytest.mark.parametrize(
    "path", ["/admin/", "/admin/consents/", "/admin/consents/{consent}/", "/admin/people/{person}/"]
)
def test_statements_are_constant_in_the_number_of_consents(cast: Cast, path: str, django_assert_num_queries):
    counts = {
        "/admin/": 11,
        "/admin/consents/": 11,
        "/admin/consents/{consent}/": 18,
        "/admin/people/{person}/": 15,
    }
    for _ in range(3):
        consent = cast.consent()
        record_offer(by=cast.kim, person=cast.sam, outcome="declined", context="clinic", at=b.NOW)
        browser = signed_in(cast.kim)
        browser.get(path.format(consent=consent.pk, person=cast.sam.pk))  # warms what a process keeps
        with django_assert_num_queries(counts[path]):
            browser.get(path.format(consent=consent.pk, person=cast.sam.pk))


def test_number_on_the_paper_leads_to_its_consent(cast: Cast):
    consent = cast.consent()
    answer = signed_in(cast.kim).get("/admin/consents/", {"number": consent.number.lower()})
    assert answer["Location"] == f"/admin/consents/{consent.pk}/"
