"""Authorise: facts in one statement, then the pure policy. Called by `disclosures.release` alone."""

from datetime import date, datetime
from uuid import UUID

from django.conf import settings

from continuity.access.case import Asker, Decision
from continuity.access.facts import gather
from continuity.access.policy import decide
from continuity.agencies.models import Agency, Membership

_NO_PROVIDERS = frozenset({Agency.Kind.PSAP, Agency.Kind.OVERSIGHT, *Agency.LAW_ENFORCEMENT})


def asker_of(
    by: Membership,
    *,
    purpose: str,
    incident_ref: str = "",
    reason: str = "",
    is_imagined: bool = False,
    has_described: bool = False,
) -> Asker:
    """Who asks, as the policy sees them; an imagined asker has no member and fails no gate about one.

    A program is trained in nothing and reads no banner: who registered it answers for that.
    """
    agency = by.agency
    is_exempt = is_imagined or by.member.is_service
    return Asker(
        member_id=by.member_id,
        membership_id=by.pk,
        agency_id=agency.pk,
        roles=tuple(by.roles),
        purpose=purpose,
        is_current=is_imagined or by.is_current,
        is_law_enforcement=agency.is_law_enforcement,
        is_provider=agency.kind not in _NO_PROVIDERS
        and bool({Agency.Regime.HIPAA_COVERED, Agency.Regime.PART2_PROGRAM} & set(agency.legal_regimes)),
        is_part2_program=agency.is_part2_program,
        is_clinical_supervisor=by.is_clinical_supervisor,
        is_medical=by.is_medical_personnel,
        trained_until=date.max if is_exempt else by.member.trained_until,
        has_read_banner=is_exempt or by.member.banner_version >= settings.BANNER_VERSION,
        incident_ref=incident_ref,
        reason=reason,
        has_described=has_described,
    )


def authorise(asker: Asker, person_id: UUID | None, at: datetime) -> Decision:
    """What of this person's records may leave to this asker at `at`."""
    return decide(asker, gather(asker, person_id, at), at)
