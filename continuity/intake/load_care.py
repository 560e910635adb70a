"""Write contacts, consents, team links, linkages and follow-ups: facts of one agency about one person."""

from collections.abc import Iterable, Sequence
from typing import Any, ClassVar
from uuid import UUID

from django.db.models import QuerySet
from django.db.models.functions import Coalesce

from continuity.agencies import grants
from continuity.agencies.models import Agency
from continuity.agencies.services import referral_team
from continuity.consents.endings import end_as_its_source_says
from continuity.consents.models import Consent, ConsentRecipient
from continuity.crisis.models import CrisisContact
from continuity.intake import care_rows, consent_rows
from continuity.intake.cells import Cells, RowError
from continuity.intake.loading import AT_ONCE, Loader, R, create_recorded, note_own_records, values_agree
from continuity.intake.rows import ConsentRow, Row, Surroundings
from continuity.people.models import SourceRecord
from continuity.trail.models import Recorded
from continuity.treatment.models import FollowUp, Linkage, TaskStatus, TreatmentTeamLink


class FactLoader(Loader[R]):
    """What these nouns share: an id within the file, a person, sometimes a contact, agencies that now know."""

    model: ClassVar[type[Recorded]]
    key_field: ClassVar[str] = "external_id"

    def find(self, rows: Sequence[R]) -> None:
        self._people = people_of({row.person for row in rows if row.person})
        self._contacts = contacts_of({row.contact for row in rows if row.contact})
        self.stored = self.find_stored([row.key for row in rows])

    def find_stored(self, keys: Sequence[str]) -> dict[str, Any]:
        # All custodians: an id that comes back under another one is the same row gone wrong.
        stored = self.rows_there().filter(
            custodian__in=list(Agency.objects.values_list("pk", flat=True)), **{f"{self.key_field}__in": keys}
        )
        return {getattr(one, self.key_field): one for one in stored.exclude(**{self.key_field: ""})}

    def rows_there(self) -> QuerySet[Any]:
        return self.model._default_manager.all()

    def check(self, row: R) -> None:
        if row.person and row.person not in self._people:
            raise RowError("person_id", "unknown person")
        if row.contact and row.contact not in self._contacts:
            raise RowError("contact_id", "unknown contact")
        if row.contact and self._contacts[row.contact][1] != self._people.get(row.person):
            raise RowError("person_id", "not the person of the contact")

    def is_known(self, row: R) -> bool:
        return row.key in self.stored

    def is_same(self, row: R) -> bool:
        return values_agree(self.stored[row.key], row.fields | self._references(row))

    def write(self, rows: Sequence[R]) -> None:
        self.write_facts(rows)

    def write_facts(self, rows: Sequence[R]) -> list[Any]:
        made = [
            self.model(**{self.key_field: row.key}, **row.fields, **row.derived, **self._references(row))
            for row in rows
        ]
        create_recorded(made)
        note_own_records(
            (self._people[row.person], agency) for row in rows if row.person for agency in row.known_to
        )
        return made

    def _references(self, row: R) -> dict[str, UUID | None]:
        person: dict[str, UUID | None] = {"person_id": self._people[row.person] if row.person else None}
        return person | ({"contact_id": self._contacts[row.contact][0]} if row.contact else {})


class ContactLoader(FactLoader[Row]):
    file = "contacts.csv"
    columns = (
        "contact_id", "person_id", "custodian_agency", "author_member", "occurred_at", "origin", "modality",
        "response_type", "presenting_issues", "safety_observations", "disposition_primary", "diverted_from",
        "hold_status", "transport_destination", "le_dispatched", "incident_ref", "location_area",
        "operational_summary", "source_event_id", "source_event_type", "source_apprehension_made",
    )  # fmt: skip
    model = CrisisContact
    key_field = "contact_number"

    def parse(self, cells: Cells, around: Surroundings) -> Row:
        return care_rows.contact(cells, around)

    def find(self, rows: Sequence[Row]) -> None:
        super().find(rows)
        # Numbers given here are unique in an agency only: another agency's contact may bear the same one.
        own = {(row.key, row.fields["custodian_id"]) for row in rows}
        self.stored = {
            number: one
            for number, one in self.stored.items()
            if one.source_facts or (number, one.custodian_id) in own
        }


