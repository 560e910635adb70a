"""Invent people and what a county recorded of them: the same story for the same seed and index, whatever the count.

Pure: the standard library alone; no rows, no clock. Fills the demo, the benches and the long drills.
"""

import random
from collections.abc import Iterator
from datetime import date, datetime, timedelta

from continuity.intake.story_care import (
    make_consent,
    make_flags,
    make_follow_ups,
    make_linkages,
    make_plan,
    make_team_link,
    make_tips,
)
from continuity.intake.story_contacts import CLINICAL_SCENES, SCENES, Draw, make_contact, pick
from continuity.intake.story_names import HERITAGES, Heritage
from continuity.intake.story_shapes import Alias, Contact, Somebody, Story, TeamLink

_OLDEST, _YOUNGEST = date(1936, 1, 2).toordinal(), date(2007, 12, 31).toordinal()
_LOOK_BACK = 3 * 365 * 24 * 60  # minutes
_LATEST = 3 * 60  # minutes: the last contact is at least so old, so that what follows has room
_MOST_CONTACTS = 40


def stories(count: int, *, seed: int, now: datetime) -> Iterator[Story]:
    """`count` stories as of `now` (aware), one by one; story i depends on seed, i and now alone."""
    now = now.replace(second=0, microsecond=0)
    generator = random.Random()  # noqa: S311  # made-up people need no secrecy  # nosec B311
    for index in range(count):
        generator.seed((seed << 40) + index)
        yield _tell(index, generator.random, now)


def _tell(index: int, draw: Draw, now: datetime) -> Story:
    person = _somebody(draw)
    ages = sorted((_LATEST + int(draw() ** 2 * _LOOK_BACK) for _ in range(_how_many(draw))), reverse=True)
    moments = [now - timedelta(minutes=age) for age in ages]
    consents, is_treated = draw() < 0.24, draw() < 0.22
    link = make_team_link(draw, moments[0], now) if is_treated else None
    contacts = _contacts(draw, moments, link, consents=consents)
    linkages = make_linkages(draw, contacts, now) if draw() < 0.5 else ()
    return Story(
        index=index,
        person=person,
        contacts=contacts,
        consent=make_consent(draw, moments[0], now) if consents else None,
        team_link=link,
        linkages=linkages,
        follow_ups=make_follow_ups(draw, contacts, now) if draw() < 0.6 else (),
        flags=make_flags(draw, contacts),
        tips=make_tips(draw, contacts) if draw() < 0.22 else (),
        plan=make_plan(draw, contacts, now) if draw() < 0.06 else None,
    )


def _how_many(draw: Draw) -> int:
    """Most people are met once to three times; about one in a hundred twenty times or more."""
    chance = draw()
    if chance < 0.86:
        return 1 if chance < 0.52 else 2 if chance < 0.74 else 3
    return min(_MOST_CONTACTS, int(3.6 / (1.0 - draw()) ** 0.7))


def _contacts(
    draw: Draw, moments: list[datetime], link: TeamLink | None, *, consents: bool
) -> tuple[Contact, ...]:
    made = []
    for number, moment in enumerate(moments):
        # Who consents to what the county knows has been met by the county.
        scene = pick(draw, CLINICAL_SCENES if consents and number == 0 else SCENES)
        in_care = link is not None and link.established_at <= moment
        made.append(make_contact(draw, scene, moment, in_care=in_care))
    return tuple(made)


def _somebody(draw: Draw) -> Somebody:
    heritage = pick(draw, HERITAGES)
    is_woman = draw() < 0.48
    first = pick(draw, heritage.women if is_woman else heritage.men)
    last = pick(draw, heritage.families)
    if draw() < heritage.double and (second := pick(draw, heritage.families)) != last:
        last = f"{last} {second}" if heritage.language == "es" and draw() < 0.7 else f"{last}-{second}"
    middle = pick(draw, heritage.middle_women if is_woman else heritage.middle_men) if draw() < 0.5 else ""
    born = date.fromordinal(_OLDEST + int(draw() * (_YOUNGEST - _OLDEST)))
    if born.month == 1 and born.day == 1:
        born = born.replace(day=2)  # 1 January stands for "day unknown" in many systems (P-5)
    speaks = draw() < heritage.speaks_it
    return Somebody(
        first=first,
        last=last,
        middle="" if middle == first else middle,
        birth_date=born,
        aliases=_aliases(draw, first, last, heritage) if draw() < 0.15 else (),
        phone=f"661-555-01{int(draw() * 100):02d}" if draw() < 0.7 else "",
        sex="female" if is_woman else "male",
        language=heritage.language if speaks else "en",
        interpreter=speaks and heritage.language != "en" and draw() < 0.5,
    )


def _aliases(draw: Draw, first: str, last: str, heritage: Heritage) -> tuple[Alias, ...]:
    kind = draw()
    if kind < 0.5:
        return (Alias("nickname", first[:4].rstrip("aeiouáéíóú") or first[:3], last),)
    former = pick(draw, heritage.families)
    if former == last:
        return ()
    return (Alias("former" if kind < 0.8 else "alias", first, former),)
