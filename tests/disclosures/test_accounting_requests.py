"""Asked for, prepared, delivered: by when, by whom, what is kept, and the rows of the ledger (L-14, L-15, L-21, L-23)."""

import hashlib
import json
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.db import connection, transaction

from continuity.agencies.models import Membership
from continuity.disclosures import accounting_requests as requests
from continuity.disclosures.models import AccountingRequest, AccountingSuspension, LedgerEntry
from continuity.disclosures.suspensions import lift_suspension, suspend_accounting
from continuity.disclosures.tasks import tell_of_accountings_due
from continuity.errors import Conflict, DomainError, Invalid, NotAllowed, NotFound, Stale
from continuity.notices.models import Notice
from continuity.trail.models import AuditEntry
from tests import builders as b
from tests.cast import Cast
from tests.disclosures.disclosed import opening, told

pytestmark = pytest.mark.django_db
DAY, SECOND = timedelta(days=1), timedelta(seconds=1)


@pytest.fixture
def priya(cast: Cast) -> Membership:
    return b.member("priya", cast.county, "privacy_officer")


def receive(cast: Cast, by: Membership, **said) -> AccountingRequest:
    return requests.receive_request(
        **{
            "by": by,
            "person_id": cast.sam.pk,
            "kind": "accounting",
            "asked_by": "Sam Testcase, by letter",
            "requested_at": b.NOW,
            "at": b.NOW,
        }
        | said
    )


def prepare(asked: AccountingRequest, by: Membership, at: datetime = b.NOW, **more) -> requests.Prepared:
    return requests.prepare_request(by=by, request_id=asked.pk, channel="admin", at=at, **more)


def deliver(asked: AccountingRequest, by: Membership, at: datetime = b.NOW, **more) -> AccountingRequest:
    return requests.deliver_request(
        by=by, request_id=asked.pk, delivered_to="Sam Testcase, in person", at=at, **more
    )


def code_of(call) -> str:
    with pytest.raises(DomainError) as refused:
        call()
    return refused.value.code


@pytest.mark.parametrize(
    ("kind", "days", "more"),
    [("accounting", 60, 30), ("intermediary_list", 30, 0), ("own_record", 30, 30), ("access_log", 30, 30)],
)
def test_it_is_owed_in_the_time_of_its_law(cast: Cast, priya: Membership, kind: str, days: int, more: int):
    asked = receive(cast, priya, kind=kind, requested_at=b.NOW - DAY)
    assert asked.due_at == b.NOW - DAY + days * DAY
    extend = {"by": priya, "request_id": asked.pk, "reason": "Paper is in the archive."}
    if not more:
        assert code_of(lambda: requests.extend_request(**extend, at=b.NOW)) == "no_extension"
        return
    assert code_of(lambda: requests.extend_request(**extend, at=asked.due_at + SECOND)) == "too_late"
    extended = requests.extend_request(**extend, at=asked.due_at)
    assert extended.due_at == b.NOW - DAY + (days + more) * DAY
    assert code_of(lambda: requests.extend_request(**extend, at=b.NOW)) == "extended_already"


def test_an_extension_says_why(cast: Cast, priya: Membership):
    asked = receive(cast, priya)
    assert (
        code_of(lambda: requests.extend_request(by=priya, request_id=asked.pk, reason=" ", at=b.NOW))
        == "no_reason"
    )


@pytest.mark.parametrize(("kind", "years"), [("accounting", 6), ("intermediary_list", 3), ("access_log", 6)])
def test_it_goes_back_as_far_as_its_law_and_no_further(cast: Cast, priya: Membership, kind: str, years: int):
    earliest = b.NOW.replace(year=b.NOW.year - years)
    assert receive(cast, priya, kind=kind).period_from == earliest
    assert receive(cast, priya, kind=kind, period_from=earliest).period_from == earliest
    too_far = {"kind": kind, "period_from": earliest - SECOND}
    assert code_of(lambda: receive(cast, priya, **too_far)) == "too_far_back"


def test_six_years_before_a_leap_day_take_nothing_away(cast: Cast, priya: Membership):
    leap = datetime(2028, 2, 29, 12, tzinfo=UTC)
    assert receive(cast, priya, requested_at=leap, at=leap).period_from == datetime(
        2022, 2, 28, 12, tzinfo=UTC
    )


