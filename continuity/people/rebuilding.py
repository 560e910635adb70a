"""The whole match index beside live traffic: making it anew, and adding its counts up."""

from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from uuid import UUID

from django.db import connections

from continuity.people import index_rows as rows
from continuity.people.index import made_with, rekey_all
from continuity.trail.wall import matching

BATCH = 250  # people who are locked at a time
_SLICE = 20 * BATCH
_FOLD_EVERY = 40 * BATCH  # every batch adds a row to the count of a common name, and every search reads them


def rebuild(*, everybody: bool = False, using: str = "default", jobs: int = 1) -> Iterator[int]:
    """Key whoever the index does not know as they are on record, or `everybody`; yields how many at a time.

    Each batch is a transaction: what is stopped goes on where it was. A change that is made meanwhile waits for the
    batch of its person, or the batch for the change. `jobs` batches are written at a time.
    """
    unfolded = 0
    for keyed in _keyed(_batches(everybody, using), using, jobs):
        yield keyed
        unfolded += keyed
        if unfolded >= _FOLD_EVERY:
            fold_counts(using=using)
            unfolded = 0


def _keyed(batches: Iterator[list[UUID]], using: str, jobs: int) -> Iterator[int]:
    """Key the batches one after the other, or several at a time on connections of their own."""
    if jobs == 1:
        yield from (rekey_all(batch, using=using) for batch in batches)
        return

    def key(batch: list[UUID]) -> int:
        try:
            return rekey_all(batch, using=using)
        finally:
            connections[using].close()

    with ThreadPoolExecutor(jobs) as threads:
        running: deque[Future[int]] = deque()
        for batch in batches:
            running.append(threads.submit(key, batch))
            if len(running) > 2 * jobs:
                yield running.popleft().result()
        yield from (one.result() for one in running)


def _batches(everybody: bool, using: str) -> Iterator[list[UUID]]:
    for ids in _slices(everybody, using):
        yield from (ids[at : at + BATCH] for at in range(0, len(ids), BATCH))


def _slices(everybody: bool, using: str) -> Iterator[list[UUID]]:
    """Whom to key, of some people after the other, in the order of their ids."""
    after = UUID(int=0)
    while True:
        with matching("the whole index"), connections[using].cursor() as cursor:
            cursor.execute(rows.SLICE, {"after": after, "made_with": made_with(), "most": _SLICE})
            found = cursor.fetchall()
        if not found:
            return
        after = found[-1][0]
        yield [person_id for person_id, is_current in found if everybody or not is_current]


def recount(*, using: str = "default") -> int:
    """Make the counts of names agree with the profiles where they do not; says how many were wrong."""
    with matching("the whole index"), connections[using].cursor() as cursor:
        cursor.execute(rows.RECOUNT)
        return int(cursor.rowcount)


def fold_counts(*, using: str = "default") -> int:
    """Add up what was counted of each name into one row; says how many rows that were."""
    with connections[using].cursor() as cursor:
        cursor.execute(rows.FOLD)
        (folded,) = cursor.fetchone()
    return int(folded)


def is_complete(*, using: str = "default") -> bool:
    """Whether the index knows everybody, made with the secret and method of today; reads all of it."""
    return is_current(using=using) and not _is_so(rows.UNKNOWN, {}, using)


def is_current(*, using: str = "default") -> bool:
    """Whether all that the index holds was made with the secret and method of today; two glances."""
    return not _is_so(rows.OF_ANOTHER_MAKE, {"made_with": made_with()}, using)


def _is_so(question: str, asked: dict[str, int], using: str) -> bool:
    with matching("the whole index"), connections[using].cursor() as cursor:
        cursor.execute(question, asked)
        (answer,) = cursor.fetchone()
    return bool(answer)
