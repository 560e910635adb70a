"""Write people with their names, numbers and match keys."""

from collections.abc import Sequence

from continuity.agencies.models import Agency
from continuity.intake import person_rows
from continuity.intake.cells import Cells
from continuity.intake.loading import AT_ONCE, Loader, create_recorded, values_agree
from continuity.intake.rows import PersonRow, Surroundings
from continuity.people.comparisons import ask_to_compare
from continuity.people.index import rekey_all
from continuity.people.models import (
    DuplicatePair,
    Person,
    PersonAddress,
    PersonIdentifier,
    PersonName,
    PersonPhone,
    SourceRecord,
)
from continuity.people.services import Name

_PARTS = ("personname_set", "personphone_set", "personidentifier_set", "personaddress_set")


class PersonLoader(Loader[PersonRow]):
    """People of the index: that `source` lists somebody does not yet make them its own (see `PersonAgency`)."""

    file = "people.csv"
    columns = (
        "person_id", "first_name", "middle_name", "last_name", "suffix", "aliases", "dob", "sex",
        "phone", "address", "city", "state", "zip", "external_ids",
    )  # fmt: skip

    def __init__(self, source: Agency) -> None:
        self._source = source

    def parse(self, cells: Cells, around: Surroundings) -> PersonRow:
        return person_rows.person(cells, around)

    def find(self, rows: Sequence[PersonRow]) -> None:
        records = (
            SourceRecord.objects.filter(file_id__in=[row.key for row in rows])
            .select_related("person")
            .prefetch_related(*(f"person__{part}" for part in _PARTS))
        )
        self.stored = {record.file_id: record.person for record in records}

    def is_known(self, row: PersonRow) -> bool:
        return row.key in self.stored

    def is_same(self, row: PersonRow) -> bool:
        """Names and numbers may have been added here since; those of the file must all be there."""
        person = self.stored[row.key]
        names = {
            Name(one.first, one.last, one.middle, one.suffix, one.use) for one in person.personname_set.all()
        }
        addresses = [
            {name: getattr(one, name) for name, _ in row.address} for one in person.personaddress_set.all()
        ]
        return values_agree(person, row.fields) and (
            person.version > 1
            or (
                names.issuperset(row.names)
                and {one.number for one in person.personphone_set.all()}.issuperset(row.phones)
                and {one.value for one in person.personidentifier_set.all()}.issuperset(row.identifiers)
                and (not row.address or dict(row.address) in addresses)
            )
        )

    def write(self, rows: Sequence[PersonRow]) -> None:
        people = [(Person(identity_status=Person.IdentityStatus.ASSERTED, **row.fields), row) for row in rows]
        create_recorded([person for person, _ in people])
        SourceRecord.objects.bulk_create(
            [SourceRecord(file_id=row.key, person=person) for person, row in people], batch_size=AT_ONCE
        )
        self._write_parts(people)
        rekey_all(person.pk for person, _ in people)
        ask_to_compare([person.pk for person, _ in people], DuplicatePair.FoundBy.IMPORT)

    def _write_parts(self, people: Sequence[tuple[Person, PersonRow]]) -> None:
        source = self._source
        create_recorded(
            [
                PersonName(person=person, source=source, **vars(name))
                for person, row in people
                for name in row.names
            ]
        )
        create_recorded(
            [
                PersonPhone(person=person, source=source, number=number)
                for person, row in people
                for number in row.phones
            ]
        )
        create_recorded(
            [
                PersonIdentifier(person=person, source=source, value=value)
                for person, row in people
                for value in row.identifiers
            ]
        )
        create_recorded(
            [
                PersonAddress(person=person, source=source, **dict(row.address))
                for person, row in people
                if row.address
            ]
        )
