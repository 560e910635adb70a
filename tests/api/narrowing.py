"""The same question by a member's session and by a program that asks for the member: scopes only take away (S-10).

For any roles of the member, any scopes of the token and of its program, and any of the questions below.
"""

import json
import re
from dataclasses import dataclass
from typing import Any

import time_machine
from django.test import Client
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st
from oauth2_provider.models import AccessToken

from continuity.agencies.models import MachineClient, Membership
from continuity.agencies.roles import Role
from continuity.agencies.scopes import Scope
from continuity.disclosures.models import LedgerEntry
from tests import builders as b
from tests.api.machines import Bearer, program, token_of
from tests.cast import ABOUT_SAM, Cast, signed_in

LOOK_UP = "/api/v1/lookups/"
QUESTIONS = [
    ("get", "contacts.read", "/api/v1/contacts/"),
    ("get", "contacts.read", "/api/v1/contacts/{contact}/"),
    ("get", "narratives.read", "/api/v1/contacts/{contact}/narrative/"),
    ("get", "sud_segments.read", "/api/v1/contacts/{contact}/sud-segment/"),
    ("get", "flags.read", "/api/v1/flags/"),
    ("get", "tips.read", "/api/v1/tips/"),
    ("get", "consents.read", "/api/v1/consents/"),
    ("get", "consents.read", "/api/v1/people/{person}/consent-status/"),
    ("get", "people.read", "/api/v1/people/{person}/record/"),
    ("get", "team_links.read", "/api/v1/team-links/"),
    ("get", "follow_ups.read", "/api/v1/follow-ups/"),
    ("get", "emergencies.read", "/api/v1/emergencies/"),
    ("get", "hand_offs.read", "/api/v1/hand-offs/"),
    ("post", "lookups.ask", LOOK_UP),
    ("post", "people.match", "/api/v1/people/match/"),
]
_ALL = [scope.value for scope in Scope]
# An auditor holds no other role, a consent manager is no officer: constraints of the membership.
_ROLES = [role.value for role in Role if role not in (Role.AUDITOR, Role.CONSENT_MANAGER)]
_MOSTLY = st.sampled_from([True, True, True, False])
_BODIES = {
    LOOK_UP: {**ABOUT_SAM, "purpose": "care_coordination"},
    "/api/v1/people/match/": {"last": "Testcase", "first": "Sam", "incident_ref": "2026-0001"},
}


@dataclass
class Compared:
    """How many questions were asked both ways, and what came of them."""

    asked: int = 0
    told: int = 0
    refused_alike: int = 0
    refused_for_scope: int = 0

    def __str__(self) -> str:
        return (
            f"\n{self.asked} questions by session and by token: {self.told} told alike, {self.refused_alike} refused"
            f" alike, {self.refused_for_scope} refused the token alone, for want of the scope"
        )


def compare_with_sessions(cast: Cast, examples: int) -> Compared:
    """Ask both ways and compare bytes and ledger."""
    cast.consent()
    done = Compared()
    with time_machine.travel(b.NOW, tick=False):
        client = program(cast.county, *Scope, may_act_for_members=True)
        bearer = Bearer(token_of(client), "anybody")
        member = b.member("anybody", cast.county, "officer")
        browser = signed_in(member)

        @seed(20261122)
        @settings(
            max_examples=examples,
            deadline=None,
            database=None,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        @given(
            roles=st.lists(st.sampled_from(_ROLES), max_size=3, unique=True),
            others=st.tuples(st.sets(st.sampled_from(_ALL)), st.sets(st.sampled_from(_ALL))),
            has=st.tuples(_MOSTLY, _MOSTLY),
            question=st.sampled_from(QUESTIONS),
        )
        def compare(roles: Any, others: Any, has: Any, question: tuple[str, str, str]) -> None:
            method, scope, path = question
            url = path.format(contact=cast.sams_contact.pk, person=cast.sam.pk)
            granted, kept = (
                given - {scope} | ({scope} if is_in else set())
                for given, is_in in zip(others, has, strict=True)
            )
            with b.undone():
                Membership.objects.filter(pk=member.pk).update(roles=roles)
                MachineClient.objects.filter(pk=client.pk).update(scopes=sorted(kept))
                AccessToken.objects.filter(application=client.application).update(scope=" ".join(granted))
                by_session, rows_of_session = _asked(browser, method, url)
                by_token, rows_of_token = _asked(bearer, method, url)
            _judge(done, by_session, by_token, is_in_scope=all(has))
            assert rows_of_token == (rows_of_session if all(has) else [])
            assert rows_of_session or by_session[0] == 403

        compare()
    return done


def _judge(done: Compared, by_session: Any, by_token: Any, *, is_in_scope: bool) -> None:
    done.asked += 1
    if not is_in_scope:
        assert by_token == (403, "insufficient_scope")
        done.refused_for_scope += 1
        return
    assert by_token == by_session
    if by_token[0] == 200:
        done.told += 1
    else:
        done.refused_alike += 1


def _asked(client: Client, method: str, url: str) -> tuple[tuple[int, Any], list[Any]]:
    """The answer, and what the ledger says of it."""
    before = set(LedgerEntry.objects.values_list("pk", flat=True))
    body = json.dumps(_BODIES.get(url, {}))
    answer = client.post(url, body, content_type="application/json") if method == "post" else client.get(url)
    rows = LedgerEntry.objects.exclude(pk__in=before).order_by("pk")
    told = list(rows.values_list("asker", "outcome", "refusal", "categories", "records_sha256"))
    if answer.status_code == 403:
        return (403, answer.json()["type"].rpartition(":")[2]), told
    return (answer.status_code, without_its_row(answer.content)), told


def without_its_row(content: bytes) -> bytes:
    """An answer without the id of its ledger row, which no two answers share."""
    return re.sub(rb'"ledger_id": "[0-9a-f-]{36}"', b'"ledger_id": ""', content)
