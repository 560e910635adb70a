"""The permission matrix of the API, run row by row: allowed roles, all other roles, the stranger, and nobody."""

import json
from typing import Any

import pytest
import time_machine
from django.test import Client

from continuity.agencies.models import Member, Membership
from continuity.consents.models import Consent, ConsentOffer
from continuity.disclosures.models import LedgerEntry
from tests import builders as b
from tests.api.bodies import body_of
from tests.api.routes import MATRIX, ROLES, otherwise, resource_of
from tests.api.states import OWN, STATES, give
from tests.cast import Cast, signed_in
from tests.replay import again

pytestmark = pytest.mark.django_db
RESOURCES = sorted({resource_of(row) for row in MATRIX})
every_resource = pytest.mark.parametrize(
    "rows", [[row for row in MATRIX if resource_of(row) == name] for name in RESOURCES], ids=RESOURCES
)
CONSENT_ROUTES = [row for row in MATRIX if "consent" in row[1]]
every_consent_route = pytest.mark.parametrize("row", CONSENT_ROUTES, ids=lambda row: f"{row[0]} {row[1]}")


def state_of(path: str) -> str:
    return next((name for name in STATES if f"{{{name}}}" in path), "")


def made_for(path: str, cast: Cast, *callers: Membership) -> Any:
    """The record of the address in the state that its name says."""
    state = state_of(path)
    return again(STATES[state])(cast, callers) if state else None


def call(
    client: Client, method: str, path: str, cast: Cast, row: Any, membership: Membership | None = None
) -> int:
    """The status of the answer."""
    state = state_of(path)
    if membership is not None and state in OWN:
        give(row, membership, OWN[state])
    document = row.documents.first() if "{document}" in path else None
    ids = {state: getattr(row, "pk", ""), "person": cast.sam.pk, "document": getattr(document, "pk", "")}
    url = path.format(**ids)
    if method == "get":
        return client.get(url).status_code
    body = body_of(path, cast, row, membership)
    has_version = hasattr(row, "version")
    headers = {"If-Match": f'"{row.pk}.{type(row).objects.get(pk=row.pk).version}"'} if has_version else {}
    if path.endswith("/documents/"):
        return client.post(url, body, headers=headers).status_code
    send = getattr(client, method)
    return send(url, json.dumps(body), content_type="application/json", headers=headers).status_code


@again
def in_every_role(cast: Cast) -> dict[str, Membership]:
    members = {role: b.member(role, cast.county, role, may_break_glass=True) for role in ROLES}
    # Whom responders may ask.
    Membership.objects.filter(pk=cast.adeyemi.pk).update(may_release_emergency=True)
    return members


@every_resource
def test_every_role_gets_the_status_of_the_table(cast: Cast, rows):
    got, wanted = {}, {}
    with time_machine.travel(b.NOW, tick=False):
        members = in_every_role(cast)
        clients = {role: signed_in(member) for role, member in members.items()}
        for row in rows:
            with b.undone():
                record = made_for(row[1], cast, *members.values())
                for role in ROLES:
                    wanted[row[:2], role] = row[3] if role in row[2] else otherwise(row, role)
                    with b.undone():
                        got[row[:2], role] = call(clients[role], row[0], row[1], cast, record, members[role])
    assert got == wanted


def statuses(client: Client, cast: Cast, rows) -> dict:
    """What this client is answered at each address."""
    got = {}
    with time_machine.travel(b.NOW, tick=False):
        for row in rows:
            with b.undone():
                got[row[:2]] = call(client, row[0], row[1], cast, made_for(row[1], cast))
    return got


@every_resource
def test_the_stranger_gets_nothing_of_others(cast: Cast, rows):
    assert statuses(signed_in(cast.novak), cast, rows) == {row[:2]: row[5] for row in rows}
    told = LedgerEntry.objects.filter(asker=cast.novak, outcome__in=["read", "released"])
    assert not told.exists()


@every_resource
def test_a_member_without_a_duty_agency_works_nowhere(cast: Cast, rows):
    member = Member.objects.create_user(
        "nowhere", "correct horse", display_name="Nowhere", is_superuser=True, is_staff=True
    )
    assert statuses(signed_in(member), cast, rows) == {row[:2]: row[6] for row in rows}


@every_resource
def test_nobody_signed_in_gets_403(cast: Cast, rows):
    assert set(statuses(Client(), cast, rows).values()) == {403}


def manager_elsewhere(cast: Cast) -> Client:
    return signed_in(b.member("other-kim", cast.clinic, "consent_manager"))


def administrator(cast: Cast) -> Client:
    membership = b.member("admin", cast.county, "agency_admin")
    membership.member.is_superuser = membership.member.is_staff = True
    membership.member.save()
    return signed_in(membership)


def officer(cast: Cast) -> Client:
    return signed_in(cast.reyes)


def undecided(cast: Cast) -> Client:
    """A consent manager of two agencies who has chosen neither."""
    both = b.member("both", cast.county, "consent_manager")
    Membership.objects.create(member=both.member, agency=cast.clinic, roles=["consent_manager"])
    return signed_in(both)


@every_consent_route
def test_who_has_no_part_in_it_changes_and_learns_nothing(cast: Cast, row):
    for who in (manager_elsewhere, administrator, officer, undecided):
        with b.undone():
            changes_and_learns_nothing(cast, who, row)


def changes_and_learns_nothing(cast: Cast, who, row) -> None:
    client = who(cast)
    status = call(client, row[0], row[1], cast, made_for(row[1], cast))
    is_list = (row[0], row[1]) == ("get", "/api/v1/consents/")
    assert status == (403 if who is undecided else 200 if is_list else 404)
    if is_list and who is not undecided:
        assert client.get("/api/v1/consents/").json() == {"results": [], "next": None}
    assert not ConsentOffer.objects.exists()
    assert not LedgerEntry.objects.filter(outcome__in=["read", "released"]).exists()
    assert not Consent.objects.exclude(collected_by=cast.kim.member).exists()


def test_every_route_of_the_schema_stands_in_the_table(cast: Cast):
    paths = signed_in(cast.kim).get("/api/v1/schema/?format=json").json()["paths"]
    told = {(method, _nameless(path)) for path, methods in paths.items() for method in methods}
    in_the_table = {(method, _nameless(path.partition("?")[0])) for method, path, *_ in MATRIX}
    # Nobody has a role at the door for tokens: its table of outcomes is in tests/api/test_tokens.py.
    untold = {("get", "/api/v1/docs/"), ("get", "/api/v1/schema/"), ("post", "/api/v1/token/")}
    assert told - untold == in_the_table - untold


def _nameless(path: str) -> str:
    """An address with its ids as `{}`."""
    return "/".join("{}" if step.startswith("{") else step for step in path.split("/"))
