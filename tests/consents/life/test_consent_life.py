"""Two servers and the law agree about everybody's view after every step of a consent's life."""

from tests.consents.life.life import Begin
from tests.consents.life.runs import any_seed, live

STEPS = 60


def test_no_answer_disagrees_with_the_law_in_sixty_steps(begin: Begin):
    assert live(begin, steps=STEPS, from_seed=any_seed()).steps >= STEPS
