"""For random rows of every noun, in every state, of two agencies: list = detail = timeline = page (issue's own words).

The gate, not the page, protects: what one way shows, each shows, and what one hides, none shows.
"""

import re
from datetime import timedelta
from itertools import chain
from typing import Any

import time_machine
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from continuity.crisis.models import CrisisContact, DeescalationTip, ResponsePlan, SafetyFlag
from continuity.disclosures.models import LedgerEntry
from continuity.people.models import Person, PersonAgency
from continuity.treatment.models import FollowUp, Linkage, TreatmentTeamLink
from tests import builders as b
from tests.api.states import WHOLE
from tests.cast import signed_in

ROLES = (
    "officer", "dispatcher", "embedded_clinician", "treatment_clinician", "peer_navigator", "consent_manager",
    "privacy_officer", "supervisor", "agency_admin",
)  # fmt: skip
# Who has no page of a person: responders browse nobody (P-4); a peer has what is assigned, not the own agency's.
WITHOUT_RECORD = {"officer", "dispatcher", "peer_navigator"}
MODELS: dict[str, Any] = {
    "contacts": CrisisContact,
    "flags": SafetyFlag,
    "tips": DeescalationTip,
    "plans": ResponsePlan,
    "team-links": TreatmentTeamLink,
    "linkages": Linkage,
    "follow-ups": FollowUp,
}
NOUNS = {
    "contact": "contacts", "safety_flag": "flags", "tip": "tips", "response_plan": "plans",
    "team_link": "team-links", "linkage": "linkages", "follow_up": "follow-ups",
}  # fmt: skip
STATES = {
    "contacts": ("draft", "final", "amended", "cancelled", "entered_in_error"),
    "flags": ("proposed", "active", "removed", "refuted", "entered_in_error"),
    "tips": ("active", "removed", "entered_in_error"),
    "plans": ("draft", "submitted", "active", "withdrawn"),
    "team-links": ("proposed", "active", "suspended", "inactive", "entered_in_error"),
    "linkages": ("draft", "sent", "accepted", "completed", "entered_in_error"),
    "follow-ups": ("sent", "completed", "unable", "entered_in_error"),
}
# The states that a page of the person shows.
SHOWN = {
    "contacts": {"final", "amended"},
    "flags": {"active"},
    "tips": {"active"},
    "plans": {"active"},
    "team-links": {"active"},
    "linkages": {"sent", "accepted", "completed"},
    "follow-ups": {"sent", "completed", "unable"},
}


def rows_of(noun: str) -> st.SearchStrategy[list[dict[str, Any]]]:
    """One or two rows of a noun, rather in a state that is shown."""
    row = st.fixed_dictionaries(
        {
            "noun": st.just(noun),
            "state": st.sampled_from([*sorted(SHOWN[noun]), *STATES[noun]]),
            "custodian": st.integers(0, 1),
            "other": st.integers(0, 1),
            "mine": st.booleans(),
            "age": st.sampled_from([0, 10, 80, 120]),
        }
    )
    return st.lists(row, min_size=1, max_size=2)


worlds = st.fixed_dictionaries(
    {
        "role": st.sampled_from([*ROLES, *sorted(set(ROLES) - WITHOUT_RECORD)]),
        "rows": st.tuples(*[rows_of(noun) for noun in sorted(MODELS)]),
        "confidentiality": st.sampled_from(["normal"] * 8 + ["restricted"]),
    }
)


