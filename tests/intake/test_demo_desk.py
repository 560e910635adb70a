"""The demo's consent desk: one person for each standing, every form lawful under California's pack."""

import re
from datetime import date

from django.utils import timezone

from continuity.agencies.models import PolicyPack
from continuity.consents import tasks
from continuity.consents.models import Consent, ConsentOffer, ConsentRecipient, SignedDocument
from continuity.consents.standing import Standing
from continuity.intake import demo_people as people
from continuity.intake.demo_papers import INFORMATION, LANGUAGES, REVOCATION, signed_paper
from continuity.notices.models import Notice


def of(last):
    return Consent.objects.filter(
        person__personname_set__last=last, person__personname_set__use="official"
    ).order_by("pk")


def test_the_desk_has_a_consent_of_every_standing(seeded):
    now = timezone.now()
    elsewhere = {
        Standing.NOT_YET,
        Standing.EXPIRED,
    }  # the first is rare, the second comes with the made-up stories
    for standing in set(Standing) - elsewhere:
        assert Consent.objects.standing_as(standing, now).exists(), standing
    proposed = Consent.objects.filter(status="proposed")
    assert [consent.signed_at is None for consent in proposed.order_by("signed_at")] == [False, True]


def test_every_form_in_force_is_as_california_wants_it(seeded):
    pack = PolicyPack.objects.get(code="ca")
    signed = Consent.objects.filter(status__in=["active", "inactive"])
    assert signed.count() > 10
    for consent in signed:
        assert len(consent.purposes) == 1
        assert consent.releasing_member_id
        assert consent.clinician_approved_at
        assert consent.copy_given_at == consent.signed_at
        assert consent.verified_by_id != consent.collected_by_id
        assert consent.pack == ("ca-3" if consent.signed_at >= pack.effective_at else "")
        assert "8. CALIFORNIA LAW" in consent.shown_text or "8. LA LEY DE CALIFORNIA" in consent.shown_text
        assert consent.custodian.local(consent.expires_at).strftime("%H:%M") == "00:00"
        assert consent.documents.get().kind == "signed_form"


def test_only_californias_pack_is_signed_off_and_by_a_counsel_who_does_not_exist(seeded):
    signed_off = PolicyPack.objects.exclude(signed_off_at=None).get()
    assert (signed_off.code, signed_off.signed_off_by.username) == ("ca", "ashworth")
    assert "does not exist" in signed_off.counsel
    assert PolicyPack.objects.count() == 3


def test_consuelo_signed_the_spanish_form_with_an_interpreter(seeded):
    consent = of("Ibarra-Example").get()
    assert (consent.form_template, consent.form_language) == ("ca.es", "es")
    assert consent.interpreter in consent.shown_text
    assert INFORMATION["es"]["police"] in consent.shown_text
    assert "FIRME AQUÍ" in consent.shown_text


def test_a_superseded_form_names_the_one_that_took_its_place(seeded):
    old, new = of("Voss-Example")
    assert (old.inactive_reason, old.superseded_by) == ("superseded", new)
    assert new.recipients.count() == 2


def test_one_recipient_was_revoked_and_the_other_stands(seeded):
    recipients = ConsentRecipient.objects.filter(consent=of("Ramanathan-Example").get())
    assert {one.agency.code: bool(one.revoked_at) for one in recipients} == {
        "kestrel-police": False,
        "kestrel-sheriff": True,
    }


def test_offers_wait_and_one_is_due(seeded):
    waiting = ConsentOffer.objects.filter(offer_again_at__isnull=False)
    assert {offer.outcome for offer in waiting} == {"offered", "declined", "unable_now"}
    assert waiting.filter(offer_again_at__lte=timezone.now()).count() == 1


def test_each_task_finds_work_in_the_demo(seeded):
    work = (
        tasks.tell_of_expiring,
        tasks.tell_of_unpapered_suspensions,
        tasks.tell_of_offers_due,
        tasks.ask_about_events,
    )
    assert all(task() > 0 for task in work)
    assert {kind for (kind,) in Notice.objects.filter(since__isnull=False).values_list("kind")} == {
        "consent_expiring",
        "suspension_unpapered",
        "offer_due",
        "event_to_ask",
    }


def test_rosalind_signed_one_form_for_each_use(seeded):
    forms = of(people.ROSALIND.last)
    assert [consent.purposes for consent in forms] == [["le_crisis_response"], ["care_coordination"]]


def test_the_paper_of_the_demo_is_a_pdf_that_names_nobody(seeded):
    paper = signed_paper("1 of the day", date(2026, 11, 20))
    start = int(re.search(rb"startxref\n(\d+)\n%%EOF\n\Z", paper)[1])
    assert paper[start:].startswith(b"xref\n0 6\n")
    places = [int(place) for place in re.findall(rb"(\d{10}) 00000 n", paper)]
    assert [paper[place:].split(b" ", 1)[0] for place in places] == [b"1", b"2", b"3", b"4", b"5"]
    assert b"made up for the demo" in paper
    kept = [bytes(document.content) for document in SignedDocument.objects.all()]
    assert all(b"Example" not in content for content in kept)


def test_what_the_demo_says_is_there_in_every_language_of_its_forms():
    assert set(INFORMATION) == set(REVOCATION) == set(LANGUAGES)
    assert len({frozenset(texts) for texts in INFORMATION.values()}) == 1
    assert all(len(text) <= 200 for text in REVOCATION.values())
