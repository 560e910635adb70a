"""Put notices into the outbox, list and acknowledge them, and say how one wants to be told."""

import secrets
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, time
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import EmailValidator, URLValidator
from django.db import connection, transaction
from django.db.models import Q, QuerySet

from continuity.agencies.models import Agency, Member, Membership, Team
from continuity.agencies.roles import Duty, Role, require
from continuity.errors import Conflict, Invalid, NotFound
from continuity.ids import uuid7
from continuity.notices.models import Delivery, Notice, NoticePreference, WebhookEndpoint
from continuity.notices.waking import wake_worker_on_commit

_SECRET_BYTES = 32
_LONGEST_URL = 300
_MOST_AT_ONCE = 1000  # rows of one statement


def put(
    kind: Notice.Kind,
    *,
    subject_id: UUID,
    agency: Agency,
    team: Team | None = None,
    member: Member | None = None,
) -> Notice:
    """Add a notice to the outbox of the running transaction; rolled back with it, sent soon after its commit."""
    notice = Notice.objects.create(
        kind=kind,
        subject_id=subject_id,
        agency=agency,
        team=team,
        member=member,
        is_urgent=kind in Notice.URGENT,
    )
    wake_worker_on_commit(urgent=notice.is_urgent)
    return notice


def remind(
    kind: Notice.Kind,
    *,
    subject_id: UUID,
    since: datetime,
    agency: Agency,
    member: Member | None = None,
    team: Team | None = None,
) -> bool:
    """Add a reminder of what has been due `since` then, unless it is there; True if it was added.

    Holds under two workers at once: the row itself is unique. `member` is one of the agency, or nobody in particular.
    """
    return remind_many(kind, [Reminder(subject_id, since, agency, member, team)]) == 1


@dataclass(frozen=True)
class Reminder:
    """That somebody is to be told once of what has been due `since` then."""

    subject_id: UUID
    since: datetime
    agency: Agency
    member: Member | None = None
    team: Team | None = None


_REMIND = """INSERT INTO notices_notice
    (id, kind, subject_id, since, agency_id, member_id, team_id, is_urgent, state, put_at)
SELECT one.id, %(kind)s::varchar, one.subject_id, one.since, one.agency_id, one.member_id, one.team_id,
    %(is_urgent)s::boolean, 'pending', statement_timestamp()
FROM unnest(%(ids)s::uuid[], %(subjects)s::uuid[], %(since)s::timestamptz[], %(agencies)s::uuid[],
    %(members)s::uuid[], %(teams)s::uuid[])
    AS one (id, subject_id, since, agency_id, member_id, team_id)
ON CONFLICT DO NOTHING
"""


def remind_many(kind: Notice.Kind, rows: Iterable[Reminder]) -> int:
    """Add the reminders that are not there yet and say how many those were; one statement for up to a thousand."""
    waiting, added = list(rows), 0
    while waiting:
        some, waiting = waiting[:_MOST_AT_ONCE], waiting[_MOST_AT_ONCE:]
        added += _remind_some(kind, some)
    return added


def _remind_some(kind: Notice.Kind, rows: Sequence[Reminder]) -> int:
    columns: dict[str, Any] = {
        "kind": kind.value,
        "is_urgent": kind in Notice.URGENT,
        "ids": [uuid7() for _ in rows],
        "subjects": [row.subject_id for row in rows],
        "since": [row.since for row in rows],
        "agencies": [row.agency.pk for row in rows],
        "members": [row.member.pk if row.member else None for row in rows],
        "teams": [row.team.pk if row.team else None for row in rows],
    }
    with connection.cursor() as cursor:
        cursor.execute(_REMIND, columns)
        return int(cursor.rowcount)


def for_member(by: Membership) -> QuerySet[Notice]:
    """The notices that this member is meant by on this duty, newest first."""
    mine = Notice.objects.filter(agency=by.agency).exclude(state=Notice.State.WITHHELD)
    teams = Team.objects.filter(group__user=by.member_id)
    mine = mine.filter(Q(member=None) | Q(member=by.member_id), Q(team=None) | Q(team__in=teams))
    return mine.select_related("team").order_by("-id")


@transaction.atomic
def mark_read(*, by: Membership, notice_id: UUID, at: datetime) -> Notice:
    """Acknowledge a notice for everybody it went to; again changes nothing. Raises NotFound for somebody else's."""
    notice = for_member(by).select_for_update(of=("self",)).filter(pk=notice_id).first()
    if notice is None:
        raise NotFound("not_found", "There is no such record.")
    if notice.read_at is None:
        notice.read_at, notice.read_by = at, by
        if notice.state != Notice.State.PENDING:  # what is still to go out goes out all the same
            notice.state = Notice.State.READ
        notice.save(update_fields=["read_at", "read_by", "state"])
    return notice


