"""The buttons of a consent: which verbs it may take now, for whom, and what each asks for."""

from collections.abc import Callable
from typing import Any

from continuity.agencies.models import Membership
from continuity.agencies.roles import Duty
from continuity.backoffice.consent_forms import AttachForm, RecipientForm
from continuity.backoffice.desk_forms import NoteForm, VersionForm
from continuity.backoffice.moves import Run, Verb, runs
from continuity.backoffice.sheet import Sheet
from continuity.consents import endings, services
from continuity.consents.documents import attach_document

_DRAFT, _PROPOSED, _ACTIVE = "draft", "proposed", "active"
_COLLECT, _MANAGE = Duty.COLLECT_CONSENT, Duty.MANAGE_CONSENT


def _run(service: Callable[..., object], **more: Any) -> Run:
    return runs(service, "consent_id", **more)


def _for(
    duty: Duty, *statuses: str, when: Callable[[Sheet], bool] = lambda sheet: True
) -> Callable[[Membership, Sheet], bool]:
    return lambda by, sheet: sheet.status in statuses and by.has_duty(duty) and when(sheet)


VERBS = {
    "propose": Verb(
        "Put before the person", "Keeps the form as it is shown now, ready to be signed.",
        _run(services.propose_consent), "The form is ready to be printed and signed.", VersionForm,
        _for(_COLLECT, _DRAFT),
    ),
    "activate": Verb(
        "Verify and put in force", "You have compared the form, the signature and the evidence.",
        _run(services.activate_consent), "The consent is in force.", VersionForm, _for(_MANAGE, _PROPOSED),
        is_grave=True,
    ),
    "approve": Verb(
        "Approve as clinician", "You are in charge of this person's care, or confirm what was signed elsewhere.",
        _run(services.approve_as_clinician), "Approved.", VersionForm, _for(Duty.APPROVE_CONSENT, _PROPOSED),
    ),
    "return": Verb(
        "Back to a draft", "The form must say something else; a signature on it no longer counts.",
        _run(services.return_to_draft, is_timed=False), "It is a draft again.", VersionForm, _for(_COLLECT, _PROPOSED),
    ),
    "reject": Verb(
        "The person said no", "Kept as proof of the offer; nobody outside is told.",
        _run(services.reject_consent, is_timed=False), "Written down. Nobody outside is told.", VersionForm,
        _for(_COLLECT, _PROPOSED),
    ),
    "suspend": Verb(
        "Stop now, by spoken word", "Nothing is shared from the next look-up on. Put it on paper within days.",
        _run(endings.suspend_consent), "Suspended. Nothing is shared on it any more.", NoteForm,
        _for(_COLLECT, _ACTIVE, when=lambda sheet: not sheet.is_suspended), is_danger=True,
    ),
    "lift": Verb(
        "Lift the suspension", "The person wants it to stand; somebody else than who heard the stop.",
        _run(endings.lift_suspension), "It stands again.", NoteForm,
        _for(_MANAGE, _ACTIVE, when=lambda sheet: sheet.is_suspended),
    ),
    "revoke": Verb(
        "Revoke", "The person revoked in writing. Ends it for everybody, from the next look-up on.",
        _run(endings.revoke_consent), "Revoked. Nothing is shared on it any more.", NoteForm, _for(_MANAGE, _ACTIVE),
        is_danger=True,
    ),
    "revoke-recipient": Verb(
        "Revoke toward one recipient", "Ends it for this recipient and leaves the rest standing.",
        _run(endings.revoke_recipient), "Revoked toward this recipient.", RecipientForm,
        _for(_MANAGE, _ACTIVE, when=lambda sheet: sum(one.revoked_at is None for one in sheet.parties) > 1),
        is_danger=True,
    ),
    "event-happened": Verb(
        "The event has happened", "Ends the consent now.", _run(endings.answer_about_event, happened=True),
        "The consent has ended.", VersionForm, _for(_MANAGE, _ACTIVE, when=lambda sheet: bool(sheet.asks_event)),
        is_danger=True,
    ),
    "event-not-yet": Verb(
        "The event has not happened", "You are asked again later.", _run(endings.answer_about_event, happened=False),
        "You will be asked again.", VersionForm, _for(_MANAGE, _ACTIVE, when=lambda sheet: bool(sheet.asks_event)),
    ),
    "invalidate": Verb(
        "It is not valid", "Known to be deficient or false (42 CFR 2.31(c)).", _run(endings.invalidate_consent),
        "Ended as not valid.", NoteForm, _for(_MANAGE, _ACTIVE), is_danger=True,
    ),
    "mark-error": Verb(
        "Entered in error", "It should never have been written; it stays for the record.",
        _run(endings.mark_entered_in_error), "Marked as entered in error.", NoteForm,
        _for(Duty.CORRECT_CONSENT, _DRAFT, _PROPOSED, _ACTIVE, "rejected", "inactive"), is_danger=True,
    ),
}  # fmt: skip
ATTACH = Verb(
    "Attach a document", "", _run(attach_document), "The document is attached.", AttachForm, button="Attach"
)
