"""Normal forms of names, and how they sound."""

import re
import unicodedata
from functools import lru_cache

_NO_LETTER = re.compile(r"[\W_]+")
# A mark inside a word is no boundary, as in O'Brien.
_INSIDE = re.compile("(?<=\\w)['\u2019\u02bc`\u00b4](?=\\w)")
# Letters that Unicode does not take apart, as keyboards without them write them.
_PLAIN = str.maketrans({"ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "æ": "ae", "œ": "oe", "ı": "i"})

# Words of a surname that do not tell one from another.
_PARTICLES = (
    "de la las los del da das dos do di du y e van von der den ter ten le el al bin ibn abu san santa"
)
PARTICLES = frozenset(_PARTICLES.split())


@lru_cache(maxsize=4096)
def normalise(text: str) -> str:
    """Fold case, accents, spaces and punctuation: "Núñez-Ortega" and "nunez ortega" are one spelling."""
    return _NO_LETTER.sub("", _fold(text))


def words(text: str) -> tuple[str, ...]:
    """The words of a text in normal form: "Núñez-Ortega" is ("nunez", "ortega"), "O'Brien" is ("obrien",)."""
    return tuple(_NO_LETTER.sub(" ", _fold(_INSIDE.sub("", text))).split())


def _fold(text: str) -> str:
    if text.isascii():
        return text.lower()
    folded = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", text).casefold()).translate(_PLAIN)
    return "".join(char for char in folded if not unicodedata.combining(char))


_TWICE = re.compile(r"(.)\1+")
# In this order: what is heard, of what is written; vowels, h, w and y are not heard but at the beginning.
_HEARD = [
    (re.compile(pattern), heard)
    for pattern, heard in (
        (r"^(?:mac|mc)(?=[^aeiouhy])", "mk"),
        (r"^[kgp]n", "n"),
        (r"^wr", "r"),
        (r"^ps", "s"),
        (r"^x", "s"),
        (r"dge?(?=[eiy]|$)", "j"),
        (r"tch|sch|sh|ch", "x"),
        (r"ph", "f"),
        (r"gh", ""),
        (r"th", "t"),
        (r"ck|qu|q", "k"),
        (r"t[sz]", "s"),
        (r"x", "ks"),
        (r"c(?=[eiy])", "s"),
        (r"c", "k"),
        (r"z", "s"),
        (r"g", "j"),
        (r"v", "b"),
        (r"(?<=.)[aeiouyhw]", ""),
        (r"^[aeiouyhw]", "a"),
        (r"(.)\1+", r"\1"),
    )
]


@lru_cache(maxsize=1 << 16)
def sound(word: str) -> str:
    """How a name in normal form sounds, in English or Spanish; coarse, for finding and never for deciding."""
    for pattern, heard in _HEARD:
        word = pattern.sub(heard, word)
    return word


def spoken(word: str) -> str:
    """A name in normal form with its vowels, as it sounds: John is Jon, and Eric is not Erica."""
    for written, heard in (
        ("ph", "f"),
        ("ck", "k"),
        ("c", "k"),
        ("z", "s"),
        ("y", "i"),
        ("v", "f"),
        ("h", ""),
    ):
        word = word.replace(written, heard)
    return _TWICE.sub(r"\1", word)


@lru_cache(maxsize=1 << 16)
def surname_parts(last: str) -> tuple[str, ...]:
    """The telling words of a surname in normal form, and all of it as one: "de la cruz" is cruz, delacruz."""
    parts = last.split()
    if len(parts) < 2:
        return tuple(parts)
    telling = [word for word in parts if word not in PARTICLES and len(word) > 1]
    return tuple(dict.fromkeys([*telling, "".join(parts)]))
