"""People who are in the demo's index twice, so that the desk that matches people has a day's work. All are invented."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from continuity.agencies.models import Membership
from continuity.agencies.roles import Duty
from continuity.disclosures.identity_reports import report_wrong_person
from continuity.disclosures.merges import request_merge
from continuity.disclosures.models import IdentityReport, LedgerEntry
from continuity.disclosures.services import release
from continuity.intake.demo_people import INCIDENT, ROSALIND, contact_of
from continuity.intake.demo_writer import DemoWriter
from continuity.intake.story_shapes import Somebody, Story
from continuity.people.duplicates import compare_next, decide_pair
from continuity.people.models import DuplicatePair, Person
from continuity.people.services import identify
from continuity.trail.context import audit_context

_DAY = timedelta(days=1)
_WOMEN = ("Eudora", "Hyacinth")


@dataclass(frozen=True)
class Twice:
    """How two agencies wrote the same person down, or two people alike."""

    county: tuple[str, str, date]
    other: tuple[str, str, date]
    part: str
    phone: str


_TWICE = (
    # A short name, and the same telephone.
    Twice(
        ("Barnaby", "Thistlewood-Example", date(1983, 5, 9)),
        ("Barney", "Thistlewood-Example", date(1983, 5, 9)),
        "mobile",
        "661-555-0161",
    ),
    # Day and month exchanged.
    Twice(
        ("Eudora", "Winslow-Example", date(1971, 2, 10)),
        ("Eudora", "Winslow-Example", date(1971, 10, 2)),
        "police",
        "661-555-0162",
    ),
    # Half of the surname; the merge is asked for.
    Twice(
        ("Hyacinth", "Merriweather-Example", date(1968, 1, 23)),
        ("Hyacinth", "Merriweather", date(1968, 1, 23)),
        "mobile",
        "661-555-0163",
    ),
)
PEOPLE = 2 * len(_TWICE)


def write_duplicates(writer: DemoWriter) -> None:
    """Write them, compare everybody with everybody, and have one merge asked for."""
    written = [(_write(writer, one.county, "county", one.phone), _write(writer, one.other, one.part, one.phone))
               for one in _TWICE]  # fmt: skip
    while compare_next(writer.now - _DAY):
        pass
    _ask_for_merge(writer, *written[-1])


def report_somebody(officer: Membership, at: datetime) -> IdentityReport | None:
    """Have an officer shown Rosalind's card and say that it is not her; outside of any transaction."""
    found = identify(last=ROSALIND.last, first=ROSALIND.first, birth_date=ROSALIND.birth_date)
    with audit_context(member=officer.member):
        release(
            by=officer,
            identified=found,
            purpose=ROSALIND.purpose,
            incident_ref=INCIDENT,
            searched="demo",
            channel=LedgerEntry.Channel.PAGE,
            at=at,
        )
        row = (
            LedgerEntry.objects.filter(asker=officer, outcome=LedgerEntry.Outcome.RELEASED)
            .order_by("-id")
            .first()
        )
        if row is None:
            return None
        said = "The woman on the bridge is about twenty and says that her name is Rosa."
        return report_wrong_person(by=officer, ledger_id=row.pk, at=at, said=said)


def _write(writer: DemoWriter, who: tuple[str, str, date], part: str, phone: str) -> Person:
    first, last, born = who
    somebody = Somebody(
        first=first,
        last=last,
        middle="",
        birth_date=born,
        aliases=(),
        phone=phone,
        sex="female" if first in _WOMEN else "male",
        language="en",
        interpreter=False,
    )
    met = contact_of(
        part,
        writer.now - 40 * _DAY,
        issues=("anxiety_panic",),
        summary="Talked on the porch until it was calmer, and wrote down whom to call next time.",
    )
    return writer.write_story(Story(0, somebody, (met,), None, None, (), (), (), (), None))


def _ask_for_merge(writer: DemoWriter, stays: Person, goes: Person) -> None:
    """The first of the county's privacy officers asks; the second decides."""
    officer = writer.county.by_duty("county", Duty.MATCH_PEOPLE)[0]
    first, second = sorted((stays.pk, goes.pk))
    pair = DuplicatePair.objects.filter(first=first, second=second).first()
    at, reason = writer.now - 4 * timedelta(hours=1), "Her sister confirmed both names by telephone."
    with audit_context(member=officer.member):
        if pair is not None:
            decide_pair(by=officer, pair_id=pair.pk, verdict=DuplicatePair.Verdict.SAME, reason=reason, at=at)
        request_merge(
            by=officer,
            survivor_id=stays.pk,
            retired_id=goes.pk,
            chosen={},
            reason=reason,
            at=at,
            pair_id=pair.pk if pair else None,
        )
