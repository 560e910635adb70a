"""A person asks what left, who looked, or for their own record: received, prepared, delivered, in time.

L-14, L-15, L-21, L-23. What is prepared is kept sealed, as it was, together with what was held back for a suspended
agency, which is for privacy staff alone. Reading the ledger is a row of the ledger, committed before it is shown.
"""

import hashlib
import json
from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet

from continuity.access.matrix import Basis
from continuity.agencies.models import Membership
from continuity.agencies.roles import Duty, Purpose, require
from continuity.disclosures.accounting import ACCOUNTING_YEARS, INTERMEDIARY_YEARS, years_before
from continuity.disclosures.accounting_copies import copy_of
from continuity.disclosures.models import AccountingRequest, LedgerEntry
from continuity.disclosures.own_records import readable_people
from continuity.disclosures.readings import add_entry, refuse_reading, write_entry
from continuity.disclosures.suspensions import suspended
from continuity.errors import Conflict, Invalid, NotFound, Stale
from continuity.people.services import standing_for

_K, _S = AccountingRequest.Kind, AccountingRequest.State
_YEARS = {
    _K.ACCOUNTING: ACCOUNTING_YEARS,
    _K.INTERMEDIARY: INTERMEDIARY_YEARS,
    _K.ACCESS_LOG: ACCOUNTING_YEARS,
}
_EVER = datetime(1900, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Prepared:
    """What a request is answered with: `copy` is the person's, `held_back` is for privacy staff alone.

    `file` is the copy as it is downloaded; `sha256` is that file's.
    """

    request_id: UUID
    kind: str
    state: str
    person_id: UUID
    prepared_at: datetime
    copy: dict[str, Any]
    held_back: tuple[dict[str, Any], ...]
    withheld: tuple[str, ...]
    file: bytes
    sha256: str


def readable_requests(by: Membership, at: datetime) -> QuerySet[AccountingRequest]:
    """The own agency's requests about people whom this member may read of; nothing without the duty."""
    rows = AccountingRequest.objects.filter(
        agency=by.agency, person__in=readable_people(by, at).values("person")
    )
    return rows if by.has_duty(Duty.ACCOUNT_FOR) else rows.none()


def owed_requests(by: Membership, at: datetime) -> QuerySet[AccountingRequest]:
    """Those that still wait, the next due first."""
    return readable_requests(by, at).filter(state__in=[_S.RECEIVED, _S.PREPARED]).order_by("due_at", "id")


@transaction.atomic
def receive_request(
    *,
    by: Membership,
    person_id: UUID,
    kind: str,
    asked_by: str,
    requested_at: datetime,
    at: datetime,
    period_from: datetime | None = None,
    period_until: datetime | None = None,
) -> AccountingRequest:
    """Write down a request and by when it is owed; without a period it goes back as far as the law does.

    The own record is always whole. Raises NotAllowed, NotFound for somebody else's person, Invalid naming the field.
    """
    require(by.roles, Duty.ACCOUNT_FOR)
    person_id = standing_for(person_id)
    if not readable_people(by, at).filter(person=person_id).exists():
        raise NotFound("not_found", "There is no such record.")
    if kind not in _K.values:
        raise Invalid("unknown_kind", "Choose what was asked for.", field="kind")
    asked_by = asked_by.strip()
    if not asked_by:
        raise Invalid("nobody_asked", "Say who asked, and on which authority.", field="asked_by")
    if requested_at > at:
        raise Invalid("not_asked_yet", "It cannot have been asked for later than now.", field="requested_at")
    period_from, period_until = _period(_K(kind), requested_at, period_from, period_until)
    days, _ = AccountingRequest.DUE[_K(kind)]
    return AccountingRequest.objects.create(
        person_id=person_id,
        agency=by.agency,
        kind=kind,
        asked_by=asked_by,
        requested_at=requested_at,
        received_by=by,
        period_from=period_from,
        period_until=period_until,
        due_at=requested_at + timedelta(days=days),
    )


@transaction.atomic
def extend_request(
    *, by: Membership, request_id: UUID, reason: str, at: datetime, version: int | None = None
) -> AccountingRequest:
    """Take more time, once, and with a reason that the person is told in writing before the time is over.

    Raises NotAllowed, NotFound, Stale, Invalid without a reason, Conflict `no_extension`, `extended_already`,
    `too_late`.
    """
    require(by.roles, Duty.ACCOUNT_FOR)
    asked = _locked(by, request_id, at, version)
    _refuse_unless_owed(asked)
    _, days = AccountingRequest.DUE[_K(asked.kind)]
    if not days:
        raise Conflict("no_extension", "This list is owed within 30 days, and no longer (42 CFR 2.24).")
    if asked.extended_at is not None:
        raise Conflict("extended_already", "The time was extended before; the law gives it once.")
    if at > asked.due_at:
        raise Conflict("too_late", "The time is over: an extension is told to the person before that.")
    if not reason.strip():
        raise Invalid("no_reason", "Say why more time is needed; the person is told.", field="reason")
    asked.extended_at, asked.extension_reason = at, reason.strip()
    asked.due_at += timedelta(days=days)
    asked.save()
    return asked


def prepare_request(
    *, by: Membership, request_id: UUID, channel: str, at: datetime, withheld: Collection[UUID] | None = None
) -> Prepared:
    """Make the copy as of `at` and keep it; the reading is in the ledger before. Again makes it anew.

    `withheld` names contacts of the own record whose words would tell who spoke in confidence (P-13); None: those that
    were kept back before. Raises NotAllowed, NotFound, Conflict when it was delivered or withdrawn. Not inside another
    transaction.
    """
    require(by.roles, Duty.ACCOUNT_FOR)
    asked = _found(by, request_id, channel, at)
    _refuse_unless_owed(asked)
    if withheld is None:
        withheld = [UUID(one) for one in _kept(asked).get("withheld", ())]
    made = copy_of(asked, at=at, withheld=withheld)
    write_entry(
        by=by,
        outcome=LedgerEntry.Outcome.READ,
        channel=channel,
        at=at,
        purpose=Purpose.PATIENT_REQUEST,
        person_id=asked.person_id,
        reason_given=f"{asked.kind} prepared",
        **_told(asked, made.records, made.categories, Basis.OWN),
    )
    file = json.dumps(made.copy, ensure_ascii=False, indent=1).encode()
    kept = {
        "copy": made.copy,
        "held_back": made.held_back,
        "withheld": sorted(str(one) for one in withheld),
        "records": made.records,
        "categories": list(made.categories),
        "suspended": sorted(str(one) for one in suspended(asked.person_id, asked.agency, at)),
    }
    with transaction.atomic():
        asked = _locked(by, request_id, at)
        _refuse_unless_owed(asked)
        asked.state, asked.prepared_at, asked.prepared_by = _S.PREPARED, at, by
        asked.content = json.dumps(kept, ensure_ascii=False).encode()
        asked.content_sha256 = hashlib.sha256(file).hexdigest()
        asked.save()
    return _prepared(asked)


def read_prepared(*, by: Membership, request_id: UUID, channel: str, at: datetime) -> Prepared:
    """What was prepared, as it was; its reading is in the ledger before. Raises NotAllowed, NotFound."""
    require(by.roles, Duty.ACCOUNT_FOR)
    asked = _found(by, request_id, channel, at)
    if asked.prepared_at is None:
        raise refuse_reading(by=by, channel=channel, at=at, searched=str(request_id))
    kept = _kept(asked)
    write_entry(
        by=by,
        outcome=LedgerEntry.Outcome.READ,
        channel=channel,
        at=at,
        purpose=Purpose.PATIENT_REQUEST,
        person_id=asked.person_id,
        reason_given=f"{asked.kind} read",
        **_told(asked, kept["records"], kept["categories"], Basis.OWN),
    )
    return _prepared(asked)


@transaction.atomic
def deliver_request(
    *, by: Membership, request_id: UUID, delivered_to: str, at: datetime, version: int | None = None
) -> AccountingRequest:
    """Write down that the copy was handed over, and to whom; the ledger gets its row in the same transaction.

    Raises NotAllowed, NotFound, Stale, Invalid, Conflict `not_prepared`, or `prepare_again` when a suspension began or
    ended since: the copy would say too much or too little.
    """
    require(by.roles, Duty.ACCOUNT_FOR)
    asked = _locked(by, request_id, at, version)
    if asked.state != _S.PREPARED:
        raise Conflict("not_prepared", "Nothing is prepared to be delivered; somebody may have been quicker.")
    delivered_to = delivered_to.strip()
    if not delivered_to:
        raise Invalid("nobody_named", "Say to whom it was given, and how.", field="delivered_to")
    kept = _kept(asked)
    now_suspended = sorted(str(one) for one in suspended(asked.person_id, asked.agency, at))
    if now_suspended != kept["suspended"]:
        raise Conflict(
            "prepare_again", "A suspension began or ended since it was prepared. Prepare it again."
        )
    add_entry(
        by=by,
        outcome=LedgerEntry.Outcome.RELEASED,
        channel=LedgerEntry.Channel.EXPORT,
        at=at,
        purpose=Purpose.PATIENT_REQUEST,
        person_id=asked.person_id,
        recipient=delivered_to,
        reason_given=asked.get_kind_display(),
        **_told(asked, kept["records"], kept["categories"], Basis.PRIVACY_RELEASE),
    )
    asked.state, asked.delivered_at, asked.delivered_by = _S.DELIVERED, at, by
    asked.delivered_to = delivered_to
    asked.save()
    return asked


@transaction.atomic
def withdraw_request(
    *, by: Membership, request_id: UUID, at: datetime, version: int | None = None
) -> AccountingRequest:
    """The person no longer wants it. Raises NotAllowed, NotFound, Stale, Conflict when it was answered."""
    require(by.roles, Duty.ACCOUNT_FOR)
    asked = _locked(by, request_id, at, version)
    _refuse_unless_owed(asked)
    asked.state = _S.WITHDRAWN
    asked.save()
    return asked


def _period(
    kind: AccountingRequest.Kind, requested_at: datetime, since: datetime | None, until: datetime | None
) -> tuple[datetime, datetime]:
    until = until or requested_at
    if kind == _K.RECORD:
        return _EVER, requested_at
    earliest = years_before(requested_at, _YEARS[kind])
    since = since or earliest
    if since < earliest:
        raise Invalid(
            "too_far_back",
            f"It goes back {_YEARS[kind]} years before the request at most.",
            field="period_from",
        )
    if until > requested_at:
        raise Invalid("period_ahead", "The period ends with the request at the latest.", field="period_until")
    if until <= since:
        raise Invalid("no_period", "The end must lie after the beginning.", field="period_until")
    return since, until


def _told(
    asked: AccountingRequest, records: list[list[Any]], categories: Collection[str], basis: Basis
) -> dict[str, Any]:
    ground = {"ground": "patient_request"} if basis == Basis.PRIVACY_RELEASE else {}
    return {
        "categories": list(categories),
        "custodians": [asked.agency_id],
        "records": [*records, ["accountingrequest", str(asked.pk), asked.version]],
        "bases": [
            {"custodian": str(asked.agency_id), "category": category, "basis": str(basis), **ground}
            for category in categories
        ],
    }


def _kept(asked: AccountingRequest) -> dict[str, Any]:
    kept: dict[str, Any] = json.loads(asked.content or b"{}")
    return kept


def _prepared(asked: AccountingRequest) -> Prepared:
    kept = _kept(asked)
    if asked.prepared_at is None:
        raise NotFound("not_found", "There is no such record.")
    return Prepared(
        request_id=asked.pk,
        kind=asked.kind,
        state=asked.state,
        person_id=asked.person_id,
        prepared_at=asked.prepared_at,
        copy=kept["copy"],
        held_back=tuple(kept["held_back"]),
        withheld=tuple(kept["withheld"]),
        file=json.dumps(kept["copy"], ensure_ascii=False, indent=1).encode(),
        sha256=asked.content_sha256,
    )


def _found(by: Membership, request_id: UUID, channel: str, at: datetime) -> AccountingRequest:
    asked = readable_requests(by, at).select_related("agency").filter(pk=request_id).first()
    if asked is None:
        raise refuse_reading(by=by, channel=channel, at=at, searched=str(request_id))
    return asked


def _locked(by: Membership, request_id: UUID, at: datetime, version: int | None = None) -> AccountingRequest:
    rows = readable_requests(by, at).select_for_update(of=("self",)).select_related("agency")
    asked = rows.filter(pk=request_id).first()
    if asked is None:
        raise NotFound("not_found", "There is no such record.")
    if version is not None and version != asked.version:
        raise Stale()
    return asked


def _refuse_unless_owed(asked: AccountingRequest) -> None:
    if asked.state not in (_S.RECEIVED, _S.PREPARED):
        raise Conflict("not_owed", "This request was delivered or withdrawn; somebody may have been quicker.")
