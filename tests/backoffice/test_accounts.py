"""Accounts at the desk of an administrator: each button, who has it, and that nothing of another agency is there."""

import re
from datetime import timedelta

import pytest
from django.contrib.sessions.models import Session
from django.test import Client

from continuity.agencies import accounts
from continuity.agencies.models import AccountReview, Member, Membership, StationClass
from continuity.trail.models import Event
from tests import builders as b
from tests.agencies.staff import PASSWORD, Staff, again, browser_of, hire
from tests.backoffice.test_who_comes_in import site_administrator
from tests.cast import signed_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def staff(db: None) -> Staff:
    return hire()


@pytest.fixture
def desk(staff: Staff) -> Client:
    return signed_in(staff.adam)


def page_of(works: Membership) -> str:
    return f"/admin/accounts/{works.pk}/"


def press(desk: Client, works: Membership, verb: str, **said: object):
    return desk.post(f"{page_of(works)}{verb}/", said)


def read(desk: Client, path: str) -> str:
    answer = desk.get(path)
    assert answer.status_code == 200
    return answer.content.decode()


def stale(desk: Client) -> Client:
    """The same browser, an hour after its sign-in."""
    row = Session.objects.get(session_key=desk.cookies["sessionid"].value)
    said = row.get_decoded() | {"fresh_at": 0}
    row.session_data = Session.get_session_store_class()().encode(said)
    row.save()
    return desk


def test_list_holds_the_own_agency_alone_by_state(staff: Staff, desk: Client):
    page = read(desk, "/admin/accounts/")
    assert "Reyes" in page
    assert "Eve" not in page
    assert "Reyes" not in read(desk, "/admin/accounts/?state=locked")
    Member.objects.filter(pk=staff.reyes.member_id).update(locked_at=b.NOW)
    assert "Reyes" in read(desk, "/admin/accounts/?state=locked")
    accounts.transfer(by=staff.adam, membership_id=staff.reyes.pk, at=b.NOW)
    assert "Reyes" not in read(desk, "/admin/accounts/")
    assert "Reyes" in read(desk, "/admin/accounts/?state=left")


def test_member_is_enrolled_and_invited_by_a_link_that_is_shown_once(staff: Staff, desk: Client):
    said = {
        "display_name": "Quill",
        "username": "quill",
        "work_email": "quill@kestrel.example",
        "roles": ["officer"],
    }
    assert desk.post("/admin/accounts/enrol/", said).status_code == 302
    works = Membership.objects.get(member__username="quill")
    shown = press(desk, works, "invite")
    assert "no-store" in shown.headers["Cache-Control"]
    (token,) = re.findall(r"/invitation/([\w-]+)/", shown.content.decode())
    assert token not in read(desk, page_of(works))
    accounts.accept_invitation(token=token, password=PASSWORD, at=b.NOW + timedelta(days=3))
    assert "Reset the sign-in" in read(desk, page_of(works))


def test_refusal_of_an_enrolment_stands_at_its_field_with_what_was_typed(staff: Staff, desk: Client):
    said = {"display_name": "Quill", "username": "reyes", "work_email": "nowhere", "roles": []}
    page = desk.post("/admin/accounts/enrol/", said)
    assert page.status_code == 400
    assert "This is no e-mail address." in page.content.decode()
    page = desk.post("/admin/accounts/enrol/", said | {"work_email": "q@kestrel.example"})
    assert page.status_code == 409
    assert 'id="id_username_error">This user name is or was' in page.content.decode()
    assert 'value="Quill"' in page.content.decode()


def test_locked_member_is_released(staff: Staff, desk: Client):
    assert "Release" not in read(desk, page_of(staff.reyes))
    Member.objects.filter(pk=staff.reyes.member_id).update(locked_at=b.NOW)
    assert "after five failures" in read(desk, page_of(staff.reyes))
    assert "Locked accounts" in read(desk, "/admin/")
    assert press(desk, staff.reyes, "release").status_code == 302
    assert again(staff.reyes.member).locked_at is None
    assert press(desk, staff.reyes, "release").status_code == 409


