"""Telling somebody that something happened is a disclosure, too: the right is asked at send and again at open (P-27).

A notice carries a kind and an opaque id. For the agency's own work the row must still be readable; that a person is in
crisis may be told to another agency's team only while its link is active, wants it, and the gate would open at least
that there is a record. Each telling of another agency's contact is in the ledger before it leaves.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import Exists, Model, OuterRef, QuerySet

from continuity.access.case import Opening, Refusal
from continuity.access.emergencies import asked_of, own_emergencies, to_review, to_tell
from continuity.access.facts import gather_all
from continuity.access.policy import decide
from continuity.agencies.account_rules import administered
from continuity.agencies.models import Membership
from continuity.crisis.models import CrisisContact
from continuity.disclosures import own_work
from continuity.disclosures.accounting_requests import readable_requests
from continuity.disclosures.identity_reports import readable_reports
from continuity.disclosures.ledger_alarm import agencies_told
from continuity.disclosures.ledger_rows import readable_rows
from continuity.disclosures.merge_lists import merges_to_decide, merges_to_review, merges_to_sort
from continuity.disclosures.models import LedgerEntry
from continuity.disclosures.own_records import readable_consents, readable_offers
from continuity.disclosures.readings import work_asker, write_entry
from continuity.disclosures.watch import agencies_reviewed
from continuity.notices.models import Notice
from continuity.trail.wall import background
from continuity.treatment.models import TreatmentTeamLink

_K = Notice.Kind
_OWN: dict[str, Callable[[Membership, datetime], QuerySet[Model]]] = {
    _K.TRANSFER_OFFERED: own_work.readable_transfers,
    _K.TRANSFER_ANSWERED: own_work.readable_transfers,
    _K.LINKAGE_SENT: own_work.readable_linkages,
    _K.LINKAGE_CHANGED: own_work.readable_linkages,
    _K.LINKAGE_UNACKNOWLEDGED: own_work.readable_linkages,
    _K.LINK_PROPOSED: own_work.readable_team_links,
    _K.LINK_STALE: own_work.readable_team_links,
    _K.FOLLOW_UP_DUE: own_work.readable_follow_ups,
    _K.FOLLOW_UP_OVERDUE: own_work.readable_follow_ups,
    _K.DRAFT_UNFINISHED: own_work.readable_drafts,
    _K.DRAFT_OVERDUE: own_work.readable_drafts,
    _K.FLAG_PROPOSED: own_work.readable_flags,
    _K.FLAG_EXPIRING: own_work.readable_flags,
    _K.PLAN_SUBMITTED: own_work.readable_plans,
    _K.AMENDMENT_DUE: own_work.readable_amendments,
    _K.CONSENT_EXPIRING: readable_consents,
    _K.SUSPENSION_UNPAPERED: readable_consents,
    _K.EVENT_TO_ASK: readable_consents,
    _K.OFFER_DUE: readable_offers,
    _K.EMERGENCY_ASKED: asked_of,
    _K.EMERGENCY_ANSWERED: lambda by, at: own_emergencies(by),
    _K.EMERGENCY_REVIEW: to_review,
    _K.EMERGENCY_TO_TELL: to_tell,
    # The use of a whole agency, and the ledger itself: the notice names the agency.
    _K.USE_TO_REVIEW: agencies_reviewed,
    _K.LEDGER_FAILING: agencies_told,
    _K.RESTRICTED_SEEN: readable_rows,
    _K.ACCOUNTING_DUE: readable_requests,
    _K.IDENTITY_REPORTED: lambda by, at: readable_reports(by),
    _K.MERGE_TO_DECIDE: merges_to_decide,
    _K.MERGE_TO_REVIEW: merges_to_review,
    _K.UNMERGE_TO_SORT: merges_to_sort,
    _K.ACCOUNT_LOCKED: lambda by, at: administered(by),
    _K.ACCOUNT_SUSPENDED: lambda by, at: administered(by),
    _K.ACCOUNT_REVIEW_DUE: lambda by, at: administered(by),
}
# That an authorisation ended, a record was changed or was another person's is owed to whoever was told before; it says
# no more than that.
_OWED = frozenset({_K.AUTHORISATION_ENDED, _K.RECORD_CHANGED, _K.WRONG_PERSON})


@dataclass(frozen=True)
class CrisisAlert:
    """One of yours is in crisis: which notice, whose contact, and when. The name is shown on the own page alone."""

    notice_id: UUID
    contact_id: UUID
    person_id: UUID
    name: str
    custodian: str
    occurred_at: datetime


def tellable(by: Membership, notices: Iterable[Notice], at: datetime) -> set[UUID]:
    """The ids of those notices that this member may be told now; one statement for each kind."""
    by_kind: dict[str, list[Notice]] = {}
    for notice in notices:
        by_kind.setdefault(notice.kind, []).append(notice)
    told: set[UUID] = set()
    for kind, some in by_kind.items():
        told |= _tellable_of(kind, by, some, at)
    return told


def may_be_told(*, by: Membership, notice: Notice, at: datetime, channel: str = "notice") -> bool:
    """Whether this member may be told this notice now; what is told of another agency's contact is ledgered first."""
    is_ours = by.agency_id == notice.agency_id
    if notice.kind != _K.CRISIS_CONTACT:
        return is_ours and bool(tellable(by, [notice], at))
    opened = _opened(by, [notice], at) if is_ours else {}
    with background("whose contact it is stands in the ledger, also where it may not be told"):
        meant = list(CrisisContact.objects.filter(pk=notice.subject_id))
    _note(by, meant, channel, at, opened)
    return notice.subject_id in opened


