"""The buttons of a consent: which verbs it may take now, and what each asks for."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from django import forms

from continuity.agencies.models import Membership
from continuity.agencies.roles import Duty
from continuity.backoffice.desk_forms import NoteForm, RecipientForm, SureForm, VerbForm
from continuity.backoffice.sheet import Sheet
from continuity.consents import endings, services

Run = Callable[[Membership, UUID, datetime, dict[str, Any]], object]
_DRAFT, _PROPOSED, _ACTIVE = "draft", "proposed", "active"


@dataclass(frozen=True)
class Verb:
    """One verb: its button, the sentence beside it, what it asks for, who may press it and when."""

    label: str
    says: str
    duty: Duty
    run: Run
    statuses: tuple[str, ...]
    form: type[VerbForm] = SureForm
    done: str = "Done."
    when: Callable[[Sheet], bool] = field(default=lambda sheet: True)
    is_danger: bool = False
    is_grave: bool = False  # wants a fresh proof of who presses it (S-4)


def _plain(service: Callable[..., object]) -> Run:
    return lambda by, consent_id, at, said: service(by=by, consent_id=consent_id, **said)


def _timed(service: Callable[..., object], **more: Any) -> Run:
    return lambda by, consent_id, at, said: service(by=by, consent_id=consent_id, at=at, **said, **more)


VERBS = {
    "propose": Verb(
        "Put before the person", "Keeps the form as it is shown now, ready to be signed.", Duty.COLLECT_CONSENT,
        _timed(services.propose_consent), (_DRAFT,), done="The form is ready to be printed and signed.",
    ),
    "activate": Verb(
        "Verify and put in force", "You have compared the form, the signature and the evidence.", Duty.MANAGE_CONSENT,
        _timed(services.activate_consent), (_PROPOSED,), done="The consent is in force.", is_grave=True,
    ),
    "approve": Verb(
        "Approve as clinician", "You are in charge of this person's care, or confirm what was signed elsewhere.",
        Duty.APPROVE_CONSENT, _timed(services.approve_as_clinician), (_PROPOSED,), done="Approved.",
    ),
    "return": Verb(
        "Back to a draft", "The form must say something else; a signature on it no longer counts.",
        Duty.COLLECT_CONSENT, _plain(services.return_to_draft), (_PROPOSED,), done="It is a draft again.",
    ),
    "reject": Verb(
        "The person said no", "Kept as proof of the offer; nobody outside is told.", Duty.COLLECT_CONSENT,
        _plain(services.reject_consent), (_PROPOSED,), done="Written down. Nobody outside is told.",
    ),
    "suspend": Verb(
        "Stop now, by spoken word", "Nothing is shared from the next look-up on. Put it on paper within days.",
        Duty.COLLECT_CONSENT, _timed(endings.suspend_consent), (_ACTIVE,), NoteForm,
        "Suspended. Nothing is shared on it any more.", lambda sheet: not sheet.is_suspended, True,
    ),
    "lift": Verb(
        "Lift the suspension", "The person wants it to stand; somebody else than who heard the stop.",
        Duty.MANAGE_CONSENT, _timed(endings.lift_suspension), (_ACTIVE,), NoteForm, "It stands again.",
        lambda sheet: sheet.is_suspended,
    ),
    "revoke": Verb(
        "Revoke", "The person revoked in writing. Ends it for everybody, from the next look-up on.",
        Duty.MANAGE_CONSENT, _timed(endings.revoke_consent), (_ACTIVE,), NoteForm,
        "Revoked. Nothing is shared on it any more.", is_danger=True,
    ),
    "revoke-recipient": Verb(
        "Revoke toward one recipient", "Ends it for this recipient and leaves the rest standing.",
        Duty.MANAGE_CONSENT, _timed(endings.revoke_recipient), (_ACTIVE,), RecipientForm,
        "Revoked toward this recipient.",
        lambda sheet: sum(party.revoked_at is None for party in sheet.parties) > 1, True,
    ),
    "event-happened": Verb(
        "The event has happened", "Ends the consent now.", Duty.MANAGE_CONSENT,
        _timed(endings.answer_about_event, happened=True), (_ACTIVE,), done="The consent has ended.",
        when=lambda sheet: bool(sheet.asks_event), is_danger=True,
    ),
    "event-not-yet": Verb(
        "The event has not happened", "You are asked again later.", Duty.MANAGE_CONSENT,
        _timed(endings.answer_about_event, happened=False), (_ACTIVE,), done="You will be asked again.",
        when=lambda sheet: bool(sheet.asks_event),
    ),
    "invalidate": Verb(
        "It is not valid", "Known to be deficient or false (42 CFR 2.31(c)).", Duty.MANAGE_CONSENT,
        _timed(endings.invalidate_consent), (_ACTIVE,), NoteForm, "Ended as not valid.", is_danger=True,
    ),
    "mark-error": Verb(
        "Entered in error", "It should never have been written; it stays for the record.", Duty.CORRECT_CONSENT,
        _timed(endings.mark_entered_in_error), (_DRAFT, _PROPOSED, _ACTIVE, "rejected", "inactive"), NoteForm,
        "Marked as entered in error.", is_danger=True,
    ),
}  # fmt: skip


@dataclass(frozen=True)
class Move:
    """A verb that is legal now for this member, with its empty form."""

    name: str
    verb: Verb
    form: forms.Form


def next_moves(
    duty: Membership, sheet: Sheet, refused: str = "", filled: forms.Form | None = None
) -> list[Move]:
    """The legal verbs of a consent, in the order of `VERBS`; the refused one keeps what was typed."""
    return [
        Move(
            name,
            verb,
            filled
            if name == refused and filled is not None
            else verb.form(parties=sheet.parties, initial={"version": sheet.version}, auto_id=f"{name}-%s"),
        )
        for name, verb in VERBS.items()
        if sheet.status in verb.statuses and duty.has_duty(verb.duty) and verb.when(sheet)
    ]
