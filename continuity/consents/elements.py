"""What a consent must say and show before it may be relied on, element by element with its section of law. Pure.

Two stages: CONTENT is what the form says (before it is shown to the person), SIGNATURE what signing left behind
(before a second member verifies it). `lacking` names everything that is missing at once, each at its field.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import IntEnum
from typing import Any

from continuity.agencies.packs import Rules
from continuity.errors import Invalid

HIPAA, PART2, TPO, COMBINED, STATE = (
    "hipaa_authorization",
    "part2_consent",
    "part2_tpo",
    "combined_hipaa_part2",
    "state_form",
)
INSTRUMENTS = (HIPAA, PART2, TPO, COMBINED, STATE)
PART2_FORMS = frozenset({PART2, TPO, COMBINED})
# What somebody may be asked to allow. Legal process needs a consent or an order of its own (L-9, L-17).
CONSENTABLE = frozenset(
    {
        "treatment",
        "care_coordination",
        "emergency_treatment",
        "le_crisis_response",
        "threat_to_safety",
        "operations_qi",
        "program_reporting",
    }
)
TPO_PURPOSES = frozenset({"treatment", "care_coordination", "emergency_treatment", "operations_qi"})
UNDER_CONSTRAINT = frozenset({"on_hold", "in_custody"})
SHAREABLE = frozenset({"D0", "D1", "D2", "D3", "D4", "D5", "D6"})  # D7, the paper itself, is not asked for
SIGNED_HERE = frozenset({"ink_scanned", "electronic_in_person", "electronic_remote"})


class Stage(IntEnum):
    CONTENT = 1
    SIGNATURE = 2


@dataclass(frozen=True)
class Party:
    """One recipient as the form names it."""

    kind: str
    categories: frozenset[str]
    is_law_enforcement: bool


@dataclass(frozen=True)
class Paper:
    """A consent as its form and its handling stand; `said` holds the fields of `Consent` by name.

    `regimes` are the custodian's laws, `documents` the kinds of evidence attached, `age` the person's at signing
    (None: unknown), `collector_is_law_enforcement` who held the pen.
    """

    instrument: str
    said: Mapping[str, Any]
    disclosing: int
    recipients: tuple[Party, ...]
    contacts: int
    regimes: frozenset[str]
    documents: frozenset[str]
    age: int | None
    person_language: str
    interpreter_needed: bool
    collector_is_law_enforcement: bool


@dataclass(frozen=True)
class Element:
    """One thing the law wants on the paper. `laws` gives the section per instrument; an absent one does not ask it."""

    field: str
    stage: Stage
    sentence: str
    laws: Mapping[str, str]
    holds: Callable[[Paper], bool] | None = None

    def is_there(self, paper: Paper) -> bool:
        return self.holds(paper) if self.holds else bool(paper.said.get(self.field))


def _laws(hipaa: str = "", part2: str = "", tpo: str = "", state: bool = True) -> dict[str, str]:
    """Sections per instrument: 45 CFR 164.508, 42 CFR 2.31; `{law}` is the pack's form rule."""
    laws = {}
    if hipaa:
        laws[HIPAA] = f"45 CFR 164.508{hipaa}"
    if part2:
        laws[PART2] = laws[TPO] = f"42 CFR 2.31{part2}"
    if tpo:
        laws[TPO] = f"42 CFR 2.31{tpo}"
    if hipaa or part2:
        laws[COMBINED] = "; ".join(text for text in (laws.get(HIPAA), laws.get(PART2)) if text)
    if state:
        laws[STATE] = "{law}"
    return laws


def _every(section: str) -> dict[str, str]:
    return dict.fromkeys(INSTRUMENTS, section)


