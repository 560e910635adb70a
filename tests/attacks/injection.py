"""Strings that are code to somebody, in every field of every form and body, in every question, and in every column."""

import json
from collections.abc import Callable, Iterable
from itertools import cycle, islice
from typing import Any

from django.apps import apps
from django.core.exceptions import FieldError
from django.db import DatabaseError, models, transaction
from django.http import HttpResponse

from continuity.agencies.models import Membership
from tests import builders as b
from tests.api.bodies import body_of
from tests.api.routes import MATRIX, ROLES
from tests.api.served_schema import served_schema
from tests.api.states import OWN, give
from tests.api.test_permission_matrix import made_for, state_of
from tests.attacks.forms import Form, Office, Page
from tests.attacks.ground import UNKNOWN, Browser, routes, text_of
from tests.attacks.told import Told
from tests.cast import Cast

PRODUCT = str(7191 * 7193)
STRINGS = {
    "SQL, a statement": "x'; DROP TABLE people_person; --",
    "SQL, a condition": "' OR '1'='1",
    "SQL, a comment": "x\\'/**/UNION/**/SELECT/**/1--",
    "template": "{{ 7191*7193 }}{% debug %}${7191*7193}#{7191*7193}",
    "format": "%s%n%(x)s{0.__class__}",
    "script": "<script>alert('x-attack')</script>",
    "attribute": "\"'><img src=x-attack onerror=alert(1)>",
    "address": "javascript:alert('x-attack')",
    "CRLF": "x\r\nX-Attack: yes\r\n\r\n<b>x-attack",
    "right to left": "‮x-attack⁦",
    "formula": "=cmd|'/C calc'!A0",
    "path": "../../../../etc/passwd",
    "entity": "<!DOCTYPE x [<!ENTITY e SYSTEM 'file:///etc/passwd'>]>&e;",
    "emoji": "👩‍👩‍👧‍👦" * 2000,
    "NUL": "x\x00x",
    "half a character": "x\ud800x",
}
# What no page may hold, and of what no header may be made.
RAW = (
    "<script>alert('x-attack')",
    "<img src=x-attack",
    "<b>x-attack",
    PRODUCT,
    'href="javascript:',
    "root:x:0",
    "<!ENTITY",
)
WELL_FORMED = [name for name in STRINGS if name not in ("NUL", "half a character", "emoji")]
EVIL = "evil.example"
FORGED_HOSTS = {
    "X-Forwarded-Host": EVIL,
    "X-Forwarded-Server": EVIL,
    "Forwarded": f"host={EVIL};proto=https",
    "X-Original-URL": f"https://{EVIL}/",
    "Referer": f"https://{EVIL}/",
    "Origin": f"https://{EVIL}",
}
QUESTIONS = (
    "after", "before", "week", "verdict", "standing", "show", "queue", "number", "next", "grade", "q", "kind", "person",
    "member", "limit", "older", "o", "p", "e", "term", "status", "mine",
)  # fmt: skip


def wrong_in(answer: HttpResponse) -> str:
    """What an answer to such strings must never be."""
    if answer.status_code >= 500:
        return f"answered {answer.status_code}"
    if "X-Attack" in answer.headers:
        return "made a header of it"
    said = text_of(answer)
    if "html" in answer.headers.get("Content-Type", "") and (
        found := next((raw for raw in RAW if raw in said), "")
    ):
        at = said.index(found)
        return f"shows it raw: {said[max(0, at - 80) : at + 60]!r}"
    if answer.headers.get("X-Content-Type-Options") != "nosniff":
        return "may be taken for a page"
    return ""


# -- forms of pages -----------------------------------------------------------------------------------------


