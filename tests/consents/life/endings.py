"""Which step the state of a paper admits, and what it makes of it: the state machine of domain 5.7. Pure."""

from datetime import datetime
from zoneinfo import ZoneInfo

from tests.consents.life.papers import Paper, Party


def is_past(paper: Paper, now: datetime) -> bool:
    return paper.last_day is not None and now.astimezone(ZoneInfo(paper.zone)).date() > paper.last_day


def may_go_on(paper: Paper, now: datetime) -> bool:
    """Whether it may still be shown or verified: not past its end, and with a scope for each recipient (L-6)."""
    return not is_past(paper, now) and all(party.categories for party in paper.parties)


def is_allowed(verb: str, paper: Paper, party: Party) -> bool:
    active = paper.state == "active"
    return {
        "return": paper.state == "proposed",
        "reject": paper.state == "proposed",
        "suspend": active and not paper.suspended,
        "lift": active and paper.suspended,
        "revoke-recipient": active and not party.revoked,
        "event": active and paper.event not in ("", "none"),
        "mark-error": paper.state != "error",
    }.get(verb, active)


def apply(verb: str, paper: Paper, party: Party, *, happened: bool) -> None:
    if verb == "revoke-recipient":
        party.revoked = True
    elif verb in ("suspend", "lift"):
        paper.suspended = verb == "suspend"
    elif verb == "return":
        paper.state, paper.signed_at = "draft", None
    elif verb == "reject":
        paper.state = "rejected"
    elif verb == "mark-error":
        paper.state = "error"
    elif verb != "event" or happened:
        paper.state = "over"
