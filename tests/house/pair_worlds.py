"""A county at work, and what a clinic far away keeps of the same people, of somebody it alone knows, and of a call."""

from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any
from uuid import UUID, uuid4

from continuity.access.models import EmergencyAccess, Restriction
from continuity.agencies.models import Membership
from continuity.agencies.services import create_team
from continuity.consents.endings import revoke_consent
from continuity.crisis import flags
from continuity.crisis.models import CrisisContact, DeescalationTip
from continuity.disclosures.models import (
    AccountingRequest,
    AccountingSuspension,
    IdentityReport,
    Merge,
    UnmergeChoice,
    UseFinding,
)
from continuity.notices.models import Delivery, Notice
from continuity.notices.services import add_endpoint, put
from continuity.people.models import DuplicatePair, Person
from continuity.treatment.follow_ups import promise_follow_up
from continuity.treatment.links import confirm_team_link
from tests import builders as b
from tests.api import states
from tests.cast import Cast, build_cast

# Known far away alone: to everybody else a name like any other.
ANN = {"last": "Fararound", "first": "Ann", "birth_date": "1971-02-03"}
TWIN = {"last": "Fartwin", "first": "Ida", "birth_date": "1971-02-03"}  # two of one name and birthday
# Somebody like them is known far away alone: a near miss of Ann, one of two, and nobody known anywhere.
NEARLY = (
    ANN | {"first": "Lou"},
    ANN | {"birth_date": "1971-03-14"},
    ANN | {"last": "Fararond"},
    TWIN,
    TWIN | {"last": "Fartwinn"},
    ANN | {"last": "Nobodyknown"},
)
SAM = {"last": "Testcase", "first": "Sam", "birth_date": "1988-04-03"}
EARLIER = b.NOW - timedelta(days=3)


@dataclass
class County:
    """The cast with rows of its own of every kind, and everybody who asks."""

    cast: Cast
    own: dict[str, Any]
    askers: dict[str, Membership]


def build_county() -> County:
    """What is the same in both worlds."""
    cast = build_cast()
    b.contact(cast.embedded, cast.namesake)
    b.contact(cast.reyes, cast.namesake)
    askers = {
        "officer": cast.reyes,
        "dispatcher": b.member("dee", cast.police, "dispatcher"),
        "clinician": cast.embedded,
        "clinician of the clinic": cast.adeyemi,
        "peer": b.member("pat", cast.county, "peer_navigator"),
        "consent manager": cast.kim,
        "privacy officer": b.member("privacy", cast.county, "privacy_officer"),
        "auditor": b.member("audit", cast.county, "auditor"),
        "system": b.member("system", cast.clinic, "system_client"),
        "administrator": b.member("admin", cast.county, "agency_admin"),
    }
    asked = states.amendment(cast, ())
    consent = cast.consent(to=[cast.sheriff])
    own = {
        "person": cast.sam,
        "contact": cast.sams_contact,
        "flag": states.active_flag(cast, ()),
        "tip": states.tip(cast, ()),
        "plan": states.plan(cast, ()),
        "team_link": states.team_link(cast, ()),
        "linkage": states.linkage(cast, ()),
        "follow_up": states.my_follow_up(cast, ()),
        "transfer": states.handed_on(cast, ()),
        "notice": states.notice(cast, ()),
        "amendment": asked,
        "consent": consent,
        "document": consent.documents.get(),
        "answer": states.told(cast.embedded, cast.sam),
    }
    put(Notice.Kind.CRISIS_CONTACT, subject_id=cast.sams_contact.pk, agency=cast.clinic)
    return County(cast, own, askers)


def keep_elsewhere(county: County) -> dict[str, UUID]:
    """All that a clinic without agreements keeps of Sam, of Ann, of an unknown caller and of its own work; its ids."""
    here = county.cast
    author = b.member("far-author", here.elsewhere, "embedded_clinician")
    manager = b.member("far-kim", here.elsewhere, "consent_manager")
    verifier = b.member("far-verifier", here.elsewhere, "consent_manager")
    contact = b.contact(author, here.sam, narrative="Far words.", sud_text="Far substance words.")
    far = replace(
        here,
        county=here.elsewhere,
        embedded=author,
        kim=manager,
        verifier=verifier,
        sams_contact=contact,
    )
    ann = b.person(here.elsewhere, "Ann", "Fararound", born=date(1971, 2, 3))
    b.contact(author, ann)
    b.contact(author, here.namesake)
    for _ in range(2):
        b.contact(author, b.person(here.elsewhere, "Ida", "Fartwin", born=date(1971, 2, 3)))
    return _clinical(far, ann) | _of_the_office(far)


def _clinical(far: Cast, ann: Person) -> dict[str, UUID]:
    author, contact = far.embedded, far.sams_contact
    for draft in (states.draft(far, ()), states.anonymous(far, ())):
        assert draft.custodian == far.county
    flag = states.flag(far, ())
    flags.approve_flag(by=b.member("far-second", far.county, "supervisor"), flag_id=flag.pk, at=b.NOW)
    tip = flags.record_tip(
        by=author, person=far.sam, kind="calm_voice", basis="observed", observed_at=EARLIER, at=b.NOW, text="Far."
    )  # fmt: skip
    for person in (far.sam, ann):
        link = confirm_team_link(
            by=author, person=person, program_kind="outpatient_mh", duty_line="661-555-0111", hours="Mon-Fri 8-17", at=EARLIER
        )  # fmt: skip
    promised = promise_follow_up(
        by=author, contact=contact, kind="safety_check", due_window="h48", at=EARLIER
    )
    assert isinstance(tip, DeescalationTip)
    return {
        "person": ann.pk,
        "contact": contact.pk,
        "draft": CrisisContact.objects.get(custodian=far.county, record_status="draft").pk,
        "flag": flag.pk,
        "tip": tip.pk,
        "plan": states.submitted_plan(far, ()).pk,
        "team_link": link.pk,
        "linkage": states.linkage(far, ()).pk,
        "follow_up": promised.pk,
        "transfer": states.handed_on(far, ()).pk,
        "amendment": _amendment(far).pk,
        "answer": states.told(author, far.sam).pk,
    }


