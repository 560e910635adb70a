"""Small building blocks of a test's world, through the services wherever there is one."""

import itertools
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import transaction

from continuity.agencies.models import Agency, Agreement, Member, Membership
from continuity.agencies.services import create_team
from continuity.consents.models import Consent
from continuity.consents.services import Recipient, record_signed_consent
from continuity.crisis import services as crisis
from continuity.crisis.models import CrisisContact
from continuity.people.models import Person
from continuity.people.services import Name, register_person
from tests.replay import again, stands_again_afterwards

NOW = datetime(2026, 11, 20, 20, 0, tzinfo=UTC)
SCAN = b"%PDF-1.7 a signed form"
_numbers = itertools.count(1)

REGIMES = {
    "police": ["cja"],
    "sheriff": ["cja"],
    "psap": [],
    "county_behavioral_health": ["hipaa_covered", "ca_lps"],
    "clinic_treatment": ["hipaa_covered", "ca_cmia"],
    "crisis_provider": ["hipaa_covered", "ca_cmia"],
    "sud_program": ["hipaa_covered", "part2_program"],
}


@contextmanager
def undone() -> Iterator[None]:
    """What is written inside is gone afterwards: a table of cases shares one world, which is dear to build.

    A plain savepoint, because a durable block refuses to stand inside another transaction block.
    """
    with stands_again_afterwards():
        before = transaction.savepoint()
        try:
            yield
        finally:
            transaction.savepoint_rollback(before)


def agency(code: str, kind: str, **fields: Any) -> Agency:
    return Agency.objects.create(
        **{
            "code": code,
            "name": code.replace("-", " ").title(),
            "kind": kind,
            "state": "CA",
            "timezone": "America/Los_Angeles",
            "legal_regimes": REGIMES[kind],
            "is_part2_program": kind == "sud_program",
            "status": Agency.Status.ACTIVE,
            "duty_line": "661-555-0100",
        }
        | fields
    )


@again
def agreement(
    *parties: Agency, categories: Iterable[str] = ("D0", "D1", "D2", "D5", "D6"), **fields: Any
) -> Agreement:
    made = Agreement.objects.create(
        **{
            "code": f"agr-{next(_numbers)}",
            "kind": Agreement.Kind.INFORMATION_EXCHANGE,
            "categories": list(categories),
            "effective_at": NOW - timedelta(days=365),
            "expires_at": NOW + timedelta(days=365),
        }
        | fields
    )
    made.parties.set(parties)
    return made


@again
def member(username: str, works_for: Agency, *roles: str, **fields: Any) -> Membership:
    person = Member.objects.create_user(
        username,
        "correct horse",
        display_name=username.title(),
        trained_until=date(2099, 12, 31),
        banner_version=settings.BANNER_VERSION,
        password_changed_at=NOW,
    )
    return Membership.objects.create(member=person, agency=works_for, roles=list(roles), **fields)


@again
def person(
    source: Agency,
    first: str = "Sam",
    last: str = "Testcase",
    born: date | None = date(1988, 4, 3),
    **fields: Any,
) -> Person:
    return register_person(source=source, names=[Name(first=first, last=last)], birth_date=born, **fields)


@again
def contact(
    by: Membership, who: Person | None, at: datetime = NOW - timedelta(days=20), **fields: Any
) -> CrisisContact:
    """A final contact."""
    draft = crisis.record_contact(
        by=by,
        person=who,
        contact_number=f"C-{next(_numbers)}",
        occurred_at=at,
        at=at,
        **(
            {
                "origin": "call_911",
                "modality": "in_person_field",
                "response_type": ["co_response"],
                "presenting_issues": ["suicidal_ideation"],
                "disposition_primary": "safety_plan_completed",
                "operational_summary": "Spoke quietly; agreed to be called tomorrow.",
            }
            | fields
        ),
    )
    return crisis.finalise_contact(by=by, contact_id=draft.pk, at=at)


@again
def consent(
    *,
    by: Membership,
    verified_by: Membership,
    who: Person,
    to: Sequence[Agency],
    categories: Sequence[str] = ("D1", "D2", "D5", "D6"),
    at: datetime = NOW - timedelta(days=10),
    **elements: Any,
) -> Consent:
    return record_signed_consent(
        by=by,
        verified_by=verified_by,
        person=who,
        disclosing_agencies=elements.pop("disclosing_agencies", [by.agency]),
        recipients=elements.pop("recipients", [Recipient(categories=categories, agency=one) for one in to]),
        at=at,
        **(
            {
                "instrument": Consent.Instrument.HIPAA_AUTHORIZATION,
                "categories": list(categories),
                "purposes": ["le_crisis_response", "care_coordination"],
                "expires_at": NOW + timedelta(days=300),
                "information_description": "What helps, what to be careful of, earlier contacts, and who treats me.",
                "revocation_method": "In writing, or by word to any member of staff.",
                "states_right_to_revoke": True,
                "states_reliance_exception": True,
                "states_no_conditioning": True,
                "states_redisclosure_risk": True,
                "states_tpo_redisclosure": True,
                "states_refusal_consequence": True,
                "signer_name": "Sam Testcase",
                "signer_capacity": "self",
                "signature_method": Consent.SignatureMethod.INK_SCANNED,
                "copy_given_at": elements.get("signed_at", at),
                "collection_context": Consent.Context.CLINIC,
                "signed_form": SCAN,
            }
            | elements
        ),
    )


def beyond_the_law(consent: Consent, categories: Sequence[str]) -> Consent:
    """A row that no verb would write: police named for whatever is given. What reads it must not rely on the verbs."""
    Consent.objects.filter(pk=consent.pk).update(categories=list(categories), part2_included=False)
    consent.recipients.update(categories=list(categories))
    return consent


def referral_team(works_for: Agency, *members: Membership) -> Any:
    team = create_team(agency=works_for, name="Referrals", takes_referrals=True)
    for one in members:
        one.member.groups.add(team.group)
    return team
