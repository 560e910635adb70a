"""One value, in known words, in every column that is sealed."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from types import SimpleNamespace
from typing import Any
from uuid import UUID

from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import TOTP
from allauth.mfa.utils import decrypt
from django.apps import apps
from django.db import connections

from continuity.access.models import EmergencyAccess
from continuity.agencies.models import IdentityProvider
from continuity.crisis.models import ClinicalNarrative, ContactAmendment, Episode, Transfer
from continuity.disclosures.models import AccountingRequest
from continuity.ids import uuid7
from continuity.notices.models import WebhookEndpoint
from continuity.people.services import Identifier, Name, register_person
from continuity.sealing import SealedBinaryField, SealedTextField
from continuity.trail.models import AnsweredRequest
from continuity.treatment.models import FollowUp, FollowUpAttempt, Linkage
from tests import builders as b
from tests.cast import Cast

# Words that stand nowhere else: by table and column.
WORDS = {
    "crisis_clinicalnarrative.text": "quincewood",
    "crisis_sudsegment.text": "larkspurine",
    "crisis_sudsegment.part2_source": "hollowmere",
    "crisis_contactamendment.old_value": "marlowfen",
    "crisis_contactamendment.new_value": "tarnbeck",
    "crisis_contactamendment.accepted_value": "ossingholt",
    "crisis_contactamendment.disagreement": "wrenthorpe",
    "crisis_contactamendment.rebuttal": "colderidge",
    "crisis_transfer.said": "fennimoor",
    "treatment_linkage.notes": "brackenhythe",
    "treatment_followupattempt.note": "sallowmarsh",
    "people_personidentifier.value": "zq7714418",
    "people_matchprofile.identifiers": "zq7714418",
    "consents_signeddocument.content": "PDF-1",
    "access_emergencyaccess.described": "umberleigh",
    "disclosures_accountingrequest.content": "pellowdene",
    "notices_webhookendpoint.secret": "whistledown-whistledown",
    "trail_answeredrequest.body": "thistleford",
    "agencies_identityprovider.client_secret": "ravenglass",
    "mfa_authenticator.data": "JBSWY3DPEHPK3PXP",
}
# What stands in clear on purpose: that the search finds what is there.
IN_CLEAR = ("Testcase", "He spoke softly at the gate.")


def write(cast: Cast) -> SimpleNamespace:
    """Write each of the words where it belongs."""
    said = {place.partition(".")[2]: word for place, word in WORDS.items()}
    contact = b.contact(
        cast.embedded,
        cast.sam,
        narrative=f"Spoke of {WORDS['crisis_clinicalnarrative.text']}.",
        sud_text=f"Drank {WORDS['crisis_sudsegment.text']}.",
        operational_summary=IN_CLEAR[1],
    )
    contact.sud_segment.part2_source = said["part2_source"]
    contact.sud_segment.save()
    ContactAmendment.objects.create(
        contact=contact, custodian=cast.county, kind="patient_requested", field="narrative", reason="Wrong.",
        requested_by="patient", requested_at=b.NOW, recorded_by=cast.embedded, due_at=b.NOW + timedelta(days=60),
        decision="denied", denial_ground="accurate_and_complete", decided_at=b.NOW, decided_by=cast.kim,
        status="disagreement_filed", disagreed_at=b.NOW, disagreement=said["disagreement"],
        rebuttal=said["rebuttal"],
        **{name: f'"{said[name]}"' for name in ("old_value", "new_value", "accepted_value")},
    )  # fmt: skip
    numbered = register_person(
        source=cast.county,
        names=[Name(first="Nora", last="Testcase")],
        identifiers=[Identifier(said["value"], verified_at=b.NOW)],
    )
    _write_care(cast, contact, said)
    _write_desk(cast, said)
    return SimpleNamespace(contact=contact, numbered=numbered)


def _write_care(cast: Cast, contact: Any, said: dict[str, str]) -> None:
    Linkage.objects.create(
        contact=contact, person=cast.sam, custodian=cast.county, external_provider="A shelter",
        kind="housing_shelter", requested_at=b.NOW, notes=said["notes"],
    )  # fmt: skip
    follow_up = FollowUp.objects.filter(custodian=cast.county).first()
    FollowUpAttempt.objects.create(
        follow_up=follow_up, at=b.NOW, by=cast.embedded, mode="call", outcome="no_answer", note=said["note"]
    )
    Transfer.objects.create(
        episode=Episode.objects.create(opened_at=b.NOW), custodian=cast.county, to_kind="mobile_crisis_team",
        to_agency=cast.clinic, occurred_at=b.NOW, offered_at=b.NOW, offered_by=cast.embedded,
        said=said["said"].encode(),
    )  # fmt: skip


def _write_desk(cast: Cast, said: dict[str, str]) -> None:
    cast.consent()  # with its signed form
    EmergencyAccess.objects.create(
        kind="clinician_override", requester=cast.adeyemi, agency=cast.clinic, person=cast.sam,
        reason_code="imminent_self_harm", reason="Words of a reason long enough.", nature="Danger to himself.",
        described=said["described"].encode(), requested_at=b.NOW,
    )  # fmt: skip
    AccountingRequest.objects.create(
        person=cast.sam, agency=cast.county, kind="record", requested_at=b.NOW, received_by=cast.kim,
        due_at=b.NOW + timedelta(days=30), period_from=b.NOW - timedelta(days=9), period_until=b.NOW, content=said["content"].encode(),
    )  # fmt: skip
    WebhookEndpoint.objects.create(
        agency=cast.county, url="https://cad.example.org/", secret=said["secret"].encode(), acts_as=cast.kim
    )
    AnsweredRequest.objects.create(
        at=b.NOW, membership_id=uuid7(), key_hmac="1", request_hmac="2", body=said["body"].encode()
    )
    IdentityProvider.objects.create(
        agency=cast.county, name="County", issuer="https://login.example.org", client_id="continuity",
        client_secret=said["client_secret"].encode(), slug="county", domains=["county.example.org"],
    )  # fmt: skip
    TOTP.activate(cast.kim.member, said["data"])


def read_everything() -> int:
    """Read every sealed value as the site does, and say how many. Raises UnsealError where one cannot be opened."""
    values = 0
    for model in apps.get_models():
        for field in model._meta.local_concrete_fields:
            if isinstance(field, SealedBinaryField | SealedTextField):
                values += sum(map(bool, model._default_manager.values_list(field.name, flat=True)))
    for kept in Authenticator.objects.filter(type="totp"):
        values += bool(decrypt(kept.data["secret"]))
    return values


@contextmanager
def traffic(failed: list[BaseException], *, of: UUID | None = None) -> Iterator[list[int]]:
    """Two threads that read and write narratives until the block ends; what they say is theirs and must stay so."""
    done, rounds = threading.Event(), [0, 0]

    def run(number: int) -> None:
        try:
            while not done.is_set():
                narratives = ClinicalNarrative.objects.all()
                for one in narratives.filter(contact=of) if of else narratives:
                    if one.text.startswith("mine"):
                        one.text = f"mine {number} {rounds[number]}"
                        one.save()
                rounds[number] += 1
        except BaseException as error:
            failed.append(error)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=(number,)) for number in range(2)]
    for thread in threads:
        thread.start()
    try:
        yield rounds
    finally:
        done.set()
        for thread in threads:
            thread.join()