@transaction.atomic
def set_preference(
    *,
    by: Membership,
    email: str = "",
    kinds_off: Sequence[str] = (),
    quiet_from: time | None = None,
    quiet_to: time | None = None,
) -> NoticePreference:
    """Say how one wants to be told on this duty. Raises Invalid for what no preference may say."""
    if email:
        _check(EmailValidator(), email, Invalid("no_address", "This is no e-mail address.", field="email"))
    if set(kinds_off) - set(Notice.Kind.values):
        raise Invalid("unknown_kind", "Choose kinds from the list.", field="kinds_off")
    if set(kinds_off) & {kind.value for kind in Notice.URGENT}:
        raise Invalid("always_told", "Crisis alerts cannot be switched off.", field="kinds_off")
    if (quiet_from is None) != (quiet_to is None):
        field = "quiet_to" if quiet_to is None else "quiet_from"
        raise Invalid("half_of_quiet_hours", "Give both ends of the quiet hours, or neither.", field=field)
    if quiet_from is not None and quiet_from == quiet_to:
        raise Invalid("no_quiet_hours", "Quiet hours begin and end at different times.", field="quiet_to")
    wish = NoticePreference.objects.select_for_update().filter(membership=by).first()
    wish = wish or NoticePreference(membership=by)
    wish.email, wish.kinds_off = email, sorted(set(kinds_off))
    wish.quiet_from, wish.quiet_to = quiet_from, quiet_to
    wish.save()
    return wish


@transaction.atomic
def add_endpoint(
    *, by: Membership, url: str, acts_as: Membership, kinds: Sequence[str] = (), secret: bytes = b""
) -> WebhookEndpoint:
    """Have the agency's own system told of notices at `url`; its secret is made here unless one is given.

    `acts_as` is the system's own membership: its right is asked at every send. Raises NotAllowed, Invalid.
    """
    require(by.roles, Duty.ADMINISTER_AGENCY)
    schemes = ["https", "http"] if settings.INSECURE_COOKIES else ["https"]
    refusal = Invalid("no_https_address", "Give an https address of at most 300 characters.", field="url")
    _check(URLValidator(schemes=schemes), url, refusal)
    parts = urlsplit(url)
    if len(url) > _LONGEST_URL or parts.username or parts.fragment:
        raise refusal
    if acts_as.agency_id != by.agency_id or Role.SYSTEM_CLIENT not in acts_as.roles or not acts_as.is_current:
        raise Invalid("no_system", "Choose a system account of your agency.", field="acts_as")
    if set(kinds) - set(Notice.Kind.values):
        raise Invalid("unknown_kind", "Choose kinds from the list.", field="kinds")
    return WebhookEndpoint.objects.create(
        agency=by.agency,
        url=url,
        secret=secret or secrets.token_bytes(_SECRET_BYTES),
        acts_as=acts_as,
        kinds=sorted(set(kinds)),
    )


@transaction.atomic
def remove_endpoint(*, by: Membership, endpoint_id: UUID) -> WebhookEndpoint:
    """Stop telling a system; what still waits for it is withheld. Raises NotAllowed, NotFound."""
    require(by.roles, Duty.ADMINISTER_AGENCY)
    own = WebhookEndpoint.objects.select_for_update(of=("self",)).filter(agency=by.agency, is_active=True)
    endpoint = own.filter(pk=endpoint_id).first()
    if endpoint is None:
        raise NotFound("not_found", "There is no such record.")
    endpoint.is_active = False
    endpoint.save()
    return endpoint


def dead_letters(by: Membership) -> QuerySet[Delivery]:
    """What could not be delivered to the own agency's systems and members, newest first. Raises NotAllowed."""
    require(by.roles, Duty.ADMINISTER_AGENCY)
    dead = Delivery.objects.filter(state=Delivery.State.DEAD, notice__agency=by.agency)
    return dead.select_related("notice", "endpoint").order_by("-id")


@transaction.atomic
def resend(*, by: Membership, delivery_id: UUID, at: datetime) -> Delivery:
    """Try a delivery again that was given up, under the same id. Raises NotAllowed, NotFound, Conflict."""
    require(by.roles, Duty.ADMINISTER_AGENCY)
    delivery = (
        Delivery.objects.select_for_update(of=("self",))
        .filter(pk=delivery_id, notice__agency=by.agency)
        .first()
    )
    if delivery is None:
        raise NotFound("not_found", "There is no such record.")
    if delivery.state != Delivery.State.DEAD:
        raise Conflict("not_given_up", "This delivery is not given up: it was sent or is still tried.")
    delivery.state, delivery.attempts, delivery.due_at = Delivery.State.PENDING, 0, at
    delivery.last_problem = ""
    delivery.save(update_fields=["state", "attempts", "due_at", "last_problem"])
    wake_worker_on_commit(urgent=delivery.is_urgent)
    return delivery


def _check(validator: EmailValidator | URLValidator, value: str, refusal: Invalid) -> None:
    try:
        validator(value)
    except ValidationError:
        raise refusal from None
