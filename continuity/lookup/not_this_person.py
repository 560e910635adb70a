"""Not this person: one press on a card says that it is somebody else's, and the card is gone (P-5)."""

from datetime import datetime
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from continuity.agencies.models import Membership
from continuity.agencies.roles import Duty
from continuity.agencies.services import clinician_line
from continuity.disclosures.identity_reports import own_reports, report_wrong_person
from continuity.disclosures.models import LedgerEntry
from continuity.disclosures.readings import refuse_reading
from continuity.errors import NotFound
from continuity.lookup.emergency_door import open_if


@require_http_methods(["GET", "HEAD", "POST"])
@open_if(lambda duty: duty.has_duty(Duty.LOOK_UP))
def not_this_person(request: HttpRequest, duty: Membership, ledger_id: UUID) -> HttpResponse:
    """POST reports an answer that was given to this member; GET says that it was, and nothing of whom it showed."""
    at = timezone.now()
    if request.method == "POST":
        try:
            report_wrong_person(by=duty, ledger_id=ledger_id, at=at)
        except NotFound:
            raise _refused(duty, ledger_id, at) from None
        return redirect("not_this_person", ledger_id)
    if not own_reports(duty).filter(ledger_id=ledger_id).exists():
        raise _refused(duty, ledger_id, at)
    return render(request, "lookup/not_this_person.html", {"duty": duty, "clinician_line": clinician_line()})


def _refused(duty: Membership, ledger_id: UUID, at: datetime) -> NotFound:
    return refuse_reading(
        by=duty,
        channel=LedgerEntry.Channel.PAGE,
        at=at,
        searched=f"not this person {ledger_id}",
        category="D0",
    )
