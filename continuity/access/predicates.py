"""The policy as one SQL condition, for lists over many people: a list shows a row exactly when a detail would.

`policy.decide` judges one person from gathered facts; this asks the same questions of each row inside the query, so
that a list needs no check per row. The matrix and the conditions of cells are the policy's own. Property tests in
tests/access hold list, detail and policy together.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar

from django.db.models import Exists, F, Model, OuterRef, Q, QuerySet

from continuity.access.matrix import MATRIX, Basis
from continuity.access.policy import (
    CARE_PURPOSES,
    HEALTH_REGIMES,
    OFFICER_LOOK_BACK,
    RESPONDERS,
    Asker,
    condition_holds,
    refuse_asker,
)
from continuity.agencies.models import Agency, Agreement
from continuity.agencies.roles import Role, roles_asserting
from continuity.consents.models import Consent, ConsentContact, ConsentRecipient
from continuity.people.models import Person
from continuity.treatment.models import IN_CARE_OF_RECIPIENT, FollowUp, Linkage, TreatmentTeamLink

M = TypeVar("M", bound=Model)


@dataclass(frozen=True)
class Paths:
    """Where a kind of record keeps what the gates look at; empty where it has none.

    `also_own` names a second agency at whose end the record is own: the recipient of a linkage, a link's provider.
    """

    person: str = "person"
    custodian: str = "custodian"
    time: str = "occurred_at"
    contact: str = "pk"
    part2: str = "is_part2"
    also_own: str = ""


def releasable(
    rows: QuerySet[M], asker: Asker, category: str, at: datetime, paths: Paths | None = None
) -> QuerySet[M]:
    """Those of `rows` whose `category` may leave to the asker at `at`. Add a primary key for the detail form."""
    paths = paths or Paths()
    return _readable(rows, asker, paths, lambda role: _opened_to_role(asker, role, category, at, paths))


def own(
    rows: QuerySet[M], asker: Asker, category: str, at: datetime, paths: Paths | None = None
) -> QuerySet[M]:
    """Those of `rows` that are the asker's agency's own and whose `category` the asker may read: worklists."""
    paths = paths or Paths()
    return _readable(rows, asker, paths, lambda role: _opened_as_own(asker, role, category, at, paths))


def _readable(rows: QuerySet[M], asker: Asker, paths: Paths, opened_to: Callable[[Role], Q]) -> QuerySet[M]:
    if refuse_asker(asker) is not None:
        return rows.none()
    opened = Q(pk__in=[])
    for role in roles_asserting(asker.roles, asker.purpose):
        opened |= opened_to(role)
    not_restricted = Q(**{f"{paths.person}__confidentiality": Person.Confidentiality.NORMAL})
    if Role.PRIVACY_OFFICER in roles_asserting(asker.roles, asker.purpose):
        not_restricted |= _own(asker, paths)
    return rows.filter(opened & not_restricted)


def _opened_to_role(asker: Asker, role: Role, category: str, at: datetime, paths: Paths) -> Q:
    opened = Q(pk__in=[])
    is_own = _own(asker, paths)
    foreign = ~Q(**{paths.custodian: asker.agency_id}) & Q(
        **{f"{paths.custodian}__status": Agency.Status.ACTIVE}
    )
    agreed = foreign & Exists(_agreements(asker, category, at, paths))
    has_health_law = Q(**{f"{paths.custodian}__legal_regimes__overlap": sorted(HEALTH_REGIMES)})
    holds_part2 = Q(**{f"{paths.custodian}__is_part2_program": True})
    if paths.part2:
        holds_part2 |= Q(**{paths.part2: True})
    for basis, condition in (
        (Basis.OWN, is_own),
        (
            Basis.TREATMENT,
            agreed & has_health_law & ~holds_part2 & _cares(asker) & _in_treatment(asker, paths),
        ),
        (Basis.AGREEMENT, agreed & ~has_health_law & ~holds_part2 & _has_care_purpose(asker)),
        (Basis.CONSENT, agreed & _consented(asker, role, category, at, paths, holds_part2, tpo=False)),
        (Basis.TPO_CONSENT, agreed & _consented(asker, role, category, at, paths, holds_part2, tpo=True)),
    ):
        if (role, category, basis) not in MATRIX or (
            basis is Basis.AGREEMENT and category not in ("D0", "D1", "D2")
        ):
            continue
        if not condition_holds(asker, role, category, basis, is_assigned=True):
            continue
        opened |= condition
    return opened & _limits(asker, role, category, at, paths)


def _opened_as_own(asker: Asker, role: Role, category: str, at: datetime, paths: Paths) -> Q:
    held = (role, category, Basis.OWN) in MATRIX
    if not held or not condition_holds(asker, role, category, Basis.OWN, is_assigned=True):
        return _always(False)
    return _own(asker, paths) & _limits(asker, role, category, at, paths)


def _limits(asker: Asker, role: Role, category: str, at: datetime, paths: Paths) -> Q:
    if role is Role.PEER_NAVIGATOR:
        return _assigned(asker, paths)
    if role in RESPONDERS and category == "D2":
        return Q(**{f"{paths.time}__gte": at - OFFICER_LOOK_BACK})
    return _always(True)


def _own(asker: Asker, paths: Paths) -> Q:
    own = Q(**{paths.custodian: asker.agency_id})
    return own | Q(**{paths.also_own: asker.agency_id}) if paths.also_own else own


def _agreements(asker: Asker, category: str, at: datetime, paths: Paths) -> QuerySet[Agreement]:
    return Agreement.objects.filter(
        parties=asker.agency_id, categories__contains=[category], effective_at__lte=at, expires_at__gt=at
    ).filter(parties=OuterRef(paths.custodian))


def _always(holds: bool) -> Q:
    return ~Q(pk__in=[]) if holds else Q(pk__in=[])


def _has_care_purpose(asker: Asker) -> Q:
    return _always(asker.purpose in CARE_PURPOSES)


def _cares(asker: Asker) -> Q:
    return _always(asker.purpose in CARE_PURPOSES and asker.is_provider)


def _in_treatment(asker: Asker, paths: Paths) -> Q:
    person = OuterRef(paths.person)
    link = TreatmentTeamLink.objects.filter(person=person, provider=asker.agency_id, status="active")
    linkage = Linkage.objects.filter(
        person=person, recipient=asker.agency_id, status__in=IN_CARE_OF_RECIPIENT
    )
    return Q(Exists(link)) | Q(Exists(linkage))


def _assigned(asker: Asker, paths: Paths) -> Q:
    person = OuterRef(paths.person)
    mine = asker.membership_id
    return Q(Exists(FollowUp.objects.filter(person=person, assigned_to=mine, closed_at=None))) | Q(
        Exists(Linkage.objects.filter(person=person, owner=mine, closed_at=None))
    )


def _consented(
    asker: Asker, role: Role, category: str, at: datetime, paths: Paths, holds_part2: Q, *, tpo: bool
) -> Q:
    if tpo and not (asker.purpose in CARE_PURPOSES and asker.is_provider):
        return _always(False)
    scoped = _consents(asker, category, at, paths, tpo=tpo)
    plain = scoped if not _is_sud(category) else scoped.none()
    opened = Q(Exists(plain)) & ~holds_part2
    if role not in RESPONDERS and not asker.is_law_enforcement:
        opens_part2 = scoped.filter(part2_included=True, instrument__in=Consent.PART2_INSTRUMENTS).exclude(
            signature_method=Consent.SignatureMethod.HELD_BY_SOURCE
        )
        opened |= Q(Exists(opens_part2))
    return opened & _in_treatment(asker, paths) if tpo else opened


def _is_sud(category: str) -> bool:
    return category == "D4"


def _consents(asker: Asker, category: str, at: datetime, paths: Paths, *, tpo: bool) -> QuerySet[Consent]:
    """Consents in force that let this category of this row's custodian go to the asker."""
    ticked = Q(existence_may_be_confirmed=True) if category == "D0" else Q(categories__contains=[category])
    consents = (
        Consent.objects.in_force(at)
        .filter(ticked, person=OuterRef(paths.person), purposes__contains=[asker.purpose])
        .filter(disclosing_agencies=OuterRef(paths.custodian))
        .filter(Exists(_recipients(asker, category)))
    )
    consents = (
        consents.filter(instrument=Consent.Instrument.PART2_TPO)
        if tpo
        else consents.exclude(instrument=Consent.Instrument.PART2_TPO)
    )
    window = Q(record_window=Consent.Window.PAST_CONTACTS)
    if paths.time:
        window |= Q(record_window=Consent.Window.FROM_SIGNING, signed_at__lte=OuterRef(paths.time))
    if paths.contact:
        named = ConsentContact.objects.filter(
            consent=OuterRef("pk"), contact_id=OuterRef(OuterRef(paths.contact))
        )
        window |= Q(Exists(named), record_window=Consent.Window.SPECIFIC_CONTACTS)
    return consents.filter(window)


def _recipients(asker: Asker, category: str) -> QuerySet[ConsentRecipient]:
    reached = Q(agency=asker.agency_id)
    if not asker.is_law_enforcement:  # L-7: police by the name of their agency only
        reached |= Q(member=asker.member_id)
        if asker.purpose in CARE_PURPOSES and asker.is_provider:
            treats = TreatmentTeamLink.objects.filter(
                person=OuterRef("consent__person"), provider=asker.agency_id, status="active"
            )
            referred = Linkage.objects.filter(
                person=OuterRef("consent__person"), recipient=asker.agency_id, status__in=IN_CARE_OF_RECIPIENT
            )
            by_class = Q(kind=ConsentRecipient.Kind.TREATING_PROVIDERS)
            reached |= by_class & (Q(Exists(treats)) | Q(Exists(referred)))
    given = Q(categories__overlap=F("consent__categories"))  # an empty scope is none, the tick for D0 or not
    wanted = given if category == "D0" else Q(categories__contains=[category])
    return ConsentRecipient.objects.filter(reached, wanted, consent=OuterRef("pk"), revoked_at=None)
