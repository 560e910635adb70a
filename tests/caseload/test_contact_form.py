"""The contact form: the order of a call, a draft that saves itself, nothing lost, nothing twice (P-3, P-13, P-14)."""

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse

from continuity.caseload.contact_fields import TRIAGE, Coded, questions
from continuity.crisis.models import CrisisContact, Transfer, Triage
from continuity.crisis.services import start_draft
from continuity.crisis.transfers import answer_transfer, offer_transfer
from continuity.disclosures.models import LedgerEntry
from continuity.people.models import Person
from continuity.treatment.links import confirm_team_link
from continuity.treatment.models import FollowUp, Linkage
from tests import builders as b
from tests.builders import NOW, undone
from tests.cast import Cast, signed_in

SAM = {"find_last": "Testcase", "find_first": "Sam", "find_birth_date": "4/3/1988"}
NOBODY = SAM | {"find_last": "Nobody"}
WHOLE = {
    "reporter_relationship": "self",
    "origin": "call_911",
    "modality": "phone",
    "response_type": ["call_diversion_clinician"],
    "call_type": "suicide_threat",
    "presenting_issues": ["suicidal_ideation", "housing_crisis"],
    "risk_level": "moderate",
    "disposition_primary": "safety_plan_completed",
    "existing_treatment": "connected_active",
    "hold_status": "not_applicable",
    "le_dispatched": "no",
    "diverted_from": ["law_enforcement_response"],
    "referral_offered": "no",
    "follow_up_required": "yes",
    "operational_summary": "Spoke quietly; agreed to be called tomorrow.",
}


@pytest.fixture
def at_desk(cast: Cast, time_machine) -> Client:
    time_machine.move_to(NOW, tick=False)
    return signed_in(cast.embedded)


def draft(cast: Cast, **fields) -> CrisisContact:
    return start_draft(by=cast.embedded, at=NOW - timedelta(minutes=5), **fields)


def page(contact: CrisisContact) -> str:
    return reverse("contact_draft", args=[contact.pk])


def sent(contact: CrisisContact, **changes) -> dict:
    contact.refresh_from_db()
    return WHOLE | {"version": contact.version} | changes


def ledger() -> list[tuple[str, str]]:
    return sorted(LedgerEntry.objects.values_list("outcome", "channel"))


def test_asking_who_it_is_answers_through_the_gate(cast: Cast, at_desk: Client):
    for asked, outcomes, words in (
        (SAM, ["read", "released"], "661-555-0110"),
        (NOBODY, ["empty", "read"], "No information can be shared."),
    ):
        with undone():
            answer = at_desk.post("/caseload/contacts/new/", asked | {"act": "find"})
            assert words in answer.content.decode()
            # Besides the gate the own agency's people were searched; somebody of this birthday is among them.
            assert ledger() == [(outcome, "page") for outcome in outcomes]


def test_what_helps_stands_before_what_to_be_careful_of(cast: Cast, at_desk: Client):
    text = at_desk.post("/caseload/contacts/new/", SAM | {"act": "find"}).content.decode()
    order = [
        text.index(words)
        for words in ("Call the care team", "Speak softly", "Afraid of uniforms", "Earlier contacts")
    ]
    assert order == sorted(order)


def test_a_name_alone_is_asked_for_more_and_kept(cast: Cast, at_desk: Client):
    answer = at_desk.post("/caseload/contacts/new/", {"act": "find", "find_last": "Testcase"})
    assert answer.status_code == 400
    assert 'value="Testcase"' in answer.content.decode()
    assert ledger() == []


@pytest.mark.parametrize("who", [SAM, NOBODY])
def test_a_draft_about_somebody_known_or_unknown_begins_alike(cast: Cast, at_desk: Client, who):
    """P-3: the address tells no more than that a draft was begun."""
    answer = at_desk.post("/caseload/contacts/new/", who | {"act": "person", "once": "k1"})
    made = CrisisContact.objects.get(record_status="draft")
    assert (answer.status_code, answer.headers["Location"]) == (302, page(made))
    assert made.person_id is not None


def test_a_second_press_begins_no_second_draft(cast: Cast, at_desk: Client):
    people = Person.objects.count()
    pressed = NOBODY | {"act": "person", "once": "k1"}
    first, second = (at_desk.post("/caseload/contacts/new/", pressed) for _ in range(2))
    assert first.headers["Location"] == second.headers["Location"]
    assert (CrisisContact.objects.filter(record_status="draft").count(), Person.objects.count()) == (
        1,
        people + 1,
    )


