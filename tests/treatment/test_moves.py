"""What `moves` offers is what the verbs admit: every state, every side, every verb; the rest is refused (4.3, 5.8-5.10).

Generated from the tables, so that a new state or verb is asked for here.
"""

from collections.abc import Callable, Iterable
from datetime import timedelta
from typing import Any

import pytest

from continuity.agencies import grants
from continuity.agencies.models import Membership
from continuity.errors import Conflict, DomainError, NotFound
from continuity.trail.models import AuditEntry
from continuity.treatment import follow_ups, linkages, links
from continuity.treatment.models import (
    CLOSED,
    TASK_TRANSITIONS,
    FollowUp,
    Linkage,
    LinkageGroupGrant,
    TaskStatus,
    TreatmentTeamLink,
)
from continuity.treatment.moves import follow_up_moves, link_moves, linkage_moves
from tests import builders as b
from tests.treatment.conftest import NEEDED, Care

pytestmark = pytest.mark.django_db
LATER = b.NOW + timedelta(days=5)
WHY = {"reason": "So it is."}
Verb = Callable[..., Any]


def refusal_of(verb: Callable[[], Any]) -> DomainError | None:
    """What the verb says; whatever it does is taken back."""
    with b.undone():
        try:
            verb()
        except DomainError as refused:
            return refused
    return None


def admitted(verbs: dict[str, Callable[[], Any]]) -> set[str]:
    """The verbs that are done; every other one is refused with a code and a sentence."""
    answers = {name: refusal_of(verb) for name, verb in verbs.items()}
    for name, refused in answers.items():
        if refused is not None:
            assert isinstance(refused, Conflict | NotFound), (name, refused)
            assert refused.code.replace("_", "").isalpha()
            assert refused.detail.endswith(".")
    return {name for name, refused in answers.items() if refused is None}


def linkage_verbs(linkage: Linkage, by: Membership) -> dict[str, Callable[[], Any]]:
    answer = linkages.answer_linkage if linkage.recipient else linkages.answer_outside
    about: dict[str, Any] = {"by": by, "linkage_id": linkage.pk, "at": LATER}
    answers = {
        one: lambda one=one: answer(**about, status=one, **NEEDED.get(one, {})) for one in TaskStatus.values
    }
    return answers | {
        "note_no_show": lambda: linkages.note_no_show(**about, **WHY),
        "reschedule_linkage": lambda: linkages.reschedule_linkage(**about, appointment_at=LATER),
        "send_linkage": lambda: linkages.send_linkage(**about),
        "cancel_linkage": lambda: linkages.cancel_linkage(**about, status="unable", **WHY),
        "reopen_linkage": lambda: linkages.reopen_linkage(**about),
        "mark_linkage_error": lambda: linkages.mark_linkage_error(**about, **WHY),
    }


def put_into(linkage: Linkage, status: TaskStatus) -> Linkage:
    """The linkage as it would be in this state: closed ones and drafts are nobody's to answer."""
    linkage.status = status
    linkage.closed_at = b.NOW if status in CLOSED else None
    linkage.appointment_at = b.NOW if status == TaskStatus.SCHEDULED else None
    linkage.save()
    if linkage.recipient and (status in CLOSED or status == TaskStatus.DRAFT):
        grants.take("answer", linkage)
    return linkage


@pytest.mark.parametrize("status", TaskStatus)
def test_linkage_offers_each_side_what_its_verbs_admit(care: Care, status: TaskStatus):
    with b.undone():
        linkage = put_into(care.linkage(), status)
        for by, sides in {
            care.adeyemi: {"is_recipient": True, "is_requester": False},
            care.embedded: {"is_recipient": False, "is_requester": True},
            b.member("novak", b.agency("faraway", "clinic_treatment"), "treatment_clinician"): {
                "is_recipient": False,
                "is_requester": False,
            },
        }.items():
            offered = linkage_moves(linkage, **sides)
            assert admitted(linkage_verbs(linkage, by)) == set(offered), (by.member.username, offered)
            assert len(set(offered)) == len(offered)
    outside = put_into(care.linkage(recipient=None, external_provider="A shelter"), status)
    offered = linkage_moves(outside, is_recipient=False, is_requester=True)
    assert admitted(linkage_verbs(outside, care.embedded)) == set(offered)


def test_linkage_whose_appointment_was_missed_offers_no_second_no_show(care: Care):
    linkage = put_into(care.linkage(), TaskStatus.SCHEDULED)
    linkages.note_no_show(by=care.adeyemi, linkage_id=linkage.pk, at=LATER, reason="Did not come.")
    linkage.refresh_from_db()
    offered = linkage_moves(linkage, is_recipient=True, is_requester=False)
    assert "note_no_show" not in offered
    assert admitted(linkage_verbs(linkage, care.adeyemi)) == set(offered)


def paths(
    table: dict[Any, set[Any]], start: Any, seen: tuple[Any, ...] = ()
) -> Iterable[tuple[TaskStatus, ...]]:
    """Every way from `start` to a state that only an error follows, without going in circles."""
    ahead = [one for one in table[start] if one not in seen and one != TaskStatus.ENTERED_IN_ERROR]
    if not ahead:
        yield (*seen, start)
    for one in sorted(ahead):
        yield from paths(table, one, (*seen, start))


