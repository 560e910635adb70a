"""What left of one custodian's records, to whom, why and on which basis (L-14, L-15, L-23, P-21)."""

import random
from datetime import datetime, timedelta
from uuid import uuid4

import pytest
from django.db import connection

from continuity.consents.services import Recipient
from continuity.disclosures.access_log import access_log
from continuity.disclosures.accounting import (
    disclosures_to_correct,
    ledger_of,
    years_before,
)
from continuity.disclosures.accounting_lines import frequency_of
from continuity.disclosures.models import LedgerEntry
from continuity.disclosures.one_person import ledger_about
from tests import builders as b
from tests.cast import Cast
from tests.disclosures.disclosed import DAY, START, accounting, opening, row, suspend, through_the_gate, told

pytestmark = pytest.mark.django_db


def test_an_officers_answer_is_told_with_recipient_content_purpose_and_basis(cast: Cast):
    consent = cast.consent(categories=["D1", "D2"])
    type(cast.police).objects.filter(pk=cast.police.pk).update(privacy_contact="Records Unit, 661-555-0133")
    through_the_gate(cast.reyes, cast.sam, b.NOW - DAY)
    (line,) = accounting(cast).lines
    assert (line.recipient, line.address) == ("Kestrel Police", "Records Unit, 661-555-0133")
    assert line.first_at == line.last_at == b.NOW - DAY
    assert (
        line.description
        == "what helps and what to be careful of (2), earlier contacts (1), scope of the consent (1)"
    )
    assert (line.purpose, line.how, line.frequency) == ("crisis response", "on a screen", "once")
    assert "the person's consent names it (45 CFR 164.508, 42 CFR 2.31)" in line.basis
    assert line.consents == (consent.number,)
    assert line.entries == (LedgerEntry.objects.get(outcome="released").pk,)


def test_nothing_that_stayed_in_the_house_is_a_disclosure(cast: Cast):
    through_the_gate(cast.embedded, cast.sam, b.NOW - DAY, purpose="care_coordination")
    through_the_gate(cast.reyes, cast.sam, b.NOW - DAY)
    outcomes = set(LedgerEntry.objects.filter(person=cast.sam).values_list("outcome", flat=True))
    assert outcomes == {"released", "refused"}
    assert accounting(cast).lines == ()


def test_records_of_another_custodian_in_the_same_answer_are_not_told(cast: Cast):
    own, foreign = cast.sams_contact, b.contact(cast.adeyemi, cast.sam)
    told(
        cast.reyes, cast.sam, b.NOW - DAY, opening(cast.county, "D2", "C"), opening(cast.clinic, "D2", "C"),
        records=[["contact", str(own.pk), 1], ["contact", str(foreign.pk), 1]],
    )  # fmt: skip
    assert accounting(cast).lines[0].description == "earlier contacts (1)"
    assert accounting(cast, agency=cast.clinic).lines[0].description == "earlier contacts (1)"


def test_repeated_ones_stand_in_one_line_with_first_frequency_and_last(cast: Cast):
    """45 CFR 164.528(b)(3)."""
    for days in (30, 23, 16, 9, 2):
        told(cast.reyes, cast.sam, b.NOW - days * DAY, opening(cast.county, "D1", "ER"))
    told(cast.reyes, cast.sam, b.NOW - DAY, opening(cast.county, "D1", "ER"), purpose="threat_to_safety")
    told(cast.deputy, cast.sam, b.NOW - DAY / 2, opening(cast.county, "D1", "ER"))
    weekly, threat, sheriff = accounting(cast).lines
    assert (weekly.times, weekly.frequency) == (5, "5 times, about weekly")
    assert (weekly.first_at, weekly.last_at) == (b.NOW - 30 * DAY, b.NOW - 2 * DAY)
    assert (threat.times, threat.purpose) == (1, "threat to safety")
    assert (sheriff.times, sheriff.recipient) == (1, "Kestrel Sheriff")


