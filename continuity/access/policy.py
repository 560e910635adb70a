"""Facts in, decision out: which categories of whose records may reach this asker, on which basis, in which form.

Pure: no ORM, no clock. The gates stand in the order of domain 6.1; the first that fails ends the question, and
deny wins. Only the ledger learns which gate it was; every refusal looks alike to the asker (L-4, P-3).
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from continuity.access.matrix import MATRIX, Basis, Form
from continuity.agencies.roles import Duty, Purpose, Role, duties_of, roles_asserting

OFFICER_LOOK_BACK = timedelta(days=365)  # 5.13: what responders see of the past, whatever is kept
CARE_PURPOSES = frozenset({Purpose.TREATMENT, Purpose.CARE_COORDINATION})
RESPONDERS = frozenset({Role.OFFICER, Role.DISPATCHER})
# A custodian under one of these may not share without consent or a treatment relationship (L-1, L-2).
HEALTH_REGIMES = frozenset({"hipaa_covered", "part2_program", "ca_lps", "ca_cmia", "nc_122c", "mo_630"})


class Refusal(StrEnum):
    """Why nothing left; written to the ledger, never to the asker."""

    NOT_ON_DUTY = "not_on_duty"
    DUTY_MISSING = "duty_missing"
    PURPOSE_NOT_ALLOWED = "purpose_not_allowed"
    NO_INCIDENT = "no_incident"
    NO_MATCH = "no_match"
    AMBIGUOUS = "ambiguous"
    RESTRICTED = "restricted"
    NO_RECORD = "no_record"
    NO_AGREEMENT = "no_agreement"
    NO_BASIS = "no_basis"
    NOTHING_IN_SCOPE = "nothing_in_scope"


@dataclass(frozen=True)
class Asker:
    """Who asks, on duty where, and why. `reason` is what a privacy officer wrote to see D3 or D4."""

    member_id: UUID
    membership_id: UUID
    agency_id: UUID
    roles: tuple[str, ...]
    purpose: str
    is_current: bool
    is_law_enforcement: bool
    is_provider: bool
    is_part2_program: bool
    is_clinical_supervisor: bool = False
    incident_ref: str = ""
    reason: str = ""


@dataclass(frozen=True)
class Custodian:
    """An agency with a record of its own about the person, its law, and what it agreed to exchange with the asker."""

    id: UUID
    regimes: frozenset[str]
    is_part2_program: bool
    agreed: frozenset[str]

    @property
    def is_under_health_law(self) -> bool:
        return bool(self.regimes & HEALTH_REGIMES)


@dataclass(frozen=True)
class ConsentFact:
    """One consent in force that reaches the asker; `categories` is what this recipient may get.

    `recipient` is how it reaches: "agency" and "member" by name, "treating_providers" by class.
    """

    id: UUID
    disclosing: frozenset[UUID]
    categories: frozenset[str]
    purposes: frozenset[str]
    recipient: str
    is_tpo: bool
    opens_part2: bool
    existence: bool
    since: datetime | None = None
    contacts: frozenset[UUID] | None = None


@dataclass(frozen=True)
class Facts:
    """Everything the gates ask about one person, as of one moment."""

    is_restricted: bool
    custodians: tuple[Custodian, ...]
    consents: tuple[ConsentFact, ...]
    in_treatment: bool
    is_assigned: bool


@dataclass(frozen=True)
class Opening:
    """Records of one custodian in one category that may leave: how, why, and within which limits.

    `since` and `contacts` limit which records (None: no limit); `part2` says whether Part 2 rows may be among
    them, `part2_source` whether all are, `detail` whether more than the line of a status may be read.
    """

    custodian: UUID
    category: str
    basis: Basis
    form: Form
    part2: bool
    part2_source: bool
    detail: bool
    consent: UUID | None = None
    since: datetime | None = None
    contacts: frozenset[UUID] | None = None


@dataclass(frozen=True)
class Decision:
    """What may leave; when that is nothing, why not."""

    openings: tuple[Opening, ...] = ()
    refusal: Refusal | None = None


def decide(asker: Asker, facts: Facts, at: datetime) -> Decision:
    """Judge one question about one identified person at `at` (domain 6.1)."""
    if (refusal := refuse_asker(asker)) is not None:
        return Decision(refusal=refusal)
    custodians = facts.custodians
    if facts.is_restricted:
        # Gate 5: until named staff exist, only the custodian's own privacy officer sees a restricted person.
        custodians = tuple(one for one in custodians if _is_own_privacy_officer(asker, one))
        if facts.custodians and not custodians:
            return Decision(refusal=Refusal.RESTRICTED)
    if not custodians:
        return Decision(refusal=Refusal.NO_RECORD)
    openings = tuple(
        dict.fromkeys(
            opening
            for custodian in custodians
            for role in roles_asserting(asker.roles, asker.purpose)
            for opening in _openings(asker, role, custodian, facts, at)
        )
    )
    if openings:
        return Decision(openings)
    agreed = any(one.agreed or one.id == asker.agency_id for one in custodians)
    return Decision(refusal=Refusal.NO_BASIS if agreed else Refusal.NO_AGREEMENT)


def refuse_asker(asker: Asker) -> Refusal | None:
    """Gates 1 and 2, which look at the asker alone; None when both are passed."""
    if not asker.is_current:
        return Refusal.NOT_ON_DUTY
    if Duty.LOOK_UP not in duties_of(asker.roles):
        return Refusal.DUTY_MISSING
    roles = roles_asserting(asker.roles, asker.purpose)
    if not roles:
        return Refusal.PURPOSE_NOT_ALLOWED
    if RESPONDERS & set(roles) and not asker.incident_ref:
        return Refusal.NO_INCIDENT  # P-4
    return None


def reads_own(asker: Asker, category: str) -> bool:
    """Whether one of the roles reads this category of the own agency's records, whoever they are about."""
    return refuse_asker(asker) is None and any(
        (role, category, Basis.OWN) in MATRIX
        and condition_holds(asker, role, category, Basis.OWN, is_assigned=True)
        for role in roles_asserting(asker.roles, asker.purpose)
    )


