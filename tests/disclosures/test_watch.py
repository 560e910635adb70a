"""The weekly review of use: what stands out is found, once, and nothing is found that would tell of a person (AU-6)."""

from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest
from django.db import connection
from django.utils import timezone

from continuity.access.models import EmergencyAccess, Restriction
from continuity.agencies.models import Member
from continuity.crisis.models import Transfer
from continuity.crisis.models.episode import Episode
from continuity.disclosures import watching
from continuity.disclosures.alerts import may_be_told
from continuity.disclosures.models import LedgerEntry, UseFinding
from continuity.disclosures.tasks import review_last_week
from continuity.disclosures.watch import findings_of, review_finding, review_week
from continuity.errors import Conflict, Invalid, NotAllowed, NotFound
from continuity.ids import first_of
from continuity.notices.models import Notice
from tests import builders as b
from tests.builders import undone
from tests.cast import Cast
from tests.disclosures.using import OVER, TUESDAY_NOON, WEEK, answered, found, use

pytestmark = pytest.mark.django_db
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


def hand_off(cast: Cast, number: str, at=TUESDAY_NOON) -> None:
    """The floor hands a call of this number on."""
    Transfer.objects.create(
        episode=Episode.objects.create(opened_at=at),
        custodian=cast.police,
        to_kind="mobile_team",
        incident_ref=number,
        occurred_at=at,
        offered_at=at,
        offered_by=cast.reyes,
    )


def test_look_ups_without_a_call_of_their_number_stand_out(cast: Cast):
    def asked(times: int, number: str = "2026-777") -> int:
        for minute in range(times):
            use(cast.reyes, TUESDAY_NOON + minute * MINUTE, incident_ref=number)
        return found(cast.reyes, "no_dispatch_match")

    with undone():
        assert asked(4) == 0
    with undone():
        assert asked(5) == 5
    with undone():
        hand_off(cast, "2026-777 ")
        assert asked(5, "2026-777") == 0
    with undone():
        hand_off(cast, "2026-777", TUESDAY_NOON - 4 * DAY)
        assert asked(5) == 5
    with undone():  # any agency's record of the call will do, in any spelling of the number
        b.contact(cast.embedded, cast.sam, TUESDAY_NOON - DAY, incident_ref="AB-7")
        assert asked(5, "ab-7") == 0


def test_many_names_within_an_hour_are_a_sweep(cast: Cast):
    def asked(times: int, apart: timedelta = 4 * MINUTE, names: int = 100) -> int:
        for number in range(times):
            use(cast.reyes, TUESDAY_NOON + number * apart, typed=str(number % names))
        return found(cast.reyes, "name_sweep")

    with undone():
        assert asked(15) == 15
    with undone():
        assert asked(14) == 0
    with undone():
        assert asked(30, MINUTE, names=14) == 0
    with undone():
        assert asked(40, 5 * MINUTE) == 0


def test_questions_without_an_answer_in_one_go_are_a_streak(cast: Cast):
    def asked(outcomes: str, pause: timedelta = MINUTE) -> int:
        at = TUESDAY_NOON
        for outcome in outcomes:
            if outcome == "+":
                answered(cast.reyes, at, person=cast.sam)
            elif outcome == "-":
                use(cast.reyes, at)
            at += pause if outcome == " " else MINUTE
        return found(cast.reyes, "zero_hits")

    with undone():
        assert asked("-" * 15) == 15
    with undone():
        assert asked("-" * 10 + "+" + "-" * 10) == 0
    with undone():
        assert asked("+" + "-" * 16 + "+") == 16
    with undone():
        assert asked("-" * 10 + " " + "-" * 10, 13 * HOUR) == 0


@pytest.mark.parametrize(
    ("staff", "first", "last", "kind"),
    [
        ("Officer Sam Testcase", "Sam", "Testcase", "self"),
        ("Pat Testcase", "Sam", "Testcase", "same_surname"),
        ("SAM NUNEZ-ORTEGA", "Sam", "Núñez Ortega", "self"),
        ("Kim Nuñez", "Sam", "Núñez", "same_surname"),
        ("Sam Other", "Sam", "Testcase", ""),
        ("Kim Ortega", "Sam", "Nunez Ortega", ""),
    ],
)
def test_people_of_the_own_name_stand_out(cast: Cast, staff: str, first: str, last: str, kind: str):
    Member.objects.filter(pk=cast.reyes.member_id).update(display_name=staff)
    answered(cast.reyes, person=b.person(cast.county, first, last))
    assert {one: found(cast.reyes, one) for one in ("self", "same_surname")} == {
        one: int(one == kind) for one in ("self", "same_surname")
    }


