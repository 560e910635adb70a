"""A body for every address that takes one: lawful for whoever may."""

from typing import Any
from uuid import uuid4

from django.core.files.uploadedfile import SimpleUploadedFile

from tests import builders as b
from tests.api.programs import SIGNED, content
from tests.api.states import EARLIER, PLAN, WHOLE, WHY
from tests.cast import ABOUT_SAM, Cast

SAM = {"last": "Testcase", "first": "Sam", "birth_date": "1988-04-03"}
BECAUSE = {"reason": "Said so."}
NOTED = {"note": "Said so."}
OBSERVED = {"basis": "observed", "observed_at": EARLIER.isoformat()}
REQUEST = {
    "kind": "correction",
    "field": "operational_summary",
    "new_value": "Other words.",
    "reason": "Misheard.",
    "requested_by": "author",
    "requested_at": EARLIER.isoformat(),
}


def _made(cast: Cast) -> dict[str, Any]:
    """Of addresses that make a record."""
    sam, contact = str(cast.sam.pk), str(cast.sams_contact.pk)
    return {
        "lookups": ABOUT_SAM,
        "consents": {"person": sam} | content(cast),
        "consent-offers": {"person": sam, "outcome": "declined", "context": "clinic"},
        "contacts": {"person": SAM} | WHOLE | {"occurred_at": EARLIER.isoformat()},
        "flags": {"person": sam, "kind": "animals"} | OBSERVED,
        "tips": {"person": sam, "kind": "calm_voice", "text": "Speak softly."} | OBSERVED,
        "plans": {"person": sam} | PLAN,
        "team-links": {"person": sam, "provider": cast.clinic.code, "program_kind": "psychiatry"},
        "linkages": {"contact": contact, "kind": "benefits", "external_provider": "Food bank"},
        "follow-ups": {"contact": contact, "kind": "care_navigation", "due_window": "h24"},
        "hand-offs": {"to_kind": "clinician", "to_agency": cast.clinic.code, "sender_ref": str(uuid4())},
    }


_OF_VERBS: dict[str, dict[str, dict[str, Any]]] = {
    "consents": {
        **dict.fromkeys(("suspend", "lift", "revoke", "invalidate", "mark-error"), NOTED),
        "sign": SIGNED,
        "event": {"happened": True},
    },
    "contacts": {
        "claim": {"person": SAM},
        "correct": {"kind": "correction", "field": "operational_summary", "new_value": "Other words."} | BECAUSE,
        "amendments": REQUEST,
        "triages": {"call_type": "suicide_threat", "weapon_in_hand": "no", "decision": "both"} | BECAUSE,
        "cancel": BECAUSE,
        "mark-error": BECAUSE,
    },
    "amendments": {
        "extend": BECAUSE,
        "deny": {"ground": "accurate_and_complete", "basis": "As seen."},
        "file-disagreement": {"statement": "It was not so."},
        "rebut": {"text": "It was."},
    },
    "flags": {"renew": OBSERVED, "remove": BECAUSE, "refute": BECAUSE, "mark-error": BECAUSE},
    "tips": {"renew": OBSERVED, "remove": BECAUSE, "mark-error": BECAUSE},
    "plans": {"redraft": PLAN, "return": BECAUSE, "withdraw": BECAUSE},
    "team-links": {
        **dict.fromkeys(("decline", "suspend", "end", "mark-error"), BECAUSE),
        "set-crisis-notice": {"notify": True},
    },
    "linkages": {
        "answer": {"status": "received"},
        "answer-outside": {"status": "received"},
        "reschedule": {"appointment_at": b.NOW.isoformat()},
        "cancel": {"status": "cancelled_by_person"} | BECAUSE,
        "mark-error": BECAUSE,
    },
    "follow-ups": {
        "attempts": {"mode": "visit", "outcome": "no_answer"},
        "close": {"result": "lost_to_follow_up"} | BECAUSE,
        "cancel": {"status": "unable"} | BECAUSE,
        "discharge": {"discharged_at": b.NOW.isoformat()},
        "mark-error": BECAUSE,
    },
    "emergencies": {
        "deny": NOTED,
        "review": {"outcome": "justified"} | NOTED,
        "clear": NOTED,
        "person-told": {"how": "At the next visit."},
    },
    "people": {"match": SAM | {"incident_ref": "2026-0001"}},
    "answers": {"not-this-person": {"said": "Much too young."}},
    "hand-offs": {
        "answer": {"outcome": "refused"} | BECAUSE,
        "note-outcome": {"outcome": "accepted"},
    },
}  # fmt: skip


def body_of(path: str, cast: Cast, row: Any, membership: Any) -> dict[str, Any]:
    """The body for this address; `row` is the record it names."""
    steps = path.removeprefix("/api/v1/").strip("/").split("/")
    resource, verb = steps[0], steps[-1]
    if verb == "duty":
        return {"membership": str(membership.pk if membership else cast.kim.pk)}
    if verb == "token":
        return {"grant_type": "client_credentials"}  # refused: the assertion is missing
    if verb == "assign" and membership and "peer_navigator" in membership.roles:
        return {"assigned_to": str(membership.pk)}  # a peer takes what is their team's
    if verb == "redraft" and resource == "consents":
        return content(cast)
    if verb == "revoke-recipient":
        return {"recipient": str(row.recipients.first().pk)} | NOTED
    if verb == "documents":
        return {"kind": "revocation", "file": SimpleUploadedFile("form.pdf", b.SCAN)}
    if verb == resource == "emergencies":
        asks = membership and {"officer", "dispatcher"} & set(membership.roles)
        return {"kind": "le_emergency_request" if asks else "clinician_override"} | SAM | WHY
    if verb == resource:
        return _made(cast).get(resource, {})
    return _OF_VERBS.get(resource, {}).get(verb, {})
