"""How names, dates and numbers go wrong on the way from a mouth to a keyboard."""

import random
import re
from collections.abc import Callable
from datetime import date, timedelta

_ROWS = ("qwertyuiop", "asdfghjkl", "zxcvbnm")
# Heard for each other, in English and in Spanish; the first that applies at a place drawn by lot is taken.
_SOUNDS = [
    ("ph", "f"), ("f", "ph"), ("ck", "k"), ("k", "c"), ("c", "k"), ("sch", "sh"), ("sh", "sch"), ("z", "s"), ("s", "z"),
    ("ie", "y"), ("y", "i"), ("i", "y"), ("ee", "i"), ("ea", "ee"), ("ei", "ie"), ("ou", "u"), ("oo", "u"),
    ("ll", "l"), ("l", "ll"), ("tt", "t"), ("t", "tt"), ("nn", "n"), ("n", "nn"), ("ss", "s"), ("rr", "r"),
    ("b", "v"), ("v", "b"), ("j", "h"), ("g", "j"), ("j", "g"), ("h", ""), ("x", "ks"), ("qu", "k"), ("ch", "sh"),
    ("er", "ar"), ("or", "er"), ("en", "in"), ("an", "en"), ("a", "e"), ("o", "a"), ("son", "sen"), ("dt", "t"),
    ("mac", "mc"), ("mc", "mac"), ("w", "v"), ("th", "t"), ("gh", ""), ("ts", "z"), ("cz", "ch"), ("dh", "d"), ("u", "o"),
]  # fmt: skip


def mistype(by: random.Random, text: str) -> str:
    """One slip of a finger; the first letter is mostly right."""
    if len(text) < 3:
        return text
    at = by.randrange(1, len(text)) if by.random() < 0.93 else 0
    slip = by.choice([_hit_next, _leave_out, _hit_twice, exchange, _hit_both])
    wrong = slip(by, text, at)
    return wrong if wrong != text else _leave_out(by, text, at)


def exchange(by: random.Random, text: str, at: int = -1) -> str:
    """Two neighbours in each other's place."""
    places = [i for i in range(1, len(text) - 1) if text[i].lower() != text[i + 1].lower()]
    if not places:
        return text[:-1]
    at = min(places, key=lambda place: abs(place - at)) if at >= 0 else by.choice(places)
    return text[:at] + text[at + 1] + text[at] + text[at + 2 :]


def _neighbour(by: random.Random, char: str) -> str:
    for row in _ROWS:
        if char.lower() in row:
            at = row.index(char.lower())
            return by.choice(row[max(0, at - 1) : at] + row[at + 1 : at + 2])
    return by.choice("aeiou")


def _hit_next(by: random.Random, text: str, at: int) -> str:
    return text[:at] + _neighbour(by, text[at]) + text[at + 1 :]


def _leave_out(_: random.Random, text: str, at: int) -> str:
    return text[:at] + text[at + 1 :]


def _hit_twice(_: random.Random, text: str, at: int) -> str:
    return text[:at] + text[at] + text[at:]


def _hit_both(by: random.Random, text: str, at: int) -> str:
    return text[:at] + _neighbour(by, text[at]) + text[at:]


def write_by_ear(by: random.Random, text: str) -> str:
    """As somebody writes it who only heard it."""
    lower = text.lower()
    ways = [(said, written) for said, written in _SOUNDS if said in lower]
    if not ways:
        return mistype(by, text)
    said, written = by.choice(ways)
    at = by.choice([place.start() for place in re.finditer(said, lower)])
    other = lower[:at] + written + lower[at + len(said) :]
    return other.capitalize() if len(other) > 1 else text


def misdate(by: random.Random, born: date) -> date:
    """A birth date with one digit wrong, or two neighbours exchanged; a real and a possible one."""
    for _ in range(60):
        digits = list(f"{born:%Y%m%d}")
        at = by.choice([2, 3, 4, 5, 6, 7])
        if at < 7 and by.random() < 0.2:
            digits[at], digits[at + 1] = digits[at + 1], digits[at]
        else:
            digits[at] = by.choice("0123456789")
        try:
            wrong = date.fromisoformat("".join(digits))
        except ValueError:
            continue
        if wrong != born and 1925 < wrong.year < 2016:
            return wrong
    return born + timedelta(days=1)


def exchange_day_and_month(born: date) -> date | None:
    return date(born.year, born.day, born.month) if born.day <= 12 and born.day != born.month else None


def misnumber(by: random.Random, text: str) -> str:
    """One digit wrong."""
    at = by.choice([i for i, char in enumerate(text) if char.isdigit()])
    return text[:at] + by.choice([digit for digit in "0123456789" if digit != text[at]]) + text[at + 1 :]


def write_otherwise(by: random.Random, text: str) -> str:
    """The same letters in another case, with other marks and spaces."""
    ways: list[Callable[[str], str]] = [
        str.upper,
        str.lower,
        lambda one: one.replace("-", " "),
        lambda one: one.replace(" ", "-"),
        lambda one: f" {one}  ",
        lambda one: one.replace("'", "’"),
    ]
    return by.choice(ways)(text)
