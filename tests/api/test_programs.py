"""A program with a token: what it may is what its membership may, within its scopes, and never more (S-10, P-1)."""

import json
import re
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.db.models import Q
from django.test import Client
from django.urls import get_resolver
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from continuity.agencies import machines as m
from continuity.agencies.assertions import prove_client
from continuity.agencies.models import Agency, MachineClient, Member, Membership
from continuity.agencies.scopes import CLOSED, SAYS, Scope, Scopes
from continuity.disclosures.models import LedgerEntry
from continuity.errors import Conflict
from continuity.trail.models import AuditEntry
from tests import builders as b
from tests.api.machines import (
    AUDIENCE,
    Bearer,
    administrator,
    ask,
    claims_of,
    program,
    public,
    signed,
    token_of,
)
from tests.api.narrowing import compare_with_sessions, without_its_row
from tests.api.served_schema import served_schema
from tests.api.states import signed_consent
from tests.cast import ABOUT_SAM, Cast, signed_in

pytestmark = pytest.mark.django_db
JSON = "application/json"
LOOK_UP = "/api/v1/lookups/"
# What programs cannot ask: the choice of duty is a session's, the page of the schema a person's, a token's is its own.
FOR_PEOPLE = {"/api/v1/duty/", "/api/v1/docs/", "/api/v1/token/"}


def views_of_the_api() -> dict[str, Any]:
    """The view of each address of the API."""
    found: dict[str, Any] = {}

    def walk(patterns: Any, before: str) -> None:
        for one in patterns:
            path = before + re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", str(one.pattern))
            if hasattr(one, "url_patterns"):
                walk(one.url_patterns, path)
            elif path.startswith("/api/"):
                found[path] = one.callback.cls

    walk(get_resolver().url_patterns, "/")
    return found


def test_every_address_says_which_scope_a_program_needs():
    views = views_of_the_api()
    assert {
        path for path, view in views.items() if not isinstance(getattr(view, "scopes", None), Scopes)
    } == set()
    closed = {
        (path, method)
        for path, view in views.items()
        for method in ("get", "post", "put", "patch", "delete")
        if hasattr(view, method) and view.scopes.needed_for(method.upper()) is None
    }
    assert {path for path, _ in closed} == FOR_PEOPLE
    assert len(views) > 100


def test_every_scope_opens_something_and_is_said_in_words():
    needed = {view.scopes.get for view in views_of_the_api().values()}
    needed |= {view.scopes.post for view in views_of_the_api().values()}
    assert needed - {None} == set(Scope) == set(SAYS)


def test_undeclared_address_is_closed_to_programs(cast: Cast, monkeypatch):
    """Deny by default: a view of tomorrow that forgets its scope."""
    view = views_of_the_api()["/api/v1/meta/enums/"]
    token = token_of(program(cast.police, *Scope))
    assert Bearer(token).get("/api/v1/meta/enums/").status_code == 200
    monkeypatch.delattr(view, "scopes")
    answer = Bearer(token).get("/api/v1/meta/enums/")
    assert (answer.status_code, answer.json()["detail"]) == (403, "This is closed to programs.")


def test_schema_names_the_scope_of_each_operation():
    schema = served_schema()
    flow = schema["components"]["securitySchemes"]["program"]["flows"]["clientCredentials"]
    assert flow["tokenUrl"] == "/api/v1/token/"
    assert set(flow["scopes"]) == {scope.value for scope in Scope}
    assert {"program": ["contacts.read"]} in schema["paths"]["/api/v1/contacts/"]["get"]["security"]
    assert schema["paths"]["/api/v1/duty/"]["post"]["security"] == [{"cookieAuth": []}]
    assert not schema["paths"]["/api/v1/token/"]["post"].get("security")


def test_scope_that_is_missing_is_named(cast: Cast):
    answer = Bearer(token_of(program(cast.police, "contacts.read"))).post(
        "/api/v1/hand-offs/", "{}", content_type=JSON
    )
    assert (answer.status_code, answer["Content-Type"]) == (403, "application/problem+json")
    assert answer.json()["type"] == "urn:continuity:problem:insufficient_scope"
    assert 'error="insufficient_scope", scope="hand_offs.write"' in answer["WWW-Authenticate"]


