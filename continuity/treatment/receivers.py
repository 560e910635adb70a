"""When a consent ends, its recipients are told so, without detail."""

from collections.abc import Iterable
from typing import Any

from django.dispatch import receiver

from continuity.consents.models import Consent, ConsentRecipient
from continuity.consents.signals import consent_ended
from continuity.notices.models import Notice
from continuity.notices.services import put


@receiver(consent_ended)
def tell_recipients(consent: Consent, recipients: Iterable[ConsentRecipient], **_: Any) -> None:
    for recipient in recipients:
        if recipient.agency is not None:
            put(Notice.Kind.AUTHORISATION_ENDED, subject_id=consent.pk, agency=recipient.agency)
