"""Names of many origins as often as people bear them. Nobody's: drawn part by part."""

import random
import unicodedata
from bisect import bisect
from collections.abc import Iterable
from importlib.util import find_spec
from itertools import accumulate
from pathlib import Path
from typing import NamedTuple

from faker import Faker

# Which part of a county's people, and faker's list where the census' is not used.
ORIGINS = {
    "english": (0.52, ""),
    "spanish": (0.23, "es_MX"),
    "vietnamese": (0.05, "vi_VN"),
    "indian": (0.05, "en_IN"),
    "polish": (0.05, "pl_PL"),
    "nigerian": (0.05, "yo_NG"),
    "french": (0.05, "fr_FR"),
}
_DRAWN = 6_000  # names drawn from faker to know its lists


class Often(NamedTuple):
    """Words with how often each is borne, summed up."""

    words: list[str]
    sums: list[float]

    def draw(self, by: random.Random) -> str:
        return self.words[bisect(self.sums, by.random() * self.sums[-1])]


class Names(NamedTuple):
    last: Often
    first: dict[str, Often]


def all_names(seed: int) -> dict[str, Names]:
    return {
        origin: _of_faker(locale, seed) if locale else _of_census() for origin, (_, locale) in ORIGINS.items()
    }


def plain(text: str) -> str:
    """Without accents, as many keyboards write."""
    text = text.translate(str.maketrans("łŁđĐ", "lLdD"))
    return "".join(char for char in unicodedata.normalize("NFKD", text) if not unicodedata.combining(char))


def _of_census() -> Names:
    spec = find_spec("names")
    assert spec is not None
    assert spec.origin is not None
    folder = Path(spec.origin).parent

    def read(name: str, tail: float) -> Often:
        rows = [line.split() for line in (folder / name).read_text().splitlines() if line.strip()]
        return _often((row[0].capitalize(), max(float(row[1]), tail)) for row in rows)

    return Names(
        read("dist.all.last", 0.0004),
        {"m": read("dist.male.first", 0.002), "f": read("dist.female.first", 0.001)},
    )


def _of_faker(locale: str, seed: int) -> Names:
    """Its lists have no frequencies: the names are ranked by lot, and borne as Zipf says."""
    fake = Faker(locale)
    fake.seed_instance(seed)
    by = random.Random(seed)

    def rank(draw: object) -> Often:
        assert callable(draw)
        words = sorted({str(draw()).strip() for _ in range(_DRAWN)})
        by.shuffle(words)
        return _often((word, 1 / (place + 8)) for place, word in enumerate(words) if word)

    return Names(rank(fake.last_name), {"m": rank(fake.first_name_male), "f": rank(fake.first_name_female)})


def _often(pairs: Iterable[tuple[str, float]]) -> Often:
    pairs = list(pairs)
    return Often([word for word, _ in pairs], list(accumulate(weight for _, weight in pairs)))