ELEMENTS = (
    Element("disclosing_agencies", Stage.CONTENT, "Say who may disclose.", _laws("(c)(1)(ii)", "(a)(2)"),
            lambda paper: paper.disclosing > 0),
    Element("categories", Stage.CONTENT, "Say which information may be told.", _laws("(c)(1)(i)", "(a)(3)")),
    Element("information_description", Stage.CONTENT, "Describe the information in words the person can understand.",
            _laws("(c)(1)(i)", "(a)(3)")),
    Element("recipients", Stage.CONTENT, "Say who may receive it.", _laws("(c)(1)(iii)", "(a)(4)"),
            lambda paper: bool(paper.recipients)),
    Element("purposes", Stage.CONTENT, "Say what the information is for.", _laws("(c)(1)(iv)", "(a)(5)")),
    Element("expires_at", Stage.CONTENT, "Say when it ends: a date, or an event.", _laws("(c)(1)(v)", "(a)(7)"),
            lambda paper: bool(paper.said.get("expires_at") or paper.said.get("expiry_event"))),
    Element("states_right_to_revoke", Stage.CONTENT, "State the right to revoke in writing.",
            _laws("(c)(2)(i)", "(a)(6)")),
    Element("revocation_method", Stage.CONTENT, "State how to revoke.", _laws("(c)(2)(i)", "(a)(6)")),
    Element("states_reliance_exception", Stage.CONTENT,
            "State that what was done before a revocation stands.", _laws("(c)(2)(i)", "(a)(6)", state=False)),
    Element("states_no_conditioning", Stage.CONTENT, "State that care does not depend on signing.",
            _laws("(c)(2)(ii)", state=False)),
    Element("states_redisclosure_risk", Stage.CONTENT, "State that the information may be passed on.",
            _laws("(c)(2)(iii)", tpo="(a)(10)", state=False)),
    Element("states_refusal_consequence", Stage.CONTENT, "State what follows from refusing.",
            _laws(tpo="(a)(10)", state=False)),
    Element("states_tpo_redisclosure", Stage.CONTENT,
            "State that recipients under HIPAA may pass it on, but not for proceedings against the person.",
            _laws(tpo="(a)(4)(iii)", state=False)),
    Element("form_template", Stage.SIGNATURE, "Say which form it is.", _every("P-10")),
    Element("form_version", Stage.SIGNATURE, "Say which version of the form it is.", _every("P-10")),
    Element("form_language", Stage.CONTENT, "Say in which language the form is.", _every("P-10")),
    Element("shown_text", Stage.SIGNATURE, "The form was never shown: propose the consent first.", _every("P-10")),
    Element("signer_name", Stage.SIGNATURE, "Say who signed.", _laws("(c)(1)(vi)", "(a)(8)")),
    Element("signature_method", Stage.SIGNATURE, "Say how it was signed.", _laws("(c)(1)(vi)", "(a)(8)"),
            lambda paper: paper.said.get("signature_method") in SIGNED_HERE),
    Element("signed_at", Stage.SIGNATURE, "Say when it was signed.", _laws("(c)(1)(vi)", "(a)(9)")),
    Element("authority_document", Stage.SIGNATURE, "Show the authority of whoever signed for the person.",
            _laws("(c)(1)(vi)", "(a)(8)"),
            lambda paper: paper.said.get("signer_capacity") == "self" or bool(paper.said.get("authority_document"))),
    Element("signed_document", Stage.SIGNATURE, "Attach the signed form.",
            {**_laws("(b)(6)", "(a)(8)")}, lambda paper: "signed_form" in paper.documents),
    Element("copy_given_at", Stage.SIGNATURE, "Say when the person got a copy.", _laws("(c)(4)", state=False)),
    Element("collection_context", Stage.SIGNATURE, "Say where it was signed.", _every("P-9")),
    Element("capacity_attested_by", Stage.SIGNATURE, "Somebody must attest that the signer understood it.",
            _every("L-28")),
)  # fmt: skip


@dataclass(frozen=True)
class Check:
    """One element of an instrument: what the law wants, where it says so, and whether the paper has it."""

    field: str
    sentence: str
    law: str
    is_there: bool


def checklist(paper: Paper, rules: Rules) -> tuple[Check, ...]:
    """Every element of the paper's instrument, in the order of the form."""
    return tuple(
        Check(one.field, one.sentence, one.laws[paper.instrument].format(law=rules.law), one.is_there(paper))
        for one in ELEMENTS
        if paper.instrument in one.laws
    )


def lacking(paper: Paper, rules: Rules, at: datetime, stage: Stage) -> tuple[Invalid, ...]:
    """Everything that keeps the paper from its next step, up to and with `stage`; empty when nothing does."""
    if paper.instrument not in INSTRUMENTS:
        # Which law asks for what is not known, so nothing can be found complete.
        return (
            Invalid("missing_element", "Say which kind of consent it is. (L-6, L-18)", field="instrument"),
        )
    elements = tuple(
        Invalid(
            "missing_element",
            f"{element.sentence} ({element.laws[paper.instrument].format(law=rules.law)})",
            field=element.field,
        )
        for element in ELEMENTS
        if element.stage <= stage and paper.instrument in element.laws and not element.is_there(paper)
    )
    broken = (*_scope(paper, rules), *_length(paper, rules, at))
    if stage is Stage.SIGNATURE:
        broken += (*_signing(paper, rules, at), *_signer(paper, rules))
    return elements + tuple(
        Invalid(code, f"{sentence} ({law})", field=field) for field, code, law, sentence in broken
    )


