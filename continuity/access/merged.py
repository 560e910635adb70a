"""A merged person's facts, origin by origin: what was decided about one of them opens the records of that one. Pure.

Never wider (ADR 0016). A consent, a team link, an assignment or an emergency counts for the records of whom it was
decided about, and, decided after a merge, for both; a naming for whom it names. A custodian that reviewed the merge is
judged on all of it as of one person. What closes, closes all: restrictions, confidentiality and the shield are the
survivor's, and the dead and the young are so for all as soon as one of them is.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import date, datetime
from typing import Any
from uuid import UUID

from continuity.access.case import Custodian, Facts, Opening, Origin, Refusal
from continuity.people.birth_dates import latest_birth

Judged = tuple[Opening, Refusal | None]
_Line = list[Any]  # whom it was written for (None: the survivor), when, and perhaps its id


def each_origin(facts: Facts, own: UUID) -> Iterator[tuple[UUID | None, Custodian, Facts]]:
    """Each custodian with the facts that count for its records of one origin; None and all for the never merged."""
    if not facts.origins:
        yield from ((None, custodian, facts) for custodian in facts.custodians)
        return
    survivor, *_ = facts.origins
    for custodian in facts.custodians:
        for origin in facts.origins:
            alike = _alike(facts, custodian.id, origin)
            has_record = _is_known(custodian.id, alike)
            if has_record or origin is survivor or custodian.id == own:
                naming = custodian.id in origin.naming or (
                    survivor in alike and custodian.id in survivor.naming
                )
                yield (
                    origin.id,
                    replace(custodian, is_named=naming, has_record=has_record),
                    _of(facts, alike),
                )


def whole(judged: Iterable[Judged], facts: Facts) -> tuple[Judged, ...]:
    """The same openings; one that holds for every origin, all known to the custodian, is said once without any.

    But where it has not reviewed the merges, and does not tell that it has a record of each: a record of one would
    then tell the names of all.
    """
    found = tuple(dict.fromkeys(judged))
    if not facts.origins:
        return found
    held: dict[Judged, int] = {}
    for one in found:
        held[_of_any(one)] = held.get(_of_any(one), 0) + 1
    knows_all = {
        one.id
        for one in facts.custodians
        if all(_is_known(one.id, _alike(facts, one.id, origin)) for origin in facts.origins)
    }
    tells_all = {
        one.custodian
        for (one, closed), times in held.items()
        if one.category == "D0" and closed is None and times == len(facts.origins)
    } | {one.id for one in facts.custodians if _alike(facts, one.id, facts.origins[0]) == facts.origins}
    return tuple(
        dict.fromkeys(
            _of_any(one)
            if one[0].custodian in knows_all & tells_all and held[_of_any(one)] == len(facts.origins)
            else one
            for one in found
        )
    )


def _of_any(one: Judged) -> Judged:
    return replace(one[0], origin=None), one[1]


def origins_of(survivor: UUID, facts: Facts, merges: Mapping[str, Any]) -> tuple[Origin, ...]:
    """The survivor and those who were merged into them, from what the database says of the merges."""
    retired = {UUID(one["id"]): one for one in merges["retired"]}
    ways = {pk: _way(pk, survivor, retired) for pk in retired}

    def counts(lines: list[_Line] | None, pk: UUID) -> list[_Line]:
        return [line for line in lines or () if _counts(line, pk, survivor, ways)]

    def origin(pk: UUID, said: Mapping[str, Any], **fields: Any) -> Origin:
        return Origin(
            id=pk,
            known_to=_ids(said["known_to"]),
            naming=_ids(said["naming"]),
            grounds=frozenset(UUID(line[2]) for line in counts(merges["grounds"], pk)),
            in_treatment=bool(counts(merges["care"], pk)),
            is_assigned=bool(counts(merges["work"], pk)),
            **fields,
        )

    first = origin(
        survivor,
        merges,
        is_established=facts.is_established,
        is_deceased=facts.is_deceased,
        born_by=facts.born_by,
    )
    return first, *(
        origin(
            pk,
            said,
            joined_by=frozenset.intersection(*(_ids(retired[step]["reviewed_by"]) for step, _ in ways[pk])),
            is_established=said["is_established"],
            is_deceased=said["is_deceased"],
            born_by=_born_by(said),
        )
        for pk, said in retired.items()
    )


def _alike(facts: Facts, custodian: UUID, origin: Origin) -> tuple[Origin, ...]:
    """Those whom the custodian judges as one with this one: the survivor and whose merges it reviewed."""
    survivor, *retired = facts.origins
    joined = survivor, *(one for one in retired if custodian in one.joined_by)
    return joined if origin in joined else (origin,)


def _is_known(custodian: UUID, alike: Iterable[Origin]) -> bool:
    return any(custodian in one.known_to for one in alike)


def _of(facts: Facts, alike: tuple[Origin, ...]) -> Facts:
    """The facts that count for the records of these; `alike` has the survivor first, or is one of the retired."""
    grounds = frozenset[UUID]().union(*(one.grounds for one in alike))
    # Reviewed throughout, the survivor's dates are the person's; until then the stricter ones hold.
    dated = alike[:1] if len(alike) == len(facts.origins) else facts.origins
    return replace(
        facts,
        consents=tuple(one for one in facts.consents if one.id in grounds),
        emergencies=tuple(one for one in facts.emergencies if one.id in grounds),
        in_treatment=any(one.in_treatment for one in alike),
        is_assigned=any(one.is_assigned for one in alike),
        is_established=alike[0].is_established,
        is_deceased=any(one.is_deceased for one in dated),
        born_by=max((one.born_by for one in dated if one.born_by), default=None),
    )


def _way(pk: UUID, survivor: UUID, retired: Mapping[UUID, Mapping[str, Any]]) -> list[tuple[UUID, datetime]]:
    """The merges that led from somebody to the survivor: who was retired, and when."""
    way: list[tuple[UUID, datetime]] = []
    while pk != survivor and pk in retired and len(way) < len(retired):
        way.append((pk, datetime.fromisoformat(retired[pk]["at"])))
        pk = UUID(retired[pk]["into"])
    return way


def _counts(line: _Line, pk: UUID, survivor: UUID, ways: Mapping[UUID, list[tuple[UUID, datetime]]]) -> bool:
    """Whether it was written for this one, or for the survivor once this one was merged into them."""
    written_for = UUID(line[0]) if line[0] else survivor
    if written_for == pk:
        return True
    since = max((at for _, at in ways.get(pk, ())), default=None)
    return written_for == survivor and since is not None and datetime.fromisoformat(line[1]) >= since


def _born_by(said: Mapping[str, Any]) -> date | None:
    return (
        latest_birth(date.fromisoformat(said["birth_date"]), said["precision"])
        if said["birth_date"]
        else None
    )


def _ids(values: Iterable[str]) -> frozenset[UUID]:
    return frozenset(map(UUID, values))