def attack_forms(office: Office, forms: Iterable[Form], *, rounds: int) -> Told:
    """Every typed field of every form, with another string in each field and round."""
    told, names = Told("strings typed into forms"), list(STRINGS)
    for number, form in enumerate(forms):
        for step in range(rounds):
            strings = islice(cycle(names), (number * 3 + step) % len(names), None)
            texts = {name: sendable(STRINGS[one]) for name, one in zip(form.typed, strings, strict=False)}
            browser = office.browsers[form.by].again()
            with b.undone():
                answer = browser.post(form.action, form.filled(texts))
                wrong = wrong_in(answer)
                if answer.status_code == 302 and "logout" not in form.action:
                    wrong = wrong or wrong_in(browser.get(answer.headers["Location"]))
            wrong = wrong and f"{form.action} {wrong}; {texts}"[:900]
            told.note(f"forms below /{form.action.split('/')[1]}", answer.status_code, got_through=wrong)
    return told


def sendable(text: str) -> str:
    """A form is UTF-8: half a character is another one there."""
    return text.encode("utf-8", "replace").decode()


# -- bodies of the API --------------------------------------------------------------------------------------


def attack_bodies(cast: Cast, members: dict[str, Membership], rounds: Callable[[int], Iterable[int]]) -> Told:
    """Every text of every body, in the state in which the verb is lawful, by a role that may."""
    told, names = Told("strings sent to the API"), list(STRINGS)
    browsers = {role: Browser(member) for role, member in members.items()}
    for number, row in enumerate(one for one in MATRIX if one[0] in ("post", "put", "patch")):
        method, path, may = row[:3]
        fields = texts_of(method, path)
        if not fields:
            continue
        role = next(one for one in ROLES if one in may)
        with b.undone():
            record = made_for(path, cast, *members.values())
            for step in rounds(number):
                chosen, begin = (names, number * 3 + step * 5) if step else (WELL_FORMED, number)
                texts = {
                    name: STRINGS[chosen[(begin + place) % len(chosen)]][:most]
                    for place, (name, most) in enumerate(fields)
                }
                with b.undone():
                    answer = send(browsers[role].again(), cast, row, record, members[role], texts)
                wrong = wrong_in(answer)
                told.note(
                    f"{method} {path.split('/')[3]}",
                    answer.status_code,
                    got_through=wrong and f"{path} {wrong}: {texts}"[:900],
                )
    return told


def send(
    browser: Browser, cast: Cast, row: Any, record: Any, by: Membership, more: dict[str, Any]
) -> HttpResponse:
    """One request of the permission matrix, with more in its body."""
    method, path = row[:2]
    state = state_of(path)
    if state in OWN:
        give(record, by, OWN[state])
    ids = {state: getattr(record, "pk", UNKNOWN), "person": cast.sam.pk}
    body = body_of(path, cast, record, by) | more
    headers = {}
    if hasattr(record, "version"):
        headers = {"If-Match": f'"{record.pk}.{type(record).objects.get(pk=record.pk).version}"'}
    if path.endswith("/documents/"):
        return browser.post(path.format(**ids), body, headers=headers)
    told = json.dumps(body, default=str)
    return getattr(browser, method)(
        path.format(**ids), told, content_type="application/json", headers=headers
    )


def fields_of(method: str, path: str) -> dict[str, dict[str, Any]]:
    """What this address asks for, with the shape of each."""
    for known, methods in served_schema()["paths"].items():
        if _nameless(known) == _nameless(path.partition("?")[0]) and method in methods:
            shapes = methods[method].get("requestBody", {}).get("content", {}).values()
            return {name: one for shape in shapes for name, one in _properties(shape["schema"]).items()}
    return {}


def texts_of(method: str, path: str) -> list[tuple[str, int]]:
    """The fields of this address that take any text, and how long it may be."""
    return [
        (name, one.get("maxLength", 2000))
        for name, one in fields_of(method, path).items()
        if one.get("type") in ("string", ["string", "null"]) and not {"enum", "format"} & set(one)
    ]


def _properties(shape: dict[str, Any]) -> dict[str, dict[str, Any]]:
    if "$ref" in shape:
        shape = served_schema()["components"]["schemas"][shape["$ref"].rpartition("/")[2]]
    return dict(shape.get("properties", {}))