@pytest.mark.parametrize(
    ("said", "code"),
    [
        ({"kind": "everything"}, "unknown_kind"),
        ({"asked_by": "  "}, "nobody_asked"),
        ({"requested_at": b.NOW + SECOND}, "not_asked_yet"),
        ({"period_until": b.NOW + SECOND}, "period_ahead"),
        ({"period_from": b.NOW, "period_until": b.NOW}, "no_period"),
    ],
)
def test_a_request_that_makes_no_sense_is_refused_at_its_field(
    cast: Cast, priya: Membership, said: dict, code: str
):
    with pytest.raises(Invalid) as refused:
        receive(cast, priya, **said)
    assert refused.value.code == code
    assert refused.value.field


VERBS = {
    "receive": lambda cast, asked, by: receive(cast, by),
    "extend": lambda cast, asked, by: requests.extend_request(
        by=by, request_id=asked.pk, reason="Why.", at=b.NOW
    ),
    "prepare": lambda cast, asked, by: prepare(asked, by),
    "read": lambda cast, asked, by: requests.read_prepared(
        by=by, request_id=asked.pk, channel="admin", at=b.NOW
    ),
    "deliver": lambda cast, asked, by: deliver(asked, by),
    "withdraw": lambda cast, asked, by: requests.withdraw_request(by=by, request_id=asked.pk, at=b.NOW),
    "suspend": lambda cast, asked, by: suspend(cast, by),
}


@pytest.mark.parametrize("verb", VERBS)
def test_it_is_the_own_privacy_offices_work_alone(cast: Cast, priya: Membership, verb: str):
    asked = receive(cast, priya)
    with pytest.raises(NotAllowed):
        VERBS[verb](cast, asked, cast.kim)
    for agency in (cast.elsewhere, cast.police):
        stranger = b.member(f"stranger-{agency.code}", agency, "privacy_officer")
        with pytest.raises(NotFound):
            VERBS[verb](cast, asked, stranger)
    asked.refresh_from_db()
    assert asked.state == "received"
    assert not LedgerEntry.objects.filter(outcome__in=["read", "released"]).exists()


def test_preparing_is_a_reading_in_the_ledger(cast: Cast, priya: Membership):
    told(cast.reyes, cast.sam, b.NOW - DAY, opening(cast.county, "D1", "ER"))
    prepared = prepare(receive(cast, priya), priya)
    entry = LedgerEntry.objects.get(outcome="read")
    assert (entry.person_id, entry.purpose, entry.channel) == (cast.sam.pk, "patient_request", "admin")
    assert entry.custodians == [cast.county.pk]
    assert entry.records[-1][:2] == ["accountingrequest", str(prepared.request_id)]


@pytest.mark.django_db(transaction=True)
def test_the_reading_is_committed_before_anything_is_kept(cast: Cast, priya: Membership):
    """Where the row cannot be committed by itself, nothing is prepared."""
    asked = receive(cast, priya)
    with pytest.raises(RuntimeError), transaction.atomic():
        prepare(asked, priya)
    asked.refresh_from_db()
    assert (asked.state, asked.content) == ("received", b"")


def test_what_is_kept_is_what_was_prepared(cast: Cast, priya: Membership):
    told(cast.reyes, cast.sam, b.NOW - DAY, opening(cast.county, "D1", "ER"))
    asked = receive(cast, priya)
    prepared = prepare(asked, priya)
    told(cast.deputy, cast.sam, b.NOW - DAY, opening(cast.county, "D1", "ER"))
    read = requests.read_prepared(by=priya, request_id=asked.pk, channel="export", at=b.NOW + DAY)
    assert read.copy == prepared.copy
    assert hashlib.sha256(read.file).hexdigest() == prepared.sha256 == read.sha256
    assert json.loads(read.file)["disclosures"][0]["recipient"] == "Kestrel Police"
    assert LedgerEntry.objects.filter(outcome="read", channel="export").count() == 1
    assert len(prepare(asked, priya).copy["disclosures"]) == 2


def test_content_is_sealed_and_not_in_the_history(cast: Cast, priya: Membership):
    asked = receive(cast, priya, kind="own_record")
    prepare(asked, priya)
    with connection.cursor() as cursor:
        cursor.execute("SELECT content FROM disclosures_accountingrequest")
        assert b"Clinical words" not in bytes(cursor.fetchone()[0])
    changes = [str(one.changes) for one in AuditEntry.objects.filter(object_pk=str(asked.pk))]
    assert changes
    assert not any("Clinical words" in one or "by letter" in one for one in changes)


