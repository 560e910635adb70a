"""The page of an agency's own sign-in: who may enter it, and that each change asks who sits there (S-1, S-4)."""

from typing import Any

import pytest
from django.test import Client

from continuity.agencies.models import IdentityProvider, Membership
from tests import builders as b
from tests.cast import signed_in

pytestmark = pytest.mark.django_db
LIST = "/admin/single-sign-on/"
TYPED = {
    "name": "Kestrel Police",
    "issuer": "https://login.kestrel.example/realms/police",
    "client_id": "continuity",
    "client_secret": "whispered",
    "domains": "kestrel.example, kestrel-police.example",
    "strong_methods": "mfa",
    "role_claim": "groups",
    "role_map": "/patrol = officer\n/desk = supervisor, peer navigator",
}


@pytest.fixture
def boss() -> Membership:
    return b.member("boss", b.agency("kestrel-police", "police"), "agency_admin")


@pytest.fixture
def desk(boss: Membership) -> Client:
    return signed_in(boss)


@pytest.fixture
def provider(desk: Client) -> IdentityProvider:
    assert desk.post(f"{LIST}new/", TYPED).status_code == 302
    return IdentityProvider.objects.get()


def page_of(provider: IdentityProvider) -> str:
    return f"{LIST}{provider.pk}/"


def test_provider_is_entered_and_its_address_shown(desk: Client, provider: IdentityProvider):
    assert provider.role_map == {"/patrol": ["officer"], "/desk": ["supervisor", "peer_navigator"]}
    assert provider.domains == ["kestrel.example", "kestrel-police.example"]
    page = desk.get(page_of(provider)).content.decode()
    assert "http://testserver/sign-in/with/kestrel-police/back/" in page
    assert "/desk = supervisor, peer navigator" in page
    assert "whispered" not in page
    assert "Kestrel Police" in desk.get(LIST).content.decode()


def test_everything_that_is_wrong_is_said_at_once_without_the_secret(desk: Client):
    answer = desk.post(f"{LIST}new/", TYPED | {"name": "", "issuer": "http://plain.example", "domains": "x"})
    page = answer.content.decode()
    assert answer.status_code == 400
    for sentence in ("Give the name for the button.", "begins with https.", "x is no e-mail domain."):
        assert sentence in page
    assert "whispered" not in page
    assert desk.post(f"{LIST}new/", TYPED | {"role_map": "patrol officer"}).status_code == 400


def test_provider_is_changed_closed_and_opened(desk: Client, provider: IdentityProvider):
    said = TYPED | {"name": "Renamed", "client_secret": "", "version": "1"}
    assert desk.post(page_of(provider), said).status_code == 302
    assert desk.post(page_of(provider), said).status_code == 409
    assert desk.post(f"{page_of(provider)}close/", {"version": "2"}).status_code == 302
    assert desk.post(f"{page_of(provider)}close/", {"version": "3"}).status_code == 409
    assert desk.post(f"{page_of(provider)}reopen/", {"version": "3"}).status_code == 302
    provider.refresh_from_db()
    assert (provider.name, provider.is_active, bytes(provider.client_secret)) == (
        "Renamed",
        True,
        b"whispered",
    )
    refused = desk.post(f"{page_of(provider)}unlink/", {"username": "nobody"})
    assert (refused.status_code, "Nobody with this user name" in refused.content.decode()) == (400, True)
    assert desk.post(f"{page_of(provider)}burn/").status_code == 404


def test_each_change_asks_who_sits_there(desk: Client, provider: IdentityProvider):
    session = desk.session
    session["fresh_at"] = 0
    session.save()
    asked: list[tuple[str, dict[str, Any]]] = [
        (f"{LIST}new/", TYPED),
        (page_of(provider), TYPED | {"version": "1"}),
        (f"{page_of(provider)}close/", {"version": "1"}),
        (f"{page_of(provider)}unlink/", {"username": "boss"}),
    ]
    for url, said in asked:
        page = desk.post(url, said)
        assert (page.status_code, "Prove that it is you" in page.content.decode()) == (403, True)
    assert IdentityProvider.objects.get().version == 1


def test_another_agency_and_another_role_see_nothing(boss: Membership, provider: IdentityProvider):
    stranger = signed_in(b.member("stranger", b.agency("faraway", "clinic_treatment"), "agency_admin"))
    officer = signed_in(b.member("officer", boss.agency, "officer"))
    for url in (page_of(provider), f"{page_of(provider)}close/"):
        assert stranger.post(url, {"version": "1"}).status_code == 404
        assert officer.post(url, {"version": "1"}).status_code == 403
    assert "Kestrel Police" not in stranger.get(LIST).content.decode()
    assert officer.get(LIST).status_code == 403
    assert IdentityProvider.objects.get().is_active
