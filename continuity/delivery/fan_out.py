"""From a notice to the ways it goes out: one delivery for each system and each member who wants an e-mail."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Case, Value, When

from continuity.agencies.models import Agency, Member, Membership, Team
from continuity.notices.models import Delivery, Notice, NoticePreference, WebhookEndpoint

# What is not urgent is gathered for so long, so that a busy hour is one e-mail and not hundreds.
GATHERED_FOR = timedelta(minutes=2)
_AT_ONCE = 100


@transaction.atomic
def fan_out(*, at: datetime, urgent: bool, most: int = _AT_ONCE) -> int:
    """Make the deliveries of the oldest pending notices and say how many notices those were.

    Notices that another worker holds are passed over. A notice that nobody is left to read is withheld.
    """
    pending = Notice.objects.filter(state=Notice.State.PENDING, is_urgent=urgent).order_by("put_at")
    locked = pending.select_for_update(skip_locked=True, of=("self",)).select_related("agency")
    notices = list(locked[:most])
    if not notices:
        return 0
    withheld = _without_a_reader(notices)
    addresses = _Addresses({notice.agency_id for notice in notices})
    deliveries = [
        Delivery(notice=notice, is_urgent=urgent, **way)
        for notice in notices
        if notice.pk not in withheld
        for way in addresses.ways(notice, at)
    ]
    Delivery.objects.bulk_create(deliveries, ignore_conflicts=True)
    state = Case(
        When(pk__in=withheld, then=Value(Notice.State.WITHHELD)),
        When(read_at=None, then=Value(Notice.State.SENT)),
        default=Value(Notice.State.READ),
    )
    Notice.objects.filter(pk__in=[notice.pk for notice in notices]).update(state=state)
    return len(notices)


def _without_a_reader(notices: Sequence[Notice]) -> set[UUID]:
    """Those of an agency that is no longer active, and those to a member who has left it."""
    named = {notice.member_id for notice in notices if notice.member_id}
    current = set(
        Membership.objects.filter(
            member__in=named, ended_at=None, member__status=Member.Status.ACTIVE
        ).values_list("member", "agency")
        if named
        else ()
    )
    return {
        notice.pk
        for notice in notices
        if notice.agency.status != Agency.Status.ACTIVE
        or (notice.member_id and (notice.member_id, notice.agency_id) not in current)
    }


class _Addresses:
    """Who of some agencies is told outside the pages: their systems, and members who gave an address."""

    def __init__(self, agencies: set[UUID]) -> None:
        self.endpoints: dict[UUID, list[WebhookEndpoint]] = defaultdict(list)
        for endpoint in WebhookEndpoint.objects.filter(agency__in=agencies, is_active=True).defer("secret"):
            self.endpoints[endpoint.agency_id].append(endpoint)
        self.wishes: dict[UUID, list[NoticePreference]] = defaultdict(list)
        wishes = NoticePreference.objects.filter(
            membership__agency__in=agencies,
            membership__ended_at=None,
            membership__member__status=Member.Status.ACTIVE,
        )
        for wish in wishes.exclude(email="").select_related("membership"):
            self.wishes[wish.membership.agency_id].append(wish)
        members = {wish.membership.member_id for some in self.wishes.values() for wish in some}
        teams = (
            Team.objects.filter(agency__in=agencies, group__user__in=members)
            if members
            else Team.objects.none()
        )
        self.in_team = set(teams.values_list("pk", "group__user"))

    def ways(self, notice: Notice, at: datetime) -> Iterable[dict[str, Any]]:
        for endpoint in self.endpoints[notice.agency_id]:
            if not endpoint.kinds or notice.kind in endpoint.kinds:
                yield {"channel": Delivery.Channel.WEBHOOK, "endpoint": endpoint, "due_at": at}
        due_at = at if notice.is_urgent else at + GATHERED_FOR
        for wish in self.wishes[notice.agency_id]:
            if self._is_meant(wish, notice):
                yield {"channel": Delivery.Channel.EMAIL, "membership": wish.membership, "due_at": due_at}

    def _is_meant(self, wish: NoticePreference, notice: Notice) -> bool:
        member = wish.membership.member_id
        return (
            notice.kind not in wish.kinds_off
            and notice.member_id in (None, member)
            and (notice.team_id is None or (notice.team_id, member) in self.in_team)
        )
