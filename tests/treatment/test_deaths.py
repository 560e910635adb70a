"""A death ends what was promised, and nothing else (6.4, L-29)."""

from datetime import timedelta

import pytest

from continuity.agencies.models import Membership
from continuity.consents.models import Consent
from continuity.crisis import plans
from continuity.crisis import services as crisis
from continuity.crisis.models import CrisisContact
from continuity.errors import Conflict, Invalid, NotAllowed, NotFound
from continuity.notices.models import Notice
from continuity.people.services import find_or_register
from continuity.treatment.deaths import record_death, take_back_death
from continuity.treatment.linkages import send_linkage
from continuity.treatment.models import LinkageGroupGrant
from tests import builders as b
from tests.treatment.conftest import Care

DAY = b.NOW.date()
LATER = b.NOW + timedelta(days=2)


@pytest.fixture
def pia(care: Care) -> Membership:
    return b.member("pia", care.county, "privacy_officer")


def die(care: Care, pia: Membership) -> None:
    care.sam = record_death(by=pia, person_id=care.sam.pk, died_on=DAY, at=b.NOW)


def test_death_closes_what_is_open_and_nothing_else(care: Care, pia: Membership):
    promised, linkage, draft = care.promise(), care.linkage(), care.linkage(is_draft=True)
    kept = care.promise(kind="caring_contact")
    care.attempt(kept, "reached_engaged", result="connected")
    die(care, pia)
    for one in (promised, linkage, draft):
        one.refresh_from_db()
        assert (one.status, one.closed_at) == ("unable", b.NOW)
        assert one.status_reason == "The person has died."
    kept.refresh_from_db()
    assert kept.status == "completed"
    assert not LinkageGroupGrant.objects.exists()
    told = Notice.objects.filter(kind=Notice.Kind.LINKAGE_CHANGED)
    assert [one.subject_id for one in told] == [linkage.pk]
    assert CrisisContact.objects.get().record_status == "final"


def test_death_ends_no_consent(cast, db):
    """P2 s2.15, HIPAA: what was agreed stays; the gate asks it live."""
    consent, pia = cast.consent(), b.member("pia", cast.county, "privacy_officer")
    record_death(by=pia, person_id=cast.sam.pk, died_on=DAY, at=b.NOW)
    assert Consent.objects.get(pk=consent.pk).status == "active"


def test_death_is_the_privacy_office_s_to_write_about_its_own_people(care: Care, pia: Membership):
    stranger = b.member("otto", b.agency("far", "clinic_treatment"), "privacy_officer")
    for by, refusal in ((care.embedded, NotAllowed), (stranger, NotFound)):
        with pytest.raises(refusal):
            record_death(by=by, person_id=care.sam.pk, died_on=DAY, at=b.NOW)
        with pytest.raises(refusal):
            take_back_death(by=by, person_id=care.sam.pk, at=b.NOW)


@pytest.mark.parametrize(
    ("died_on", "code"), [(DAY + timedelta(days=1), "in_the_future"), (b.date(1980, 1, 1), "before_birth")]
)
def test_day_of_death_lies_in_the_life(care: Care, pia: Membership, died_on, code):
    with pytest.raises(Invalid, match=f"^{code}$"):
        record_death(by=pia, person_id=care.sam.pk, died_on=died_on, at=b.NOW)


def test_death_is_written_once_and_can_be_taken_back(care: Care, pia: Membership):
    with pytest.raises(Conflict, match=r"^not_deceased$"):
        take_back_death(by=pia, person_id=care.sam.pk, at=b.NOW)
    die(care, pia)
    with pytest.raises(Conflict, match=r"^deceased_already$"):
        die(care, pia)
    care.sam = take_back_death(by=pia, person_id=care.sam.pk, at=b.NOW)
    assert care.sam.deceased_date is None
    assert care.promise().closed_at is None


def test_nothing_new_is_begun_about_the_dead(care: Care, pia: Membership):
    waiting = care.linkage(is_draft=True)
    die(care, pia)
    begin = [
        care.promise,
        care.linkage,
        lambda: send_linkage(by=care.embedded, linkage_id=waiting.pk, at=b.NOW),
        lambda: crisis.start_draft(by=care.embedded, at=LATER, person=care.sam),
        lambda: plans.draft_plan(by=care.embedded, person=care.sam, at=b.NOW),
    ]
    care.contact.refresh_from_db()
    for verb in begin:
        with pytest.raises(Conflict, match=r"^(deceased|illegal_move)$"):
            verb()
    assert CrisisContact.objects.count() == 1


def test_contact_from_before_the_death_is_still_written_down(care: Care, pia: Membership):
    die(care, pia)
    late = crisis.start_draft(by=care.embedded, at=LATER, person=care.sam, occurred_at=b.NOW)
    with pytest.raises(Conflict, match=r"^deceased$"):
        crisis.save_draft(by=care.embedded, contact_id=late.pk, at=LATER, occurred_at=LATER, person=care.sam)
    anonymous = crisis.start_draft(by=care.embedded, at=LATER)
    with pytest.raises(Conflict, match=r"^deceased$"):
        crisis.claim_contact(by=care.embedded, contact_id=anonymous.pk, person=care.sam, at=LATER)


def test_agency_that_never_knew_the_person_learns_nothing_from_a_refusal(care: Care, pia: Membership):
    """P-2, P-3: a refusal on creation would tell that somebody else has a record of them."""
    die(care, pia)
    novak = b.member("novak", b.agency("far", "clinic_treatment"), "treatment_clinician")
    named = {"first": "Sam", "last": "Testcase", "birth_date": b.date(1988, 4, 3)}
    same = find_or_register(source=novak.agency, **named)
    assert same == care.sam
    assert crisis.start_draft(by=novak, at=LATER, person=same).person == care.sam
