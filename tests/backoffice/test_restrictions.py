"""The page "Who may see this person": each button, who has it, and that reading it is ledgered (6.4, 164.522)."""

from typing import Any

import pytest
from django.test import Client

from continuity.access import restrictions as r
from continuity.access.models import Restriction
from continuity.agencies.models import Member, Membership
from continuity.disclosures.models import LedgerEntry
from continuity.people.models import Person, PersonStaffGrant
from tests import builders as b
from tests.backoffice.test_who_comes_in import site_administrator
from tests.cast import ABOUT_SAM, Cast, signed_in

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("at_the_time_of_the_cast")]


@pytest.fixture
def pia(cast: Cast) -> Membership:
    return b.member("pia", cast.county, "privacy_officer")


@pytest.fixture
def desk(pia: Membership) -> Client:
    return signed_in(pia)


def page_of(cast: Cast) -> str:
    return f"/admin/people/{cast.sam.pk}/restrictions/"


def press(desk: Client, cast: Cast, verb: str, row: Any = None, **said: Any):
    said = {"reason": "Sam asked for it."} | said
    return desk.post(f"{page_of(cast)}{verb}/{f'{row}/' if row else ''}", said)


def asked_for(desk: Client, cast: Cast) -> Restriction:
    said = {"kind": "disclosure", "towards": str(cast.police.pk), "requested_at": "2026-11-20T11:00"}
    assert press(desk, cast, "request", **said, categories=["D1", "D2"]).status_code == 302
    return Restriction.objects.get()


def test_page_says_who_may_see_the_person_and_is_ledgered(cast: Cast, desk: Client, pia: Membership):
    text = desk.get(page_of(cast)).content.decode()
    assert "Who may see Sam Testcase" in text
    assert "Nobody is named." in text
    row = LedgerEntry.objects.get(channel="admin")
    assert (row.outcome, row.person_id, row.asker) == ("read", cast.sam.pk, pia)
    assert f'href="{page_of(cast)}"' in desk.get(f"/admin/people/{cast.sam.pk}/").content.decode()


def test_restriction_is_asked_for_agreed_and_ended(cast: Cast, desk: Client):
    made = asked_for(desk, cast)
    assert "Keeps what helps and what to be careful of and earlier contacts from Kestrel Police." in (
        desk.get(page_of(cast)).content.decode()
    )
    assert press(desk, cast, "agree", made.pk, reason="").status_code == 302
    assert press(desk, cast, "decline", made.pk).status_code == 409
    assert press(desk, cast, "end", made.pk, reason="").status_code == 400
    assert press(desk, cast, "end", made.pk, reason="Sam wrote so.").status_code == 302
    made.refresh_from_db()
    assert (made.state, made.ended_reason, made.categories) == ("ended", "Sam wrote so.", ["D1", "D2"])


def test_refusal_comes_back_at_its_own_button_with_what_was_typed(cast: Cast, desk: Client):
    answer = press(
        desk, cast, "request", kind="employee", requested_at="2026-11-20T11:00", reason="Is a deputy."
    )
    text = answer.content.decode()
    assert answer.status_code == 400
    assert "Say for which agency the person works." in text
    assert text.count('<details class="move" open>') == 1
    assert "Is a deputy." in text


def test_next_look_up_is_closed_at_once(cast: Cast, desk: Client):
    """The desk's word counts from the next question on; nothing stands between."""
    officer, consent = signed_in(cast.reyes), cast.consent()
    assert "Speak softly" in officer.post("/lookup/", ABOUT_SAM).content.decode()
    press(desk, cast, "level", level="restricted")
    refused = officer.post("/lookup/", ABOUT_SAM).content.decode()
    assert "No information can be shared." in refused
    assert "estricted" not in refused
    rows = LedgerEntry.objects.filter(asker=cast.reyes).values_list("outcome", "refusal")
    assert sorted(rows) == [("refused", "restricted"), ("released", "")]
    consent.refresh_from_db()
    assert consent.status == "active"


