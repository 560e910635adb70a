"""Two people of one county, made one and two again as the privacy offices do it, and all that a member sees of them."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.utils import timezone

from continuity.access.predicates import own
from continuity.access.services import asker_of
from continuity.agencies.models import Agency, Membership
from continuity.agencies.roles import purposes_of
from continuity.disclosures import merges, unmerges
from continuity.disclosures.models import LedgerEntry, Merge, MergeReview
from continuity.disclosures.person_rows import MODELS
from continuity.disclosures.record import Nothing, PersonRecord
from continuity.disclosures.services import release
from continuity.people.matching import Grade
from continuity.people.models import Person, PersonAgency
from continuity.people.services import Identified
from tests import builders as b
from tests.access.test_list_detail_and_policy_agree import NOUNS
from tests.access.worlds import World


@dataclass(frozen=True)
class Offices:
    """The two who decide merges, at an agency that keeps the index."""

    asking: Membership
    approving: Membership

    def merge(self, survivor: Person, retired: Person, **chosen: Any) -> Merge:
        asked = merges.request_merge(
            by=self.asking,
            survivor_id=survivor.pk,
            retired_id=retired.pk,
            chosen=chosen,
            reason="One person.",
            at=timezone.now(),
        )
        return merges.approve_merge(by=self.approving, merge_id=asked.pk, at=timezone.now())

    def doubt(self, merge: Merge) -> Merge:
        return unmerges.request_unmerge(
            by=self.asking, merge_id=merge.pk, reason="Two people.", at=timezone.now()
        )

    def unmerge(self, merge: Merge) -> Merge:
        self.doubt(merge)
        return unmerges.approve_unmerge(by=self.approving, merge_id=merge.pk, at=timezone.now())


def offices(keeper: Agency | None = None) -> Offices:
    """At a new agency that keeps the index, or at this one, which keeps it from now on."""
    keeper = keeper or b.agency("index-keeper", "psap")
    keeper.keeps_index = True
    keeper.save()
    return Offices(
        b.member("asks", keeper, "privacy_officer"), b.member("approves", keeper, "privacy_officer")
    )


def review(merge: Merge, *agencies: Agency) -> None:
    """Each of these custodians looks at its consents and lets them reach the whole person."""
    for agency in agencies:
        manager = b.member(f"reviews-{merge.pk}-{agency.code}", agency, "consent_manager")
        if merges.reviewable_merges(manager).filter(pk=merge.pk).exists():
            merges.review_merge(by=manager, merge_id=merge.pk, at=timezone.now())


@dataclass(frozen=True)
class Seen:
    """What one asker sees: records, whose existence is told, names, and own rows in lists."""

    records: frozenset[tuple[str, str]] = frozenset()
    known_to: frozenset[str] = frozenset()
    names: frozenset[str] = frozenset()
    listed: frozenset[tuple[str, UUID]] = frozenset()

    def __or__(self, other: "Seen") -> "Seen":
        return Seen(*(mine | theirs for mine, theirs in zip(self._all(), other._all(), strict=True)))

    def __sub__(self, other: "Seen") -> "Seen":
        return Seen(*(mine - theirs for mine, theirs in zip(self._all(), other._all(), strict=True)))

    def _all(self) -> tuple[frozenset[Any], ...]:
        return self.records, self.known_to, self.names, self.listed


def ask(
    by: Membership, person: Person, *, purpose: str = "", reason: str = "", at: datetime | None = None
) -> PersonRecord | Nothing:
    """Look up somebody who is known by id already, as their exact description does."""
    return release(
        by=by,
        identified=Identified(person.pk, Grade.CERTAIN),
        purpose=purpose or str(purposes_of(by.roles)[0]),
        incident_ref="2026-1",
        reason=reason,
        searched="x",
        channel="api",
        at=at or moment(),
    )


def moment() -> datetime:
    """The millisecond after the ledger's last one: its rows stand in the order of their times."""
    newest = LedgerEntry.objects.filter(at__gte=b.NOW).order_by("-id").values_list("at", flat=True).first()
    return newest + timedelta(milliseconds=1) if newest else b.NOW


