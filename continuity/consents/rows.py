"""How the verbs of this floor take hold of a consent: locked, of the own agency, as the caller last saw it."""

from uuid import UUID

from continuity.agencies.models import Membership
from continuity.consents.models import Consent
from continuity.errors import Conflict, NotFound, Stale


def locked(by: Membership, consent_id: UUID, version: int | None = None) -> Consent:
    """The consent, locked until the end of the transaction.

    Raises NotFound outside the own agency (P-3), Stale when it is no longer at `version`.
    """
    own = Consent.objects.select_for_update(of=("self",)).select_related(
        "custodian", "person", "collected_by"
    )
    consent = own.filter(pk=consent_id, custodian=by.agency).first()
    if consent is None:
        raise NotFound("not_found", "There is no such record.")
    if version is not None and version != consent.version:
        raise Stale()
    return consent


def refuse_unless(consent: Consent, status: Consent.Status) -> None:
    """Raise Conflict `not_<status>` unless the consent has this status."""
    if consent.status != status:
        raise Conflict(
            f"not_{status.value}", f"This consent is not {status.label}; somebody may have been quicker."
        )
