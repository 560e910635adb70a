"""Who opens which page of the privacy office: the matrix of the admin site, as data (P-20)."""

from datetime import date

import pytest
from django.conf import settings
from django.test import Client

from continuity.agencies.models import Agency, Member, Membership
from continuity.consents.models import Consent
from continuity.disclosures.models import LedgerEntry
from tests import builders as b
from tests.cast import Cast, signed_in

pytestmark = pytest.mark.django_db

CONSENT_PAGES = (
    ("get", "/admin/consents/"),
    ("get", "/admin/consents/{consent}/"),
    ("get", "/admin/consents/{consent}/form/"),
    ("get", "/admin/consents/{consent}/form.pdf"),
    ("get", "/admin/consents/{consent}/redraft/"),
    ("get", "/admin/consents/{consent}/sign/"),
    ("post", "/admin/consents/{consent}/revoke/"),
    ("post", "/admin/consents/{consent}/documents/"),
    ("get", "/admin/consents/{consent}/documents/{document}/"),
    ("get", "/admin/people/"),
    ("get", "/admin/people/{person}/"),
    ("get", "/admin/people/{person}/draft/"),
    ("post", "/admin/people/{person}/offers/"),
    ("get", "/admin/people/{person}/preview/"),
    ("get", "/admin/offers/"),
)
# Pages that name no person: a stranger's are their own, and empty.
OF_ONE = tuple(page for page in CONSENT_PAGES if "{" in page[1])
every_page = pytest.mark.parametrize(("method", "path"), CONSENT_PAGES, ids=lambda one: one)


def open_page(browser: Client, method: str, path: str, cast: Cast, consent: Consent):
    at = path.format(consent=consent.pk, document=consent.documents.get().pk, person=cast.sam.pk)
    return getattr(browser, method)(at, {"note": "Said so.", "version": consent.version})


def site_administrator() -> Client:
    member = Member.objects.create_superuser(
        "root", "correct horse", display_name="Root", banner_version=settings.BANNER_VERSION
    )
    return signed_in(Membership(member=member))


@every_page
def test_superuser_gets_nothing_about_a_person(cast: Cast, method: str, path: str):
    consent = cast.consent()
    answer = open_page(site_administrator(), method, path, cast, consent)
    assert answer.status_code == 403
    assert b"Testcase" not in answer.content
    assert consent.number.encode() not in answer.content
    assert not LedgerEntry.objects.filter(outcome="read").exists()


@every_page
def test_role_without_a_desk_duty_gets_nothing(cast: Cast, method: str, path: str):
    consent = cast.consent()
    for role in ("officer", "dispatcher", "supervisor", "auditor", "agency_admin", "peer_navigator"):
        works = b.member(role, cast.county, role)
        answer = open_page(signed_in(works), method, path, cast, consent)
        assert (role, answer.status_code) == (role, 403)
        assert b"Testcase" not in answer.content
        consent.refresh_from_db()
        assert consent.status == "active"


@pytest.mark.parametrize(("method", "path"), OF_ONE, ids=lambda one: one)
def test_manager_of_another_agency_finds_nothing(cast: Cast, method: str, path: str):
    consent = cast.consent()
    stranger = signed_in(b.member("foreign-kim", cast.elsewhere, "consent_manager"))
    answer = open_page(stranger, method, path, cast, consent)
    assert answer.status_code == 404
    assert b"Testcase" not in answer.content
    consent.refresh_from_db()
    assert (consent.status, consent.version) == ("active", cast_version(consent))


def cast_version(consent: Consent) -> int:
    return Consent.objects.get(pk=consent.pk).version


@every_page
def test_member_of_two_agencies_who_chose_none_gets_nothing(cast: Cast, method: str, path: str):
    consent = cast.consent()
    Membership.objects.create(member=cast.kim.member, agency=cast.clinic, roles=["consent_manager"])
    answer = open_page(signed_in(cast.kim), method, path, cast, consent)
    assert answer.status_code == 403
    assert b"Testcase" not in answer.content


@every_page
def test_nobody_is_sent_to_sign_in(cast: Cast, method: str, path: str):
    answer = open_page(Client(), method, path, cast, cast.consent())
    assert answer.status_code == 302
    assert answer["Location"].startswith("/sign-in/")


def test_clinician_collects_but_does_not_end(cast: Cast):
    consent = cast.consent()
    page = signed_in(cast.embedded).get(f"/admin/consents/{consent.pk}/").content.decode()
    assert "Stop now, by spoken word" in page
    assert ">Revoke<" not in page
    assert "What would they see?" not in page


def test_superuser_administers_the_organisation_and_sees_no_desk(cast: Cast):
    page = site_administrator().get("/admin/").content.decode()
    assert "Agencies" in page
    assert "To verify" not in page


