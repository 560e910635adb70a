"""From the draft to the signature: gaps, the form as shown, taking it back, officers where a pack lets them (P-9, P-10)."""

from datetime import UTC, date, datetime, timedelta

import pytest

from continuity.agencies.models import Agency, Membership
from continuity.agencies.services import propose_pack, sign_off_pack
from continuity.consents import services
from continuity.consents.models import Consent, ConsentRecipient
from continuity.consents.services import Recipient
from continuity.errors import Incomplete, Invalid, NotAllowed
from continuity.ids import uuid7
from continuity.trail.models import AuditEntry
from tests import builders as b
from tests.consents.conftest import Desk
from tests.consents.steps import AT, SIGNATURE, attach, draft, proposed, recipients, sign, signed

pytestmark = pytest.mark.django_db


def pack(county: Agency, **rules: object) -> None:
    """Put rules in force for the county's state."""
    made = propose_pack(
        code="ca", number=1, title="A pack", effective_at=AT - timedelta(days=99), rules=rules
    )
    by = b.member("signs-packs", county, "privacy_officer")
    sign_off_pack(by=by, pack_id=made.pk, counsel="A. Counsel", at=AT - timedelta(days=99))


def redraft(desk: Desk, consent: Consent, parties: list[Recipient], **changes: object) -> Consent:
    return services.redraft_consent(
        by=desk.kim, consent_id=consent.pk, disclosing_agencies=[desk.county], recipients=parties, **changes
    )


def missing(desk: Desk, consent: Consent, by: Membership | None = None, at: datetime = b.NOW) -> set[str]:
    """Fields at which activating is refused."""
    with pytest.raises(Incomplete) as refused:
        services.activate_consent(by=by or desk.verifier, consent_id=consent.pk, at=at)
    return {error.field for error in refused.value.errors}


def test_draft_may_have_every_gap(desk: Desk):
    consent = services.draft_consent(
        by=desk.kim, person=desk.sam, disclosing_agencies=[], recipients=[], at=AT
    )
    assert (consent.status, consent.custodian, consent.collected_by) == (
        "draft",
        desk.county,
        desk.kim.member,
    )
    assert (consent.starts_at, consent.form_language, consent.is_in_force(b.NOW)) == (AT, "en", False)


def test_draft_makes_the_person_known_to_the_agency(desk: Desk):
    walk_in = b.person(desk.clinic, first="Ida")
    assert not walk_in.person_agencies.exists()
    draft(desk, person=walk_in)
    assert [known.agency for known in walk_in.person_agencies.all()] == [desk.county]


def test_draft_is_kept_by_the_agency_that_collects_it(desk: Desk):
    with pytest.raises(NotAllowed, match=r"^not_your_agency$"):
        draft(desk, custodian=desk.clinic)


def test_redraft_names_its_parties_anew_and_history_keeps_the_old(desk: Desk):
    consent = draft(desk, contacts=[uuid7(), uuid7()])
    kept = uuid7()
    redraft(desk, consent, [Recipient(["D1"], agency=desk.clinic)], contacts=[kept], categories=["D1"])
    consent.refresh_from_db()
    assert [one.agency for one in consent.recipients.all()] == [desk.clinic]
    assert [one.contact_id for one in consent.specific_contacts.all()] == [kept]
    assert consent.categories == ["D1"]
    gone = AuditEntry.objects.filter(action=AuditEntry.Action.DELETE, content_type__model="consentrecipient")
    assert gone.count() == 2


@pytest.mark.parametrize("name", ["status", "verified_by", "signed_at", "external_id", "custodian", "pack"])
def test_redraft_writes_nothing_but_content(desk: Desk, name: str):
    consent = draft(desk)
    with pytest.raises(Invalid, match=r"^unknown_field$"):
        redraft(desk, consent, recipients(desk), **{name: "active"})


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("record_window", "for ever"),
        ("instrument", "handshake"),
        ("purposes", ["curiosity"]),
        ("categories", ["D9"]),
    ],
)
def test_draft_takes_no_word_that_is_none_of_its_choices(desk: Desk, name: str, value: object):
    with pytest.raises(Invalid, match=r"^no_such_choice$") as refused:
        draft(desk, **{name: value})
    assert refused.value.field == name


