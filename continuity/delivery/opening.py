"""Where a notice leads: the page of what it is about, which asks for the right once more."""

from datetime import datetime

from django.urls import reverse

from continuity.agencies.models import Membership
from continuity.disclosures.alerts import crisis_alerts
from continuity.disclosures.models import LedgerEntry
from continuity.disclosures.own_work import readable_amendments
from continuity.errors import NotFound
from continuity.notices.models import Notice

_K = Notice.Kind
# Pages that stand under the id of what the notice is about.
_PAGES: dict[str, str] = {
    _K.TRANSFER_OFFERED: "transfer",
    _K.TRANSFER_ANSWERED: "transfer",
    _K.LINKAGE_SENT: "linkage",
    _K.LINKAGE_CHANGED: "linkage",
    _K.LINKAGE_UNACKNOWLEDGED: "linkage",
    _K.LINK_PROPOSED: "team_link",
    _K.LINK_STALE: "team_link",
    _K.FOLLOW_UP_DUE: "follow_up",
    _K.FOLLOW_UP_OVERDUE: "follow_up",
    _K.DRAFT_UNFINISHED: "contact_draft",
    _K.DRAFT_OVERDUE: "contact_draft",
    _K.FLAG_PROPOSED: "flag",
    _K.FLAG_EXPIRING: "flag",
    _K.PLAN_SUBMITTED: "plan",
    _K.CONSENT_EXPIRING: "admin:consent",
    _K.SUSPENSION_UNPAPERED: "admin:consent",
    _K.EVENT_TO_ASK: "admin:consent",
    _K.EMERGENCY_ASKED: "emergency_answer",
    _K.EMERGENCY_ANSWERED: "emergency",
    _K.EMERGENCY_REVIEW: "admin:emergency_case",
    _K.ACCOUNTING_DUE: "admin:accounting",
    _K.IDENTITY_REPORTED: "admin:identity_report",
    _K.MERGE_TO_DECIDE: "admin:merge",
    _K.MERGE_TO_REVIEW: "admin:merge_review",
    _K.ACCOUNT_LOCKED: "admin:account_of",
    _K.ACCOUNT_SUSPENDED: "admin:account_of",
    _K.ACCOUNT_REVIEW_DUE: "admin:account_of",
}
# Pages that show whatever waits there.
_DESKS: dict[str, str] = {
    _K.OFFER_DUE: "admin:offers_due",
    _K.EMERGENCY_TO_TELL: "admin:emergencies_to_tell",
    _K.RESTRICTED_SEEN: "admin:ledger",
    _K.USE_TO_REVIEW: "admin:use",
    _K.UNMERGE_TO_SORT: "admin:rows_to_sort",
}
# An authorisation that ended and a record that changed at another agency, or was another person's, have no page here:
# the next look-up says what may be known now. A failing ledger is mended by whoever runs the site.
WITHOUT_PAGE = frozenset({_K.AUTHORISATION_ENDED, _K.RECORD_CHANGED, _K.WRONG_PERSON, _K.LEDGER_FAILING})


def place_of(by: Membership, notice: Notice, at: datetime) -> str:
    """The address of what a notice is about. Raises NotFound when nothing may be opened (any more)."""
    if notice.kind == _K.CRISIS_CONTACT:
        return _place_of_crisis(by, notice, at)
    if notice.kind in _DESKS:
        return reverse(_DESKS[notice.kind])
    if notice.kind == _K.AMENDMENT_DUE:
        readable = readable_amendments(by, at).filter(pk=notice.subject_id)
        contact_id = readable.values_list("contact", flat=True).first()
        return _reverse("contact", contact_id) if contact_id else _nothing()
    if notice.kind in _PAGES:
        return _reverse(_PAGES[notice.kind], notice.subject_id)
    return _nothing()


def _place_of_crisis(by: Membership, notice: Notice, at: datetime) -> str:
    """The person's page: the right to be told of this crisis is asked, and ledgered, before the address is known."""
    alerts = crisis_alerts(by, [notice], LedgerEntry.Channel.PAGE, at)
    return _reverse("person", alerts[0].person_id) if alerts else _nothing()


def _reverse(name: str, row_id: object) -> str:
    return reverse(name, args=[row_id])


def _nothing() -> str:
    raise NotFound("not_found", "There is no such record.")
