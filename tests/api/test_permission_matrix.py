"""The permission matrix of the API, run row by row: allowed roles, all other roles, the stranger, and nobody."""

import pytest
from django.test import Client

from continuity.agencies.models import Member
from continuity.treatment.models import Linkage
from tests import builders as b
from tests.api.routes import MATRIX, ROLES
from tests.cast import ABOUT_SAM, Cast, signed_in

pytestmark = pytest.mark.django_db
ids = [f"{row[0]} {row[1]}" for row in MATRIX]


def call(client: Client, method: str, path: str, cast: Cast, membership=None) -> int:
    bodies = {
        "/api/v1/duty/": {"membership": str(membership.pk if membership else cast.kim.pk)},
        "/api/v1/lookups/": ABOUT_SAM,
        "/api/v1/linkages/": {
            "contact": str(cast.sams_contact.pk),
            "kind": "benefits",
            "external_provider": "Food bank",
        },
        "/api/v1/consents/{consent}/revoke/": {"note": "Said so."},
    }
    url = path.format(consent=cast.consent().pk)
    return getattr(client, method)(url, bodies.get(path), content_type="application/json").status_code


@pytest.mark.parametrize("row", MATRIX, ids=ids)
@pytest.mark.parametrize("role", ROLES)
def test_every_role_gets_the_status_of_the_table(cast: Cast, role, row):
    method, path, allowed, status, otherwise, *_ = row
    membership = b.member("someone", cast.county, role)
    assert call(signed_in(membership), method, path, cast, membership) == (
        status if role in allowed else otherwise
    )


@pytest.mark.parametrize("row", MATRIX, ids=ids)
def test_the_stranger_gets_nothing_of_others(cast: Cast, row):
    method, path, *_, stranger, _ = row
    assert call(signed_in(cast.novak), method, path, cast) == stranger
    assert not Linkage.objects.exists()


@pytest.mark.parametrize("row", MATRIX, ids=ids)
def test_a_member_without_a_duty_agency_works_nowhere(cast: Cast, row):
    member = Member.objects.create_user(
        "nowhere", "correct horse", display_name="Nowhere", is_superuser=True, is_staff=True
    )
    client = Client()
    client.force_login(member)
    assert call(client, row[0], row[1], cast) == row[-1]


@pytest.mark.parametrize("row", MATRIX, ids=ids)
def test_nobody_signed_in_gets_403(cast: Cast, row):
    assert call(Client(), row[0], row[1], cast) == 403


def test_every_route_of_the_schema_stands_in_the_table(cast: Cast):
    paths = signed_in(cast.kim).get("/api/v1/schema/?format=json").json()["paths"]
    told = {
        (method, path.replace("{consent_id}", "{consent}"))
        for path, methods in paths.items()
        for method in methods
    }
    assert told - {("get", "/api/v1/schema/")} == {(row[0], row[1]) for row in MATRIX} - {
        ("get", "/api/v1/schema/"),
        ("get", "/api/v1/docs/"),
    }