def test_every_path_of_a_linkage_is_walked_and_told_by_its_history(care: Care):
    walked = list(paths(TASK_TRANSITIONS, TaskStatus.DRAFT))
    assert len(walked) > 20
    for path in walked:
        with b.undone():
            linkage = care.linkage(is_draft=True)
            assert not LinkageGroupGrant.objects.exists()
            if path[1] != TaskStatus.SENT:
                cancel = {
                    "by": care.embedded,
                    "linkage_id": linkage.pk,
                    "status": path[1],
                    "at": b.NOW,
                    **WHY,
                }
                linkages.cancel_linkage(**cancel)
            else:
                linkages.send_linkage(by=care.embedded, linkage_id=linkage.pk, at=b.NOW)
                care.answer(linkage, *path[2:])
            linkage.refresh_from_db()
            assert moves_in_history(linkage) == list(path), path
            assert not LinkageGroupGrant.objects.exists(), path


def moves_in_history(row: Any) -> list[str]:
    entries = AuditEntry.objects.filter(object_pk=str(row.pk)).order_by("pk")
    told = [one.changes["status"][1] for one in entries if "status" in one.changes]
    assert "So it is." not in str([one.changes for one in entries]), "the history keeps reasons hashed"
    return told


# Team links

LINK_VERBS: dict[str, Verb] = {
    "accept_team_link": lambda **about: links.accept_team_link(**about, duty_line="661-555-0111"),
    "decline_team_link": lambda **about: links.decline_team_link(**about, **WHY),
    "verify_team_link": links.verify_team_link,
    "suspend_team_link": lambda **about: links.suspend_team_link(**about, **WHY),
    "resume_team_link": links.resume_team_link,
    "end_team_link": lambda **about: links.end_team_link(**about, **WHY),
    "set_crisis_notice": lambda **about: links.set_crisis_notice(**about, notify=True),
    "mark_link_error": lambda **about: links.mark_link_error(**about, **WHY),
}
LINK_EDGES = {
    ("proposed", "active"): "accept_team_link",
    ("proposed", "inactive"): "decline_team_link",
    ("active", "suspended"): "suspend_team_link",
    ("suspended", "active"): "resume_team_link",
    ("active", "inactive"): "end_team_link",
    ("suspended", "inactive"): "end_team_link",
} | {
    (here, "entered_in_error"): "mark_link_error" for here in ("proposed", "active", "suspended", "inactive")
}
TO_STATE = {
    "proposed": (),
    "active": ("accept_team_link",),
    "suspended": ("accept_team_link", "suspend_team_link"),
    "inactive": ("decline_team_link",),
    "entered_in_error": ("mark_link_error",),
}


def say(link: TreatmentTeamLink, verb: str, by: Membership) -> None:
    LINK_VERBS[verb](by=by, link_id=link.pk, at=b.NOW)


@pytest.mark.parametrize("status", TreatmentTeamLink.Status)
def test_team_link_offers_each_side_what_its_verbs_admit(care: Care, status: TreatmentTeamLink.Status):
    link = care.proposed()
    for verb in TO_STATE[status]:
        say(link, verb, care.adeyemi)
    link.refresh_from_db()
    stranger = b.member("novak", b.agency("faraway", "clinic_treatment"), "treatment_clinician")
    for by, sides in {
        care.adeyemi: {"is_provider": True, "is_custodian": False},
        care.embedded: {"is_provider": False, "is_custodian": True},
        stranger: {"is_provider": False, "is_custodian": False},
    }.items():
        verbs = {name: lambda name=name, by=by: say(link, name, by) for name in LINK_VERBS}
        assert admitted(verbs) == set(link_moves(link, **sides)), by.member.username


def test_every_move_of_a_team_link_is_made_and_told_by_its_history(care: Care):
    edges = {(here, there) for here, ahead in TreatmentTeamLink.TRANSITIONS.items() for there in ahead}
    assert edges == set(LINK_EDGES)
    for (here, there), verb in LINK_EDGES.items():
        with b.undone():
            link = care.proposed()
            for before in TO_STATE[here]:
                say(link, before, care.adeyemi)
            say(link, verb, care.adeyemi)
            assert moves_in_history(link)[-2:] == [here, there]


# Follow-ups


def follow_up_verbs(follow_up: FollowUp, by: Membership) -> dict[str, Callable[[], Any]]:
    about: dict[str, Any] = {"by": by, "follow_up_id": follow_up.pk, "at": LATER}
    tried = {"mode": "call", "outcome": "no_answer"}
    return {
        "record_attempt": lambda: follow_ups.record_attempt(**about, **tried),
        "assign_follow_up": lambda: follow_ups.assign_follow_up(**about, assigned_to=by),
        "close_unreached": lambda: follow_ups.close_unreached(**about, result="lost_to_follow_up", **WHY),
        "note_discharge": lambda: follow_ups.note_discharge(**about, discharged_at=b.NOW),
        "cancel_follow_up": lambda: follow_ups.cancel_follow_up(**about, status="unable", **WHY),
        "mark_follow_up_error": lambda: follow_ups.mark_follow_up_error(**about, **WHY),
    }


@pytest.mark.parametrize("status", TaskStatus)
@pytest.mark.parametrize("tried", [0, 1, 3])
def test_follow_up_offers_what_its_verbs_admit(care: Care, status: TaskStatus, tried: int):
    follow_up = care.promise(waits_for_discharge=tried == 1, imported_attempts=tried)
    follow_up.status, follow_up.result = status, "connected"
    follow_up.closed_at = b.NOW if status in CLOSED else None
    follow_up.save()
    offered = follow_up_moves(follow_up, attempts=0)
    assert admitted(follow_up_verbs(follow_up, care.embedded)) == set(offered)
    assert admitted(follow_up_verbs(follow_up, care.adeyemi)) == set()
    assert set(offered) <= set(follow_up_moves(follow_up))
