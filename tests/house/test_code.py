"""What is true of the code as text: its sizes, its names, its clock, and the short cuts it does not take."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from django.conf import settings

ROOT = Path(settings.BASE_DIR)
SOURCES = sorted(
    path.relative_to(ROOT)
    for folder in ("continuity", "config")
    for path in (ROOT / folder).rglob("*.py")
    if "migrations" not in path.parts
)
TESTS = sorted(path.relative_to(ROOT) for path in (ROOT / "tests").rglob("*.py"))
LONGEST_FILE, LONGEST_FUNCTION = 400, 60
BANNED_NAMES = {"utils", "helpers", "common", "base", "core", "misc", "managers", "constants"}
DOORS = ("api", "lookup", "entry", "intake", "caseload", "backoffice", "fhir", "reports", "delivery")
CLOCKS = {
    ("timezone", "now"),
    ("timezone", "localdate"),
    ("timezone", "localtime"),
    ("datetime", "now"),
    ("datetime", "utcnow"),
    ("datetime", "today"),
    ("date", "today"),
    ("time", "time"),
    ("functions", "Now"),
}
# auditlog sees `save()` alone: whoever writes past it says here who writes the history, or why there is none.
PAST_THE_HISTORY = {
    ("continuity/disclosures/person_rows.py", "_not_theirs_yet"): "one row at a time: the history has it",
    ("continuity/trail/services.py", "record_creations"): "the history itself",
    ("continuity/trail/tasks.py", "forget_answered_requests"): "kept answers are no records; a day ends them",
    (
        "continuity/agencies/factors.py",
        "add_app",
    ): "allauth's rows are no records; events say what was added and removed",
    ("continuity/agencies/factors.py", "remove_key"): "as above",
    ("continuity/agencies/factors.py", "remove_app"): "as above",
    ("continuity/agencies/factors.py", "renew_recovery_codes"): "as above",
    (
        "continuity/agencies/providers.py",
        "_unlink",
    ): "links are allauth's and no records; events say who ended them",
    (
        "continuity/agencies/accounts.py",
        "_remember",
    ): "the hash of a password of long ago is no record; the change of password is an event",
    (
        "continuity/agencies/account_sessions.py",
        "end_sessions",
    ): "sessions and tokens are no records; an event says that they ended",
    (
        "continuity/agencies/account_sessions.py",
        "forget_factors",
    ): "allauth's rows are no records; events say what was removed",
    ("continuity/agencies/grants.py", "take"): "grants are no records; the linkage's history shows its end",
    ("continuity/agencies/credentials.py", "note_use"): "when a program asked last has no history",
    (
        "continuity/agencies/machines.py",
        "_end_tokens",
    ): "tokens are no records; the program's history has the cause",
    ("continuity/agencies/machines.py", "_forget_old_tokens"): "as above; minutes end them",
    (
        "continuity/agencies/grants.py",
        "unname_member",
    ): "grants are no records; the privacy office's decision is one",
    ("continuity/treatment/deaths.py", "_note_who_knows"): "that an agency knows a person has no history",
    (
        "continuity/crisis/services.py",
        "_write_texts",
    ): "one row: its history shows that a draft's text was emptied",
    ("continuity/consents/services.py", "redraft_consent"): "one by one: history keeps who was named",
    (
        "continuity/delivery/fan_out.py",
        "fan_out",
    ): "a notice is no record, nor is a delivery: 90 days end them",
    ("continuity/delivery/claims.py", "_lease"): "as above",
    ("continuity/delivery/claims.py", "postpone"): "as above",
    ("continuity/delivery/claims.py", "note_sent"): "as above",
    ("continuity/delivery/claims.py", "note_withheld"): "as above",
    ("continuity/delivery/claims.py", "note_failed"): "as above",
    ("continuity/delivery/claims.py", "_note_nobody_reached"): "as above",
    ("continuity/delivery/tasks.py", "forget_old_notices"): "as above",
    (
        "continuity/people/comparisons.py",
        "ask_to_compare",
    ): "that somebody waits to be compared is no record; minutes end it",
    ("continuity/people/duplicates.py", "compare_next"): "as above",
    ("continuity/disclosures/merges.py", "_share_agencies"): "that an agency knows a person has no history",
    ("continuity/disclosures/unmerges.py", "_tell_agencies_apart"): "as above",
    ("continuity/disclosures/unmerges.py", "_tell_fields_apart"): "who was told of a death; as above",
    ("continuity/intake/loading.py", "create_recorded"): "writes the history with record_creations",
    ("continuity/intake/loading.py", "note_own_records"): "that an agency knows a person has no history",
    ("continuity/intake/management/commands/demo.py", "_set_one_password"): "accounts of a made-up county",
    ("continuity/intake/load_people.py", "write"): "file ids are derived",
    ("continuity/intake/load_care.py", "write"): "rows of a relation; the consent's own history is written",
}


def tree_of(path: Path) -> ast.Module:
    return ast.parse((ROOT / path).read_text())


def functions(path: Path) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    nodes = ast.walk(tree_of(path))
    return (node for node in nodes if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))


def calls(tree: ast.AST, *names: str) -> Iterator[ast.Call]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in names:
            yield node


def lines_with(pattern: str, *, apart_from: str = "") -> list[str]:
    """Every `file:line` that holds the pattern."""
    return [
        f"{path}:{number}"
        for path in SOURCES
        if str(path) != apart_from
        for number, line in enumerate((ROOT / path).read_text().splitlines(), 1)
        if re.search(pattern, line)
    ]


def test_sources_are_found():
    assert {"continuity/errors.py", "config/settings.py"} <= {str(path) for path in SOURCES}
    assert Path("tests/cast.py") in TESTS


def test_files_are_short():
    sizes = {str(path): len((ROOT / path).read_text().splitlines()) for path in SOURCES + TESTS}
    assert {path: n for path, n in sizes.items() if n > LONGEST_FILE} == {}


def test_functions_are_short():
    sizes = {
        f"{path}:{f.name}": f.end_lineno - f.lineno + 1 for path in SOURCES + TESTS for f in functions(path)
    }
    assert {name: size for name, size in sizes.items() if size > LONGEST_FUNCTION} == {}


def test_no_module_is_a_drawer():
    parts = {part.removesuffix(".py").strip("_") for path in SOURCES for part in path.parts}
    assert parts & BANNED_NAMES == set()


def writes_past_the_history(function: ast.AST) -> bool:
    # A QuerySet's update() takes keywords only; a dict's or a hash's takes a value.
    updates = any(call.keywords and not call.args for call in calls(function, "update", "aupdate"))
    return updates or any(
        calls(function, "bulk_create", "bulk_update", "abulk_create", "delete", "_raw_delete")
    )


def test_whoever_writes_past_the_history_is_listed_with_a_reason():
    found = {(str(path), f.name) for path in SOURCES for f in functions(path) if writes_past_the_history(f)}
    assert found == set(PAST_THE_HISTORY), "write the history, or list it with the reason"


def reads_a_clock(node: ast.AST) -> bool:
    return (
        isinstance(node, ast.Attribute)
        and isinstance(node.value, ast.Name)
        and (node.value.id, node.attr) in CLOCKS
    )


def test_clock_is_read_in_doors_tasks_and_commands_only():
    floors = [path for path in SOURCES if path.parts[0] == "continuity" and path.parts[1] not in DOORS]
    assert [
        f"{path}:{node.lineno}"
        for path in floors
        # A throttle counts windows of the wall clock.
        if path.name not in ("tasks.py", "throttles.py") and path.parent.name != "commands"
        for node in ast.walk(tree_of(path))
        if reads_a_clock(node)
    ] == []


def test_nobody_asks_whether_a_member_is_a_superuser():
    assert lines_with("is_superuser", apart_from="continuity/agencies/models/members.py") == []


def test_silenced_type_errors_say_why():
    assert lines_with(r"#\s*type:\s*ignore(\[[^\]]*\])?\s*$") == []
