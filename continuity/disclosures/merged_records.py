"""What a custodian looks at of its own when two people became one, or are to be two again, ledger row first (P-5).

It sees its own records and whom each was written for. Of another agency's it sees nothing, not even that there is one.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar
from uuid import UUID

from django.db.models import Model, Q, QuerySet

from continuity.agencies.models import Membership
from continuity.consents.models import Consent
from continuity.disclosures import person_rows
from continuity.disclosures.duplicate_reads import fact_in_words
from continuity.disclosures.merge_lists import records_to_sort, reviewable_merges, rows_to_sort
from continuity.disclosures.models import Merge, UnmergeChoice
from continuity.disclosures.own_records import readable_consents
from continuity.disclosures.own_work import readable_linkages, readable_team_links
from continuity.disclosures.readings import note_reading, refuse_reading
from continuity.people.models import PersonFact
from continuity.treatment.models import Linkage, TreatmentTeamLink

R = TypeVar("R", Consent, TreatmentTeamLink, Linkage)


@dataclass(frozen=True)
class OwnSide:
    """What the own agency keeps of one of the two people of a merge."""

    person_id: UUID
    consents: tuple[Consent, ...]
    links: tuple[TreatmentTeamLink, ...]
    linkages: tuple[Linkage, ...]


def own_sides(*, by: Membership, merge_id: UUID, channel: str, at: datetime) -> tuple[Merge, list[OwnSide]]:
    """A merge to review with the own agency's consents and links of either person; ledgered. Raises NotFound."""
    merge = reviewable_merges(by).filter(pk=merge_id).first()
    if merge is None:
        raise refuse_reading(by=by, channel=channel, at=at, searched=str(merge_id))
    people = (merge.survivor_id, merge.retired_id, *merge.carried)
    consents = list(_with_parties(_about(readable_consents(by, at), people)))
    links = list(_about(readable_team_links(by, at), people).select_related("provider"))
    linkages = list(_about(readable_linkages(by, at), people).select_related("recipient"))
    note_reading(by=by, rows=[merge, *consents], channel=channel, at=at, person_id=merge.survivor_id)
    if links or linkages:
        note_reading(
            by=by,
            rows=[*links, *linkages],
            channel=channel,
            at=at,
            category="D5",
            person_id=merge.survivor_id,
        )
    retired = {merge.retired_id, *merge.carried}

    def side(person_id: UUID, *, of_retired: bool) -> OwnSide:
        def theirs(rows: Iterable[R]) -> tuple[R, ...]:
            return tuple(one for one in rows if (one.origin_id in retired) == of_retired)

        return OwnSide(person_id, theirs(consents), theirs(links), theirs(linkages))

    return merge, [side(merge.survivor_id, of_retired=False), side(merge.retired_id, of_retired=True)]


@dataclass(frozen=True)
class ToSort:
    """One record whose person is to be said: its kind, when it was written, and what the own agency knows it by."""

    choice: UnmergeChoice
    kind: str
    written_at: datetime
    known_by: str


def read_rows_to_sort(by: Membership, *, most: int, channel: str, at: datetime) -> list[ToSort]:
    """The records that wait for the own privacy office, undecided ones first; ledgered."""
    choices = list(rows_to_sort(by, at).order_by("merge", "-is_of_retired", "pk")[:most])
    said = records_to_sort(choices)
    words = _known_by(by, choices)
    note_reading(by=by, rows=choices, channel=channel, at=at, category="D0")
    return [
        ToSort(one, said[one.pk].kind, said[one.pk].written_at, words.get(one.row, ""))
        for one in choices
        if one.pk in said
    ]


def _about(rows: QuerySet[R], people: Sequence[UUID]) -> QuerySet[R]:
    """Recorded for one of these people, under whichever id it stands by now."""
    return rows.filter(Q(person__in=people) | Q(origin__in=people)).order_by("-pk")


def _with_parties(rows: QuerySet[Consent]) -> QuerySet[Consent]:
    return rows.select_related("custodian").prefetch_related("recipients__agency", "recipients__member")


def _known_by(by: Membership, choices: Iterable[UnmergeChoice]) -> dict[UUID, str]:
    """By what the own agency finds a record again, by the record's id; one statement a kind."""
    tables: dict[str, list[UUID]] = {}
    for one in choices:
        if one.agency_id == by.agency_id:
            tables.setdefault(one.table, []).append(one.row)
    words: dict[UUID, str] = {}
    for table, rows in tables.items():
        for row in person_rows.MODELS[table]._default_manager.filter(pk__in=rows):
            words[row.pk] = _said(row)
    return words


def _said(row: Model) -> str:
    if isinstance(row, PersonFact):
        return fact_in_words(row)
    for name in ("number", "contact_number", "incident_ref"):
        if text := getattr(row, name, ""):
            return str(text)
    return ""
