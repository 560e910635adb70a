"""Asking as a program would, at a fixed moment, and reading the ledger afterwards."""

from datetime import datetime
from typing import Any

import time_machine

from continuity.agencies.models import Membership
from continuity.disclosures.models import LedgerEntry
from tests.builders import NOW
from tests.cast import ABOUT_SAM, signed_in

URL = "/api/v1/lookups/"


def ask(by: Membership, at: datetime = NOW, **changes: Any) -> Any:
    """POST one question and return the response."""
    with time_machine.travel(at, tick=False):
        return signed_in(by).post(URL, ABOUT_SAM | changes, content_type="application/json")


def last_row() -> LedgerEntry:
    return LedgerEntry.objects.latest("id")
