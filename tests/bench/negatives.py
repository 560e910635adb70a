"""How long each kind of negative answer takes, side by side: its time must tell no more than its words (P-3)."""

import random
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

import psycopg
from django.utils import timezone
from rich.console import Console
from rich.table import Table

from continuity.access.models import Restriction
from continuity.agencies.models import Agency, Member, Membership
from continuity.consents.endings import revoke_consent
from continuity.disclosures.models import LedgerEntry
from continuity.people.models import Person
from tests import builders
from tests.access.merged_people import Offices, offices
from tests.bench import site
from tests.bench.databases import Filled
from tests.bench.figures import Run, kolmogorov_smirnov

PEOPLE = 30  # of each kind, so that no single row's place in memory is measured
CLIENTS = 4
BORN, MINOR = date(1979, 6, 5), date(timezone.localdate().year - 12, 6, 5)
DAY = timedelta(days=1)
_CHANCE = (b"Date:", b"X-Request-ID:", b"Set-Cookie:")


@dataclass(frozen=True)
class Kind:
    """One reason for a negative answer: what the ledger calls it, and requests that meet it."""

    name: str
    refusals: frozenset[str]
    requests: list[bytes]


@dataclass(frozen=True)
class _World:
    author: Membership
    manager: Membership
    verifier: Membership
    police: Agency
    now: datetime
    offices: Offices

    def person(self, first: str, last: str, born: date = BORN, **fields: object) -> Person:
        """A person with one contact of the county, as most have."""
        person = builders.person(self.author.agency, first, last, born, **fields)
        builders.contact(self.author, person, self.now - 20 * DAY)
        return person

    def consenting(self, first: str, last: str, born: date = BORN, **elements: Any) -> Person:
        """A person who lets the county tell the police, or what `elements` say otherwise."""
        person = self.person(first, last, born)
        builders.consent(
            by=self.manager,
            verified_by=self.verifier,
            who=person,
            to=[self.police],
            at=self.now - 10 * DAY,
            **({"expires_at": self.now + 300 * DAY} | elements),
        )
        return person

    def confidential(self, first: str, last: str, level: str) -> None:
        Person.objects.filter(pk=self.consenting(first, last).pk).update(confidentiality=level)

    def kept_back(self, first: str, last: str, kind: str) -> None:
        """A person whose records the county agreed to keep from the police, or who works there."""
        Restriction.objects.create(
            person=self.consenting(first, last),
            agency=self.author.agency,
            kind=kind,
            state=Restriction.State.AGREED,
            towards=self.police,
            requested_at=self.now - 2 * DAY,
            recorded_by=self.manager,
            decided_at=self.now - DAY,
            decided_by=self.manager,
        )


def _makers(world: _World) -> dict[str, tuple[set[str], Callable[[str, str], object]]]:
    """For each kind: the refusals that the ledger may name, and how one of its people is made."""

    def revoked(first: str, last: str) -> None:
        consent = world.consenting(first, last).consents.get()
        revoke_consent(by=world.manager, consent_id=consent.pk, note="", at=world.now)

    def twice(first: str, last: str) -> None:
        world.consenting(first, last)
        world.consenting(first, last)

    def merged(first: str, last: str) -> None:
        world.offices.merge(world.person(first, last), world.person(f"Else{first}", last))

    def in_doubt(first: str, last: str) -> None:
        person = world.consenting(first, last)
        world.offices.doubt(world.offices.merge(person, world.person(f"Else{first}", last)))

    return {
        "unknown": ({"no_match"}, lambda first, last: None),
        "near-miss spelling": ({"no_match"}, world.consenting),
        "near-miss birth date": ({"no_match"}, world.consenting),
        "ambiguous": ({"ambiguous"}, twice),
        "near-miss namesakes": ({"no_match", "ambiguous"}, twice),
        "no consent": ({"no_basis"}, world.person),
        "merged without basis": ({"no_basis", "nothing_in_scope"}, merged),
        "identity in doubt": ({"identity_in_doubt"}, in_doubt),
        "revoked": ({"no_basis"}, revoked),
        "foreign agency": ({"no_agreement"}, world.consenting),
        "restricted category": (
            {"no_basis", "nothing_in_scope"},
            lambda first, last: builders.beyond_the_law(world.consenting(first, last).consents.get(), ["D3"]),
        ),
        "restricted person": (
            {"restricted"},
            lambda first, last: world.confidential(first, last, "restricted"),
        ),
        "very restricted": (
            {"very_restricted"},
            lambda first, last: world.confidential(first, last, "very_restricted"),
        ),
        "minor": (
            {"minor"},
            lambda first, last: world.consenting(
                first,
                last,
                MINOR,
                signer_capacity="parent",
                signer_name="Pat Testcase",
                authority_document="birth certificate",
            ),
        ),
        "shielded": ({"own_agency_shield"}, lambda first, last: world.kept_back(first, last, "employee")),
        "restriction agreed": (
            {"restriction_agreed"},
            lambda first, last: world.kept_back(first, last, "disclosure"),
        ),
        "training expired": ({"training_expired"}, world.consenting),
    }


def _as_it_is(first: str, last: str, born: date) -> tuple[str, str, str]:
    return last, first, born.isoformat()


# What is asked where it is not what was written down: near somebody, and nobody for certain.
_ASKED: dict[str, Callable[[str, str, date], tuple[str, str, str]]] = {
    "near-miss spelling": lambda first, last, born: (last, f"Other{first}", born.isoformat()),
    "near-miss birth date": lambda first, last, born: (last, first, (born + 40 * DAY).isoformat()),
    "near-miss namesakes": lambda first, last, born: (last[:-1], first, born.isoformat()),
}


