"""What is written down before an emergency access opens anything: 42 CFR 2.51(c) and domain 5.11 (L-13)."""

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from continuity.access.models import EmergencyAccess
from continuity.agencies.models import Membership
from continuity.errors import Incomplete, Invalid

LEAST_REASON = 20  # characters (5.11)
_Reason = EmergencyAccess.Reason
_LONGEST = {
    field.name: field.max_length or 0
    for field in EmergencyAccess._meta.concrete_fields
    if field.name in ("incident_ref", "reason", "nature", "recipient_name", "recipient_facility")
}


def documented(
    incident_ref: str,
    reason_code: str,
    reason: str,
    nature: str,
    recipient_name: str,
    recipient_facility: str,
) -> dict[str, str]:
    """What 2.51(c) and 5.11 want written down. Raises Incomplete naming every field at fault."""
    told = {
        "incident_ref": incident_ref.strip(),
        "reason_code": reason_code,
        "reason": reason.strip(),
        "nature": nature.strip(),
        "recipient_name": recipient_name.strip(),
        "recipient_facility": recipient_facility.strip(),
    }
    missing = {
        "incident_ref": "Type the incident number of this call.",
        "nature": "Say what the emergency is (42 CFR 2.51(c)).",
    }
    errors = [
        Invalid(f"no_{name}", sentence, field=name) for name, sentence in missing.items() if not told[name]
    ]
    if reason_code not in _Reason.values:
        errors.append(Invalid("unknown_value", "Choose one of the listed reasons.", field="reason_code"))
    if len(told["reason"]) < LEAST_REASON:
        sentence = f"Say in your own words why, in {LEAST_REASON} characters at least."
        errors.append(Invalid("reason_too_short", sentence, field="reason"))
    for name, value in told.items():
        longest = _LONGEST.get(name, len(value))
        if len(value) > longest:
            errors.append(Invalid("too_long", f"At most {longest} characters.", field=name))
    if errors:
        raise Incomplete(errors)
    return told


def drafted(
    by: Membership,
    kind: EmergencyAccess.Kind,
    person_id: UUID | None,
    described: Mapping[str, Any],
    told: dict[str, str],
    at: datetime,
) -> EmergencyAccess:
    whole = told | {
        "recipient_name": told["recipient_name"] or by.member.display_name,
        "recipient_facility": told["recipient_facility"] or by.agency.name,
    }
    typed = json.dumps({name: str(value or "") for name, value in described.items()}, sort_keys=True)
    return EmergencyAccess(
        kind=kind,
        person_id=person_id,
        described=typed.encode(),
        requester=by,
        agency=by.agency,
        requested_at=at,
        **whole,
    )


def described_of(emergency: EmergencyAccess) -> dict[str, str]:
    """What was typed to mean the person; only for whoever typed it, answers it, or reviews it."""
    found: dict[str, str] = json.loads(bytes(emergency.described))
    return found
