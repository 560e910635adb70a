"""What is asked at every address: of records that are kept far away, of one's own, of people known there alone.

The addresses are those that the site has now. One of the API is asked with what its schema says; a page needs its line
in PAGES, and an id in an address its kind: a new one without them is an error here.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.urls import get_resolver
from django.urls.resolvers import URLPattern, URLResolver

from tests.api.bodies import body_of
from tests.api.served_schema import served_schema
from tests.house.pair_worlds import ANN, NEARLY, SAM, County
from tests.house.pairs import Ask, as_json

WORK = ("clinician", "officer", "peer", "clinician of the clinic")
DESK = ("consent manager", "privacy officer", "auditor")
QUESTION = {"incident_ref": "2026-0001", "purpose": "le_crisis_response"}
WHY = {
    "incident_ref": "2026-0001",
    "reason_code": "imminent_self_harm",
    "reason": "Stands on the bridge and does not answer us.",
    "nature": "Person on a bridge",
    "recipient_name": "Reyes",
    "recipient_facility": "Kestrel",
    "send": "1",
}
_WHOM: tuple[dict[str, str], ...] = (SAM, ANN)
_FOUND = [{f"find_{name}": text for name, text in whom.items()} for whom in _WHOM]
_NOTHING: list[dict[str, str]] = []

# Kinds of the ids in addresses, by their names there.
KINDS = {
    "link_id": "team_link",
    "ledger_id": "answer",
    "request_id": "accounting",
    "pack_id": "absent",
    "content_type_id": "absent",
    "client_id": "absent",
    "key_id": "absent",
    "session_id": "absent",
    "membership_id": "membership",
    "provider_id": "absent",
} | {
    f"{kind}_id": kind
    for kind in (
        "amendment", "consent", "contact", "delivery", "document", "emergency", "endpoint", "finding", "flag",
        "follow_up", "linkage", "notice", "person", "plan", "suspension", "tip", "transfer", "pair", "merge", "choice",
        "report",
    )
}  # fmt: skip
# Pages: what is posted besides nothing at all. A page that takes a person is told of Sam and of Ann.
PAGES: dict[str, list[dict[str, str]]] = {
    **dict.fromkeys(
        (
            "home", "banner", "choose_duty", "choose_shade", "livez", "readyz", "today", "person", "linkage",
            "follow_up", "team_link", "flag", "tip", "plan", "transfer", "contact", "amendment", "inbox",
            "open_notice", "acknowledge_notice", "notice_preferences", "notice_systems", "remove_system",
            "dead_letters", "resend_dead_letter", "not_this_person", "emergencies", "emergency_alerts", "emergency_left",
            "admin:consents", "admin:consent", "admin:consent_form", "admin:consent_pdf", "admin:redraft", "admin:sign",
            "admin:attach", "admin:document", "admin:act", "admin:offers_due", "admin:person", "admin:draft",
            "admin:offer", "admin:preview", "admin:sign_off", "admin:permissions", "admin:accountings",
            "admin:suspensions", "admin:lift_accounting", "admin:accounting", "admin:accounting_copy",
            "admin:accounting_json", "admin:accounting_pdf", "admin:account", "admin:accountings_of",
            "admin:account_for", "admin:emergencies", "admin:emergencies_to_tell", "admin:emergency_case",
            "admin:clear_emergency", "admin:person_told", "admin:use", "admin:review_use", "admin:ledger",
            "admin:merges", "admin:merge", "admin:merge_reviews", "admin:merge_review", "admin:review_merge",
            "admin:rows_to_sort", "admin:duplicates", "admin:duplicate", "admin:identity_reports",
            "admin:accounts", "admin:enrol", "admin:take_on", "admin:account_reviews", "admin:account_of",
            "admin:review_account", "admin:end_session_of", "admin:act_on_account",
            "admin:clients", "admin:register_client", "admin:client", "admin:act_on_client",
            "admin:providers", "admin:register_provider", "admin:provider", "admin:act_on_provider",
            "sso_start", "sso_callback", "second_factor", "invitation", "account", "set_up_factor", "remove_app",
            "remove_key", "recovery_codes", "password", "end_other_sessions", "end_own_session", "lock", "locked",
            "reauthenticate",
            "admin:restrictions", "admin:restrict", "admin:restrict_one", "admin:index", "admin:login", "admin:logout",
            "admin:password_change", "admin:password_change_done", "admin:autocomplete", "admin:jsi18n",
            "admin:view_on_site", "admin:app_list", "admin:else",
        ),
        _NOTHING,
    ),
    **{name: [{"username": "far-author", "password": "wrong"}] for name in ("sign_in", "sign_out")},
    "look_up": [QUESTION | whom for whom in (*_WHOM, *NEARLY)],
    "emergency_new": [WHY | whom for whom in _WHOM],
    "emergency": [{"act": "end"}],
    "emergency_answer": [{"act": "release"}, {"act": "deny"}],
    "contact_new": [found | {"act": act} for found in _FOUND for act in ("find", "person", "none")],
    "contact_draft": [{"act": "finish"}, {"act": "cancel", "reason": "Twice."}, {"act": "find"} | _FOUND[1]],
    "admin:find_person": [*_WHOM],
    **{
        f"{what}_new": [{"kind": "animals", "note": "Seen.", "text": "Seen."}]
        for what in ("call", "transfer", "linkage", "follow_up", "flag", "tip", "plan", "team_link")
    },
    "safe_ways": [{"way": "text"}],
    "admin:act_on_merge": [{"reason": "So.", "version": "1"}],
    "admin:ask_to_take_apart": [{"reason": "So."}],
    "admin:sort_row": [{"about": "a"}],
    "admin:decide_duplicate": [{"verdict": "same", "reason": "So.", "version": "1"}],
    "admin:ask_for_merge": [{"survivor": "left", "reason": "So."}],
    "admin:identity_report": [{"outcome": "unclear", "note": "So.", "version": "1"}],
    "identity": [{"how": "document"}],
}  # fmt: skip
_ORGANISATION = ("agency", "agreement", "team", "member", "membership", "policypack")
# What may be asked of lists and searches of pages.
QUERIES = {
    "admin:consents": [
        "number={consent}",
        "number={person}",
        "standing=active",
        "queue=verify",
        "after={consent}",
    ],
    "admin:ledger": ["person={person}", "member={membership}"],
    "admin:duplicates": ["verdict=same", "after={pair}"],
    "admin:merges": ["after={merge}"],
    "admin:autocomplete": [
        "app_label=agencies&model_name=membership&field_name=member&term=far",
        "app_label=agencies&model_name=team&field_name=agency&term=far",
    ],
    "admin:member_changelist": ["q=far"],
    "person": ["show=care", "show=plan", "older"],
    "inbox": ["after={notice}", "kind=crisis_contact"],
}
SLUGS = {
    "admin:act": ("revoke", "activate"),
    "admin:account": ("prepare", "deliver"),
    "admin:account_for": ("receive", "suspend"),
    "admin:restrict": ("request", "level"),
    "admin:act_on_account": ("suspend", "disable"),
    "admin:act_on_client": ("suspend", "resume"),
    "admin:act_on_provider": ("close", "reopen"),
    "invitation": ("nowhere",),
    "sso_start": ("nowhere",),
    "sso_callback": ("nowhere",),
    "admin:act_on_merge": ("withdraw", "approve", "unmerge", "take-apart"),
    "admin:restrict_one": ("decide", "end"),
    "emergency_alerts": ("0",),
    "emergency_left": ("0",),
}
_WITH_ID = re.compile(r"[0-9a-f]{8}-[0-9a-f-]{27}")
_LONG = ("/schema/", "/docs/", "/enums/")
_PARAMETER = re.compile(r"<(?:(\w+):)?(\w+)>|\{(\w+)\}")


@dataclass(frozen=True)
class Planned:
    """One request and who may send it; about one record, or narrowed, or writing: then not everybody has to.

    `is_first` of its route and method; the others are asked by drill.
    """

    ask: Ask
    askers: tuple[str, ...]
    is_first: bool = True

    @property
    def is_about_one_record(self) -> bool:
        return bool(_WITH_ID.search(self.ask.url))

    @property
    def is_about_one(self) -> bool:
        return self.is_about_one_record or "?" in self.ask.url or self.ask.method != "get"


def planned(county: County, foreign: dict[str, UUID]) -> Iterator[Planned]:
    """Every request of this comparison."""
    yield from _of_api(county, foreign)
    for name, route in pages():
        if name not in PAGES and not name.startswith("admin:agencies_"):
            raise LookupError(f"say in PAGES what is posted to {name} ({route})")
        yield from _of_page(county, foreign, name, route)


# -- the API ------------------------------------------------------------------------------------------------


def _of_api(county: County, foreign: dict[str, UUID]) -> Iterator[Planned]:
    for path, methods in served_schema()["paths"].items():
        for method, operation in methods.items():
            if method == "get":
                yield from _reads(path, operation, county, foreign)
            elif method in ("post", "put", "patch"):
                yield from _writes(path, method, operation, county, foreign)


def _reads(
    path: str, operation: dict[str, Any], county: County, foreign: dict[str, UUID]
) -> Iterator[Planned]:
    everybody = ("clinician", *(name for name in county.askers if name != "clinician"))
    if path.endswith(_LONG):  # long, and made without a look at the database
        everybody = ("clinician",)
    queries = ["", *_queries(operation, county, foreign)]
    for url in _addresses(path, county, foreign):
        for query in queries:
            is_first = not query or query.startswith(("after", "person"))
            yield Planned(Ask("get", f"{url}?{query}" if query else url), everybody, is_first)


def _queries(operation: dict[str, Any], county: County, foreign: dict[str, UUID]) -> Iterator[str]:
    for parameter in operation.get("parameters", []):
        if parameter["in"] == "query":
            for value in _values(parameter["name"], parameter["schema"], county, foreign):
                yield f"{parameter['name']}={value}"


def _values(name: str, shape: dict[str, Any], county: County, foreign: dict[str, UUID]) -> tuple[object, ...]:
    """A value or two that make sense, and one that does not."""
    if "$ref" in shape or "allOf" in shape or "enum" in shape or "oneOf" in shape:
        return ("nonsense", *_first_choices(shape))
    if shape.get("format") == "uuid":
        kind = name if name in foreign else "contact"
        return (foreign[kind], county.own[kind].pk if kind in county.own else foreign["person"])
    return {"boolean": ("true",), "integer": (1,)}.get(str(shape.get("type")), ("nonsense",))


def _first_choices(shape: dict[str, Any]) -> tuple[object, ...]:
    if "$ref" in shape:
        shape = served_schema()["components"]["schemas"][shape["$ref"].rpartition("/")[2]]
    return tuple(shape.get("enum", ())[:1])


def _writes(
    path: str, method: str, operation: dict[str, Any], county: County, foreign: dict[str, UUID]
) -> Iterator[Planned]:
    takes = operation.get("requestBody", {}).get("content", {})
    is_form = set(takes) == {"multipart/form-data"}
    kind = _kind(path)
    row = county.own.get(kind or "")
    good = body_of(path, county.cast, row, county.cast.embedded)
    if operation.get("requestBody", {}).get("required") and not good:
        raise LookupError(f"say in tests.api.bodies what is sent to {path}")
    bodies = [good] if is_form else [as_json(good), _of_ann(as_json(good), county, foreign)]
    bad = {} if is_form else '{"nonsense": 1}'
    for place, url in enumerate(_addresses(path, county, foreign)):
        tag = _tag(row if place else foreign.get(kind or ""))
        for body in dict.fromkeys(bodies) if not is_form else bodies:
            is_first = place == 0 and (kind is None or body is bodies[0])
            yield Planned(Ask(method, url, body, tag), WORK + DESK[:2] + ("system",), is_first)
        yield Planned(Ask(method, url, bad), ("clinician",), is_first=False)


def _of_ann(body: str, county: County, foreign: dict[str, UUID]) -> str:
    """The same words about somebody, and about a contact, of far away."""
    for ours, theirs in (
        (county.cast.sam.pk, foreign["person"]),
        (county.cast.sams_contact.pk, foreign["contact"]),
        ('"Testcase"', '"Fararound"'),
        ('"Sam"', '"Ann"'),
        ("1988-04-03", "1971-02-03"),
        ("4/3/1988", "2/3/1971"),
    ):
        body = body.replace(str(ours), str(theirs))
    return body


def _tag(row: Any) -> tuple[tuple[str, str], ...]:
    if row is None:
        return ()
    pk, version = (row.pk, getattr(row, "version", 1)) if hasattr(row, "pk") else (row, 1)
    return (("If-Match", f'"{pk}.{version}"'),)


# -- the pages ----------------------------------------------------------------------------------------------


def pages() -> Iterator[tuple[str, str]]:
    """Name and route of every address outside of the API."""
    return ((name, route) for name, route in _walk(get_resolver()) if not route.startswith("api/"))


def _walk(resolver: URLResolver, before: str = "", space: str = "") -> Iterator[tuple[str, str]]:
    for one in resolver.url_patterns:
        route = before + str(one.pattern)
        if isinstance(one, URLPattern):
            name = one.name or ("agencies_redirect" if "object_id" in route else "else")
            yield f"{space}{name}", route
        else:
            yield from _walk(one, route, f"{one.namespace}:" if one.namespace else space)


def _of_page(county: County, foreign: dict[str, UUID], name: str, route: str) -> Iterator[Planned]:
    askers = _who_sees(name)
    route = route.replace("^(?P<app_label>agencies)/$", "agencies/").replace("(?P<url>.*)$", "nowhere")
    queries = [query.format(**_texts(foreign)) for query in QUERIES.get(name, ())]
    for slug in SLUGS[name] if "<slug:" in route else ("",):
        urls = _addresses(re.sub("<slug:[a-z]+>", slug, f"/{route}"), county, foreign)
        for url in urls:
            is_first = url == urls[0] and slug == SLUGS.get(name, ("",))[0]
            for query in ["", *queries]:
                yield Planned(Ask("get", f"{url}?{query}" if query else url), askers, is_first)
            for body in PAGES.get(name) or [{}]:
                yield Planned(Ask("post", url, body), askers, is_first and bool(PAGES.get(name)))


_OF_ADMINISTRATORS = (
    "admin:autocomplete", "admin:app_list", "admin:accounts", "admin:account_reviews", "admin:account_of",
    "admin:review_account", "admin:act_on_account",
)  # fmt: skip


def _who_sees(name: str) -> tuple[str, ...]:
    if name.startswith("admin:agencies_") or name in _OF_ADMINISTRATORS:
        return ("administrator",)
    return DESK if name.startswith("admin:") else (*WORK, "dispatcher", "consent manager")


# -- addresses ----------------------------------------------------------------------------------------------


def _addresses(route: str, county: County, foreign: dict[str, UUID]) -> list[str]:
    """The address of what is kept far away, and of the own record of that kind if there is one."""
    ours = {kind: row.pk for kind, row in county.own.items()}
    found = [_filled(route, foreign)]
    kinds = [kind_named(one, route) for one in _PARAMETER.finditer(route)]
    if kinds and all(kind in ours for kind in kinds):
        found.append(_filled(route, ours))
    return found


def _filled(route: str, ids: dict[str, UUID]) -> str:
    return _PARAMETER.sub(lambda one: str(ids[kind_named(one, route)]), route)


def _kind(route: str) -> str | None:
    kinds = [kind_named(one, route) for one in _PARAMETER.finditer(route)]
    return kinds[0] if kinds else None


def kind_named(one: re.Match[str], route: str) -> str:
    """The kind of record that an id in an address means. Raises KeyError for one that nobody named."""
    name = one[2] or one[3]
    if name == "object_id":
        model = route.split("/")[3] if "/agencies/" in route else "absent"
        return model if model in ("member", "membership", "team") else "absent"
    if name == "subject_id":
        return "person" if "people/" in route else "contact"
    if name == "row_id":
        return "restriction" if "restrictions" in route else _ROWS[route.split("/")[2]]
    return KINDS[name]


_ROWS = {
    "linkages": "linkage", "follow-ups": "follow_up", "team-links": "team_link", "flags": "flag", "tips": "tip",
    "plans": "plan", "transfers": "transfer", "contacts": "contact", "amendments": "amendment",
}  # fmt: skip


def _texts(foreign: dict[str, UUID]) -> dict[str, str]:
    return {kind: str(pk) for kind, pk in foreign.items()}


def first_of_each(county: County, foreign: dict[str, UUID]) -> Iterator[tuple[str, Ask]]:
    """One request of each route and method, by each of its first three askers in turn."""
    for number, one in enumerate(plan for plan in planned(county, foreign) if plan.is_first):
        yield one.askers[number % min(3, len(one.askers))], one.ask


def all_of_all(county: County, foreign: dict[str, UUID]) -> Iterator[tuple[str, Ask]]:
    """Every request by everybody whom it concerns."""
    return ((name, one.ask) for one in planned(county, foreign) for name in one.askers)


def of_nobody(county: County, names: tuple[str, ...]) -> Iterator[tuple[str, Ask]]:
    """Look-ups, and all lists and pages that name no record, asked by these."""
    kinds = [*KINDS.values(), *_ROWS.values(), "draft", "restriction", "member", "membership", "team"]
    for one in planned(county, dict.fromkeys(kinds, UUID(int=1))):
        url = one.ask.url
        says = one.ask.method == "get" or "lookup" in url or "emergencies" in url
        is_theirs = not url.startswith("/admin/") and not url.endswith(_LONG)
        if one.is_first and says and is_theirs and not one.is_about_one_record:
            yield from ((name, one.ask) for name in names)
