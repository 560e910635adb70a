"""Drawn counties with two drawn people who become one: never wider before a review, as before after an unmerge (P-5)."""

from typing import Any

from hypothesis import HealthCheck, example, given, settings
from hypothesis.extra.django import TestCase

from tests.access.merged_people import Seen, TwoPeople, review
from tests.access.worlds import plain_world, worlds
from tests.builders import undone


def assert_never_wider(drawn: dict[str, Any], other: dict[str, Any]) -> bool:
    """What each agency's member sees, before a merge, after it, reviewed, and taken apart; whether it was anything."""
    world = TwoPeople(drawn, other)
    sam, samuel = world.survivor, world.retired
    of_sam, of_samuel = world.seen(sam), world.seen(samuel)
    merge = world.make_one()
    for was, other_was, now in zip(of_sam, of_samuel, world.seen(sam), strict=True):
        assert now - (was | other_was) == Seen(), "wider than before"
    with undone():
        review(merge, *world.agencies)
        reviewed = world.seen(sam)
        world.never_two()
        assert reviewed == world.seen(sam), "reviewed, but not as one person"
    world.offices.unmerge(merge)
    assert (world.seen(sam), world.seen(samuel)) == (of_sam, of_samuel), "not as before"
    return any(one.records for one in of_sam) and any(one.records for one in of_samuel)


# Samuel is in the care of an agency by a linkage, and Sam, who is dead, ends that for as long as they are one.
_DEAD = plain_world("treatment_clinician", 1, "treatment") | {"deceased": True}
_REFERRED = plain_world("treatment_clinician", 1, "treatment") | {"linkage": (1, 2, "accepted", False)}


class TwoWhoBecomeOne(TestCase):
    @settings(max_examples=5, deadline=None, suppress_health_check=list(HealthCheck))
    @given(drawn=worlds, other=worlds)
    @example(drawn=_DEAD, other=_REFERRED)
    @example(drawn=_REFERRED, other=_DEAD)
    def test_nobody_sees_more_before_a_review_and_all_as_before_after_an_unmerge(self, drawn, other):
        assert_never_wider(drawn, other)
