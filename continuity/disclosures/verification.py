"""Verify the seals: is every row still what was sealed, and is the chain the one that was exported? (AU-9)

A root says whether a period is whole. Where it is not, the marks of its rows, which the same key signed, name the row.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from hashlib import sha256
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import connections

from continuity.disclosures import canonical, seals
from continuity.disclosures.canonical import MARK, AppendOnly, Rows
from continuity.disclosures.models import LedgerSeal

Chain = dict[int, LedgerSeal]
MOST_ORIGINS = 20  # altered rows whose content is looked for under other seals
_COMPARED = ("table", "number", "sealed_at", "mac", *seals._SIGNED)


class Fault(StrEnum):
    """What is wrong, as a stable word."""

    ALTERED = "altered"
    MISSING = "missing"
    INSERTED = "inserted"
    REORDERED = "reordered"
    SEAL_FORGED = "seal_forged"
    SEAL_MISSING = "seal_missing"
    SEAL_REPLACED = "seal_replaced"
    CHAIN_BROKEN = "chain_broken"
    KEY_UNKNOWN = "key_unknown"
    UNSEALED = "unsealed"


@dataclass(frozen=True)
class Finding:
    """One fault: in which table, under which seal, at which row. Ids only."""

    fault: Fault
    table: str
    seal: int | None
    row: UUID | None
    sentence: str


@dataclass
class Verification:
    """What to look at of one table, and what was seen of it so far.

    `exported` are the seals as another system kept them: where they differ from the database, they are believed.
    `archives` read the rows of detached months, by the month's first id; what nobody gave is counted in `away`.
    """

    table: AppendOnly
    at: datetime
    since: UUID = canonical.FIRST_ID
    until: UUID = canonical.LAST_ID
    exported: Chain = field(default_factory=dict)
    archives: Mapping[UUID, canonical.Reader] = field(default_factory=dict)
    using: str = "default"
    seals: int = 0
    rows: int = 0
    away: int = 0
    _origins_asked: int = 0
    _attached: dict[str, bool] = field(default_factory=dict)

    def findings(self) -> Iterator[Finding]:
        """Every fault in order: of the chain, of the rows, of what should have been sealed. Raises nothing."""
        kept = _chain_of(self.table, self.using)
        yield from self._compare_with_export(kept)
        trusted: Chain = {}
        yield from self._walk(kept | self.exported, trusted)
        detached = months_away(trusted.values())
        for seal in trusted.values():
            if (
                seal.kind == LedgerSeal.Kind.SEALED
                and self.since < seal.until_id
                and seal.from_id < self.until
            ):
                yield from self._compare_rows(seal, detached)
        yield from self._look_for_unsealed()

    def _compare_with_export(self, kept: Chain) -> Iterator[Finding]:
        for number, exported in sorted(self.exported.items()):
            ours = kept.get(number)
            if ours is None:
                yield self._finding(Fault.SEAL_MISSING, number, "was exported and is not in the database")
            elif any(getattr(ours, name) != getattr(exported, name) for name in _COMPARED):
                yield self._finding(Fault.SEAL_REPLACED, number, "is not the one that was exported")

    def _walk(self, chain: Chain, trusted: Chain) -> Iterator[Finding]:
        """Follow the chain from its first seal; put what a key vouches for into `trusted`."""
        before: LedgerSeal | None = None
        covered = canonical.FIRST_ID
        for number in range(1, max(chain, default=0) + 1):
            seal = chain.get(number)
            if seal is None:
                yield self._finding(Fault.SEAL_MISSING, number, "is missing")
                before = None
                continue
            self.seals += 1
            fault = _fault_of(seal)
            if fault is not None:
                yield self._finding(fault[0], number, fault[1])
            else:
                trusted[number] = seal
            # After a missing or forged seal only the next pair can be judged.
            if number == 1 or before is not None:
                if seal.previous != (before.mac if before else ""):
                    yield self._finding(Fault.CHAIN_BROKEN, number, "does not follow the seal before it")
                elif seal.kind == LedgerSeal.Kind.SEALED and fault is None and seal.from_id != covered:
                    yield self._finding(
                        Fault.CHAIN_BROKEN, number, "does not begin where the one before ended"
                    )
            before = seal if fault is None else None
            covered = seal.until_id if seal.kind == LedgerSeal.Kind.SEALED else covered

    def _compare_rows(self, seal: LedgerSeal, detached: set[UUID]) -> Iterator[Finding]:
        marks = bytes(seal.marks)  # of an exported seal they came with it, of ours they are read here
        if sha256(marks).hexdigest() != seal.marks_sha256:
            yield self._finding(Fault.SEAL_FORGED, seal.number, "has marks that it was not signed with")
            marks = b""
        month = canonical.first_id_of(canonical.month_of(UUID(int=seal.until_id.int - 1)))
        if month in detached and month not in self.archives:
            self.away += seal.rows
            stray = canonical.first_id(self.table, seal.from_id, seal.until_id, using=self.using)
            if stray:
                yield self._row(Fault.INSERTED, seal, stray, "lies in a month that was detached")
            return
        most = seal.rows + seals.MOST_ROWS  # of what was inserted, enough to name the first
        found = canonical.hash_rows(self._read(seal, month, most))
        self.rows += len(found)
        if found.root() != seal.root:
            yield from self._name_rows(seal, marks, found)

    def _read(self, seal: LedgerSeal, month: UUID, most: int) -> Iterable[Any]:
        if month in self.archives:
            return self.archives[month](seal.from_id, seal.until_id, most)
        return canonical.copied(
            self.table, seal.from_id, seal.until_id, most=most, form=seal.format, using=self.using
        )

    def _name_rows(self, seal: LedgerSeal, marks: bytes, found: Rows) -> Iterator[Finding]:
        nameless = True
        for fault, row, other in compare(marks, found.marks(), self._origin) if marks else ():
            content = f": it holds what was sealed as row {other}" if other else ""
            yield self._row(fault, seal, row, _SENTENCES[fault] + content + self._month_lost(found, row))
            nameless = False
        if nameless:
            yield self._finding(
                Fault.ALTERED, seal.number, "does not fit its rows, and its marks do not name which"
            )

    def _origin(self, mark: bytes) -> bytes | None:
        """The key of the row that was sealed with this content in any period; asked only about what was altered."""
        if self._origins_asked >= MOST_ORIGINS:
            return None
        self._origins_asked += 1
        for seal in self.exported.values():
            if key := _key_before(bytes(seal.marks), bytes(seal.marks).find(mark)):
                return key
        with connections[self.using].cursor() as cursor:
            cursor.execute(
                "SELECT marks, position(%s in marks) - 1 FROM disclosures_ledgerseal"
                ' WHERE "table" = %s AND position(%s in marks) > 0 LIMIT 1',
                [mark, self.table.name, mark],
            )
            row = cursor.fetchone()
        return _key_before(bytes(row[0]), row[1]) if row else None

    def _month_lost(self, found: Rows, row: UUID) -> str:
        """Where a seal finds no row at all: is the whole partition gone?"""
        if len(found) or self.table is not canonical.LEDGER or self.archives:
            return ""
        partition = partition_of(row)
        if partition not in self._attached:
            self._attached[partition] = is_attached(partition, self.using)
        if self._attached[partition]:
            return ""
        return f"; its whole month is: {partition} is not a partition of the ledger, and no seal says it was detached"

    def _look_for_unsealed(self) -> Iterator[Finding]:
        before = self.at - timedelta(minutes=settings.SEAL_QUIET_MINUTES) - seals.BEHIND_AFTER
        waiting = seals.first_unsealed(self.table, before, self.using)
        if waiting and waiting < self.until:
            sentence = f"row {waiting} is older than {seals.BEHIND_AFTER} and no seal covers it"
            yield Finding(Fault.UNSEALED, self.table.name, None, waiting, f"{self.table.name}: {sentence}.")

    def _finding(self, fault: Fault, number: int, what: str) -> Finding:
        return Finding(fault, self.table.name, number, None, f"{self.table.name}: seal {number} {what}.")

    def _row(self, fault: Fault, seal: LedgerSeal, row: UUID, what: str) -> Finding:
        name = row.int if self.table.number_key else row
        sentence = f"{self.table.name}: row {name} {what} (seal {seal.number})."
        return Finding(fault, self.table.name, seal.number, row, sentence)


_SENTENCES = {
    Fault.ALTERED: "was altered",
    Fault.MISSING: "is missing",
    Fault.INSERTED: "was inserted after its time was sealed",
    Fault.REORDERED: "stands in another row's place",
}


def _chain_of(table: AppendOnly, using: str) -> Chain:
    """The table's seals by number, without their marks."""
    found = LedgerSeal.objects.using(using).filter(table=table.name).defer("marks")
    return {seal.number: seal for seal in found.order_by("number")}


