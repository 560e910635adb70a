"""For random agencies, agreements, consents, roles and clocks: list = detail = policy = what release ledgers."""

from hypothesis import HealthCheck, given, settings
from hypothesis.extra.django import TestCase

from continuity.access.facts import gather
from continuity.access.policy import Opening, decide
from continuity.access.predicates import Paths, releasable
from continuity.access.services import asker_of
from continuity.crisis.models import ClinicalNarrative, CrisisContact, SafetyFlag, SudSegment
from continuity.disclosures.models import LedgerEntry
from continuity.disclosures.services import release
from continuity.people.matching import Grade
from continuity.people.services import Identified
from continuity.treatment.models import FollowUp, Linkage, TreatmentTeamLink
from tests.access.worlds import NOW, World, worlds

THROUGH_CONTACT = Paths(
    "contact__person", "contact__custodian", "contact__occurred_at", "contact_id", "contact__is_part2"
)
NOUNS = {
    "contact": (CrisisContact.objects, "D2", Paths()),
    "safety_flag": (SafetyFlag.objects, "D1", Paths(time="first_observed_at", contact="source_contact_id")),
    "narrative": (ClinicalNarrative.objects, "D3", THROUGH_CONTACT),
    "sud_segment": (SudSegment.objects, "D4", THROUGH_CONTACT),
    "team_link": (
        TreatmentTeamLink.objects.filter(status="active"),
        "D5",
        Paths(time="established_at", contact="", also_own="provider"),
    ),
    "linkage": (
        Linkage.objects,
        "D6",
        Paths(time="requested_at", contact="contact_id", also_own="recipient"),
    ),
    "follow_up": (FollowUp.objects, "D6", Paths(time="due_at", contact="contact_id")),
}


def through_openings(world: World, noun: str, openings: tuple[Opening, ...]) -> set:
    """What the pure decision opens, matched row by row in Python: slow and plain, to judge the SQL by."""
    manager, category, paths = NOUNS[noun]
    shown = set()
    for row in manager.filter(**{paths.person: world.person}):
        values = manager.filter(pk=row.pk).values_list(
            paths.custodian, paths.time, paths.contact or "pk", paths.part2, paths.also_own or "pk"
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
                and (opening.contacts is None or (bool(paths.contact) and contact in opening.contacts))
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
    for noun, (manager, category, paths) in NOUNS.items():
        listed = set(releasable(manager.all(), asker, category, NOW, paths).values_list("pk", flat=True))
        detailed = {
            pk
            for pk in manager.values_list("pk", flat=True)
            if releasable(manager.filter(pk=pk), asker, category, NOW, paths).exists()
        }
        judged = through_openings(world, noun, decision.openings)
        ledgered = {record[1] for record in row.records if record[0] == noun}
        assert listed == detailed == judged, noun
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
