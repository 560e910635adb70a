""" "Not this person": by whom, about which answer, whom it is told to, and how somebody else closes it (P-5)."""

from datetime import date
from uuid import UUID, uuid4

import pytest

from continuity.agencies.models import Agency, Membership
from continuity.disclosures.alerts import may_be_told
from continuity.disclosures.identity_reports import (
    close_report,
    own_reports,
    readable_reports,
    report_file,
    report_wrong_person,
    reports_to_close,
)
from continuity.disclosures.models import IdentityReport, LedgerEntry
from continuity.disclosures.readings import note_reading
from continuity.errors import Conflict, Invalid, NotAllowed, NotFound, Stale
from continuity.lookup.services import Question, look_up
from continuity.notices.models import Notice
from tests import builders as b
from tests.cast import Cast

BORN = date(1988, 4, 3)
pytestmark = pytest.mark.django_db


@pytest.fixture
def keeper(cast: Cast) -> Membership:
    """The county keeps the index."""
    Agency.objects.filter(pk=cast.county.pk).update(keeps_index=True)
    cast.county.refresh_from_db()
    return b.member("pia", cast.county, "privacy_officer")


@pytest.fixture
def answer(cast: Cast, keeper: Membership) -> UUID:
    """Reyes was shown Sam's card."""
    cast.consent()
    return asked(cast.reyes)


def asked(by: Membership, **changes: object) -> UUID:
    about = {"last": "Testcase", "first": "Sam", "birth_date": BORN} | changes
    question = Question(purpose="le_crisis_response", incident_ref="2026-0001", **about)  # type: ignore[arg-type]
    before = set(LedgerEntry.objects.values_list("pk", flat=True))
    look_up(by=by, question=question, channel="page", at=b.NOW)
    return LedgerEntry.objects.exclude(pk__in=before).get().pk


def reported(by: Membership, answer: UUID, said: str = "") -> IdentityReport:
    return report_wrong_person(by=by, ledger_id=answer, said=said, at=b.NOW)


def test_a_report_names_the_answer_and_whoever_reads_its_notice_learns_an_id_alone(cast, keeper, answer):
    report = reported(cast.reyes, answer, "Much too young.")
    assert (report.person_id, report.ledger_id, report.reported_by) == (cast.sam.pk, answer, cast.reyes)
    told = Notice.objects.get()
    assert (told.kind, told.subject_id, told.is_urgent) == ("identity_reported", report.pk, True)
    assert (told.agency, told.member) == (cast.county, keeper.member)
    assert may_be_told(by=keeper, notice=told, at=b.NOW)
    assert LedgerEntry.objects.get(pk=answer).outcome == "released"


def test_a_second_report_of_one_answer_is_the_same_report(cast, answer):
    first = reported(cast.reyes, answer, "Too young.")
    assert reported(cast.reyes, answer, "And too tall.") == first
    assert IdentityReport.objects.get().said == "Too young."
    assert Notice.objects.count() == 1


def test_only_what_was_released_to_this_member_can_be_reported(cast, answer):
    nothing = asked(cast.reyes, last="Nobody")
    for by, which in (
        (cast.deputy, answer),
        (cast.embedded, answer),
        (cast.reyes, nothing),
        (cast.reyes, uuid4()),
    ):
        with pytest.raises(NotFound, match="not_found"):
            reported(by, which)
    assert not IdentityReport.objects.exists()
    assert not Notice.objects.exists()


def test_an_own_reading_is_no_card(cast, keeper):
    read = note_reading(by=cast.embedded, rows=[cast.sam], channel="page", at=b.NOW, person_id=cast.sam.pk)
    with pytest.raises(NotFound):
        reported(cast.embedded, read)


def test_privacy_officers_of_other_agencies_are_not_told_and_read_no_report(cast, answer):
    other = b.member("odd", cast.clinic, "privacy_officer")
    analyst = b.member("ana", cast.county, "program_analyst")
    report = reported(cast.reyes, answer)
    assert [one.agency for one in Notice.objects.all()] == [cast.county]
    for by in (other, analyst, cast.kim, cast.reyes):
        assert not readable_reports(by).exists()
        with pytest.raises(NotFound):
            report_file(by=by, report_id=report.pk, channel="admin", at=b.NOW)
        with pytest.raises((NotFound, NotAllowed)):
            close(by, report)
    assert list(own_reports(cast.reyes)) == [report]


def test_the_file_tells_the_circumstances_and_is_a_row_of_the_ledger(cast, keeper, answer):
    report = reported(cast.reyes, answer)
    file = report_file(by=keeper, report_id=report.pk, channel="admin", at=b.NOW)
    assert (file.shown_at, file.channel, file.incident_ref) == (b.NOW, "page", "2026-0001")
    row = LedgerEntry.objects.get(asker=keeper)
    assert (row.outcome, row.person_id) == ("read", cast.sam.pk)
    assert row.records == [["identityreport", str(report.pk), 1]]


def close(by: Membership, report: IdentityReport, **changes: object) -> IdentityReport:
    said = {"outcome": "wrong_person", "note": "Another Sam, born a year later."} | changes
    return close_report(by=by, report_id=report.pk, at=b.NOW, **said)  # type: ignore[arg-type]


def test_a_keeper_closes_it_once_with_a_note(cast, keeper, answer):
    report = reported(cast.reyes, answer)
    assert list(reports_to_close(keeper)) == [report]
    for changes, field in (
        ({"outcome": ""}, "outcome"),
        ({"outcome": "maybe"}, "outcome"),
        ({"note": " "}, "note"),
    ):
        with pytest.raises(Invalid) as refused:
            close(keeper, report, **changes)
        assert refused.value.field == field
    with pytest.raises(Stale):
        close(keeper, report, version=7)
    closed = close(keeper, report, version=report.version)
    assert (closed.outcome, closed.closed_by, closed.closed_at) == ("wrong_person", keeper, b.NOW)
    assert not reports_to_close(keeper).exists()
    with pytest.raises(Conflict, match="closed_already"):
        close(keeper, report)


def test_whoever_reported_it_does_not_close_it(cast, keeper, answer):
    """Nor by another of their memberships."""
    report = reported(cast.reyes, answer)
    also = Membership.objects.create(member=cast.reyes.member, agency=cast.county, roles=["privacy_officer"])
    assert not reports_to_close(also).exists()
    with pytest.raises(NotAllowed, match="own_report"):
        close(also, report)
    assert IdentityReport.objects.get().outcome == ""
