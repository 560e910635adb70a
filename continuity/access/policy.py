"""Facts in, decision out: which categories of whose records may reach this asker, on which basis, in which form.

Pure: no ORM, no clock. The gates stand in the order of domain 6.1; the first that fails ends the question, and
deny wins. Only the ledger learns which gate it was; every refusal looks alike to the asker (L-4, P-3).

Whose records they are must be known before another agency's leave (5.3, P-5). A member who describes the person by two
identifiers that lead to one *certain* person is answered, whatever the identity status: two matching identifiers
suffice. Without them, as on the page of one of the own agency's people and in an alert, a person who is *verified* is
answered, and so is one who is *asserted*, whom the own agency identified when it wrote its record down; of somebody
*unknown* nothing foreign opens. While a merge is to be taken apart nothing foreign opens to anybody, in an emergency
neither: what a release or an override would show may be the danger of somebody else.

Of people who were merged each custodian's records are judged origin by origin (`access.merged`).
"""

from collections.abc import Iterable, Iterator
from datetime import date, datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from continuity.access.case import (
    EVERY_CATEGORY,
    Asker,
    ConsentFact,
    Custodian,
    Decision,
    EmergencyFact,
    Facts,
    Ground,
    Opening,
    Refusal,
)
from continuity.access.matrix import MATRIX, Basis, Form
from continuity.access.merged import each_origin, whole
from continuity.agencies.roles import Duty, Purpose, Role, duties_of, roles_asserting

_ENDED_BY_DEATH = frozenset({Basis.TREATMENT, Basis.EMERGENCY_OVERRIDE, Basis.EMERGENCY_RELEASE})
CARE_PURPOSES = frozenset({Purpose.TREATMENT, Purpose.CARE_COORDINATION})
RESPONDERS = frozenset({Role.OFFICER, Role.DISPATCHER})


def decide(asker: Asker, facts: Facts, at: datetime) -> Decision:
    """Judge one question about one identified person at `at` (domain 6.1)."""
    if (refusal := refuse_asker(asker, at)) is not None:
        return Decision(refusal=refusal)
    if not facts.custodians:
        return Decision(refusal=Refusal.NO_RECORD)
    judged = judge(asker, facts, at)
    if openings := tuple(opening for opening, closed in judged if closed is None):
        return Decision(
            openings,
            is_guarded=facts.is_guarded,
            person=facts.person,
            origins=tuple(one.id for one in facts.origins),
        )
    closing = [closes_person(asker, one, facts) for one in facts.custodians] + [
        closed for _, closed in judged
    ]
    for refusal in filter(None, closing):
        return Decision(refusal=refusal, person=facts.person)
    agreed = any(one.agreed or one.id == asker.agency_id for one in facts.custodians)
    return Decision(refusal=Refusal.NO_BASIS if agreed else Refusal.NO_AGREEMENT, person=facts.person)


def judge(asker: Asker, facts: Facts, at: datetime) -> tuple[tuple[Opening, Refusal | None], ...]:
    """All that has a basis, each with the narrowing gate that keeps it closed all the same, if one does: deny wins."""
    found = (
        one
        for origin, custodian, known in each_origin(facts, asker.agency_id)
        for role in roles_asserting(asker.roles, asker.purpose)
        for one in _openings(asker, role, custodian, known, at, origin)
    )
    return whole(found, facts)


def refuse_asker(asker: Asker, at: datetime) -> Refusal | None:
    """Gates 1 and 2, which look at the asker alone; None when both are passed."""
    if not asker.is_current:
        return Refusal.NOT_ON_DUTY
    if asker.trained_until is None or asker.trained_until < at.date():
        return Refusal.TRAINING_EXPIRED
    if not asker.has_read_banner:
        return Refusal.BANNER_NOT_ACKNOWLEDGED
    if Duty.LOOK_UP not in duties_of(asker.roles):
        return Refusal.DUTY_MISSING
    roles = roles_asserting(asker.roles, asker.purpose)
    if not roles:
        return Refusal.PURPOSE_NOT_ALLOWED
    if RESPONDERS & set(roles) and not asker.incident_ref:
        return Refusal.NO_INCIDENT  # P-4
    return None


