"""The page on which a clinician answers for the own agency: who asks, why, and what a release would show (L-5)."""

import re

import pytest

from continuity.access.models import EmergencyAnswer
from continuity.agencies.models import Membership
from continuity.disclosures.models import LedgerEntry
from tests import builders as b
from tests.cast import Cast, signed_in
from tests.lookup.emergency_asking import (
    UNKNOWN,
    clinicians_answer,  # noqa: F401  # autouse where it is imported
    page_of,
    release,
    rows,
    started,
)

pytestmark = pytest.mark.django_db


def test_releaser_sees_who_asks_why_and_what_a_release_shows(cast: Cast):
    path = started(signed_in(cast.reyes))
    page = page_of(signed_in(cast.embedded).get(f"{path}answer/"))
    for told in (
        "Kestrel Police asks for safety information",
        "Reyes",
        "Incident 2026-0001",
        "Imminent harm to self",
        "On the bridge railing",
        "Testcase, Sam",
        "Born 3 April 1988, 38 years",
        "Speak softly.",
        "Afraid of uniforms.",
        "Outcome: safety plan completed",
        "<b>15 minutes left to answer</b>",
    ):
        assert told in page, told
    assert "Spoke quietly" not in page
    assert [move in page for move in ('value="release"', 'value="release_operational"', 'value="deny"')] == [
        True
    ] * 3
    row = LedgerEntry.objects.get(asker=cast.embedded)
    assert (row.outcome, row.person_id) == ("read", cast.sam.pk)
    assert len(row.records) == 3


def test_nobody_certain_can_only_be_denied(cast: Cast):
    path = started(signed_in(cast.reyes), **UNKNOWN)
    page = page_of(signed_in(cast.embedded).get(f"{path}answer/"))
    assert "Nobody in your records is certain to be meant. You can only deny." in page
    assert 'value="release' not in page
    assert release(cast, path).status_code == 409
    assert not EmergencyAnswer.objects.exists()
    assert {outcome for outcome, _ in rows(cast.embedded)} == {"empty"}


def test_release_with_status_adds_lines_without_free_text(cast: Cast):
    client = signed_in(cast.reyes)
    path = started(client)
    release(cast, path, "release_operational")
    page = page_of(client.get(path))
    assert "Outcome: safety plan completed." in page
    assert "Spoke quietly" not in page
    assert rows(cast.reyes) == [("released", "le_crisis_response")]


def test_denial_wants_a_note_that_the_requester_never_reads(cast: Cast):
    client = signed_in(cast.reyes)
    path = started(client)
    refused = release(cast, path, "deny", note="")
    assert refused.status_code == 409
    assert 'id="note-error"' in page_of(refused)
    said = page_of(release(cast, path, "deny", note="Not a ground we can act on."))
    assert "Denied for your agency." in said
    assert "Not a ground we can act on." in said
    page = page_of(client.get(path))
    assert "Nothing is released" in page
    assert "ground we can act on" not in page
    assert "Ask again</button>" in page
    assert not LedgerEntry.objects.filter(outcome="released").exists()


def test_who_comes_second_is_told_that_a_colleague_answered(cast: Cast):
    path = started(signed_in(cast.reyes))
    second = Membership.objects.get(member__username="second")
    seen = re.search(
        r'name="version" value="(\d+)"', signed_in(second).get(f"{path}answer/").content.decode()
    )[1]
    release(cast, path)
    late = signed_in(second).post(f"{path}answer/", {"move": "release", "version": seen})
    assert late.status_code == 409
    assert "Embedded answered for your agency" in page_of(late)
    assert EmergencyAnswer.objects.count() == 1


def test_stranger_and_asker_find_nothing_to_answer(cast: Cast):
    path = started(signed_in(cast.reyes))
    missing = signed_in(cast.deputy).get("/no-such-page/").status_code
    for one, address in ((cast.deputy, path), (cast.embedded, path)):
        assert signed_in(one).get(address).status_code == missing == 404
    assert signed_in(cast.reyes).get(f"{path}answer/").status_code == 403
    stranger = b.member("stranger", cast.elsewhere, "treatment_clinician", may_release_emergency=True)
    assert signed_in(stranger).get(f"{path}answer/").status_code == 404
    assert {outcome for one in (cast.deputy, stranger) for outcome, _ in rows(one)} == {"refused"}
