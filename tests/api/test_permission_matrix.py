"""The permission matrix of the API, run row by row: allowed roles, all other roles, the stranger, and nobody."""

import json
from datetime import timedelta

import pytest
import time_machine
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from continuity.agencies.models import Member, Membership
from continuity.consents.documents import attach_document
from continuity.consents.endings import suspend_consent
from continuity.consents.models import Consent, ConsentOffer
from continuity.consents.services import Recipient, draft_consent, propose_consent, record_signature
from continuity.disclosures.models import LedgerEntry
from continuity.treatment.models import Linkage
from tests import builders as b
from tests.api.programs import SIGNED, content
from tests.api.routes import MATRIX, ROLES, otherwise
from tests.cast import ABOUT_SAM, Cast, signed_in

pytestmark = pytest.mark.django_db
ids = [f"{row[0]} {row[1]}" for row in MATRIX]
every_route = pytest.mark.parametrize("row", MATRIX, ids=ids)
CONSENT_ROUTES = [row for row in MATRIX if "consent" in row[1]]
every_consent_route = pytest.mark.parametrize("row", CONSENT_ROUTES, ids=lambda row: f"{row[0]} {row[1]}")


def draft(cast: Cast) -> Consent:
    form = {name: value for name, value in content(cast).items() if name not in ("expires_on", "recipients")}
    return draft_consent(
        by=cast.kim,
        person=cast.sam,
        at=b.NOW,
        **form
        | {
            "disclosing_agencies": [cast.county],
            "recipients": [Recipient(["D1", "D2"], agency=cast.police)],
            "expires_at": b.NOW + timedelta(days=100),
        },
    )


def proposed(cast: Cast) -> Consent:
    return propose_consent(by=cast.kim, consent_id=draft(cast).pk, at=b.NOW)


def signed(cast: Cast) -> Consent:
    consent = proposed(cast)
    attach_document(by=cast.kim, consent_id=consent.pk, kind="signed_form", content=b.SCAN, at=b.NOW)
    moments = {"signed_at": b.NOW, "copy_given_at": b.NOW}
    return record_signature(by=cast.kim, consent_id=consent.pk, **SIGNED | moments)


def suspended(cast: Cast) -> Consent:
    return suspend_consent(by=cast.kim, consent_id=cast.consent().pk, note="Sam rang.", at=b.NOW)


STATES = {
    "consent": lambda cast: cast.consent(),
    "draft": draft,
    "proposed": proposed,
    "signed": signed,
    "suspended": suspended,
    "eventful": lambda cast: cast.consent(expiry_event="discharge"),
}


def body_of(path: str, cast: Cast, consent: Consent, membership: Membership | None) -> object:
    """A body that is lawful for whoever may."""
    noted = {verb: {"note": "Said so."} for verb in ("suspend", "lift", "revoke", "invalidate", "mark-error")}
    recipient = consent.recipients.first()
    bodies = noted | {
        "duty": {"membership": str(membership.pk if membership else cast.kim.pk)},
        "lookups": ABOUT_SAM,
        "linkages": {
            "contact": str(cast.sams_contact.pk),
            "kind": "benefits",
            "external_provider": "Food bank",
        },
        "consents": {"person": str(cast.sam.pk)} | content(cast),
        "redraft": content(cast),
        "sign": SIGNED,
        "revoke-recipient": {"recipient": str(recipient.pk), "note": "Said so."},
        "event": {"happened": True},
        "consent-offers": {"person": str(cast.sam.pk), "outcome": "declined", "context": "clinic"},
        "documents": {"kind": "revocation", "file": SimpleUploadedFile("form.pdf", b.SCAN)},
    }
    return bodies.get(path.strip("/").split("/")[-1], {})


