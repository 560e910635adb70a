"""What no password may be: too short, too long, known to everybody, built from our own words, or had before (S-2).

No rule about capitals, digits and signs: those make passwords worse. What is banned is a list, and it is ours to grow.
"""

import re
from collections.abc import Iterable
from functools import lru_cache
from typing import Any

from django.contrib.auth.hashers import check_password
from django.contrib.auth.password_validation import CommonPasswordValidator
from django.core.exceptions import ValidationError

from continuity.agencies.models import Member

LONGEST = 128  # hashing more than that is work for nothing
REMEMBERED = 5  # passwords before the one in use
_REST = 4  # letters beyond our own words that make it somebody's own
_FEWEST_KINDS = 4  # different characters
_OWN_WORDS = frozenset(
    {
        "continuity", "crisis", "contact", "consent", "police", "sheriff", "officer", "deputy", "dispatch", "county",
        "health", "clinic", "patrol", "badge",
    }
)  # fmt: skip
_AS_LETTERS = str.maketrans("013457@$!", "oieastasi")
_NO_LETTER = re.compile(r"[\W\d_]+")


class NotTooLong:
    """At most 128 characters, spaces and all."""

    def validate(self, password: str, user: Any = None) -> None:
        if len(password) > LONGEST:
            raise ValidationError(f"Use at most {LONGEST} characters.", code="password_too_long")

    def get_help_text(self) -> str:
        return f"At most {LONGEST} characters."


class NotBanned:
    """None that a guesser tries first: common ones with a year behind them, ours and the member's own words."""

    def validate(self, password: str, user: Any = None) -> None:
        if len(set(password)) < _FEWEST_KINDS:
            raise ValidationError("Use more than three different characters.", code="password_monotonous")
        stem = password.lower().rstrip("0123456789!?.#*-_ ")
        if stem in _common():
            raise ValidationError(
                "Many people use this password. Choose another.", code="password_too_common"
            )
        words = _OWN_WORDS | (_words_of(user) if isinstance(user, Member) else frozenset())
        if _is_built_from(password, words):
            raise ValidationError(
                "This is made of your name, your agency's or this service's. Choose other words.",
                code="password_too_near",
            )

    def get_help_text(self) -> str:
        return "Not one that many people use, and not your name, your agency's or this service's."


class NotUsedBefore:
    """Neither the one in use nor one of the last five."""

    def validate(self, password: str, user: Any = None) -> None:
        if not isinstance(user, Member) or user._state.adding:
            return
        former = user.former_passwords.order_by("-replaced_at").values_list("password", flat=True)
        had = [*([user.password] if user.has_usable_password() else []), *former[:REMEMBERED]]
        if any(check_password(password, one) for one in had):
            raise ValidationError("You have had this password before. Choose another.", code="password_used")

    def get_help_text(self) -> str:
        return "Not one of your last ones."


@lru_cache(maxsize=1)
def _common() -> frozenset[str]:
    return frozenset(CommonPasswordValidator().passwords)


def _words_of(member: Member) -> frozenset[str]:
    said = [member.username, member.display_name, member.title, member.work_email]
    if not member._state.adding:
        for works in member.memberships.select_related("agency"):
            said += [works.agency.name, works.agency.short_name, works.agency.code]
    return frozenset(word for text in said for word in _NO_LETTER.split(text.lower()) if len(word) > 2)


def _is_built_from(password: str, words: Iterable[str]) -> bool:
    """Whether hardly a letter is left without these words, digits read as the letters that they stand for."""
    for text in {password.lower(), password.lower().translate(_AS_LETTERS)}:
        rest = text
        for word in sorted(words, key=len, reverse=True):
            rest = rest.replace(word, "")
        if rest != text and len(_NO_LETTER.sub("", rest)) < _REST:
            return True
    return False