def crisis_alerts(
    by: Membership, notices: Sequence[Notice], channel: str, at: datetime
) -> tuple[CrisisAlert, ...]:
    """Those of `notices` that say "one of yours is in crisis" and may be told now, newest first, ledgered."""
    mine = [one for one in notices if one.kind == _K.CRISIS_CONTACT and one.agency_id == by.agency_id]
    if not mine:
        return ()
    opened = _opened(by, mine, at)
    crises = CrisisContact.objects.filter(pk__in=opened).select_related("custodian").order_by("-occurred_at")
    with background("the gate has opened that there is each of these"):
        contacts = {contact.pk: contact for contact in crises}
    _note(by, list(contacts.values()), channel, at, opened)
    names = own_work.names_of(by, [one.person_id for one in contacts.values() if one.person_id])
    return tuple(
        CrisisAlert(
            notice_id=notice.pk,
            contact_id=contact.pk,
            person_id=contact.person_id,
            name=names.get(contact.person_id, ""),
            custodian=contact.custodian.name,
            occurred_at=contact.occurred_at,
        )
        for notice in mine
        if (contact := contacts.get(notice.subject_id)) is not None and contact.person_id is not None
    )


def _tellable_of(kind: str, by: Membership, notices: list[Notice], at: datetime) -> set[UUID]:
    if kind in _OWED:
        return {one.pk for one in notices} if by.is_current else set()
    subjects = {one.subject_id for one in notices}
    found = (
        set(_opened(by, notices, at))
        if kind == _K.CRISIS_CONTACT
        else set(_OWN[kind](by, at).filter(pk__in=subjects).values_list("pk", flat=True))
    )
    return {one.pk for one in notices if one.subject_id in found}


def _opened(by: Membership, notices: Iterable[Notice], at: datetime) -> dict[UUID, Opening]:
    """Contacts of people whom a team of the own agency treats, has asked to be told about, and may know of; and why.

    Of a merged person a link with any of those who were merged asks for it; what may be known is the gate's answer,
    contact by contact.
    """
    rows = CrisisContact.objects.filter(
        pk__in={one.subject_id for one in notices}, record_status__in=CrisisContact.READABLE
    )
    told = TreatmentTeamLink.objects.filter(
        person=OuterRef("person"), provider=by.agency, status="active", notify_on_crisis=True
    )
    asker = work_asker(by)
    with background("which contacts their notices mean is what the gate is asked about"):
        contacts = list(rows.filter(Exists(told)))
    facts = gather_all(asker, {one.person_id for one in contacts if one.person_id}, at)
    openings = {
        person_id: [one for one in decide(asker, known, at).openings if one.category in ("D0", "D2")]
        for person_id, known in facts.items()
    }
    return {
        contact.pk: one
        for contact in contacts
        if contact.person_id
        # The first that covers it stands last in a dict.
        for one in reversed(openings[contact.person_id])
        if one.covers(
            custodian=contact.custodian_id,
            time=contact.occurred_at,
            contact=contact.pk,
            is_part2=contact.is_part2,
            origin=contact.recorded_for_id or contact.person_id,
        )
    }


def _note(
    by: Membership,
    contacts: list[CrisisContact],
    channel: str,
    at: datetime,
    opened: Mapping[UUID, Opening],
) -> None:
    """One row for each person told of: the accounting asks by person. The own agency's contacts are a reading."""
    for contact in contacts:
        own = contact.custodian_id == by.agency_id
        released = LedgerEntry.Outcome.READ if own else LedgerEntry.Outcome.RELEASED
        opening = opened.get(contact.pk)
        write_entry(
            by=by,
            category="D0",
            channel=channel,
            at=at,
            outcome=released if opening else LedgerEntry.Outcome.REFUSED,
            refusal="" if opening else Refusal.NO_BASIS,
            person_id=contact.person_id,
            categories=["D0"] if opening else [],
            bases=[_basis(opening)] if opening else [],
            custodians=[contact.custodian_id] if opening else [],
            consents=[opening.consent] if opening and opening.consent else [],
            records=[["contact", str(contact.pk), contact.version]] if opening else [],
        )


def _basis(opening: Opening) -> dict[str, str | None]:
    return {
        "custodian": str(opening.custodian),
        "category": "D0",
        "basis": str(opening.basis),
        "consent": str(opening.consent) if opening.consent else None,
    }
