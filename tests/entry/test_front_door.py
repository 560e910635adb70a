"""Sign-in, duty, brightness and the pages that say one sentence."""

import pytest
from django.test import Client, RequestFactory

from continuity.entry.views import csrf_failure
from tests import builders as b
from tests.cast import Cast, signed_in


@pytest.mark.parametrize(("username", "password"), [("reyes", "wrong"), ("nobody", "wrong")])
def test_an_unknown_name_and_a_wrong_password_are_one_sentence(cast: Cast, username, password):
    page = Client().post("/sign-in/", {"username": username, "password": password})
    assert page.status_code == 400
    assert "This user name and this password do not belong together." in page.content.decode()


def test_a_missing_password_is_named_at_its_field(db):
    page = Client().post("/sign-in/", {"username": "reyes"}).content.decode()
    assert 'id="password-error"' in page
    assert "Type your password." in page


def test_the_bar_names_agency_and_minutes_left(cast: Cast):
    page = signed_in(cast.reyes).get("/lookup/").content.decode()
    assert "Kestrel Police" in page
    assert "30 min left" in page
    assert "change" not in page


def test_only_a_member_of_several_agencies_may_change(cast: Cast):
    two = b.Membership.objects.create(member=cast.reyes.member, agency=cast.sheriff, roles=["officer"])
    client = signed_in(cast.reyes)
    assert client.get("/lookup/").headers["Location"] == "/duty/"
    client.post("/duty/", {"membership": str(two.pk)})
    page = client.get("/lookup/").content.decode()
    assert "Kestrel Sheriff" in page
    assert 'href="/duty/"' in page


def test_an_agency_one_does_not_work_for_is_refused(cast: Cast):
    page = signed_in(cast.reyes).post("/duty/", {"membership": str(cast.novak.pk)})
    assert page.status_code == 403
    assert "You do not work for that agency." in page.content.decode()


def test_the_brightness_is_remembered_by_the_browser(db):
    client = Client()
    assert client.post("/shade/", {"shade": "dark", "next": "/sign-in/"}).headers["Location"] == "/sign-in/"
    assert '<html lang="en" data-shade="dark">' in client.get("/sign-in/").content.decode()
    client.post("/shade/", {"shade": "", "next": "https://elsewhere.example/"})
    assert '<html lang="en">' in client.get("/sign-in/").content.decode()


def test_no_way_on_leads_off_the_site(db):
    away = Client().post("/shade/", {"shade": "", "next": "https://elsewhere.example/"})
    assert away.headers["Location"] == "/"


def test_an_unknown_address_gets_a_sentence(cast: Cast):
    page = signed_in(cast.reyes).get("/no-such-page/")
    assert page.status_code == 404
    assert "There is no such page" in page.content.decode()


def test_a_page_older_than_the_session_gets_a_sentence(db):
    page = csrf_failure(RequestFactory().post("/lookup/"))
    assert page.status_code == 403
    assert "Your session ended before this was sent. Sign in and send it again" in page.content.decode()


def test_the_page_of_a_failure_needs_no_request_and_no_database():
    from django.template.loader import render_to_string

    assert "nothing was shared" in render_to_string("500.html")
