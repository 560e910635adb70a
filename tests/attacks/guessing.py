"""Guesses at passwords through the sign-in page: at one account and at many, from one address and from many."""

import secrets
import statistics
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from django.contrib.auth.hashers import Argon2PasswordHasher, MD5PasswordHasher
from django.test import Client

from tests.house.pairs import TOKEN

RIGHT, STEP = "correct horse", "/sign-in/second-factor/"
WRONG = "This user name and this password do not belong together."


class Counting(MD5PasswordHasher):
    """A quick hasher that counts how often it works: what takes the time, told without a clock."""

    worked = 0

    def encode(self, password: str, salt: str) -> str:
        Counting.worked += 1
        return super().encode(password, salt)


class Real(Argon2PasswordHasher):
    """As in production."""


@dataclass
class Guesses:
    """What came back, and how long it took."""

    name: str
    answers: Counter[str] = field(default_factory=Counter)
    words: set[bytes] = field(default_factory=set)
    seconds: list[float] = field(default_factory=list)
    hashed: Counter[int] = field(default_factory=Counter)

    def guess(self, username: str, password: str, address: str) -> str:
        """One try in a browser of its own."""
        before, begun = Counting.worked, time.perf_counter()
        answer = Client().post("/sign-in/", {"username": username, "password": password}, REMOTE_ADDR=address)
        self.seconds.append(time.perf_counter() - begun)
        self.hashed[Counting.worked - before] += 1
        said = TOKEN.sub(b"", answer.content).replace(username.encode(), b"")
        came = "goes on to the second factor" if answer.headers.get("Location") == STEP else _sentence(answer)
        self.answers[came] += 1
        if came == "wrong":
            self.words.add(said)
        return came

    def row(self) -> tuple[str, ...]:
        times = sorted(self.seconds)
        return (
            self.name,
            ", ".join(f"{number} x {came}" for came, number in self.answers.most_common()),
            f"{len(self.words)}",
            "/".join(str(one) for one in sorted(self.hashed)),
            f"{statistics.median(times) * 1000:.1f}",
            f"{times[int(len(times) * 0.95)] * 1000:.1f}",
        )


HEADS = ("guesses", "came back", "different words", "hashes each", "median ms", "p95 ms")


def _sentence(answer: Any) -> str:
    said = answer.content.decode()
    return "wrong" if WRONG in said else "wait" if "Wait a moment" in said else str(answer.status_code)


def anew() -> str:
    """An address that nobody has come from yet (RFC 2544)."""
    return f"198.{18 + secrets.randbelow(2)}.{secrets.randbelow(256)}.{secrets.randbelow(256)}"


def many(name: str, number: int, who: Callable[[int], str], whence: Callable[[int], str]) -> Guesses:
    """`number` wrong passwords."""
    guesses = Guesses(name)
    for one in range(number):
        guesses.guess(who(one), f"guess {one}", whence(one))
    return guesses