@pytest.mark.parametrize("model", ["agency", "team", "member", "membership", "agreement"])
def test_agency_administrator_sees_the_own_agency_alone(cast: Cast, model: str):
    b.referral_team(cast.county)
    b.referral_team(cast.clinic)
    browser = signed_in(b.member("adam", cast.county, "agency_admin"))
    page = browser.get(f"/admin/agencies/{model}/")
    assert page.status_code == 200
    own, foreign = {
        "agency": ("County Health", "Orchard Clinic"),
        "team": ("Referrals", "Orchard"),
        "member": ("kim", "novak"),
        "membership": ("Kim", "Novak"),
        "agreement": (cast.county.agreements.first().code, "no-such"),
    }[model]
    assert own in page.content.decode()
    assert foreign not in page.content.decode()
    stranger = (
        cast.novak if model == "membership" else cast.novak.member if model == "member" else cast.elsewhere
    )
    if model in ("agency", "member", "membership"):
        assert browser.get(f"/admin/agencies/{model}/{stranger.pk}/change/").status_code == 302


@pytest.mark.parametrize("model", ["agency", "team", "member", "membership", "agreement", "policypack"])
def test_nothing_is_deleted_and_nothing_is_done_in_bulk(cast: Cast, model: str):
    browser = site_administrator()
    row = {"agency": cast.county, "member": cast.kim.member, "membership": cast.kim}.get(model)
    page = browser.get(f"/admin/agencies/{model}/").content.decode()
    assert "delete_selected" not in page
    if row is not None:
        assert browser.post(f"/admin/agencies/{model}/{row.pk}/delete/", {"post": "yes"}).status_code == 403


def test_agency_administrator_does_not_change_the_law_of_the_own_agency(cast: Cast):
    browser = signed_in(b.member("adam", cast.county, "agency_admin"))
    browser.post(
        f"/admin/agencies/agency/{cast.county.pk}/change/",
        {"name": "Renamed", "short_name": "", "timezone": "America/Los_Angeles", "duty_line": "661-555-0177",
         "legal_regimes": [], "status": "closed", "kind": "police"},
    )  # fmt: skip
    county = Agency.objects.get(pk=cast.county.pk)
    assert (county.name, county.duty_line) == ("Renamed", "661-555-0177")
    assert (county.status, county.kind, county.legal_regimes) == (
        "active",
        "county_behavioral_health",
        ["hipaa_covered", "ca_lps"],
    )


def test_training_is_written_by_the_agency_s_administrator_and_reported(cast: Cast):
    """5.2: without a training in force the gate answers nothing."""
    browser = signed_in(b.member("adam", cast.county, "agency_admin"))
    path = f"/admin/agencies/member/{cast.kim.member_id}/change/"
    said = {"display_name": "Kim", "title": "", "work_email": ""}
    assert browser.post(path, said | {"trained_until": "2027-03-04"}).status_code == 302
    assert Member.objects.get(username="kim").trained_until == date(2027, 3, 4)
    assert "4 Mar 2027" in browser.get("/admin/permissions/").content.decode()
    assert browser.post(path, said | {"trained_until": "soon"}).status_code == 200
    assert browser.post(path, said | {"trained_until": ""}).status_code == 302
    assert "not on record" in browser.get("/admin/permissions/").content.decode()


def test_permission_report_holds_no_data_about_a_person(cast: Cast):
    cast.consent()
    page = (
        signed_in(b.member("adam", cast.county, "agency_admin")).get("/admin/permissions/").content.decode()
    )
    assert "consent manager" in page
    assert "Novak" not in page
    assert "Testcase" not in page


@pytest.mark.parametrize("model", ["team", "membership"])
def test_lists_name_the_agency_and_not_its_id(cast: Cast, model: str):
    b.referral_team(cast.county)
    page = signed_in(b.member("adam", cast.county, "agency_admin")).get(f"/admin/agencies/{model}/")
    assert cast.county.name in page.content.decode().split("<tbody>")[1]
    assert str(cast.county) not in page.content.decode()


def test_home_of_who_has_no_queue_says_so(cast: Cast):
    page = signed_in(b.member("audrey", cast.county, "auditor")).get("/admin/").content.decode()
    assert "No queue waits for you." in page
    assert "No queue waits for you." not in signed_in(cast.kim).get("/admin/").content.decode()


def test_empty_queue_of_consents_says_what_its_tile_says(cast: Cast):
    browser = signed_in(cast.kim)
    assert (
        "Every spoken stop is on paper." in browser.get("/admin/consents/?queue=unpapered").content.decode()
    )
    assert "No consent is listed here." in browser.get("/admin/consents/?standing=draft").content.decode()


def test_permission_report_names_a_duty_only_where_its_privilege_was_given(cast: Cast):
    browser = signed_in(b.member("adam", cast.county, "agency_admin"))
    assert "break glass" not in browser.get("/admin/permissions/").content.decode()
    cast.embedded.may_break_glass = True
    cast.embedded.save()
    page = browser.get("/admin/permissions/").content.decode()
    assert "break glass" in page
    assert "may override in an emergency" in page


def test_way_to_the_open_page_is_marked_and_no_other_duty_has_a_way(cast: Cast):
    page = signed_in(cast.kim).get("/admin/people/").content.decode()
    ways = page.split('aria-label="Office"')[1].split("</nav>")[0]
    assert ways.count("aria-current") == 1
    assert '<a href="/admin/people/" aria-current="page">Find a person</a>' in ways
    assert ">Today</a>" in ways
    assert ">Ledger</a>" not in ways
