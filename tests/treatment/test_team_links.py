"""A team link from the proposal to its end: the provider's word, a reason, freshness, silence (5.8, P-2, P-27)."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from continuity.agencies.models import Membership
from continuity.errors import Conflict, Invalid, NotAllowed, NotFound, Stale
from continuity.ids import uuid7
from continuity.notices.models import Notice
from continuity.treatment import links
from continuity.treatment.models import TreatmentTeamLink
from tests import builders as b
from tests.treatment.conftest import Care

pytestmark = pytest.mark.django_db
LINE = {"duty_line": "661-555-0111"}


def accept(link: TreatmentTeamLink, by: Membership, **fields: Any) -> TreatmentTeamLink:
    return links.accept_team_link(**({"by": by, "link_id": link.pk, "at": b.NOW} | LINE | fields))


def test_proposed_link_waits_for_its_provider_who_is_told_an_id(care: Care):
    link = care.proposed(team_name="North team")
    assert (link.status, link.custodian, link.provider, link.proposed_by) == (
        "proposed",
        care.county,
        care.clinic,
        care.embedded,
    )
    assert link.last_verified_at is None
    notice = Notice.objects.get()
    assert (notice.kind, notice.subject_id, notice.agency) == ("link_proposed", link.pk, care.clinic)


def test_proposing_asks_for_the_duty_and_for_another_agency(care: Care):
    with pytest.raises(NotAllowed):
        care.proposed(by=b.member("officer", care.county, "officer"))
    with pytest.raises(Invalid, match=r"^own_team$"):
        care.proposed(provider=care.county)
    with pytest.raises(Invalid, match=r"^unknown_value$"):
        care.proposed(program_kind="chess")


def test_second_proposal_of_the_same_is_refused_while_the_first_waits(care: Care):
    link = care.proposed()
    with pytest.raises(Conflict, match=r"^proposed_already$"):
        care.proposed()
    accept(link, care.adeyemi)
    care.proposed()


def test_proposal_never_tells_that_the_provider_has_a_link(care: Care):
    """P-3: the same answer whether or not the provider has stated the very same already."""
    links.confirm_team_link(by=care.adeyemi, person=care.sam, program_kind="outpatient_mh", at=b.NOW, **LINE)
    assert care.proposed().status == "proposed"


@pytest.mark.parametrize(
    ("kind", "program", "part2"),
    [
        ("sud_program", "outpatient_mh", True),
        ("clinic_treatment", "sud_outpatient", True),
        ("clinic_treatment", "psychiatry", False),
    ],
)
def test_proposal_of_sud_care_is_sud_data_before_anybody_has_answered(
    care: Care, kind: str, program: str, part2: bool
):
    """P-14."""
    assert care.proposed(provider=b.agency("other", kind), program_kind=program).is_part2 == part2


def test_accepted_link_is_active_verified_and_the_providers_own(care: Care):
    later = b.NOW + timedelta(hours=3)
    link = accept(care.proposed(), care.adeyemi, at=later, hours="Mon-Fri")
    assert (link.status, link.duty_line, link.hours) == ("active", "661-555-0111", "Mon-Fri")
    assert (link.last_verified_at, link.verified_by) == (later, care.adeyemi)
    assert care.sam.person_agencies.filter(agency=care.clinic).exists()


def test_provider_states_the_line_that_reaches_its_team(care: Care):
    link = care.proposed()
    with pytest.raises(Invalid, match=r"^no_duty_line$"):
        accept(link, care.adeyemi, duty_line=" ")
    assert (
        accept(care.proposed(program_kind="psychiatry", **LINE), care.adeyemi, duty_line=None).status
        == "active"
    )


@pytest.mark.parametrize("answer", ["accept", "decline"])
def test_answer_of_a_part2_programme_is_its_own_and_not_the_proposers(care: Care, answer: str):
    """Yes and no look alike to whoever proposed: the row is theirs no more (s2.13, P-2)."""
    programme = b.agency("programme", "sud_program")
    counsellor = b.member("counsellor", programme, "treatment_clinician")
    link = care.proposed(provider=programme)
    if answer == "accept":
        accept(link, counsellor)
    else:
        links.decline_team_link(by=counsellor, link_id=link.pk, reason="Not ours.", at=b.NOW)
    assert TreatmentTeamLink.objects.get().custodian == programme
    with pytest.raises(NotFound):
        links.end_team_link(by=care.embedded, link_id=link.pk, reason="Wrong.", at=b.NOW)


def test_verifying_makes_a_link_fresh_at_the_exact_edge_of_its_staleness(care: Care):
    """5.8: 90 days old is still verified, a moment more is not."""
    link = accept(care.proposed(), care.adeyemi)
    edge = b.NOW + timedelta(days=90)
    assert not link.is_stale(edge, 90)
    assert link.is_stale(edge + timedelta(microseconds=1), 90)
    again = links.verify_team_link(by=care.adeyemi, link_id=link.pk, at=edge)
    assert not again.is_stale(edge + timedelta(days=90), 90)


def test_suspended_link_is_taken_up_again_verified(care: Care):
    link = accept(care.proposed(), care.adeyemi)
    paused = links.suspend_team_link(by=care.adeyemi, link_id=link.pk, reason="Abroad.", at=b.NOW)
    assert (paused.status, paused.status_reason) == ("suspended", "Abroad.")
    later = b.NOW + timedelta(days=200)
    link = links.resume_team_link(by=care.adeyemi, link_id=link.pk, at=later)
    assert (link.status, link.last_verified_at) == ("active", later)


def test_proposer_withdraws_a_proposal_and_ends_nothing_more(care: Care):
    about = {"by": care.embedded, "reason": "A mistake.", "at": b.NOW}
    ended = links.end_team_link(link_id=care.proposed().pk, **about)
    assert (ended.status, ended.ended_at) == ("inactive", b.NOW)
    link = accept(care.proposed(program_kind="psychiatry"), care.adeyemi)
    with pytest.raises(Conflict, match=r"^not_yours_to_end$"):
        links.end_team_link(link_id=link.pk, **about)


def test_end_and_error_keep_when_and_why(care: Care):
    link = accept(care.proposed(), care.adeyemi)
    later = b.NOW + timedelta(days=3)
    about = {"by": care.adeyemi, "link_id": link.pk}
    ended = links.end_team_link(**about, reason="Moved away.", at=later)
    assert (ended.status, ended.ended_at, ended.status_reason) == ("inactive", later, "Moved away.")
    marked = links.mark_link_error(**about, reason="Another Sam.", at=later + timedelta(days=1))
    assert (marked.status, marked.ended_at, marked.status_reason) == (
        "entered_in_error",
        later,
        "Another Sam.",
    )


def test_provider_alone_says_whether_its_team_is_told_of_a_crisis(care: Care):
    link = accept(care.proposed(), care.adeyemi)
    assert links.set_crisis_notice(by=care.adeyemi, link_id=link.pk, notify=True, at=b.NOW).notify_on_crisis
    with pytest.raises(NotFound):
        links.set_crisis_notice(by=care.embedded, link_id=link.pk, notify=False, at=b.NOW)


VERBS: dict[str, Callable[..., Any]] = {
    "accept": lambda **k: links.accept_team_link(**k, **LINE),
    "decline": lambda **k: links.decline_team_link(**k, reason="No."),
    "verify": links.verify_team_link,
    "suspend": lambda **k: links.suspend_team_link(**k, reason="No."),
    "resume": links.resume_team_link,
    "end": lambda **k: links.end_team_link(**k, reason="No."),
    "error": lambda **k: links.mark_link_error(**k, reason="No."),
    "crisis notice": lambda **k: links.set_crisis_notice(**k, notify=True),
}


@pytest.mark.parametrize("verb", VERBS)
def test_link_verb_asks_for_duty_side_and_version(care: Care, verb: str):
    """P-3: a stranger's answer is that of a link that is not there."""
    link = care.proposed()
    officer = b.member("officer", care.clinic, "officer")
    novak = b.member("novak", b.agency("faraway", "clinic_treatment"), "treatment_clinician")
    with pytest.raises(NotAllowed, match=r"^duty_missing$"):
        VERBS[verb](by=officer, link_id=link.pk, at=b.NOW)
    for link_id in (link.pk, uuid7()):
        with pytest.raises(NotFound, match=r"^not_found$"):
            VERBS[verb](by=novak, link_id=link_id, at=b.NOW, version=99)
    with pytest.raises(Stale):
        VERBS[verb](by=care.adeyemi, link_id=link.pk, at=b.NOW, version=99)


@pytest.mark.parametrize("verb", ["decline", "suspend", "end", "error"])
def test_link_is_not_moved_without_a_reason(care: Care, verb: str):
    link = care.proposed()
    if verb in ("suspend", "end"):
        accept(link, care.adeyemi)
    done = getattr(links, "mark_link_error" if verb == "error" else f"{verb}_team_link")
    with pytest.raises(Invalid, match=r"^no_reason$") as refused:
        done(by=care.adeyemi, link_id=link.pk, reason=" ", at=b.NOW)
    assert refused.value.field == "reason"