def _nameless(path: str) -> str:
    return "/".join("{}" if step.startswith("{") else step for step in path.split("/"))


# -- questions ----------------------------------------------------------------------------------------------


def attack_questions(office: Office, *, rounds: int) -> Told:
    """Every address that is read, with every name of a question that any of them knows, and under a forged host."""
    told, names = Told("strings in questions, under forged hosts"), list(STRINGS)
    for number, route in enumerate(one for one in routes() if one.reads and "out" not in one.name):
        roles = (
            list(office.browsers) if route.is_api else ["consent_manager", "privacy_officer", "agency_admin"]
        )
        for step in range(rounds):
            strings = islice(cycle(names), (number + step) % len(names), None)
            asked = {
                name: sendable(STRINGS[one][:300])
                for name, one in zip(_questions(route), strings, strict=False)
            }
            browser = office.browsers[roles[(number + step) % len(roles)]].again()
            with b.undone():
                answer = browser.get(route.address(office.ids), asked, headers=FORGED_HOSTS)
            wrong = wrong_in(answer) or (EVIL in text_of(answer) and "says a forged host")
            kind = "API" if route.is_api else "pages"
            told.note(kind, answer.status_code, got_through=wrong and f"{route.pattern} {wrong}")
    return told


def _questions(route: Any) -> list[str]:
    known = served_schema()["paths"].get("/" + route.pattern, {}).get("get", {}).get("parameters", [])
    return [one["name"] for one in known if one["in"] == "query"] if route.is_api else list(QUESTIONS)


# -- what is kept already -----------------------------------------------------------------------------------

_NOT_OURS = {"auth", "sessions", "contenttypes", "guardian", "axes", "account", "mfa", "socialaccount", "oauth2_provider", "usersessions", "admin"}  # fmt: skip
# Texts that are no words of a person: codes, hashes, keys of the index.
_CODES = {
    "code", "policy_pack", "username", "password", "timezone", "state", "language", "locale", "contact_number", "version",
    "channel", "search_hmac", "pair_hash", "request_id", "roles", "purpose", "table", "key_hmac", "request_hmac", "sha256",
    "language_code", "type", "interpreter_language", "url", "digest", "token", "jwks", "client_id", "rules",
}  # fmt: skip


def poison(choose: Callable[[int], str]) -> Told:
    """Put such a string into every text that a person could have written, in every table."""
    told = Told("columns that hold strings now")
    for model in apps.get_models():
        if model._meta.app_label in _NOT_OURS or model._meta.app_label == "trail":
            continue
        for place, column in enumerate(model._meta.concrete_fields):
            if (
                not isinstance(column, (models.CharField, models.TextField))
                or column.choices
                or column.name in _CODES
            ):
                continue
            text = choose(place)[: column.max_length or 2000]
            try:
                with transaction.atomic():
                    changed = _filled(model, column.name).update(**{column.name: text})
            except DatabaseError as refused:
                told.note(model._meta.app_label, f"refused by the database: {type(refused).__name__}")
            else:
                told.note(model._meta.app_label, "kept" if changed else "no row")
    return told


def _filled(model: type[models.Model], name: str) -> models.QuerySet[models.Model]:
    """The rows that say something here; nobody can ask that of a sealed column."""
    try:
        return model._default_manager.exclude(**{name: ""})
    except FieldError:
        return model._default_manager.all()


def look_at(pages: Iterable[Page]) -> tuple[Told, str]:
    """What these pages show raw; and all that they show, to see that there was something to escape."""
    told, shown = Told("pages that show such strings"), []
    for page in pages:
        wrong = wrong_in(page.answer)
        shown.append(text_of(page.answer))
        told.note(
            f"below /{page.route.pattern.split('/')[0]}",
            page.answer.status_code,
            got_through=wrong and f"{page.route.pattern} ({page.role}) {wrong}",
        )
    return told, "".join(shown)
