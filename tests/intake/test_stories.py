import re
from datetime import UTC, date, datetime, timedelta
from itertools import islice, pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from continuity.agencies.models import Category
from continuity.agencies.roles import Purpose
from continuity.consents.models import Consent
from continuity.crisis import vocabulary as v
from continuity.crisis.models import LONGEST_SUMMARY, SafetyFlag
from continuity.intake import story_names, story_words
from continuity.intake.stories import stories
from continuity.intake.story_shapes import RESPONDERS, RESPONSE
from continuity.people.models import PersonName
from continuity.treatment.models import TASK_TRANSITIONS, FollowUp, FollowUpAttempt, Linkage, ProgramKind

NOW = datetime(2026, 11, 20, 20, 0, tzinfo=UTC)
PARTS = {"psap", "police", "sheriff", "county", "mobile", "clinic", "sud"}
CODED = {
    "origin": v.Origin,
    "modality": v.Modality,
    "risk_level": v.RiskLevel,
    "existing_treatment": v.ExistingTreatment,
    "disposition": v.Disposition,
    "hold_status": v.HoldStatus,
    "transport_mode": v.TransportMode,
    "transport_destination": v.TransportDestination,
    "le_dispatched": v.YesNoUnknown,
    "referral_offered": v.YesNoUnknown,
    "follow_up_required": v.YesNoUnknown,
}
CODED_LISTS = {
    "response_type": v.ResponseType,
    "issues": v.PresentingIssue,
    "safety_observations": v.SafetyObservation,
    "diverted_from": v.DivertedFrom,
}
FORBIDDEN = re.compile(
    r"frequent flyer|chronic|\bedp\b|non-?compliant|excited delirium|schizo|bipolar|psychos|psychotic|ptsd|"
    r"borderline|personality|disorder|diagnos|addict|junkie|crazy|violent|manipulat|attention.seeking|suspect\b",
    re.IGNORECASE,
)
seeds = st.integers(0, 2**40)
each_seed = pytest.mark.parametrize("seed", [1, 20260413])


def some(count=400, seed=1, now=NOW):
    return list(stories(count, seed=seed, now=now))


def one(seed, index):
    return next(islice(stories(index + 1, seed=seed, now=NOW), index, None))


@given(seeds, st.integers(0, 30), st.integers(1, 40))
def test_a_story_depends_on_seed_and_index_alone(seed, index, more):
    assert one(seed, index) == some(index + more, seed)[index]


def test_another_seed_tells_other_stories():
    assert {s.person for s in some(50, 1)}.isdisjoint({s.person for s in some(50, 2)})


def test_people_are_told_apart_by_name_and_birth_date():
    people = {(s.person.last, s.person.first, s.person.birth_date) for s in some(5000)}
    assert len(people) >= 4995


@given(seeds, st.integers(0, 20))
def test_contacts_use_the_coded_values(seed, index):
    for contact in one(seed, index).contacts:
        assert contact.agency in PARTS
        for name, choices in CODED.items():
            assert getattr(contact, name) in choices
        for name, choices in CODED_LISTS.items():
            assert getattr(contact, name)
            assert set(getattr(contact, name)) <= set(choices)
        assert contact.hold_authority in {"", *v.HoldAuthority}
        assert 0 < len(contact.summary) <= LONGEST_SUMMARY


@given(seeds, st.integers(0, 20))
def test_contacts_are_told_oldest_first_and_in_the_past(seed, index):
    times = [contact.occurred_at for contact in one(seed, index).contacts]
    assert times == sorted(times)
    assert times[-1] < NOW


def test_only_clinicians_write_clinical_text_and_refer():
    for story in some():
        for contact in story.contacts:
            assert contact.is_clinical or (contact.narrative, contact.sud_text) == (None, None)
        for follows in (*story.linkages, *story.follow_ups):
            assert story.contacts[follows.contact].is_clinical


def test_nobody_was_spared_police_who_came():
    for contact in (one for story in some() for one in story.contacts):
        assert contact.le_dispatched == "no" or "law_enforcement_response" not in contact.diverted_from


@given(seeds, st.integers(0, 20))
def test_consents_are_signed_after_the_first_contact_and_end_later(seed, index):
    story = one(seed, index)
    if story.consent is None:
        return
    made = story.consent
    assert story.contacts[0].occurred_at <= made.signed_at <= NOW
    assert made.signed_at < made.expires_at <= made.signed_at + timedelta(days=365)
    assert made.revoked_at is None or made.signed_at <= made.revoked_at <= NOW
    assert set(made.categories) <= set(Category)
    assert set(made.purposes) <= set(Purpose)
    assert made.instrument in Consent.Instrument
    assert {*made.disclosing, *made.recipients} <= PARTS
    assert made.part2_included == (made.instrument in Consent.PART2_INSTRUMENTS)
    assert any(contact.agency == "county" for contact in story.contacts)


def test_each_form_is_for_one_use_of_somebody_who_may_ask_for_it():
    # Police and dispatch have one purpose and nobody else has it (P-7); each use has its form (W&I 5328.7).
    made = [story.consent for story in some(2000) if story.consent]
    forms = [form for consent in made for form in consent.uses]
    assert all((purpose == RESPONSE) == (part in RESPONDERS) for purpose, to in forms for part in to)
    assert all(to for _, to in forms)
    for consent in made:
        assert {part for _, to in consent.uses for part in to} == set(consent.recipients)


