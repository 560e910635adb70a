"""What a line of a file comes to: the values of a record, and what it points to. Pure.

The rules by noun stand in `organisation_rows`, `person_rows`, `consent_rows` and `care_rows`. Dates become moments
where the custodian is: a period starts with its first date and ends at the *start* of its last, half-open (P-18).
What a file lacks gets the data-absent value, never a guess.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from continuity.agencies.models import Agency, Membership
from continuity.people.services import Name

LONGEST_ID = 40
FUTURE = "lies in the future"


@dataclass(frozen=True, kw_only=True)
class Surroundings:
    """What a line may refer to, and the moment of the import."""

    at: datetime
    agencies: Mapping[str, Agency] = field(default_factory=dict)
    members: Mapping[str, Membership] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Row:
    """A line understood: its id in the file, the stored values that follow from it alone, and what it points to.

    `person` and `contact` are ids of the file; `known_to` are the agencies that hereby have a record of their own;
    `derived` are values that no second reading has to repeat.
    """

    key: str
    fields: dict[str, Any]
    person: str = ""
    contact: str = ""
    known_to: tuple[UUID, ...] = ()
    derived: dict[str, Any] = field(default_factory=dict, compare=False)


@dataclass(frozen=True, kw_only=True)
class AgreementRow(Row):
    parties: frozenset[UUID]


@dataclass(frozen=True, kw_only=True)
class MemberRow(Row):
    """`key` is the user name; `member_id` is what the other files of the folder say."""

    member_id: str
    agency: UUID
    roles: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class PersonRow(Row):
    names: tuple[Name, ...]
    phones: tuple[str, ...]
    identifiers: tuple[str, ...]
    address: tuple[tuple[str, str], ...]


@dataclass(frozen=True, kw_only=True)
class ConsentRow(Row):
    recipients: frozenset[UUID]