def employ(cast: Cast, **fields: object) -> None:
    """Sam works for the police, says the county."""
    Restriction.objects.create(
        **{
            "person": cast.sam,
            "agency": cast.county,
            "kind": "employee",
            "state": "agreed",
            "towards": cast.police,
            "requested_at": TUESDAY_NOON - DAY,
            "recorded_by": cast.kim,
            "decided_at": TUESDAY_NOON - DAY,
        }
        | fields
    )


def test_colleague_and_restricted_person_stand_out(cast: Cast):
    answered(cast.reyes, person=cast.sam)
    with undone():
        assert found(cast.reyes, "colleague") == found(cast.reyes, "restricted_person") == 0
    with undone():
        employ(cast)
        assert found(cast.reyes, "colleague") == 1
    with undone():
        employ(cast, state="ended", ended_at=TUESDAY_NOON - HOUR)
        assert found(cast.reyes, "colleague") == 0
    with undone():
        employ(cast, towards=cast.sheriff)
        assert found(cast.reyes, "colleague") == 0
    with undone():
        type(cast.sam).objects.filter(pk=cast.sam.pk).update(confidentiality="restricted")
        assert found(cast.reyes, "restricted_person") == 1


def test_finding_never_tells_an_agency_of_somebody_it_does_not_know(cast: Cast):
    """P-3, P-28: that a refused look-up meant somebody, and a colleague, would be told by a finding."""
    Member.objects.filter(pk=cast.reyes.member_id).update(display_name="Sam Testcase")
    type(cast.sam).objects.filter(pk=cast.sam.pk).update(confidentiality="restricted")
    employ(cast)
    use(cast.reyes, outcome="refused", refusal="own_agency_shield", person=cast.sam)
    assert review_week(week=WEEK, at=OVER) == 0
    use(cast.embedded, outcome="refused", refusal="restricted", person=cast.sam)  # her own agency's record
    employ(cast, towards=cast.county)
    assert found(cast.embedded, "colleague") == 1
    assert found(cast.embedded, "restricted_person") == 0  # she saw nothing


def test_night_stands_out_only_where_it_is_not_the_members_own(cast: Cast):
    night = TUESDAY_NOON - 9 * HOUR  # 3:00 in Los Angeles
    for minute in range(3):
        use(cast.reyes, night + minute * MINUTE)
        use(cast.deputy, night + minute * MINUTE)
        use(cast.adeyemi, TUESDAY_NOON + minute * MINUTE)
    for days in (14, 15, 16):
        use(cast.deputy, night - days * DAY - HOUR)  # the deputy works at night, from 2:00
    assert found(cast.reyes, "after_hours") == 3
    assert found(cast.deputy, "after_hours") == 0
    assert found(cast.adeyemi, "after_hours") == 0


def emergency(cast: Cast, **fields: object) -> EmergencyAccess:
    return EmergencyAccess.objects.create(
        **{
            "kind": "le_emergency_request",
            "requester": cast.reyes,
            "agency": cast.police,
            "incident_ref": "2026-0001",
            "reason_code": "imminent_self_harm",
            "reason": "On a bridge and speaking of jumping.",
            "nature": "On a bridge.",
            "recipient_name": "Reyes",
            "recipient_facility": "Kestrel Police",
            "described": b"{}",
            "requested_at": TUESDAY_NOON,
        }
        | fields
    )


def test_emergency_uses_are_counted_by_the_case(cast: Cast):
    asked = emergency(cast)
    emergency(cast, state="denied")
    emergency(cast, requested_at=TUESDAY_NOON - 14 * DAY)
    rows = [
        answered(cast.reyes, TUESDAY_NOON + m * MINUTE, person=cast.sam, emergency=asked.pk) for m in (1, 2)
    ]
    assert found(cast.reyes, "emergency_use") == 2
    assert UseFinding.objects.get(kind="emergency_use").entries == [row.pk for row in rows]


