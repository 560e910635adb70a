"""The ledger of one person across merges: its rows are never changed, and name whom they were written about then.

While two people are one, the rows of both are the survivor's. Once they were taken apart, what was written in between
stands under the survivor's id, and is each one's by the records that it names.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import Q

from continuity.crisis.models import (
    ClinicalNarrative,
    CrisisContact,
    DeescalationTip,
    ResponsePlan,
    SafetyFlag,
    SudSegment,
)
from continuity.disclosures import person_rows
from continuity.disclosures.models import LedgerEntry, Merge
from continuity.ids import first_of
from continuity.people.models import Person
from continuity.trail.wall import index_keeping
from continuity.treatment.models import FollowUp, TreatmentTeamLink

# A question that was on its way when two people became one, or two: its row may be dated a little earlier.
_ON_ITS_WAY = timedelta(minutes=5)
_STOOD = (Merge.State.MERGED, Merge.State.UNMERGE_REQUESTED, Merge.State.UNMERGED)
# What a release calls a record; a reading calls it by its model.
_CALLED = {
    "contact": CrisisContact,
    "safety_flag": SafetyFlag,
    "tip": DeescalationTip,
    "response_plan": ResponsePlan,
    "team_link": TreatmentTeamLink,
    "follow_up": FollowUp,
}
_TABLES = {model._meta.model_name: table for table, model in person_rows.MODELS.items()} | {
    noun: model._meta.db_table for noun, model in _CALLED.items()
}
_TEXTS: dict[str, type[ClinicalNarrative] | type[SudSegment]] = {
    "narrative": ClinicalNarrative,
    "clinicalnarrative": ClinicalNarrative,
    "sud_segment": SudSegment,
    "sudsegment": SudSegment,
}


@dataclass(frozen=True)
class Window:
    """That the rows of some people stood under this id, from when until when (None: still)."""

    person_id: UUID
    since: datetime
    until: datetime | None

    @property
    def rows(self) -> Q:
        """The ledger's rows under the id in that time, by the index and in its partitions."""
        found = Q(person=self.person_id, id__gte=first_of(self.since - _ON_ITS_WAY))
        return found & Q(id__lt=first_of(self.until + _ON_ITS_WAY)) if self.until else found


def cluster_of(person_id: UUID) -> set[UUID]:
    """The person, and everybody who was merged into them."""
    return {person_id, *Person.objects.filter(replaced_by=person_id).values_list("pk", flat=True)}


def since_of(merge: Merge) -> datetime:
    """Since when its two people are one."""
    return merge.decided_at or merge.requested_at


def windows_of(merge: Merge) -> list[Window]:
    """Under which ids the rows of a merge's two people stood: the survivor's, and whoever that one was merged into."""
    found = [Window(merge.survivor_id, since_of(merge), merge.unmerged_at)]
    further = Merge.objects.filter(retired=merge.survivor_id, state__in=_STOOD)
    for one in further.exclude(pk=merge.pk):
        for window in windows_of(one):
            since = max(window.since, found[0].since)
            ends = [end for end in (window.until, found[0].until) if end]
            if not ends or since < min(ends):
                found.append(Window(window.person_id, since, min(ends, default=None)))
    return found


@dataclass(frozen=True)
class PersonLedger:
    """The ledger of one person; `rows` are those that may be about them, `about` says which of some are."""

    people: frozenset[UUID]
    rows: Q
    was_apart: bool

    def about(self, rows: Iterable[LedgerEntry]) -> Iterator[LedgerEntry]:
        """Those of the rows that name a record of the person, or of nobody else."""
        if not self.was_apart:
            yield from rows
            return
        kept = list(rows)
        owners = owners_of(kept)
        for row in kept:
            named = {owners[pk].person_id for _, pk, _ in row.records if pk in owners}
            if not named or named & self.people:
                yield row


@index_keeping("ids alone: who was made one with whom")
def ledger_about(person_id: UUID) -> PersonLedger:
    """The ledger of a person across merges; one statement for who was never merged."""
    if not Merge.objects.filter(Q(survivor=person_id) | Q(retired=person_id), state__in=_STOOD).exists():
        return PersonLedger(frozenset({person_id}), Q(person=person_id), was_apart=False)
    people = cluster_of(person_id)
    apart = Merge.objects.filter(Q(retired__in=people) | Q(survivor__in=people), state=Merge.State.UNMERGED)
    found, ended = Q(person__in=people), list(apart)
    for merge in ended:
        if merge.retired_id in people:
            for window in windows_of(merge):
                found |= window.rows
    return PersonLedger(frozenset(people), found, was_apart=bool(ended))


@dataclass(frozen=True)
class Owner:
    """For whom a record was written, and at whose end it is an own one."""

    person_id: UUID | None
    agencies: frozenset[UUID]


@index_keeping("ids alone: about whom each row was written")
def owners_of(rows: Iterable[LedgerEntry]) -> dict[str, Owner]:
    """Whose the records are that these rows name, by id; one statement a kind."""
    named: dict[str, set[str]] = {}
    texts: dict[str, str] = {}
    for row in rows:
        for noun, pk, _ in row.records:
            if noun in _TABLES:
                named.setdefault(_TABLES[noun], set()).add(pk)
            elif noun in _TEXTS:
                texts[pk] = noun
    contacts = _contacts_of(texts)
    named.setdefault(CrisisContact._meta.db_table, set()).update(contacts.values())
    found: dict[str, Owner] = {}
    for table, ids in named.items():
        for pk, person_id, agencies in person_rows.whose(table, ids):
            found[str(pk)] = Owner(person_id, frozenset(agencies))
    return found | {text: found[contact] for text, contact in contacts.items() if contact in found}


def _contacts_of(texts: dict[str, str]) -> dict[str, str]:
    found: dict[str, str] = {}
    for model in {_TEXTS[noun] for noun in texts.values()}:
        rows = model.objects.filter(pk__in=list(texts)).values_list("pk", "contact")
        found |= {str(text): str(contact) for text, contact in rows}
    return found
