"""The clinician's pages. An address holds ids alone (P-19)."""

from django.urls import path

from continuity.caseload.beginnings import beginning_of
from continuity.caseload.contact_urls import contact_paths
from continuity.caseload.follow_up_page import follow_up
from continuity.caseload.linkage_page import linkage
from continuity.caseload.person_page import person
from continuity.caseload.plan_page import plan
from continuity.caseload.standing_pages import flag, tip
from continuity.caseload.team_link_page import team_link
from continuity.caseload.today import today
from continuity.caseload.transfer_page import transfer

_PERSON, _CONTACT = "people/<uuid:subject_id>", "contacts/<uuid:subject_id>"

urlpatterns = [
    path("", today, name="today"),
    path("people/<uuid:person_id>/", person, name="person"),
    path("linkages/<uuid:row_id>/", linkage, name="linkage"),
    path("follow-ups/<uuid:row_id>/", follow_up, name="follow_up"),
    path("team-links/<uuid:row_id>/", team_link, name="team_link"),
    path("flags/<uuid:row_id>/", flag, name="flag"),
    path("tips/<uuid:row_id>/", tip, name="tip"),
    path("plans/<uuid:row_id>/", plan, name="plan"),
    path("transfers/<uuid:row_id>/", transfer, name="transfer"),
    path("transfers/new/", beginning_of("transfer_new"), name="call_new"),
    path(f"{_CONTACT}/transfers/new/", beginning_of("transfer_new"), name="transfer_new"),
    path(f"{_CONTACT}/linkages/new/", beginning_of("linkage_new"), name="linkage_new"),
    path(f"{_CONTACT}/follow-ups/new/", beginning_of("follow_up_new"), name="follow_up_new"),
    path(f"{_PERSON}/flags/new/", beginning_of("flag_new"), name="flag_new"),
    path(f"{_PERSON}/tips/new/", beginning_of("tip_new"), name="tip_new"),
    path(f"{_PERSON}/plans/new/", beginning_of("plan_new"), name="plan_new"),
    path(f"{_PERSON}/safe-ways/", beginning_of("safe_ways"), name="safe_ways"),
    path(f"{_PERSON}/identity/", beginning_of("identity"), name="identity"),
    path(f"{_PERSON}/team-links/new/", beginning_of("team_link_new"), name="team_link_new"),
    *contact_paths,
]
