"""Programs of an agency: who registers them, which keys they may have, how they change and end (S-9, S-10)."""

import json
from copy import deepcopy
from typing import Any
from uuid import uuid4

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from django.contrib.auth.hashers import check_password
from hypothesis import given, settings
from hypothesis import strategies as st
from jwt import get_algorithm_by_name

from continuity.agencies import machines as m
from continuity.agencies.jwks import read_jwks
from continuity.agencies.models import MachineClient, Member
from continuity.agencies.roles import Role
from continuity.errors import Conflict, Invalid, NotAllowed, NotFound, Stale
from continuity.trail.models import AuditEntry, Event
from tests import builders as b
from tests.api.machines import administrator, key_pair, program, public
from tests.cast import Cast

pytestmark = pytest.mark.django_db


def test_program_is_bound_to_its_agency_and_to_a_member_who_cannot_sign_in(cast: Cast):
    by = administrator(cast.police)
    client = program(cast.police, "lookups.ask", "contacts.read", by=by, name="  CAD bridge ")
    works = client.membership
    assert (client.name, client.scopes) == ("CAD bridge", ["lookups.ask", "contacts.read"])
    assert (works.agency_id, works.roles, works.is_current) == (cast.police.pk, [Role.SYSTEM_CLIENT], True)
    assert works.member.is_service
    assert not works.member.has_usable_password()
    assert client.application.authorization_grant_type == "client-credentials"
    assert not check_password("", client.application.client_secret)
    event = Event.objects.get(kind="client_registered")
    assert (event.member_id, event.about) == (by.member_id, str(client.pk))
    Member.objects.get(pk=works.member_id).full_clean(exclude=["password"])


def test_keys_are_kept_with_their_public_parts_alone(cast: Cast):
    given_key = public("first") | {"alg": "ES384", "use": "sig", "x5c": ["what nobody asked for"]}
    kept = program(cast.police, jwks={"keys": [given_key], "more": 1}).jwks
    assert kept == {"keys": [public("first") | {"alg": "ES384", "use": "sig"}]}


def _ec(curve: Any, **changes: Any) -> dict[str, Any]:
    key = ec.generate_private_key(curve).public_key()
    return json.loads(get_algorithm_by_name("ES384").to_jwk(key)) | {"kid": "k"} | changes


def _private() -> dict[str, Any]:
    return json.loads(get_algorithm_by_name("ES384").to_jwk(key_pair("first"))) | {"kid": "k"}


def _short() -> dict[str, Any]:
    key = rsa.generate_private_key(65537, 1024).public_key()
    return json.loads(get_algorithm_by_name("RS384").to_jwk(key)) | {"kid": "k"}


WRONG_KEYS = {
    "no set": (list, "no_key"),
    "empty set": (lambda: {"keys": []}, "no_key"),
    "three keys": (lambda: {"keys": [public(name) for name in ("a", "b", "c")]}, "too_many_keys"),
    "same kid twice": (lambda: {"keys": [public("a"), public("b") | {"kid": "a"}]}, "same_key_id"),
    "words": (lambda: {"keys": ["a key"]}, "not_a_key"),
    "private": (lambda: {"keys": [_private()]}, "private_key"),
    "symmetric": (lambda: {"keys": [{"kty": "oct", "k": "c2VjcmV0", "kid": "k"}]}, "private_key"),
    "oct without its k": (lambda: {"keys": [{"kty": "oct", "kid": "k"}]}, "not_a_key_of_ours"),
    "P-256": (lambda: {"keys": [_ec(ec.SECP256R1())]}, "not_a_key_of_ours"),
    "for encryption": (lambda: {"keys": [public("a") | {"use": "enc"}]}, "not_a_key_of_ours"),
    "HS256 said of it": (lambda: {"keys": [public("a") | {"alg": "HS256"}]}, "not_an_algorithm_of_ours"),
    "none said of it": (lambda: {"keys": [public("a") | {"alg": "none"}]}, "not_an_algorithm_of_ours"),
    "no kid": (lambda: {"keys": [public("a") | {"kid": ""}]}, "no_key_id"),
    "kid a number": (lambda: {"keys": [public("a") | {"kid": 7}]}, "no_key_id"),
    "off the curve": (lambda: {"keys": [public("a") | {"y": public("b")["y"]}]}, "not_a_key"),
    "half of it": (lambda: {"keys": [{k: v for k, v in public("a").items() if k != "y"}]}, "not_a_key"),
    "short RSA": (lambda: {"keys": [_short()]}, "short_key"),
}


@pytest.mark.parametrize(("keys", "code"), WRONG_KEYS.values(), ids=WRONG_KEYS)
def test_keys_that_cannot_be_kept_are_refused_with_what_to_do(keys: Any, code: str):
    with pytest.raises(Invalid) as refused:
        read_jwks(keys())
    assert (refused.value.code, refused.value.field) == (code, "jwks")


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=8,
)
_KEYISH = st.fixed_dictionaries(
    {"kty": st.sampled_from(["EC", "RSA"]) | _JSON, "kid": st.just("k") | _JSON},
    optional={name: st.text(max_size=12) | _JSON for name in ("crv", "x", "y", "n", "e", "alg", "use")},
)


