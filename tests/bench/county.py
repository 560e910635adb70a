"""The agencies of a county of any size: with agreements and staff, made through the ORM."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib.auth.hashers import make_password

from continuity.agencies.models import Agency, Member, Membership
from tests import builders

KINDS = {
    "psap": ("psap", "dispatcher"),
    "police": ("police", "officer"),
    "sheriff": ("sheriff", "officer"),
    "county": ("county_behavioral_health", "embedded_clinician"),
    "mobile": ("crisis_provider", "mobile_clinician"),
    "clinic": ("clinic_treatment", "treatment_clinician"),
    "sud": ("sud_program", "treatment_clinician"),
}


@dataclass(frozen=True)
class County:
    """Ids that the facts refer to: agencies by their part, and of each agency an author and who approves."""

    agencies: dict[str, UUID]
    authors: dict[str, UUID]
    approvers: dict[str, UUID]


def make_county(now: datetime, officers: int) -> County:
    """Agencies with agreements, two of staff in each, and `officers` police officers."""
    agencies = {part: builders.agency(part, kind) for part, (kind, _) in KINDS.items()}
    term: dict[str, Any] = {
        "effective_at": now - timedelta(days=400),
        "expires_at": now + timedelta(days=400),
    }
    for responder in ("psap", "police", "sheriff"):
        for provider in ("county", "mobile", "clinic", "sud"):
            builders.agreement(agencies[responder], agencies[provider], **term)
    staff = {
        name: {
            part: builders.member(f"{part}-{name}", agencies[part], role).pk
            for part, (_, role) in KINDS.items()
        }
        for name in ("author", "approver")
    }
    _hire(agencies["police"], officers)
    return County({part: agency.pk for part, agency in agencies.items()}, staff["author"], staff["approver"])


def _hire(agency: Agency, officers: int) -> None:
    """Officers for whom sessions are made; nobody knows a password of theirs."""
    unusable = make_password(None)
    staff = [
        Member(
            username=f"officer-{number}",
            display_name=f"Officer {number}",
            password=unusable,
            trained_until=date(2099, 12, 31),
            banner_version=settings.BANNER_VERSION,
        )
        for number in range(officers)
    ]
    Member.objects.bulk_create(staff, batch_size=1000)
    Membership.objects.bulk_create(
        [Membership(member=one, agency=agency, roles=["officer"]) for one in staff], batch_size=1000
    )