def last_row() -> LedgerEntry:
    return LedgerEntry.objects.latest("id")


def seen(
    by: Membership, *people: Person, purpose: str = "", reason: str = "", with_lists: bool = True
) -> Seen:
    """All that this member sees of these people, by asking and in the own agency's lists."""
    told = Seen(listed=_listed(by, people, purpose, reason) if with_lists else frozenset())
    for person in people:
        answer = ask(by, person, purpose=purpose, reason=reason)
        row = last_row()
        assert isinstance(answer, Nothing) == (row.outcome != "released")
        if isinstance(answer, PersonRecord):
            told |= Seen(
                records=frozenset((noun, pk) for noun, pk, _ in row.records),
                known_to=frozenset(answer.known_to),
                names=frozenset({answer.name_to_use, answer.official_name} - {""}),
            )
    return told


def _listed(
    by: Membership, people: tuple[Person, ...], purpose: str, reason: str
) -> frozenset[tuple[str, UUID]]:
    asker = asker_of(
        by, purpose=purpose or str(purposes_of(by.roles)[0]), incident_ref="2026-1", reason=reason
    )
    found: set[tuple[str, UUID]] = set()
    for noun in ("contact", "safety_flag", "narrative"):
        manager, category, paths, *_ = NOUNS[noun]
        rows: Any = own(manager.all(), asker, category, b.NOW, paths)
        found |= {
            (noun, pk) for pk in rows.filter(**{f"{paths.person}__in": people}).values_list("pk", flat=True)
        }
    return frozenset(found)


class TwoPeople(World):
    """A drawn county with two drawn people, of whom each agency knows what was drawn."""

    def __init__(self, drawn: dict[str, Any], other: dict[str, Any]) -> None:
        super().__init__(drawn)
        self.survivor = self.person
        # Naming is not merged: to compare with one person, the same are named for both.
        other = other | {"named_staff": drawn["named_staff"], "minors_shown": False}
        self.retired = self.add_person(
            drawn | {name: other[name] for name in _OF_A_PERSON} | {"minors_shown": False}
        )
        for person, name in ((self.survivor, "Sam"), (self.retired, "Samuel")):
            # Who keeps a consent knows the person: the drawn worlds do not see to it.
            known = person.person_agencies.values("agency")
            strange = person.consents.exclude(custodian__in=known)
            strange.update(custodian=person.person_agencies.order_by("pk")[0].agency_id)
            person.personname_set.create(source=self.agencies[1], first=name, last="Testcase")
        self.offices = offices()
        self.askers = [self.asker] + [
            b.member(f"asks-{one.code}", one, *drawn["roles"], is_medical_personnel=drawn["medical"])
            for one in self.agencies
            if one != self.asker.agency
        ]

    def seen(self, *people: Person) -> list[Seen]:
        """What each asker sees of them; who is assigned or named, in lists, too."""
        asked = {"purpose": self.purpose, "reason": self.drawn["reason"]}
        return [seen(one, *people, **asked, with_lists=one == self.asker) for one in self.askers]

    def make_one(self) -> Merge:
        return self.offices.merge(self.survivor, self.retired)

    def never_two(self) -> None:
        """The same rows as if they had been written of one person from the start."""
        flatten(self.survivor, self.retired)


_OF_A_PERSON = (
    "confidentiality", "named_staff", "deceased", "born", "restrictions", "emergency", "consents", "records", "link",
    "linkage", "assigned",
)  # fmt: skip


def flatten(survivor: Person, retired: Person) -> None:
    """Forget that the rows of a merged person were ever another's."""
    MergeReview.objects.all().delete()
    Merge.objects.all().delete()
    for model in (*MODELS.values(), PersonAgency):
        field = "recorded_for" if "recorded_for" in {one.name for one in model._meta.fields} else "origin"
        rows: Any = model._default_manager
        rows.filter(person=survivor).update(**{field: None})
    Person.objects.filter(pk=retired.pk).update(replaced_by=None, replaced_at=None)
