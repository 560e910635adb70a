"""By when a promise is due, at the exact edges and across the change of the clock (D-5, 5.10). Pure."""

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from continuity.agencies.models import Agency
from continuity.agencies.packs import Rules, read_rules
from continuity.crisis.models import CrisisContact
from continuity.crisis.vocabulary import Disposition
from continuity.treatment.models import FollowUp
from continuity.treatment.windows import WINDOWS, due_after, proposals

PACIFIC = ZoneInfo("America/Los_Angeles")
COUNTY = Agency(code="county", timezone="America/Los_Angeles")


def local(text: str, fold: int = 0) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=PACIFIC, fold=fold)


# In 2026 the clocks go forward on 8 March at 02:00 and back on 1 November at 02:00.
CASES = {
    "24 h on a usual day": ("h24", local("2026-06-01T15:00"), local("2026-06-02T15:00")),
    "24 h over the night that is an hour shorter": (
        "h24",
        local("2026-03-07T15:00"),
        local("2026-03-08T16:00"),
    ),
    "48 h over that night": ("h48", local("2026-03-07T15:00"), local("2026-03-09T16:00")),
    "72 h over that night": ("h72", local("2026-03-07T15:00"), local("2026-03-10T16:00")),
    "24 h over the night that is an hour longer": (
        "h24",
        local("2026-10-31T15:00"),
        local("2026-11-01T14:00"),
    ),
    "7 days over the shorter night": ("d7", local("2026-03-07T15:00"), local("2026-03-14T15:00")),
    "7 days over the longer night": ("d7", local("2026-10-31T15:00"), local("2026-11-07T15:00")),
    "30 days over the shorter night": ("d30", local("2026-02-20T09:30"), local("2026-03-22T09:30")),
    "7 days to a time that the change leaves out": (
        "d7",
        local("2026-03-01T02:30"),
        local("2026-03-08T03:30"),
    ),
    "7 days to a time that the change has twice": (
        "d7",
        local("2026-10-25T01:30"),
        local("2026-11-01T01:30"),
    ),
    "7 days from the second of two such times": (
        "d7",
        local("2026-11-01T01:30", fold=1),
        local("2026-11-08T01:30"),
    ),
    "30 days over the end of February": ("d30", local("2026-01-31T12:00"), local("2026-03-02T12:00")),
}


@pytest.mark.parametrize(("window", "start", "due"), CASES.values(), ids=CASES)
def test_window_ends(window: str, start: datetime, due: datetime):
    assert due_after(window, start, COUNTY) == due.astimezone(UTC)


def test_time_that_comes_twice_is_met_the_first_time():
    due = due_after("d7", local("2026-10-25T01:30"), COUNTY)
    assert due == datetime(2026, 11, 1, 8, 30, tzinfo=UTC)


@given(st.integers(0, 5 * 366 * 24 * 60), st.sampled_from(sorted(WINDOWS)))
def test_window_is_never_off_by_more_than_the_change_of_the_clock(minutes: int, window: str):
    start = datetime(2024, 1, 1, tzinfo=UTC) + timedelta(minutes=minutes)
    length = {"h24": 24, "h48": 48, "h72": 72, "d7": 168, "d30": 720}[window]
    off = due_after(window, start, COUNTY) - start - timedelta(hours=length)
    assert abs(off) <= (timedelta(hours=1) if window.startswith("d") else timedelta())


def test_overdue_begins_after_the_moment_it_is_due():
    follow_up = FollowUp(due_at=local("2026-06-01T15:00"))
    assert not follow_up.is_overdue(follow_up.due_at)
    assert follow_up.is_overdue(follow_up.due_at + timedelta(microseconds=1))
    follow_up.closed_at = follow_up.due_at
    assert not follow_up.is_overdue(follow_up.due_at + timedelta(days=9))


# What a disposition promises

BEGAN, ENDED = local("2026-06-01T15:00"), local("2026-06-01T16:00")


def contact(**fields: Any) -> CrisisContact:
    return CrisisContact(**({"custodian": COUNTY, "occurred_at": BEGAN, "ended_at": ENDED} | fields))


def proposed(rules: Rules | None = None, **fields: Any) -> list[tuple[Any, ...]]:
    found = proposals(contact(**fields), rules or Rules())
    return [(one.rule, one.due_window, one.kind, one.due_at, one.waits_for_discharge) for one in found]


def test_window_counts_from_the_end_of_the_contact_and_not_from_its_paper():
    wanted = ("safety_plan_completed.h24", "h24", "safety_check", ENDED + timedelta(hours=24), False)
    assert proposed(disposition_primary="safety_plan_completed") == [wanted]


def test_contact_without_an_end_counts_from_its_beginning():
    (found,) = proposed(disposition_primary="safety_plan_completed", ended_at=None)
    assert found[3] == BEGAN + timedelta(hours=24)


@pytest.mark.parametrize("disposition", Disposition)
def test_every_disposition_promises_exactly_what_the_rules_say(disposition: Disposition):
    rules = Rules()
    found = proposed(disposition_primary=disposition)
    assert [one[1:3] for one in found] == [tuple(one) for one in rules.follow_ups.get(disposition, ())]
    assert len({one[0] for one in found}) == len(found)
    longest_rule = FollowUp._meta.get_field("rule").max_length or 0
    assert all(len(one[0]) <= longest_rule for one in found)


def test_draft_without_a_disposition_promises_nothing():
    assert proposed(disposition_primary="") == []


HOSPITAL = {
    "on a hold": {"disposition_primary": "transported_involuntary"},
    "taken to hospital": {"disposition_primary": "transported_medical"},
    "went to the emergency department": {
        "disposition_primary": "transported_voluntary",
        "transport_destination": "hospital_ed",
    },
}


@pytest.mark.parametrize("fields", HOSPITAL.values(), ids=HOSPITAL)
def test_somebody_in_hospital_waits_for_the_discharge_or_seven_days(fields: dict[str, str]):
    short = read_rules(
        {"follow_ups": {fields["disposition_primary"]: [{"within": "h24", "kind": "safety_check"}]}}
    )
    (found,) = proposed(short, **fields)
    assert found[3:] == (ENDED + timedelta(days=7), True)


def test_longer_window_of_somebody_in_hospital_stays_as_long():
    found = proposed(disposition_primary="transported_involuntary")
    assert [(one[1], one[3]) for one in found] == [
        ("d7", ENDED + timedelta(days=7)),
        ("d30", ENDED + timedelta(days=30)),
    ]


def test_pack_may_promise_nothing_for_a_disposition():
    assert (
        proposed(
            read_rules({"follow_ups": {"resolved_by_phone": []}}), disposition_primary="resolved_by_phone"
        )
        == []
    )
