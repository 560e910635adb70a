"""Putting a consent in force: a second person, what it supersedes, and who is told (5.7, L-10)."""

from datetime import timedelta

import pytest

from continuity.agencies.models import Agency
from continuity.consents import services
from continuity.consents.models import Consent
from continuity.consents.services import Recipient
from continuity.errors import Conflict, Incomplete, Invalid, NotFound
from continuity.notices.models import Notice
from tests import builders as b
from tests.consents.conftest import Desk
from tests.consents.steps import AT, active, attach, ended, proposed, sign, signed

pytestmark = pytest.mark.django_db


def told() -> list[Agency]:
    return [notice.agency for notice in Notice.objects.order_by("agency__code")]


def activate(desk: Desk, consent: Consent, *old: Consent, at: object = b.NOW) -> Consent:
    return services.activate_consent(
        by=desk.verifier, consent_id=consent.pk, at=at, supersedes=[one.pk for one in old]
    )


def test_verified_consent_is_in_force_from_the_same_moment(desk: Desk):
    consent = activate(desk, signed(desk))
    assert (consent.status, consent.verified_by, consent.pack) == ("active", desk.verifier.member, "")
    assert list(Consent.objects.in_force(b.NOW)) == [consent]
    assert told() == []


def test_whoever_drafted_it_does_not_verify_it(desk: Desk):
    consent = proposed(desk)
    attach(desk.kim, consent)
    sign(desk.verifier, consent)
    with pytest.raises(Invalid, match=r"^verifier_is_collector$"):
        services.activate_consent(by=desk.kim, consent_id=consent.pk, at=b.NOW)


def test_whoever_attested_capacity_does_not_verify_it(desk: Desk):
    consent = proposed(desk)
    attach(desk.kim, consent)
    sign(desk.verifier, consent)
    with pytest.raises(Invalid, match=r"^verifier_is_collector$"):
        activate(desk, consent)


def test_consent_that_expired_while_it_lay_about_is_not_put_in_force(desk: Desk):
    consent = signed(desk, expires_at=b.NOW)
    with pytest.raises(Incomplete, match=r"^already_expired$"):
        activate(desk, consent)
    assert activate(desk, consent, at=b.NOW - timedelta(microseconds=1)).status == "active"


def test_superseded_consent_keeps_its_history(desk: Desk):
    old, new = active(desk), signed(desk)
    activate(desk, new, old)
    old.refresh_from_db()
    assert (old.status, old.inactive_reason, old.superseded_by) == ("inactive", "superseded", new)
    assert (old.ended_at, old.ended_by) == (b.NOW, desk.verifier.member)
    assert list(Consent.objects.in_force(b.NOW)) == [new]


def test_several_may_be_superseded_at_once(desk: Desk):
    first, second, new = active(desk), active(desk), signed(desk)
    activate(desk, new, first, second)
    assert set(new.supersedes.all()) == {first, second}


def test_recipients_of_the_superseded_consent_are_told_to_look_again(desk: Desk):
    new = signed(desk, recipients=[Recipient(["D1"], agency=desk.clinic)])
    activate(desk, new, active(desk))
    assert told() == [desk.police, desk.clinic]
    assert {notice.subject_id for notice in Notice.objects.all()} == {
        *new.supersedes.values_list("pk", flat=True)
    }


def test_consent_of_somebody_else_is_not_superseded(desk: Desk):
    other = active(desk, person=b.person(desk.county, first="Ida"))
    new = signed(desk)
    with pytest.raises(Invalid, match=r"^another_person$"):
        activate(desk, new, other)
    assert set(Consent.objects.values_list("status", flat=True)) == {"active", "proposed"}


def test_consent_does_not_supersede_itself(desk: Desk):
    new = signed(desk)
    with pytest.raises(Invalid, match=r"^another_person$"):
        activate(desk, new, new)
    assert Consent.objects.get().status == "proposed"


def test_consent_that_is_over_is_not_superseded(desk: Desk):
    new = signed(desk)
    with pytest.raises(Conflict, match=r"^not_active$"):
        activate(desk, new, ended(desk))
    assert Consent.objects.get(pk=new.pk).status == "proposed"


def test_consent_of_another_agency_is_not_superseded(desk: Desk):
    kim, second = (b.member(name, desk.clinic, "consent_manager") for name in ("clinic-kim", "clinic-second"))
    theirs = b.consent(by=kim, verified_by=second, who=desk.sam, to=[desk.police])
    new = signed(desk)
    with pytest.raises(NotFound, match=r"^not_found$"):
        activate(desk, new, theirs)
    assert Consent.objects.get(pk=new.pk).status == "proposed"
    assert Consent.objects.get(pk=theirs.pk).status == "active"


def test_refusal_is_kept_and_told_to_nobody(desk: Desk):
    """P-9."""
    consent = services.reject_consent(by=desk.kim, consent_id=proposed(desk).pk)
    assert (consent.status, consent.ended_at, consent.shown_text != "") == ("rejected", None, True)
    assert told() == []
    assert not Consent.objects.in_force(b.NOW).exists()


def test_approval_says_who_and_when(desk: Desk):
    clinician = b.member("clinician", desk.county, "embedded_clinician")
    consent = services.approve_as_clinician(by=clinician, consent_id=signed(desk).pk, at=AT)
    assert (consent.clinician_approved_by, consent.clinician_approved_at) == (clinician.member, AT)