def test_the_usual_answers_of_an_embedded_clinician_are_chosen_and_said_to_be(cast: Cast, at_desk: Client):
    at_desk.post("/caseload/contacts/new/", {"act": "anonymous"})
    made = CrisisContact.objects.get(record_status="draft")
    assert (made.origin, made.modality, made.response_type, made.le_dispatched, made.person) == (
        "call_911", "phone", ["call_diversion_clinician"], "no", None,
    )  # fmt: skip
    text = at_desk.get(page(made)).content.decode()
    assert text.count("chosen beforehand") >= 3
    assert not Triage.objects.exists()  # what a suggestion is measured by is decided, never presumed


def test_the_page_shows_the_person_at_once_and_writes_its_ledger_rows(cast: Cast, at_desk: Client):
    made = draft(cast, person=cast.sam)
    text = at_desk.get(page(made)).content.decode()
    assert "661-555-0110" in text
    assert ledger() == [("read", "page"), ("released", "page")]


def test_autosave_keeps_every_field(cast: Cast, at_desk: Client):
    made = draft(cast)
    answer = autosave(at_desk, made, **WHOLE, narrative="For clinicians.", sud_text="Apart.")
    made.refresh_from_db()
    assert (answer.status_code, answer.json()["version"], answer.json()["errors"]) == (200, made.version, {})
    for question in questions():
        if question.name in WHOLE:
            assert getattr(made, question.name) == WHOLE[question.name]
    assert (made.narrative.text, made.sud_segment.text) == ("For clinicians.", "Apart.")


def test_every_coded_question_takes_each_of_its_codes(cast: Cast, at_desk: Client):
    """A chip that the verb refuses would be a word that cannot be recorded."""
    made = draft(cast)
    coded = [one for one in questions() if isinstance(one, Coded) and one not in TRIAGE]
    police = {"arrested", "cited_released", "less_lethal", "physical", "firearm"}
    for place in range(max(len(one.codes) for one in coded)):
        fields = {
            one.name: one.codes[place]
            for one in coded
            if place < len(one.codes) and one.name != "use_of_force" and one.codes[place] not in police
        }
        assert autosave(at_desk, made, **fields).json()["errors"] == {}
        made.refresh_from_db()
        kept = {name: getattr(made, name) for name in fields}
        assert {
            name: value[0] if isinstance(value, list) else value for name, value in kept.items()
        } == fields


def test_one_wrong_answer_costs_no_other(cast: Cast, at_desk: Client):
    for wrong in (
        {"occurred_at": "2031-01-01T10:00"},
        {"occurred_at": "yesterday"},
        {"risk_level": "enormous"},
        {"ended_at": "2020-01-01T10:00"},
        {"operational_summary": "x" * 1001},
    ):
        with undone():
            made = draft(cast)
            answer = at_desk.post(page(made), sent(made, **wrong) | {"act": "save"})
            made.refresh_from_db()
            text = answer.content.decode()
            assert (answer.status_code, made.disposition_primary) == (400, "safety_plan_completed")
            assert f'{next(iter(wrong))}-error"' in text
            typed = next(iter(wrong.values()))
            assert typed in text or wrong == {"risk_level": "enormous"}


def test_without_a_session_what_was_typed_comes_back_whole(cast: Cast):
    made = draft(cast)
    answer = Client().post(page(made), WHOLE | {"act": "save"})
    text = answer.content.decode()
    assert answer.status_code == 403
    for kept in ("suicidal_ideation", "housing_crisis", "agreed to be called tomorrow"):
        assert kept in text
    made.refresh_from_db()
    assert made.operational_summary == ""


def test_a_strangers_draft_is_not_there(cast: Cast, time_machine):
    time_machine.move_to(NOW, tick=False)
    made = draft(cast, person=cast.sam)
    for other in (cast.novak, cast.adeyemi):
        with undone():
            client = signed_in(other)
            absent = client.get("/caseload/contacts/01900000-0000-7000-8000-000000000000/draft/")
            foreign = client.get(page(made))
            assert foreign.status_code == absent.status_code == 404
            assert said(foreign) == said(absent)
            assert client.post(page(made), WHOLE).status_code == 404
            assert {outcome for outcome, _ in ledger()} == {"refused"}