def test_proposal_keeps_the_form_as_it_was_shown(desk: Desk):
    consent = proposed(desk)
    assert (consent.status, consent.proposed_at) == ("proposed", AT)
    assert consent.form_template
    assert consent.form_version
    assert consent.number in consent.shown_text
    assert desk.police.name in consent.shown_text


def test_draft_without_its_content_is_not_shown_to_anybody(desk: Desk):
    consent = draft(desk, purposes=[], revocation_method="")
    with pytest.raises(Incomplete) as refused:
        services.propose_consent(by=desk.kim, consent_id=consent.pk, at=AT)
    assert {error.field for error in refused.value.errors} == {"purposes", "revocation_method"}
    consent.refresh_from_db()
    assert (consent.status, consent.shown_text) == ("draft", "")


def test_proposal_taken_back_loses_what_was_signed_under_it(desk: Desk):
    consent = services.return_to_draft(by=desk.kim, consent_id=signed(desk).pk)
    consent.refresh_from_db()
    blank = (consent.shown_text, consent.signer_name, consent.signature_method, consent.collection_context)
    assert (consent.status, *blank) == ("draft", "", "", "", "")
    assert (consent.signed_at, consent.copy_given_at, consent.capacity_attested_by, consent.proposed_at) == (
        None,
    ) * 4


def test_paper_signed_under_an_earlier_form_proves_nothing_of_the_next(desk: Desk):
    """What was on the table when the pen moved is the consent; a scan of another form is none."""
    consent = services.return_to_draft(by=desk.kim, consent_id=signed(desk).pk)
    redraft(desk, consent, recipients(desk), categories=["D1", "D2", "D3"])
    services.propose_consent(by=desk.kim, consent_id=consent.pk, at=AT + timedelta(hours=1))
    sign(desk.kim, consent, signed_at=AT + timedelta(hours=1))
    assert missing(desk, consent) == {"signed_document"}
    attach(desk.kim, consent, at=AT + timedelta(hours=2))
    assert services.activate_consent(by=desk.verifier, consent_id=consent.pk, at=b.NOW).status == "active"


def test_signature_without_a_word_on_capacity_is_not_enough(desk: Desk):
    """L-28."""
    consent = signed(desk)
    services.record_signature(by=desk.kim, consent_id=consent.pk, attests_capacity=False, **SIGNATURE)
    assert missing(desk, consent) == {"capacity_attested_by"}


@pytest.mark.parametrize(
    ("born", "fields"),
    [
        (date(2008, 11, 19), set()),
        (date(2008, 11, 20), {"signer_capacity"}),
    ],
    ids=["on the eighteenth birthday", "the day before it"],
)
def test_age_is_counted_on_the_day_of_signing_where_the_paper_lies(desk: Desk, born: date, fields: set[str]):
    """L-28, P-18: in Greenwich it is the 20th already, at the county's desk still the 19th."""
    evening = datetime(2026, 11, 20, 4, 0, tzinfo=UTC)
    young = b.person(desk.county, first="Robin", born=born)
    consent = proposed(desk, person=young, at=AT)
    attach(desk.kim, consent)
    sign(desk.kim, consent, signed_at=evening, copy_given_at=evening)
    lacking = {error.field for error in services.whats_lacking(Consent.objects.get(pk=consent.pk), b.NOW)}
    assert lacking == fields


