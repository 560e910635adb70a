"""Flags, tips and response plans of the own agency: what a responder is told ahead of the next contact (5.5, P-6)."""

from datetime import datetime

from django.db.models import QuerySet
from django.urls import path

from continuity.agencies.models import Membership
from continuity.agencies.scopes import Scope, Scopes
from continuity.api import standing_shapes as shapes
from continuity.api.bodies import Nothing, StatedReason
from continuity.api.nouns import Noun, detail_of, list_of, making, narrowed, view
from continuity.api.verbs import Verb, verb_paths
from continuity.crisis import flags, plans
from continuity.crisis.models import DeescalationTip, ResponsePlan, SafetyFlag
from continuity.disclosures import own_work


def _flags(by: Membership, at: datetime) -> QuerySet[SafetyFlag]:
    return own_work.readable_flags(by, at).select_related("custodian")


def _tips(by: Membership, at: datetime) -> QuerySet[DeescalationTip]:
    return own_work.readable_tips(by, at).select_related("custodian")


def _plans(by: Membership, at: datetime) -> QuerySet[ResponsePlan]:
    return own_work.readable_plans(by, at).select_related("custodian")


FLAG = Noun(
    name="flag",
    path="flags",
    rows=_flags,
    answer=shapes.FlagAnswer,
    category="D1",
    question=shapes.StandingQuestion,
    asked=narrowed("person", "status"),
    scopes=Scopes(Scope.FLAGS_READ, Scope.FLAGS_WRITE),
)
TIP = Noun(
    name="tip",
    path="tips",
    rows=_tips,
    answer=shapes.TipAnswer,
    category="D1",
    question=shapes.StandingQuestion,
    asked=narrowed("person", "status"),
    scopes=Scopes(Scope.TIPS_READ, Scope.TIPS_WRITE),
)
PLAN = Noun(
    name="plan",
    path="plans",
    rows=_plans,
    answer=shapes.PlanAnswer,
    category="D1",
    question=shapes.PlanQuestion,
    asked=narrowed("person", "status"),
    scopes=Scopes(Scope.PLANS_READ, Scope.PLANS_WRITE),
)
FLAG_VERBS = (
    Verb("approve", Nothing, flags.approve_flag),
    Verb("renew", shapes.Renewal, flags.renew_flag, makes=FLAG),
    Verb("remove", StatedReason, flags.remove_flag),
    Verb("refute", StatedReason, flags.refute_flag),
    Verb("mark-error", StatedReason, flags.mark_flag_error),
)
TIP_VERBS = (
    Verb("renew", shapes.Renewal, flags.renew_tip, makes=TIP),
    Verb("remove", StatedReason, flags.remove_tip),
    Verb("mark-error", StatedReason, flags.mark_tip_error),
)
PLAN_VERBS = (
    Verb("redraft", shapes.PlanContent, plans.redraft_plan),
    Verb("submit", Nothing, plans.submit_plan),
    Verb("return", StatedReason, plans.return_plan),
    Verb("approve", Nothing, plans.approve_plan),
    Verb("withdraw", StatedReason, plans.withdraw_plan),
)
urlpatterns = [
    path(
        "flags/",
        view(
            "Safety flags of the own agency, newest first.",
            get=list_of(FLAG),
            post=making(FLAG, "propose_flag", shapes.FlagProposal, flags.propose_flag),
        ),
        name="flags",
    ),
    path("flags/<uuid:flag_id>/", view("One safety flag.", get=detail_of(FLAG)), name="flag"),
    *verb_paths(FLAG, FLAG_VERBS),
    path(
        "tips/",
        view(
            "What helps, as the own agency recorded it, newest first.",
            get=list_of(TIP),
            post=making(TIP, "record_tip", shapes.NewTip, flags.record_tip),
        ),
        name="tips",
    ),
    path("tips/<uuid:tip_id>/", view("One tip.", get=detail_of(TIP)), name="tip"),
    *verb_paths(TIP, TIP_VERBS),
    path(
        "plans/",
        view(
            "Response plans of the own agency, newest first.",
            get=list_of(PLAN),
            post=making(PLAN, "draft_plan", shapes.NewPlan, plans.draft_plan),
        ),
        name="plans",
    ),
    path("plans/<uuid:plan_id>/", view("One response plan.", get=detail_of(PLAN)), name="plan"),
    *verb_paths(PLAN, PLAN_VERBS),
]
