"""Whatever is done to flags: one of a renewal chain shows at most, none beyond its time, and none is lost (P-6, P-8)."""

from datetime import timedelta
from typing import Any

from hypothesis import example, given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from continuity.crisis import flags
from continuity.crisis.models import LONGEST_FLAG_LIFETIME, SafetyFlag
from continuity.errors import DomainError
from tests import builders as b

# Each step: a verb, which flag of those in a likely state for it, whose hand, and how many days pass before it.
steps = st.lists(
    st.tuples(
        st.sampled_from(["propose", "approve", "approve", "renew", "renew", "remove", "refute", "error"]),
        st.integers(0, 4),
        st.integers(0, 3),
        st.sampled_from([0, 0, 1, 20, 100]),
    ),
    min_size=6,
    max_size=14,
)

# Two renewals of one flag, both approved.
RENEWED_TWICE = [
    ("propose", 0, 0, 0),
    ("approve", 0, 0, 1),
    ("renew", 0, 0, 1),
    ("renew", 0, 1, 0),
    ("approve", 0, 0, 0),
    ("approve", 0, 0, 0),
]


class FlagsNever(TestCase):
    @classmethod
    def setUpTestData(cls) -> None:
        county = b.agency("county", "county_behavioral_health")
        cls.hands = [b.member(name, county, "embedded_clinician") for name in ("one", "two")]
        cls.sam = b.person(county)

    @settings(max_examples=25, deadline=None)
    @given(steps)
    @example(RENEWED_TWICE)
    def test_two_of_a_chain_are_never_active_and_none_outlives_its_time(self, steps: Any) -> None:
        at, made = b.NOW, []
        for verb, which, hand, days in steps:
            at += timedelta(days=days)
            try:
                flag = self.step(verb, which, hand, at)
            except DomainError:
                continue
            if flag.pk not in made:
                made.append(flag.pk)
            self.judge(made)

    def step(self, verb: str, which: int, hand: int, at: Any) -> SafetyFlag:
        likely = {"approve": ["proposed"], "renew": ["active"]}.get(verb, list(SafetyFlag.Status))
        rows = list(SafetyFlag.objects.filter(status__in=likely).order_by("created_at", "pk"))
        flag = rows[which % len(rows)] if rows else None
        flag_id, by = flag and flag.pk, self.hands[hand % 2]
        if verb == "approve" and flag and hand < 3:
            # Three times of four by the other hand, so that most proposals come through.
            by = next(one for one in self.hands if one.pk != flag.proposed_by_id)
        seen = {"by": by, "at": at, "observed_at": at - timedelta(hours=1), "basis": "observed"}
        if verb == "propose" or flag is None:
            return flags.propose_flag(person=self.sam, kind="animals", **seen)
        if verb == "renew":
            return flags.renew_flag(flag_id=flag_id, **seen)
        if verb == "approve":
            return flags.approve_flag(by=by, flag_id=flag_id, at=at)
        ends = {"remove": flags.remove_flag, "refute": flags.refute_flag, "error": flags.mark_flag_error}
        return ends[verb](by=by, flag_id=flag_id, reason="Told us so.", at=at)

    def judge(self, made: list[Any]) -> None:
        rows = {flag.pk: flag for flag in SafetyFlag.objects.all()}
        assert set(rows) == set(made)
        active = [flag for flag in rows.values() if flag.status == "active"]
        firsts = [first_of(flag, rows).pk for flag in active]
        assert len(firsts) == len(set(firsts))
        for flag in rows.values():
            assert flag.expires_at <= flag.last_confirmed_at + LONGEST_FLAG_LIFETIME
            assert flag.approved_by_id != flag.proposed_by_id


def first_of(flag: SafetyFlag, rows: dict[Any, SafetyFlag]) -> SafetyFlag:
    """The flag that a chain of renewals began with."""
    while flag.renews_id:
        flag = rows[flag.renews_id]
    return flag
