"""A county with rows in every table about people, and how they are asked for past the gate."""

from collections.abc import Iterator
from contextlib import contextmanager
from types import SimpleNamespace
from typing import Any

from django.contrib.auth.models import Permission
from django.db import connection, models

from continuity.access.models import ConfidentialityDecision, EmergencyAccess, EmergencyAnswer
from continuity.agencies.models import Membership
from continuity.agencies.services import duty_of
from continuity.consents.models import Consent, ConsentContact, ConsentOffer
from continuity.crisis.models import Triage
from continuity.disclosures.models import Merge, MergeReview
from continuity.disclosures.second_wall import TABLES
from continuity.people.models import (
    IdentityCheck,
    PersonAddress,
    PersonIdentifier,
    PersonPhone,
    PersonStaffGrant,
    SourceRecord,
)
from continuity.trail import wall
from continuity.treatment.models import FollowUp, FollowUpAttempt, Linkage, LinkageGroupGrant
from tests import builders as b
from tests.house.pair_worlds import County, build_county, keep_elsewhere

TABLE_NAMES = sorted(model._meta.db_table for model in TABLES)


def build_walled() -> County:
    """The county at work and the clinic far away, with a row of whatever neither has written."""
    county = build_county()
    keep_elsewhere(county)
    _add_what_is_missing(county)
    return county


def _add_what_is_missing(county: County) -> None:
    cast = county.cast
    sam, agency, kim = cast.sam, cast.county, cast.kim
    PersonIdentifier.objects.create(person=sam, source=agency, value="K-1234567")
    PersonPhone.objects.create(person=sam, source=agency, number="661-555-0101")
    PersonAddress.objects.create(person=sam, source=agency, line="12 Nowhere Street", city="Kestrel")
    IdentityCheck.objects.create(person=sam, source=agency, how="known", checked_by=kim, checked_at=b.NOW)
    SourceRecord.objects.get_or_create(person=sam, defaults={"file_id": "0001"})
    ConsentContact.objects.create(consent=Consent.objects.first(), contact_id=cast.sams_contact.pk)
    ConsentOffer.objects.create(
        person=sam,
        agency=agency,
        offered_at=b.NOW,
        offered_by=kim.member,
        outcome="declined",
        context="clinic",
    )
    _add_what_a_clinician_adds(county)
    _add_what_an_office_adds(county)


def _add_what_a_clinician_adds(county: County) -> None:
    cast = county.cast
    Triage.objects.create(
        contact=cast.sams_contact, custodian=cast.county, call_type="welfare_check", weapon_in_hand="no",
        decision="clinician", decided_at=b.NOW, decided_by=cast.embedded,
    )  # fmt: skip
    linkage = Linkage.objects.first()
    team = b.referral_team(cast.clinic)
    LinkageGroupGrant.objects.create(
        group=team.group, content_object=linkage, permission=Permission.objects.get(codename="view_linkage")
    )
    FollowUpAttempt.objects.create(
        follow_up=FollowUp.objects.first(), at=b.NOW, by=cast.embedded, mode="phone", outcome="no_answer"
    )


def _add_what_an_office_adds(county: County) -> None:
    cast, privacy = county.cast, county.askers["privacy officer"]
    PersonStaffGrant.objects.create(
        user=cast.embedded.member,
        content_object=cast.sam,
        named_by=cast.county,
        permission=Permission.objects.get(codename="view_person"),
    )
    ConfidentialityDecision.objects.create(
        person=cast.sam, agency=cast.county, kind="level", level="normal", reason="Asked.", decided_at=b.NOW,
        decided_by=privacy,
    )  # fmt: skip
    MergeReview.objects.create(
        merge=Merge.objects.first(), agency=cast.county, reviewed_by=cast.kim, reviewed_at=b.NOW
    )
    emergency = EmergencyAccess.objects.first()
    emergency.asked_agencies.add(cast.county)
    EmergencyAnswer.objects.create(
        emergency=emergency, agency=cast.county, answered_by=cast.embedded, answered_at=b.NOW,
        is_released=False,
    )  # fmt: skip


def request_of(membership: Membership) -> Any:
    """A request as far as duty asks it."""
    return SimpleNamespace(user=membership.member, session={"duty": str(membership.pk), "factor": "totp"})


@contextmanager
def session_of(membership: Membership) -> Iterator[None]:
    """As the middleware opens a request, and the first question for its duty fills it."""
    membership.member.all_memberships = [membership]
    with wall.session():
        assert duty_of(request_of(membership)) == membership
        yield


def rows_by_orm(model: type[models.Model]) -> int:
    return model._default_manager.count()


def rows_by_sql(model: type[models.Model]) -> int:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT count(*) FROM {model._meta.db_table}")
        return int(cursor.fetchone()[0])


def seen() -> dict[str, tuple[int, int]]:
    """Of each table how many rows come out, by the ORM and by SQL."""
    return {model._meta.db_table: (rows_by_orm(model), rows_by_sql(model)) for model in TABLES}


def some(counted: dict[str, tuple[int, int]]) -> dict[str, tuple[int, int]]:
    return {table: count for table, count in counted.items() if any(count)}
