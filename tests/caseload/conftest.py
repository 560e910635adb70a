"""A working day: Sam's linkage to the clinic, follow-ups, a proposed caution, a plan, a team link, a call handed on."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
import time_machine

from continuity.agencies.models import Membership, Team
from continuity.agencies.services import create_team
from continuity.crisis import flags, plans, transfers
from continuity.crisis.models import DeescalationTip, ResponsePlan, SafetyFlag, Transfer
from continuity.treatment import linkages, links
from continuity.treatment.models import FollowUp, Linkage, TreatmentTeamLink
from tests import builders as b
from tests.cast import Cast, build_cast
from tests.replay import replayed

NOW = b.NOW


@dataclass
class Day:
    """The cast at work: one row of each kind that a page shows."""

    cast: Cast
    second: Membership
    peer: Membership
    boss: Membership
    privacy: Membership
    team: Team
    linkage: Linkage
    follow_up: FollowUp
    team_link: TreatmentTeamLink
    flag: SafetyFlag
    tip: DeescalationTip
    plan: ResponsePlan
    transfer: Transfer

    def path(self, name: str) -> str:
        """The address of the page of a kind."""
        if name == "today":
            return "/caseload/"
        if name == "person":
            return f"/caseload/people/{self.cast.sam.pk}/"
        folder = {"team_link": "team-links", "follow_up": "follow-ups"}.get(name, f"{name}s")
        return f"/caseload/{folder}/{getattr(self, name).pk}/"


@pytest.fixture
def day(db: None) -> Any:
    """The clock stands at NOW."""
    with time_machine.travel(NOW, tick=False):
        yield replayed(lived_through)


def lived_through() -> Day:
    return build_day(build_cast())


def build_day(cast: Cast) -> Day:
    from continuity.agencies.models import Membership

    second = Membership.objects.get(member__username="second")
    clinic_team = b.referral_team(cast.clinic, cast.adeyemi)
    assert clinic_team.takes_referrals
    team = create_team(agency=cast.county, name="Night team")
    linkage = linkages.record_linkage(
        by=cast.embedded,
        contact_id=cast.sams_contact.pk,
        kind="new_outpatient_mh",
        recipient=cast.clinic,
        priority="urgent",
        at=NOW - timedelta(hours=30),
    )
    flag = flags.propose_flag(
        by=cast.embedded,
        person=cast.sam,
        kind="animals",
        basis="observed",
        observed_at=NOW - timedelta(days=2),
        text="A large dog in the yard.",
        at=NOW - timedelta(days=1),
    )
    plan = plans.draft_plan(
        by=cast.embedded, person=cast.sam, at=NOW - timedelta(days=1), strategies=["Sit down beside him."]
    )
    plans.submit_plan(by=cast.embedded, plan_id=plan.pk, at=NOW - timedelta(hours=20))
    team_link = links.propose_team_link(
        by=cast.adeyemi,
        person=cast.sam,
        provider=cast.county,
        program_kind="crisis",
        duty_line="661-555-0120",
        at=NOW - timedelta(days=1),
    )
    transfer, _ = transfers.offer_transfer(
        by=cast.reyes,
        to_kind="clinician",
        to_agency=cast.county,
        call_type="welfare_check",
        said={"name": "Sam T.", "note": "Sits on the bridge, calm."},
        at=NOW - timedelta(minutes=4),
    )
    return Day(
        cast=cast,
        second=second,
        peer=b.member("pat", cast.county, "peer_navigator"),
        boss=b.member("boss", cast.county, "supervisor"),
        privacy=b.member("privacy", cast.county, "privacy_officer"),
        team=team,
        linkage=linkage,
        follow_up=FollowUp.objects.get(),
        team_link=team_link,
        flag=flag,
        tip=DeescalationTip.objects.get(),
        plan=plan,
        transfer=transfer,
    )