@settings(max_examples=60, deadline=None, database=None)
@given(st.one_of(_JSON, st.fixed_dictionaries({"keys": st.lists(_KEYISH | _JSON, max_size=2)})))
def test_whatever_is_sent_as_keys_is_refused_and_never_an_error(sent: Any):
    with pytest.raises(Invalid):
        read_jwks(sent)


def test_keys_are_rotated_by_adding_the_next_and_taking_the_old_away(cast: Cast):
    by = administrator(cast.police)
    client = program(cast.police, by=by)
    both = m.rotate_keys(
        by=by, client_id=client.pk, jwks={"keys": [public("first"), public("next")]}, version=1, at=b.NOW
    )
    assert [key["kid"] for key in both.jwks["keys"]] == ["first", "next"]
    m.rotate_keys(by=by, client_id=client.pk, jwks={"keys": [public("next")]}, version=2, at=b.NOW)
    assert Event.objects.filter(kind="keys_rotated", about=str(client.pk), member=by.member).count() == 2
    history = AuditEntry.objects.filter(object_pk=str(client.pk), action=AuditEntry.Action.UPDATE)
    assert history.count() == 2


def test_kid_is_not_given_to_another_key(cast: Cast):
    by = administrator(cast.police)
    client = program(cast.police, by=by)
    for keys, code in (
        ({"keys": [public("other") | {"kid": "first"}]}, "same_key_id"),
        (deepcopy(client.jwks), "same_keys"),
    ):
        with pytest.raises(Invalid) as refused:
            m.rotate_keys(by=by, client_id=client.pk, jwks=keys, at=b.NOW)
        assert refused.value.code == code


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"name": " "}, "no_name"),
        ({"name": "x" * 81}, "no_name"),
        ({"scopes": []}, "no_scope"),
        ({"scopes": ["contacts.read", "everything"]}, "no_such_scope"),
    ],
)
def test_program_without_name_or_scope_is_refused(cast: Cast, fields: dict[str, Any], code: str):
    said = {"name": "CAD", "jwks": {"keys": [public("first")]}, "scopes": ["contacts.read"], "at": b.NOW}
    with pytest.raises(Invalid) as refused:
        m.register_client(by=administrator(cast.police), **said | fields)
    assert refused.value.code == code
    assert not MachineClient.objects.exists()
    assert not Member.objects.filter(is_service=True).exists()


def test_suspending_and_resuming_say_what_they_cannot(cast: Cast):
    by = administrator(cast.police)
    client = program(cast.police, by=by)
    with pytest.raises(Conflict, match="not_suspended"):
        m.resume_client(by=by, client_id=client.pk, at=b.NOW)
    assert m.suspend_client(by=by, client_id=client.pk, at=b.NOW).suspended_at == b.NOW
    with pytest.raises(Conflict, match="suspended_already"):
        m.suspend_client(by=by, client_id=client.pk, at=b.NOW)
    assert m.resume_client(by=by, client_id=client.pk, at=b.NOW).suspended_at is None
    said = Event.objects.filter(kind="client_changed", member=by.member).order_by("pk")
    assert list(said.values_list("about", flat=True)) == [f"{client.pk} suspended", f"{client.pk} resumed"]


VERBS = {
    "rotate": (m.rotate_keys, {"jwks": {"keys": [public("next")]}}),
    "scopes": (m.change_scopes, {"scopes": ["contacts.read"], "may_act_for_members": True}),
    "suspend": (m.suspend_client, {}),
    "resume": (m.resume_client, {}),
}


@pytest.mark.parametrize(("verb", "said"), VERBS.values(), ids=VERBS)
def test_program_of_another_agency_and_none_at_all_are_the_same(cast: Cast, verb: Any, said: dict[str, Any]):
    client, stranger = program(cast.police), administrator(cast.clinic)
    before = client.version
    for client_id in (client.pk, uuid4()):
        with pytest.raises(NotFound, match="not_found"):
            verb(by=stranger, client_id=client_id, at=b.NOW, **said)
    with pytest.raises(NotAllowed):
        verb(by=cast.reyes, client_id=client.pk, at=b.NOW, **said)
    with pytest.raises(Stale):
        verb(by=administrator(cast.police), client_id=client.pk, version=7, at=b.NOW, **said)
    client.refresh_from_db()
    assert (client.version, client.suspended_at) == (before, None)
    assert not m.clients_of(stranger).exists()


def test_only_administrators_register_programs(cast: Cast):
    for who in (cast.reyes, cast.kim, cast.adeyemi):
        with pytest.raises(NotAllowed):
            program(who.agency, by=who)
    assert not MachineClient.objects.exists()