def test_narrower_token_does_less_than_its_program_may(cast: Cast):
    client = program(cast.police, "contacts.read", "hand_offs.read")
    narrow = token_of(client, scope="hand_offs.read")
    assert Bearer(narrow).get("/api/v1/hand-offs/").status_code == 200
    assert Bearer(narrow).get("/api/v1/contacts/").status_code == 403


def test_scope_that_was_taken_away_is_gone_at_once(cast: Cast):
    by = administrator(cast.police)
    client = program(cast.police, "contacts.read", "hand_offs.read", by=by)
    token = token_of(client)
    m.change_scopes(by=by, client_id=client.pk, scopes=["contacts.read"], may_act_for_members=False, at=b.NOW)
    assert Bearer(token).get("/api/v1/contacts/").status_code == 200
    assert Bearer(token).get("/api/v1/hand-offs/").status_code == 403


ENDS = {
    "suspended": lambda c, by: m.suspend_client(by=by, client_id=c.pk, at=b.NOW),
    "suspended and resumed": lambda c, by: (
        m.suspend_client(by=by, client_id=c.pk, at=b.NOW),
        m.resume_client(by=by, client_id=c.pk, at=b.NOW),
    ),
    "key taken away": lambda c, by: m.rotate_keys(
        by=by, client_id=c.pk, jwks={"keys": [public("next")]}, at=b.NOW
    ),
    "membership ended": lambda c, by: Membership.objects.filter(pk=c.membership_id).update(ended_at=b.NOW),
    "member locked": lambda c, by: Member.objects.filter(machine_of(c)).update(locked_at=b.NOW),
    "agency suspended": lambda c, by: Agency.objects.filter(pk=by.agency_id).update(status="suspended"),
}


def machine_of(client: MachineClient) -> Any:
    return Q(pk=client.membership.member_id)


def test_tokens_die_at_once(cast: Cast):
    by = administrator(cast.police)
    client = program(cast.police, "contacts.read", by=by)
    token = token_of(client)
    assert Bearer(token).get("/api/v1/contacts/").status_code == 200
    for name, end in ENDS.items():
        with b.undone():
            end(MachineClient.objects.get(pk=client.pk), by)
            assert (name, Bearer(token).get("/api/v1/contacts/").status_code) == (name, 401)
    assert Bearer(token).get("/api/v1/contacts/").status_code == 200


def test_proof_by_a_key_that_was_taken_away_meanwhile_gets_no_token(cast: Cast):
    """Who holds a stolen key would else win five minutes by asking at the moment of its removal."""
    by = administrator(cast.police)
    client = program(cast.police, by=by, jwks={"keys": [public("first"), public("next")]})
    proven = prove_client(signed(claims_of(client)), audience=AUDIENCE, at=timezone.now())
    m.rotate_keys(by=by, client_id=client.pk, jwks={"keys": [public("next")]}, at=b.NOW)
    with pytest.raises(Conflict):
        m.issue_token(client=proven, scopes=None, at=timezone.now())


def test_next_key_beside_the_one_in_use_ends_no_token(cast: Cast):
    by = administrator(cast.police)
    client = program(cast.police, "contacts.read", by=by)
    token = token_of(client)
    m.rotate_keys(by=by, client_id=client.pk, jwks={"keys": [public("first"), public("next")]}, at=b.NOW)
    assert Bearer(token).get("/api/v1/contacts/").status_code == 200


@pytest.mark.parametrize("header", ["Bearer ", "Bearer x", "bearer ééé", "Bearer a b"])
def test_token_that_is_none_opens_nothing_even_beside_a_session(cast: Cast, header: str):
    browser = signed_in(cast.kim)
    assert browser.get("/api/v1/consents/").status_code == 200
    assert browser.get("/api/v1/consents/", headers={"Authorization": header}).status_code == 401


def test_token_opens_no_page(cast: Cast):
    token = token_of(program(cast.county, *Scope))
    for page in ("/lookup/", "/caseload/", "/admin/"):
        answer = Bearer(token).get(page)
        assert (answer.status_code, answer["Location"].partition("?")[0]) in (
            (302, "/sign-in/"),
            (302, "/admin/login/"),
        )