def _openings(
    asker: Asker, role: Role, custodian: Custodian, facts: Facts, at: datetime
) -> Iterator[Opening]:
    """Gates 3 and 6 to 10 for one role and one custodian."""
    own = custodian.id == asker.agency_id
    for basis, consent in _bases(asker, custodian, facts):
        opened = False
        for category in _categories(basis, consent, custodian, own=own):
            form = MATRIX.get((role, category, basis))
            if form is None or not condition_holds(
                asker, role, category, basis, is_assigned=facts.is_assigned
            ):
                continue
            part2 = _part2_may_flow(asker, role, basis, consent)
            if not part2 and (custodian.is_part2_program or (category == "D4" and not own)):
                continue  # L-3, L-6: everything a Part 2 programme holds is Part 2
            if category == "D7" and not (own or opened):
                continue  # a consent that opens nothing to this role is not told of (L-4)
            opened = True
            yield Opening(
                custodian=custodian.id,
                category=category,
                basis=basis,
                form=form,
                part2=part2,
                part2_source=custodian.is_part2_program,
                # Gate 10: responders read no free text of another agency's contacts.
                detail=form is Form.FULL and (own or category != "D2" or role not in RESPONDERS),
                consent=consent.id if consent else None,
                since=_since(role, category, consent, at),
                contacts=consent.contacts if consent else None,
            )


def _bases(asker: Asker, custodian: Custodian, facts: Facts) -> Iterator[tuple[Basis, ConsentFact | None]]:
    """Gate 6: on which bases of domain 6.2 this custodian's records could reach the asker at all."""
    if custodian.id == asker.agency_id:
        yield Basis.OWN, None
        return
    care = asker.purpose in CARE_PURPOSES and asker.is_provider
    if care and facts.in_treatment and custodian.is_under_health_law:
        yield Basis.TREATMENT, None
    if asker.purpose in CARE_PURPOSES and not custodian.is_under_health_law:
        yield Basis.AGREEMENT, None
    for consent in facts.consents:
        if custodian.id not in consent.disclosing or asker.purpose not in consent.purposes:
            continue
        if consent.recipient == "treating_providers" and not (care and facts.in_treatment):
            continue  # L-7: a class means treating providers with a relationship, never police
        if consent.recipient != "agency" and asker.is_law_enforcement:
            continue  # L-7: police are reached by the name of their agency only
        if not consent.is_tpo:
            yield Basis.CONSENT, consent
        elif care and facts.in_treatment:
            yield Basis.TPO_CONSENT, consent  # L-2: a TPO consent does not reach police


def _categories(
    basis: Basis, consent: ConsentFact | None, custodian: Custodian, *, own: bool
) -> Iterable[str]:
    """Gates 3 and 8: what the agreement caps and the consent ticks; D7 (its own scope) rides along with a consent."""
    if own:
        return ("D0", "D1", "D2", "D3", "D4", "D5", "D6", "D7")
    wanted = set(custodian.agreed)
    if consent is not None:
        # Ticked apart from the categories; but whoever is given none of them is given nothing (L-6 element 3).
        existence = {"D0"} if consent.existence and consent.categories else set()
        wanted &= consent.categories - {"D0"} | existence
    elif basis is Basis.AGREEMENT:
        wanted &= {"D0", "D1", "D2"}
    if consent is not None:
        wanted.add("D7")
    return sorted(wanted)


def condition_holds(asker: Asker, role: Role, category: str, basis: Basis, *, is_assigned: bool) -> bool:
    """The matrix's notes: conditions on a cell beyond role, category and basis (gates 7 and 9)."""
    if category in ("D3", "D4") and (asker.is_law_enforcement or role in RESPONDERS):
        return False  # hard floor: no narrative and no SUD data to law enforcement, whatever anything says
    if role is Role.SYSTEM_CLIENT:
        return False  # it acts for a role and none is named here
    if role is Role.PEER_NAVIGATOR:
        return is_assigned
    if role is Role.PRIVACY_OFFICER and category in ("D3", "D4"):
        return bool(asker.reason)
    if role is Role.SUPERVISOR and category in ("D3", "D4"):
        return asker.is_clinical_supervisor and (category == "D3" or asker.is_part2_program)
    if role in (Role.EMBEDDED_CLINICIAN, Role.MOBILE_CLINICIAN) and (category, basis) == ("D4", Basis.OWN):
        return asker.is_part2_program
    return True


def _part2_may_flow(asker: Asker, role: Role, basis: Basis, consent: ConsentFact | None) -> bool:
    """Part 2 rows reach their own programme, and others only on a consent with the elements of s2.31."""
    if basis is Basis.OWN:
        return True
    if asker.is_law_enforcement or role in RESPONDERS:
        return False
    return consent is not None and consent.opens_part2


def _since(role: Role, category: str, consent: ConsentFact | None, at: datetime) -> datetime | None:
    """Gate 10: the officer's look-back and the consent's window, whichever is later."""
    limits = [consent.since] if consent and consent.since else []
    if role in RESPONDERS and category == "D2":
        limits.append(at - OFFICER_LOOK_BACK)
    return max(limits, default=None)


def _is_own_privacy_officer(asker: Asker, custodian: Custodian) -> bool:
    asserted = roles_asserting(asker.roles, asker.purpose)
    return custodian.id == asker.agency_id and Role.PRIVACY_OFFICER in asserted
