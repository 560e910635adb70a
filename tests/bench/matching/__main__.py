"""`make bench-matching`: print how well the right person is found, then how fast in a database."""

import argparse
import os
import secrets
from pathlib import Path

os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings"  # the real ones, as in production
os.environ.setdefault("INSECURE_COOKIES", "true")
os.environ.setdefault("LOG_LEVEL", "ERROR")
for key in ("SECRET_KEY", "MATCH_KEY", "LEDGER_KEY"):
    os.environ.setdefault(key, secrets.token_urlsafe(48))
for keys in ("FIELD_KEYS", "SEAL_KEYS"):
    os.environ.setdefault(keys, f"bench:{secrets.token_urlsafe(48)}")

import django  # noqa: E402

django.setup()

from rich.console import Console  # noqa: E402

from tests.bench.matching import quality, store  # noqa: E402


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.bench.matching", description=__doc__)
    parser.add_argument("what", nargs="?", default="all", choices=("quality", "store", "all"))
    parser.add_argument(
        "--data", type=Path, help="a folder of sets more: */index.csv, queries.csv, truth.csv"
    )
    parser.add_argument("--crowd", type=int, default=190_000, help="how many people nobody asks for")
    parser.add_argument("--crowd-file", type=Path, help="the crowd, as an index.csv")
    parser.add_argument("--people", type=int, default=1_000_000, help="in the database")
    parser.add_argument("--quick", action="store_true", help="small, to see that it works")
    chosen = parser.parse_args()
    if chosen.quick:
        chosen.crowd, chosen.people = min(chosen.crowd, 5_000), min(chosen.people, 5_000)
    console = Console(width=max(150, Console().width))
    if chosen.what in ("quality", "all"):
        quality.measure(
            console,
            folder=chosen.data,
            crowd=chosen.crowd,
            crowd_file=chosen.crowd_file,
            quick=chosen.quick,
        )
    if chosen.what in ("store", "all"):
        one = chosen.data / "public_field" if chosen.data else None
        in_database = argparse.Namespace(
            people=chosen.people,
            questions=200 if chosen.quick else 2_000,
            beside=20 if chosen.quick else 200,
            data=one if one and one.exists() else None,
            crowd=chosen.crowd_file,
        )
        store.run(in_database, console)


if __name__ == "__main__":
    main()
