"""Proposing a safety flag and recording a tip: what is asked, who may, what it carries (5.5, P-6)."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError

from continuity.agencies.models import Membership
from continuity.agencies.roles import Role
from continuity.agencies.services import propose_pack, sign_off_pack
from continuity.crisis.flags import propose_flag, record_tip
from continuity.crisis.models import DeescalationTip, SafetyFlag
from continuity.errors import Invalid, NotAllowed, NotFound
from continuity.trail.models import AuditEntry
from tests import builders as b
from tests.crisis.conftest import Crew

pytestmark = pytest.mark.django_db
SEEN = b.NOW - timedelta(days=12)
MAY = {"officer", "embedded_clinician", "mobile_clinician", "treatment_clinician"}


def proposed(crew: Crew, by: Membership | None = None, **fields: Any) -> SafetyFlag:
    return propose_flag(
        **{
            "by": by or crew.embedded,
            "person": crew.sam,
            "kind": "fear_of_uniforms",
            "basis": "observed",
            "observed_at": SEEN,
            "at": b.NOW,
            "text": "Afraid of uniforms.",
        }
        | fields
    )


def tip(crew: Crew, by: Membership | None = None, **fields: Any) -> DeescalationTip:
    return record_tip(
        **{
            "by": by or crew.embedded,
            "person": crew.sam,
            "kind": "calm_voice",
            "basis": "observed",
            "observed_at": SEEN,
            "at": b.NOW,
            "text": "Speak softly.",
        }
        | fields
    )


both = pytest.mark.parametrize("standing", [proposed, tip])


def test_proposed_flag_carries_its_source_and_does_not_show_yet(crew: Crew):
    contact = b.contact(crew.embedded, crew.sam)
    flag = proposed(crew, source_contact=contact, severity="high")
    assert (flag.status, flag.approved_by, flag.severity) == ("proposed", None, "high")
    assert (flag.custodian, flag.proposed_by, flag.source_role) == (
        crew.county,
        crew.embedded,
        "embedded_clinician",
    )
    assert SafetyFlag.objects.get(source_contact=contact) == flag


def test_tip_shows_at_once(crew: Crew):
    calming = tip(crew)
    assert (calming.status, calming.recorded_by, calming.text) == ("active", crew.embedded, "Speak softly.")


@both
def test_observation_expires_90_days_after_it_was_made(crew: Crew, standing: Any):
    made = standing(crew)
    assert made.first_observed_at == made.last_confirmed_at == SEEN
    assert made.expires_at == SEEN + timedelta(days=90)


@both
def test_pack_of_the_custodian_shortens_the_lifetime(crew: Crew, standing: Any):
    pack = propose_pack(
        code=crew.county.pack_code, number=9, title="Short", effective_at=SEEN, rules={"flag_days": 30}
    )
    officer = b.member("officer", crew.county, "privacy_officer")
    sign_off_pack(by=officer, pack_id=pack.pk, counsel="Counsel", at=SEEN)
    assert standing(crew).expires_at == SEEN + timedelta(days=30)


@both
def test_officer_may_propose_a_flag_and_record_a_tip(crew: Crew, standing: Any):
    made = standing(crew, crew.reyes)
    assert (made.custodian, made.source_role) == (crew.police, "officer")
    assert [known.agency for known in crew.sam.person_agencies.all()] == [crew.police]


@both
def test_member_without_the_duty_records_no_observation(crew: Crew, standing: Any):
    for role in Role:
        with b.undone():
            member = b.member("other", crew.county, role)
            if role in MAY:
                assert standing(crew, member).source_role == role
            else:
                with pytest.raises(NotAllowed, match=r"^duty_missing$"):
                    standing(crew, member)


# What is said, and with which code and at which field it is refused.
REFUSED: dict[str, tuple[dict[str, Any], str, str]] = {
    "in the future": ({"observed_at": b.NOW + timedelta(seconds=1)}, "in_the_future", "observed_at"),
    "past its lifetime": (
        {"observed_at": b.NOW - timedelta(days=90)},
        "observed_too_long_ago",
        "observed_at",
    ),
    "unknown basis": ({"basis": "guessed"}, "unknown_value", "basis"),
    "unknown kind": ({"kind": "frequent_flyer"}, "unknown_value", "kind"),
    "too long": ({"text": 201 * "a"}, "too_long", "text"),
    "diagnosis": ({"text": "Is schizophrenic."}, "diagnosis_words", "text"),
    "label": ({"text": "A frequent flyer."}, "stigma_words", "text"),
    "label of substance use": ({"text": "A known addict."}, "stigma_words", "text"),
}


@both
@pytest.mark.parametrize(("fields", "code", "at_field"), REFUSED.values(), ids=REFUSED)
def test_refused(crew: Crew, standing: Any, fields: dict[str, Any], code: str, at_field: str):
    with pytest.raises(Invalid, match=f"^{code}$") as refusal:
        standing(crew, **fields)
    assert (refusal.value.field, refusal.value.detail[-1]) == (at_field, ".")
    assert not standing(crew).renews_id
    assert SafetyFlag.objects.count() + DeescalationTip.objects.count() == 1


@both
def test_observation_of_just_now_and_of_the_last_moment_are_taken(crew: Crew, standing: Any):
    assert standing(crew, observed_at=b.NOW).expires_at == b.NOW + timedelta(days=90)
    oldest = b.NOW - timedelta(days=90) + timedelta(microseconds=1)
    assert standing(crew, observed_at=oldest).expires_at == b.NOW + timedelta(microseconds=1)


@pytest.mark.parametrize("kind", ["none_observed", "unknown"])
def test_nothing_observed_is_no_flag(crew: Crew, kind: str):
    """P-6: it would be read as "safe"."""
    with pytest.raises(Invalid, match=r"^not_a_danger$") as refusal:
        proposed(crew, kind=kind)
    assert refusal.value.field == "kind"


def test_unknown_severity_is_refused(crew: Crew):
    with pytest.raises(Invalid, match=r"^unknown_value$") as refusal:
        proposed(crew, severity="extreme")
    assert refusal.value.field == "severity"


@both
@pytest.mark.parametrize(("text", "held"), [("Smells of alcohol at night.", True), ("Startles.", False)])
def test_words_of_substance_use_make_it_part_2_data(crew: Crew, standing: Any, text: str, held: bool):
    """P-14."""
    assert standing(crew, text=text).is_part2 is held


@both
def test_contact_it_was_seen_in_is_the_agency_s_own_about_this_person(crew: Crew, standing: Any):
    with pytest.raises(NotFound, match=r"^not_found$"):
        standing(crew, source_contact=b.contact(crew.reyes, crew.sam))
    with pytest.raises(Invalid, match=r"^another_person$"):
        standing(crew, source_contact=b.contact(crew.embedded, b.person(crew.county, first="Una")))


@both
def test_words_stay_out_of_the_history(crew: Crew, standing: Any):
    entry = AuditEntry.objects.get(object_pk=str(standing(crew).pk))
    assert "softly" not in str(entry.changes)
    assert "uniforms." not in str(entry.changes)


def test_flag_lives_180_days_at_most(crew: Crew):
    flag = proposed(crew)
    flag.expires_at = SEEN + timedelta(days=180)
    flag.save()
    flag.expires_at += timedelta(microseconds=1)
    with pytest.raises(IntegrityError, match="a_flag_expires_within_180_days_of_confirmation"):
        flag.save()


def test_tip_lives_180_days_at_most(crew: Crew):
    calming = tip(crew)
    calming.expires_at = SEEN + timedelta(days=180, microseconds=1)
    with pytest.raises(IntegrityError, match="a_tip_expires_within_180_days_of_confirmation"):
        calming.save()


@pytest.mark.parametrize("approver", [None, "embedded"], ids=["nobody", "proposer"])
def test_active_flag_was_approved_by_somebody_else(crew: Crew, approver: str | None):
    flag = proposed(crew)
    flag.status, flag.approved_by = "active", getattr(crew, approver) if approver else None
    with pytest.raises(IntegrityError, match="an_active_flag_was_approved_by_somebody_else"):
        flag.save()