Broken = tuple[str, str, str, str]  # field, code, law, sentence


def _scope(paper: Paper, rules: Rules) -> Iterator[Broken]:
    said, categories = paper.said, set(paper.said.get("categories") or ())
    purposes = set(paper.said.get("purposes") or ())
    if said.get("covers_counselling_notes"):
        yield (
            "covers_counselling_notes",
            "counselling_notes",
            "L-9, 42 CFR 2.31(b)",
            ("Counselling notes need a consent of their own, and none are kept here."),
        )
    if said.get("covers_proceedings") or purposes - CONSENTABLE:
        field = "covers_proceedings" if said.get("covers_proceedings") else "purposes"
        yield field, "proceedings", "L-9, 42 CFR 2.31(d)", "Use in proceedings needs a consent of its own."
    if categories - SHAREABLE:
        yield (
            "categories",
            "no_such_category",
            "42 CFR 2.31(a)(3)",
            "This is not a kind of information to share.",
        )
    if said.get("part2_included") and paper.instrument not in PART2_FORMS:
        yield "part2_included", "not_a_part2_form", "42 CFR 2.31", "This form cannot include SUD records."
    if "D4" in categories and not said.get("part2_included"):
        yield "part2_included", "sud_not_ticked", "42 CFR 2.31(a)(3)", "SUD records are ticked separately."
    if paper.instrument == TPO and purposes - TPO_PURPOSES:
        yield "purposes", "not_a_tpo_purpose", "42 CFR 2.33(b)", "A TPO consent is for care and operations."
    if said.get("expiry_event") == "none" and paper.instrument != TPO:
        yield "expiry_event", "no_end", "42 CFR 2.31(a)(7)", "Only a TPO consent may have no end."
    if said.get("record_window") == "specific_contacts" and not paper.contacts:
        yield "contacts", "missing_element", "42 CFR 2.31(a)(3)", "Name the contacts."
    yield from _state_form(paper, rules, purposes)
    yield from _recipients(paper, rules, categories)
    yield from _language(paper, rules)


def _state_form(paper: Paper, rules: Rules, purposes: set[str]) -> Iterator[Broken]:
    if paper.said.get("existence_may_be_confirmed") and not rules.existence_offered:
        yield (
            "existence_may_be_confirmed",
            "existence_not_offered",
            rules.law,
            "This state's forms do not offer it.",
        )
    if rules.binds(rules.separate_form_per_use, paper.regimes) and len(purposes) > 1:
        yield "purposes", "separate_form_per_use", rules.law, "This state wants a form for each use."
    if rules.binds(rules.releasing_member_named, paper.regimes) and not paper.said.get("releasing_member"):
        yield "releasing_member", "missing_element", rules.law, "Name who releases the information."


def _recipients(paper: Paper, rules: Rules, categories: set[str]) -> Iterator[Broken]:
    for party in paper.recipients:
        if not party.categories:
            yield "recipients", "empty_scope", "42 CFR 2.31(a)(3)", "Say what each recipient may get."
        if party.categories - categories:
            yield (
                "recipients",
                "beyond_the_consent",
                "42 CFR 2.31(a)(3)",
                "A recipient gets no more than the consent.",
            )
        if not party.is_law_enforcement:
            continue
        if party.kind != "agency":
            yield (
                "recipients",
                "police_by_name_of_agency",
                "L-7",
                "Name the police agency, not a person in it.",
            )
        if paper.instrument == TPO:
            yield "recipients", "tpo_to_police", "L-2, 42 CFR 2.33(b)", "A TPO consent does not reach police."
        if party.categories - rules.officer_categories:
            yield "recipients", "not_for_police", "L-3", "Police may get no narrative and no SUD records."


def _language(paper: Paper, rules: Rules) -> Iterator[Broken]:
    language = str(paper.said.get("form_language") or "")
    base = language.split("-")[0]
    if base and base not in rules.languages:
        yield "form_language", "no_such_form", "P-10", "There is no form in this language."
    foreign = bool(base and paper.person_language) and base != paper.person_language.split("-")[0]
    if (foreign or paper.interpreter_needed) and not paper.said.get("interpreter"):
        yield "interpreter", "missing_element", "P-10", "Name the interpreter; family members are none."