class Agreement(TestCase):
    @classmethod
    def setUpTestData(cls) -> None:
        cls.agencies = [b.agency("a0", "county_behavioral_health"), b.agency("a1", "clinic_treatment")]
        b.agreement(*cls.agencies)
        cls.authors = [
            b.member(f"author{n}", one, "embedded_clinician") for n, one in enumerate(cls.agencies)
        ]
        cls.approvers = [b.member(f"second{n}", one, "supervisor") for n, one in enumerate(cls.agencies)]
        cls.askers = {role: b.member(role, cls.agencies[0], role) for role in ROLES}

    @settings(max_examples=8, deadline=None, suppress_health_check=list(HealthCheck))
    @given(drawn=worlds)
    def test_every_way_to_a_record_shows_the_same(self, drawn):
        self.asker = self.askers[drawn["role"]]
        self.sam = Person.objects.create(confidentiality=drawn["confidentiality"])
        self.contact = self._contact(0, self.authors[0], "final", 1)
        for row in chain.from_iterable(drawn["rows"]):
            self._write(row)
        with time_machine.travel(b.NOW, tick=False):
            self.client = signed_in(self.asker)
            listed = {noun: self._listed(noun) for noun in MODELS}
            assert listed == {noun: self._detailed(noun) for noun in MODELS}
            if drawn["role"] not in WITHOUT_RECORD:
                self._compare_with_record(listed, drawn["role"])
        told = {record[1] for row in LedgerEntry.objects.filter(asker=self.asker) for record in row.records}
        assert set().union(*listed.values()) <= told, "what was told is in the ledger"

    def _compare_with_record(self, listed: dict[str, set[str]], role: str) -> None:
        shown = {noun: listed[noun] & self._in_a_shown_state(noun) for noun in MODELS}
        answer = self.client.get(f"/api/v1/people/{self.sam.pk}/record/")
        assert answer.status_code in (200, 404)
        items = answer.json()["items"] if answer.status_code == 200 else []
        recorded: dict[str, set[str]] = {noun: set() for noun in MODELS}
        for item in items:
            if item["source"]["basis"] == "O" and item["source"]["noun"] in NOUNS:
                recorded[NOUNS[item["source"]["noun"]]].add(item["source"]["id"])
        assert recorded == shown
        if role in ("embedded_clinician", "treatment_clinician", "supervisor", "privacy_officer"):
            assert self._on_the_page() == shown

    def _listed(self, noun: str) -> set[str]:
        page = self.client.get(f"/api/v1/{noun}/?limit=100").json()
        assert page["next"] is None
        return {one["id"] for one in page["results"]}

    def _detailed(self, noun: str) -> set[str]:
        every = {str(pk) for pk in MODELS[noun].objects.values_list("pk", flat=True)}
        answers = {pk: self.client.get(f"/api/v1/{noun}/{pk}/").status_code for pk in every}
        assert set(answers.values()) <= {200, 404}
        return {pk for pk, status in answers.items() if status == 200}

    def _in_a_shown_state(self, noun: str) -> set[str]:
        field = "record_status" if noun == "contacts" else "status"
        found = MODELS[noun].objects.filter(**{f"{field}__in": SHOWN[noun], "person": self.sam})
        if noun in ("flags", "tips", "plans"):
            found = found.filter(expires_at__gt=b.NOW)
        return {str(pk) for pk in found.values_list("pk", flat=True)}

    def _on_the_page(self) -> dict[str, set[str]]:
        found: dict[str, set[str]] = {noun: set() for noun in MODELS}
        for tab in ("timeline", "care", "plan"):
            page = self.client.get(f"/caseload/people/{self.sam.pk}/?show={tab}&older").content.decode()
            for noun, pk in re.findall(r"/caseload/([a-z-]+)/([0-9a-f-]{36})/\"", page):
                if noun in found:
                    found[noun].add(pk)
        return found

    def _write(self, row: dict[str, Any]) -> None:
        n, state = row["custodian"], row["state"]
        author = self.asker if row["mine"] and n == 0 else self.authors[n]
        when = b.NOW - timedelta(days=row["age"])
        PersonAgency.objects.get_or_create(person=self.sam, agency=self.agencies[n])
        about = {"person": self.sam, "custodian": self.agencies[n]}
        other = self.agencies[row["other"]]
        standing = {
            "kind": "animals" if row["noun"] == "flags" else "calm_voice", "basis": "observed",
            "source_role": "officer", "first_observed_at": when, "last_confirmed_at": when, "status": state,
            "expires_at": when + timedelta(days=90),
        }  # fmt: skip
        task = {"contact": self.contact, "status": state, "closed_at": None if state == "sent" else b.NOW}
        match row["noun"]:
            case "contacts":
                self._contact(n, author, state, row["age"])
            case "flags":
                SafetyFlag.objects.create(
                    **about, **standing, proposed_by=author, approved_by=self.approvers[n]
                )
            case "tips":
                DeescalationTip.objects.create(**about, **standing, recorded_by=author)
            case "plans":
                if not ResponsePlan.objects.filter(**about, status="active").exists() or state != "active":
                    ResponsePlan.objects.create(
                        **about, status=state, strategies=["Wait."], author=author, approved_by=self.approvers[n],
                        approved_at=when, expires_at=when + timedelta(days=90),
                    )  # fmt: skip
            case "team-links":
                PersonAgency.objects.get_or_create(person=self.sam, agency=other)
                TreatmentTeamLink.objects.create(
                    **about, provider=other, program_kind="crisis", duty_line="661-555-0110", status=state,
                    established_at=when, last_verified_at=when,
                )  # fmt: skip
            case "linkages":
                PersonAgency.objects.get_or_create(person=self.sam, agency=other)
                Linkage.objects.create(**about, **task, recipient=other, kind="benefits", requested_at=when)
            case "follow-ups":
                FollowUp.objects.create(
                    **about, **task, kind="safety_check", due_window="h48", due_at=when,
                    result="connected" if state == "completed" else "",
                    assigned_to=self.asker if row["mine"] and n == 0 else None,
                )  # fmt: skip

    def _contact(self, n: int, author: Any, state: str, age: int) -> CrisisContact:
        PersonAgency.objects.get_or_create(person=self.sam, agency=self.agencies[n])
        when = b.NOW - timedelta(days=age)
        return CrisisContact.objects.create(
            **WHOLE, custodian=self.agencies[n], author=author, person=self.sam, record_status=state,
            contact_number=f"C-{next(b._numbers)}", occurred_at=when, recorded_at=when, finalised_at=when,
        )  # fmt: skip
