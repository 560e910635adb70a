"""Two people of the index who may be one: raised by comparing, decided by a privacy officer (5.3, P-5).

Nobody who registers somebody is told that there is one like them (P-3): the pair waits for those who may know it.
"""

from datetime import datetime
from uuid import UUID

from django.db import connection, transaction
from django.db.models import Exists, OuterRef, Q, QuerySet

from continuity.agencies.models import Membership
from continuity.agencies.roles import Duty, require
from continuity.errors import Conflict, Invalid, NotFound, Stale
from continuity.people import index
from continuity.people.matching import Grade, Scored, asked_like, score
from continuity.people.models import DuplicatePair, MatchProfile, Person, PersonAgency, PersonToCompare
from continuity.trail.wall import matching

MOST_OPEN = 3  # pairs of one person: fifty candidates are a list that nobody reads
_LOOKED_AT = 8  # candidates: some of the best may be decided already
_LONGEST = 300
_V = DuplicatePair.Verdict
# "Different" may be taken back by hand, and is never raised again by itself.
_MAY_BECOME: dict[str, frozenset[str]] = {
    _V.OPEN: frozenset({_V.SAME, _V.DIFFERENT, _V.NOT_ENOUGH}),
    _V.NOT_ENOUGH: frozenset({_V.SAME, _V.DIFFERENT}),
    _V.SAME: frozenset({_V.DIFFERENT, _V.NOT_ENOUGH}),
    _V.DIFFERENT: frozenset({_V.SAME, _V.NOT_ENOUGH}),
}
_LOCK = (
    "SELECT id FROM people_person WHERE id = ANY(%s::uuid[]) AND replaced_by_id IS NULL"
    " ORDER BY id FOR KEY SHARE"
)


def pairs_for(by: Membership) -> QuerySet[DuplicatePair]:
    """The pairs that concern this member: all for who keeps the index, else those whose two people are the own ones.

    Nothing without the duty. People who were merged meanwhile are no pair any more.
    """
    pairs = DuplicatePair.objects.filter(first__replaced_by=None, second__replaced_by=None)
    if not by.has_duty(Duty.MATCH_PEOPLE):
        return pairs.none()
    if by.agency.keeps_index:
        return pairs
    known = PersonAgency.objects.filter(agency=by.agency_id)
    return pairs.filter(
        Exists(known.filter(person=OuterRef("first"))), Exists(known.filter(person=OuterRef("second")))
    )


@matching("both people are compared, whoever knows them")
@transaction.atomic
def raise_pairs(person: Person, found_by: str, at: datetime) -> int:
    """Raise the pairs that the person makes with those most like them, best first; say how many are new.

    A pair that was ever raised is not raised again, whatever was decided; nobody has more than a few open ones.
    """
    if person.replaced_by_id is not None:
        return 0
    paired = _paired_with(person.pk)
    room = MOST_OPEN - sum(paired.values())
    found = index.search(index.query_of_person(person), most=_LOOKED_AT, exclude=person.pk)
    fresh = [one for one in found if one.grade != Grade.CERTAINLY_NOT and one.person not in paired]
    fresh = fresh[: max(room, 0)]
    alive = _locked({person.pk, *(one.person for one in fresh)}) if fresh else frozenset()
    return sum(_raise(person.pk, one, found_by, at) for one in fresh if {person.pk, one.person} <= alive)


@matching("both people are compared, whoever knows them")
def compare_next(at: datetime) -> bool:
    """Compare whoever waits longest with the rest of the index; False when nobody waits.

    Several workers take different people, and each person is a transaction of its own: no lock is held for long.
    """
    with transaction.atomic():
        waiting = PersonToCompare.objects.select_for_update(skip_locked=True, of=("self",)).order_by("pk")
        one = waiting.select_related("person").first()
        if one is None:
            return False
        raise_pairs(one.person, one.found_by, at)
        one.delete()
    return True


