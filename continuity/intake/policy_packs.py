"""Read policy packs from their files, all of them or none; a pack binds nobody until somebody signs it off (6.5)."""

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction

from continuity import agencies
from continuity.agencies.models import PolicyPack
from continuity.agencies.services import propose_pack
from continuity.errors import DomainError

FOLDER = Path(agencies.__file__).parent / "policy_packs"
_WANTED: dict[str, type] = {"code": str, "version": int, "title": str, "effective_date": date, "rules": dict}


class UnusablePack(Exception):
    """A file that is no policy pack; its text names the file, the rule and what is wrong."""


@dataclass(frozen=True)
class LoadedPack:
    """A pack as it stands after loading; `is_new` says whether this load added it."""

    pack: PolicyPack
    is_new: bool


@transaction.atomic
def load_packs(folder: Path = FOLDER) -> list[LoadedPack]:
    """Propose every pack of a folder; loading again adds nothing.

    All or nothing. Raises UnusablePack for the first file that cannot be used, and for a folder without any.
    """
    paths = sorted(folder.glob("*.toml"))
    if not paths:
        raise UnusablePack(f"{folder}: no policy packs (*.toml) here")
    return [_load(path) for path in paths]


def _load(path: Path) -> LoadedPack:
    stated = _read(path)
    known = PolicyPack.objects.filter(code=stated["code"], number=stated["number"])
    is_new = not known.exists()
    try:
        return LoadedPack(propose_pack(**stated), is_new)
    except DomainError as refused:
        raise UnusablePack(f"{path.name}: {refused.field or 'version'}: {refused.detail}") from refused


def _read(path: Path) -> dict[str, Any]:
    """What a file states, as `propose_pack` takes it: of the right shape, not yet judged."""
    try:
        stated = tomllib.loads(path.read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise UnusablePack(f"{path.name}: {error}") from error
    for name, sentence in _misshapen(stated):
        raise UnusablePack(f"{path.name}: {name}: {sentence}")
    # A pack takes effect as its day begins in UTC: one moment for the county, a few hours before its own midnight.
    effective_at = datetime.combine(stated["effective_date"], time(), UTC)
    row = PolicyPack(
        code=stated["code"], number=stated["version"], title=stated["title"], effective_at=effective_at
    )
    try:
        row.clean_fields(exclude=["rules", "signed_off_by", "signed_off_at"])
    except ValidationError as error:
        name, sentences = next(iter(error.message_dict.items()))
        raise UnusablePack(f"{path.name}: {name}: {sentences[0]}") from error
    return {
        "code": row.code,
        "number": row.number,
        "title": row.title,
        "effective_at": effective_at,
        "rules": stated["rules"],
    }


def _misshapen(stated: Mapping[str, Any]) -> Iterable[tuple[str, str]]:
    for name in stated.keys() - _WANTED.keys():
        yield name, "No policy pack says this."
    for name, kind in _WANTED.items():
        if name not in stated:
            yield name, "This is missing."
        elif type(stated[name]) is not kind:
            yield name, f"This is no {kind.__name__}."