@each_seed
def test_linkages_move_as_the_transition_table_says(seed):
    for story in some(seed=seed):
        for linkage in story.linkages:
            states = [state for state, _ in linkage.path]
            times = [at for _, at in linkage.path]
            assert states[0] == "sent"
            assert all(after in TASK_TRANSITIONS[before] for before, after in pairwise(states))
            assert [story.contacts[linkage.contact].occurred_at, *times, NOW] == sorted(
                [story.contacts[linkage.contact].occurred_at, *times, NOW]
            )
            assert linkage.kind in Linkage.Kind
            assert linkage.priority in Linkage.Priority
            assert bool(linkage.recipient) != bool(linkage.external_provider)
            assert linkage.recipient != story.contacts[linkage.contact].agency
            assert (linkage.first_attended_at is None) == ("engaged" not in states)


def test_linkages_stand_in_every_state_but_draft():
    found = {linkage.status for story in some(3000) for linkage in story.linkages}
    assert found == {str(status) for status in TASK_TRANSITIONS} - {"draft"}


@each_seed
def test_follow_ups_come_after_their_contact_and_before_now(seed):
    for story in some(seed=seed):
        for promise in story.follow_ups:
            assert story.contacts[promise.contact].occurred_at < promise.promised_at < promise.due_at
            times = [promise.promised_at, *(attempt.at for attempt in promise.attempts), NOW]
            assert times == sorted(times)
            assert promise.kind in FollowUp.Kind
            assert promise.due_window in FollowUp.DueWindow
            assert {attempt.mode for attempt in promise.attempts} <= set(FollowUpAttempt.Mode)
            assert {attempt.outcome for attempt in promise.attempts} <= set(FollowUpAttempt.Outcome)


@each_seed
def test_a_completed_follow_up_reached_the_person(seed):
    for promise in (one for story in some(seed=seed) for one in story.follow_ups):
        reached = bool(promise.attempts) and promise.attempts[-1].outcome.startswith("reached")
        assert reached == (promise.status == "completed")
        assert bool(promise.result) == (promise.closed_at is not None) == (promise.status != "sent")
        assert promise.result in {"", *FollowUp.Result}


def test_follow_ups_are_scheduled_overdue_completed_and_unable():
    promises = [promise for story in some() for promise in story.follow_ups]
    assert {promise.status for promise in promises} == {"sent", "completed", "unable"}
    assert {promise.due_at < NOW for promise in promises if promise.closed_at is None} == {True, False}


def test_flags_tips_and_plans_rest_on_a_contact():
    for story in some():
        for standing in (*story.flags, *story.tips):
            source = story.contacts[standing.contact]
            assert (standing.agency, standing.observed_at) == (source.agency, source.occurred_at)
            assert standing.basis in v.Basis
            assert len(standing.text) <= 200
        assert all(flag.kind in v.SafetyObservation for flag in story.flags)
        assert all(flag.severity in SafetyFlag.Severity for flag in story.flags)
        assert all(tip.kind in v.DeescalationKind for tip in story.tips)
        if story.plan:
            assert story.contacts[0].occurred_at <= story.plan.approved_at <= NOW
            assert story.plan.strategies


def test_people_are_invented():
    for person in (story.person for story in some()):
        assert not person.phone or re.fullmatch(r"661-555-01\d\d", person.phone)
        assert date(1936, 1, 1) < person.birth_date < date(2008, 1, 1)
        assert (person.birth_date.month, person.birth_date.day) != (1, 1)
        assert {alias.use for alias in person.aliases} <= set(PersonName.Use)


def test_team_links_reach_a_fictional_line():
    links = [story.team_link for story in some() if story.team_link]
    assert all(re.fullmatch(r"661-555-01\d\d", link.duty_line) for link in links)
    assert all(link.program_kind in ProgramKind for link in links)
    assert all(link.established_at <= link.verified_at <= NOW for link in links)
    assert any(NOW - link.verified_at > timedelta(days=90) for link in links)


def test_the_county_looks_like_a_county():
    told = some(4000)
    met = [len(story.contacts) for story in told]
    assert sum(count <= 3 for count in met) > 0.8 * len(met)
    assert sum(count >= 20 for count in met) > 10
    consents = [story.consent for story in told if story.consent]
    assert 0.21 < len(consents) / len(told) < 0.27
    assert 0.19 < sum(story.team_link is not None for story in told) / len(told) < 0.25
    assert any(consent.revoked_at for consent in consents)
    assert any(consent.expires_at < NOW for consent in consents)
    assert len({consent.scope for consent in consents}) == 4


def test_no_sentence_labels_a_person():
    texts = [text for name, text in _strings(vars(story_words)) if not name.startswith("__")]
    assert len(texts) > 100
    assert [text for text in texts if FORBIDDEN.search(text)] == []


def test_every_coded_issue_has_a_sentence():
    assert set(story_words.OPENINGS) == {str(issue) for issue in v.PresentingIssue}


def test_names_carry_their_diacritics():
    names = " ".join(name for _, name in _strings(vars(story_names)))
    assert {"ñ", "é", "ễ", "Ó"} <= set(names)


def _strings(values):
    for name, value in values.items():
        for text in _flat(value):
            yield name, text


def _flat(value):
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for part in value.values():
            yield from _flat(part)
    elif isinstance(value, list | tuple):
        for part in value:
            yield from _flat(part)
