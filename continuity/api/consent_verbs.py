"""The verbs of a consent as one table (domain 5.7)."""

from continuity.api.bodies import Nothing
from continuity.api.consent_shapes import (
    Activation,
    ConsentContent,
    EventAnswer,
    Reason,
    RecipientRevocation,
    Signature,
)
from continuity.api.verbs import Verb
from continuity.consents import endings, services

VERBS = (
    Verb("redraft", ConsentContent, services.redraft_consent),
    Verb("propose", Nothing, services.propose_consent),
    Verb("return", Nothing, services.return_to_draft),
    Verb("sign", Signature, services.record_signature),
    Verb("approve", Nothing, services.approve_as_clinician),
    Verb("activate", Activation, services.activate_consent, is_grave=True),
    Verb("reject", Nothing, services.reject_consent),
    Verb("suspend", Reason, endings.suspend_consent),
    Verb("lift", Reason, endings.lift_suspension),
    Verb("revoke", Reason, endings.revoke_consent),
    Verb("revoke-recipient", RecipientRevocation, endings.revoke_recipient),
    Verb("event", EventAnswer, endings.answer_about_event),
    Verb("invalidate", Reason, endings.invalidate_consent),
    Verb("mark-error", Reason, endings.mark_entered_in_error),
)