@matching("both people are compared, whoever knows them")
def compared_now(pair: DuplicatePair) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Which fields of the two agree and which conflict, as they are on record now; as found for who was merged."""
    people = (pair.first_id, pair.second_id)
    kept = MatchProfile.objects.filter(person__in=people).exclude(profile="")
    profiles = {
        person: index.unpacked(profile, numbers)
        for person, profile, numbers in kept.values_list("person", "profile", "identifiers")
    }
    if len(profiles) < len(people):
        return tuple(pair.agreeing), tuple(pair.conflicting)
    first, second = (profiles[one] for one in people)
    # Which fields agree does not depend on how many people bear a name; how much it is worth would.
    (found,) = score(asked_like(first), [(people[1], second)], counts={}, size=0, secret=index.secret())
    return found.agreeing, found.conflicting


@transaction.atomic
def decide_pair(
    *,
    by: Membership,
    pair_id: UUID,
    verdict: str,
    reason: str,
    at: datetime,
    version: int | None = None,
) -> DuplicatePair:
    """Say whether two people are one, and why. "Different" keeps them apart until somebody says otherwise.

    Raises NotAllowed, NotFound for a pair that does not concern the member, Stale, Invalid, Conflict when that is
    what was said already.
    """
    require(by.roles, Duty.MATCH_PEOPLE)
    pair = pairs_for(by).select_for_update(of=("self",)).filter(pk=pair_id).first()
    if pair is None:
        raise NotFound("not_found", "There is no such record.")
    if version is not None and pair.version != version:
        raise Stale
    if verdict not in (_V.SAME, _V.DIFFERENT, _V.NOT_ENOUGH):
        raise Invalid("unknown_value", "Choose one of the three answers.", field="verdict")
    if verdict not in _MAY_BECOME[pair.verdict]:
        raise Conflict("decided_already", "This is what was decided already.")
    if not reason.strip():
        raise Invalid("no_reason", "Say why, in one sentence.", field="reason")
    if len(reason.strip()) > _LONGEST:
        raise Invalid("too_long", f"At most {_LONGEST} characters.", field="reason")
    pair.verdict, pair.reason = verdict, reason.strip()
    pair.decided_by, pair.decided_at = by, at
    pair.save()
    return pair


def _locked(person_ids: set[UUID]) -> frozenset[UUID]:
    """Hold these people as a foreign key would, in the order in which a merge locks them; those who still stand."""
    with connection.cursor() as cursor:
        cursor.execute(_LOCK, [sorted(person_ids)])
        return frozenset(person_id for (person_id,) in cursor.fetchall())


def _paired_with(person_id: UUID) -> dict[UUID, bool]:
    """Everybody with whom the person was ever paired, and whether that is still to be decided.

    "Different" said of somebody who was merged into either of them holds for the one they were merged into.
    """
    cluster = {person_id, *Person.objects.filter(replaced_by=person_id).values_list("pk", flat=True)}
    rows = DuplicatePair.objects.filter(Q(first__in=cluster) | Q(second__in=cluster))
    said = rows.values_list("verdict", "first", "first__replaced_by", "second", "second__replaced_by")
    paired: dict[UUID, bool] = {}
    for verdict, first, first_now, second, second_now in said:
        as_now = {first_now or first, second_now or second} - {person_id}
        was_moved = bool(first_now or second_now)
        if as_now and (not was_moved or verdict == _V.DIFFERENT):
            paired[as_now.pop()] = verdict == _V.OPEN
    return paired


def _raise(person_id: UUID, found: Scored, found_by: str, at: datetime) -> bool:
    first, second = sorted((person_id, found.person))
    _, is_new = DuplicatePair.objects.get_or_create(
        first_id=first,
        second_id=second,
        defaults={
            "grade": found.grade,
            "agreeing": list(found.agreeing),
            "conflicting": list(found.conflicting),
            "found_by": found_by,
            "found_at": at,
        },
    )
    return is_new
