"""A consent brought to each of its states through the verbs, and every verb that may follow, as a table."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from continuity.agencies.models import Membership
from continuity.consents import endings, services
from continuity.consents.documents import attach_document
from continuity.consents.models import Consent
from continuity.consents.services import Recipient
from tests import builders as b
from tests.consents.conftest import Desk
from tests.replay import again

AT = b.NOW - timedelta(days=1)
CONTENT: dict[str, Any] = {
    "instrument": "hipaa_authorization",
    "categories": ["D1", "D2"],
    "purposes": ["le_crisis_response"],
    "information_description": "What helps, and earlier contacts.",
    "expires_at": b.NOW + timedelta(days=300),
    "revocation_method": "In writing, or by word to any member of staff.",
    "states_right_to_revoke": True,
    "states_reliance_exception": True,
    "states_no_conditioning": True,
    "states_redisclosure_risk": True,
}
SIGNATURE: dict[str, Any] = {
    "signer_name": "Sam Testcase",
    "signature_method": "ink_scanned",
    "signed_at": AT,
    "copy_given_at": AT,
    "collection_context": "clinic",
}


def recipients(desk: Desk) -> list[Recipient]:
    return [Recipient(["D1", "D2"], agency=desk.police), Recipient(["D1"], agency=desk.clinic)]


def draft(desk: Desk, **changes: Any) -> Consent:
    parties = {
        "by": desk.kim,
        "person": desk.sam,
        "disclosing_agencies": [desk.county],
        "recipients": recipients(desk),
    }
    return services.draft_consent(**parties | {"at": AT} | CONTENT | changes)


def proposed(desk: Desk, **changes: Any) -> Consent:
    return services.propose_consent(by=desk.kim, consent_id=draft(desk, **changes).pk, at=AT)


def attach(
    by: Membership, consent: Consent, kind: str = "signed_form", content: bytes = b.SCAN, at: Any = AT
) -> Any:
    return attach_document(by=by, consent_id=consent.pk, kind=kind, content=content, at=at)


def sign(by: Membership, consent: Consent, **changes: Any) -> Consent:
    return services.record_signature(
        by=by, consent_id=consent.pk, attests_capacity=True, **SIGNATURE | changes
    )


@again
def signed(desk: Desk, **changes: Any) -> Consent:
    consent = proposed(desk, **changes)
    attach(desk.kim, consent)
    return sign(desk.kim, consent)


@again
def active(desk: Desk, **changes: Any) -> Consent:
    return services.activate_consent(by=desk.verifier, consent_id=signed(desk, **changes).pk, at=AT)


@again
def by_event(desk: Desk) -> Consent:
    return active(desk, expiry_event="discharge")


@again
def suspended(desk: Desk) -> Consent:
    return endings.suspend_consent(by=desk.kim, consent_id=active(desk).pk, note="Sam rang.", at=AT)


@again
def ended(desk: Desk) -> Consent:
    return endings.revoke_consent(by=desk.kim, consent_id=active(desk).pk, note="Sam wrote.", at=AT)


@again
def rejected(desk: Desk) -> Consent:
    return services.reject_consent(by=desk.kim, consent_id=proposed(desk).pk)


STATES: dict[str, Callable[[Desk], Consent]] = {
    "draft": again(draft),
    "proposed": again(proposed),
    "signed": signed,
    "active": active,
    "by event": by_event,
    "suspended": suspended,
    "ended": ended,
    "rejected": rejected,
}


@dataclass(frozen=True)
class Verb:
    """A verb, the state it is called in here, all states it may be called in, and who may call it."""

    call: Callable[..., Any]
    state: str
    states: frozenset[str]
    roles: frozenset[str]
    takes: tuple[str, ...] = ()

    def __call__(self, by: Membership, desk: Desk, consent: Consent, version: int | None = None) -> Any:
        named = {name: GIVEN[name](desk, consent) for name in self.takes}
        return self.call(by=by, consent_id=consent.pk, version=version, **named)


GIVEN: dict[str, Callable[[Desk, Consent], Any]] = {
    "at": lambda desk, consent: b.NOW,
    "note": lambda desk, consent: "Sam Testcase said so.",
    "disclosing_agencies": lambda desk, consent: [desk.county],
    "recipients": lambda desk, consent: recipients(desk)[:1],
    "attests_capacity": lambda desk, consent: True,
    "signer_name": lambda desk, consent: "Samuel Testcase",
    "purpose_text": lambda desk, consent: "So that Sam need not tell it again.",
    "recipient_id": lambda desk, consent: consent.recipients.get(agency=desk.police).pk,
    "happened": lambda desk, consent: True,
}
CLINICIANS = frozenset({"embedded_clinician", "mobile_clinician", "treatment_clinician"})
MANAGERS = frozenset({"consent_manager", "privacy_officer"})
COLLECTORS = CLINICIANS | MANAGERS
EVERY = frozenset(STATES)
IN_ACTIVE = frozenset({"active", "by event", "suspended"})
OPEN = frozenset({"proposed", "signed"})
VERBS = {
    "redraft": Verb(services.redraft_consent, "draft", frozenset({"draft"}), COLLECTORS, ("disclosing_agencies", "recipients", "purpose_text")),
    "propose": Verb(services.propose_consent, "draft", frozenset({"draft"}), COLLECTORS, ("at",)),
    "return": Verb(services.return_to_draft, "signed", OPEN, COLLECTORS),
    "sign": Verb(services.record_signature, "proposed", OPEN, COLLECTORS, ("attests_capacity", "signer_name")),
    "approve": Verb(services.approve_as_clinician, "signed", OPEN, CLINICIANS, ("at",)),
    "activate": Verb(services.activate_consent, "signed", frozenset({"signed"}), MANAGERS, ("at",)),
    "reject": Verb(services.reject_consent, "proposed", OPEN, COLLECTORS),
    "suspend": Verb(endings.suspend_consent, "active", frozenset({"active", "by event"}), COLLECTORS, ("note", "at")),
    "lift": Verb(endings.lift_suspension, "suspended", frozenset({"suspended"}), MANAGERS, ("note", "at")),
    "revoke": Verb(endings.revoke_consent, "active", IN_ACTIVE, MANAGERS, ("note", "at")),
    "revoke a recipient": Verb(endings.revoke_recipient, "active", IN_ACTIVE, MANAGERS, ("recipient_id", "note", "at")),
    "answer about the event": Verb(endings.answer_about_event, "by event", frozenset({"by event"}), MANAGERS, ("happened", "at")),
    "invalidate": Verb(endings.invalidate_consent, "active", IN_ACTIVE, MANAGERS, ("note", "at")),
    "mark as an error": Verb(endings.mark_entered_in_error, "active", EVERY, frozenset({"privacy_officer"}), ("note", "at")),
}  # fmt: skip
