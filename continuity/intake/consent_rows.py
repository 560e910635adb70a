"""Consents: a line in, a row out, or a RowError. Pure."""

from datetime import datetime

from continuity.agencies.models import Agency, Category
from continuity.agencies.roles import Purpose
from continuity.consents.models import Consent
from continuity.intake.cells import Cells, RowError
from continuity.intake.rows import FUTURE, LONGEST_ID, ConsentRow, Surroundings

_STATUS_OF = {
    "active": (Consent.Status.ACTIVE, ""),
    "revoked": (Consent.Status.INACTIVE, Consent.InactiveReason.REVOKED),
    "expired": (Consent.Status.INACTIVE, Consent.InactiveReason.EXPIRED),
    "rejected": (Consent.Status.REJECTED, ""),
}


def consent(cells: Cells, around: Surroundings) -> ConsentRow:
    """A consent whose paper the agency holds: it opens the ticked categories for the named agencies, never Part 2.

    Nobody here verified it. That existence may be confirmed counts only where the file has that column.
    """
    custodian = cells.known("disclosing_agency", around.agencies, "agency")
    signed_at = cells.start_of("signed_date", custodian)
    expires_at = cells.start_of("expires_date", custodian)
    if signed_at > around.at:
        raise RowError("signed_date", FUTURE)
    if expires_at <= signed_at:
        raise RowError("expires_date", "not after signed_date")
    status, reason, ended_at = _end_of_consent(cells, around, custodian, signed_at, expires_at)
    collector = None
    if cells.text("collected_by", LONGEST_ID):
        collector = cells.known("collected_by", around.members, "member")
        if collector.agency.is_law_enforcement:
            raise RowError("collected_by", "law enforcement may not collect consents")
    context = cells.choice("collection_context", Consent.Context.values, required=False)
    if context in (Consent.Context.ON_HOLD, Consent.Context.IN_CUSTODY):
        raise RowError("collection_context", "a consent may not be signed on a hold or in custody")
    codes = cells.texts("recipients", LONGEST_ID)
    if not codes or any(code not in around.agencies for code in codes):
        raise RowError("recipients", "unknown agency" if codes else "missing")
    return ConsentRow(
        key=cells.text("consent_id", 60, required=True),
        person=cells.text("person_id", 60, required=True),
        known_to=(custodian.pk,),
        fields={
            "custodian_id": custodian.pk,
            "instrument": cells.choice("instrument", Consent.Instrument.values),
            "status": status,
            "inactive_reason": reason,
            "ended_at": ended_at,
            "categories": cells.choices("categories", Category.values),
            "existence_may_be_confirmed": cells.yes("existence_may_be_confirmed", required=False),
            "part2_included": cells.yes("part2_included"),
            "purposes": cells.choices("purposes", [purpose.value for purpose in Purpose]),
            "starts_at": signed_at,
            "signed_at": signed_at,
            "expires_at": expires_at,
            "signature_method": Consent.SignatureMethod.HELD_BY_SOURCE,
            "collected_by_id": collector.member_id if collector else None,
            "collection_context": context,
            "form_language": cells.text("language", 35),
        },
        recipients=frozenset(around.agencies[code].pk for code in codes),
    )


def _end_of_consent(
    cells: Cells, around: Surroundings, custodian: Agency, signed_at: datetime, expires_at: datetime
) -> tuple[str, str, datetime | None]:
    """Status, why inactive, and since when; the file's word must agree with its own dates."""
    word = cells.choice("status", _STATUS_OF)
    status, reason = _STATUS_OF[word]
    starts = cells.start_of if word == "revoked" else cells.start_if_any
    revoked_at = starts("revoked_date", custodian)
    if revoked_at and word != "revoked":
        raise RowError("revoked_date", "only a revoked consent has one")
    if revoked_at and revoked_at < signed_at:
        raise RowError("revoked_date", "before signed_date")
    if revoked_at and revoked_at > around.at:
        raise RowError("revoked_date", FUTURE)
    if word == "expired" and expires_at > around.at:
        raise RowError("expires_date", FUTURE)
    return status, reason, revoked_at or (expires_at if word == "expired" else None)
