"""What of a final contact may be amended, of which category it is, and how a value is kept and written (5.6)."""

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import models

from continuity.agencies.models import Membership
from continuity.crisis.contact_fields import (
    LONGEST_TEXT,
    WRITABLE,
    cleaned,
    is_clinician,
    open_ends,
    refuse_anothers_part,
    refuse_impossible_times,
    refuse_long_texts,
)
from continuity.crisis.models import LONGEST_SUMMARY, ClinicalNarrative, CrisisContact, SudSegment
from continuity.crisis.wording import tells_of_substance_use
from continuity.errors import Conflict, Incomplete, Invalid, NotAllowed

SUMMARY, NARRATIVE, SUD_TEXT, RECORD_STATUS = (
    "operational_summary",
    "narrative",
    "sud_text",
    "record_status",
)
AMENDABLE: Mapping[str, str] = dict.fromkeys(sorted(WRITABLE), "D2") | {
    NARRATIVE: "D3",
    SUD_TEXT: "D4",
    RECORD_STATUS: "D2",
}
"""Each field that an amendment may name, with the category of its old and new value. The status: retraction alone."""
CLINICAL = frozenset({NARRATIVE, SUD_TEXT, "risk_level", "suicide_screen_tool", "suicide_screen_level"})
"""What clinicians alone write (5.4)."""
_TEXTS: Mapping[str, type[ClinicalNarrative] | type[SudSegment]] = {
    NARRATIVE: ClinicalNarrative,
    SUD_TEXT: SudSegment,
}
_LONGEST_ADDENDUM = {SUMMARY: LONGEST_SUMMARY, NARRATIVE: LONGEST_TEXT, SUD_TEXT: LONGEST_TEXT}


def value_of(contact: CrisisContact, field: str) -> Any:
    """What the contact says in this field now; a text that was never written is ""."""
    if field not in _TEXTS:
        return getattr(contact, field)
    row = _TEXTS[field]._default_manager.filter(contact=contact).first()
    return row.text if row else ""


def checked_value(contact: CrisisContact, field: str, value: Any, at: datetime) -> Any:
    """The value as the field keeps it. Raises Invalid for one that the contact as a whole does not take."""
    try:
        if field in _TEXTS:
            if not isinstance(value, str):
                raise Invalid("wrong_kind", "This is of the wrong kind.")
            refuse_long_texts(**{field: value})
            return value
        if isinstance(CrisisContact._meta.get_field(field), models.DateTimeField):
            value = _moment(value)
        kept = cleaned({field: value})[field]
        _refuse_gaps(contact, field, kept, at)
    except Incomplete as error:
        raise Invalid(error.code, error.detail, field="new_value") from error
    except Invalid as error:
        raise Invalid(error.code, error.detail, field="new_value") from error
    return kept


def checked_addendum(contact: CrisisContact, field: str, value: Any) -> str:
    """What is added beside a text. Raises Invalid; Conflict when there is no text it would travel with."""
    if field not in _LONGEST_ADDENDUM:
        raise Invalid("no_text", "Only a text has an addendum. Correct this field.", field="field")
    if not isinstance(value, str) or not value.strip() or "\x00" in value:
        raise Invalid("missing", "Say what is to be added.", field="new_value")
    if len(value) > _LONGEST_ADDENDUM[field]:
        raise Invalid("too_long", f"At most {_LONGEST_ADDENDUM[field]} characters.", field="new_value")
    if not value_of(contact, field):
        raise Conflict("nothing_to_add_to", "There is no such text yet. Make a late entry.")
    return value


def refuse_anothers_field(by: Membership, field: str, *values: Any) -> None:
    """Clinical text and judgement are written by clinicians, police fields by police (5.4). Raises NotAllowed."""
    if field in _TEXTS:
        if not is_clinician(by):
            raise NotAllowed("clinical_fields", "Only clinicians write clinical text.")
        return
    for value in values:
        refuse_anothers_part(by, {field: value})


def write_value(contact: CrisisContact, field: str, value: Any) -> None:
    """Put the value where it belongs; the contact itself is the caller's to save."""
    if field not in _TEXTS:
        setattr(contact, field, value)
        note_substance_use(contact, field, value)
        return
    model = _TEXTS[field]
    row = model._default_manager.filter(contact=contact).first() or model(contact=contact)
    row.text = value
    row.save()


def note_substance_use(contact: CrisisContact, field: str, text: str) -> None:
    """Operational text that tells of substance use makes the contact Part 2 data until somebody says otherwise."""
    if field == SUMMARY and tells_of_substance_use(text):
        contact.is_part2 = True


def to_json(value: Any) -> str:
    """The value as JSON text; moments to the microsecond."""
    return json.dumps(value, default=datetime.isoformat, ensure_ascii=False)


def _moment(value: Any) -> Any:
    if isinstance(value, str):
        try:
            return datetime.fromisoformat(value) if value else None
        except ValueError:
            raise Invalid("wrong_kind", "A date and time with its zone is wanted.") from None
    return value


def _refuse_gaps(contact: CrisisContact, field: str, value: Any, at: datetime) -> None:
    """A final contact has no gaps, no contradictions and possible times, before and after an amendment."""
    before = getattr(contact, field)
    setattr(contact, field, value)
    try:
        for error in open_ends(contact):
            if error.field == field:
                raise error
        if field in ("occurred_at", "ended_at"):
            refuse_impossible_times(contact.occurred_at, contact.ended_at, at)
    finally:
        setattr(contact, field, before)
