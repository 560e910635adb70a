"""The county on the day of an emergency: who may ask, who may release, who reviews."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from continuity.access import emergencies
from continuity.access.models import EmergencyAccess
from continuity.agencies.models import Membership
from continuity.crisis import plans
from continuity.disclosures import emergencies as doors
from tests import builders as b
from tests.cast import Cast, build_cast

SAM = {"last": "Testcase", "first": "Sam", "birth_date": date(1988, 4, 3)}
NOBODY = {"last": "Unknown", "first": "Nemo", "birth_date": date(1971, 2, 3)}
WHY = {
    "incident_ref": "2026-0815",
    "reason_code": "imminent_self_harm",
    "reason": "Stands on the bridge and does not answer us.",
    "nature": "Person on a bridge",
}
PLAN = {"strategies": ["Speak of the dog."]}


def later(minutes: float) -> Any:
    return b.NOW + timedelta(minutes=minutes)


@dataclass
class Emergency:
    """The cast, with Reyes who asks, two releasers of the county, one of the clinic, and who reviews."""

    cast: Cast
    reyes: Membership
    releaser: Membership
    second: Membership
    clinician: Membership
    medic: Membership
    privacy: Membership
    clinic_privacy: Membership
    supervisor: Membership

    def ask(self, whom: dict[str, Any] = SAM, at: Any = b.NOW, **why: Any) -> EmergencyAccess:
        return doors.request_emergency(**({"by": self.reyes, "at": at} | whom | WHY | why))

    def break_glass(self, whom: dict[str, Any] = SAM, at: Any = b.NOW, **why: Any) -> EmergencyAccess:
        return doors.break_glass(**({"by": self.clinician, "at": at} | whom | WHY | why))

    def released(self, at: Any = b.NOW, **fields: Any) -> EmergencyAccess:
        asked = self.ask(at=at)
        return emergencies.release_emergency(
            **({"by": self.releaser, "emergency_id": asked.pk, "at": at} | fields)
        )

    def card(self, emergency: EmergencyAccess, at: Any = None, by: Membership | None = None) -> Any:
        by = by or emergency.requester
        return doors.emergency_card(
            by=by, emergency_id=emergency.pk, channel="page", at=at or later(1)
        ).answer


def build_emergency() -> Emergency:
    cast = build_cast()
    b.agreement(cast.police, cast.clinic)
    for one, fields in (
        (cast.embedded, {"may_release_emergency": True, "may_break_glass": True}),
        (cast.adeyemi, {"may_release_emergency": True, "may_break_glass": True}),
    ):
        for name, value in fields.items():
            setattr(one, name, value)
        one.save()
    second = b.member("quinn", cast.county, "mobile_clinician", may_release_emergency=True)
    made = plans.draft_plan(by=cast.embedded, person=cast.sam, at=b.NOW - timedelta(days=3), **PLAN)
    plans.submit_plan(by=cast.embedded, plan_id=made.pk, at=b.NOW - timedelta(days=2))
    plans.approve_plan(by=second, plan_id=made.pk, at=b.NOW - timedelta(days=1))
    return Emergency(
        cast=cast,
        reyes=cast.reyes,
        releaser=cast.embedded,
        second=second,
        clinician=cast.adeyemi,
        medic=b.member(
            "medic", cast.clinic, "treatment_clinician", may_break_glass=True, is_medical_personnel=True
        ),
        privacy=b.member("pat", cast.county, "privacy_officer"),
        clinic_privacy=b.member("clinic-pat", cast.clinic, "privacy_officer"),
        supervisor=b.member("sue", cast.county, "supervisor"),
    )