def test_person_of_another_language_needs_an_interpreter_or_a_form(desk: Desk):
    spanish = b.person(desk.county, first="Inventada", language="es")
    assert draft(desk, person=spanish).form_language == "es"
    consent = draft(desk, person=spanish, form_language="en")
    with pytest.raises(Incomplete) as refused:
        services.propose_consent(by=desk.kim, consent_id=consent.pk, at=AT)
    assert [error.field for error in refused.value.errors] == ["interpreter"]


# Officers, where a pack lets them (P-9)


@pytest.fixture
def reyes(desk: Desk) -> Membership:
    return b.member("reyes", desk.police, "officer")


def drafted_by(officer: Membership, desk: Desk) -> Consent:
    return draft(desk, by=officer, custodian=desk.county)


@pytest.mark.parametrize("custodian", ["county", "police"])
def test_officer_collects_nothing_unless_a_pack_says_so(desk: Desk, reyes: Membership, custodian: str):
    with pytest.raises(NotAllowed, match=r"^collector_is_law_enforcement$"):
        draft(desk, by=reyes, custodian=getattr(desk, custodian))


def test_police_keep_no_consents_whatever_a_pack_says(desk: Desk, reyes: Membership):
    pack(desk.county, officers_may_collect=True)
    with pytest.raises(NotAllowed, match=r"^collector_is_law_enforcement$"):
        draft(desk, by=reyes, custodian=desk.police)


def test_consent_that_an_officer_collected_waits_for_a_clinician(desk: Desk, reyes: Membership):
    pack(desk.county, officers_may_collect=True)
    consent = drafted_by(reyes, desk)
    services.propose_consent(by=desk.kim, consent_id=consent.pk, at=AT)
    attach(desk.kim, consent)
    clinician = b.member("clinician", desk.county, "embedded_clinician")
    services.approve_as_clinician(by=clinician, consent_id=consent.pk, at=AT - timedelta(hours=1))
    sign(desk.kim, consent)
    assert missing(desk, consent) == {"clinician_approved_by"}
    services.approve_as_clinician(by=clinician, consent_id=consent.pk, at=AT + timedelta(hours=1))
    assert services.activate_consent(by=desk.verifier, consent_id=consent.pk, at=b.NOW).pack == "ca-1"


def test_officer_goes_no_further_than_the_draft(desk: Desk, reyes: Membership):
    pack(desk.county, officers_may_collect=True)
    consent = drafted_by(reyes, desk)
    with pytest.raises(NotAllowed, match=r"^duty_missing$"):
        services.propose_consent(by=reyes, consent_id=consent.pk, at=AT)


def test_pack_of_california_is_asked_of_its_lps_agencies(desk: Desk):
    """W&I 5328(b), 5328.7, through the verbs and not only on paper."""
    lps = ["ca_lps"]
    pack(desk.county, clinician_approval=lps, separate_form_per_use=lps, releasing_member_named=lps)
    two_uses = {"purposes": ["le_crisis_response", "care_coordination"]}
    with pytest.raises(Incomplete) as refused:
        proposed(desk, **two_uses)
    assert {error.field for error in refused.value.errors} == {"purposes", "releasing_member"}
    consent = signed(desk, releasing_member=desk.kim.member)
    assert missing(desk, consent) == {"clinician_approved_by"}
    clinician = b.member("clinician", desk.county, "embedded_clinician")
    services.approve_as_clinician(by=clinician, consent_id=consent.pk, at=AT)
    assert (
        services.activate_consent(by=desk.verifier, consent_id=consent.pk, at=AT).clinician_approved_at == AT
    )


def test_officer_named_as_a_person_is_no_recipient(desk: Desk, reyes: Membership):
    """L-7: police by the name of their agency; the service finds out where a member works."""
    with pytest.raises(Incomplete) as refused:
        proposed(desk, recipients=[Recipient(["D1"], member=reyes.member)])
    assert {error.code for error in refused.value.errors} == {"police_by_name_of_agency"}
    assert not ConsentRecipient.objects.filter(consent__status="active").exists()