def call(client: Client, method: str, path: str, cast: Cast, membership: Membership | None = None) -> int:
    state = next((name for name in STATES if f"{{{name}}}" in path), "consent")
    consent = STATES[state](cast)
    ids = {state: consent.pk, "person": cast.sam.pk, "document": getattr(consent.documents.first(), "pk", "")}
    url = path.format(**ids)
    if method == "get":
        return client.get(url).status_code
    body = body_of(path, cast, consent, membership)
    headers = {"If-Match": f'"{consent.pk}.{Consent.objects.get(pk=consent.pk).version}"'}
    if path.endswith("/documents/"):
        return client.post(url, body, headers=headers).status_code
    return client.post(url, json.dumps(body), content_type="application/json", headers=headers).status_code


@every_route
def test_every_role_gets_the_status_of_the_table(cast: Cast, row):
    method, path, allowed, status, *_ = row
    got, wanted = {}, {}
    for role in ROLES:
        wanted[role] = status if role in allowed else otherwise(row, role)
        with b.undone(), time_machine.travel(b.NOW, tick=False):
            membership = b.member("someone", cast.county, role)
            got[role] = call(signed_in(membership), method, path, cast, membership)
    assert got == wanted


@every_route
def test_the_stranger_gets_nothing_of_others(cast: Cast, row):
    method, path, *_, stranger, _ = row
    assert call(signed_in(cast.novak), method, path, cast) == stranger
    assert not Linkage.objects.exists()


@every_route
def test_a_member_without_a_duty_agency_works_nowhere(cast: Cast, row):
    member = Member.objects.create_user(
        "nowhere", "correct horse", display_name="Nowhere", is_superuser=True, is_staff=True
    )
    client = Client()
    client.force_login(member)
    assert call(client, row[0], row[1], cast) == row[-1]


@every_route
def test_nobody_signed_in_gets_403(cast: Cast, row):
    assert call(Client(), row[0], row[1], cast) == 403


def manager_elsewhere(cast: Cast) -> Client:
    return signed_in(b.member("other-kim", cast.clinic, "consent_manager"))


def administrator(cast: Cast) -> Client:
    membership = b.member("admin", cast.county, "agency_admin")
    membership.member.is_superuser = membership.member.is_staff = True
    membership.member.save()
    return signed_in(membership)


def officer(cast: Cast) -> Client:
    return signed_in(cast.reyes)


def undecided(cast: Cast) -> Client:
    """A consent manager of two agencies who has chosen neither."""
    both = b.member("both", cast.county, "consent_manager")
    Membership.objects.create(member=both.member, agency=cast.clinic, roles=["consent_manager"])
    return signed_in(both)


@every_consent_route
def test_who_has_no_part_in_it_changes_and_learns_nothing(cast: Cast, row):
    for who in (manager_elsewhere, administrator, officer, undecided):
        with b.undone():
            changes_and_learns_nothing(cast, who, row)


def changes_and_learns_nothing(cast: Cast, who, row) -> None:
    client = who(cast)
    status = call(client, row[0], row[1], cast)
    is_list = (row[0], row[1]) == ("get", "/api/v1/consents/")
    assert status == (403 if who is undecided else 200 if is_list else 404)
    if is_list and who is not undecided:
        assert client.get("/api/v1/consents/").json() == {"results": [], "next": None}
    assert not ConsentOffer.objects.exists()
    assert not LedgerEntry.objects.filter(outcome__in=["read", "released"]).exists()
    assert Consent.objects.count() == 1


def test_every_route_of_the_schema_stands_in_the_table(cast: Cast):
    paths = signed_in(cast.kim).get("/api/v1/schema/?format=json").json()["paths"]
    told = {(method, _nameless(path)) for path, methods in paths.items() for method in methods}
    in_the_table = {(method, _nameless(path)) for method, path, *_ in MATRIX}
    untold = {("get", "/api/v1/docs/"), ("get", "/api/v1/schema/")}
    assert told - untold == in_the_table - untold


def _nameless(path: str) -> str:
    """An address with its ids as `{}`."""
    return "/".join("{}" if step.startswith("{") else step for step in path.split("/"))
