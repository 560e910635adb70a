"""What an accounting says of each disclosure, in words, repeated ones in one line (45 CFR 164.528(b)). Pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from continuity.access.explain import BASES
from continuity.access.matrix import Basis
from continuity.disclosures.record import CATEGORY_NAMES

# Why a privacy office gives something out by itself: the doors of domain 1.4.
GROUNDS: Final = {
    "required_by_law": "a law demands it (45 CFR 164.512(a))",
    "legal_process": "legal process (45 CFR 164.512(f)(1), 42 CFR part 2 subpart E)",
    "identify_locate": "to identify or find somebody (45 CFR 164.512(f)(2))",
    "victim": "about the victim of a crime (45 CFR 164.512(f)(3))",
    "crime_on_premises": "a crime on the premises (45 CFR 164.512(f)(5))",
    "threat": "a serious and imminent threat (45 CFR 164.512(j))",
    "mandated_report": "a report that the law demands (45 CFR 164.512(b), (c))",
    "patient_request": "the person's own request (45 CFR 164.524, 164.528)",
}
CHANNELS: Final = {
    "api": "to the agency's own system",
    "page": "on a screen",
    "admin": "on a screen",
    "notice": "as a notice",
    "export": "as a file or print",
    "paper": "on paper",
    "verbal": "by word",
}
LAWS: Final = {
    "hipaa_528": "45 CFR 164.528",
    "part2_225": "42 CFR 2.25",
    "part2_224": "42 CFR 2.24",
    "state": "state law",
}
_ALERT = "a notice to the team that treats the person (45 CFR 164.506)"
# 164.528(a)(1): treatment, payment, operations, an authorization and the person's own copy are not counted.
_EXEMPT = frozenset({Basis.OWN, Basis.TREATMENT, Basis.CONSENT, Basis.TPO_CONSENT, Basis.EMERGENCY_OVERRIDE})


@dataclass(frozen=True)
class Ground:
    """On what one category left: the basis, the consent it rests on, and the ground of a privacy office's release."""

    category: str
    basis: str
    consent: UUID | None = None
    ground: str = ""

    @property
    def words(self) -> str:
        if self.ground in GROUNDS:
            return GROUNDS[self.ground]
        return BASES.get(Basis(self.basis), self.basis) if self.basis in list(Basis) else self.basis

    @property
    def is_exempt(self) -> bool:
        return self.basis in _EXEMPT or self.ground == "patient_request"


@dataclass(frozen=True)
class Disclosure:
    """One row of the ledger by which something of one custodian left to somebody else.

    `recipient_id` is the recipient's agency, where it is one of this service. `described` is what a member wrote
    down of something given outside of the service, in place of counted items.
    """

    ledger_id: UUID
    at: datetime
    recipient: str
    recipient_id: UUID | None
    address: str
    purpose: str
    channel: str
    items: tuple[tuple[str, int], ...]
    grounds: tuple[Ground, ...]
    has_part2: bool = False
    is_general: bool = False
    emergency: UUID | None = None
    described: str = ""

    @property
    def categories(self) -> tuple[str, ...]:
        return tuple(category for category, _ in self.items)

    @property
    def description(self) -> str:
        told = ", ".join(
            CATEGORY_NAMES[category] + (f" ({count})" if count else "") for category, count in self.items
        )
        return f"{self.described} ({told})" if self.described else told

    @property
    def basis(self) -> str:
        return "; ".join(dict.fromkeys(ground.words for ground in self.grounds)) or _ALERT

    @property
    def consents(self) -> tuple[UUID, ...]:
        return tuple(dict.fromkeys(ground.consent for ground in self.grounds if ground.consent))


@dataclass(frozen=True)
class Line:
    """One disclosure, or several to one recipient for one purpose: the first, how often, and the last (b)(3)."""

    first_at: datetime
    last_at: datetime
    times: int
    frequency: str
    recipient: str
    address: str
    description: str
    purpose: str
    basis: str
    consents: tuple[str, ...]
    in_emergency: bool
    how: str
    counted_under: tuple[str, ...]
    entries: tuple[UUID, ...]


def laws_of(
    disclosure: Disclosure, *, regimes: Iterable[str], requested_at: datetime, three_years_ago: datetime
) -> tuple[str, ...]:
    """Which laws count this disclosure (L-14, L-15, L-23); everything is listed, whichever counts it (P-21)."""
    regimes = set(regimes)
    by_category: dict[str, list[Ground]] = {}
    for ground in disclosure.grounds:
        by_category.setdefault(ground.category, []).append(ground)
    # A category that could leave on an exempt basis too needed no other.
    counted = any(not any(one.is_exempt for one in some) for some in by_category.values())
    is_recent = three_years_ago <= disclosure.at <= requested_at
    found = {
        "hipaa_528": "hipaa_covered" in regimes and counted,
        "part2_225": disclosure.has_part2 and bool(disclosure.consents) and is_recent,
        "part2_224": disclosure.is_general and is_recent,
        "state": "mo_630" in regimes,  # RSMo 630.140 wants every one documented
    }
    return tuple(law for law, is_counted in found.items() if is_counted)


def lines_of(
    disclosures: Iterable[Disclosure], *, laws: Mapping[UUID, Sequence[str]], numbers: Mapping[UUID, str]
) -> tuple[Line, ...]:
    """The disclosures in the order of their first, repeated ones in one line; `numbers` are those of consents.

    Repeated means: to one recipient, for one purpose, on one basis, of the same kinds of data, under the same laws.
    """
    alike: dict[Any, list[Disclosure]] = {}
    for one in sorted(disclosures, key=lambda one: (one.at, one.ledger_id)):
        key = (
            one.recipient_id or one.recipient, one.address, one.purpose, one.basis, one.consents, one.categories,
            one.described, one.channel, one.emergency, tuple(laws[one.ledger_id]),
        )  # fmt: skip
        alike.setdefault(key, []).append(one)
    return tuple(_line(some, laws[some[0].ledger_id], numbers) for some in alike.values())


def frequency_of(times: int, span: timedelta) -> str:
    """ "once", or how many times and about how often."""
    if times == 1:
        return "once"
    if times == 2:
        return "2 times"
    every = span / (times - 1)
    for longest, word in (
        (timedelta(days=2), "about daily"),
        (timedelta(days=10), "about weekly"),
        (timedelta(days=45), "about monthly"),
    ):
        if every < longest:
            return f"{times} times, {word}"
    return f"{times} times, less than monthly"


def purpose_words(purpose: str) -> str:
    """What the purpose is called on paper."""
    own = {"le_crisis_response": "crisis response", "operations_qi": "operations and quality"}
    return own.get(purpose, purpose.replace("_", " "))


def _line(some: list[Disclosure], laws: Sequence[str], numbers: Mapping[UUID, str]) -> Line:
    first, last = some[0], some[-1]
    return Line(
        first_at=first.at,
        last_at=last.at,
        times=len(some),
        frequency=frequency_of(len(some), last.at - first.at),
        recipient=first.recipient,
        address=first.address,
        description=first.description,
        purpose=purpose_words(first.purpose),
        basis=first.basis,
        consents=tuple(numbers.get(consent, "") for consent in first.consents),
        in_emergency=first.emergency is not None,
        how=CHANNELS.get(first.channel, first.channel),
        counted_under=tuple(LAWS[law] for law in laws),
        entries=tuple(one.ledger_id for one in some),
    )
