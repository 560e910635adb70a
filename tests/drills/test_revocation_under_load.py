"""Revocation under load at full size: three hundred ends while eight clients look up."""

import pytest

from tests.consents.load import CLIENTS, Load


@pytest.mark.drill
@pytest.mark.usefixtures("real_clock")
@pytest.mark.django_db(transaction=True)
def test_no_answer_is_decided_after_its_consent_ended():
    load = Load(people=300, pause=0.05)
    outcome = load.run()
    print(
        f"{CLIENTS} clients, {len(load.ended)} ends, {outcome.released} positive answers,"
        f" {outcome.refused} others, {len(outcome.too_late)} too late,"
        f" {outcome.while_committing} while PostgreSQL was publishing the commit"
    )
    assert outcome.too_late == []
    assert min(outcome.released, outcome.refused) >= len(load.stories)
