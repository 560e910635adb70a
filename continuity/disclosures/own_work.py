"""The own agency's working day: which contacts, flags, links, linkages and follow-ups a member may read.

Lists, pages and the API ask the same querysets; their reading is noted with `readings.note_reading`. What other
agencies keep of a person is on the person's page alone, through `person_record` and the gate.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import TypeVar
from uuid import UUID

from django.db.models import Exists, Model, OuterRef, Q, QuerySet

from continuity.access.policy import RESPONDERS, reads_own, refuse_asker
from continuity.access.predicates import Paths, own, readable_person
from continuity.agencies.models import Membership
from continuity.agencies.roles import Duty, Role, duties_of
from continuity.crisis.models import (
    ClinicalNarrative,
    ContactAmendment,
    CrisisContact,
    DeescalationTip,
    ResponsePlan,
    SafetyFlag,
    SudSegment,
    Transfer,
    Triage,
)
from continuity.disclosures.readings import refuse_reading, work_asker
from continuity.disclosures.record import PersonFile
from continuity.disclosures.services import release_file
from continuity.errors import NotFound
from continuity.people.models import PersonAgency, PersonName
from continuity.people.services import standing_for
from continuity.treatment.models import FollowUp, FollowUpAttempt, Linkage, TreatmentTeamLink

M = TypeVar("M", bound=Model)
MOST_ON_A_PAGE = 50
_PEOPLE = Paths(custodian="agency")
_FLAGS = Paths(time="first_observed_at")
_PLANS = Paths(time="created_at")
_LINKS = Paths(time="established_at", also_own="provider")
_LINKAGES = Paths(time="requested_at", also_own="recipient")
_FOLLOW_UPS = Paths(time="due_at")


def readable_contacts(by: Membership, at: datetime) -> QuerySet[CrisisContact]:
    """Final and amended contacts of the own agency (D2). Responders read their own alone: nobody browses (P-4)."""
    final = CrisisContact.objects.filter(record_status__in=CrisisContact.READABLE, custodian=by.agency)
    asker = work_asker(by)
    reads_all = refuse_asker(asker, at) is None and reads_own(asker, "D2")
    anonymous = final.filter(person=None) if reads_all else final.none()
    return _own_if_responder(by, "author", own(final, asker, "D2", at) | anonymous)


def readable_drafts(by: Membership, at: datetime) -> QuerySet[CrisisContact]:
    """Drafts: to their author, and to a supervisor of the agency (5.4)."""
    drafts = CrisisContact.objects.filter(record_status=CrisisContact.RecordStatus.DRAFT, custodian=by.agency)
    duties = duties_of(by.roles) if by.is_current else frozenset()
    if Duty.SUPERVISE in duties:
        return drafts
    return drafts.filter(author=by) if Duty.RECORD_CONTACT in duties else drafts.none()


def readable_flags(by: Membership, at: datetime) -> QuerySet[SafetyFlag]:
    """Safety flags of the own agency in every state (D1)."""
    return _own_if_responder(
        by, "proposed_by", own(SafetyFlag.objects.all(), work_asker(by), "D1", at, _FLAGS)
    )


def readable_tips(by: Membership, at: datetime) -> QuerySet[DeescalationTip]:
    """What helps, as the own agency recorded it (D1)."""
    return _own_if_responder(
        by, "recorded_by", own(DeescalationTip.objects.all(), work_asker(by), "D1", at, _FLAGS)
    )


def readable_plans(by: Membership, at: datetime) -> QuerySet[ResponsePlan]:
    """Response plans of the own agency in every state (D1); a draft is for its author alone."""
    rows = ResponsePlan.objects.exclude(~Q(author=by), status=ResponsePlan.Status.DRAFT)
    return _own_if_responder(by, "author", own(rows, work_asker(by), "D1", at, _PLANS))


def readable_team_links(by: Membership, at: datetime) -> QuerySet[TreatmentTeamLink]:
    """Team links that the own agency recorded or provides (D5)."""
    return own(TreatmentTeamLink.objects.all(), work_asker(by), "D5", at, _LINKS)


def readable_linkages(by: Membership, at: datetime) -> QuerySet[Linkage]:
    """Linkages that the own agency asked for or received (D6)."""
    rows = Linkage.objects.exclude(~Q(custodian=by.agency), status="draft")
    return own(rows, work_asker(by), "D6", at, _LINKAGES)


def readable_follow_ups(by: Membership, at: datetime) -> QuerySet[FollowUp]:
    """Follow-ups that the own agency owes (D6); a peer reads those assigned to them or to their team."""
    mine = FollowUp.objects.filter(custodian=by.agency)
    readable = own(FollowUp.objects.all(), work_asker(by), "D6", at, _FOLLOW_UPS)
    if by.is_current and Role.PEER_NAVIGATOR in by.roles:
        assigned = Q(assigned_to=by) | Q(team__group__in=by.member.groups.all())
        readable = readable | mine.filter(assigned, readable_person(work_asker(by)))
    return readable


def readable_attempts(by: Membership, at: datetime) -> QuerySet[FollowUpAttempt]:
    """Attempts of readable follow-ups."""
    return FollowUpAttempt.objects.filter(follow_up__in=readable_follow_ups(by, at))


def readable_amendments(by: Membership, at: datetime) -> QuerySet[ContactAmendment]:
    """Amendments of readable contacts; those of clinical text for whoever may read that (D3, D4)."""
    rows = ContactAmendment.objects.filter(contact__in=readable_contacts(by, at))
    for field, category in (("narrative", "D3"), ("sud_text", "D4")):
        if not may_read_clinical_text(by, category):
            rows = rows.exclude(field=field)
    return rows


def readable_triages(by: Membership, at: datetime) -> QuerySet[Triage]:
    """Triage decisions of readable contacts and drafts."""
    readable = Q(contact__in=readable_contacts(by, at)) | Q(contact__in=readable_drafts(by, at))
    return Triage.objects.filter(readable, custodian=by.agency)


def readable_transfers(by: Membership, at: datetime) -> QuerySet[Transfer]:
    """Calls handed on by the own agency or to it; a responder sees those that they handed on."""
    duties = duties_of(by.roles) if by.is_current else frozenset()
    if not duties & {Duty.HAND_OFF, Duty.SUPERVISE}:
        return Transfer.objects.none()
    rows = Transfer.objects.filter(Q(custodian=by.agency) | Q(to_agency=by.agency))
    return _own_if_responder(by, "offered_by", rows)


def may_read_clinical_text(by: Membership, category: str) -> bool:
    """Whether narratives (D3) or SUD segments (D4) of readable contacts are for this member's role."""
    return reads_own(work_asker(by), category)