def test_last_use_is_kept_to_the_minute(cast: Cast):
    client = program(cast.police, "contacts.read")
    with time_machine.travel(b.NOW, tick=False) as clock:
        bearer = Bearer(token_of(client))
        for seconds, kept in ((0, 0), (30, 0), (61, 61)):
            clock.move_to(b.NOW + timedelta(seconds=seconds))
            assert bearer.get("/api/v1/contacts/").status_code == 200
            client.refresh_from_db()
            assert client.last_used_at == b.NOW + timedelta(seconds=kept)
    assert client.version == 1


def test_token_is_read_in_one_statement_and_its_member_in_one_more(cast: Cast, django_assert_num_queries):
    with time_machine.travel(b.NOW, tick=False):
        token = token_of(program(cast.police, "meta.read", may_act_for_members=True))
        Bearer(token).get("/api/v1/meta/enums/")  # its use is noted once a minute
        for whom, statements in (("", 1), ("reyes", 2)):
            with django_assert_num_queries(statements):
                assert Bearer(token, whom).get("/api/v1/meta/enums/").status_code == 200


# -- For whom it asks ----------------------------------------------------------------------------------------


def bridge(cast: Cast, **fields: Any) -> str:
    """The token of a CAD bridge of the police that acts for officers."""
    fields = {"may_act_for_members": True} | fields
    return token_of(program(cast.police, "lookups.ask", "hand_offs.write", "contacts.write", **fields))


def looked_up(client: Client) -> dict[str, Any]:
    with time_machine.travel(b.NOW, tick=False):
        answer = client.post(LOOK_UP, json.dumps(ABOUT_SAM), content_type=JSON)
    return json.loads(without_its_row(answer.content)) | {"status": answer.status_code}


def test_gate_judges_the_member_for_whom_a_program_asks(cast: Cast):
    """The program itself is told nothing, the officer what the officer is told."""
    cast.consent()
    with time_machine.travel(b.NOW, tick=False):
        token = bridge(cast)
    own, acting, session = (
        looked_up(client) for client in (Bearer(token), Bearer(token, "reyes"), signed_in(cast.reyes))
    )
    assert own["result"] == "no_shareable_information"
    assert acting["result"] == "record"
    assert acting == session
    rows = LedgerEntry.objects.values_list("asker__member__username", "outcome")
    told = sorted((name.partition("-")[0], outcome) for name, outcome in rows)
    assert told == [("program", "refused"), ("reyes", "released"), ("reyes", "released")]


def test_ledger_and_history_name_the_program_beside_the_member(cast: Cast):
    """S-7: who asked, and by which program; nobody can write such an id from outside."""
    with time_machine.travel(b.NOW, tick=False):
        token = bridge(cast)
    client = MachineClient.objects.get()
    looked_up(Bearer(token, str(cast.reyes.member_id)))
    entry = LedgerEntry.objects.get()
    assert entry.asker_id == cast.reyes.pk
    assert entry.request_id.startswith(f"program:{client.pk.hex}:")
    with time_machine.travel(b.NOW, tick=False):
        answer = Bearer(token, "reyes").post("/api/v1/contacts/", "{}", content_type=JSON)
    written = AuditEntry.objects.filter(cid=answer["X-Request-ID"])
    assert written.exists()
    assert set(written.values_list("actor", flat=True)) == {cast.reyes.member_id}
    forged = signed_in(cast.reyes).get("/api/v1/contacts/", headers={"X-Request-ID": entry.request_id})
    assert ":" not in forged["X-Request-ID"]


NOBODY_TO_ACT_FOR = {
    "unknown": lambda cast: "nobody-here",
    "works elsewhere": lambda cast: "kim",
    "by id, works elsewhere": lambda cast: str(cast.kim.member_id),
    "suspended": lambda cast: Member.objects.filter(username="reyes").update(status="suspended") and "reyes",
    "locked": lambda cast: Member.objects.filter(username="reyes").update(locked_at=b.NOW) and "reyes",
    "membership ended": lambda cast: (
        Membership.objects.filter(pk=cast.reyes.pk).update(ended_at=b.NOW) and "reyes"
    ),
    "a program": lambda cast: Member.objects.get(is_service=True).username,
}


