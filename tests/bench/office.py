"""The privacy office at few and at many consents: the same number of statements, and what its pages take."""

import psycopg
from django.core.management import call_command
from rich.console import Console
from rich.table import Table

from continuity.agencies.models import Agency
from continuity.consents.models import Consent, ConsentRecipient
from tests import builders
from tests.bench.databases import Filled
from tests.bench.pages import time_page

_CONSENT = [field.column for field in Consent._meta.concrete_fields]
_RECIPIENT = [field.column for field in ConsentRecipient._meta.concrete_fields]
_MORE = f"""
WITH pattern AS (
  SELECT c.*, row_number() OVER () AS number FROM consents_consent c WHERE c.custodian_id = %(custodian)s LIMIT 2000
), made AS (
  INSERT INTO consents_consent ({", ".join(_CONSENT)})
  SELECT {", ".join("gen_random_uuid()" if name == "id" else f"p.{name}" for name in _CONSENT)}
  FROM pattern p CROSS JOIN generate_series(1, %(rounds)s)
  RETURNING id
)
INSERT INTO consents_consentrecipient ({", ".join(_RECIPIENT)})
SELECT {", ".join({"id": "gen_random_uuid()", "consent_id": "m.id"}.get(name, f"r.{name}") for name in _RECIPIENT)}
FROM made m CROSS JOIN (SELECT * FROM consents_consentrecipient LIMIT 1) r
"""


def _grow(filled: Filled, county: Agency, consents: int) -> int:
    """Repeat the county's consents until there are about as many; returns how many there are."""
    own = Consent.objects.filter(custodian=county)
    pattern = min(2000, own.count())
    rounds = max(0, consents - own.count()) // pattern
    if rounds:
        with psycopg.connect(filled.owner_url, dbname=filled.name, autocommit=True) as owner:
            owner.execute(_MORE, {"custodian": county.pk, "rounds": rounds})
            owner.execute("ANALYZE")
    return own.count()


def measure(filled: Filled, console: Console, most: int, each: int) -> None:
    """Print statements and times of home, list and a person's page, at the county's own number and at `most`."""
    call_command("collectstatic", interactive=False, verbosity=0)  # the pages name their style by its hash
    county = Agency.objects.get(code="county")
    kim = builders.member("office-kim", county, "consent_manager")
    table = Table(title="The privacy office, one reader in one process")
    for heading in ("consents", "page", "statements", "p50 ms", "p95 ms", "kB"):
        table.add_column(heading, justify="left" if heading == "page" else "right")
    for wanted in (0, most):
        consents = _grow(filled, county, wanted)
        person = Consent.objects.filter(custodian=county).values_list("person", flat=True).first()
        for page in (
            "/admin/",
            "/admin/consents/",
            "/admin/consents/?standing=expiring",
            f"/admin/people/{person}/",
        ):
            statements, run, size = time_page(page, kim, each)
            name = page.replace(str(person), "{person}")
            table.add_row(
                f"{consents:,}", name, str(statements), f"{run.percentile(50):.1f}", f"{run.percentile(95):.1f}",
                f"{size / 1000:.0f}",
            )  # fmt: skip
    console.print(table)