def readable_narratives(by: Membership, at: datetime) -> QuerySet[ClinicalNarrative]:
    """Narratives of readable contacts for whoever may read clinical text (D3); to an author also the own drafts'."""
    return ClinicalNarrative.objects.filter(_text_readable(by, "D3", at))


def readable_sud_segments(by: Membership, at: datetime) -> QuerySet[SudSegment]:
    """SUD segments of readable contacts for whoever may read them (D4); to an author also the own drafts'."""
    return SudSegment.objects.filter(_text_readable(by, "D4", at))


def known_people(by: Membership, at: datetime) -> QuerySet[PersonAgency]:
    """The own agency's people, for a role that may know that there is a record (D0); responders browse nobody."""
    if RESPONDERS & set(by.roles):
        return PersonAgency.objects.none()
    # Who was merged is the survivor: whoever knew them knows that one.
    rows = PersonAgency.objects.filter(agency=by.agency, person__replaced_by=None)
    readable = own(rows, work_asker(by), "D0", at, _PEOPLE)
    if by.is_current and Role.PEER_NAVIGATOR in by.roles:
        followed = readable_follow_ups(by, at).filter(closed_at=None)
        readable = readable | rows.filter(person__in=followed.values("person"))
    return readable


def moved_to(by: Membership, person_id: UUID, at: datetime) -> UUID | None:
    """Under which other id one of the own agency's people is known since a merge; None for everybody else (P-3)."""
    survivor_id = standing_for(person_id)
    is_known = survivor_id != person_id and known_people(by, at).filter(person=survivor_id).exists()
    return survivor_id if is_known else None


