"""Whatever agency A keeps is to every role of agency B as if it did not exist, at every address (L-4, P-3; OWASP A01).

Here each address by one role in turn; by drill every request by all of them.
"""

import pytest
import time_machine

from continuity.api import nouns
from continuity.errors import NotAllowed
from tests import builders as b
from tests.attacks import idor
from tests.house.pair_worlds import build_county
from tests.house.pairs import Ask
from tests.replay import replayed

pytestmark = pytest.mark.django_db


@pytest.fixture
def county():
    with time_machine.travel(b.NOW, tick=False):
        yield replayed(build_county)


def test_no_id_of_another_agency_is_worth_anything_at_any_address(county):
    foreign, strangers = idor.strangers(county)
    told = idor.attack(foreign, idor.asks(county, foreign, every=False), strangers, each=1)
    told.end(at_least=150)


def test_the_sweep_sees_a_planted_leak(county, monkeypatch):
    foreign, strangers = idor.strangers(county)
    careful = nouns.Noun.get

    def careless(self, by, at, **which):
        if which.get("pk") == foreign["contact"]:
            raise NotAllowed("not_yours", "Another agency keeps it.")
        return careful(self, by, at, **which)

    monkeypatch.setattr(nouns.Noun, "get", careless)
    asked = [Ask("get", f"/api/v1/contacts/{foreign['contact']}/")]
    assert idor.attack(foreign, asked, strangers[2:3], each=1).through
