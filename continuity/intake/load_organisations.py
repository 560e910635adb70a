"""Write agencies, agreements and members."""

from collections.abc import Sequence
from uuid import UUID

from continuity.agencies.models import Agency, Agreement, Member, Membership
from continuity.intake import organisation_rows
from continuity.intake.cells import Cells, RowError
from continuity.intake.loading import Loader, create_recorded, values_agree
from continuity.intake.rows import AgreementRow, MemberRow, Row, Surroundings


class AgencyLoader(Loader[Row]):
    file = "agencies.csv"
    columns = ("agency_id", "name", "kind", "legal_regimes", "part2_program", "ori", "state", "timezone")

    def parse(self, cells: Cells, around: Surroundings) -> Row:
        return organisation_rows.agency(cells, around)

    def find(self, rows: Sequence[Row]) -> None:
        self.stored = {one.code: one for one in Agency.objects.filter(code__in=[row.key for row in rows])}

    def is_known(self, row: Row) -> bool:
        return row.key in self.stored

    def is_same(self, row: Row) -> bool:
        return values_agree(self.stored[row.key], row.fields)

    def write(self, rows: Sequence[Row]) -> None:
        create_recorded([Agency(code=row.key, **row.fields) for row in rows])


class AgreementLoader(Loader[AgreementRow]):
    file = "agreements.csv"
    columns = (
        "agreement_id", "kind", "party_a", "party_b", "categories", "effective_date", "expires_date",
    )  # fmt: skip

    def parse(self, cells: Cells, around: Surroundings) -> AgreementRow:
        return organisation_rows.agreement(cells, around)

    def find(self, rows: Sequence[AgreementRow]) -> None:
        stored = Agreement.objects.filter(code__in=[row.key for row in rows]).prefetch_related("parties")
        self.stored = {one.code: one for one in stored}

    def is_known(self, row: AgreementRow) -> bool:
        return row.key in self.stored

    def is_same(self, row: AgreementRow) -> bool:
        stored = self.stored[row.key]
        parties = {party.pk for party in stored.parties.all()}
        return values_agree(stored, row.fields) and (stored.version > 1 or parties == row.parties)

    def write(self, rows: Sequence[AgreementRow]) -> None:
        made = [Agreement(code=row.key, **row.fields) for row in rows]
        create_recorded(made)
        for agreement, row in zip(made, rows, strict=True):
            # Agreements are few, and the trail records `set`.
            agreement.parties.set(Agency.objects.filter(pk__in=row.parties))


class MemberLoader(Loader[MemberRow]):
    """Members are known by user name; the file's own ids hold within the folder, see `memberships`."""

    file = "members.csv"
    columns = ("member_id", "display_name", "agency_id", "roles", "username")
    optional = ("trained_until",)

    def __init__(self) -> None:
        self._names: dict[str, tuple[str, UUID]] = {}

    def parse(self, cells: Cells, around: Surroundings) -> MemberRow:
        return organisation_rows.member(cells, around)

    def find(self, rows: Sequence[MemberRow]) -> None:
        stored = Member.objects.filter(username__in=[row.key for row in rows]).prefetch_related("memberships")
        self.stored = {one.username: one for one in stored}

    def check(self, row: MemberRow) -> None:
        named = row.key, row.agency
        if self._names.setdefault(row.member_id, named) != named:
            raise RowError("member_id", "already stands for another member")

    def is_known(self, row: MemberRow) -> bool:
        return row.key in self.stored

    def is_same(self, row: MemberRow) -> bool:
        stored = self.stored[row.key]
        duties = {one.agency_id: one for one in stored.memberships.all()}
        duty = duties.get(row.agency)
        return (
            duty is not None
            and values_agree(stored, row.fields)
            and values_agree(duty, {"roles": list(row.roles)})
        )

    def write(self, rows: Sequence[MemberRow]) -> None:
        members = [Member(username=row.key, status=Member.Status.INVITED, **row.fields) for row in rows]
        for member in members:
            member.set_unusable_password()
        create_recorded(members)
        create_recorded(
            [
                Membership(member=member, agency_id=row.agency, roles=list(row.roles))
                for member, row in zip(members, rows, strict=True)
            ]
        )

    def memberships(self) -> dict[str, Membership]:
        """Whom the file's ids stand for, with member and agency."""
        names = [username for username, _ in self._names.values()]
        found = Membership.objects.filter(member__username__in=names).select_related("member", "agency")
        by_name = {(one.member.username, one.agency_id): one for one in found}
        return {key: by_name[named] for key, named in self._names.items() if named in by_name}
