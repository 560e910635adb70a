"""The contact form, translated: what a draft holds as the form sends it, and what was sent as the verbs take it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.http import QueryDict
from django.utils import timezone
from django.utils.dateparse import parse_datetime

from continuity.agencies.models import Membership
from continuity.caseload import contact_fields as fields
from continuity.caseload.contact_fields import Coded, Typed
from continuity.crisis.models import CrisisContact, Triage

# By field, as a form sends it: a list of codes, or one text.
Values = dict[str, list[str]]
TRIAGE_NAMES = tuple(question.name for question in fields.TRIAGE)
_MOMENT = "%Y-%m-%dT%H:%M"


@dataclass(frozen=True)
class Sent:
    """What came with a form: as typed, as the verbs take it, and what is wrong with it at its field."""

    values: Values
    fields: dict[str, Any]
    triage: dict[str, str]
    errors: dict[str, str] = field(default_factory=dict)
    version: int | None = None


def asked(duty: Membership) -> list[Coded | Typed]:
    """The questions that this member is asked."""
    return [question for question in fields.questions() if fields.is_offered(question.name, duty)]


def values_of(contact: CrisisContact, duty: Membership, triage: Triage | None) -> Values:
    """What the draft holds, as the form sends it; the usual answer stands where nothing was said yet."""
    apart: dict[str, Any] = {
        "narrative": _text_of(contact, "narrative"),
        "sud_text": _text_of(contact, "sud_segment"),
    }
    if triage is not None:
        apart |= {
            "weapon_in_hand": triage.weapon_in_hand,
            "decision": triage.decision,
            "triage_reason": triage.reason,
        }
    usual = fields.usual(duty)
    found: Values = {}
    for question in asked(duty):
        stored = apart[question.name] if question.name in apart else getattr(contact, question.name, "")
        values = [] if _is_not_said(question.name, stored) else _as_sent(stored)
        found[question.name] = values or usual.get(question.name, [])
    return found


def usual_fields(duty: Membership) -> dict[str, Any]:
    """The usual answers as a new draft takes them; who answers the call is decided, not presumed."""
    many = {question.name for question in fields.questions() if isinstance(question, Coded) and question.many}
    return {
        name: codes if name in many else codes[0]
        for name, codes in fields.usual(duty).items()
        if name not in TRIAGE_NAMES
    }


def read(post: QueryDict, duty: Membership) -> Sent:
    """Translate what was sent. A radio that nobody chose changes nothing; a list that was emptied is empty."""
    values: Values = {}
    clean: dict[str, Any] = {}
    errors: dict[str, str] = {}
    for question in asked(duty):
        typed = [value.replace("\r\n", "\n") for value in post.getlist(question.name)]
        values[question.name] = typed
        if isinstance(question, Coded):
            _read_coded(question, typed, clean, errors)
        elif typed:
            _read_typed(question, typed[0], clean, errors)
    triage = {name: str(clean.pop(name, "")) for name in TRIAGE_NAMES}
    version = post.get("version", "")
    return Sent(values, clean, triage, errors, int(version) if version.isdigit() else None)


def differing(mine: Values, stored: Values) -> dict[str, list[str]]:
    """The fields at which the stored draft says something else, with what it says."""
    return {
        name: stored[name] for name in mine if name in stored and sorted(mine[name]) != sorted(stored[name])
    }


def without(sent: Sent, wrong: Mapping[str, str]) -> dict[str, Any]:
    """The sent fields that nothing is wrong with, for saving at once."""
    return {name: value for name, value in sent.fields.items() if name not in wrong}


def _read_coded(question: Coded, typed: list[str], clean: dict[str, Any], errors: dict[str, str]) -> None:
    if any(code not in question.codes for code in typed):
        errors[question.name] = "Choose one of the answers."
    elif question.many:
        clean[question.name] = typed
    elif typed:
        clean[question.name] = typed[-1]


def _read_typed(question: Typed, text: str, clean: dict[str, Any], errors: dict[str, str]) -> None:
    if question.kind == "moment":
        if not text:
            clean |= {question.name: None} if question.name == "ended_at" else {}
            return
        moment = _moment(text)
        if moment is None:
            errors[question.name] = "Type the day and the time, for example 2026-11-20T14:05."
        else:
            clean[question.name] = moment
    elif question.most is not None and len(text) > question.most:
        errors[question.name] = f"At most {question.most} characters; these are {len(text)}."
    else:
        clean[question.name] = text


def _moment(text: str) -> datetime | None:
    try:
        naive = parse_datetime(text)
        return timezone.make_aware(naive) if naive and timezone.is_naive(naive) else naive
    except ValueError:
        return None


def _as_sent(stored: Any) -> list[str]:
    if isinstance(stored, datetime):
        return [timezone.localtime(stored).strftime(_MOMENT)]
    if isinstance(stored, list):
        return list(stored)
    return [str(stored)] if stored else []


def _is_not_said(name: str, stored: Any) -> bool:
    """Whether the draft holds what the model puts in where nobody answered."""
    known = {field.name: field for field in CrisisContact._meta.concrete_fields}
    return name in known and known[name].has_default() and stored == known[name].get_default()


def _text_of(contact: CrisisContact, part: str) -> str:
    row = getattr(contact, part, None)
    return row.text if row is not None else ""