@pytest.mark.parametrize(
    ("times", "days", "words"),
    [
        (1, 0, "once"),
        (2, 900, "2 times"),
        (4, 3, "4 times, about daily"),
        (3, 14, "3 times, about weekly"),
        (3, 60, "3 times, about monthly"),
        (3, 400, "3 times, less than monthly"),
    ],
)
def test_frequency_is_a_word(times: int, days: int, words: str):
    assert frequency_of(times, timedelta(days=days)) == words


@pytest.mark.parametrize(
    ("basis", "ground", "counted"),
    [
        ("T", "", False),
        ("C", "", False),
        ("CT", "", False),
        ("EM", "", False),
        ("ER", "", True),
        ("PR", "legal_process", True),
        ("PR", "patient_request", False),
    ],
)
def test_hipaa_counts_what_was_no_treatment_and_no_authorization(
    cast: Cast, basis: str, ground: str, counted: bool
):
    """45 CFR 164.528(a)(1); everything is listed all the same (P-21)."""
    told(cast.reyes, cast.sam, b.NOW - DAY, opening(cast.county, "D1", basis, ground=ground))
    (line,) = accounting(cast).lines
    assert ("45 CFR 164.528" in line.counted_under) is counted
    assert line.basis


def test_a_category_that_treatment_opened_too_is_not_counted(cast: Cast):
    told(
        cast.adeyemi, cast.sam, b.NOW - DAY, opening(cast.county, "D1", "T"), opening(cast.county, "D1", "ER")
    )
    assert accounting(cast).lines[0].counted_under == ()


def test_state_that_wants_every_disclosure_counts_every_one(cast: Cast):
    cast.county.legal_regimes = ["hipaa_covered", "mo_630"]
    told(cast.adeyemi, cast.sam, b.NOW - DAY, opening(cast.county, "D1", "T"))
    assert accounting(cast).lines[0].counted_under == ("state law",)


def part2_disclosure(cast: Cast, at: datetime, consent) -> LedgerEntry:
    segment = cast.sams_contact.sud_segment
    return told(
        cast.adeyemi, cast.sam, at, opening(cast.county, "D4", "C", consent=str(consent.pk)),
        consents=[consent.pk], records=[["sud_segment", str(segment.pk), 1]], notices=["part2", "consent_terms"],
    )  # fmt: skip


@pytest.fixture
def on_class(cast: Cast):
    """A consent that names the class of treating providers, and nobody."""
    return cast.consent(
        recipients=[Recipient(categories=["D4"])],
        categories=["D4"],
        part2_included=True,
        instrument="part2_consent",
        purposes=["treatment"],
    )


def test_part_2_counts_consented_ones_of_three_years(cast: Cast, on_class):
    """42 CFR 2.25: from the day of the request, to the second."""
    three = years_before(b.NOW, 3)
    part2_disclosure(cast, three, on_class)
    part2_disclosure(cast, three - timedelta(seconds=1), on_class)
    older, exact = accounting(cast, since=b.NOW - 4 * 366 * DAY).lines
    assert older.counted_under == ()
    assert exact.counted_under == ("42 CFR 2.25", "42 CFR 2.24")


def test_intermediary_lists_what_a_class_opened_and_nothing_that_was_named(cast: Cast, on_class):
    """42 CFR 2.24: recipients, dates, a brief description."""
    entry = part2_disclosure(cast, b.NOW - DAY, on_class)
    named = cast.consent(to=[cast.clinic], categories=["D1"])
    told(
        cast.adeyemi, cast.sam, b.NOW - DAY, opening(cast.county, "D1", "C", consent=str(named.pk)),
        consents=[named.pk],
    )  # fmt: skip
    (line,) = accounting(cast, general_only=True).lines
    assert (line.recipient, line.description, line.entries) == (
        "Orchard Clinic",
        "substance use records (1)",
        (entry.pk,),
    )