def test_two_tabs_lose_neither_text(cast: Cast, at_desk: Client):
    made = draft(cast)
    first = sent(made)
    autosave(at_desk, made, operational_summary="From the other tab.")
    answer = at_desk.post(page(made), first | {"act": "save"})
    text = answer.content.decode()
    assert answer.status_code == 409
    assert "From the other tab." in text
    assert WHOLE["operational_summary"] in text
    both = at_desk.post(page(made), sent(made) | {"act": "both:operational_summary"})
    made.refresh_from_db()
    assert both.status_code == 302
    assert made.operational_summary == f"From the other tab.\n\n{WHOLE['operational_summary']}"


def test_autosave_of_another_tab_is_told_with_what_is_stored(cast: Cast, at_desk: Client):
    made = draft(cast)
    autosave(at_desk, made, operational_summary="From the other tab.")
    answer = autosave(at_desk, made, version=1, operational_summary="Mine.")
    assert answer.status_code == 409
    assert answer.json()["draft"]["operational_summary"] == ["From the other tab."]


def test_words_of_the_summary_are_found_and_moved(cast: Cast, at_desk: Client):
    made = draft(cast)
    summary = "Calm on the phone. Says he took fentanyl at noon. Wants a call."
    found = autosave(at_desk, made, operational_summary=summary).json()["wording"]
    assert 'value="move:sud_segment|fentanyl"' in found
    at_desk.post(page(made), sent(made, operational_summary=summary, act="move:sud_segment|fentanyl"))
    made = CrisisContact.objects.get(pk=made.pk)
    assert made.operational_summary == "Calm on the phone. Wants a call."
    assert made.sud_segment.text == "Says he took fentanyl at noon."


def test_finishing_lists_what_is_open_at_its_field_and_keeps_the_rest(cast: Cast, at_desk: Client):
    made = draft(cast)
    gaps = {"risk_level", "presenting_issues"}
    typed = {name: value for name, value in sent(made, act="finish").items() if name not in gaps}
    answer = at_desk.post(page(made), typed)
    text = answer.content.decode()
    made.refresh_from_db()
    assert (answer.status_code, made.record_status) == (400, "draft")
    assert made.operational_summary == WHOLE["operational_summary"]
    assert all(f'href="#{name}"' in text for name in gaps)


def test_finishing_proposes_the_follow_up_and_one_press_promises_it(cast: Cast, at_desk: Client):
    made = draft(cast, person=cast.sam)
    done = [at_desk.post(page(made), sent(made, act="finish")) for _ in range(2)]
    assert [one.headers["Location"] for one in done] == [reverse("contact", args=[made.pk])] * 2
    text = at_desk.get(done[0].headers["Location"]).content.decode()
    assert 'value="promise"' in text
    for _ in range(2):
        at_desk.post(done[0].headers["Location"], {"move": "promise", "once": "k2"})
    assert FollowUp.objects.filter(contact=made).count() == 1
    assert 'value="promise"' not in at_desk.get(done[0].headers["Location"]).content.decode()


def test_the_triage_is_recorded_once_and_an_override_needs_its_reason(cast: Cast, at_desk: Client):
    made = draft(cast)
    armed = {"weapon_in_hand": "yes", "decision": "clinician", "has_team": "1"}
    for _ in range(2):
        wrong = autosave(at_desk, made, **WHOLE, **armed)
    assert set(wrong.json()["errors"]) == {"triage_reason"}
    for _ in range(2):
        autosave(
            at_desk, made, **WHOLE, **armed, triage_reason="The knife is in the kitchen, she is in the yard."
        )
    row = Triage.objects.get()
    assert (row.decision, row.suggestion != "clinician", row.has_team) == ("clinician", True, True)
    changed = autosave(at_desk, made, **WHOLE, **armed | {"decision": "both"})
    assert set(changed.json()["errors"]) == {"what_changed"}
    autosave(at_desk, made, **WHOLE, **armed | {"decision": "both", "what_changed": "She went in again."})
    assert Triage.objects.count() == 2


