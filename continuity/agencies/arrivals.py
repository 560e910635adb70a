"""Who arrives with a request: a session and the memberships of its member. By hand, because every request asks both.

The ORM takes longer to write it than PostgreSQL to answer it.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from itertools import islice
from typing import Any, Final
from uuid import UUID

from django.contrib.sessions.backends.db import SessionStore as DatabaseStore
from django.db import connection

from continuity.agencies.models import Agency, Member, Membership
from continuity.trail.one_trip import Statement

_MODELS: Final[tuple[type[Membership], type[Member], type[Agency]]] = (Membership, Member, Agency)
_FIELDS = [[field.attname for field in model._meta.concrete_fields] for model in _MODELS]
_COLUMNS = ", ".join(
    f"{model._meta.db_table}.{field.column}" for model in _MODELS for field in model._meta.concrete_fields
)
_MEMBERSHIPS = """agencies_membership
JOIN agencies_member ON agencies_member.id = agencies_membership.member_id
JOIN agencies_agency ON agencies_agency.id = agencies_membership.agency_id"""
_OF_MEMBER = Statement(
    f"""SELECT {_COLUMNS} FROM {_MEMBERSHIPS}
WHERE agencies_membership.member_id = %(member)s::uuid ORDER BY agencies_agency.name""",  # nosec B608
    is_walled=False,
)
# Whose session it is says its data, which are signed; the row that sign-in writes beside it only saves a statement.
_OF_SESSION = Statement(
    f"""SELECT django_session.session_data, {_COLUMNS} FROM django_session
LEFT JOIN usersessions_usersession USING (session_key)
LEFT JOIN ({_MEMBERSHIPS}) ON agencies_membership.member_id = usersessions_usersession.user_id
WHERE session_key = %(key)s::text AND expire_date > %(now)s::timestamptz ORDER BY agencies_agency.name""",  # nosec B608
    is_walled=False,
)


class ArrivingSession(DatabaseStore):
    """As Django's, and keeps what came with it until it is first asked who arrives."""

    _brought: Sequence[Sequence[Any]] = ()

    def load_at(self, moment: datetime) -> dict[str, Any]:
        """What is kept in it, or nothing where it has run out."""
        rows = _OF_SESSION.ask({"key": self.session_key or "", "now": moment})
        if not rows:
            self._session_key = None
            return {}
        self._brought = [row[1:] for row in rows if row[1] is not None]
        return self.decode(rows[0][0])

    def take_memberships(self, member_id: UUID) -> list[Membership]:
        """The memberships that came with it; once, because they are of that moment. None of anybody else."""
        rows, self._brought = self._brought, ()
        return [found for found in _memberships_from(rows) if found.member_id == member_id]


def memberships_by_member(member_id: UUID) -> list[Membership]:
    """Every membership with its member and agency, in one statement."""
    return _memberships_from(_OF_MEMBER.ask({"member": member_id}))


def _memberships_from(rows: Iterable[Sequence[Any]]) -> list[Membership]:
    """As the ORM would have made them of these rows."""
    found = []
    for row in rows:
        values = iter(row)
        parts = [list(islice(values, len(names))) for names in _FIELDS]
        membership = Membership.from_db(connection.alias, _FIELDS[0], parts[0])
        membership.member = Member.from_db(connection.alias, _FIELDS[1], parts[1])
        membership.agency = Agency.from_db(connection.alias, _FIELDS[2], parts[2])
        found.append(membership)
    return found
