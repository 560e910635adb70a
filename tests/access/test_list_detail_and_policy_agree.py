"""For random agencies, agreements, consents, roles, restrictions and clocks: what the policy opens is what release
ledgers, and the own agency's lists and details hold exactly what it opens as own.
"""

from hypothesis import HealthCheck, given, settings
from hypothesis.extra.django import TestCase

from continuity.access.case import Opening
from continuity.access.facts import gather
from continuity.access.policy import decide
from continuity.access.predicates import Paths, own
from continuity.access.services import asker_of
from continuity.crisis.models import ClinicalNarrative, CrisisContact, SafetyFlag, SudSegment
from continuity.disclosures.models import LedgerEntry
from continuity.disclosures.services import release
from continuity.people.matching import Grade
from continuity.people.services import Identified
from continuity.treatment.models import FollowUp, Linkage, TreatmentTeamLink
from tests.access.worlds import NOW, World, worlds

THROUGH_CONTACT = Paths("contact__person", "contact__custodian", "contact__occurred_at")
# noun: rows, category, where the own list looks, where a record keeps its contact and its Part 2 mark
NOUNS = {
    "contact": (CrisisContact.objects, "D2", Paths(), "pk", "is_part2"),
    "safety_flag": (
        SafetyFlag.objects, "D1", Paths(time="first_observed_at"), "source_contact_id", "is_part2"),
    "narrative": (ClinicalNarrative.objects, "D3", THROUGH_CONTACT, "contact_id", "contact__is_part2"),
    "sud_segment": (SudSegment.objects, "D4", THROUGH_CONTACT, "contact_id", "contact__is_part2"),
    "team_link": (
        TreatmentTeamLink.objects.filter(status="active"), "D5", Paths(time="established_at", also_own="provider"),
        "", "is_part2"),
    "linkage": (
        Linkage.objects, "D6", Paths(time="requested_at", also_own="recipient"), "contact_id", "is_part2"),
    "follow_up": (FollowUp.objects, "D6", Paths(time="due_at"), "contact_id", "is_part2"),
}  # fmt: skip


def through_openings(world: World, noun: str, openings: tuple[Opening, ...]) -> set:
    """What the pure decision opens, matched row by row in Python: slow and plain, to judge the SQL by."""
    manager, category, paths, contact_path, part2_path = NOUNS[noun]
    shown = set()
    for row in manager.filter(**{paths.person: world.person}):
        values = manager.filter(pk=row.pk).values_list(
            paths.custodian, paths.time, contact_path or "pk", part2_path, paths.also_own or "pk"
        )
        custodian, time, contact, part2, also = values.get()
        for opening in openings:
            whose = opening.custodian == custodian or (
                bool(paths.also_own) and opening.basis == "O" and opening.custodian == also
            )
            if (
                opening.category == category
                and whose
                and (opening.part2 or not (part2 or noun == "sud_segment"))
                and (opening.since is None or time >= opening.since)
                and (opening.contacts is None or (bool(contact_path) and contact in opening.contacts))
            ):
                shown.add(row.pk)
    return shown


def assert_agreement(drawn) -> LedgerEntry:
    """Write the world, ask every way, compare; returns the ledger's row."""
    world = World(drawn)
    asker = asker_of(world.asker, purpose=world.purpose, incident_ref="2026-1", reason=drawn["reason"])
    decision = decide(asker, gather(asker, world.person.pk, NOW), NOW)
    answer = release(
        by=world.asker,
        identified=Identified(world.person.pk, Grade.CERTAIN),
        purpose=world.purpose,
        incident_ref="2026-1",
        reason=drawn["reason"],
        searched="x",
        channel="api",
        at=NOW,
    )
    row = LedgerEntry.objects.get()
    as_own = tuple(one for one in decision.openings if one.basis == "O")
    for noun, (manager, category, paths, *_) in NOUNS.items():
        listed = set(own(manager.all(), asker, category, NOW, paths).values_list("pk", flat=True))
        detailed = {
            pk
            for pk in manager.values_list("pk", flat=True)
            if own(manager.filter(pk=pk), asker, category, NOW, paths).exists()
        }
        judged = through_openings(world, noun, decision.openings)
        ledgered = {record[1] for record in row.records if record[0] == noun}
        assert listed == detailed == through_openings(world, noun, as_own), noun
        assert ledgered == {str(pk) for pk in judged}, noun
    assert (row.outcome == "released") == hasattr(answer, "ledger_id")
    if {"officer", "dispatcher"} & set(row.roles) or asker.is_law_enforcement:
        assert not {"D3", "D4"} & set(row.categories)
        if "O" not in {opening["basis"] for opening in row.bases}:
            assert "part2" not in row.notices
    return row


class Agreement(TestCase):
    @settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
    @given(drawn=worlds)
    def test_list_detail_policy_and_ledger_agree(self, drawn):
        assert_agreement(drawn)
