"""Records in the state in which a verb is lawful; `OWN` says by whom they are written where that counts."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from continuity.access import emergencies
from continuity.access.models import EmergencyAccess
from continuity.agencies.models import Membership
from continuity.consents.documents import attach_document
from continuity.consents.endings import suspend_consent
from continuity.consents.models import Consent
from continuity.consents.services import Recipient, draft_consent, propose_consent, record_signature
from continuity.crisis import amendments, flags, plans, services, transfers
from continuity.crisis.models import (
    ContactAmendment,
    CrisisContact,
    DeescalationTip,
    ResponsePlan,
    SafetyFlag,
    Transfer,
)
from continuity.disclosures.models import LedgerEntry
from continuity.ids import uuid7
from continuity.notices.models import Notice
from continuity.notices.services import put
from continuity.people.models import Person
from continuity.treatment import follow_ups, linkages, links
from continuity.treatment.models import FollowUp, Linkage, TreatmentTeamLink
from tests import builders as b
from tests.api.programs import SIGNED, content
from tests.cast import Cast

Callers = Sequence[Membership]
WHOLE: dict[str, Any] = {
    "origin": "call_911",
    "modality": "phone",
    "response_type": ["call_diversion_clinician"],
    "presenting_issues": ["anxiety_panic"],
    "risk_level": "not_assessed",
    "existing_treatment": "unknown",
    "hold_status": "not_applicable",
    "disposition_primary": "resolved_by_phone",
    "le_dispatched": "no",
    "diverted_from": ["law_enforcement_response"],
    "referral_offered": "no",
    "follow_up_required": "yes",
    "operational_summary": "Spoke calmly; agreed to be called tomorrow.",
}
PLAN = {"strategies": ["Speak softly."], "triggers": ["Sirens"]}
WHY = {
    "incident_ref": "2026-0815",
    "reason_code": "imminent_self_harm",
    "reason": "Stands on the bridge and does not answer us.",
    "nature": "Person on a bridge",
}
EARLIER = b.NOW - timedelta(hours=2)


def give(row: Any, caller: Membership, field: str) -> None:
    """As if the caller had written it."""
    if isinstance(row, LedgerEntry):  # never changed: the caller is given an answer of their own
        row.pk = told(caller, row.person).pk
        return
    type(row).objects.filter(pk=row.pk).update(**{field: caller})


def told(by: Membership, person: Person | None) -> LedgerEntry:
    """That this member was shown this person."""
    return LedgerEntry.objects.create(
        id=uuid7(b.NOW), at=b.NOW, asker=by, agency=by.agency, roles=by.roles, purpose="care_coordination",
        channel="api", outcome="released", person=person, match_grade="certain", search_hmac="typed",
    )  # fmt: skip


def answer(cast: Cast, callers: Callers) -> LedgerEntry:
    """What somebody was told of Sam."""
    return told(cast.embedded, cast.sam)


def consent_draft(cast: Cast, callers: Callers = ()) -> Consent:
    form = {name: value for name, value in content(cast).items() if name not in ("expires_on", "recipients")}
    return draft_consent(
        by=cast.kim,
        person=cast.sam,
        at=b.NOW,
        **form
        | {
            "disclosing_agencies": [cast.county],
            "recipients": [Recipient(["D1", "D2"], agency=cast.police)],
            "expires_at": b.NOW + timedelta(days=100),
        },
    )


def proposed_consent(cast: Cast, callers: Callers = ()) -> Consent:
    return propose_consent(by=cast.kim, consent_id=consent_draft(cast).pk, at=b.NOW)


def signed_consent(cast: Cast, callers: Callers = ()) -> Consent:
    consent = proposed_consent(cast)
    attach_document(by=cast.kim, consent_id=consent.pk, kind="signed_form", content=b.SCAN, at=b.NOW)
    moments = {"signed_at": b.NOW, "copy_given_at": b.NOW}
    return record_signature(by=cast.kim, consent_id=consent.pk, **SIGNED | moments)


def suspended_consent(cast: Cast, callers: Callers = ()) -> Consent:
    return suspend_consent(by=cast.kim, consent_id=cast.consent().pk, note="Sam rang.", at=b.NOW)


def draft(cast: Cast, callers: Callers) -> CrisisContact:
    """Complete, and not final yet."""
    return services.start_draft(
        by=cast.embedded, person=cast.sam, occurred_at=EARLIER, at=b.NOW, narrative="Words.", **WHOLE
    )


def contact(cast: Cast, callers: Callers) -> CrisisContact:
    return cast.sams_contact


def anonymous(cast: Cast, callers: Callers) -> CrisisContact:
    return b.contact(cast.embedded, None)


def amendment(cast: Cast, callers: Callers) -> ContactAmendment:
    """What Sam asks to be changed, of a contact that the caller did not write."""
    return amendments.request_amendment(
        by=_corrector(cast),
        contact_id=cast.sams_contact.pk,
        kind="patient_requested",
        field="operational_summary",
        new_value="Sam spoke first.",
        reason="It was so.",
        requested_by="patient",
        requested_at=b.NOW,
        at=b.NOW,
    )


def _corrector(cast: Cast) -> Membership:
    found = Membership.objects.filter(member__username="corrector").first()
    return found or b.member("corrector", cast.county, "privacy_officer")


def under_review(cast: Cast, callers: Callers) -> ContactAmendment:
    made = amendment(cast, callers)
    return amendments.take_up_amendment(by=_corrector(cast), amendment_id=made.pk, at=b.NOW)


def accepted(cast: Cast, callers: Callers) -> ContactAmendment:
    made = under_review(cast, callers)
    return amendments.accept_amendment(by=_corrector(cast), amendment_id=made.pk, at=b.NOW)


def applied(cast: Cast, callers: Callers) -> ContactAmendment:
    made = accepted(cast, callers)
    return amendments.apply_amendment(by=_corrector(cast), amendment_id=made.pk, at=b.NOW)


def denied(cast: Cast, callers: Callers) -> ContactAmendment:
    made = under_review(cast, callers)
    return amendments.deny_amendment(
        by=_corrector(cast), amendment_id=made.pk, ground="accurate_and_complete", basis="As seen.", at=b.NOW
    )


def disputed(cast: Cast, callers: Callers) -> ContactAmendment:
    made = denied(cast, callers)
    return amendments.file_disagreement(
        by=_corrector(cast), amendment_id=made.pk, statement="It was not so.", at=b.NOW
    )


def _flag(cast: Cast) -> SafetyFlag:
    return flags.propose_flag(
        by=cast.embedded, person=cast.sam, kind="animals", basis="observed", observed_at=EARLIER, at=b.NOW
    )


def flag(cast: Cast, callers: Callers) -> SafetyFlag:
    """Not approved yet."""
    return _flag(cast)


def waiting_flag(cast: Cast, callers: Callers) -> SafetyFlag:
    """Proposed by somebody else."""
    return _flag(cast)


def active_flag(cast: Cast, callers: Callers) -> SafetyFlag:
    return SafetyFlag.objects.get(kind="fear_of_uniforms")


def tip(cast: Cast, callers: Callers) -> DeescalationTip:
    return DeescalationTip.objects.get()


def plan(cast: Cast, callers: Callers) -> ResponsePlan:
    return plans.draft_plan(by=cast.embedded, person=cast.sam, at=b.NOW, **PLAN)


def submitted_plan(cast: Cast, callers: Callers) -> ResponsePlan:
    """Somebody else's."""
    made = plans.draft_plan(by=cast.embedded, person=cast.sam, at=b.NOW, **PLAN)
    return plans.submit_plan(by=cast.embedded, plan_id=made.pk, at=b.NOW)


