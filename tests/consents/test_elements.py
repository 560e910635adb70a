"""Every element of every instrument, taken away alone: refused at its field with its section of law (L-6, L-18)."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from continuity.agencies.packs import Rules
from continuity.consents.elements import ELEMENTS, Paper, Stage, checklist, first_of_each_field, lacking
from continuity.consents.services import Recipient
from continuity.errors import Incomplete
from tests import builders as b
from tests.consents.conftest import Desk
from tests.consents.papers import INSTRUMENTS, found, paper, with_handling

# Written from the law, not from the code. An absent instrument does not ask for the element.
# The five columns: 45 CFR 164.508 | 42 CFR 2.31 | 42 CFR 2.31, TPO | both on one paper | the state's own form.
STATE = "the county's own form rules"
BOTH_FORMS = {
    # field: (164.508, 2.31, asked by the state form)
    "disclosing_agencies": ("(c)(1)(ii)", "(a)(2)", True),
    "categories": ("(c)(1)(i)", "(a)(3)", True),
    "information_description": ("(c)(1)(i)", "(a)(3)", True),
    "recipients": ("(c)(1)(iii)", "(a)(4)", True),
    "purposes": ("(c)(1)(iv)", "(a)(5)", True),
    "expires_at": ("(c)(1)(v)", "(a)(7)", True),
    "states_right_to_revoke": ("(c)(2)(i)", "(a)(6)", True),
    "revocation_method": ("(c)(2)(i)", "(a)(6)", True),
    "states_reliance_exception": ("(c)(2)(i)", "(a)(6)", False),
    "signer_name": ("(c)(1)(vi)", "(a)(8)", True),
    "signature_method": ("(c)(1)(vi)", "(a)(8)", True),
    "signed_at": ("(c)(1)(vi)", "(a)(9)", True),
    "authority_document": ("(c)(1)(vi)", "(a)(8)", True),
    "signed_document": ("(b)(6)", "(a)(8)", True),
}
HIPAA_ALONE = {
    "states_no_conditioning": "(c)(2)(ii)",
    "states_redisclosure_risk": "(c)(2)(iii)",
    "copy_given_at": "(c)(4)",
}
TPO_ALONE = {
    "states_redisclosure_risk": "(a)(10)",
    "states_refusal_consequence": "(a)(10)",
    "states_tpo_redisclosure": "(a)(4)(iii)",
}
EVERY_FORM = {
    "form_template": "P-10",
    "form_version": "P-10",
    "form_language": "P-10",
    "shown_text": "P-10",
    "collection_context": "P-9",
    "capacity_attested_by": "L-28",
}


def law_table() -> dict[tuple[str, str], str]:
    laws = {(form, field): law for field, law in EVERY_FORM.items() for form in INSTRUMENTS}
    for field, (hipaa, part2, state) in BOTH_FORMS.items():
        hipaa, part2 = f"45 CFR 164.508{hipaa}", f"42 CFR 2.31{part2}"
        laws |= {
            ("hipaa_authorization", field): hipaa,
            ("part2_consent", field): part2,
            ("part2_tpo", field): part2,
        }
        laws[("combined_hipaa_part2", field)] = f"{hipaa}; {part2}"
        laws |= {("state_form", field): STATE} if state else {}
    for field, section in HIPAA_ALONE.items():
        laws |= {
            (form, field): f"45 CFR 164.508{section}"
            for form in ("hipaa_authorization", "combined_hipaa_part2")
        }
    return laws | {("part2_tpo", field): f"42 CFR 2.31{section}" for field, section in TPO_ALONE.items()}


LAW = law_table()
NO_COPY_RULE = Rules(copy_given=frozenset())  # the pack's own rule is shown in test_pack_rules


def without(whole: Paper, field: str) -> Paper:
    """The paper with one element taken away."""
    if field == "disclosing_agencies":
        return with_handling(whole, disclosing=0)
    if field == "recipients":
        return with_handling(whole, recipients=())
    if field == "signed_document":
        return with_handling(whole, documents=frozenset({"authority"}))
    blank: dict[str, Any] = {"categories": [], "purposes": []}
    said = dict(whole.said) | {field: blank.get(field)}
    if field == "authority_document":
        said["signer_capacity"] = "guardian"
    return with_handling(whole, said=said)


@pytest.mark.parametrize("instrument", INSTRUMENTS)
def test_complete_paper_lacks_nothing(instrument: str):
    assert found(paper(instrument)) == set()
    assert all(check.is_there for check in checklist(paper(instrument), Rules()))


@pytest.mark.parametrize(("instrument", "field"), LAW, ids=lambda value: value)
def test_missing_element_is_refused_at_its_field_with_its_section(instrument: str, field: str):
    errors = lacking(without(paper(instrument), field), NO_COPY_RULE, b.NOW, Stage.SIGNATURE)
    named = [error.detail for error in errors if (error.field, error.code) == (field, "missing_element")]
    assert len(named) == 1
    assert named[0].endswith(f"({LAW[instrument, field]})")
    # A recipient of what the consent no longer ticks is a second fault; nothing else has one.
    assert {error.field for error in errors} - {field} == ({"recipients"} if field == "categories" else set())


@pytest.mark.parametrize("instrument", INSTRUMENTS)
def test_instrument_asks_for_no_other_element(instrument: str):
    asked = {element.field for element in ELEMENTS if instrument in element.laws}
    assert asked == {field for form, field in LAW if form == instrument}


def test_elements_of_both_laws_are_on_a_combined_paper():
    """P-15: one paper for both only with every element of both."""
    of = {form: {field for one, field in LAW if one == form} for form in INSTRUMENTS}
    assert of["combined_hipaa_part2"] == of["hipaa_authorization"] | of["part2_consent"]


@given(st.sampled_from(INSTRUMENTS), st.sets(st.sampled_from(sorted({field for _, field in LAW}))))
def test_exactly_what_was_taken_away_is_named(instrument: str, taken: set[str]):
    given_paper = paper(instrument)
    for field in taken:
        given_paper = without(given_paper, field)
    errors = lacking(given_paper, NO_COPY_RULE, b.NOW, Stage.SIGNATURE)
    missing = {error.field for error in errors if error.code == "missing_element"}
    assert missing == {field for field in taken if (instrument, field) in LAW}
    assert set(first_of_each_field(errors)) == {error.field for error in errors}


SIGNING = {
    "form_template", "form_version", "shown_text", "signer_name", "signature_method", "signed_at",
    "authority_document", "signed_document", "copy_given_at", "collection_context", "capacity_attested_by",
}  # fmt: skip


@pytest.mark.parametrize(("instrument", "field"), LAW, ids=lambda value: value)
def test_what_signing_adds_is_not_asked_of_a_draft(instrument: str, field: str):
    named = {one for one, _ in found(without(paper(instrument), field), stage=Stage.CONTENT)}
    assert (field in named) == (field not in SIGNING)


def test_event_is_an_end_as_good_as_a_date_where_no_length_is_set():
    event = paper(expires_at=None, expiry_event="end of treatment")
    assert found(event, Rules(max_days=None)) == set()


@pytest.mark.parametrize("instrument", ["", "handshake", "HIPAA_AUTHORIZATION"])
def test_paper_of_no_known_kind_is_never_complete(instrument: str):
    """Without its instrument nobody knows which law to ask: deny by default."""
    assert found(paper(instrument)) == {("instrument", "missing_element")}


def test_paper_that_only_its_source_has_is_no_signature_here():
    assert found(paper(signature_method="held_by_source")) == {("signature_method", "missing_element")}


TAKEN_END_TO_END: dict[str, dict[str, Any]] = {
    "information_description": {"information_description": ""},
    "revocation_method": {"revocation_method": ""},
    "states_no_conditioning": {"states_no_conditioning": False},
    "recipients": {"recipients": []},
    "signer_name": {"signer_name": ""},
    "copy_given_at": {"copy_given_at": None},
    "collection_context": {"collection_context": ""},
    "authority_document": {"signer_capacity": "guardian"},
}


@pytest.mark.django_db
@pytest.mark.parametrize(("field", "elements"), TAKEN_END_TO_END.items(), ids=TAKEN_END_TO_END)
def test_verbs_name_the_missing_element_with_its_section(desk: Desk, field: str, elements: dict[str, Any]):
    with pytest.raises(Incomplete) as refused:
        desk.consent(**elements)
    named = {error.field: error.detail for error in refused.value.errors}
    assert LAW["hipaa_authorization", field] in named[field] or STATE in named[field]
    assert not desk.sam.consents.exists()


@pytest.mark.django_db
def test_verbs_name_everything_that_is_missing_at_once(desk: Desk):
    with pytest.raises(Incomplete) as refused:
        desk.consent(purposes=[], revocation_method="", recipients=[])
    assert {error.field for error in refused.value.errors} == {"purposes", "revocation_method", "recipients"}


FORMS: dict[str, dict[str, Any]] = {
    "hipaa_authorization": {},
    "part2_consent": {"categories": ["D1", "D4"], "part2_included": True},
    "part2_tpo": {"purposes": ["treatment"], "part2_included": True, "categories": ["D4"]},
    "combined_hipaa_part2": {"categories": ["D1", "D4"], "part2_included": True},
    "state_form": {},
}


@pytest.mark.django_db
@pytest.mark.parametrize(("instrument", "elements"), FORMS.items(), ids=FORMS)
def test_complete_paper_of_every_instrument_becomes_active(
    desk: Desk, instrument: str, elements: dict[str, Any]
):
    categories = elements.get("categories", ["D1"])
    to_the_clinic = [Recipient(categories, agency=desk.clinic)]
    consent = desk.consent(
        instrument=instrument, recipients=to_the_clinic, **{"categories": ["D1"]} | elements
    )
    consent.refresh_from_db()
    assert (consent.status, consent.is_in_force(b.NOW)) == ("active", True)
