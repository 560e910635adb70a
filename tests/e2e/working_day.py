"""A clinician's day full of work, on top of the county: one row of each kind that a page of the caseload shows."""

from dataclasses import dataclass
from datetime import timedelta

from continuity.agencies.models import Membership
from continuity.agencies.services import create_team
from continuity.crisis import flags, plans, transfers
from continuity.crisis.models import CrisisContact, DeescalationTip
from continuity.crisis.services import start_draft
from continuity.people.services import Name, register_person
from continuity.treatment import follow_ups, linkages, links
from continuity.treatment.models import FollowUp, Linkage, TreatmentTeamLink
from tests import builders as b
from tests.builders import NOW
from tests.e2e.county import County

_LONG = "Asked twice who called and why; wants the sister to be there; will not come before the afternoon on weekdays."


@dataclass
class WorkingDay:
    """Addresses of the pages, by a name for their pictures."""

    pages: dict[str, str]


def fill_the_day(county: County) -> WorkingDay:
    second = Membership.objects.get(member__username="second")
    b.member("boss", county.health, "supervisor")
    create_team(agency=county.health, name="Night team, eastern valley and river districts")
    contact = county.sam.contacts.order_by("-occurred_at").first()
    assert contact is not None
    who = {"by": county.rivera, "person": county.sam}
    plan = plans.draft_plan(
        **who, at=NOW, strategies=["Sit down beside him.", _LONG], triggers=["sirens"], baseline="Quiet."
    )
    flag = flags.propose_flag(
        by=second, person=county.sam, kind="animals", basis="observed", observed_at=NOW - timedelta(days=2),
        text=_LONG, at=NOW,
    )  # fmt: skip
    team_link = links.propose_team_link(
        by=county.adeyemi, person=county.sam, provider=county.health, program_kind="crisis",
        team_name="Mobile crisis team", duty_line="661-555-0120", at=NOW - timedelta(days=1),
    )  # fmt: skip
    outside = linkages.record_linkage(
        by=county.rivera, contact_id=contact.pk, kind="housing_shelter", at=NOW - timedelta(days=2),
        external_provider="Shelter of the river parishes and the eastern valley, intake office", notes=_LONG,
    )  # fmt: skip
    transfer, _ = transfers.offer_transfer(
        by=county.reyes, to_kind="clinician", to_agency=county.health, call_type="suicide_threat",
        incident_ref="2026-0099", origin="call_911", at=NOW - timedelta(minutes=3),
        said={"name": "Sam T.", "telephone": "661-555-0101", "note": _LONG},
    )  # fmt: skip
    late = _overdue(county, second, contact)
    _promise_more(county)
    start_draft(by=county.rivera, at=NOW - timedelta(hours=5))
    _alert(county)
    tip = DeescalationTip.objects.filter(person=county.sam).first()
    clinic_linkage = Linkage.objects.get(recipient=county.clinic)
    return WorkingDay(
        {
            "today": "/caseload/",
            "today-overdue": "/caseload/?show=overdue&whose=mine",
            "person": f"/caseload/people/{county.sam.pk}/",
            "person-care": f"/caseload/people/{county.sam.pk}/?show=care",
            "person-helps": f"/caseload/people/{county.sam.pk}/?show=plan",
            "person-consents": f"/caseload/people/{county.sam.pk}/?show=consents",
            "linkage": f"/caseload/linkages/{clinic_linkage.pk}/",
            "linkage-outside": f"/caseload/linkages/{outside.pk}/",
            "follow-up": f"/caseload/follow-ups/{late.pk}/",
            "team-link": f"/caseload/team-links/{team_link.pk}/",
            "flag": f"/caseload/flags/{flag.pk}/",
            "tip": f"/caseload/tips/{tip.pk if tip else ''}/",
            "plan-draft": f"/caseload/plans/{plan.pk}/",
            "transfer": f"/caseload/transfers/{transfer.pk}/",
            "linkage-new": f"/caseload/contacts/{contact.pk}/linkages/new/",
            "flag-new": f"/caseload/people/{county.sam.pk}/flags/new/",
            "call-new": "/caseload/transfers/new/",
        }
    )


def _overdue(county: County, second: Membership, contact: CrisisContact) -> FollowUp:
    """A visit that was due yesterday and found nobody."""
    late = follow_ups.promise_follow_up(
        by=county.rivera, contact=contact, kind="in_person_outreach", due_window="h24", assigned_to=second,
        at=NOW - timedelta(days=2),
    )  # fmt: skip
    follow_ups.record_attempt(
        by=second, follow_up_id=late.pk, mode="visit", outcome="no_answer", note=_LONG, at=NOW - timedelta(hours=3)
    )  # fmt: skip
    return late


def _promise_more(county: County) -> None:
    """Follow-ups of somebody with a long name, two of them overdue."""
    other = register_person(source=county.health, names=[Name("Robin", "Testcase-Featherstonehaugh")])
    for number in range(6):
        theirs = b.contact(county.rivera, other, at=NOW - timedelta(days=number + 1))
        follow_ups.promise_follow_up(
            by=county.rivera, contact=theirs, kind="caring_contact", due_window="custom",
            due_at=NOW + timedelta(hours=number - 2), at=NOW - timedelta(days=1),
        )  # fmt: skip


def _alert(county: County) -> None:
    """One of theirs is in crisis, and the team has asked to be told."""
    link = TreatmentTeamLink.objects.filter(provider=county.health, status="active").first()
    assert link is not None
    links.set_crisis_notice(by=county.rivera, link_id=link.pk, notify=True, at=NOW)
    b.contact(county.rivera, county.sam, at=NOW - timedelta(minutes=20))