def test_nobody_else_is_acted_for_and_all_get_one_answer(cast: Cast):
    token, bodies = bridge(cast), set()
    for name, whom in NOBODY_TO_ACT_FOR.items():
        with b.undone():
            answer = Bearer(token, whom(cast)).post(LOOK_UP, json.dumps(ABOUT_SAM), content_type=JSON)
            assert (name, answer.status_code) == (name, 403)
            bodies.add(answer.content)
    assert len(bodies) == 1
    assert json.loads(bodies.pop())["type"] == "urn:continuity:problem:may_not_act_for"
    assert not LedgerEntry.objects.exists()


def test_program_that_may_not_act_for_members_does_not_ask_as_itself_instead(cast: Cast):
    token = bridge(cast, may_act_for_members=False)
    answer = Bearer(token, "reyes").post(LOOK_UP, json.dumps(ABOUT_SAM), content_type=JSON)
    assert answer.status_code == 403
    assert not LedgerEntry.objects.exists()


def test_untrained_member_is_refused_by_the_gate_also_through_a_program(cast: Cast):
    """5.2: the gate judges the person, not the program."""
    cast.consent()
    with time_machine.travel(b.NOW, tick=False):
        token = bridge(cast)
    Member.objects.filter(pk=cast.reyes.member_id).update(trained_until=None)
    assert looked_up(Bearer(token, "reyes"))["result"] == "no_shareable_information"
    assert LedgerEntry.objects.get().refusal == "training_expired"


def test_verbs_that_want_a_fresh_proof_are_closed_to_programs(cast: Cast):
    """S-4: nobody proves through a program that they sit there; a session just signed in does."""
    with time_machine.travel(b.NOW, tick=False):
        consent = signed_consent(cast)
        version = {"If-Match": f'"{consent.pk}.{consent.version}"'}
        token = token_of(program(cast.county, "consents.write", may_act_for_members=True))
        answers = [
            client.post(f"/api/v1/consents/{consent.pk}/activate/", "{}", content_type=JSON, headers=version)
            for client in (Bearer(token, "verifier"), signed_in(cast.verifier))
        ]
    assert [answer.status_code for answer in answers] == [403, 200]
    assert answers[0].json()["type"] == "urn:continuity:problem:reauthenticate"


# -- Scopes never widen --------------------------------------------------------------------------------------


def test_scopes_never_widen_what_the_membership_may(cast: Cast):
    """For any roles, scopes and question: the token's answer is the session's, or a refusal for want of the scope."""
    done = compare_with_sessions(cast, examples=50)
    print(done)
    assert min(done.refused_for_scope, done.told, done.refused_alike) > 0


@given(
    wanted=st.one_of(
        st.none(), st.lists(st.sampled_from([*(scope.value for scope in Scope), "all", "*"]), max_size=5)
    ),
    held=st.sets(st.sampled_from([scope.value for scope in Scope]), min_size=1, max_size=4),
)
@settings(max_examples=25, deadline=None, database=None, suppress_health_check=list(HealthCheck))
def test_token_never_has_a_scope_that_its_program_has_not(
    cast: Cast, wanted: list[str] | None, held: set[str]
):
    with b.undone():
        client = program(cast.police, *held, by=administrator(cast.police))
        answer = ask(signed(claims_of(client)), scope=None if wanted is None else " ".join(wanted) or "-")
        if answer.status_code == 200:
            got = set(answer.json()["scope"].split())
            assert got <= held
            assert wanted is None or got == set(wanted)
        else:
            assert answer.json()["error"] == "invalid_scope"
            assert not set(wanted or ["-"]) <= held


def test_closed_scopes_are_good_for_nothing():
    assert [CLOSED.needed_for(method) for method in ("GET", "POST", "DELETE", "OPTIONS")] == [None] * 4
    whole = Scopes(Scope.CONTACTS_READ, Scope.CONTACTS_WRITE)
    assert [whole.needed_for(method) for method in ("HEAD", "PATCH", "DELETE", "TRACE", "")] == [
        Scope.CONTACTS_READ,
        Scope.CONTACTS_WRITE,
        None,
        None,
        None,
    ]
