"""Why each category would or would not leave: the policy's own gates, asked one by one, in words. Pure.

What opens is what `decide` opens; this only adds the first gate that keeps the rest closed. Privacy staff read it
("what would they see?"); an asker never does (L-4).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from continuity.access.case import (
    EVERY_CATEGORY,
    Asker,
    ConsentFact,
    Custodian,
    Facts,
    Opening,
    Refusal,
)
from continuity.access.matrix import MATRIX, Basis
from continuity.access.policy import closes_person, decide, judge
from continuity.agencies.roles import roles_asserting

ASKER_REFUSED = {
    Refusal.NOT_ON_DUTY: "Nobody is on duty in this role there.",
    Refusal.DUTY_MISSING: "This role does not look people up.",
    Refusal.PURPOSE_NOT_ALLOWED: "This role may not ask for this purpose (domain 4.2).",
    Refusal.NO_INCIDENT: "Responders need an incident number (P-4).",
    Refusal.TRAINING_EXPIRED: "The member's privacy training is over (domain 5.2).",
    Refusal.BANNER_NOT_ACKNOWLEDGED: "The member has not acknowledged the banner (S-5).",
    Refusal.NO_RECORD: "Your agency has no record of its own about this person.",
}
NARROWED = {
    Refusal.IDENTITY_IN_DOUBT: "A merge is to be taken apart: until it is, nobody knows whose record it is (P-5).",
    Refusal.IDENTITY_NOT_ESTABLISHED: "Who the person is was never established (domain 5.3).",
    Refusal.RESTRICTED: "The person is restricted: for named staff only (domain 6.4).",
    Refusal.VERY_RESTRICTED: "The person is very restricted: for your own agency's named staff only (domain 6.4).",
    Refusal.OWN_AGENCY_SHIELD: "The person works for that agency (P-28).",
    Refusal.RESTRICTION_AGREED: "Your agency agreed with the person to keep it back (45 CFR 164.522).",
    Refusal.MINOR: "The person is a minor: responders get it on a clinician's release only (domain 6.4).",
    Refusal.DECEASED: "The person is dead: no treatment and no emergency opens anything (42 CFR 2.15).",
}
REFUSALS = {
    **ASKER_REFUSED,
    **NARROWED,
    Refusal.NO_MATCH: "Nobody was certain under what was typed.",
    Refusal.AMBIGUOUS: "More than one person fitted what was typed.",
    Refusal.NO_AGREEMENT: "No agreement between the agencies is in force (S-11).",
    Refusal.NO_BASIS: "Nothing allows it: no consent, treatment relationship or release.",
    Refusal.NOTHING_IN_SCOPE: "What is allowed holds no record.",
}
BASES = {
    Basis.OWN: "its own records",
    Basis.TREATMENT: "it treats the person (45 CFR 164.506)",
    Basis.AGREEMENT: "the agreement between the agencies; no health-privacy law binds these records",
    Basis.CONSENT: "the person's consent names it (45 CFR 164.508, 42 CFR 2.31)",
    Basis.TPO_CONSENT: "the person's consent to treatment, payment and operations (42 CFR 2.33(b))",
    Basis.EMERGENCY_OVERRIDE: "an emergency that a clinician attested (42 CFR 2.51, 45 CFR 164.506)",
    Basis.EMERGENCY_RELEASE: "a clinician released it in an emergency (45 CFR 164.512(j))",
    Basis.PRIVACY_RELEASE: "the privacy office released it (45 CFR 164.512, 164.524)",
}


_OF_ONE_ORIGIN = (
    "; only what was recorded for one of those who were merged, until your office reviews the merge"
)


@dataclass(frozen=True)
class Line:
    """One category: whether it opens, how, and why; `consent` is the one it rests on, if any."""

    category: str
    opens: bool
    reason: str
    form: str = ""
    basis: str = ""
    consent: UUID | None = None
    part2: bool = False
    since: datetime | None = None


def explain(asker: Asker, facts: Facts, at: datetime, custodian_id: UUID) -> tuple[Line, ...]:
    """One line per category of what `asker` would get of one custodian's records at `at`.

    Of a merged person it says where only the records open that were made for one of them.
    """
    decision = decide(asker, facts, at)
    openings = [one for one in decision.openings if one.custodian == custodian_id]
    closed = {
        opening.category: gate
        for opening, gate in judge(asker, facts, at)
        if gate is not None and opening.custodian == custodian_id
    }
    custodian = next((one for one in facts.custodians if one.id == custodian_id), None)
    return tuple(dict.fromkeys(_lines(asker, facts, custodian, openings, closed, decision.refusal)))


def _lines(
    asker: Asker,
    facts: Facts,
    custodian: Custodian | None,
    openings: list[Opening],
    closed: dict[str, Refusal],
    refusal: Refusal | None,
) -> Iterator[Line]:
    for category in EVERY_CATEGORY:
        opened = [one for one in openings if one.category == category]
        for one in opened:
            yield Line(
                category,
                True,
                BASES.get(one.basis, str(one.basis)) + (_OF_ONE_ORIGIN if one.origin else ""),
                form=str(one.form),
                basis=str(one.basis),
                consent=one.consent,
                part2=one.part2,
                since=one.since,
            )
        if opened:
            continue
        if refusal in ASKER_REFUSED:
            yield Line(category, False, ASKER_REFUSED[refusal])
        elif custodian is None:
            yield Line(category, False, ASKER_REFUSED[Refusal.NO_RECORD])
        elif category in closed:
            yield Line(category, False, NARROWED[closed[category]])
        else:
            yield Line(category, False, _why_not(asker, category, custodian, facts))


def _why_not(asker: Asker, category: str, custodian: Custodian, facts: Facts) -> str:
    roles = roles_asserting(asker.roles, asker.purpose)
    if closed := closes_person(asker, custodian, facts):
        return NARROWED[closed]
    if category in ("D3", "D4") and asker.is_law_enforcement:
        return "Law enforcement never gets narrative or SUD records (hard floor, L-3)."
    if not any((role, category, basis) in MATRIX for role in roles for basis in Basis):
        return "This role never gets it (matrix)."
    if custodian.id == asker.agency_id:
        return "This role does not get it under the conditions of its cell (matrix)."
    if not custodian.agreed:
        return "No agreement between the two agencies is in force (S-11)."
    if category not in custodian.agreed and category != "D7":
        return "The agreement between the two agencies does not list it (S-11)."
    return _why_no_consent(asker, category, custodian, facts)


def _why_no_consent(asker: Asker, category: str, custodian: Custodian, facts: Facts) -> str:
    reaching = [one for one in facts.consents if custodian.id in one.disclosing]
    if not reaching:
        return "No consent in force names this recipient for your agency's records (L-2, L-7)."
    fitting = [one for one in reaching if asker.purpose in one.purposes]
    if not fitting:
        return "The consent is for other purposes (42 CFR 2.31(a)(5))."
    if category == "D7":
        return "A consent that opens nothing is not told of (L-4)."
    if not any(_ticks(one, category) for one in fitting):
        return "The consent does not tick it (42 CFR 2.31(a)(3))."
    if custodian.is_part2_program and not any(one.opens_part2 for one in fitting):
        return "A Part 2 programme's records need a consent with the elements of 42 CFR 2.31, SUD ticked."
    if category == "D4" and not any(one.opens_part2 for one in fitting):
        return "SUD records need their own tick on a Part 2 form (42 CFR 2.31)."
    return "This role does not get it on a consent (matrix, L-2)."


def _ticks(consent: ConsentFact, category: str) -> bool:
    return consent.existence if category == "D0" else category in consent.categories
