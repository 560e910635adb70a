"""The clinician's pages with few items and with 5,000: the same number of statements, and what they take."""

from datetime import timedelta

import psycopg
from django.core.management import call_command
from django.utils import timezone
from rich.console import Console
from rich.table import Table

from continuity.agencies.models import Agency, Membership
from continuity.crisis.models import CrisisContact
from continuity.treatment.models import FollowUp, Linkage
from tests import builders
from tests.bench.databases import Filled
from tests.bench.pages import time_page


def _repeat(model: type, changes: dict[str, str]) -> str:
    """One statement that writes `items` rows more after the pattern of those the agency has, with these changes."""
    columns = [field.column for field in model._meta.concrete_fields]  # type: ignore[attr-defined]  # a model
    given = {"id": "gen_random_uuid()"} | changes
    table = model._meta.db_table  # type: ignore[attr-defined]  # as above
    values = ", ".join(given.get(name, f"p.{name}") for name in columns)
    return f"""
      INSERT INTO {table} ({", ".join(columns)})
      SELECT {values} FROM (SELECT *, row_number() OVER () AS number FROM {table}
                            WHERE custodian_id = %(custodian)s ORDER BY id LIMIT 500) p
      CROSS JOIN generate_series(1, (%(items)s + 499) / 500) AS round
      LIMIT %(items)s"""


_OPEN = {"status": "'sent'", "closed_at": "NULL", "external_id": "''"}
_MORE = {
    "follow-ups": (
        _repeat(
            FollowUp,
            _OPEN
            | {
                "result": "''",
                "rule": "''",
                "assigned_to_id": "%(me)s",
                "due_at": "%(now)s::timestamptz + make_interval(mins => (p.number * 7 + round * 13)::int %% 2880 - 1440)",
            },
        ),
        4200,
    ),
    "linkages": (
        _repeat(Linkage, _OPEN | {"requested_by_id": "%(me)s", "requested_at": "%(now)s::timestamptz"}),
        700,
    ),
    "drafts": (
        _repeat(
            CrisisContact,
            {
                "record_status": "'draft'",
                "finalised_at": "NULL",
                "author_id": "%(me)s",
                "contact_number": "'B-' || p.number || '-' || round",
            },
        ),
        100,
    ),
}


def _grow(filled: Filled, county: Agency, me: Membership) -> int:
    with psycopg.connect(filled.owner_url, dbname=filled.name, autocommit=True) as owner:
        for statement, items in _MORE.values():
            about = {"custodian": county.pk, "me": me.pk, "now": timezone.now(), "items": items}
            owner.execute(statement, about)
        owner.execute("ANALYZE")
    return sum(items for _, items in _MORE.values())


def measure(filled: Filled, console: Console, each: int) -> None:
    """Print statements and times of Today and of a person's page, with the county's own items and with 5,000 more."""
    call_command("collectstatic", interactive=False, verbosity=0)  # the pages name their style by its hash
    county = Agency.objects.get(code="county")
    me = builders.member("caseload-adeyemi", county, "embedded_clinician")
    boss = builders.member("caseload-boss", county, "supervisor")
    busiest = (
        CrisisContact.objects.filter(custodian=county, occurred_at__lt=timezone.now() - timedelta(days=1))
        .exclude(person=None)
        .values_list("person", flat=True)
        .first()
    )
    table = Table(title="The clinician's pages, one reader in one process")
    for heading in ("more items", "page", "statements", "p50 ms", "p95 ms", "kB"):
        table.add_column(heading, justify="left" if heading == "page" else "right")
    for more in (False, True):
        items = _grow(filled, county, me) if more else 0
        for name, page, reader in (
            ("Today", "/caseload/", me),
            ("Today, supervisor", "/caseload/", boss),
            ("a person", f"/caseload/people/{busiest}/", me),
            ("GET follow-ups/", "/api/v1/follow-ups/", me),
            ("GET people/{id}/record/", f"/api/v1/people/{busiest}/record/", me),
        ):
            statements, run, size = time_page(page, reader, each)
            table.add_row(
                f"{items:,}", name, str(statements), f"{run.percentile(50):.1f}", f"{run.percentile(95):.1f}",
                f"{size / 1000:.0f}",
            )  # fmt: skip
    console.print(table)
