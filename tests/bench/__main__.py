"""`make bench`: print how fast the look-up is, and that its negative answers take like time."""

import argparse
import os
import secrets
import warnings

os.environ["DJANGO_SETTINGS_MODULE"] = (
    "config.settings"  # the real ones: their hashing, pool and floor of time
)
os.environ.setdefault("INSECURE_COOKIES", "true")  # loopback has no TLS
os.environ.setdefault("LOG_LEVEL", "ERROR")
for key in ("SECRET_KEY", "MATCH_KEY", "LEDGER_KEY"):
    os.environ.setdefault(key, secrets.token_urlsafe(48))

for keys in ("FIELD_KEYS", "SEAL_KEYS"):
    os.environ.setdefault(keys, f"bench:{secrets.token_urlsafe(48)}")

import django  # noqa: E402

warnings.filterwarnings("ignore", "No directory at")  # of static files: no page is served here
django.setup()

from rich.console import Console  # noqa: E402

from tests.bench import caseload, floor, lookups, negatives, office, sealing, wall  # noqa: E402
from tests.bench.databases import filled_database  # noqa: E402


def _numbers(text: str) -> list[int]:
    return [int(part.replace("_", "")) for part in text.split(",")]


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument(
        "what",
        nargs="?",
        default="all",
        choices=("lookups", "wall", "negatives", "office", "caseload", "seals", "all"),
    )
    parser.add_argument(
        "--people", type=_numbers, default=[20_000, 1_000_000], help="sizes, with commas between"
    )
    parser.add_argument("--clients", type=_numbers, default=[1, 8])
    parser.add_argument("--seconds", type=float, default=20, help="of each measurement")
    parser.add_argument("--quick", action="store_true", help="small and short, to see that it works")
    chosen = parser.parse_args()
    if chosen.quick:
        chosen.people, chosen.seconds = [2_000], 2
    console = Console(width=max(160, Console().width))
    rows: list[lookups.Row] = []
    for people in sorted(chosen.people):
        with filled_database(people) as filled:
            cost = floor.commit_cost(filled.url, filled.name)
            console.print(f"One durable commit waits {cost:.2f} ms for this disk.")
            if chosen.what in ("lookups", "all"):
                rows += lookups.measure(filled, chosen.clients, chosen.seconds)
            if chosen.what in ("wall", "all") and people == min(chosen.people):
                wall.measure(filled, console, chosen.seconds)
            if chosen.what in ("negatives", "all") and people == min(chosen.people):
                negatives.measure(filled, 40 if chosen.quick else 400, console)
            if chosen.what in ("office", "all") and people == min(chosen.people):
                office.measure(
                    filled, console, 5_000 if chosen.quick else 200_000, 10 if chosen.quick else 100
                )
            if chosen.what in ("caseload", "all") and people == min(chosen.people):
                caseload.measure(filled, console, 10 if chosen.quick else 100)
            if chosen.what in ("seals", "all") and people == min(chosen.people):
                sealing.measure(filled, console, chosen.seconds, 50_000 if chosen.quick else 1_500_000)
    if rows:
        lookups.show(rows, console)


if __name__ == "__main__":
    main()
