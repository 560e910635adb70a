"""What an imported consent opens: exactly the ticked categories for the named agencies; never D3, Part 2 or D0."""

import json
from pathlib import Path
from typing import Any

import pytest
import time_machine
from django.conf import settings

from continuity.agencies.models import Member, Membership
from continuity.disclosures.models import LedgerEntry
from tests.builders import NOW
from tests.cast import signed_in
from tests.intake import county
from tests.intake.county import CONSENT, LINKAGE, TEAM_LINK

pytestmark = pytest.mark.django_db(transaction=True)
QUESTION = {
    "incident_ref": "2026-0001",
    "purpose": "le_crisis_response",
    "last": "Testcase",
    "first": "Maria",
    "birth_date": "4/3/1988",
}


def ask(username: str = "m-1") -> dict[str, Any]:
    member = Member.objects.get(username=username)
    member.status = Member.Status.ACTIVE
    member.trained_until, member.banner_version = NOW.date(), settings.BANNER_VERSION
    member.save()
    with time_machine.travel(NOW, tick=False):
        client = signed_in(Membership.objects.get(member=member))
        answer = client.post("/api/v1/lookups/", QUESTION, content_type="application/json")
    assert answer.status_code == 200
    found: dict[str, Any] = json.loads(answer.content)
    return found


def load(folder: Path, **files: Any) -> None:
    with time_machine.travel(NOW, tick=False):
        county.write(folder, **files)
        county.load(folder)
    assert county.rejected(folder) == []


def test_imported_consent_opens_for_the_named_police_and_never_narrative_or_part2(tmp_path: Path) -> None:
    sud = LINKAGE | {"linkage_id": "L-2", "kind": "sud_treatment"}
    load(tmp_path, linkages=[LINKAGE, sud])
    answer = ask()
    assert answer["result"] == "record"
    row = LedgerEntry.objects.get()
    assert row.outcome == LedgerEntry.Outcome.RELEASED
    assert {opening["category"] for opening in row.bases} == {"D1", "D2", "D5", "D6", "D7"}
    assert not any(opening["part2"] for opening in row.bases)
    assert [kind for kind, _, _ in row.records].count("linkage") == 1
    assert "sud_treatment" not in json.dumps(answer)


def test_tick_for_existence_counts_only_with_its_own_column(tmp_path: Path) -> None:
    load(tmp_path, consents=[CONSENT | {"existence_may_be_confirmed": "yes"}])
    ask()
    assert "D0" in {opening["category"] for opening in LedgerEntry.objects.get().bases}


@pytest.mark.parametrize(
    "change",
    [
        {"recipients": "AG-SUD"},
        {"status": "revoked", "revoked_date": "2026-02-01"},
        {"status": "rejected"},
        {"signed_date": "2025-01-05", "expires_date": "2026-01-05"},
        {"purposes": "care_coordination"},
    ],
    ids=["others named", "revoked", "rejected", "past its end", "another purpose"],
)
def test_any_other_consent_opens_nothing(tmp_path: Path, change: dict[str, str]) -> None:
    load(tmp_path, consents=[CONSENT | change])
    assert ask() == {"result": "no_shareable_information"}
    assert LedgerEntry.objects.get().outcome != LedgerEntry.Outcome.RELEASED


def test_part2_link_stays_closed_to_police(tmp_path: Path) -> None:
    load(tmp_path, team_links=[TEAM_LINK | {"part2_source": "yes", "duty_line": "661-555-0666"}])
    assert "661-555-0666" not in json.dumps(ask())
    assert LedgerEntry.objects.get().outcome == LedgerEntry.Outcome.RELEASED