def _amendment(far: Cast) -> Any:
    from continuity.crisis import amendments

    return amendments.request_amendment(
        by=b.member("far-corrector", far.county, "privacy_officer"),
        contact_id=far.sams_contact.pk,
        kind="patient_requested",
        field="operational_summary",
        new_value="It was not so.",
        reason="Misheard.",
        requested_by="patient",
        requested_at=b.NOW,
        at=b.NOW,
    )


def _of_the_office(far: Cast) -> dict[str, UUID]:
    consent = far.consent()
    revoked = far.consent(to=[far.sheriff])
    revoke_consent(by=far.kim, consent_id=revoked.pk, note="Said so.", at=b.NOW)
    team = create_team(agency=far.county, name="Far team")
    admin = b.member("far-admin", far.county, "agency_admin")
    endpoint = add_endpoint(
        by=admin,
        url="https://far.example.org/told",
        secret=b"0123456789abcdef01234567",
        acts_as=b.member("far-system", far.county, "system_client"),
    )
    notice = put(Notice.Kind.CONSENT_EXPIRING, subject_id=consent.pk, agency=far.county)
    delivery = Delivery.objects.create(
        notice=notice, channel="webhook", endpoint=endpoint, state="dead", due_at=b.NOW
    )
    return {
        "consent": consent.pk,
        "document": consent.documents.get().pk,
        "notice": notice.pk,
        "endpoint": endpoint.pk,
        "delivery": delivery.pk,
        "membership": admin.pk,
        "member": admin.member_id,
        "team": team.pk,
    } | _of_the_gate(far)


def _of_the_gate(far: Cast) -> dict[str, UUID]:
    privacy = b.member("far-privacy", far.county, "privacy_officer")
    emergency = EmergencyAccess.objects.create(
        kind="clinician_override", state="released", person=far.sam, described=b"{}", requester=far.embedded,
        agency=far.county, incident_ref="2026-0009", reason_code="imminent_self_harm",
        reason="Stands on the bridge and is silent.", nature="Bridge", recipient_name="Far", recipient_facility="Far",
        categories=["D1"], requested_at=b.NOW, starts_at=b.NOW, ends_at=b.NOW + timedelta(hours=1),
        review="review_pending", reviewing_agency=far.county, review_due_at=b.NOW,
    )  # fmt: skip
    restriction = Restriction.objects.create(
        person=far.sam, agency=far.county, kind="disclosure", state="agreed", reason="Wished.",
        requested_at=b.NOW, recorded_by=privacy, decided_at=b.NOW, decided_by=privacy, decided_reason="Yes.",
    )  # fmt: skip
    asked = AccountingRequest.objects.create(
        person=far.sam, agency=far.county, kind=AccountingRequest.Kind.values[0], asked_by="Sam Testcase",
        requested_at=b.NOW, received_by=privacy, period_from=EARLIER, period_until=b.NOW,
        due_at=b.NOW + timedelta(days=60),
    )  # fmt: skip
    suspension = AccountingSuspension.objects.create(
        person=far.sam, agency=far.county, for_agency=far.police, official_name="Sgt Far", official_title="Sergeant",
        is_oral=True, starts_at=EARLIER, ends_at=b.NOW + timedelta(days=20), recorded_by=privacy,
    )  # fmt: skip
    finding = UseFinding.objects.create(
        agency=far.county, asker=far.embedded, kind=UseFinding.Kind.values[0], week=EARLIER.date(), count=3
    )
    return _of_the_index(far, privacy) | {
        "emergency": emergency.pk,
        "restriction": restriction.pk,
        "accounting": asked.pk,
        "suspension": suspension.pk,
        "finding": finding.pk,
        "absent": uuid4(),
    }


def _of_the_index(far: Cast, privacy: Membership) -> dict[str, UUID]:
    """Two records that may be one person's, a merge that is to be taken apart, and a report."""
    first, second = sorted(
        (b.person(far.county, first, "Fartwice", born=date(1971, 2, 3)) for first in ("Ann", "Anna")),
        key=lambda one: one.pk,
    )
    pair = DuplicatePair.objects.create(
        first=first, second=second, grade="probable", found_by="create", found_at=b.NOW, agreeing=["surname"]
    )
    merge = Merge.objects.create(
        survivor=first, retired=second, pair=pair, state="requested", reason="Far.", requested_by=privacy,
        requested_at=b.NOW,
    )  # fmt: skip
    choice = UnmergeChoice.objects.create(
        merge=merge, agency=far.county, table="crisis_crisiscontact", row=far.sams_contact.pk
    )
    report = IdentityReport.objects.create(
        person=first, ledger_id=uuid4(), reported_by=far.embedded, reported_at=b.NOW
    )
    return {"pair": pair.pk, "merge": merge.pk, "choice": choice.pk, "report": report.pk}