def reads_own(asker: Asker, category: str) -> bool:
    """Whether one of the roles reads this category of the own agency's records, once gates 1 and 2 are passed."""
    return any(
        (role, category, Basis.OWN) in MATRIX
        and condition_holds(asker, role, category, Basis.OWN, is_assigned=True)
        for role in roles_asserting(asker.roles, asker.purpose)
    )


def _openings(
    asker: Asker, role: Role, custodian: Custodian, facts: Facts, at: datetime, origin: UUID | None
) -> Iterator[tuple[Opening, Refusal | None]]:
    """Gates 3 and 5 to 10 for one role and one custodian: what could open, and what keeps it closed all the same."""
    own = custodian.id == asker.agency_id
    for basis, ground in _bases(asker, custodian, facts):
        opened = False
        for category in _categories(basis, ground, custodian, own=own):
            form = MATRIX.get((role, category, basis))
            if form is None or not condition_holds(
                asker, role, category, basis, is_assigned=facts.is_assigned
            ):
                continue
            part2 = _part2_may_flow(asker, role, basis, ground)
            if not part2 and (custodian.is_part2_program or (category == "D4" and not own)):
                continue  # L-3, L-6: everything a Part 2 programme holds is Part 2
            if category == "D7" and not (own or opened):
                continue  # a consent that opens nothing to this role is not told of (L-4)
            closed = closes_person(asker, custodian, facts) or _closes_category(
                asker, role, custodian, category, basis, facts, at
            )
            opened = opened or closed is None
            consent = ground if isinstance(ground, ConsentFact) else None
            opening = Opening(
                custodian=custodian.id,
                category=category,
                basis=basis,
                form=form,
                part2=part2,
                part2_source=custodian.is_part2_program,
                # Gate 10: responders read no free text of another agency's contacts.
                detail=form is Form.FULL and (own or category != "D2" or role not in RESPONDERS),
                consent=consent.id if consent else None,
                emergency=ground.id if isinstance(ground, EmergencyFact) else None,
                since=_since(role, category, custodian, consent, at),
                contacts=consent.contacts if consent else None,
                origin=origin,
            )
            yield opening, closed


def closes_person(asker: Asker, custodian: Custodian, facts: Facts) -> Refusal | None:
    """Gate 4, of other agencies' records, where it is not settled who the person is; then gate 5: a restricted person,
    and one who works for the asker's agency, are for named staff (6.4, P-28).

    The custodian's own privacy officer goes on: somebody must be able to correct and to account.
    """
    if custodian.id != asker.agency_id:
        if facts.is_doubted:
            return Refusal.IDENTITY_IN_DOUBT
        if not (facts.is_established or asker.has_described):
            return Refusal.IDENTITY_NOT_ESTABLISHED
    if _is_own_privacy_officer(asker, custodian):
        return None
    if facts.is_shielded and not custodian.is_named:
        return Refusal.OWN_AGENCY_SHIELD
    if facts.confidentiality == "very_restricted":
        own = custodian.id == asker.agency_id
        return None if own and custodian.is_named else Refusal.VERY_RESTRICTED
    if facts.confidentiality != "normal" and not custodian.is_named:
        return Refusal.RESTRICTED
    return None


def _closes_category(
    asker: Asker,
    role: Role,
    custodian: Custodian,
    category: str,
    basis: Basis,
    facts: Facts,
    at: datetime,
) -> Refusal | None:
    """Gates 5 and 9 on another agency's records: what was agreed with the person, the dead, and minors."""
    if custodian.id == asker.agency_id:
        return None
    if category in custodian.kept_back and not custodian.is_named:
        return Refusal.RESTRICTION_AGREED  # 164.522, P-16
    if facts.is_deceased and basis in _ENDED_BY_DEATH:
        return Refusal.DECEASED  # nobody treats or rescues the dead; confidentiality stays (L-29)
    if role in RESPONDERS or asker.is_law_enforcement:
        # A clinician's release weighs one emergency (164.512(j)), which knows no age.
        minor = basis is not Basis.EMERGENCY_RELEASE and not custodian.officers_see_minors
        if minor and is_minor(facts.born_by, custodian, at):
            return Refusal.MINOR
    return None


