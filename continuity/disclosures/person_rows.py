"""Which rows are about a person, whose they are, and how all of them go to another person at once.

One statement a table, by hand: neither version nor time of a row changes, because nothing of what it says does.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from django.db import connection

from continuity.access.models import ConfidentialityDecision, EmergencyAccess, Restriction
from continuity.consents.models import Consent, ConsentOffer
from continuity.crisis.models import CrisisContact, DeescalationTip, ResponsePlan, SafetyFlag
from continuity.disclosures.models import AccountingRequest, AccountingSuspension
from continuity.people.models import (
    AboutPerson,
    IdentityCheck,
    PersonAddress,
    PersonIdentifier,
    PersonName,
    PersonPhone,
)
from continuity.trail.wall import index_keeping
from continuity.treatment.models import FollowUp, Linkage, TreatmentTeamLink

# Every kind of record about a person, and which agency says whose a row is.
KEPT_BY: Final[dict[type[AboutPerson], str]] = {
    PersonName: "source_id",
    PersonIdentifier: "source_id",
    PersonPhone: "source_id",
    PersonAddress: "source_id",
    IdentityCheck: "source_id",
    Consent: "custodian_id",
    ConsentOffer: "agency_id",
    CrisisContact: "custodian_id",
    SafetyFlag: "custodian_id",
    ResponsePlan: "custodian_id",
    DeescalationTip: "custodian_id",
    TreatmentTeamLink: "custodian_id",
    Linkage: "custodian_id",
    FollowUp: "custodian_id",
    EmergencyAccess: "agency_id",
    Restriction: "agency_id",
    ConfidentialityDecision: "agency_id",
    AccountingRequest: "agency_id",
    AccountingSuspension: "agency_id",
}
# At whose end a row makes the person one of their own, too (see `note_own_record`).
_ALSO_KNOWN_BY: Final[dict[type[AboutPerson], str]] = {
    TreatmentTeamLink: "provider_id",
    Linkage: "recipient_id",
}
# What was written about a contact is about that contact's person, and needs nobody to say so.
_ABOUT_CONTACT: Final[dict[type[AboutPerson], str]] = {
    SafetyFlag: "source_contact_id",
    DeescalationTip: "source_contact_id",
    Linkage: "contact_id",
    FollowUp: "contact_id",
}
MODELS: Final = {model._meta.db_table: model for model in KEPT_BY}


@dataclass(frozen=True)
class Row:
    """One record about a person: which, and the agency that says whose it is."""

    table: str
    id: UUID
    agency_id: UUID


def last_written(people: Collection[UUID]) -> datetime | None:
    """When the newest row about any of these people was written."""
    newest = " UNION ALL ".join(
        f"SELECT max(created_at) AS one FROM {table} WHERE person_id = ANY(%(people)s::uuid[])"  # nosec B608
        for table in MODELS
    )
    newest += (
        " UNION ALL SELECT max(since) FROM people_personagency WHERE person_id = ANY(%(people)s::uuid[])"
    )
    found: datetime | None = _asked(f"SELECT max(one) FROM ({newest}) AS newest", people=list(people))[0][0]  # nosec B608
    return found


def give_all(*, of: UUID, to: UUID) -> None:
    """Move every row of one person to another; each keeps whom it was written for."""
    for table in MODELS:
        _do(
            f"UPDATE {table} SET person_id = %(to)s::uuid, origin_id = COALESCE(origin_id, %(of)s::uuid)"
            " WHERE person_id = %(of)s::uuid",  # nosec B608
            of=of,
            to=to,
        )


def give_back(*, of: UUID, to: UUID, also: Collection[UUID]) -> None:
    """Move the rows that were written for `to`, or for somebody who belongs to them, back to `to`."""
    for table in MODELS:
        _do(
            f"UPDATE {table} SET person_id = %(to)s::uuid, origin_id = NULLIF(origin_id, %(to)s::uuid)"
            " WHERE person_id = %(of)s::uuid AND origin_id = ANY(%(whose)s::uuid[])",  # nosec B608
            of=of,
            to=to,
            whose=[to, *also],
        )


def give_some(rows: Iterable[Row], *, of: UUID, to: UUID) -> None:
    """Move single rows that were told to be about `to`."""
    by_table: dict[str, list[UUID]] = {}
    for row in rows:
        by_table.setdefault(row.table, []).append(row.id)
    numbers = PersonIdentifier._meta.db_table
    if numbers in by_table:
        by_table[numbers] = _not_theirs_yet(by_table[numbers], to)
    for table, ids in by_table.items():
        _do(
            f"UPDATE {table} SET person_id = %(to)s::uuid, origin_id = NULL"
            " WHERE person_id = %(of)s::uuid AND id = ANY(%(ids)s::uuid[])",  # nosec B608
            of=of,
            to=to,
            ids=ids,
        )


def _not_theirs_yet(numbers: Collection[UUID], person: UUID) -> list[UUID]:
    """Those of these numbers that the person does not have yet; of one that was said twice the older row stays."""
    kept: dict[tuple[str, str], PersonIdentifier] = {
        (one.system, one.value): one for one in PersonIdentifier.objects.filter(person=person, origin=None)
    }
    new = []
    for one in PersonIdentifier.objects.filter(pk__in=numbers).order_by("pk"):
        twin = kept.setdefault((one.system, one.value), one)
        if twin is one:
            new.append(one.pk)
            continue
        if twin.verified_at is None and one.verified_at is not None:
            twin.verified_at = one.verified_at
            twin.save()
        one.delete()  # the person has an identifier once; the history keeps that it was said twice
    return new


def follow_contacts(*, of: UUID, to: UUID) -> list[Row]:
    """Move what was written about contacts of `to`; say what that was."""
    moved = []
    for model, contact in _ABOUT_CONTACT.items():
        found = _asked(
            f"UPDATE {model._meta.db_table} SET person_id = %(to)s::uuid, origin_id = NULL"
            f" WHERE person_id = %(of)s::uuid AND {contact} IN"
            " (SELECT id FROM crisis_crisiscontact WHERE person_id = %(to)s::uuid)"
            f" RETURNING id, {KEPT_BY[model]}",  # nosec B608
            of=of,
            to=to,
        )
        moved += [Row(model._meta.db_table, pk, agency) for pk, agency in found]
    return moved


def written_since(person: UUID, joined: Sequence[tuple[UUID, datetime]]) -> list[Row]:
    """The rows of a person that were written for one of `joined`, since the time named with them.

    Without those about a contact: they go with it.
    """
    since = "".join(
        f" OR COALESCE(origin_id, person_id) = %(who{n})s::uuid AND created_at >= %(at{n})s::timestamptz"
        for n in range(len(joined))
    )
    rows = " UNION ALL ".join(
        f"SELECT '{model._meta.db_table}', id, {agency} FROM {model._meta.db_table}"
        f" WHERE person_id = %(person)s::uuid AND {_ABOUT_CONTACT.get(model, 'NULL')} IS NULL AND (false{since})"  # nosec B608
        for model, agency in KEPT_BY.items()
    )
    values: dict[str, Any] = {"person": person}
    for n, (who, at) in enumerate(joined):
        values |= {f"who{n}": who, f"at{n}": at}
    return [Row(*found) for found in _asked(f"{rows} ORDER BY 2", **values)]


def agencies_with_rows(person: UUID, whose: UUID, since: datetime) -> set[UUID]:
    """At whose ends a row of `person`, written for `whose` since then, makes that one their own."""
    found = " UNION ".join(
        f"SELECT {agency} FROM {model._meta.db_table} WHERE person_id = %(person)s::uuid"
        " AND COALESCE(origin_id, person_id) = %(whose)s::uuid AND created_at >= %(since)s::timestamptz"  # nosec B608
        for model, agency in (*KEPT_BY.items(), *_ALSO_KNOWN_BY.items())
        if model is not EmergencyAccess  # who asks in an emergency has no record yet
    )
    return {one for (one,) in _asked(found, person=person, whose=whose, since=since) if one}


@index_keeping("ids alone: about whom each row was written")
def whose(table: str, ids: Collection[str]) -> list[tuple[UUID, UUID | None, set[UUID]]]:
    """For whom these rows of a table were written, before any merge that stands, and at whose ends they are own."""
    model = MODELS[table]
    also = _ALSO_KNOWN_BY.get(model, "NULL::uuid")
    rows = _asked(
        f"SELECT id, COALESCE(origin_id, person_id), {KEPT_BY[model]}, {also} FROM {table}"
        " WHERE id = ANY(%(ids)s::uuid[])",  # nosec B608
        ids=list(ids),
    )
    return [(pk, person, {kept, own} - {None}) for pk, person, kept, own in rows]


def _asked(statement: str, **values: Any) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        found: list[tuple[Any, ...]] = cursor.fetchall()
        return found


def _do(statement: str, **values: Any) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