def test_words_that_were_kept_back_stay_back_when_it_is_made_again(cast: Cast, priya: Membership):
    """P-13."""
    asked = receive(cast, priya, kind="own_record")
    prepare(asked, priya, withheld=[cast.sams_contact.pk])
    assert b"Clinical words" not in prepare(asked, priya).file
    assert b"Clinical words" in prepare(asked, priya, withheld=[]).file


def test_nothing_is_read_that_was_not_prepared(cast: Cast, priya: Membership):
    asked = receive(cast, priya)
    with pytest.raises(NotFound):
        requests.read_prepared(by=priya, request_id=asked.pk, channel="admin", at=b.NOW)
    assert LedgerEntry.objects.get().outcome == "refused"


def test_delivering_is_a_disclosure_to_the_person(cast: Cast, priya: Membership):
    asked = receive(cast, priya, kind="own_record")
    prepare(asked, priya)
    delivered = deliver(asked, priya, at=b.NOW + DAY)
    assert (delivered.state, delivered.delivered_by, delivered.delivered_at) == (
        "delivered",
        priya,
        b.NOW + DAY,
    )
    entry = LedgerEntry.objects.get(outcome="released")
    assert (entry.recipient, entry.purpose, entry.channel) == (
        "Sam Testcase, in person",
        "patient_request",
        "export",
    )
    assert ["crisiscontact", str(cast.sams_contact.pk), cast.sams_contact.version] in entry.records
    later = prepare(
        receive(cast, priya, requested_at=b.NOW + 2 * DAY, at=b.NOW + 2 * DAY), priya, at=b.NOW + 2 * DAY
    )
    (line,) = later.copy["disclosures"]
    assert line["basis"] == "the person's own request (45 CFR 164.524, 164.528)"
    assert line["counted_under"] == []


def test_states_are_left_as_the_table_says(cast: Cast, priya: Membership):
    asked = receive(cast, priya)
    assert code_of(lambda: deliver(asked, priya)) == "not_prepared"
    prepare(asked, priya)
    asked.refresh_from_db()
    with pytest.raises(Stale):
        deliver(asked, priya, version=asked.version - 1)
    deliver(asked, priya, version=asked.version)
    for again in (
        lambda: deliver(asked, priya),
        lambda: prepare(asked, priya),
        lambda: requests.withdraw_request(by=priya, request_id=asked.pk, at=b.NOW),
        lambda: requests.extend_request(by=priya, request_id=asked.pk, reason="Late.", at=b.NOW),
    ):
        with pytest.raises(Conflict):
            again()
    assert LedgerEntry.objects.filter(outcome="released").count() == 1


def test_a_withdrawn_request_is_owed_no_more(cast: Cast, priya: Membership):
    asked = receive(cast, priya)
    assert list(requests.owed_requests(priya, b.NOW)) == [asked]
    requests.withdraw_request(by=priya, request_id=asked.pk, at=b.NOW)
    assert list(requests.owed_requests(priya, b.NOW)) == []
    assert code_of(lambda: prepare(asked, priya)) == "not_owed"


def suspend(cast: Cast, by: Membership, **said) -> AccountingSuspension:
    return suspend_accounting(
        **{
            "by": by,
            "person_id": cast.sam.pk,
            "for_agency": cast.police,
            "official_name": "Lt. Testrole",
            "is_oral": True,
            "starts_at": b.NOW,
            "ends_at": b.NOW + 30 * DAY,
            "at": b.NOW,
        }
        | said
    )


@pytest.mark.parametrize(
    ("said", "code"),
    [
        ({"ends_at": b.NOW + 30 * DAY + SECOND}, "oral_at_most_30_days"),
        ({"starts_at": b.NOW + SECOND, "ends_at": b.NOW + DAY}, "not_said_yet"),
        ({"starts_at": b.NOW - DAY, "ends_at": b.NOW}, "ends_too_early"),
        ({"official_name": " "}, "no_official"),
        ({"is_oral": False}, "no_paper"),
    ],
)
def test_a_suspension_that_the_law_does_not_know_is_refused(
    cast: Cast, priya: Membership, said: dict, code: str
):
    assert code_of(lambda: suspend(cast, priya, **said)) == code
    assert not AccountingSuspension.objects.exists()


