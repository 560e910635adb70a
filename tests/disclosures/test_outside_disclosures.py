"""What the privacy office gave outside of this service, on paper or by word, stands in the accounting (164.528, 1.4)."""

from datetime import datetime, timedelta

import pytest

from continuity.disclosures.access_log import access_log
from continuity.disclosures.models import LedgerEntry
from continuity.disclosures.outside_disclosures import record_disclosure
from continuity.errors import Invalid, NotAllowed, NotFound
from tests import builders as b
from tests.cast import Cast
from tests.disclosures.disclosed import DAY, START, accounting, suspend

pytestmark = pytest.mark.django_db


def privacy_officer(cast: Cast):
    return b.member("priya", cast.county, "privacy_officer")


def outside(cast: Cast, **said):
    return record_disclosure(
        **{
            "by": said.pop("by", None) or privacy_officer(cast),
            "person_id": cast.sam.pk,
            "recipient": "District Court, Room 4",
            "address": "1 Nowhere Street",
            "ground": "legal_process",
            "description": "Copy of two contacts",
            "categories": ["D2"],
            "channel": "paper",
            "disclosed_at": b.NOW - 5 * DAY,
            "at": b.NOW,
        }
        | said
    )


def test_what_was_given_on_paper_is_told_when_it_was_given(cast: Cast):
    """The row lies at its own time: the ledger grows at its end alone. The accounting says when it happened."""
    entry = LedgerEntry.objects.get(pk=outside(cast))
    assert (entry.at, entry.outcome, entry.channel) == (b.NOW, "released", "paper")
    (line,) = accounting(cast).lines
    assert line.first_at == b.NOW - 5 * DAY
    assert (line.recipient, line.address, line.how) == (
        "District Court, Room 4",
        "1 Nowhere Street",
        "on paper",
    )
    assert line.description == "Copy of two contacts (earlier contacts)"
    assert line.basis == "legal process (45 CFR 164.512(f)(1), 42 CFR part 2 subpart E)"
    assert line.counted_under == ("45 CFR 164.528",)


@pytest.mark.parametrize(("until", "listed"), [(b.NOW - 5 * DAY, False), (b.NOW - 4 * DAY, True)])
def test_what_was_written_down_late_belongs_to_the_period_it_happened_in(
    cast: Cast, until: datetime, listed: bool
):
    outside(cast)
    assert bool(accounting(cast, until=until).lines) is listed


def test_what_was_given_to_a_suspended_agency_on_paper_is_out_as_well(cast: Cast):
    outside(cast, recipient="Kestrel Police, Detectives", recipient_agency=cast.police)
    suspend(cast, cast.police)
    assert accounting(cast).lines == ()
    assert accounting(cast).held_back[0].entries == 1
    looks, held = access_log(
        person_id=cast.sam.pk, agency=cast.county, period_from=START, period_until=b.NOW + DAY, at=b.NOW
    )
    assert (looks, held[0].entries) == ((), 1)


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"recipient": " "}, "wrong_recipient"),
        ({"ground": "because"}, "wrong_ground"),
        ({"description": ""}, "wrong_description"),
        ({"categories": []}, "wrong_categories"),
        ({"categories": ["D9"]}, "wrong_categories"),
        ({"channel": "page"}, "wrong_channel"),
        ({"disclosed_at": b.NOW + timedelta(seconds=1)}, "wrong_disclosed_at"),
    ],
)
def test_an_outside_disclosure_says_all_that_the_law_wants(cast: Cast, changes: dict, code: str):
    with pytest.raises(Invalid) as refused:
        outside(cast, **changes)
    assert refused.value.code == code
    assert not LedgerEntry.objects.exists()


def test_an_outside_disclosure_is_written_by_the_custodians_privacy_office_alone(cast: Cast):
    with pytest.raises(NotAllowed):
        outside(cast, by=cast.kim)
    with pytest.raises(NotFound):
        outside(cast, by=b.member("stranger", cast.elsewhere, "privacy_officer"))
    assert not LedgerEntry.objects.exists()