def searchable_people(by: Membership, at: datetime) -> QuerySet[PersonAgency]:
    """Whom a search for candidates may show: the own agency's people who may be known, and stand for themselves.

    Dispatch sees as many of them as a search for one call shows, and browses nobody (P-4).
    """
    if Role.OFFICER in by.roles or not by.has_duty(Duty.SEARCH_PEOPLE):
        return PersonAgency.objects.none()
    rows = PersonAgency.objects.filter(agency=by.agency, person__replaced_by=None)
    return own(rows, work_asker(by), "D0", at, _PEOPLE)


def names_of(by: Membership, people: Iterable[UUID]) -> dict[UUID, str]:
    """The name to use of each of the own agency's people, as the own agency has it, else as the referral came."""
    rows = known_names(by.agency_id, people).filter(use__in=("official", "preferred"))
    best: dict[UUID, tuple[tuple[bool, bool, datetime], str]] = {}
    for name in rows:
        rank = (name.source_id == by.agency_id, name.use == "preferred", name.created_at)
        if name.person_id not in best or rank > best[name.person_id][0]:
            best[name.person_id] = (rank, f"{name.first} {name.last}".strip())
    return {person_id: text for person_id, (_, text) in best.items()}


def known_names(agency_id: UUID, people: Iterable[UUID]) -> QuerySet[PersonName]:
    """The names of an agency's own people that it has itself, or that came with a referral.

    Never those of somebody whom they turned out to be, and of whom it had no record.
    """
    known = PersonAgency.objects.filter(agency=agency_id)
    through = Exists(known.filter(person=OuterRef("person"), origin__isnull=False))
    of_others = Q(origin__isnull=False) & ~Exists(known.filter(person=OuterRef("origin")))
    rows = PersonName.objects.filter(person_id__in=set(people))
    return rows.filter(Q(source=agency_id) | ~(of_others | Q(through, origin=None)))


def person_record(
    *,
    by: Membership,
    person_id: UUID,
    channel: str,
    at: datetime,
    purpose: str | None = None,
    most: int = MOST_ON_A_PAGE,
    reason: str = "",
) -> PersonFile:
    """All that may be known now of one of the own agency's people, from everywhere, each item with its source.

    Through the gate, with its ledger row. Raises NotFound for anybody else, and where nothing may be known (P-3).
    """
    purpose = purpose if purpose in by.purposes else work_asker(by).purpose
    known = known_people(by, at).filter(person=person_id).exists()
    if not known and (survivor_id := moved_to(by, person_id, at)):
        person_id, known = survivor_id, True
    told = None
    if known:
        told = release_file(
            by=by,
            person_id=person_id,
            purpose=str(purpose),
            channel=channel,
            at=at,
            most=most,
            reason=reason,
        )
    else:
        refuse_reading(by=by, channel=channel, at=at, searched=str(person_id), category="D0")
    if told is None:
        raise NotFound("not_found", "There is no such record.")
    return told


def _text_readable(by: Membership, category: str, at: datetime) -> Q:
    readable = Q(contact__in=readable_drafts(by, at).filter(author=by))
    if may_read_clinical_text(by, category):
        readable |= Q(contact__in=readable_contacts(by, at))
    return readable


def _own_if_responder(by: Membership, writer: str, rows: QuerySet[M]) -> QuerySet[M]:
    return rows.filter(**{writer: by}) if RESPONDERS & set(by.roles) else rows
