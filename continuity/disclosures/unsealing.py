"""What the gate's rows hold sealed, in clear, on its way into the frozen record (S-13).

What no key opens is not shown: a sentence stands in its place, and the log names the row.
"""

import json
import logging
from collections.abc import Iterable
from typing import Any, Final

from continuity.crisis.models import ClinicalNarrative, ContactAmendment, SudSegment
from continuity.sealing import UnsealError, place_of, unseal_text

CANNOT_BE_OPENED: Final = "This text cannot be opened. Tell the administrator of this service."
_TEXTS: Final = {
    "narrative": place_of(ClinicalNarrative, "text"),
    "sud_segment": place_of(SudSegment, "text"),
}
_REMARKS: Final = {
    "addendum": place_of(ContactAmendment, "new_value"),
    "disagreement": place_of(ContactAmendment, "disagreement"),
    "rebuttal": place_of(ContactAmendment, "rebuttal"),
}
_logger = logging.getLogger(__name__)


def unsealed(rows: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """The rows of the ledgered read with their texts and remarks in clear."""
    return [_with_clear_texts(row) for row in rows]


def _with_clear_texts(row: dict[str, Any]) -> dict[str, Any]:
    body = dict(row["body"])
    if row["noun"] in _TEXTS:
        body["text"] = _clear(body["text"], _TEXTS[row["noun"]], row)
    if body.get("remarks"):
        body["remarks"] = [{**one, "text": _remark(one, row)} for one in body["remarks"]]
    return {**row, "body": body}


def _remark(remark: dict[str, Any], row: dict[str, Any]) -> str:
    text = _clear(remark["text"], _REMARKS[remark["kind"]], row)
    # An amendment keeps its value as JSON; what could not be opened is no JSON.
    return str(json.loads(text)) if remark["kind"] == "addendum" and text != CANNOT_BE_OPENED else text


def _clear(sealed: str, place: str, row: dict[str, Any]) -> str:
    try:
        return unseal_text(sealed, place=place)
    except UnsealError:
        _logger.error("a sealed text of %s %s cannot be opened by any key", row["noun"], row["id"])
        return CANNOT_BE_OPENED
