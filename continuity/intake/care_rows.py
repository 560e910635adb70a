"""Contacts, team links, linkages and follow-ups: a line in, a row out, or a RowError. Pure."""

from continuity.crisis import vocabulary as v
from continuity.crisis.models import LONGEST_SUMMARY, CrisisContact
from continuity.intake.cells import Cells, RowError
from continuity.intake.rows import FUTURE, LONGEST_ID, Row, Surroundings
from continuity.treatment.models import (
    TASK_TRANSITIONS,
    FollowUp,
    Linkage,
    ProgramKind,
    TaskStatus,
    TreatmentTeamLink,
)

# Terminal: nothing follows but the mark of an error.
CLOSED = frozenset(one for one, after in TASK_TRANSITIONS.items() if after <= {TaskStatus.ENTERED_IN_ERROR})
_SUD_ISSUES = {
    v.PresentingIssue.SUBSTANCE_INTOXICATION,
    v.PresentingIssue.SUBSTANCE_WITHDRAWAL,
    v.PresentingIssue.OVERDOSE,
}


def contact(cells: Cells, around: Surroundings) -> Row:
    """A final contact. What the file lacks was "not asked"; when it was recorded is taken from when it occurred."""
    custodian = cells.known("custodian_agency", around.agencies, "agency")
    author = cells.known("author_member", around.members, "member")
    if author.agency_id != custodian.pk:
        raise RowError("author_member", "works for another agency")
    occurred_at = cells.moment("occurred_at", custodian)
    if occurred_at > around.at:
        raise RowError("occurred_at", FUTURE)
    issues = cells.choices("presenting_issues", v.PresentingIssue.values)
    return Row(
        key=cells.text("contact_id", LONGEST_ID, required=True),
        person=cells.text("person_id", 60),
        known_to=(custodian.pk,),
        fields={
            "custodian_id": custodian.pk,
            "author_id": author.pk,
            "occurred_at": occurred_at,
            "recorded_at": occurred_at,
            "record_status": CrisisContact.RecordStatus.FINAL,
            "origin": cells.choice("origin", v.Origin.values),
            "modality": cells.choice("modality", v.Modality.values),
            "response_type": cells.choices("response_type", v.ResponseType.values),
            "presenting_issues": issues,
            "safety_observations": cells.choices(
                "safety_observations", v.SafetyObservation.values, required=False
            ),
            "disposition_primary": cells.choice("disposition_primary", v.Disposition.values),
            "diverted_from": cells.choices("diverted_from", v.DivertedFrom.values),
            "hold_status": cells.choice("hold_status", v.HoldStatus.values),
            "transport_destination": cells.choice("transport_destination", v.TransportDestination.values),
            "le_dispatched": cells.choice("le_dispatched", v.YesNoUnknown.values),
            "incident_ref": cells.text("incident_ref", 40),
            "location_area": cells.text("location_area", 60),
            "operational_summary": cells.text("operational_summary", LONGEST_SUMMARY, required=True),
            "risk_level": v.RiskLevel.NOT_ASSESSED,
            "existing_treatment": v.ExistingTreatment.NOT_ASKED,
            "referral_offered": v.YesNoUnknown.NOT_ASKED,
            "follow_up_required": v.YesNoUnknown.NOT_ASKED,
            "is_part2": custodian.is_part2_program,
            "sensitivity_labels": ["SUD"] if _SUD_ISSUES & set(issues) else [],
            "source_facts": {
                name: cells.text(name, 200)
                for name in ("source_event_id", "source_event_type", "source_apprehension_made")
            },
        },
        derived={"finalised_at": around.at},
    )


def team_link(cells: Cells, around: Surroundings) -> Row:
    """A link that the provider itself states; it counts as established when it was last verified."""
    provider = cells.known("provider_agency", around.agencies, "agency")
    clinician = None
    if cells.text("clinician_member", LONGEST_ID):
        clinician = cells.known("clinician_member", around.members, "member")
        if clinician.agency_id != provider.pk:
            raise RowError("clinician_member", "works for another agency")
    status = cells.choice("status", TreatmentTeamLink.Status.values)
    starts = cells.start_of if status == TreatmentTeamLink.Status.ACTIVE else cells.start_if_any
    verified_at = starts("verified_date", provider)
    if verified_at and verified_at > around.at:
        raise RowError("verified_date", FUTURE)
    return Row(
        key=cells.text("link_id", 60, required=True),
        person=cells.text("person_id", 60, required=True),
        known_to=(provider.pk,),
        fields={
            "custodian_id": provider.pk,
            "provider_id": provider.pk,
            "clinician_id": clinician.pk if clinician else None,
            "program_kind": cells.choice("program_kind", ProgramKind.values),
            # Either word is enough: what a Part 2 programme holds is Part 2, whatever a column says (L-3).
            "is_part2": cells.yes("part2_source") or provider.is_part2_program,
            "duty_line": cells.text("duty_line", 20, required=True),
            "hours": cells.text("hours", 80),
            "status": status,
            "last_verified_at": verified_at,
        },
        derived={"established_at": verified_at or around.at},
    )


def linkage(cells: Cells, around: Surroundings) -> Row:
    """A referral. A closed one counts as closed when it was requested, because the file does not say when."""
    requester = cells.known("requesting_agency", around.agencies, "agency")
    recipient = cells.known("recipient_agency", around.agencies, "agency")
    requested_at = cells.start_of("requested_date", requester)
    if requested_at > around.at:
        raise RowError("requested_date", FUTURE)
    kind = cells.choice("kind", Linkage.Kind.values)
    status = cells.choice("status", TaskStatus.values)
    return Row(
        key=cells.text("linkage_id", 60, required=True),
        person=cells.text("person_id", 60, required=True),
        contact=cells.text("contact_id", LONGEST_ID, required=True),
        known_to=(requester.pk,) if status == TaskStatus.DRAFT else (requester.pk, recipient.pk),
        fields={
            "custodian_id": requester.pk,
            "recipient_id": recipient.pk,
            "kind": kind,
            "is_part2": kind in Linkage.SUD_KINDS or recipient.is_part2_program,
            "status": status,
            "requested_at": requested_at,
            "closed_at": requested_at if status in CLOSED else None,
        },
    )


def follow_up(cells: Cells, around: Surroundings) -> Row:
    """A promise to get back. A closed one counts as closed when it was due, or now if that lies ahead."""
    custodian = cells.known("assigned_agency", around.agencies, "agency")
    due_at = cells.moment("due_at", custodian)
    status = cells.choice("status", TaskStatus.values)
    return Row(
        key=cells.text("follow_up_id", 60, required=True),
        person=cells.text("person_id", 60, required=True),
        contact=cells.text("contact_id", LONGEST_ID, required=True),
        known_to=(custodian.pk,),
        fields={
            "custodian_id": custodian.pk,
            "kind": cells.choice("kind", FollowUp.Kind.values),
            "due_window": cells.choice("due_window", FollowUp.DueWindow.values),
            "due_at": due_at,
            "status": status,
            "result": cells.choice("result", FollowUp.Result.values, required=status == TaskStatus.COMPLETED),
            "imported_attempts": cells.number("attempts", 32_767),
            "is_part2": custodian.is_part2_program,
        },
        derived={"closed_at": min(due_at, around.at) if status in CLOSED else None},
    )
