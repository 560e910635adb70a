"""The buttons of accountings: what each asks for, when it is there, and which verb it runs."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from continuity.agencies.models import Membership
from continuity.backoffice import accounting_forms as f
from continuity.disclosures import accounting_requests as requests
from continuity.disclosures.models import AccountingRequest, LedgerEntry
from continuity.disclosures.outside_disclosures import record_disclosure
from continuity.disclosures.suspensions import suspend_accounting

_S = AccountingRequest.State
_OWED = (_S.RECEIVED, _S.PREPARED)
# by whom, about which person or request, when, what was typed
Run = Callable[[Membership, UUID, datetime, dict[str, Any]], object]


@dataclass(frozen=True)
class Verb:
    label: str
    says: str
    form: type[f.AccountingForm]
    run: Run
    done: str
    states: tuple[str, ...] = ()
    is_danger: bool = False


ABOUT_PERSON = {
    "request": Verb(
        "Write down a request", "The time it is owed in runs from the day it came.", f.RequestForm,
        lambda by, person, at, said: requests.receive_request(by=by, person_id=person, at=at, **said),
        "Written down. It is on the list until it is delivered.",
    ),
    "disclose": Verb(
        "Write down what was given outside of this service",
        "On paper or by word, by the privacy office. It enters the ledger now and cannot be changed.", f.DiscloseForm,
        lambda by, person, at, said: record_disclosure(by=by, person_id=person, at=at, **said),
        "Written down in the ledger.",
    ),
    "suspend": Verb(
        "Leave an agency's entries out for a time",
        "Because it stated that an accounting would impede it (45 CFR 164.528(a)(2)). They stay in the ledger.",
        f.SuspendForm,
        lambda by, person, at, said: suspend_accounting(by=by, person_id=person, at=at, **said),
        "Written down. The entries come back by themselves when it ends.", is_danger=True,
    ),
}  # fmt: skip
OF_REQUEST = {
    "prepare": Verb(
        "Prepare", "Makes the copy as the records are now; look at it before you hand it over.", f.PrepareForm,
        lambda by, asked, at, said: requests.prepare_request(
            by=by, request_id=asked, channel=LedgerEntry.Channel.ADMIN, at=at, **said
        ),
        "Prepared.", (_S.RECEIVED,),
    ),
    "prepare-again": Verb(
        "Prepare again", "Takes the place of what was prepared before.", f.PrepareForm,
        lambda by, asked, at, said: requests.prepare_request(
            by=by, request_id=asked, channel=LedgerEntry.Channel.ADMIN, at=at, **said
        ),
        "Prepared again.", (_S.PREPARED,),
    ),
    "deliver": Verb(
        "It was handed over", "Ends the request, and is a disclosure to the person in the ledger.", f.DeliverForm,
        lambda by, asked, at, said: requests.deliver_request(by=by, request_id=asked, at=at, **said),
        "Delivered.", (_S.PREPARED,),
    ),
    "extend": Verb(
        "Take more time", "Once, and before the time is over.", f.ExtendForm,
        lambda by, asked, at, said: requests.extend_request(by=by, request_id=asked, at=at, **said),
        "The time is extended. Tell the person why, in writing.", _OWED,
    ),
    "withdraw": Verb(
        "The person no longer wants it", "Ends the request without a copy.", f.VersionForm,
        lambda by, asked, at, said: requests.withdraw_request(by=by, request_id=asked, at=at, **said),
        "Withdrawn.", _OWED, True,
    ),
}  # fmt: skip


@dataclass(frozen=True)
class Move:
    """A button that is there now, with its form."""

    name: str
    verb: Verb
    form: f.AccountingForm
    is_open: bool = False
