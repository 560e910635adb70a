"""Who may see a person, and emergencies after they are over, in a real browser: axe clean, console silent."""

from datetime import timedelta

import pytest

from continuity.access import restrictions as r
from continuity.access.models import EmergencyAccess, Restriction
from continuity.access.tasks import end_emergencies
from continuity.agencies.models import Member
from continuity.disclosures.emergencies import break_glass, emergency_card
from tests import builders as b
from tests.e2e.conftest import DESK, PHONE
from tests.e2e.county import County
from tests.e2e.test_privacy_office import come_in, judge, open_move

pytestmark = pytest.mark.e2e
EVERY_LOOK = pytest.mark.parametrize(
    ("size", "scheme"),
    [
        pytest.param(DESK, "light", id="desk-light"),
        pytest.param(PHONE, "dark", id="phone-dark", marks=pytest.mark.drill),
    ],
)


@EVERY_LOOK
def test_privacy_officer_narrows_who_sees_a_person(county: County, open_tab, size, scheme):
    pia = b.member("pia", county.health, "privacy_officer")
    Member.objects.filter(pk=pia.member_id).update(banner_version=0)
    shot = f"narrow-{size[0]}-{scheme}"
    tab = open_tab(size, scheme)
    come_in(tab, "pia")
    judge(tab, f"{shot}-banner")
    tab.press("I have read this and agree")
    tab.go(f"/admin/people/{county.sam.pk}/")
    tab.press("Who may see this person", "link")
    judge(tab, f"{shot}-empty")

    open_move(tab, "Write down a request")
    tab.page.get_by_label("The person works for an agency").check()
    tab.press("Write down a request")
    judge(tab, f"{shot}-refused")
    tab.page.get_by_label("Which agency").select_option(label="Kestrel City Police")
    tab.press("Write down a request")
    open_move(tab, "Agree")
    tab.press("Agree")
    open_move(tab, "Name somebody")
    tab.page.get_by_label("Somebody of your agency").select_option(label="Rivera")
    tab.page.locator("#name-reason").fill("Carries on as his clinician.")
    tab.press("Name somebody")
    open_move(tab, "Change the level")
    tab.page.get_by_label("Very restricted").check()
    tab.page.locator("#level-reason").fill("Is a police officer.")
    tab.press("Change the level")
    judge(tab, f"{shot}-full")
    assert Restriction.objects.get().state == "agreed"
    county.sam.refresh_from_db()
    assert county.sam.confidentiality == "very_restricted"
    assert [one.username for one in r.named_staff(pia, county.sam)] == ["rivera"]


@EVERY_LOOK
def test_privacy_officer_reviews_an_emergency(county: County, open_tab, size, scheme):
    b.member("pia", county.clinic, "privacy_officer")
    carla = b.member("carla", county.clinic, "treatment_clinician", may_break_glass=True)
    began = b.NOW - timedelta(hours=80)
    made = break_glass(
        by=carla,
        at=began,
        last="Testcase",
        first="Samuel",
        birth_date=b.date(1988, 4, 3),
        incident_ref="2026-0077",
        reason_code="imminent_self_harm",
        reason="Stands on the railway bridge and says goodbye to his sister by telephone.",
        nature="Threat to jump from the railway bridge.",
    )
    emergency_card(by=carla, emergency_id=made.pk, channel="page", at=began)
    end_emergencies()
    shot = f"review-{size[0]}-{scheme}"
    tab = open_tab(size, scheme)
    come_in(tab, "pia")
    judge(tab, f"{shot}-home")
    tab.press("Emergencies to review", "link")
    judge(tab, f"{shot}-queue")
    tab.press("2026-0077", "link")
    judge(tab, f"{shot}-file")
    tab.press("Keep the review")
    judge(tab, f"{shot}-refused")
    tab.page.get_by_label("It was justified").check()
    tab.page.get_by_label("Why").fill("A life was at risk, and the sister confirmed it.")
    tab.press("Keep the review")
    tab.press("To tell the person", "link")
    judge(tab, f"{shot}-to-tell")
    open_move(tab, "Told, or why not")
    tab.page.get_by_label("How the person was told").fill("At the visit on Monday, with his sister.")
    tab.press("Write it down")
    assert tab.page.get_by_text("Everybody was told").is_visible()
    found = EmergencyAccess.objects.get()
    assert (found.review, found.person_told_how) == ("justified", "At the visit on Monday, with his sister.")