def test_roles_are_changed_and_what_excludes_each_other_comes_back(staff: Staff, desk: Client):
    version = {"version": staff.reyes.version}
    page = press(desk, staff.reyes, "roles", roles=["officer", "consent_manager"], **version)
    assert page.status_code == 400
    assert "An officer does not look after consents." in page.content.decode()
    assert Event.objects.filter(kind="privilege_refused", member=staff.adam.member).count() == 1
    said = {"roles": ["officer", "supervisor"], "may_release_emergency": "on"}
    assert press(desk, staff.reyes, "roles", **said, **version).status_code == 302
    works = Membership.objects.get(pk=staff.reyes.pk)
    assert (works.roles, works.may_release_emergency) == (["officer", "supervisor"], True)
    assert press(desk, staff.reyes, "roles", **said, **version).status_code == 409


@pytest.mark.parametrize("verb", ["roles", "disable", "reset", "deactivate"])
def test_gravest_verbs_ask_once_more_who_sits_there(staff: Staff, desk: Client, verb: str):
    """S-4: a browser that was left open gives nobody a role and disables nobody."""
    answer = press(stale(desk), staff.reyes, verb, roles=["supervisor"], version=staff.reyes.version)
    assert answer.status_code == 403
    assert "Prove" in answer.content.decode() or "prove" in answer.content.decode()
    assert Membership.objects.get(pk=staff.reyes.pk).roles == ["officer"]
    assert again(staff.reyes.member).status == "active"


def test_high_risk_member_is_out_before_the_page_is_answered(staff: Staff, desk: Client):
    browser = browser_of(staff.reyes)
    assert press(desk, staff.reyes, "disable").status_code == 302
    assert browser.get("/lookup/").status_code == 302
    assert "Suspended: high risk" in read(desk, page_of(staff.reyes))


def test_session_is_ended_from_the_desk(staff: Staff, desk: Client):
    browser = browser_of(staff.reyes, "192.0.2.44")
    page = read(desk, page_of(staff.reyes))
    assert "192.0.2.44" in page
    assert browser.cookies["sessionid"].value not in page
    (address,) = re.findall(rf'action="({page_of(staff.reyes)}sessions/\d+/end/)"', page)
    assert desk.post(address).status_code == 302
    assert browser.get("/lookup/").status_code == 302
    assert desk.post(address).status_code == 404


def test_yearly_review_lists_what_waits_and_takes_an_answer(staff: Staff, desk: Client):
    assert "Every account was looked at" in read(desk, "/admin/accounts/review/")
    Membership.objects.update(created_at=b.NOW - timedelta(days=400))
    page = read(desk, "/admin/accounts/review/")
    assert "Reyes" in page
    assert "Adam</a>" not in page
    assert "Eve</a>" not in page
    assert desk.post(f"{page_of(staff.reyes)}review/", {}).status_code == 400
    assert desk.post(f"{page_of(staff.reyes)}review/", {"outcome": "ended"}).status_code == 302
    assert AccountReview.objects.get().membership == staff.reyes
    assert Membership.objects.get(pk=staff.reyes.pk).ended_at is not None


def test_own_account_is_another_administrator_s(staff: Staff, desk: Client):
    page = read(desk, page_of(staff.adam))
    assert "Another administrator looks after it." in page
    assert "<summary>" not in page
    assert press(desk, staff.adam, "roles", roles=["agency_admin"], version=1).status_code == 409


ADDRESSES = (
    ("get", "/admin/accounts/"),
    ("get", "/admin/accounts/enrol/"),
    ("post", "/admin/accounts/enrol/"),
    ("post", "/admin/accounts/take-on/"),
    ("get", "/admin/accounts/review/"),
    ("get", "/admin/accounts/{works}/"),
    ("post", "/admin/accounts/{works}/review/"),
    ("post", "/admin/accounts/{works}/sessions/1/end/"),
    *(("post", f"/admin/accounts/{{works}}/{verb}/") for verb in ("release", "invite", "reset", "roles", "disable")),
)  # fmt: skip