def test_a_call_is_handed_on_in_one_press_and_only_once(cast: Cast, at_desk: Client):
    made = draft(cast)
    pressed = sent(made, act="hand:line_988", once="k3")
    for _ in range(2):
        answer = at_desk.post(
            page(made), pressed | {"version": CrisisContact.objects.get(pk=made.pk).version}
        )
    assert answer.status_code == 302
    row = Transfer.objects.get()
    assert (row.to_kind, row.from_contact_id, row.is_warm) == ("line_988", made.pk, True)


def test_what_the_sender_said_finds_the_person(cast: Cast, at_desk: Client):
    said = {"name": "Sam Testcase", "birth_date": "1988-04-03", "note": "On the bridge."}
    offered, _ = offer_transfer(
        by=b.member("disp", cast.police, "dispatcher"), to_kind="clinician", to_agency=cast.county, said=said,
        call_type="suicide_threat", at=NOW - timedelta(minutes=2),
    )  # fmt: skip
    answer_transfer(by=cast.embedded, transfer_id=offered.pk, outcome="accepted", at=NOW)
    made = CrisisContact.objects.get(record_status="draft")
    text = at_desk.get(page(made)).content.decode()
    for words in ("On the bridge.", "Call the care team", 'value="person"'):
        assert words in text
    assert ledger() == [("read", "page"), ("read", "page"), ("released", "page")]  # draft, candidates, card
    at_desk.post(
        page(made),
        sent(
            made,
            act="person",
            once="k4",
            find_last="Testcase",
            find_first="Sam",
            find_birth_date="1988-04-03",
        ),
    )
    made.refresh_from_db()
    assert made.person_id == cast.sam.pk


def test_an_anonymous_contact_gets_its_person_later(cast: Cast, at_desk: Client):
    made = draft(cast)
    at_desk.post(page(made), sent(made, act="finish"))
    here = reverse("contact", args=[made.pk])
    at_desk.post(here, SAM | {"move": "claim", "once": "k5"})
    made.refresh_from_db()
    assert made.person_id == cast.sam.pk


def test_a_contact_is_referred_back_to_its_team_in_one_press(cast: Cast, at_desk: Client):
    b.referral_team(cast.clinic, cast.adeyemi)
    confirm_team_link(
        by=cast.adeyemi,
        person=cast.sam,
        program_kind="psychiatry",
        duty_line="661-555-0111",
        at=NOW - timedelta(days=1),
    )
    b.consent(
        by=b.member("kim2", cast.clinic, "consent_manager"), verified_by=b.member("ver2", cast.clinic, "consent_manager"),
        who=cast.sam, to=[cast.county], categories=["D5"],
    )  # fmt: skip
    made = draft(cast, person=cast.sam)
    at_desk.post(page(made), sent(made, act="finish"))
    here = reverse("contact", args=[made.pk])
    text = at_desk.get(here).content.decode()
    assert f"Refer to {cast.clinic.name}" in text
    for _ in range(2):
        at_desk.post(here, {"move": "refer", "recipient": str(cast.clinic.pk), "once": "k6"})
    assert Linkage.objects.get(contact=made).kind == "reconnect_existing_team"


def test_an_officer_is_asked_for_no_clinical_text(cast: Cast, time_machine):
    time_machine.move_to(NOW, tick=False)
    client = signed_in(cast.reyes)
    client.post("/caseload/contacts/new/", {"act": "anonymous"})
    text = client.get(page(CrisisContact.objects.get(record_status="draft"))).content.decode()
    assert "name=use_of_force" in text
    assert "value=imminent" not in text  # nor for a judgement of risk (5.4)
    for clinical in ("narrative", "sud_text", "suicide_screen_level"):
        assert f'name="{clinical}"' not in text


def test_the_page_is_small_and_says_nothing_in_its_address_or_title(cast: Cast, at_desk: Client):
    made = draft(cast, person=cast.sam, **WHOLE)
    text = at_desk.get(page(made)).content.decode()
    assert len(text.encode()) < 42_000
    assert "Testcase" not in text.split("</title>")[0]


def said(answer) -> str:
    """The page without its address and its keys."""
    return answer.content.decode().split("<main")[1].split("</main>")[0]


def autosave(client: Client, contact: CrisisContact, **fields):
    contact.refresh_from_db()
    body = {"version": contact.version} | fields
    return client.post(page(contact), body, headers={"Accept": "application/json"})
