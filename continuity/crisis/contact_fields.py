"""What may be written into a contact, by whom, and what a final one may not say (3.2, 5.4)."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.core.exceptions import ValidationError
from django.db import models

from continuity.agencies.models import Membership
from continuity.agencies.roles import Role
from continuity.crisis import vocabulary as v
from continuity.crisis.models import CrisisContact
from continuity.errors import Incomplete, Invalid, NotAllowed

LONGEST_TEXT = 20_000  # characters of a narrative or a SUD segment
CLINICIANS = frozenset({Role.EMBEDDED_CLINICIAN, Role.MOBILE_CLINICIAN, Role.TREATMENT_CLINICIAN})
WRITABLE = frozenset(
    {
        "is_minor", "occurred_at", "ended_at", "origin", "modality", "response_type", "reporter_relationship",
        "call_type", "incident_ref", "jurisdiction", "location_area", "language", "interpreter_used",
        "presenting_issues", "risk_level", "safety_observations", "suicide_screen_tool", "suicide_screen_level",
        "substance_involved", "veteran_self_reported", "housing_status", "existing_treatment", "hold_status",
        "hold_authority", "transport_mode", "transport_destination", "disposition_primary", "dispositions_other",
        "le_dispatched", "le_cancelled", "use_of_force", "injuries", "diverted_from", "referral_offered",
        "follow_up_required", "operational_summary", "is_part2", "sensitivity_labels",
    }
)  # fmt: skip
_CLINICAL = ("suicide_screen_tool", "suicide_screen_level")
_UNJUDGED = ("", v.RiskLevel.NOT_ASSESSED)
_UNFORCED = ("", v.UseOfForce.NOT_ASKED)
_POLICE_DISPOSITIONS = frozenset({v.Disposition.ARRESTED, v.Disposition.CITED_RELEASED})
# Answers that stand alone: "none" beside another one is a figure that lies (P-24).
_STAND_ALONE: dict[str, frozenset[str]] = {
    "diverted_from": frozenset({v.DivertedFrom.NONE, v.DivertedFrom.UNDETERMINED}),
    "safety_observations": frozenset({v.SafetyObservation.NONE_OBSERVED, v.SafetyObservation.UNKNOWN}),
}


def is_clinician(by: Membership) -> bool:
    """Whether clinical text and clinical judgement are this member's to write."""
    return bool(CLINICIANS & set(by.roles))


def refuse_anothers_part(by: Membership, fields: Mapping[str, Any], *texts: str | None) -> None:
    """Clinical fields are written by clinicians, force and arrest by law enforcement (5.4). Raises NotAllowed."""
    if not is_clinician(by):
        if any(texts):
            raise NotAllowed("clinical_fields", "Only clinicians write clinical text.")
        judged = [name for name in _CLINICAL if fields.get(name)]
        if fields.get("risk_level", "") not in _UNJUDGED:
            judged.append("risk_level")
        if judged:
            raise NotAllowed("clinical_fields", "Only clinicians judge a risk.", field=judged[0])
    if by.agency.is_law_enforcement:
        return
    if fields.get("use_of_force", "") not in _UNFORCED:
        raise NotAllowed(
            "law_enforcement_fields", "Only law enforcement reports use of force.", field="use_of_force"
        )
    for name in ("disposition_primary", "dispositions_other"):
        stated = fields.get(name) or ()
        if _POLICE_DISPOSITIONS & {*([stated] if isinstance(stated, str) else stated)}:
            raise NotAllowed(
                "law_enforcement_fields", "Only law enforcement reports an arrest or a citation.", field=name
            )


def cleaned(fields: Mapping[str, Any]) -> dict[str, Any]:
    """The fields as they are kept: "" where a choice has a default takes the default back.

    Raises Incomplete naming every unknown field and every value that a field does not take, all at once.
    """
    kept, errors = {}, []
    for name, value in fields.items():
        if name not in WRITABLE:
            errors.append(Invalid("unknown_field", "A contact has no such field.", field=name))
            continue
        try:
            kept[name] = _cleaned(CrisisContact._meta.get_field(name), value)
        except ValidationError as error:
            errors.append(_said(name, error))
    if errors:
        raise Incomplete(errors)
    return kept


def _cleaned(field: Any, value: Any) -> Any:
    if isinstance(field, ArrayField):
        if not isinstance(value, list | tuple) or not all(isinstance(one, str) for one in value):
            raise ValidationError("A list is wanted.", code="wrong_kind")
        return field.clean(list(dict.fromkeys(value)), None)
    if isinstance(field, models.DateTimeField):
        if (value is None and not field.null) or (
            value is not None and (not isinstance(value, datetime) or value.utcoffset() is None)
        ):
            raise ValidationError("A date and time with its zone is wanted.", code="wrong_kind")
        return value
    if type(value) is not (bool if isinstance(field, models.BooleanField) else str) and not isinstance(
        value, str
    ):
        raise ValidationError("This is of the wrong kind.", code="wrong_kind")
    if isinstance(value, str) and "\x00" in value:
        raise ValidationError("A character in it cannot be kept.", code="wrong_kind")
    if value == "" and not field.blank:
        return field.get_default()
    return field.clean(value, None)


def _said(name: str, error: ValidationError) -> Invalid:
    """Django's words without the value, which may be about a person."""
    code = error.error_list[0].code if hasattr(error, "error_list") else error.code
    if code in ("invalid_choice", "item_invalid"):
        return Invalid("unknown_value", "This is not one of the choices.", field=name)
    if code == "max_length":
        return Invalid("too_long", "This is too long.", field=name)
    return Invalid(
        "wrong_kind",
        "; ".join(error.messages) if code == "wrong_kind" else "This is of the wrong kind.",
        field=name,
    )


def refuse_impossible_times(occurred_at: datetime, ended_at: datetime | None, at: datetime) -> None:
    """Raises Invalid for a contact in the future, and for one that ended before it began."""
    if occurred_at > at:
        raise Invalid("in_the_future", "A contact cannot lie in the future.", field="occurred_at")
    if ended_at is not None and ended_at > at:
        raise Invalid("in_the_future", "A contact cannot end in the future.", field="ended_at")
    if ended_at is not None and ended_at < occurred_at:
        raise Invalid("ends_before_it_began", "A contact ends after it began.", field="ended_at")


def refuse_long_texts(**texts: str | None) -> None:
    """Raises Invalid for a clinical text that is too long or cannot be kept."""
    for name, text in texts.items():
        if text is not None and (len(text) > LONGEST_TEXT or "\x00" in text):
            raise Invalid("too_long", f"At most {LONGEST_TEXT} characters.", field=name)


def open_ends(contact: CrisisContact) -> Iterator[Invalid]:
    """What keeps a draft from being final: gaps, and answers that contradict each other."""
    for name in contact.gaps():
        yield Invalid("missing", "Answer this before the contact becomes final.", field=name)
    for name, alone in _STAND_ALONE.items():
        stated = set(getattr(contact, name))
        if alone & stated and len(stated) > 1:
            yield Invalid("contradiction", "None or unknown stands alone.", field=name)