def test_only_administrators_come_in_and_the_stranger_finds_nobody(staff: Staff, desk: Client):
    others = [b.member("pia", staff.police, "privacy_officer"), staff.reyes]
    refused = [*(signed_in(one) for one in others), site_administrator()]
    stranger = signed_in(staff.eve)
    said = {"roles": ["supervisor"], "version": 1, "outcome": "ended"}
    for method, path in ADDRESSES:
        at = path.format(works=staff.reyes.pk)
        for browser in refused:
            assert (at, getattr(browser, method)(at, said).status_code) == (at, 403)
        if "{works}" in path:
            assert (at, getattr(stranger, method)(at, said).status_code) == (at, 404)
    works = Membership.objects.get(pk=staff.reyes.pk)
    assert (works.roles, works.ended_at, again(works.member).status) == (["officer"], None, "active")
    assert not Event.objects.filter(member=works.member).exists()


def test_django_s_own_admin_changes_no_role_and_no_state(staff: Staff, desk: Client):
    """Roles and states change by verbs alone, for administrators of the county too."""
    for browser in (desk, site_administrator()):
        assert browser.get("/admin/agencies/member/add/").status_code == 403
        assert browser.get("/admin/agencies/membership/add/").status_code == 403
        change = f"/admin/agencies/membership/{staff.reyes.pk}/change/"
        assert browser.get(change).status_code == 200
        assert browser.post(change, {"roles": ["agency_admin"]}).status_code == 403
        said = {
            "display_name": "Reyes",
            "title": "Corporal",
            "trained_until": "2027-03-04",
            "status": "deactivated",
        }
        change = f"/admin/agencies/member/{staff.reyes.member_id}/change/"
        assert browser.post(change, said | {"username": "mallory"}).status_code == 302
        member = again(staff.reyes.member)
        assert (member.title, member.username, member.status) == ("Corporal", "reyes", "active")


def test_second_agency_does_not_write_the_address_of_whom_another_one_keeps(staff: Staff):
    Membership.objects.create(member=staff.reyes.member, agency=staff.clinic, roles=["peer_navigator"])
    change = f"/admin/agencies/member/{staff.reyes.member_id}/change/"
    answer = signed_in(staff.eve).post(change, {"display_name": "Reyes", "work_email": "eve@orchard.example"})
    assert answer.status_code == 403
    assert again(staff.reyes.member).work_email == ""


def test_station_class_keeps_to_what_may_stay_open(staff: Staff, desk: Client):
    said = {"agency": str(staff.police.pk), "name": "Cars", "kind": "phone", "idle_minutes": "120"}
    page = desk.post("/admin/agencies/stationclass/add/", said | {"networks": "192.0.2.0/24"})
    assert "Only terminals in vehicles and dispatch desks" in page.content.decode()
    for networks, sentence in (("0.0.0.0/0", "too wide"), ("the station", "Write networks as")):
        page = desk.post(
            "/admin/agencies/stationclass/add/", said | {"kind": "vehicle", "networks": networks}
        )
        assert sentence in page.content.decode()
    said |= {"kind": "vehicle", "networks": "192.0.2.7/24, 2001:db8::/48"}
    assert desk.post("/admin/agencies/stationclass/add/", said).status_code == 302
    row = StationClass.objects.get()
    assert (row.networks, row.idle_minutes, row.agency) == (
        ["192.0.2.0/24", "2001:db8::/48"],
        120,
        staff.police,
    )
    assert "Cars" not in signed_in(staff.eve).get("/admin/agencies/stationclass/").content.decode()


def test_statements_are_constant_in_the_number_of_accounts(
    staff: Staff, desk: Client, django_assert_max_num_queries
):
    for number in range(3):
        b.member(f"more-{number}", staff.police, "officer")
    Membership.objects.update(created_at=b.NOW - timedelta(days=400))
    for path in ("/admin/accounts/", "/admin/accounts/review/"):
        with django_assert_max_num_queries(10):
            read(desk, path)