def _fault_of(seal: LedgerSeal) -> tuple[Fault, str] | None:
    try:
        genuine = seals.is_genuine(seal)
    except seals.NoSealKey:
        return Fault.KEY_UNKNOWN, f"was made with the key {seal.key_id!r}, which SEAL_KEYS does not name"
    return None if genuine else (Fault.SEAL_FORGED, "was not signed by our key as it is")


def months_away(chain: Iterable[LedgerSeal]) -> set[UUID]:
    """The first ids of the months that were detached and have not come back."""
    away: set[UUID] = set()
    for seal in chain:
        if seal.kind == LedgerSeal.Kind.DETACHED:
            away.add(seal.from_id)
        elif seal.kind == LedgerSeal.Kind.ATTACHED:
            away.discard(seal.from_id)
    return away


def compare(
    sealed: bytes, found: bytes, origin: Callable[[bytes], bytes | None]
) -> Iterator[tuple[Fault, UUID, UUID | None]]:
    """Name each difference between two lists of marks in order of the ids: the fault, the row, whose content it has.

    `origin` says which row of another period was sealed with a content.
    """
    then, now = _by_key(sealed), _by_key(found)
    owner = {mark: key for key, mark in then.items()}
    carried = set(now.values())
    for key in sorted(then.keys() | now.keys()):
        mark, was = now.get(key), then.get(key)
        if mark is None:
            if was not in carried:  # else it is named where its content lies now
                yield Fault.MISSING, UUID(bytes=key), None
        elif mark != was:
            near = owner.get(mark)
            moved = near is not None and now.get(near) != mark
            other = near or origin(mark)
            if was is None:
                fault = Fault.REORDERED if moved else Fault.INSERTED
            else:
                fault = Fault.REORDERED if moved or (other and not near) else Fault.ALTERED
            yield fault, UUID(bytes=key), UUID(bytes=other) if other else None


def _key_before(marks: bytes, at: int) -> bytes | None:
    """The key that a mark found at this place belongs to; elsewhere its bytes stand by chance."""
    return marks[at - 16 : at] if at > 0 and at % MARK == 16 else None


def _by_key(marks: bytes) -> dict[bytes, bytes]:
    return {marks[at : at + 16]: marks[at + 16 : at + MARK] for at in range(0, len(marks), MARK)}


def partition_of(row: UUID) -> str:
    return f"{canonical.LEDGER.name}_{canonical.month_of(row):%Y%m}"


def is_attached(partition: str, using: str = "default") -> bool:
    """Whether the ledger has this partition; what was detached keeps its name."""
    with connections[using].cursor() as cursor:
        cursor.execute(
            "SELECT EXISTS (SELECT FROM pg_inherits WHERE inhrelid = to_regclass(%s)"
            " AND inhparent = to_regclass(%s))",
            [partition, canonical.LEDGER.name],
        )
        return bool(cursor.fetchone()[0])
