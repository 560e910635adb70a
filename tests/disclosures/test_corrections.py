"""Whoever was shown a contact is told that it changed, and what was added or disputed travels with it (5.6, L-22)."""

from datetime import timedelta

import pytest

from continuity.crisis import amendments
from continuity.disclosures import corrections
from continuity.disclosures.models import LedgerEntry
from continuity.disclosures.own_work import person_record
from continuity.notices.models import Notice
from tests import builders as b
from tests.cast import ABOUT_SAM, Cast, signed_in

LATER = b.NOW + timedelta(days=3)


def look_up(cast: Cast) -> None:
    cast.consent()
    signed_in(cast.reyes).post("/api/v1/lookups/", ABOUT_SAM, content_type="application/json")
    assert LedgerEntry.objects.latest("id").outcome == "released"


def correct(cast: Cast, **changes: object):
    content = {
        "kind": "correction",
        "field": "operational_summary",
        "new_value": "Spoke loudly.",
        "reason": "Wrong call.",
    }
    return corrections.correct_contact(
        by=cast.embedded, contact_id=cast.sams_contact.pk, at=LATER, **(content | changes)
    )


def told() -> list[tuple]:
    rows = Notice.objects.filter(kind="record_changed")
    return [(one.agency_id, one.member_id, one.subject_id) for one in rows]


@pytest.mark.django_db
def test_who_was_shown_the_contact_is_told_once_and_by_id_alone(cast: Cast):
    look_up(cast)
    look_up(cast)
    assert correct(cast).status == "notified"
    assert told() == [(cast.police.pk, cast.reyes.member_id, cast.sams_contact.pk)]
    cast.sams_contact.refresh_from_db()
    assert (cast.sams_contact.record_status, cast.sams_contact.operational_summary) == (
        "amended",
        "Spoke loudly.",
    )


@pytest.mark.django_db
def test_nobody_is_told_who_was_shown_nothing(cast: Cast):
    correct(cast)
    assert told() == []


@pytest.mark.django_db
def test_an_error_hides_the_contact_and_tells_who_saw_it(cast: Cast):
    look_up(cast)
    corrections.mark_contact_error(
        by=cast.embedded, contact_id=cast.sams_contact.pk, reason="Another person.", at=LATER
    )
    assert len(told()) == 1
    page = person_record(by=cast.embedded, person_id=cast.sam.pk, channel="page", at=LATER)
    assert page.of("contact", "narrative", "sud_segment") == ()
    assert LedgerEntry.objects.get(channel="page").records == sorted(
        [[item.source.noun, str(item.source.id), item.source.version] for item in page.items]
    )


@pytest.mark.django_db
def test_an_addendum_travels_with_the_contact_to_whoever_may_read_it(cast: Cast):
    correct(cast, kind="addendum", new_value="Her brother rang back.")
    cast.consent(to=[cast.clinic])
    b.contact(cast.adeyemi, cast.sam)
    page = person_record(by=cast.adeyemi, person_id=cast.sam.pk, channel="page", at=LATER)
    assert LedgerEntry.objects.get(channel="page").outcome == "released"
    (contact,) = [one for one in page.of("contact") if one.source.custodian_id == cast.county.pk]
    assert [(one.kind, one.text) for one in contact.body.remarks] == [("addendum", "Her brother rang back.")]


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("field", "noun"),
    [("operational_summary", "contact"), ("narrative", "narrative"), ("sud_text", "sud_segment")],
)
def test_a_disagreement_travels_with_the_text_it_is_about_and_no_other(cast: Cast, field: str, noun: str):
    privacy = b.member("privacy", cast.county, "privacy_officer", "embedded_clinician")
    cast.county.is_part2_program, cast.county.legal_regimes = True, ["hipaa_covered", "part2_program"]
    cast.county.save()
    requested = amendments.request_amendment(
        by=privacy, contact_id=cast.sams_contact.pk, kind="patient_requested", field=field, reason="Not so.",
        new_value="Otherwise.", requested_by="patient", requested_at=b.NOW, at=b.NOW,
    )  # fmt: skip
    ask = {"by": privacy, "amendment_id": requested.pk, "at": LATER}
    amendments.take_up_amendment(**ask)
    amendments.deny_amendment(**ask, ground="accurate_and_complete", basis="The tape says so.")
    amendments.file_disagreement(**ask, statement="It was not so.")
    cast.embedded.refresh_from_db()
    page = person_record(by=cast.embedded, person_id=cast.sam.pk, channel="page", at=LATER)
    said = {
        one.source.noun: [remark.text for remark in one.body.remarks]
        for one in page.of("contact", "narrative", "sud_segment")
    }
    assert said == {"contact": [], "narrative": [], "sud_segment": []} | {noun: ["It was not so."]}
    assert LedgerEntry.objects.latest("id").person_id == cast.sam.pk
