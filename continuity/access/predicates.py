"""The own agency's lists as one SQL condition: a list shows a row exactly when the gate would open it as own.

`policy.decide` judges one person from gathered facts; this asks the same of each row inside the query, so that a list
needs no check per row. What other agencies keep is in no list: it comes by person, through `release` (ADR 0013). The
matrix and the conditions of cells are the policy's own; property tests in tests/access hold the two together.

Own records stay own after a merge. A condition about the person, to be named or assigned, is asked of the one whom the
row was made for, as `access.merged` does.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TypeVar

from django.db.models import Exists, Model, OuterRef, Q, QuerySet
from django.db.models.expressions import RawSQL
from django.db.models.functions import Coalesce

from continuity.access.case import Asker
from continuity.access.matrix import MATRIX, Basis
from continuity.access.models import Restriction
from continuity.access.policy import RESPONDERS, condition_holds, refuse_asker
from continuity.agencies.models import Agency
from continuity.agencies.roles import Role, roles_asserting
from continuity.agencies.services import rules_for
from continuity.crisis.models import CrisisContact
from continuity.people.models import Person, PersonStaffGrant
from continuity.treatment.models import FollowUp, Linkage

M = TypeVar("M", bound=Model)


@dataclass(frozen=True)
class Paths:
    """Where a kind of record keeps what the gates look at; empty where it has none.

    `also_own` names a second agency at whose end the record is own: the recipient of a linkage, a link's provider.
    """

    person: str = "person"
    custodian: str = "custodian"
    time: str = "occurred_at"
    also_own: str = ""

    def origin(self, model: type[Model]) -> str:
        """Whom a record of this kind was made for, where that is another than its person now."""
        *way, _ = self.person.split("__")
        for step in way:
            model = model._meta.get_field(step).related_model  # type: ignore[assignment]  # a foreign key's
        return "__".join((*way, "recorded_for" if model is CrisisContact else "origin"))


def own(
    rows: QuerySet[M], asker: Asker, category: str, at: datetime, paths: Paths | None = None
) -> QuerySet[M]:
    """Those of `rows` that are the asker's agency's own and whose `category` the asker may read."""
    paths = paths or Paths()
    origin = paths.origin(rows.model)
    if refuse_asker(asker, at) is not None:
        return rows.none()
    opened = Q(pk__in=[])
    for role in roles_asserting(asker.roles, asker.purpose):
        if (role, category, Basis.OWN) in MATRIX and condition_holds(
            asker, role, category, Basis.OWN, is_assigned=True
        ):
            opened |= _limits(asker, role, category, at, paths, origin)
    own_row = Q(**{paths.custodian: asker.agency_id})
    if paths.also_own:
        own_row |= Q(**{paths.also_own: asker.agency_id})
    return rows.filter(own_row, opened, readable_person(asker, paths, origin))


def readable_person(asker: Asker, paths: Paths | None = None, origin: str = "origin") -> Q:
    """Gate 5 on the own agency's rows: restricted people and staff as patients are for named staff (6.4, P-28).

    `origin` is where the rows say whom they were made for.
    """
    if Role.PRIVACY_OFFICER in roles_asserting(asker.roles, asker.purpose):
        return ~Q(pk__in=[])
    paths = paths or Paths()
    person = OuterRef(paths.person)
    shielded = Restriction.objects.filter(
        person=person,
        kind=Restriction.Kind.EMPLOYEE,
        state=Restriction.State.AGREED,
        towards=asker.agency_id,
    )
    normal = Q(**{f"{paths.person}__confidentiality": Person.Confidentiality.NORMAL}) & ~Q(Exists(shielded))
    named = PersonStaffGrant.objects.filter(user=asker.member_id, named_by=asker.agency_id)
    for_this_one = named.filter(content_object=Coalesce(OuterRef(origin), person))
    for_all = _reviewed(asker, origin) & Q(Exists(named.filter(content_object=person)))
    return normal | Q(Exists(for_this_one)) | for_all


def _limits(asker: Asker, role: Role, category: str, at: datetime, paths: Paths, origin: str) -> Q:
    if role is Role.PEER_NAVIGATOR:
        return _assigned(asker, paths, origin)
    if role in RESPONDERS and category == "D2":
        rules = rules_for(Agency.objects.get(pk=asker.agency_id), at)
        return Q(**{f"{paths.time}__gte": at - timedelta(days=rules.officer_look_back_days)})
    return ~Q(pk__in=[])


def _assigned(asker: Asker, paths: Paths, origin: str) -> Q:
    """Assigned to the one whom the row was made for; since a merge, and once it is reviewed, to the whole person."""
    person, mine = OuterRef(paths.person), asker.membership_id
    found = Q(pk__in=[])
    for work in (
        FollowUp.objects.filter(person=person, assigned_to=mine, closed_at=None),
        Linkage.objects.filter(person=person, owner=mine, closed_at=None),
    ):
        since = OuterRef(f"{origin}__replaced_at")
        found |= Q(Exists(work.filter(origin=OuterRef(origin))))
        found |= Q(Exists(work.filter(origin=None, created_at__gte=since)))
        found |= _joined(asker, origin) & Q(Exists(work.filter(_joined(asker, "origin"))))
    return found


# The retired ones whose merges the agency reviewed, all the way to the survivor. The models live on a floor above.
_REVIEWED = """
WITH RECURSIVE reviewed AS (
  SELECT m.retired_id, m.survivor_id FROM disclosures_merge m
  JOIN disclosures_mergereview v ON v.merge_id = m.id AND v.agency_id = %s WHERE m.state = 'merged'
), way AS (
  SELECT retired_id, survivor_id FROM reviewed
  UNION SELECT way.retired_id, reviewed.survivor_id FROM way JOIN reviewed ON reviewed.retired_id = way.survivor_id
)
SELECT way.retired_id FROM way JOIN people_person p ON p.id = way.survivor_id AND p.replaced_by_id IS NULL
"""


def _joined(asker: Asker, origin: str) -> Q:
    """Rows of the survivor, and of those whom the asker's agency judges as one with them."""
    return Q(**{f"{origin}__isnull": True}) | _reviewed(asker, origin)


def _reviewed(asker: Asker, origin: str) -> Q:
    found = RawSQL(_REVIEWED, [asker.agency_id])  # noqa: S611  # a constant text  # nosec B611
    return Q(**{f"{origin}__in": found})
