"""The buttons of accountings: what each asks for, when it is there, and which verb it runs."""

from collections.abc import Callable

from continuity.agencies.models import Membership
from continuity.backoffice import accounting_forms as f
from continuity.backoffice.desk_forms import VersionForm
from continuity.backoffice.moves import Verb, runs
from continuity.disclosures import accounting_requests as requests
from continuity.disclosures.models import AccountingRequest, LedgerEntry
from continuity.disclosures.outside_disclosures import record_disclosure
from continuity.disclosures.suspensions import suspend_accounting

_S = AccountingRequest.State
_PREPARE = runs(requests.prepare_request, "request_id", channel=LedgerEntry.Channel.ADMIN)


def _while(*states: AccountingRequest.State) -> Callable[[Membership, AccountingRequest], bool]:
    return lambda by, asked: asked.state in states


ABOUT_PERSON = {
    "request": Verb(
        "Write down a request", "The time it is owed in runs from the day it came.",
        runs(requests.receive_request, "person_id"), "Written down. It is on the list until it is delivered.",
        f.RequestForm,
    ),
    "disclose": Verb(
        "Write down what was given outside of this service",
        "On paper or by word, by the privacy office. It enters the ledger now and cannot be changed.",
        runs(record_disclosure, "person_id"), "Written down in the ledger.", f.DiscloseForm,
    ),
    "suspend": Verb(
        "Leave an agency's entries out for a time",
        "Because it stated that an accounting would impede it (45 CFR 164.528(a)(2)). They stay in the ledger.",
        runs(suspend_accounting, "person_id"), "Written down. The entries come back by themselves when it ends.",
        f.SuspendForm, is_danger=True,
    ),
}  # fmt: skip
OF_REQUEST = {
    "prepare": Verb(
        "Prepare", "Makes the copy as the records are now; look at it before you hand it over.", _PREPARE, "Prepared.",
        f.PrepareForm, _while(_S.RECEIVED),
    ),
    "prepare-again": Verb(
        "Prepare again", "Takes the place of what was prepared before.", _PREPARE, "Prepared again.", f.PrepareForm,
        _while(_S.PREPARED),
    ),
    "deliver": Verb(
        "It was handed over", "Ends the request, and is a disclosure to the person in the ledger.",
        runs(requests.deliver_request, "request_id"), "Delivered.", f.DeliverForm, _while(_S.PREPARED),
    ),
    "extend": Verb(
        "Take more time", "Once, and before the time is over.", runs(requests.extend_request, "request_id"),
        "The time is extended. Tell the person why, in writing.", f.ExtendForm, _while(_S.RECEIVED, _S.PREPARED),
    ),
    "withdraw": Verb(
        "The person no longer wants it", "Ends the request without a copy.",
        runs(requests.withdraw_request, "request_id"), "Withdrawn.", VersionForm, _while(_S.RECEIVED, _S.PREPARED),
        is_danger=True,
    ),
}  # fmt: skip