class ConsentLoader(FactLoader[ConsentRow]):
    file = "consents.csv"
    columns = (
        "consent_id", "person_id", "disclosing_agency", "instrument", "recipients", "categories", "purposes",
        "part2_included", "signed_date", "expires_date", "status", "revoked_date", "collected_by",
        "collection_context", "language",
    )  # fmt: skip
    optional = ("existence_may_be_confirmed",)
    model = Consent

    def parse(self, cells: Cells, around: Surroundings) -> ConsentRow:
        return consent_rows.consent(cells, around)

    def rows_there(self) -> QuerySet[Any]:
        return super().rows_there().prefetch_related("recipients")

    def is_same(self, row: ConsentRow) -> bool:
        stored = self.stored[row.key]
        recipients = {one.agency_id for one in stored.recipients.all()}
        return super().is_same(row) and (stored.version > 1 or recipients == row.recipients)

    def end(self, row: ConsentRow) -> bool:
        """A consent that the file now calls revoked or expired ends here too, whatever else was edited (L-10)."""
        stored = self.stored[row.key]
        if (stored.status, row.fields["status"]) != (Consent.Status.ACTIVE, Consent.Status.INACTIVE):
            return False
        end_as_its_source_says(
            consent_id=stored.pk, reason=row.fields["inactive_reason"], ended_at=row.fields["ended_at"]
        )
        return True

    def write(self, rows: Sequence[ConsentRow]) -> None:
        consents = self.write_facts(rows)
        disclosing = Consent.disclosing_agencies.through
        disclosing._default_manager.bulk_create(
            [disclosing(consent_id=one.pk, agency_id=one.custodian_id) for one in consents],
            batch_size=AT_ONCE,
        )
        create_recorded(
            [
                ConsentRecipient(
                    consent=consent,
                    kind=ConsentRecipient.Kind.AGENCY,
                    agency_id=agency,
                    categories=consent.categories,
                )
                for consent, row in zip(consents, rows, strict=True)
                for agency in sorted(row.recipients)
            ]
        )


class TeamLinkLoader(FactLoader[Row]):
    file = "team_links.csv"
    columns = (
        "link_id", "person_id", "provider_agency", "clinician_member", "program_kind", "part2_source",
        "duty_line", "hours", "status", "verified_date",
    )  # fmt: skip
    model = TreatmentTeamLink

    def parse(self, cells: Cells, around: Surroundings) -> Row:
        return care_rows.team_link(cells, around)


class LinkageLoader(FactLoader[Row]):
    file = "linkages.csv"
    columns = (
        "linkage_id", "contact_id", "person_id", "requesting_agency", "recipient_agency", "kind", "status",
        "requested_date",
    )  # fmt: skip
    model = Linkage

    def parse(self, cells: Cells, around: Surroundings) -> Row:
        return care_rows.linkage(cells, around)

    def write(self, rows: Sequence[Row]) -> None:
        """An open linkage may be answered by the recipient's referral team, when it has named one."""
        linkages = self.write_facts(rows)
        recipients = Agency.objects.in_bulk({one.recipient_id for one in linkages})
        teams = {pk: referral_team(agency) for pk, agency in recipients.items()}
        for linkage in linkages:
            team = teams[linkage.recipient_id]
            if team and linkage.closed_at is None and linkage.status != TaskStatus.DRAFT:
                grants.give(team, "answer", linkage)


class FollowUpLoader(FactLoader[Row]):
    file = "follow_ups.csv"
    columns = (
        "follow_up_id", "contact_id", "person_id", "assigned_agency", "kind", "due_window", "due_at",
        "status", "result", "attempts",
    )  # fmt: skip
    model = FollowUp

    def parse(self, cells: Cells, around: Surroundings) -> Row:
        return care_rows.follow_up(cells, around)


def people_of(file_ids: Iterable[str]) -> dict[str, UUID]:
    """Whom a file's ids mean; somebody merged since is the one who stayed."""
    found = SourceRecord.objects.filter(file_id__in=list(file_ids))
    return dict(found.values_list("file_id", Coalesce("person__replaced_by", "person_id")))


def contacts_of(file_ids: Iterable[str]) -> dict[str, tuple[UUID, UUID | None]]:
    """Which loaded contact a file's id means, and whose it is."""
    found = CrisisContact.objects.filter(
        custodian__in=list(Agency.objects.values_list("pk", flat=True)), contact_number__in=list(file_ids)
    ).exclude(source_facts={})
    return {
        number: (pk, person) for number, pk, person in found.values_list("contact_number", "pk", "person_id")
    }
