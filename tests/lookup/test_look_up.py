"""What each role receives for one question, and the row that each answer leaves."""

import pytest

from continuity.treatment.linkages import answer_linkage, record_linkage
from tests import builders as b
from tests.builders import NOW
from tests.cast import Cast
from tests.lookup.asking import ask, last_row

pytestmark = pytest.mark.django_db


def test_officer_receives_what_the_consent_opens(cast: Cast):
    consent = cast.consent()
    record = ask(cast.reyes).json()["record"]
    assert [tip["text"] for tip in record["tips"]] == ["Speak softly."]
    assert [flag["kind"] for flag in record["flags"]] == ["fear_of_uniforms"]
    assert [follow_up["outcome"] for follow_up in record["follow_ups"]] == ["scheduled"]
    assert record["team_links"][0]["duty_line"] == "661-555-0110"
    assert [contact["disposition"] for contact in record["contacts"]] == ["safety_plan_completed"]
    row = last_row()
    assert (row.outcome, row.person, row.asker, row.consents) == (
        "released",
        cast.sam,
        cast.reyes,
        [consent.pk],
    )
    assert row.categories == ["D1", "D2", "D5", "D6", "D7"]


def test_officer_never_receives_narrative_sud_or_free_text(cast: Cast):
    b.beyond_the_law(cast.consent(), ["D1", "D2", "D3", "D4", "D5", "D6"])
    answer = ask(cast.reyes)
    for words in (
        b"Clinical words",
        b"Substance words",
        b"Spoke quietly",
        b"outpatient_mh",
        b"County Health<",
    ):
        assert words not in answer.content
    assert answer.json()["record"]["narratives"] == answer.json()["record"]["sud_segments"] == []
    assert not {"D3", "D4"} & set(last_row().categories)


def test_the_records_shown_are_the_records_ledgered(cast: Cast):
    cast.consent()
    shown = ask(cast.reyes).json()["record"]
    kinds = [kind for kind, _, _ in last_row().records]
    assert (
        len([kind for kind in kinds if kind == "contact"])
        == len(shown["contacts"])
        == shown["contacts_total"]
    )
    assert sorted(kinds) == ["consent", "contact", "follow_up", "safety_flag", "team_link", "tip"]
    assert len(last_row().records_sha256) == 64


def test_clinician_of_the_own_agency_receives_the_wider_card(cast: Cast):
    record = ask(cast.embedded, purpose="treatment").json()["record"]
    assert record["narratives"][0]["text"] == "Clinical words."
    assert record["contacts"][0]["operational_summary"].startswith("Spoke quietly")
    assert record["team_links"][0]["provider"] == "County Health"
    assert record["sud_segments"] == []  # D4 O needs a Part 2 programme
    assert last_row().categories == ["D0", "D1", "D2", "D3", "D5", "D6"]


def test_treating_clinician_receives_care_data_after_an_accepted_linkage(cast: Cast):
    from tests.builders import referral_team

    referral_team(cast.clinic, cast.adeyemi)
    linkage = record_linkage(
        by=cast.embedded,
        contact_id=cast.sams_contact.pk,
        kind="new_outpatient_mh",
        recipient=cast.clinic,
        at=NOW,
    )
    for status in ("received", "accepted"):
        answer_linkage(by=cast.adeyemi, linkage_id=linkage.pk, status=status, at=NOW)
    record = ask(cast.adeyemi, purpose="treatment").json()["record"]
    assert record["narratives"][0]["text"] == "Clinical words."
    assert {ground["basis"] for ground in record["grounds"]} == {"T", "O"}
    assert last_row().outcome == "released"


def test_the_stranger_receives_nothing(cast: Cast):
    cast.consent()
    assert ask(cast.novak, purpose="treatment").json() == {"result": "no_shareable_information"}
    assert (last_row().outcome, last_row().refusal) == ("refused", "no_agreement")


def test_consent_manager_sees_existence_and_consents_only(cast: Cast):
    cast.consent()
    record = ask(cast.kim, purpose="compliance_audit").json()["record"]
    assert record["known_to"] == ["County Health"]
    assert [scope["instrument"] for scope in record["consents"]] == ["hipaa_authorization"]
    assert record["contacts"] == record["flags"] == record["team_links"] == []
    assert last_row().categories == ["D0", "D7"]


def test_every_disclosed_record_carries_the_terms_of_its_consent(cast: Cast):
    consent = cast.consent()
    (notice,) = ask(cast.reyes).json()["record"]["notices"]
    assert notice["code"] == "consent_terms"
    assert notice["consent_ids"] == [str(consent.pk)]
    assert "County Health until 2027-09-16" in notice["scope"]
    assert last_row().notices == ["consent_terms"]


def test_part2_data_travels_with_its_notice(cast: Cast):
    """L-11: the s2.32 statement and the scope of the consent go with every Part 2 record."""
    cast.consent(
        to=[cast.clinic],
        instrument="combined_hipaa_part2",
        part2_included=True,
        categories=["D2", "D4"],
        purposes=["treatment"],
    )
    from tests import builders as b

    b.agreement(cast.county, cast.clinic, categories=["D2", "D4"])
    record = ask(cast.adeyemi, purpose="treatment").json()["record"]
    assert [segment["text"] for segment in record["sud_segments"]] == ["Substance words."]
    notice = next(notice for notice in record["notices"] if notice["code"] == "part2")
    assert "42 CFR part 2 prohibits" in notice["text"]
    assert "substance use records" in notice["scope"]
    assert "part2" in last_row().notices
