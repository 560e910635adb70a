"""The banner stands before every page until it is agreed to, and what was typed is kept meanwhile (S-5)."""

from datetime import date

import pytest
from django.conf import settings
from django.test import Client

from continuity.agencies.models import Member
from continuity.disclosures.models import LedgerEntry
from continuity.trail.models import Event
from tests import builders as b
from tests.cast import ABOUT_SAM, Cast, signed_in

pytestmark = pytest.mark.django_db
AGREED = {"version": str(settings.BANNER_VERSION)}


@pytest.fixture
def newcomer(cast: Cast) -> Client:
    """Officer Reyes, who has not read the newest banner."""
    Member.objects.filter(pk=cast.reyes.member_id).update(banner_version=settings.BANNER_VERSION - 1)
    return signed_in(cast.reyes)


@pytest.mark.parametrize("path", ["/", "/lookup/", "/duty/", "/admin/", "/admin/people/", "/notices/"])
def test_every_page_leads_to_the_banner_first(newcomer: Client, path: str):
    answer = newcomer.get(path)
    assert answer.status_code == 302
    assert answer["Location"].startswith("/banner/?next=%2F")
    text = newcomer.get(answer["Location"]).content.decode()
    for said in ("restricted", "monitored, recorded and audited", "prohibited", "penalties", "consent"):
        assert said in text


def test_agreeing_is_an_event_and_leads_on_to_where_one_wanted(newcomer: Client, cast: Cast):
    answer = newcomer.post("/banner/", AGREED | {"next": "/lookup/"})
    assert answer["Location"] == "/lookup/"
    assert newcomer.get("/lookup/").status_code == 200
    event = Event.objects.get(kind="banner_acknowledged")
    assert (event.member_id, event.about) == (cast.reyes.member_id, str(settings.BANNER_VERSION))
    assert Member.objects.get(pk=cast.reyes.member_id).banner_version == settings.BANNER_VERSION


def test_way_on_leads_nowhere_else_than_this_site(newcomer: Client):
    answer = newcomer.post("/banner/", AGREED | {"next": "https://elsewhere.example/"})
    assert answer["Location"] == "/"


@pytest.mark.parametrize("version", ["", "0", "x"])
def test_another_text_than_the_newest_is_not_agreed_to(newcomer: Client, version: str):
    page = newcomer.post("/banner/", {"version": version, "next": "/lookup/"})
    assert "I have read this and agree" in page.content.decode()
    assert 'name="next" value="/lookup/"' in page.content.decode()
    assert newcomer.get("/lookup/").status_code == 302
    assert not Event.objects.filter(kind="banner_acknowledged").exists()


def test_question_that_was_sent_is_kept_and_sent_again_after_agreeing(newcomer: Client):
    page = newcomer.post("/lookup/", ABOUT_SAM)
    assert page.status_code == 403
    assert not LedgerEntry.objects.exists()
    kept = {f"kept_{name}": value for name, value in ABOUT_SAM.items()}
    for name, value in kept.items():
        assert f'name="{name}" value="{value}"' in page.content.decode()
    again = newcomer.post("/banner/", AGREED | kept | {"next": "/lookup/"}).content.decode()
    assert 'action="/lookup/"' in again
    assert 'name="last" value="Testcase"' in again
    newcomer.post("/lookup/", ABOUT_SAM)
    assert LedgerEntry.objects.get().outcome == "refused"


def test_part_of_a_page_sends_the_whole_page_to_the_banner(newcomer: Client):
    headers = {"HX-Request": "true", "HX-Current-URL": "http://testserver/notices/?x=1"}
    answer = newcomer.get("/notices/", headers=headers)
    assert (answer.status_code, answer["HX-Redirect"]) == (204, "/banner/?next=%2Fnotices%2F")


def test_way_out_and_brightness_stay_open(newcomer: Client):
    assert newcomer.post("/shade/", {"shade": "dark"}).status_code == 302
    assert newcomer.get("/livez").status_code == 200
    assert newcomer.post("/sign-out/")["Location"] == "/sign-in/"


def test_nobody_signed_out_is_asked(db: None):
    assert Client().get("/lookup/")["Location"] == "/sign-in/?next=/lookup/"
    assert Client().get("/banner/")["Location"].startswith("/sign-in/")


def test_program_gets_the_gate_s_refusal_and_no_page(newcomer: Client):
    asked = {name: value for name, value in ABOUT_SAM.items() if name != "birth_date"}
    answer = newcomer.post(
        "/api/v1/lookups/", asked | {"birth_date": "1988-04-03"}, content_type="application/json"
    )
    assert answer.json() == {"result": "no_shareable_information"}
    assert LedgerEntry.objects.get().refusal == "banner_not_acknowledged"


@pytest.mark.parametrize(
    ("until", "sentence"),
    [
        (date(2026, 3, 4), "Your privacy training ended on 4 March 2026."),
        (None, "No privacy training of yours is on record."),
    ],
)
def test_member_whose_training_is_over_is_told_on_every_question_alike(
    cast: Cast, until: date | None, sentence: str
):
    Member.objects.filter(pk=cast.embedded.member_id).update(trained_until=until)
    browser = signed_in(cast.embedded)
    asked = ABOUT_SAM | {"purpose": "care_coordination"}
    pages = [browser.get("/lookup/")]
    pages += [browser.post("/lookup/", asked | {"last": last}) for last in ("Testcase", "Nobody")]
    assert [sentence in page.content.decode() for page in pages] == [True, True, True]
    assert {row.refusal for row in LedgerEntry.objects.all()} == {"training_expired"}


def test_last_day_of_the_training_still_counts(cast: Cast, time_machine):
    time_machine.move_to(b.NOW, tick=False)
    Member.objects.filter(pk=cast.embedded.member_id).update(trained_until=b.NOW.date())
    page = signed_in(cast.embedded).post("/lookup/", ABOUT_SAM | {"purpose": "care_coordination"})
    assert "training" not in page.content.decode()
    assert LedgerEntry.objects.get().outcome == "released"
