"""The buttons of the page "Who may see this person": what each asks for and which verb it runs."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from continuity.access import restrictions
from continuity.agencies.models import Membership
from continuity.backoffice import restriction_forms as f
from continuity.treatment.deaths import record_death, take_back_death

# by whom, about which person, about which row of the page (the person again where there is none), when, what was typed
Run = Callable[[Membership, UUID, UUID, datetime, dict[str, Any]], object]


@dataclass(frozen=True)
class Verb:
    """One button; `is_about_one` says that it stands beside a row, whose id comes with it."""

    label: str
    says: str
    form: type[f.WhyForm]
    run: Run
    done: str
    is_about_one: bool = False
    is_danger: bool = False


def _name(by: Membership, person: UUID, _: UUID, at: datetime, said: dict[str, Any]) -> object:
    return restrictions.name_staff(
        by=by, person_id=person, member_id=said["member_id"], reason=said["reason"], at=at
    )


def _remove(by: Membership, person: UUID, row: UUID, at: datetime, said: dict[str, Any]) -> object:
    return restrictions.remove_staff(by=by, person_id=person, member_id=row, at=at, **said)


def _decide(outcome: str) -> Run:
    return lambda by, person, row, at, said: restrictions.decide_restriction(
        by=by, restriction_id=row, outcome=outcome, at=at, **said
    )


VERBS = {
    "level": Verb(
        "Change the level", "The strictest level that any agency's privacy office wants is what counts.", f.LevelForm,
        lambda by, person, _, at, said: restrictions.set_confidentiality(by=by, person_id=person, at=at, **said),
        "Your office's wish is written down. It counts from the next look-up on.",
    ),
    "name": Verb(
        "Name somebody", "They go on seeing your agency's records where others no longer do.", f.NameForm, _name,
        "Named.",
    ),
    "remove": Verb(
        "Take back", "They see nothing more from the next look-up on.", f.WhyForm, _remove, "Taken back.", True, True,
    ),
    "request": Verb(
        "Write down a request", "Nothing is kept back before you agree to it.", f.RequestForm,
        lambda by, person, _, at, said: restrictions.request_restriction(by=by, person_id=person, at=at, **said),
        "Written down. It binds once you agree to it.",
    ),
    "agree": Verb(
        "Agree", "Binds your agency from the next look-up on, until it is ended.", f.MaybeWhyForm, _decide("agreed"),
        "Agreed. It counts from the next look-up on.", True,
    ),
    "decline": Verb(
        "Decline", "The person is told why.", f.WhyForm, _decide("declined"), "Declined.", True,
    ),
    "end": Verb(
        "End it", "Say who asked for the end, or how the person was told of it.", f.WhyForm,
        lambda by, person, row, at, said: restrictions.end_restriction(
            by=by, restriction_id=row, at=at, **said
        ),
        "Ended.", True, True,
    ),
    "death": Verb(
        "The person has died",
        "Closes every open follow-up and referral, of all agencies. Consents and confidentiality stay.", f.DeathForm,
        lambda by, person, _, at, said: record_death(by=by, person_id=person, at=at, **said),
        "Written down. What was promised is closed.", is_danger=True,
    ),
    "alive": Verb(
        "That was an error", "The person lives. What was closed stays closed: promise it anew.", f.SureForm,
        lambda by, person, _, at, said: take_back_death(by=by, person_id=person, at=at), "Taken back.",
    ),
}  # fmt: skip
