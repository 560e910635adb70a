"""Complete papers of the five instruments, as the form and its handling would stand just before verification. Pure."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from continuity.agencies.packs import Rules
from continuity.consents.elements import Paper, Party, Stage, lacking
from tests.builders import NOW

INSTRUMENTS = ("hipaa_authorization", "part2_consent", "part2_tpo", "combined_hipaa_part2", "state_form")
SIGNED = NOW - timedelta(days=2)
SAID: dict[str, Any] = {
    "categories": ["D1", "D2"],
    "information_description": "What helps, and earlier contacts.",
    "purposes": ["care_coordination"],
    "starts_at": SIGNED,
    "expires_at": NOW + timedelta(days=300),
    "expiry_event": "",
    "states_right_to_revoke": True,
    "revocation_method": "In writing or by word.",
    "states_reliance_exception": True,
    "states_no_conditioning": True,
    "states_redisclosure_risk": True,
    "states_refusal_consequence": True,
    "states_tpo_redisclosure": True,
    "record_window": "past_contacts",
    "form_template": "any.en",
    "form_version": "1",
    "form_language": "en",
    "shown_text": "The whole form.",
    "signer_name": "Sam Testcase",
    "signer_capacity": "self",
    "signature_method": "ink_scanned",
    "signed_at": SIGNED,
    "copy_given_at": SIGNED,
    "collection_context": "clinic",
    "capacity_attested_by": "a member",
}
DEFAULTS = Rules()
CLINIC = Party("agency", frozenset({"D1", "D2"}), is_law_enforcement=False)
POLICE = Party("agency", frozenset({"D1", "D2"}), is_law_enforcement=True)


def paper(instrument: str = "hipaa_authorization", **changes: Any) -> Paper:
    """A complete paper, but for `changes` to what it says."""
    return Paper(
        instrument=instrument,
        said=SAID | changes,
        disclosing=1,
        recipients=(CLINIC,),
        contacts=0,
        regimes=frozenset({"hipaa_covered"}),
        documents=frozenset({"signed_form"}),
        age=38,
        person_language="en",
        interpreter_needed=False,
        collector_is_law_enforcement=False,
    )


def found(
    given: Paper,
    rules: Rules = DEFAULTS,
    at: datetime = NOW,
    stage: Stage = Stage.SIGNATURE,
) -> set[tuple[str, str]]:
    """Field and code of everything that is lacking."""
    return {(error.field, error.code) for error in lacking(given, rules, at, stage)}


def with_handling(given: Paper, **handling: Any) -> Paper:
    """The same paper with other parties, documents or circumstances."""
    return replace(given, **handling)
