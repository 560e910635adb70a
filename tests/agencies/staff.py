"""An agency with its administrator and an officer, for tests of accounts."""

from dataclasses import dataclass
from typing import Any

from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.contrib.sessions.models import Session

from continuity.agencies.models import Agency, Member, Membership
from continuity.trail.models import Event
from tests import builders as b
from tests.cast import signed_in
from tests.replay import replayed

PASSWORD = "seven quiet herons"


@dataclass
class Staff:
    """`adam` administers the police, `eve` the clinic; `reyes` is an officer."""

    police: Agency
    clinic: Agency
    adam: Membership
    eve: Membership
    reyes: Membership


def hire() -> Staff:
    return replayed(_hire)


def _hire() -> Staff:
    police, clinic = b.agency("kestrel-police", "police"), b.agency("orchard-clinic", "clinic_treatment")
    return Staff(
        police=police,
        clinic=clinic,
        adam=b.member("adam", police, "agency_admin"),
        eve=b.member("eve", clinic, "agency_admin"),
        reyes=b.member("reyes", police, "officer"),
    )


def again(member: Member) -> Member:
    return Member.objects.get(pk=member.pk)


def events(member: Member | None = None) -> list[str]:
    rows = Event.objects.filter(member=member) if member else Event.objects.all()
    return list(rows.order_by("at", "pk").values_list("kind", flat=True))  # two within a millisecond, too


def browser_of(works: Membership, address: str = "192.0.2.7") -> Any:
    """A signed-in browser that is in the list of sessions."""
    client = signed_in(works)
    UserSession.objects.filter(session_key=client.cookies["sessionid"].value).update(ip=address)
    return client


def open_sessions(member: Member) -> int:
    keys = UserSession.objects.filter(user=member).values("session_key")
    return Session.objects.filter(session_key__in=keys).count()


def give_factor(member: Member) -> None:
    Authenticator.objects.create(user=member, type="totp", data={"secret": "not a secret"})
