"""Whatever is asked, decided and applied: no value is lost, and no clock runs beyond its law (L-22, P-8)."""

import json
from datetime import timedelta
from typing import Any

from hypothesis import example, given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from continuity.crisis import amendments
from continuity.crisis.models import ContactAmendment, CrisisContact
from continuity.errors import Conflict, DomainError
from tests import builders as b
from tests.crisis.amending import STARTS, VERBS, called

FIELDS: dict[str, Any] = {
    "operational_summary": st.sampled_from(["Spoke.", "Walked home.", "Smelled of alcohol."]),
    "narrative": st.sampled_from(["Slept badly.", "Slept.", ""]),
    "sud_text": st.sampled_from(["No use.", "Some use."]),
    "presenting_issues": st.sampled_from([["agitation"], ["anxiety_panic", "agitation"]]),
    "risk_level": st.sampled_from(["low", "moderate"]),
}
# The summary twice more, so that several amendments of one field meet.
changes = st.sampled_from([*sorted(FIELDS), "operational_summary", "operational_summary"]).flatmap(
    lambda name: st.tuples(st.just(name), FIELDS[name])
)
corrections = st.tuples(
    st.just("correct"), changes, st.sampled_from(["correction", "late_entry", "addendum"]), st.integers(0, 3)
)
requests = st.tuples(
    st.just("request"), changes, st.sampled_from(["patient_requested", "correction"]), st.integers(0, 3)
)
LIKELY = [*["take up", "accept", "apply"] * 5, "partly"]
moves = st.tuples(
    st.sampled_from([*VERBS, *LIKELY]),
    changes,
    st.sampled_from(["author", "privacy", "privacy"]),
    st.integers(0, 3),
)
steps = st.lists(st.one_of(corrections, requests, moves, moves), min_size=8, max_size=16)

_HOME, _SPOKE = ("operational_summary", "Walked home."), ("operational_summary", "Spoke.")
# The author corrects the field while an accepted request waits: what is replaced is not what the request saw.
MEANWHILE = [
    ("request", _HOME, "patient_requested", 0),
    ("take up", _HOME, "privacy", 0),
    ("accept", _HOME, "privacy", 0),
    ("correct", _SPOKE, "correction", 0),
    ("apply", _HOME, "privacy", 0),
]


class AmendmentsNever(TestCase):
    @classmethod
    def setUpTestData(cls) -> None:
        county = b.agency("county", "county_behavioral_health")
        cls.author = b.member("author", county, "embedded_clinician")
        # A clinician who keeps the records as well: nothing but the law of the verbs stands in the way of a step.
        cls.privacy = b.member("privacy", county, "privacy_officer", "embedded_clinician")
        cls.contact = b.contact(cls.author, b.person(county), narrative="Words.")

    @settings(max_examples=15, deadline=None)
    @given(steps)
    @example(MEANWHILE)
    def test_applied_values_are_in_the_contact_and_replaced_ones_in_an_amendment(self, steps: Any) -> None:
        held = {field: [value] for field, value in self.said().items()}
        made: list[Any] = []
        for step in steps:
            try:
                amendment = self.step(step, made)
            except DomainError:
                continue
            if amendment.pk not in made:
                made.append(amendment.pk)
            said = self.said()
            for field, values in held.items():
                if (now := said[field]) != values[-1]:
                    assert amendment.field == field, "a step changed another field than its own"
                    assert now == json.loads(amendment.accepted_value or amendment.new_value)
                    values.append(now)
        self.judge(held, made)

    def step(self, step: Any, made: list[Any]) -> ContactAmendment:
        verb, (field, value), extra, which = step
        asks = {
            "contact_id": self.contact.pk,
            "field": field,
            "new_value": value,
            "reason": "So.",
            "at": b.NOW,
        }
        if verb == "correct":
            return amendments.correct_contact(by=self.author, kind=extra, **asks)
        if verb == "request" or not made:
            kind = extra if verb == "request" else "patient_requested"
            requester = "patient" if kind == "patient_requested" else "agency"
            return amendments.request_amendment(
                by=self.privacy, kind=kind, requested_by=requester, requested_at=b.NOW, **asks
            )
        start = STARTS["accept" if verb == "partly" else verb]
        waiting = [
            row.pk for row in ContactAmendment.objects.filter(status=start).order_by("created_at", "pk")
        ]
        by, among = getattr(self, extra), waiting or made
        amendment_id = among[which % len(among)]
        if verb == "partly":
            part = {"decision": "partly", "new_value": value, "ground": "not_accessible", "basis": "So."}
            return called("accept", by, amendment_id, **part)
        return called(verb, by, amendment_id)

    def said(self) -> dict[str, Any]:
        """What the contact says now, read anew."""
        (row,) = CrisisContact.objects.filter(pk=self.contact.pk).values(
            "operational_summary", "presenting_issues", "risk_level", "narrative__text", "sud_segment__text"
        )
        return row | {
            "narrative": row.pop("narrative__text") or "",
            "sud_text": row.pop("sud_segment__text") or "",
        }

    def judge(self, held: dict[str, list[Any]], made: list[Any]) -> None:
        rows = list(ContactAmendment.objects.all())
        assert {row.pk for row in rows} == set(made)
        for field, values in held.items():
            replaced = [
                json.loads(row.old_value)
                for row in rows
                if row.field == field and row.applied_at and row.kind != "addendum"
            ]
            assert all(replaced.count(value) >= values[:-1].count(value) for value in values[:-1])
        applied = [row for row in rows if row.applied_at]
        assert all(row.status in ("applied", "notified") and row.decision for row in applied)
        status = CrisisContact.objects.get(pk=self.contact.pk).record_status
        assert status == ("amended" if applied else "final")

    @settings(max_examples=20, deadline=None)
    @given(
        st.integers(0, 59 * 24 * 3600),
        st.lists(st.tuples(st.booleans(), st.integers(0, 95 * 24 * 3600)), max_size=4),
    )
    def test_clock_runs_60_days_or_once_30_more_from_the_request(
        self, waited: int, tries: list[tuple[bool, int]]
    ) -> None:
        requested_at = b.NOW - timedelta(seconds=waited)
        amendment = amendments.request_amendment(
            by=self.privacy,
            contact_id=self.contact.pk,
            kind="patient_requested",
            field="narrative",
            new_value="Slept.",
            reason="So.",
            requested_by="patient",
            requested_at=requested_at,
            at=b.NOW,
        )
        called("take up", self.privacy, amendment.pk)
        extended = False
        for is_stale, seconds in tries:
            at = requested_at + timedelta(seconds=seconds)
            may = not is_stale and not extended and at <= requested_at + timedelta(days=60)
            assert self.extended(amendment, at, is_stale) is may
            extended = extended or may
        amendment.refresh_from_db()
        assert amendment.due_at - requested_at == timedelta(days=90 if extended else 60)

    def extended(self, amendment: ContactAmendment, at: Any, is_stale: bool) -> bool:
        try:
            called("extend", self.privacy, amendment.pk, at=at, version=99 if is_stale else None)
        except Conflict:
            return False
        return True