def test_colleague_and_somebody_elsewhere_are_named_and_taken_back(cast: Cast, desk: Client):
    assert press(desk, cast, "name", colleague=str(cast.embedded.member_id)).status_code == 302
    assert press(desk, cast, "name", username="adeyemi").status_code == 302
    text = desk.get(page_of(cast)).content.decode()
    assert "since 20 Nov 2026: Sam asked for it." in text
    assert set(Member.objects.filter(personstaffgrant__isnull=False)) == {
        cast.embedded.member,
        cast.adeyemi.member,
    }
    press(desk, cast, "remove", cast.adeyemi.member_id)
    assert PersonStaffGrant.objects.get().user == cast.embedded.member
    assert "Adeyemi no longer named." in desk.get(page_of(cast)).content.decode()


@pytest.mark.parametrize(
    ("said", "sentence"),
    [
        ({}, "Choose somebody from the list, or give one user name."),
        ({"username": "no-such-name"}, "Nobody has this user name."),
        ({"username": "adeyemi", "reason": ""}, "Say why, in one sentence."),
    ],
)
def test_naming_needs_somebody_and_a_reason(cast: Cast, desk: Client, said: dict[str, str], sentence: str):
    answer = press(desk, cast, "name", **said)
    assert answer.status_code == 400
    assert sentence in answer.content.decode()
    assert not PersonStaffGrant.objects.exists()


def test_stricter_wish_of_another_office_keeps_the_level(cast: Cast, desk: Client):
    b.contact(cast.reyes, cast.sam)
    paula = b.member("paula", cast.police, "privacy_officer")
    r.set_confidentiality(by=paula, person_id=cast.sam.pk, level="restricted", reason="VIP.", at=b.NOW)
    press(desk, cast, "level", level="very_restricted")
    press(desk, cast, "level", level="normal")
    text = desk.get(page_of(cast)).content.decode()
    assert "The level stays, because the strictest wish counts." in text
    assert "VIP." not in text
    assert Person.objects.get(pk=cast.sam.pk).confidentiality == "restricted"


def test_death_is_written_down_and_taken_back(cast: Cast, desk: Client):
    promised = cast.sam.follow_ups.get()
    assert press(desk, cast, "death", died_on="2027-01-01").status_code == 400
    assert press(desk, cast, "death", died_on="2026-11-19").status_code == 302
    promised.refresh_from_db()
    assert promised.status == "unable"
    assert "Died on 19 November 2026." in desk.get(page_of(cast)).content.decode()
    assert "Died 19 Nov 2026" in desk.get(f"/admin/people/{cast.sam.pk}/").content.decode()
    assert press(desk, cast, "alive").status_code == 302
    assert Person.objects.get(pk=cast.sam.pk).deceased_date is None
    promised.refresh_from_db()
    assert (promised.status, promised.closed_at) == ("sent", None)


@pytest.mark.parametrize("verb", ["level", "name", "request", "death", "no-such-verb", "remove"])
def test_only_the_own_privacy_office_finds_the_page_and_its_buttons(cast: Cast, verb: str):
    named = {"level": "restricted", "username": "adeyemi", "died_on": "2026-11-19", "kind": "disclosure"}
    for role in ("consent_manager", "embedded_clinician", "supervisor", "agency_admin"):
        browser = signed_in(b.member(f"some-{role}", cast.county, role))
        assert browser.get(page_of(cast)).status_code == 403
        assert press(browser, cast, verb, **named).status_code == 403
    root = site_administrator()
    for answer in (root.get(page_of(cast)), press(root, cast, verb, **named)):
        assert answer.status_code == 403
    stranger = signed_in(b.member("otto", cast.elsewhere, "privacy_officer"))
    for answer in (stranger.get(page_of(cast)), press(stranger, cast, verb, **named)):
        assert answer.status_code == 404
        assert b"Testcase" not in answer.content
    sam = Person.objects.get(pk=cast.sam.pk)
    assert (sam.confidentiality, sam.deceased_date) == ("normal", None)
    assert not PersonStaffGrant.objects.exists()


def test_statements_are_constant_in_the_number_of_restrictions(
    cast: Cast, desk: Client, django_assert_num_queries
):
    for agency in (cast.police, cast.sheriff, cast.clinic):
        press(desk, cast, "request", kind="employee", towards=str(agency.pk), requested_at="2026-11-20T11:00")
        press(desk, cast, "name", username=Member.objects.filter(memberships__agency=agency).first().username)
        desk.get(page_of(cast))
        with django_assert_num_queries(15):
            desk.get(page_of(cast))