def team_link(cast: Cast, callers: Callers) -> TreatmentTeamLink:
    return TreatmentTeamLink.objects.get()


def proposed_link(cast: Cast, callers: Callers) -> TreatmentTeamLink:
    """The clinic thinks that the county treats Sam."""
    return links.propose_team_link(
        by=cast.adeyemi, person=cast.sam, provider=cast.county, program_kind="crisis", duty_line="661-555-0112", at=b.NOW
    )  # fmt: skip


def suspended_link(cast: Cast, callers: Callers) -> TreatmentTeamLink:
    made = team_link(cast, callers)
    return links.suspend_team_link(by=cast.embedded, link_id=made.pk, reason="Away.", at=b.NOW)


def linkage(cast: Cast, callers: Callers, **fields: Any) -> Linkage:
    """What the county asks of a provider outside."""
    return linkages.record_linkage(
        **{
            "by": cast.embedded,
            "contact_id": cast.sams_contact.pk,
            "kind": "benefits",
            "external_provider": "Food bank",
            "at": b.NOW,
        }
        | fields
    )


def linkage_draft(cast: Cast, callers: Callers) -> Linkage:
    return linkage(cast, callers, is_draft=True)


def to_the_clinic(cast: Cast, callers: Callers) -> Linkage:
    """Sent to the clinic's team, in which the callers do not work."""
    if not cast.clinic.teams.exists():
        b.referral_team(cast.clinic, cast.adeyemi)
    return linkage(cast, callers, kind="psychiatry_medication", recipient=cast.clinic, external_provider="")


def received(cast: Cast, callers: Callers) -> Linkage:
    """What the clinic asks of the county's team, in which the callers work."""
    b.referral_team(cast.county, cast.embedded, *callers)
    from_clinic = b.contact(cast.adeyemi, cast.sam)
    return linkage(
        cast, callers, by=cast.adeyemi, contact_id=from_clinic.pk, recipient=cast.county, external_provider=""
    )


