"""Save a draft as far as it can be saved: what is wrong stays at its field, everything else is kept."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from continuity.agencies.models import Membership
from continuity.caseload.contact_form import Sent, Values, without
from continuity.crisis.models import CrisisContact, Triage
from continuity.crisis.services import save_draft
from continuity.crisis.triages import record_triage
from continuity.crisis.wording import Finding, Place, findings
from continuity.errors import Incomplete, Invalid

_SUMMARY = "operational_summary"
_MOVES_TO = {Place.SUD_SEGMENT: "sud_text", Place.NARRATIVE: "narrative"}
_MOMENTS = ("occurred_at", "ended_at")
# The verb's names of what the form calls otherwise: the form has more than one reason in it.
_TRIAGE_FIELDS = {"reason": "triage_reason"}


@dataclass(frozen=True)
class Saved:
    contact: CrisisContact
    errors: dict[str, str]


def save(
    duty: Membership, contact_id: UUID, sent: Sent, latest: Triage | None, has_team: bool, at: datetime
) -> Saved:
    """Save the draft, and the triage once it is decided. Raises NotFound, NotAllowed, Conflict, Stale as the verb does.

    A value that the verb refuses is told at its field and left out, so that one wrong date costs no other word.
    """
    errors = dict(sent.errors)
    while True:
        try:
            contact = save_draft(
                by=duty, contact_id=contact_id, at=at, version=sent.version, **without(sent, errors)
            )
            break
        except Invalid as refused:
            _note(errors, refused)
    errors |= _decide(duty, contact, sent, latest, has_team, at)
    return Saved(contact, errors)


def move_words(sent: Sent, place: str, term: str) -> Sent:
    """The form with the sentence around `term` moved from the summary to the text it belongs in (P-13, P-14)."""
    summary = (sent.values.get(_SUMMARY) or [""])[0]
    target = _MOVES_TO.get(Place(place)) if place in set(Place) else None
    found = next(
        (one for one in movable(summary, sent.values) if (one.belongs_in, one.term) == (place, term)), None
    )
    if target is None or found is None:
        return sent
    start, end = _sentence_around(summary, found)
    moved, rest = summary[start:end].strip(), f"{summary[:start].rstrip()} {summary[end:].lstrip()}".strip()
    before = (sent.values.get(target) or [""])[0].rstrip()
    texts = {_SUMMARY: rest, target: f"{before}\n{moved}".strip()}
    errors = {name: told for name, told in sent.errors.items() if name != _SUMMARY or len(rest) > 1000}
    return replace(
        sent,
        values=sent.values | {name: [text] for name, text in texts.items()},
        fields=sent.fields | texts,
        errors=errors,
    )


def movable(summary: str, values: Values) -> Sequence[Finding]:
    """What the word lists find in the summary that has a better place in this form."""
    return [one for one in findings(summary) if _MOVES_TO.get(one.belongs_in) in values]


def _sentence_around(text: str, found: Finding) -> tuple[int, int]:
    """The whole sentence: a word alone, taken out of it, would leave a sentence that says nothing or the contrary."""
    start = max((text.rfind(mark, 0, found.start) for mark in (". ", "! ", "? ", "; ", "\n")), default=-1)
    start = 0 if start < 0 else start + 1
    ends = [at for mark in (". ", "! ", "? ", "; ", "\n") if (at := text.find(mark, found.end)) >= 0]
    return start, min(ends) + 1 if ends else len(text)


def _decide(
    duty: Membership, contact: CrisisContact, sent: Sent, latest: Triage | None, has_team: bool, at: datetime
) -> dict[str, str]:
    """Record the triage when it is whole and new; a draft without a decision has none."""
    said = sent.triage
    whole = (contact.call_type, said["weapon_in_hand"], said["decision"])
    if not all(whole) or (
        latest is not None and whole == (latest.call_type, latest.weapon_in_hand, latest.decision)
    ):
        return {}
    try:
        record_triage(
            by=duty,
            contact_id=contact.pk,
            call_type=contact.call_type,
            weapon_in_hand=said["weapon_in_hand"],
            has_team=has_team,
            decision=said["decision"],
            reason=said["triage_reason"],
            what_changed=said["what_changed"],
            at=at,
        )
    except Invalid as refused:
        errors: dict[str, str] = {}
        _note(errors, refused)
        return {_TRIAGE_FIELDS.get(name, name): told for name, told in errors.items()}
    return {}


def _note(errors: dict[str, str], refused: Invalid) -> None:
    """Put each refusal at its field. Raises it again when it names no field, or none that could be left out."""
    found = refused.errors if isinstance(refused, Incomplete) else (refused,)
    for one in found:
        if not one.field or one.field in errors:
            raise refused
        errors[one.field] = one.detail
        if one.field in _MOMENTS:  # one moment is judged by the other: both wait
            errors |= {name: errors.get(name, "Look at both times.") for name in _MOMENTS}
