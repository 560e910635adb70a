"""No positive answer carries a decision time after the commit of the end of the consent it used (L-10, L-12)."""

import time
from collections.abc import Callable
from typing import Any

import pytest

from continuity.access import services
from continuity.disclosures.models import LedgerEntry
from tests.consents.life.plants import misstate
from tests.consents.load import Load

# The database says when a revocation was committed.
pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("real_clock")]


def test_no_answer_is_decided_after_its_consent_ended():
    load = Load(people=30, pause=0.03)
    outcome = load.run()
    assert outcome.too_late == []
    # Asked often enough on both sides of the ends to mean something.
    assert outcome.released >= len(load.stories)
    assert outcome.refused >= len(load.stories)
    assert all(row.consents for row in LedgerEntry.objects.filter(outcome="released"))


@pytest.mark.drill
@pytest.mark.parametrize(
    "condition",
    ["c.status = 'active' AND", "AND c.suspended_at IS NULL", "AND r.revoked_at IS NULL"],
)
def test_check_sees_a_condition_that_is_gone(monkeypatch: pytest.MonkeyPatch, condition: str):
    misstate(monkeypatch, condition)
    assert Load(people=6, pause=0.03).run().too_late


def remember(gather: Callable[..., Any], seconds: float) -> Callable[..., Any]:
    """What nobody may add to the gate: facts kept for a moment."""
    kept: dict[Any, tuple[float, Any]] = {}

    def gather_from_memory(asker: Any, person_id: Any, at: Any) -> Any:
        found = kept.get(person_id)
        if found is None or time.monotonic() > found[0] + seconds:
            found = kept[person_id] = time.monotonic(), gather(asker, person_id, at)
        return found[1]

    return gather_from_memory


@pytest.mark.drill
def test_check_sees_a_tenth_of_a_second_of_memory(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(services, "gather", remember(services.gather, seconds=0.1))
    assert Load(people=10, pause=0.05).run().too_late