def make_kinds(filled: Filled) -> list[Kind]:
    """People for each kind, made through the services, and what to ask of whom."""
    county, police = Agency.objects.get(code="county"), Agency.objects.get(code="police")
    world = _World(
        author=Membership.objects.get(member__username="county-author"),
        manager=builders.member("negatives-manager", county, "consent_manager"),
        verifier=builders.member("negatives-verifier", county, "consent_manager"),
        police=police,
        now=timezone.now(),
        offices=offices(),
    )
    elsewhere = builders.member("negatives-elsewhere", builders.agency("elsewhere", "police"), "officer")
    untrained = builders.member("negatives-untrained", police, "officer")
    Member.objects.filter(pk=untrained.member_id).update(trained_until=(world.now - 2 * DAY).date())
    # One session of each, as at home: a session's touch of once a minute meets all alike.
    sessions = {
        name: site.sign_in([member])[0][1]
        for name, member in (("foreign agency", elsewhere), ("training expired", untrained))
    }
    home_session = filled.officers[0][1]

    kinds = []
    for name, (refusals, make) in _makers(world).items():
        last, requests = name.title().replace(" ", ""), []
        for number in range(PEOPLE):
            first = f"Number{number}"
            make(first, last)
            asked = _ASKED.get(name, _as_it_is)(first, last, MINOR if name == "minor" else BORN)
            requests.append(site.question(sessions.get(name, home_session), *asked))
        kinds.append(Kind(name, frozenset(refusals), requests))
    return kinds


def time_kinds(filled: Filled, kinds: list[Kind], each: int, floor: str) -> dict[str, list[float]]:
    """Seconds of `each` answers of every kind, asked in turn so that the machine's moods meet all alike."""
    times: dict[str, list[float]] = {kind.name: [] for kind in kinds}
    bodies: set[bytes] = set()
    failed: list[BaseException] = []

    def ask(address: tuple[str, int], part: int) -> None:
        chance, line = random.Random(part), site.Client(address)
        try:
            for _ in range(each // CLIENTS):
                for kind in chance.sample(kinds, len(kinds)):
                    request = chance.choice(kind.requests)
                    begun = time.perf_counter()
                    answer = line.ask_and_wait(request)
                    times[kind.name].append(time.perf_counter() - begun)
                    bodies.add(_without_chance(answer))
        except BaseException as error:
            failed.append(error)

    with site.serving(
        filled.name, LOOKUP_RATE="1000000/min", LOOKUP_SHIFT_RATE="1000000/shift", NEGATIVE_FLOOR=floor
    ) as running:
        warm = [request for kind in kinds for request in kind.requests]
        site.run(running, warm, CLIENTS, 3, must_hold=b"no_shareable_information")
        threads = [threading.Thread(target=ask, args=(running.address, part)) for part in range(CLIENTS)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    if failed:
        raise failed[0]
    if len(bodies) != 1:
        raise AssertionError(f"negative answers differ: {sorted(bodies)[:2]}")
    return times


def _without_chance(answer: bytes) -> bytes:
    """An answer without its date, its request id and the cookie of a touched session."""
    head, _, body = answer.partition(b"\r\n\r\n")
    kept = [line for line in head.split(b"\r\n") if not line.startswith(_CHANCE)]
    return b"\r\n".join([*kept, b"", body])


def check_ledger(filled: Filled, kinds: list[Kind], since: UUID) -> None:
    """The ledger alone knows why, and it knows each of the reasons meant here."""
    with psycopg.connect(filled.url, dbname=filled.name) as database:
        found = {
            refusal
            for (refusal,) in database.execute(
                "SELECT DISTINCT refusal FROM disclosures_ledgerentry WHERE id > %s", [since]
            )
        }
    missing = [kind.name for kind in kinds if not kind.refusals & found]
    if missing or "" in found:
        raise AssertionError(f"the ledger says {sorted(found)}; not met: {missing}")


def measure(filled: Filled, each: int, console: Console) -> None:
    """Both tables: as in production, and without the padding."""
    kinds = make_kinds(filled)
    last = LedgerEntry.objects.order_by("id").values_list("id", flat=True).last() or UUID(int=0)
    padded, bare = time_kinds(filled, kinds, each, "0.15"), time_kinds(filled, kinds, each, "0")
    check_ledger(filled, kinds, last)
    show("Negative answers as in production: padded to 150 ms", padded, console)
    show("The same without the padding", bare, console)


def show(title: str, times: dict[str, list[float]], console: Console) -> None:
    table = Table(title=title)
    for name in ("reason", "answers", "p5 ms", "p50 ms", "p95 ms", "max ms", "distance to unknown"):
        table.add_column(name, justify="left" if name == "reason" else "right")
    unknown = times["unknown"]
    for name, sample in times.items():
        run = Run(sample, 1)
        distance = (
            f"{kolmogorov_smirnov(sample, unknown):.2f}"
            if name != "unknown"
            else f"{kolmogorov_smirnov(unknown[::2], unknown[1::2]):.2f} (its halves)"
        )
        figures = [f"{run.percentile(percent):.2f}" for percent in (5, 50, 95, 100)]
        table.add_row(name, str(len(sample)), *figures, distance)
    console.print(table)
    chance = 1.36 * (2 / len(unknown)) ** 0.5
    console.print(
        f"Distance: two-sample Kolmogorov-Smirnov, 0 alike, 1 apart; like samples of this size stay below"
        f" {chance:.2f} in 19 of 20 cases. Times as the client sees them, {CLIENTS} at once."
    )
