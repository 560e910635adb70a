import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.utils import timezone

from continuity.agencies.models import Agency, Membership
from continuity.delivery.rounds import Rests, Round
from continuity.notices.models import Delivery, Notice, WebhookEndpoint
from continuity.notices.services import add_endpoint, put
from tests import builders as b
from tests.delivery.receiver import SECRET, Receiver, listening

_names = itertools.count(1)


@dataclass
class Outbox:
    """An agency with an administrator and a system of its own, and the hand that turns the worker."""

    clinic: Agency
    admin: Membership
    system: Membership

    def endpoint(self, receiver: Receiver, **fields: Any) -> WebhookEndpoint:
        return add_endpoint(
            by=self.admin, url=receiver.url, secret=SECRET, **({"acts_as": self.system} | fields)
        )

    def put(self, kind: Notice.Kind = Notice.Kind.RECORD_CHANGED, **fields: Any) -> Notice:
        return put(kind, **({"subject_id": uuid4(), "agency": self.clinic} | fields))

    def turn(self, at: datetime | None = None, rests: Rests | None = None) -> None:
        """One slice of the worker, on a clock that stands at `at`; nobody rests from an earlier slice."""
        Round(clock=lambda: at or timezone.now(), rests=rests or Rests()).run(5)

    def later(self, **by: float) -> datetime:
        return timezone.now() + timedelta(**by)


@pytest.fixture
def outbox(db: None) -> Outbox:
    clinic = b.agency(f"clinic-{next(_names)}", "clinic_treatment")
    admin = b.member(f"admin-{next(_names)}", clinic, "agency_admin")
    return Outbox(clinic, admin, b.member(f"system-{next(_names)}", clinic, "system_client"))


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with listening() as receiver:
        yield receiver


def ways(notice: Notice) -> list[tuple[str, str, str]]:
    """Channel, state and last problem of each delivery of a notice."""
    rows = Delivery.objects.filter(notice=notice).order_by("id")
    return list(rows.values_list("channel", "state", "last_problem"))