def test_week_is_the_agencys_own_and_is_written_when_it_is_over(cast: Cast):
    sunday_late = TUESDAY_NOON.replace(
        day=23, hour=6, minute=0
    )  # Sunday 22:00 in Los Angeles, Monday 1:00 in New York
    type(cast.sheriff).objects.filter(pk=cast.sheriff.pk).update(timezone="America/New_York")
    for minute in range(5):
        use(cast.reyes, sunday_late + minute * MINUTE, incident_ref="2026-777")
        use(cast.deputy, sunday_late + minute * MINUTE, incident_ref="2026-777")
    assert review_week(week=WEEK, at=sunday_late + HOUR) == 0
    assert found(cast.reyes, "no_dispatch_match") == 5
    assert found(cast.deputy, "no_dispatch_match") == 0


def test_second_run_changes_nothing_and_tells_nobody_again(cast: Cast, time_machine):
    officer = b.member("priya", cast.police, "privacy_officer")
    for minute in range(60):
        use(cast.reyes, TUESDAY_NOON + minute * MINUTE, incident_ref="2026-777")
    time_machine.move_to(OVER)
    assert review_last_week() == 2  # without a call of the number, and without an answer
    finding = UseFinding.objects.get(kind="no_dispatch_match")
    assert (finding.agency, finding.week, finding.count, len(finding.entries)) == (cast.police, WEEK, 60, 50)
    reviewed = review_finding(by=officer, finding_id=finding.pk, verdict="explained", note="Parade.", at=OVER)
    assert review_last_week() == 0
    finding.refresh_from_db()
    assert (finding.verdict, finding.version) == ("explained", reviewed.version)
    (notice,) = Notice.objects.filter(kind="use_to_review")
    assert (notice.agency, notice.member) == (cast.police, officer.member)
    assert may_be_told(by=officer, notice=notice, at=OVER)
    assert not may_be_told(by=cast.reyes, notice=notice, at=OVER)
    assert not may_be_told(by=b.member("other", cast.county, "privacy_officer"), notice=notice, at=OVER)


def test_finding_is_reviewed_once_by_somebody_else_of_the_own_agency(cast: Cast):
    officer = b.member("priya", cast.police, "privacy_officer")
    finding = UseFinding.objects.create(
        agency=cast.police, asker=cast.reyes, kind="zero_hits", week=WEEK, count=20
    )
    own = UseFinding.objects.create(agency=cast.police, asker=officer, kind="zero_hits", week=WEEK, count=20)
    said = {"verdict": "explained", "note": "New to the area.", "at": OVER}
    for by, which, kind, more in (
        (cast.reyes, finding, NotAllowed, {}),
        (b.member("auditor", cast.police, "auditor"), finding, NotAllowed, {}),
        (b.member("other", cast.county, "privacy_officer"), finding, NotFound, {}),
        (officer, own, NotAllowed, {}),
        (officer, finding, Invalid, {"verdict": ""}),
        (officer, finding, Invalid, {"note": " "}),
    ):
        with pytest.raises(kind):
            review_finding(by=by, finding_id=which.pk, **(said | more))
    done = review_finding(by=officer, finding_id=finding.pk, **said)
    assert (done.verdict, done.reviewed_by, done.reviewed_at) == ("explained", officer, OVER)
    with pytest.raises(Conflict):
        review_finding(by=officer, finding_id=finding.pk, **said)


def test_findings_are_for_those_who_review_or_read_the_ledger_of_the_agency(cast: Cast):
    UseFinding.objects.create(agency=cast.police, asker=cast.reyes, kind="zero_hits", week=WEEK, count=20)
    for role, agency, count in (
        ("privacy_officer", cast.police, 1),
        ("auditor", cast.police, 1),
        ("privacy_officer", cast.county, 0),
    ):
        assert findings_of(b.member(f"{role}-{agency.code}", agency, role)).count() == count
    with pytest.raises(NotAllowed):
        findings_of(cast.reyes)


def test_only_the_weeks_partition_is_read(cast: Cast):
    """Ten million rows lie in other months (AU-6 stays quick)."""
    month = timezone.datetime(2026, 11, 16, tzinfo=ZoneInfo("America/Los_Angeles"))
    bounds = {
        "first": first_of(month),
        "end": first_of(month + timedelta(days=7)),
        "agencies": [cast.police.pk],
    }
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN {watching._WEEK} SELECT * FROM week", bounds)
        plan = "\n".join(line for (line,) in cursor.fetchall())
    assert "disclosures_ledgerentry_202611" in plan
    assert plan.count("disclosures_ledgerentry_20") == plan.count("disclosures_ledgerentry_202611")
    assert "disclosures_ledgerentry_default" not in plan
    assert LedgerEntry.objects.count() == 0
