"""The own agency's lists as one SQL condition: a list shows a row exactly when the gate would open it as own.

`policy.decide` judges one person from gathered facts; this asks the same of each row inside the query, so that a list
needs no check per row. What other agencies keep is in no list: it comes by person, through `release` (ADR 0013). The
matrix and the conditions of cells are the policy's own; property tests in tests/access hold the two together.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TypeVar

from django.db.models import Exists, Model, OuterRef, Q, QuerySet

from continuity.access.case import Asker
from continuity.access.matrix import MATRIX, Basis
from continuity.access.models import Restriction
from continuity.access.policy import RESPONDERS, condition_holds, refuse_asker
from continuity.agencies.models import Agency
from continuity.agencies.roles import Role, roles_asserting
from continuity.agencies.services import rules_for
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


def own(
    rows: QuerySet[M], asker: Asker, category: str, at: datetime, paths: Paths | None = None
) -> QuerySet[M]:
    """Those of `rows` that are the asker's agency's own and whose `category` the asker may read."""
    paths = paths or Paths()
    if refuse_asker(asker, at) is not None:
        return rows.none()
    opened = Q(pk__in=[])
    for role in roles_asserting(asker.roles, asker.purpose):
        if (role, category, Basis.OWN) in MATRIX and condition_holds(
            asker, role, category, Basis.OWN, is_assigned=True
        ):
            opened |= _limits(asker, role, category, at, paths)
    own_row = Q(**{paths.custodian: asker.agency_id})
    if paths.also_own:
        own_row |= Q(**{paths.also_own: asker.agency_id})
    return rows.filter(own_row, opened, readable_person(asker, paths))


def readable_person(asker: Asker, paths: Paths | None = None) -> Q:
    """Gate 5 on the own agency's rows: restricted people and staff as patients are for named staff (6.4, P-28)."""
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
    staff = PersonStaffGrant.objects.filter(
        content_object=person, user=asker.member_id, named_by=asker.agency_id
    )
    named = Q(Exists(staff))
    return normal | named


def _limits(asker: Asker, role: Role, category: str, at: datetime, paths: Paths) -> Q:
    if role is Role.PEER_NAVIGATOR:
        return _assigned(asker, paths)
    if role in RESPONDERS and category == "D2":
        rules = rules_for(Agency.objects.get(pk=asker.agency_id), at)
        return Q(**{f"{paths.time}__gte": at - timedelta(days=rules.officer_look_back_days)})
    return ~Q(pk__in=[])


def _assigned(asker: Asker, paths: Paths) -> Q:
    person = OuterRef(paths.person)
    mine = asker.membership_id
    return Q(Exists(FollowUp.objects.filter(person=person, assigned_to=mine, closed_at=None))) | Q(
        Exists(Linkage.objects.filter(person=person, owner=mine, closed_at=None))
    )
