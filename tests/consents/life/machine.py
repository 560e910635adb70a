"""The state machine: Hypothesis chooses the steps, `Life` takes them, and every step is judged."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from tests.consents.life.forms import DEFECTS, Form, forms
from tests.consents.life.life import Held, Life

# Two days before the clocks go back and before they go forward, a summer's day, and the days of change themselves (P-18).
BEGINNINGS = [
    datetime(2026, 10, 30, 20, 0, tzinfo=UTC),
    datetime(2026, 3, 6, 20, 0, tzinfo=UTC),
    datetime(2026, 6, 15, 20, 0, tzinfo=UTC),
    datetime(2026, 11, 1, 20, 0, tzinfo=UTC),
    datetime(2026, 3, 8, 20, 0, tzinfo=UTC),
]
# What stops a consent in part or for a while is the easiest to misread: it is drawn more often.
ENDINGS = [
    *["suspend"] * 4,
    *["revoke-recipient"] * 4,
    "lift",
    "revoke",
    "event",
    "invalidate",
    "mark-error",
    "return",
    "reject",
]
has_papers = precondition(lambda self: bool(self.life.held))
which = st.integers(0, 9)


class ConsentLife(RuleBasedStateMachine):
    """`begin` and `tally` are set by whoever runs it: how a life begins, and where finished steps are counted."""

    begin: Callable[[datetime], Life]
    tally: Callable[[], None]
    life: Life

    @initialize(beginning=st.sampled_from(BEGINNINGS), form=forms)
    def somebody_arrives(self, beginning: datetime, form: Form) -> None:
        self.life = type(self).begin(beginning)
        self.life.sign_up(form)

    @rule(form=forms)
    def sign_up(self, form: Form) -> None:
        self.life.sign_up(form)

    @has_papers
    @rule(form=forms, which=which)
    def supersede(self, form: Form, which: int) -> None:
        old = self._one(which)
        if old.paper.custodian == form.custodian:
            self.life.sign_up(form, supersedes=old)
        else:
            self.life.sign_up(form)

    @rule(form=forms)
    def draft(self, form: Form) -> None:
        self.life.draft(form)

    @rule(defect=st.sampled_from(sorted(DEFECTS)))
    def draft_what_no_form_may_say(self, defect: str) -> None:
        self.life.refuse(defect)

    @has_papers
    @rule(which=which)
    def advance(self, which: int) -> None:
        self.life.advance(self._one(which))

    @has_papers
    @rule(
        verb=st.sampled_from(ENDINGS),
        which=which,
        party=st.integers(0, 2),
        happened=st.booleans(),
        stale=st.sampled_from([False, False, False, True]),
    )
    def say(self, verb: str, which: int, party: int, happened: bool, stale: bool) -> None:
        self.life.say(verb, self._one(which), party=party, happened=happened, stale=stale)

    @rule(outcome=st.sampled_from(["offered", "declined", "unable_now", "accepted"]))
    def offer(self, outcome: str) -> None:
        self.life.offer(outcome)

    @rule(hours=st.one_of(st.integers(1, 48), st.integers(49, 960)))
    def jump(self, hours: int) -> None:
        self.life.jump(timedelta(hours=hours))

    @precondition(lambda self: bool(self.life.held_to_a_day))
    @rule(which=which, seconds=st.sampled_from([-1, 0, 1, -3600, 3600]))
    def jump_to_midnight(self, which: int, seconds: int) -> None:
        ending = self.life.held_to_a_day
        self.life.jump_to_midnight(ending[which % len(ending)], seconds)

    @rule(custodian=st.sampled_from(["county", "harbor"]))
    def meet(self, custodian: str) -> None:
        self.life.meet(custodian)

    @rule()
    def sweep(self) -> None:
        self.life.sweep()

    @has_papers
    @rule(which=which)
    def lose_a_scope(self, which: int) -> None:
        self.life.empty_scope(self._one(which))

    @invariant()
    def everybody_is_told_what_the_law_lets_them_know(self) -> None:
        self.life.compare()
        type(self).tally()

    def _one(self, which: int) -> Held:
        return self.life.held[which % len(self.life.held)]
