"""Agencies, agreements and members: a line in, a row out, or a RowError. Pure."""

import re

from django.contrib.auth.validators import UnicodeUsernameValidator
from django.core.exceptions import ValidationError

from continuity.agencies.models import Agency, Agreement, Category, validate_timezone
from continuity.agencies.roles import Role
from continuity.intake.cells import Cells, RowError
from continuity.intake.rows import LONGEST_ID, AgreementRow, MemberRow, Row, Surroundings

_SLUG = re.compile("[-a-zA-Z0-9_]+")


def agency(cells: Cells, around: Surroundings) -> Row:
    """An agency, active at once: that it is in the county's file is the county's word for it."""
    is_part2 = cells.yes("part2_program")
    regimes = cells.choices("legal_regimes", Agency.Regime.values, required=False)
    if is_part2 != (Agency.Regime.PART2_PROGRAM in regimes):
        raise RowError("part2_program", "does not agree with legal_regimes")
    timezone = cells.text("timezone", 40, required=True)
    try:
        validate_timezone(timezone)
    except ValidationError:
        raise RowError("timezone", "no such time zone") from None
    return Row(
        key=_slug(cells, "agency_id"),
        fields={
            "name": cells.text("name", 120, required=True),
            "kind": cells.choice("kind", Agency.Kind.values),
            "legal_regimes": regimes,
            "is_part2_program": is_part2,
            "ori": cells.text("ori", 9),
            "state": cells.text("state", 2, required=True),
            "timezone": timezone,
            "status": Agency.Status.ACTIVE,
        },
    )


def agreement(cells: Cells, around: Surroundings) -> AgreementRow:
    """An agreement of two agencies, from the start of one date to the start of the other where party_a is."""
    first = cells.known("party_a", around.agencies, "agency")
    second = cells.known("party_b", around.agencies, "agency")
    if first.pk == second.pk:
        raise RowError("party_b", "the same agency as party_a")
    effective_at = cells.start_of("effective_date", first)
    expires_at = cells.start_of("expires_date", first)
    if expires_at <= effective_at:
        raise RowError("expires_date", "not after effective_date")
    return AgreementRow(
        key=_slug(cells, "agreement_id"),
        fields={
            "kind": cells.choice("kind", Agreement.Kind.values),
            "categories": cells.choices("categories", Category.values),
            "effective_at": effective_at,
            "expires_at": expires_at,
        },
        parties=frozenset({first.pk, second.pk}),
    )


def member(cells: Cells, around: Surroundings) -> MemberRow:
    """A member with one membership, invited: nobody signs in before an administrator activates the account."""
    roles = cells.choices("roles", [role.value for role in Role])
    if Role.AUDITOR in roles and len(roles) > 1:
        raise RowError("roles", "an auditor holds no other role")
    if {Role.CONSENT_MANAGER, Role.OFFICER} <= set(roles):
        raise RowError("roles", "a consent manager is no officer")
    username = cells.text("username", 60, required=True)
    try:
        UnicodeUsernameValidator()(username)
    except ValidationError:
        raise RowError("username", "holds characters that a user name may not") from None
    trained_until = cells.day_if_any("trained_until")
    return MemberRow(
        key=username,
        member_id=cells.text("member_id", LONGEST_ID, required=True),
        fields={"display_name": cells.text("display_name", 80, required=True)}
        # A file without the column says nothing of it: what an administrator wrote here is no difference.
        | ({"trained_until": trained_until} if trained_until else {}),
        agency=cells.known("agency_id", around.agencies, "agency").pk,
        roles=tuple(roles),
    )


def _slug(cells: Cells, column: str) -> str:
    code = cells.text(column, LONGEST_ID, required=True)
    if not _SLUG.fullmatch(code):
        raise RowError(column, "holds other characters than letters, digits, hyphens and underscores")
    return code
