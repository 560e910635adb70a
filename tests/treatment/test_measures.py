"""Numbers that do not flatter: each definition where it could be got wrong (D-3, 3.6, P-24)."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from continuity.agencies.models import Agency, Membership
from continuity.crisis.models import CrisisContact, Episode, Transfer
from continuity.intake.figures import find_figures
from continuity.treatment.follow_ups import close_unreached, mark_follow_up_error
from continuity.treatment.linkages import answer_outside, mark_linkage_error
from continuity.treatment.measures import Measures, measure, shown, shown_share
from continuity.treatment.models import FollowUp, Linkage
from tests import builders as b
from tests.treatment.conftest import TO_ENGAGED, Care

pytestmark = pytest.mark.django_db
SINCE, UNTIL = b.NOW - timedelta(days=30), b.NOW + timedelta(days=30)
HOUR = timedelta(hours=1)
NONE_SENT = {"le_dispatched": "no", "diverted_from": ["law_enforcement_response"]}


def measured(agency: Agency) -> Measures:
    return measure(agency, SINCE, UNTIL)


# Diversion


def call(by: Membership, *, at: datetime = b.NOW, **fields: Any) -> CrisisContact:
    """A call that a clinician in the 911 centre took and that nobody was sent to."""
    usual = {"response_type": ["call_diversion_clinician"], "modality": "phone", **NONE_SENT}
    changed = {name: fields.pop(name) for name in ("episode", "custodian") if name in fields}
    contact = b.contact(by, None, at=at, **(usual | fields))
    for name, value in changed.items():
        setattr(contact, name, value)
    contact.save()
    return contact


def episode() -> Episode:
    return Episode.objects.create(opened_at=b.NOW)


def patrol(care: Care, **fields: Any) -> CrisisContact:
    """What an officer recorded who went there after all."""
    police = Agency.objects.filter(code="police").first() or b.agency("police", "police")
    officer = b.member(f"officer-{police.contacts.count()}", police, "officer")
    usual = {"response_type": ["patrol_non_cit"], "le_dispatched": "yes", "at": b.NOW + HOUR}
    return call(officer, **(usual | {"diverted_from": ["none"]} | fields))


def handed_and_diverted(care: Care) -> tuple[int, int]:
    found = measured(care.county)
    return found.handed, found.diverted


OWN_FACTS = {
    "nobody was sent": ({}, 1),
    "somebody was sent": ({"le_dispatched": "yes", "diverted_from": ["none"]}, 0),
    "somebody was sent and called back": ({"le_dispatched": "yes", "le_cancelled": "yes"}, 1),
    "nobody knows": ({"le_dispatched": "unknown"}, 0),
    "nobody asked": ({"le_dispatched": "not_asked"}, 0),
    "the form says diverted while a car rolled": ({"le_dispatched": "yes"}, 0),
    "officers were among the responses": (
        {"response_type": ["call_diversion_clinician", "co_response"]},
        0,
    ),
    "the form forgot to say what it was diverted from": ({"diverted_from": ["undetermined"]}, 1),
}


def test_call_is_diverted_when_no_car_went(care: Care):
    for case, (fields, diverted) in OWN_FACTS.items():
        with b.undone():
            call(care.embedded, **fields)
            assert handed_and_diverted(care) == (1, diverted), case


def later_by_episode(care: Care) -> None:
    same = episode()
    call(care.embedded, episode=same)
    patrol(care, episode=same, at=b.NOW + timedelta(days=3))


def later_by_incident(care: Care) -> None:
    call(care.embedded, incident_ref="2026-0001")
    patrol(care, incident_ref="2026-0001")


def later_by_ones_own_agency(care: Care) -> None:
    same = episode()
    call(care.embedded, episode=same)
    fields = {"response_type": ["mobile_crisis_team"], "le_dispatched": "yes", "diverted_from": ["none"]}
    call(care.embedded, episode=same, at=b.NOW + HOUR, **fields)


def back_to_911(care: Care) -> None:
    same = episode()
    call(care.embedded, episode=same)
    Transfer.objects.create(
        episode=same,
        custodian=care.county,
        to_kind="line_988",
        occurred_at=b.NOW,
        offered_at=b.NOW,
        offered_by=care.embedded,
        outcome="reactivated_911",
    )


@pytest.mark.parametrize("sent", [later_by_episode, later_by_incident, later_by_ones_own_agency, back_to_911])
def test_call_is_not_diverted_when_a_car_rolled_later(care: Care, sent: Any):
    sent(care)
    assert handed_and_diverted(care) == (1, 0)


def earlier(care: Care) -> None:
    same = episode()
    patrol(care, episode=same, at=b.NOW - HOUR)
    call(care.embedded, episode=same)


def called_off(care: Care) -> None:
    same = episode()
    call(care.embedded, episode=same)
    fields = {"response_type": ["mobile_crisis_team"], "le_dispatched": "yes", "le_cancelled": "yes"}
    call(care.embedded, episode=same, at=b.NOW + HOUR, **fields)


def a_number_of_last_year(care: Care) -> None:
    call(care.embedded, incident_ref="0001")
    patrol(care, incident_ref="0001", at=b.NOW + timedelta(days=1))


def no_number_at_all(care: Care) -> None:
    call(care.embedded)
    patrol(care)


def entered_in_error(care: Care) -> None:
    same = episode()
    call(care.embedded, episode=same)
    wrong = patrol(care, episode=same)
    wrong.record_status = "entered_in_error"
    wrong.save()


@pytest.mark.parametrize(
    "other", [earlier, called_off, a_number_of_last_year, no_number_at_all, entered_in_error]
)
def test_call_stays_diverted_whatever_else_happened(care: Care, other: Any):
    other(care)
    assert handed_and_diverted(care) == (1, 1)


def test_only_own_readable_calls_of_the_period_handed_to_a_clinician_count(care: Care):
    call(care.embedded, at=SINCE)
    call(care.embedded, at=SINCE - timedelta(microseconds=1))
    call(care.embedded, at=UNTIL)
    call(care.adeyemi)
    call(care.embedded, response_type=["mobile_crisis_team"])
    draft = call(care.embedded)
    draft.record_status = "draft"
    draft.save()
    assert handed_and_diverted(care) == (1, 1)


def test_measure_agrees_with_the_countys_own_figures(care: Care):
    """The figures over a county's files, and Kern's definition, count the same calls."""
    for number in range(12):
        sent = number % 4 == 0
        fields = {"le_dispatched": "yes", "diverted_from": ["none"]} if sent else NONE_SENT
        facts = {"source_event_id": str(number)}
        call(care.embedded, incident_ref=f"2026-{number}", source_facts=facts, **fields)
    figures = find_figures()
    assert (figures.handed, figures.diverted) == (12, 9)
    assert handed_and_diverted(care) == (figures.handed, figures.diverted)


# Follow-ups


def kept(care: Care, *tries: tuple[str, timedelta, str], **fields: Any) -> FollowUp:
    follow_up = care.promise(**fields)
    for outcome, after, result in tries:
        care.attempt(follow_up, outcome, at=b.NOW + after, result=result)
    return follow_up


DAY = timedelta(days=1)
KEPT: dict[str, tuple[Iterable[tuple[str, timedelta, str]], tuple[int, int, int]]] = {
    # tries -> due, in time, reached
    "nobody tried": ((), (1, 0, 0)),
    "reached at the last moment": ((("reached_engaged", 2 * DAY, "connected"),), (1, 1, 1)),
    "reached a moment too late": (
        (("reached_engaged", 2 * DAY + timedelta(microseconds=1), "connected"),),
        (1, 0, 1),
    ),
    "a voicemail in time": ((("left_safe_message", DAY, ""),), (1, 0, 0)),
    "a relative in time": ((("third_party_only", DAY, ""),), (1, 0, 0)),
    "a voicemail in time and the person too late": (
        (("left_safe_message", DAY, ""), ("reached_engaged", 3 * DAY, "connected")),
        (1, 0, 1),
    ),
    "reached in time, and closed when all was settled": (
        (("reached_engaged", DAY, ""), ("reached_engaged", 5 * DAY, "connected")),
        (1, 1, 1),
    ),
    "reached in time, and never closed": ((("reached_engaged", DAY, ""),), (1, 0, 1)),
    "reached, and wanted nothing": ((("reached_declined", DAY, "declined_services"),), (1, 1, 1)),
}


def promises(care: Care) -> tuple[int, int, int]:
    found = measured(care.county)
    return found.due, found.in_time, found.reached


def test_follow_up_is_in_time_when_the_person_was_reached_within_the_window(care: Care):
    care.say_what_is_safe(call=True, message=True)
    for case, (tries, counts) in KEPT.items():
        with b.undone():
            kept(care, *tries)
            assert promises(care) == counts, case


def test_follow_up_given_up_counts_as_due_and_as_not_kept(care: Care):
    follow_up = kept(care, ("no_answer", DAY, ""))
    close_unreached(
        by=care.embedded, follow_up_id=follow_up.pk, result="lost_to_follow_up", reason="Moved.", at=b.NOW
    )
    assert promises(care) == (1, 0, 0)


def test_follow_up_in_error_of_others_or_of_another_time_does_not_count(care: Care):
    wrong = kept(care, ("reached_engaged", DAY, "connected"))
    mark_follow_up_error(by=care.embedded, follow_up_id=wrong.pk, reason="Another Sam.", at=b.NOW)
    care.promise(due_window="d30", at=b.NOW + DAY)
    care.promise(by=care.adeyemi, contact=b.contact(care.adeyemi, care.sam))
    assert promises(care) == (0, 0, 0)


def test_file_that_does_not_tell_when_it_was_kept_is_left_out(care: Care):
    for number, fields in enumerate(({"status": "completed", "closed_at": b.NOW}, {})):
        follow_up = care.promise(external_id=f"F-{number}", imported_attempts=1)
        for name, value in fields.items():
            setattr(follow_up, name, value)
        follow_up.result = "connected"
        follow_up.save()
    assert promises(care) == (1, 0, 0)


# Linkages


def linked(care: Care, *path: str, days: float = 0, **fields: Any) -> Linkage:
    visit = b.NOW + timedelta(days=days)
    return care.answer(care.linkage(**fields), *path, at=visit, first_attended_at=visit)


def referrals(care: Care) -> tuple[int, int, float | None]:
    found = measured(care.county)
    return found.requested, found.connected, found.median_days


PATHS = {
    "only sent": ((), 0),
    "accepted": (TO_ENGAGED[:2], 0),
    "scheduled": (TO_ENGAGED[:3], 0),
    "declined": (("declined_by_recipient",), 0),
    "waitlisted": (("received", "accepted", "waitlisted"), 0),
    "visited": (TO_ENGAGED, 1),
    "completed": ((*TO_ENGAGED, "completed"), 1),
    "visited once and not again": ((*TO_ENGAGED, "unable"), 1),
}


def test_linkage_is_connected_by_the_first_visit_and_never_by_the_referral(care: Care):
    for case, (path, connected) in PATHS.items():
        with b.undone():
            linkage = care.linkage()
            care.answer(linkage, *path)
            assert referrals(care)[:2] == (1, connected), case


def test_days_to_the_first_visit_are_their_median_over_those_who_came(care: Care):
    assert referrals(care) == (0, 0, None)
    care.linkage()
    assert referrals(care) == (1, 0, None)
    for days in (2, 4, 30):
        linked(care, *TO_ENGAGED, days=days)
    assert referrals(care) == (4, 3, 4.0)
    linked(care, *TO_ENGAGED, days=5)
    assert referrals(care) == (5, 4, 4.5)


def test_draft_error_and_linkages_of_others_do_not_count(care: Care):
    care.linkage(is_draft=True)
    wrong = linked(care, *TO_ENGAGED)
    mark_linkage_error(by=care.embedded, linkage_id=wrong.pk, reason="Another Sam.", at=b.NOW)
    care.linkage(at=SINCE - DAY)
    care.linkage(at=UNTIL)
    assert referrals(care) == (0, 0, None)
    outside = care.linkage(recipient=None, external_provider="A shelter")
    answer_outside(by=care.embedded, linkage_id=outside.pk, status="received", at=b.NOW)
    assert referrals(care) == (1, 0, None)


# All of it


def test_statements_do_not_grow_with_the_county(care: Care):
    def statements() -> int:
        with CaptureQueriesContext(connection) as asked:
            measured(care.county)
        return len(asked)

    empty = statements()
    for _ in range(3):
        later_by_episode(care)
        kept(care, ("reached_engaged", DAY, "connected"))
        linked(care, *TO_ENGAGED)
    assert statements() == empty == 5


@pytest.mark.parametrize(("count", "to_show"), [(0, 0), (1, None), (10, None), (11, 11), (3864, 3864)])
def test_small_cell_is_not_shown(count: int, to_show: int | None):
    assert shown(count) == to_show


@pytest.mark.parametrize(
    ("part", "whole", "to_show"),
    [
        (0, 0, None),
        (30, 40, None),  # ten are left over
        (10, 40, None),
        (29, 40, 29 / 40),
        (40, 40, 1.0),
        (0, 40, 0.0),
        (0, 10, None),
    ],
)
def test_share_that_gives_a_small_cell_away_is_not_shown(part: int, whole: int, to_show: float | None):
    assert shown_share(part, whole) == to_show