def _length(paper: Paper, rules: Rules, at: datetime) -> Iterator[Broken]:
    starts, ends = paper.said.get("starts_at"), paper.said.get("expires_at")
    if ends and ends <= at:
        yield "expires_at", "already_expired", "L-10, 42 CFR 2.31(c)", "This consent has expired already."
    if ends and starts and ends <= starts:
        yield "expires_at", "ends_before_it_starts", "42 CFR 2.31(a)(7)", "A consent ends after it starts."
    if rules.max_days is None:
        return
    if ends and starts and ends - starts > timedelta(days=rules.max_days + 1):
        # The day of signing runs to its own midnight, and a zone may change its clocks in between.
        yield "expires_at", "too_long", rules.law, f"A consent may run {rules.max_days} days at most."
    if not ends and paper.said.get("expiry_event") and paper.instrument != TPO:
        yield "expires_at", "missing_element", rules.law, "Give a latest date beside the event."


def _signing(paper: Paper, rules: Rules, at: datetime) -> Iterator[Broken]:
    said = paper.said
    signed, context = said.get("signed_at"), said.get("collection_context")
    approved_at = said.get("clinician_approved_at")
    if signed and signed > at:
        yield "signed_at", "in_the_future", "42 CFR 2.31(a)(9)", "A signature cannot lie in the future."
    if context in UNDER_CONSTRAINT:
        hours = rules.under_constraint_after_hours
        if hours is None:
            yield (
                "collection_context",
                "signed_under_hold_or_custody",
                "P-9",
                ("A consent may not be signed on a hold or in custody."),
            )
        elif not approved_at or not signed or approved_at < signed + timedelta(hours=hours):
            yield (
                "clinician_approved_by",
                "not_confirmed_after_constraint",
                "P-9",
                (f"A clinician must confirm it {hours} hours after the signature or later."),
            )
    if paper.collector_is_law_enforcement:
        if not rules.officers_may_collect:
            yield (
                "collected_by",
                "collector_is_law_enforcement",
                "P-9",
                "Law enforcement may not collect consents.",
            )
        elif not approved_at or not signed or approved_at < signed:
            yield (
                "clinician_approved_by",
                "not_confirmed",
                "P-9",
                "A clinician must confirm what police collected.",
            )
    if rules.binds(rules.clinician_approval, paper.regimes) and not approved_at:
        yield "clinician_approved_by", "not_approved", rules.law, "The clinician in charge must approve it."
    if rules.binds(rules.copy_given, paper.regimes) and not said.get("copy_given_at"):
        yield "copy_given_at", "missing_element", rules.law, "Say when the person got a copy."


def _signer(paper: Paper, rules: Rules) -> Iterator[Broken]:
    capacity, age = paper.said.get("signer_capacity"), paper.age
    if capacity == "parent" and age is not None and age >= rules.adult_from:
        yield "signer_capacity", "adult", "L-28", "A parent does not sign for an adult."
    if age is None or age >= rules.adult_from:
        return
    with_sud = bool(paper.said.get("part2_included"))
    # What a Part 2 programme keeps is all SUD; elsewhere the tick adds SUD records to others.
    with_others = not with_sud or bool(
        set(paper.said.get("categories") or ()) - {"D4"} and "part2_program" not in paper.regimes
    )
    sud_alone = is_old_enough(age, rules.minor_signs_sud_from)
    others_alone = is_old_enough(age, rules.minor_signs_mental_health_from)
    if capacity == "self" and not ((sud_alone or not with_sud) and (others_alone or not with_others)):
        yield "signer_capacity", "minor", rules.law, "At this age a parent or guardian must sign."
    # s2.14: where the minor alone may consent to SUD care, nobody else's signature opens its records.
    if capacity != "self" and with_sud and sud_alone:
        yield (
            "signer_capacity",
            "minor_signs_alone",
            "42 CFR 2.14",
            "Only the minor's own signature opens SUD records.",
        )


def is_old_enough(age: int, from_age: int | None) -> bool:
    """Whether a minor of this age may sign alone; None: at no age."""
    return from_age is not None and age >= from_age


def age_on(birth_date: date | None, day: date) -> int | None:
    """Full years on a day; None without a birth date."""
    if birth_date is None:
        return None
    return day.year - birth_date.year - ((day.month, day.day) < (birth_date.month, birth_date.day))


def first_of_each_field(errors: Iterable[Invalid]) -> dict[str, str]:
    """The first sentence per field, for a form."""
    sentences: dict[str, str] = {}
    for error in errors:
        sentences.setdefault(error.field, error.detail)
    return sentences