def test_suspended_agencies_entries_are_out_and_told_to_staff(cast: Cast):
    """164.528(a)(2): the log keeps them."""
    told(cast.reyes, cast.sam, b.NOW - DAY, opening(cast.county, "D1", "ER"))
    told(cast.deputy, cast.sam, b.NOW - DAY, opening(cast.county, "D1", "ER"))
    suspend(cast, cast.police)
    found = accounting(cast)
    assert [line.recipient for line in found.lines] == ["Kestrel Sheriff"]
    assert [(one.agency, one.entries) for one in found.held_back] == [("Kestrel Police", 1)]
    assert LedgerEntry.objects.filter(agency=cast.police).count() == 1


@pytest.mark.parametrize(
    ("at", "left_out"),
    [
        (b.NOW - timedelta(seconds=1), False),
        (b.NOW, True),
        (b.NOW + 30 * DAY - timedelta(seconds=1), True),
        (b.NOW + 30 * DAY, False),
    ],
)
def test_entries_come_back_to_the_second(cast: Cast, at: datetime, left_out: bool):
    told(cast.reyes, cast.sam, b.NOW - 2 * DAY, opening(cast.county, "D1", "ER"))
    suspend(cast, cast.police, starts=b.NOW, ends=b.NOW + 30 * DAY)
    assert bool(accounting(cast, at=at).held_back) is left_out
    assert bool(accounting(cast, at=at).lines) is not left_out


def test_another_custodians_suspension_and_another_persons_hold_nothing_back(cast: Cast):
    told(cast.reyes, cast.sam, b.NOW - DAY, opening(cast.county, "D1", "ER"))
    elsewhere, somebody = suspend(cast, cast.police), suspend(cast, cast.police)
    elsewhere.agency = cast.clinic
    elsewhere.save()
    somebody.person = cast.namesake
    somebody.save()
    assert len(accounting(cast).lines) == 1


def test_the_access_log_tells_own_readings_and_no_question_without_an_answer(cast: Cast):
    cast.consent(categories=["D1"])
    through_the_gate(cast.embedded, cast.sam, b.NOW - 3 * DAY, purpose="care_coordination")
    through_the_gate(cast.reyes, cast.sam, b.NOW - 2 * DAY)
    through_the_gate(cast.novak, cast.sam, b.NOW - DAY, purpose="treatment", incident_ref="")
    told(
        cast.kim,
        cast.sam,
        b.NOW - DAY,
        opening(cast.county, "D7", "O"),
        outcome="read",
        purpose="compliance_audit",
    )
    told(cast.adeyemi, cast.sam, b.NOW - DAY, opening(cast.clinic, "D2", "O"), outcome="read")
    looks, _ = access_log(
        person_id=cast.sam.pk, agency=cast.county, period_from=START, period_until=b.NOW, at=b.NOW
    )
    assert [(one.agency, one.roles, one.what) for one in looks] == [
        ("County Health", ("embedded clinician",), "read"),
        ("Kestrel Police", ("officer",), "received"),
        ("County Health", ("consent manager",), "read"),
    ]


def test_disclosures_to_correct_name_every_recipient_of_every_custodian(cast: Cast):
    """P-5."""
    first = told(cast.reyes, cast.sam, b.NOW - 2 * DAY, opening(cast.county, "D1", "C"))
    second = told(cast.novak, cast.sam, b.NOW - DAY, opening(cast.clinic, "D2", "T"), records=[["contact", str(uuid4()), 3]])  # fmt: skip
    told(cast.reyes, cast.namesake, b.NOW - DAY, opening(cast.county, "D1", "C"))
    told(cast.reyes, cast.sam, b.NOW - DAY, outcome="refused")
    found = disclosures_to_correct(person_id=cast.sam.pk, since=b.NOW - 2 * DAY, until=b.NOW)
    assert [(one.ledger_id, one.agency, one.asker_id) for one in found] == [
        (first.pk, "Kestrel Police", cast.reyes.pk),
        (second.pk, "Faraway Clinic", cast.novak.pk),
    ]
    assert found[1].records[0][2] == 3
    assert disclosures_to_correct(person_id=cast.sam.pk, since=b.NOW, until=b.NOW + DAY) == ()