def scheduled(cast: Cast, callers: Callers) -> Linkage:
    made = received(cast, callers)
    for status in ("received", "accepted"):
        linkages.answer_linkage(by=cast.embedded, linkage_id=made.pk, status=status, at=b.NOW)
    return linkages.answer_linkage(
        by=cast.embedded, linkage_id=made.pk, status="scheduled", appointment_at=EARLIER, at=b.NOW
    )


def closed_linkage(cast: Cast, callers: Callers) -> Linkage:
    made = to_the_clinic(cast, callers)
    return linkages.answer_linkage(
        by=cast.adeyemi, linkage_id=made.pk, status="declined_by_recipient", reason="No place.", at=b.NOW
    )


def follow_up(cast: Cast, callers: Callers) -> FollowUp:
    return FollowUp.objects.get()


def my_follow_up(cast: Cast, callers: Callers) -> FollowUp:
    return FollowUp.objects.get()


def tried(cast: Cast, callers: Callers) -> FollowUp:
    made = my_follow_up(cast, callers)
    follow_ups.record_attempt(
        by=cast.embedded, follow_up_id=made.pk, mode="visit", outcome="no_answer", at=b.NOW
    )
    return made


def waiting_for_discharge(cast: Cast, callers: Callers) -> FollowUp:
    made = my_follow_up(cast, callers)
    FollowUp.objects.filter(pk=made.pk).update(waits_for_discharge=True, due_window="d7")
    return FollowUp.objects.get(pk=made.pk)


def offered(cast: Cast, callers: Callers) -> Transfer:
    """Handed to the county by the police."""
    return transfers.offer_transfer(
        by=cast.reyes, to_kind="clinician", to_agency=cast.county, said={"name": "Sam Testcase"}, at=b.NOW
    )[0]


def handed_on(cast: Cast, callers: Callers) -> Transfer:
    """Handed to 988 by the county."""
    made, _ = transfers.offer_transfer(by=cast.embedded, to_kind="line_988", at=b.NOW)
    return made


def notice(cast: Cast, callers: Callers) -> Notice:
    return put(Notice.Kind.AUTHORISATION_ENDED, subject_id=cast.sam.pk, agency=cast.county)


def asked_emergency(cast: Cast, callers: Callers) -> EmergencyAccess:
    """The police ask the county, whose callers are all named to answer."""
    named = Membership.objects.filter(pk__in=[cast.embedded.pk, *(one.pk for one in callers)])
    named.update(may_release_emergency=True)
    return emergencies.request_emergency(
        by=cast.reyes, person_id=cast.sam.pk, described={"last": "Testcase"}, at=b.NOW, **WHY
    )


def own_request(cast: Cast, callers: Callers) -> EmergencyAccess:
    return asked_emergency(cast, callers)


def own_emergency(cast: Cast, callers: Callers) -> EmergencyAccess:
    """Released by somebody of the county."""
    made = asked_emergency(cast, callers)
    releaser = Membership.objects.get(pk=cast.embedded.pk)
    return emergencies.release_emergency(by=releaser, emergency_id=made.pk, at=b.NOW)


def ended_emergency(cast: Cast, callers: Callers) -> EmergencyAccess:
    made = own_emergency(cast, callers)
    return emergencies.end_emergency(by=cast.reyes, emergency_id=made.pk, at=b.NOW + timedelta(minutes=1))


def unjustified_emergency(cast: Cast, callers: Callers) -> EmergencyAccess:
    made = ended_emergency(cast, callers)
    reviewer = b.member("reviewer", cast.county, "privacy_officer")
    return emergencies.review_emergency(
        by=reviewer,
        emergency_id=made.pk,
        outcome="unjustified",
        note="No emergency.",
        referred_to="Professional standards",
        at=b.NOW,
    )


STATES = {
    "consent": lambda cast, callers: cast.consent(),
    "consent_draft": consent_draft,
    "proposed": proposed_consent,
    "signed": signed_consent,
    "suspended": suspended_consent,
    "eventful": lambda cast, callers: cast.consent(expiry_event="discharge"),
} | {
    made.__name__: made
    for made in (
        draft, contact, anonymous, amendment, under_review, accepted, applied, denied, disputed, flag, waiting_flag,
        active_flag, tip, plan, submitted_plan, team_link, proposed_link, suspended_link, linkage, linkage_draft,
        to_the_clinic, received, scheduled, closed_linkage, follow_up, my_follow_up, tried, waiting_for_discharge,
        offered, handed_on, notice, asked_emergency, own_request, own_emergency, ended_emergency,
        unjustified_emergency, answer,
    )
}  # fmt: skip
# What counts as the caller's own: the field that says whose it is.
OWN = {
    "answer": "asker",
    "draft": "author",
    "contact": "author",
    "anonymous": "author",
    "flag": "proposed_by",
    "active_flag": "proposed_by",
    "tip": "recorded_by",
    "plan": "author",
    "my_follow_up": "assigned_to",
    "tried": "assigned_to",
    "waiting_for_discharge": "assigned_to",
    "handed_on": "offered_by",
    "own_request": "requester",
    "own_emergency": "requester",
}
