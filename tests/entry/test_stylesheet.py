"""The stylesheet keeps its promises: small, self-contained, and readable in sun and at night."""

import re

import pytest
from django.contrib.staticfiles import finders

FACTS = ("ink", "quiet", "accent", "good", "attention", "danger")


@pytest.fixture(scope="module")
def css() -> str:
    with open(finders.find("entry/continuity.css")) as file:
        return file.read()


def luminance(colour: str) -> float:
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    dark, light = sorted((luminance(one), luminance(other)))
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("shade", [0, 1], ids=["light", "dark"])
def test_facts_stand_out_seven_to_one(css, shade):
    tokens = {
        name: pair[shade] for name, *pair in re.findall(r"--([\w-]+): light-dark\((#\w+), (#\w+)\)", css)
    }
    pairs = [(text, ground) for text in FACTS for ground in ("paper", "card")]
    pairs += [("attention", "attention-wash"), ("danger", "danger-wash"), ("on-accent", "accent")]
    assert [
        (pair, round(contrast(*map(tokens.get, pair)), 1))
        for pair in pairs
        if contrast(*map(tokens.get, pair)) < 7
    ] == []
    assert contrast(tokens["edge"], tokens["card"]) >= 3


def test_it_is_small_and_fetches_nothing(css):
    assert len(css.encode()) < 20_000
    assert "url(" not in css
    assert "@import" not in css
