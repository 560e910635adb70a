"""Errors are problem documents (RFC 9457) that tell nothing about a person."""

import pytest
from django.core.management import call_command
from django.test import Client

from continuity.api.views import Enumerations
from tests import builders as b
from tests.api.programs import Program, problem
from tests.cast import Cast, signed_in

pytestmark = pytest.mark.django_db


def test_an_unknown_address_is_a_problem(cast: Cast):
    problem(signed_in(cast.kim).get("/api/v1/people/"), 404)


def test_a_wrong_method_is_a_problem(cast: Cast):
    problem(signed_in(cast.kim).get("/api/v1/lookups/"), 405)


def test_a_domain_refusal_names_its_code(cast: Cast):
    kim = Program(cast.kim)
    ended = kim.act(kim.see(cast.consent()), "revoke", {"note": "x"})
    problem(kim.act(ended, "revoke", {"note": "x"}), 409, "not_active")


def test_absent_and_foreign_records_get_the_same_bytes(cast: Cast):
    """P-3: a direct address of another agency's record is as absent as one that never was."""
    mine = cast.consent()
    kim = Program(cast.kim)
    tag = kim.see(mine)["ETag"]
    mine.custodian = cast.sheriff
    mine.save()
    foreign, absent = (
        kim.post(f"/api/v1/consents/{pk}/revoke/", {"note": "x"}, if_match=tag)
        for pk in (mine.pk, cast.sam.pk)
    )
    assert (foreign.status_code, foreign.content) == (absent.status_code, absent.content)
    problem(absent, 404)


def test_a_view_that_declares_nothing_opens_to_nobody(cast: Cast, monkeypatch):
    from continuity.agencies.permissions import DenyUnlessDeclared

    monkeypatch.setattr(Enumerations, "permission_classes", (DenyUnlessDeclared,))
    assert signed_in(cast.kim).get("/api/v1/meta/enums/").status_code == 403


def test_a_post_without_a_csrf_token_is_refused(cast: Cast):
    client = signed_in(cast.reyes, Client(enforce_csrf_checks=True))
    assert client.post("/api/v1/lookups/", {}, content_type="application/json").status_code == 403


def test_answers_are_never_stored(cast: Cast):
    for url in ("/api/v1/meta/enums/", "/api/v1/duty/", "/lookup/"):
        assert signed_in(cast.reyes).get(url)["Cache-Control"] == "no-store"


def test_health_tells_whether_a_look_up_could_be_answered(client):
    assert client.get("/livez").content == b"ok"
    assert client.get("/readyz").json() == {
        "ready": True,
        "database": "ok",
        "ledger_partition": "ok",
        "ledger_seals": "ok",
        "second_wall": "ok",
        "match_index": "ok",
        "redis": "ok",
    }


def test_site_is_not_ready_while_people_are_kept_under_keys_of_another_secret(client, settings):
    """P-22: every look-up would find nobody, and silence would mean safe."""
    b.person(b.agency("county", "county_behavioral_health"))
    assert client.get("/readyz").status_code == 200
    settings.MATCH_KEY = "another secret"
    assert (client.get("/readyz").status_code, client.get("/readyz").json()["match_index"]) == (
        503,
        "failing",
    )
    call_command("rebuild_match_keys", jobs=1)
    assert client.get("/readyz").status_code == 200


def test_readiness_survives_redis_but_not_a_missing_month(client, settings):
    import time_machine

    settings.CACHES = {"default": settings.CACHES["default"] | {"LOCATION": "redis://127.0.0.1:1/0"}}
    assert client.get("/readyz").json()["redis"] == "failing"
    assert client.get("/readyz").status_code == 200
    with time_machine.travel("2035-01-01"):
        assert client.get("/readyz").status_code == 503
