"""Seals as JSON lines for another system: a chain that was written anew does not fit the copy kept there (AU-9)."""

import base64
import json
import os
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID

from django.conf import settings

from continuity.disclosures import seals
from continuity.disclosures.canonical import TABLES
from continuity.disclosures.models import LedgerSeal
from continuity.disclosures.verification import Chain

_TEXTS = ("table", "kind", "root", "marks_sha256", "previous", "key_id", "mac")
_NUMBERS = ("number", "rows", "format")
_IDS = ("id", "from_id", "until_id")


class NotTheExported(Exception):
    """The database's seals are not those of the file: see "When verification fails" in docs/operations.md."""


def as_line(seal: LedgerSeal) -> str:
    said: dict[str, Any] = {name: getattr(seal, name) for name in (*_TEXTS, *_NUMBERS)}
    said |= {name: str(getattr(seal, name)) for name in _IDS}
    said["sealed_at"] = seal.sealed_at.isoformat()
    said["marks"] = base64.b64encode(bytes(seal.marks)).decode()
    return json.dumps(said, separators=(",", ":"))


def from_line(line: str) -> LedgerSeal:
    """Raises ValueError or KeyError for what `as_line` did not write."""
    said = json.loads(line)
    values = {name: said[name] for name in (*_TEXTS, *_NUMBERS)} | {name: UUID(said[name]) for name in _IDS}
    return LedgerSeal(
        **values,
        sealed_at=datetime.fromisoformat(said["sealed_at"]),
        marks=base64.b64decode(said["marks"], validate=True),
    )


def read_export(path: Path) -> dict[str, Chain]:
    """The file's seals by table and number. Raises NotTheExported when a line is not one of ours."""
    chains: dict[str, Chain] = {name: {} for name in TABLES}
    with path.open() as lines:
        for place, line in enumerate(lines, 1):
            try:
                seal = from_line(line)
                chains[seal.table][seal.number] = seal
            except (ValueError, KeyError, TypeError) as error:
                raise NotTheExported(f"line {place} of {path} is not a seal") from error
    return chains


def lines_after(heads: dict[str, int]) -> Iterator[str]:
    """The seals after the number named for each table, a line each."""
    for table in TABLES:
        later = LedgerSeal.objects.filter(table=table, number__gt=heads.get(table, 0))
        for seal in later.order_by("number").iterator(chunk_size=20):
            yield as_line(seal) + "\n"


def append_new(path: Path) -> int:
    """Add the seals that the file lacks and say how many. Raises NotTheExported: its last ones are not ours."""
    heads = _heads_of(path) if path.exists() else {}
    for table, (number, mac) in heads.items():
        if not LedgerSeal.objects.filter(table=table, number=number, mac=mac).exists():
            raise NotTheExported(f"{table}: seal {number} of {path} is not in the database")
    count = 0
    with open(path, "a", opener=_private) as file:
        for line in lines_after({table: number for table, (number, _) in heads.items()}):
            file.write(line)
            count += 1
        file.flush()
        os.fsync(file.fileno())
    return count


def seal_and_copy(at: datetime) -> list[LedgerSeal]:
    """Seal what is quiet and add it to SEALS_FILE, unless what stands there says that seals were taken away.

    Raises NoSealKey and NotTheExported, before anything is sealed over the traces.
    """
    copy = Path(settings.SEALS_FILE) if settings.SEALS_FILE else None
    if copy:
        append_new(copy)
    made = seals.seal_all(at)
    if copy:
        append_new(copy)
    return made


def _heads_of(path: Path) -> dict[str, tuple[int, str]]:
    """The last number and mac of each table; the marks are not kept, the file may be long."""
    heads: dict[str, tuple[int, str]] = {}
    with path.open() as lines:
        for place, line in enumerate(lines, 1):
            try:
                said = json.loads(line)
                heads[said["table"]] = (said["number"], said["mac"])
            except (ValueError, KeyError, TypeError) as error:
                raise NotTheExported(f"line {place} of {path} is not a seal") from error
    return heads


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)
