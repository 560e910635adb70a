"""The buttons of the page "Who may see this person": what each asks for and which verb it runs."""

from collections.abc import Callable
from typing import Any

from continuity.access import restrictions
from continuity.backoffice import restriction_forms as f
from continuity.backoffice.moves import Run, Verb
from continuity.treatment.deaths import record_death, take_back_death


# What a verb is about: the person, and the row of the page beside which it stands, or None.
def _of_person(service: Callable[..., object]) -> Run:
    return lambda by, about, at, said: service(by=by, person_id=about[0], at=at, **said)


def _of_restriction(service: Callable[..., object], **more: Any) -> Run:
    return lambda by, about, at, said: service(by=by, restriction_id=about[1], at=at, **more, **said)


ABOUT_PERSON = {
    "level": Verb(
        "Change the level", "The strictest level that any agency's privacy office wants is what counts.",
        _of_person(restrictions.set_confidentiality),
        "Your office's wish is written down. It counts from the next look-up on.", f.LevelForm,
    ),
    "name": Verb(
        "Name somebody", "They go on seeing your agency's records where others no longer do.",
        _of_person(restrictions.name_staff), "Named.", f.NameForm,
    ),
    "request": Verb(
        "Write down a request", "Nothing is kept back before you agree to it.",
        _of_person(restrictions.request_restriction), "Written down. It binds once you agree to it.", f.RequestForm,
    ),
    "death": Verb(
        "The person has died",
        "Closes every open follow-up and referral, of all agencies. Consents and confidentiality stay.",
        _of_person(record_death), "Written down. What was promised is closed.", f.DeathForm, is_danger=True,
    ),
    "alive": Verb(
        "That was an error", "The person lives. Every follow-up and referral that this closed is open again.",
        _of_person(take_back_death), "Taken back. What was closed is owed again.",
    ),
}  # fmt: skip
ABOUT_ROW = {
    "remove": Verb(
        "Take back", "They see nothing more from the next look-up on.",
        lambda by, about, at, said: restrictions.remove_staff(
            by=by, person_id=about[0], member_id=about[1], at=at, **said
        ),
        "Taken back.", f.WhyForm, is_danger=True,
    ),
    "agree": Verb(
        "Agree", "Binds your agency from the next look-up on, until it is ended.",
        _of_restriction(restrictions.decide_restriction, outcome="agreed"),
        "Agreed. It counts from the next look-up on.", f.MaybeWhyForm,
    ),
    "decline": Verb(
        "Decline", "The person is told why.", _of_restriction(restrictions.decide_restriction, outcome="declined"),
        "Declined.", f.WhyForm,
    ),
    "end": Verb(
        "End it", "Say who asked for the end, or how the person was told of it.",
        _of_restriction(restrictions.end_restriction), "Ended.", f.WhyForm, is_danger=True,
    ),
}  # fmt: skip