def is_minor(born_by: date | None, custodian: Custodian, at: datetime) -> bool:
    """Whether somebody is under age by the custodian's pack and calendar; whose age nobody knows counts as an adult."""
    if born_by is None:
        return False
    today = at.astimezone(ZoneInfo(custodian.timezone)).date()
    had_birthday = (today.month, today.day) >= (born_by.month, born_by.day)
    return today.year - born_by.year - (not had_birthday) < custodian.adult_from


def _bases(asker: Asker, custodian: Custodian, facts: Facts) -> Iterator[tuple[Basis, Ground]]:
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
    yield from _emergency_bases(asker, custodian, facts)


def _emergency_bases(asker: Asker, custodian: Custodian, facts: Facts) -> Iterator[tuple[Basis, Ground]]:
    for emergency in facts.emergencies:
        if emergency.custodian is None and asker.purpose == Purpose.EMERGENCY_TREATMENT:
            yield Basis.EMERGENCY_OVERRIDE, emergency
        # L-5: only what the agency whose clinician released it keeps.
        if emergency.custodian == custodian.id and asker.purpose == Purpose.LE_CRISIS_RESPONSE:
            yield Basis.EMERGENCY_RELEASE, emergency


def _categories(basis: Basis, ground: Ground, custodian: Custodian, *, own: bool) -> Iterable[str]:
    """Gates 3 and 8: what the agreement caps and the ground ticks; D7 (its own scope) rides along with a consent."""
    found = _agreed(basis, ground, custodian, own=own)
    return found if custodian.has_record else [one for one in found if one != "D0"]


def _agreed(basis: Basis, ground: Ground, custodian: Custodian, *, own: bool) -> Iterable[str]:
    if own:
        return EVERY_CATEGORY
    wanted = set(custodian.agreed)
    if isinstance(ground, ConsentFact):
        # Ticked apart from the categories; but whoever is given none of them is given nothing (L-6 element 3).
        existence = {"D0"} if ground.existence and ground.categories else set()
        wanted &= ground.categories - {"D0"} | existence
        wanted.add("D7")
    elif isinstance(ground, EmergencyFact):
        wanted &= ground.categories | {"D0"}
    elif basis is Basis.AGREEMENT:
        wanted &= {"D0", "D1", "D2"}
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
    if (category, basis) == ("D4", Basis.EMERGENCY_OVERRIDE):
        return asker.is_medical  # 42 CFR 2.51
    return True


def _part2_may_flow(asker: Asker, role: Role, basis: Basis, ground: Ground) -> bool:
    """Part 2 rows reach their own programme, and others on a consent with the elements of s2.31, or under s2.51."""
    if basis is Basis.OWN:
        return True
    if asker.is_law_enforcement or role in RESPONDERS:
        return False
    if isinstance(ground, EmergencyFact):
        return asker.is_medical and "D4" in ground.categories
    return ground is not None and ground.opens_part2


def _since(
    role: Role, category: str, custodian: Custodian, consent: ConsentFact | None, at: datetime
) -> datetime | None:
    """Gate 10: the officer's look-back and the consent's window, whichever is later."""
    limits = [consent.since] if consent and consent.since else []
    if role in RESPONDERS and category == "D2":
        limits.append(at - timedelta(days=custodian.look_back_days))
    return max(limits, default=None)


def _is_own_privacy_officer(asker: Asker, custodian: Custodian) -> bool:
    asserted = roles_asserting(asker.roles, asker.purpose)
    return custodian.id == asker.agency_id and Role.PRIVACY_OFFICER in asserted