def random_rows(dice: random.Random, cast: Cast) -> list[LedgerEntry]:
    askers = [cast.reyes, cast.deputy, cast.adeyemi, cast.novak, cast.embedded, cast.kim]
    rows = []
    for _ in range(dice.randrange(20, 60)):
        custodians = dice.sample([cast.county, cast.clinic, cast.police], dice.randrange(1, 4))
        openings = [
            opening(one, dice.choice(["D0", "D1", "D2"]), dice.choice(["C", "T", "ER", "EM"]))
            for one in custodians
        ]
        # Edges of the period and the same moment twice are drawn often.
        at = b.NOW - dice.choice(
            [timedelta(0), timedelta(microseconds=1), DAY, 10 * DAY, 50 * DAY, 100 * DAY]
        )
        rows.append(
            row(
                dice.choice(askers),
                dice.choice([cast.sam, cast.sam, cast.sam, cast.namesake]),
                at,
                openings,
                outcome=dice.choice(["released"] * 8 + ["refused", "empty", "read", "previewed"]),
                purpose=dice.choice(["le_crisis_response", "treatment"]),
                recipient=dice.choice(["", "", "", "Somebody outside"]),
                channel=dice.choice(["page", "api", "paper"]),
            )
        )
    return rows


def test_every_released_row_is_told_exactly_once_or_held_back(cast: Cast):
    """Of this custodian, this person and this period; found here by a plain loop over the same rows."""
    compared = held_back = 0
    for seed in range(20):
        dice = random.Random(seed)
        with b.undone():
            rows = random_rows(dice, cast)
            LedgerEntry.objects.bulk_create(rows)
            silent = dice.sample([cast.police, cast.sheriff, cast.clinic], dice.randrange(4))
            for agency in silent:
                suspend(cast, agency)
            since, until = b.NOW - dice.choice([50, 100]) * DAY, b.NOW - dice.choice([0, 1]) * DAY
            found = accounting(cast, since=since, until=until)
            mine = [
                one
                for one in rows
                if one.person_id == cast.sam.pk
                and one.outcome == "released"
                and str(cast.county.pk) in one.custodians
                and (one.agency_id != cast.county.pk or one.recipient)
                and since <= one.at < until
            ]
            silenced = {agency.pk for agency in silent}
            out = [one.pk for one in mine if not one.recipient and one.agency_id in silenced]
            listed = [entry for line in found.lines for entry in line.entries]
            assert (seed, sorted(listed)) == (seed, sorted(one.pk for one in mine if one.pk not in out))
            assert (seed, sum(one.entries for one in found.held_back)) == (seed, len(out))
            assert all(line.times == len(line.entries) for line in found.lines)
            compared, held_back = compared + len(listed), held_back + len(out)
    assert compared > 60
    assert held_back > 10


def test_a_question_opens_the_months_of_its_period_alone(cast: Cast):
    """Ten million rows lie in monthly partitions: `id` is bounded as well as `at`."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT max(inhrelid::regclass::text) FROM pg_inherits"
            " WHERE inhparent = 'disclosures_ledgerentry'::regclass AND inhrelid::regclass::text ~ '[0-9]{6}$'"
        )
        (name,) = cursor.fetchone()
        cursor.execute("SET LOCAL enable_seqscan = off")  # an empty month is read as fast without its index
    month = datetime.strptime(name[-6:], "%Y%m").replace(tzinfo=b.NOW.tzinfo)
    plan = ledger_of(ledger_about(cast.sam.pk), month + DAY, month + 9 * DAY).explain()
    assert name in plan
    assert "Append" not in plan
    assert "Index" in plan
