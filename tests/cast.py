"""The cast of every story: Officer Reyes, Dr Adeyemi, Dr Novak the stranger, Kim, and Sam."""

import time
from dataclasses import dataclass
from datetime import timedelta

import pytest
from allauth.usersessions.models import UserSession
from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.models import Session
from django.test import Client
from django.utils.crypto import get_random_string

from continuity.agencies.models import Agency, Member, Membership
from continuity.consents.models import Consent
from continuity.crisis import flags
from continuity.crisis.models import CrisisContact
from continuity.entry.sessions import SessionStore
from continuity.people.models import Person
from continuity.treatment.follow_ups import promise_follow_up
from continuity.treatment.links import confirm_team_link
from tests import builders as b
from tests.replay import replayed


@dataclass
class Cast:
    """A county of five agencies with agreements; Sam treated by the county clinic, and a near-namesake."""

    police: Agency
    sheriff: Agency
    county: Agency
    clinic: Agency
    elsewhere: Agency
    reyes: Membership
    deputy: Membership
    adeyemi: Membership
    embedded: Membership
    novak: Membership
    kim: Membership
    verifier: Membership
    sam: Person
    namesake: Person
    sams_contact: CrisisContact

    def consent(self, **fields: object) -> Consent:
        """Sam lets the county tell the police."""
        return b.consent(
            **({"by": self.kim, "verified_by": self.verifier, "who": self.sam, "to": [self.police]} | fields)
        )  # type: ignore[arg-type]


@pytest.fixture
def cast(db: None) -> Cast:
    return replayed(build_cast)


def build_cast() -> Cast:
    """Through the services."""
    police, sheriff = b.agency("kestrel-police", "police"), b.agency("kestrel-sheriff", "sheriff")
    county = b.agency("county-health", "county_behavioral_health")
    clinic = b.agency("orchard-clinic", "clinic_treatment")
    elsewhere = b.agency("faraway-clinic", "clinic_treatment")
    for other in (police, sheriff):
        b.agreement(other, county)
    b.agreement(county, clinic, categories=["D0", "D1", "D2", "D3", "D5", "D6"])
    embedded = b.member("embedded", county, "embedded_clinician")
    second = b.member("second", county, "embedded_clinician")
    sam = b.person(county)
    contact = b.contact(embedded, sam, narrative="Clinical words.", sud_text="Substance words.")
    flag = flags.propose_flag(
        by=embedded,
        person=sam,
        kind="fear_of_uniforms",
        basis="observed",
        observed_at=b.NOW - timedelta(days=12),
        at=b.NOW,
        text="Afraid of uniforms.",
    )
    flags.approve_flag(by=second, flag_id=flag.pk, at=b.NOW)
    flags.record_tip(
        by=embedded,
        person=sam,
        kind="calm_voice",
        basis="observed",
        observed_at=b.NOW - timedelta(days=12),
        at=b.NOW,
        text="Speak softly.",
    )
    confirm_team_link(
        by=embedded,
        person=sam,
        program_kind="outpatient_mh",
        duty_line="661-555-0110",
        hours="Mon-Fri 8-17",
        at=b.NOW - timedelta(days=30),
    )
    promise_follow_up(
        by=embedded, contact=contact, kind="safety_check", due_window="h48", at=b.NOW - timedelta(days=1)
    )
    return Cast(
        police=police,
        sheriff=sheriff,
        county=county,
        clinic=clinic,
        elsewhere=elsewhere,
        reyes=b.member("reyes", police, "officer"),
        deputy=b.member("deputy", sheriff, "officer"),
        adeyemi=b.member("adeyemi", clinic, "treatment_clinician"),
        embedded=embedded,
        novak=b.member("novak", elsewhere, "treatment_clinician"),
        kim=b.member("kim", county, "consent_manager"),
        verifier=b.member("verifier", county, "consent_manager"),
        sam=sam,
        namesake=b.person(county, first="Samuel", last="Testcase"),
        sams_contact=contact,
    )


def signed_in(who: Membership | Member, client: Client | None = None, *, factor: str = "totp") -> Client:
    """A browser of this member, in whose session nothing is left to do but to ask; signing in has tests of its own."""
    client, now = client or Client(), int(time.time())
    member = who.member if isinstance(who, Membership) else who
    store, key = SessionStore(), get_random_string(32)
    said = {
        SESSION_KEY: str(member.pk),
        BACKEND_SESSION_KEY: settings.AUTHENTICATION_BACKENDS[-1],
        HASH_SESSION_KEY: member.get_session_auth_hash(),
        "started": now,
        "touched": now,
        "factor": factor,
        "fresh_at": now,
        "idle": settings.SESSION_COOKIE_AGE,
    }
    Session.objects.create(
        session_key=key,
        session_data=store.encode(said),
        expire_date=store.get_expiry_date(expiry=settings.ABSOLUTE_SESSION_AGE),
    )
    UserSession.objects.create(user=member, session_key=key, ip="127.0.0.1", user_agent="Chrome Android")
    client.cookies[settings.SESSION_COOKIE_NAME] = key
    return client


ABOUT_SAM = {
    "incident_ref": "2026-0001",
    "purpose": "le_crisis_response",
    "last": "Testcase",
    "first": "Sam",
    "birth_date": "4/3/1988",
}