def test_a_spoken_statement_counts_thirty_days_to_the_second_and_once(cast: Cast, priya: Membership):
    """45 CFR 164.528(a)(2)(ii)."""
    assert suspend(cast, priya).ends_at == b.NOW + 30 * DAY
    assert code_of(lambda: suspend(cast, priya, starts_at=b.NOW + 31 * DAY, ends_at=b.NOW + 40 * DAY,
                                   at=b.NOW + 31 * DAY)) == "oral_only_once"  # fmt: skip
    written = suspend(cast, priya, is_oral=False, document_ref="File 12, sheet 3", ends_at=b.NOW + 300 * DAY)
    assert written.ends_at == b.NOW + 300 * DAY


def test_only_law_enforcement_and_oversight_can_state_it(cast: Cast, priya: Membership):
    assert code_of(lambda: suspend(cast, priya, for_agency=cast.clinic)) == "no_such_power"


def test_what_a_suspension_holds_back_is_nowhere_in_the_persons_copy(cast: Cast, priya: Membership):
    told(cast.reyes, cast.sam, b.NOW - DAY, opening(cast.county, "D1", "ER"))
    suspend(cast, priya)
    for kind in ("accounting", "access_log", "intermediary_list"):
        prepared = prepare(receive(cast, priya, kind=kind), priya)
        assert b"Kestrel Police" not in prepared.file
        assert b"suspen" not in prepared.file.lower()
        assert str(cast.police.pk).encode() not in prepared.file
        if kind != "intermediary_list":
            assert [(one["agency"], one["entries"]) for one in prepared.held_back] == [("Kestrel Police", 1)]


def test_a_copy_made_before_a_suspension_is_not_delivered_after_it(cast: Cast, priya: Membership):
    told(cast.reyes, cast.sam, b.NOW - DAY, opening(cast.county, "D1", "ER"))
    asked = receive(cast, priya)
    prepare(asked, priya)
    suspension = suspend(cast, priya)
    assert code_of(lambda: deliver(asked, priya)) == "prepare_again"
    assert not LedgerEntry.objects.filter(outcome="released", agency=cast.county).exists()
    assert b"Kestrel" not in prepare(asked, priya).file
    lift_suspension(by=priya, suspension_id=suspension.pk, at=b.NOW + DAY)
    assert code_of(lambda: deliver(asked, priya, at=b.NOW + DAY)) == "prepare_again"
    assert b"Kestrel" in prepare(asked, priya, at=b.NOW + DAY).file
    deliver(asked, priya, at=b.NOW + DAY)


def test_a_suspension_is_lifted_once_and_by_its_custodian(cast: Cast, priya: Membership):
    suspension = suspend(cast, priya)
    stranger = b.member("stranger", cast.elsewhere, "privacy_officer")
    with pytest.raises(NotFound):
        lift_suspension(by=stranger, suspension_id=suspension.pk, at=b.NOW)
    lift_suspension(by=priya, suspension_id=suspension.pk, at=b.NOW + DAY)
    assert (
        code_of(lambda: lift_suspension(by=priya, suspension_id=suspension.pk, at=b.NOW + DAY))
        == "not_suspended"
    )


def reminders(at: datetime) -> int:
    with time_machine.travel(at, tick=False):
        return tell_of_accountings_due()


def test_the_office_is_reminded_a_week_before_and_once_the_time_is_over(cast: Cast, priya: Membership):
    asked = receive(cast, priya)
    assert reminders(asked.due_at - 7 * DAY - SECOND) == 0
    assert reminders(asked.due_at - 7 * DAY) == 1
    assert reminders(asked.due_at) == 0
    assert reminders(asked.due_at + SECOND) == 1
    assert reminders(asked.due_at + DAY) == 0
    notice = Notice.objects.filter(kind="accounting_due").first()
    assert (notice.subject_id, notice.agency_id) == (asked.pk, cast.county.pk)


def test_nobody_is_reminded_of_what_was_delivered(cast: Cast, priya: Membership):
    asked = receive(cast, priya)
    prepare(asked, priya)
    deliver(asked, priya)
    assert reminders(asked.due_at + DAY) == 0
