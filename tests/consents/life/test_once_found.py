"""What the machine found in the product and was mended: each as the few steps that show it."""

from tests.consents.life.forms import FOR_POLICE, Form
from tests.consents.life.life import Begin
from tests.consents.life.machine import BEGINNINGS

TO_POLICE = Form(parties=(("kestrel-police", FOR_POLICE),), existence=True)


def test_whoever_is_given_nothing_is_not_told_that_there_is_a_record(begin: Begin):
    """The tick for existence alone made a recipient of somebody whose scope is empty (L-6 element 3)."""
    life = begin(BEGINNINGS[0])
    life.empty_scope(life.sign_up(TO_POLICE))
    life.compare()


def test_the_scope_of_each_consent_in_force_is_told(begin: Begin):
    """Of two consents of one custodian only one was told, by chance (L-11)."""
    life = begin(BEGINNINGS[0])
    life.sign_up(TO_POLICE)
    life.sign_up(TO_POLICE)
    life.compare()
