"""An administrator invites a member and releases a locked one, in a real browser: axe clean, console silent."""

from datetime import timedelta

import pytest

from continuity.agencies.models import Member, Membership, StationClass
from tests import builders as b
from tests.agencies.staff import browser_of, hire
from tests.e2e.conftest import DESK, PHONE, Tab
from tests.e2e.test_privacy_office import judge, open_move

pytestmark = pytest.mark.e2e
EVERY_LOOK = pytest.mark.parametrize(
    ("size", "scheme"),
    [
        pytest.param(PHONE, "light", id="phone-light"),
        pytest.param(DESK, "dark", id="desk-dark", marks=pytest.mark.drill),
        pytest.param(PHONE, "dark", id="phone-dark", marks=pytest.mark.drill),
        pytest.param(DESK, "light", id="desk-light", marks=pytest.mark.drill),
    ],
)


@EVERY_LOOK
def test_administrator_invites_a_member_and_releases_a_locked_one(
    now: None, transactional_db: None, open_tab, size, scheme
):
    staff, shot = hire(), f"accounts-{size[0]}-{scheme}"
    Member.objects.filter(pk=staff.reyes.member_id).update(
        locked_at=b.NOW, last_login=b.NOW - timedelta(days=1)
    )
    Membership.objects.filter(pk=staff.reyes.pk).update(created_at=b.NOW - timedelta(days=400))
    browser_of(staff.reyes)
    tab: Tab = open_tab(size, scheme)
    tab.sign_in("adam", "/admin/")
    judge(tab, f"{shot}-today")
    tab.press("Accounts", "link")
    judge(tab, f"{shot}-list")

    tab.press("Enrol somebody", "link")
    tab.press("Enrol")
    judge(tab, f"{shot}-refused")
    for label, text in (("Name", "Quill"), ("User name", "quill"), ("Work e-mail", "quill@kestrel.example")):
        tab.page.get_by_label(label, exact=True).first.fill(text)
    tab.page.get_by_label("Officer", exact=True).first.check()
    tab.press("Enrol")
    open_move(tab, "Invite")
    tab.press("Invite")
    judge(tab, f"{shot}-invited")
    link = tab.page.locator(".boxed .id").inner_text()
    assert link.startswith(f"{tab.site}/invitation/")
    assert Member.objects.get(username="quill").status == "invited"

    tab.go(f"/admin/accounts/{staff.reyes.pk}/")
    open_move(tab, "Change roles and privileges")
    tab.page.locator("#roles-roles").get_by_label("Consent manager").check()
    tab.press("Change roles and privileges")
    judge(tab, f"{shot}-roles-refused")
    open_move(tab, "Release")
    tab.press("Release")
    judge(tab, f"{shot}-released")
    assert Member.objects.get(username="reyes").locked_at is None

    tab.go("/admin/accounts/review/")
    open_move(tab, "Review: Reyes")
    judge(tab, f"{shot}-review")
    tab.page.get_by_label("Needed as it is").check()
    tab.press("Keep")
    assert "within the last year" in tab.page.locator("#content").inner_text()

    tab.go("/admin/agencies/stationclass/add/")
    tab.page.get_by_label("Name:").fill("Cars")
    tab.page.get_by_label("Kind:").select_option("vehicle")
    tab.page.get_by_label("Idle minutes:").fill("120")
    tab.page.get_by_label("Networks:").fill("192.0.2.0/24")
    tab.page.get_by_label("Agency:").select_option(label="Kestrel Police")
    judge(tab, f"{shot}-station")
    tab.press("Save")
    assert StationClass.objects.get().networks == ["192.0.2.0/24"]
