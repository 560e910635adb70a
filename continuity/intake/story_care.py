"""What follows a made-up contact: consent, team link, referrals, promises kept or not, and what helps. Pure."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from continuity.intake import story_words as words
from continuity.intake.story_contacts import Draw, pick
from continuity.intake.story_shapes import (
    RESPONSE,
    Attempt,
    Consent,
    Contact,
    Flag,
    FollowUp,
    Linkage,
    Plan,
    TeamLink,
    Tip,
)

_DAY = timedelta(days=1)


class _Form(NamedTuple):
    """One of the county's four offers of consent."""

    instrument: str
    disclosing: tuple[str, ...]
    recipients: tuple[str, ...]
    categories: tuple[str, ...]
    purposes: tuple[str, ...]


_CARE = ("treatment", "care_coordination")
FORMS = {
    "police": _Form("hipaa_authorization", ("county",), ("police",), ("D0", "D1", "D2", "D5", "D6"), (RESPONSE,)),
    "police_and_mobile": _Form(
        "hipaa_authorization", ("county",), ("police", "mobile"), ("D0", "D1", "D2", "D5", "D6"),
        (RESPONSE, "care_coordination"),
    ),
    "care_only": _Form(
        "hipaa_authorization", ("county",), ("mobile", "clinic"), ("D0", "D1", "D2", "D3", "D5", "D6"), _CARE
    ),
    "part2_combined": _Form(
        "combined_hipaa_part2", ("county", "sud"), ("county", "clinic"), ("D0", "D1", "D2", "D4", "D5", "D6"), _CARE
    ),
}  # fmt: skip
_SCOPES = (*("police",) * 4, *("police_and_mobile",) * 3, *("care_only",) * 2, "part2_combined")


def make_consent(draw: Draw, first_met: datetime, now: datetime) -> Consent:
    """A consent signed after the first contact; some have run out, some were revoked."""
    scope = pick(draw, _SCOPES)
    room = min(now - first_met, 480 * _DAY)
    signed_at = now - room * (0.02 + 0.98 * draw() ** 1.3)
    expires_at = signed_at + pick(draw, (365, 365, 180)) * _DAY
    revoked_at = signed_at + (min(now, expires_at) - signed_at) * draw() if draw() < 0.14 else None
    form = FORMS[scope]
    return Consent(
        scope=scope,
        instrument=form.instrument,
        disclosing=form.disclosing,
        recipients=form.recipients,
        categories=form.categories,
        purposes=form.purposes,
        part2_included=scope == "part2_combined",
        signed_at=signed_at,
        expires_at=expires_at,
        revoked_at=revoked_at,
    )


_HOURS = ("Mon-Fri 8-17", "Mon-Fri 9-18", "every day 7-22", "24 hours")
_PROGRAMS = (
    ("county", "outpatient_mh", "661-555-0130"), ("county", "case_management", "661-555-0130"),
    ("county", "full_service_partnership", "661-555-0131"), ("clinic", "outpatient_mh", "661-555-0140"),
    ("clinic", "psychiatry", "661-555-0141"), ("sud", "sud_outpatient", "661-555-0150"),
)  # fmt: skip


def make_team_link(draw: Draw, first_met: datetime, now: datetime) -> TeamLink:
    """A link to a team; three in ten were not verified for more than 90 days."""
    provider, kind, line = pick(draw, _PROGRAMS)
    age = 91 + draw() * 300 if draw() < 0.3 else 1 + draw() * 88
    verified_at = now - age * _DAY
    return TeamLink(
        provider, kind, line, pick(draw, _HOURS), min(verified_at, first_met + 7 * _DAY), verified_at
    )


_KINDS = (
    ("new_outpatient_mh", "clinic"), ("new_outpatient_mh", "clinic"), ("psychiatry_medication", "clinic"),
    ("sud_treatment", "sud"), ("reconnect_existing_team", "county"), ("care_navigation_case_mgmt", "county"),
    ("crisis_stabilization", "mobile"), ("peer_support", "county"), ("primary_care", None), ("housing_shelter", None),
)  # fmt: skip
_ACCEPTED = ("sent", "received", "accepted")
_OPEN_PATHS = (
    ("sent",), ("sent",), ("sent", "received"), _ACCEPTED, (*_ACCEPTED, "waitlisted"), (*_ACCEPTED, "scheduled"),
    (*_ACCEPTED, "scheduled", "engaged"),
)  # fmt: skip
_CLOSED_PATHS = (
    *((*_ACCEPTED, "scheduled", "engaged", "completed"),) * 4,
    (*_ACCEPTED, "waitlisted", "scheduled", "engaged", "completed"), ("sent", "declined_by_recipient"),
    ("sent", "received", "declined_by_recipient"), (*_ACCEPTED, "cancelled_by_person"),
    (*_ACCEPTED, "scheduled", "unable"), (*_ACCEPTED, "waitlisted", "unable"), ("sent", "entered_in_error"),
)  # fmt: skip
_PRIORITIES = ("routine", "routine", "routine", "urgent", "urgent", "asap", "stat")


def make_linkages(draw: Draw, contacts: Sequence[Contact], now: datetime) -> tuple[Linkage, ...]:
    """Referrals from at most the last two contacts a clinician recorded."""
    clinical = [number for number, one in enumerate(contacts) if one.is_clinical]
    return tuple(_linkage(draw, number, contacts[number], now) for number in clinical[-2:] if draw() < 0.7)


def _linkage(draw: Draw, number: int, contact: Contact, now: datetime) -> Linkage:
    kind, recipient = pick(draw, _KINDS)
    if recipient == contact.agency:
        kind, recipient = "new_outpatient_mh", "clinic"
    sent_at = contact.occurred_at + timedelta(minutes=40)
    room = min(now - sent_at, 50 * _DAY)
    is_old = room > 30 * _DAY
    steps: tuple[str, ...] = ("sent",)  # an outside provider tells us nothing
    if recipient:
        steps = pick(draw, _CLOSED_PATHS if draw() < (0.85 if is_old else 0.3) else _OPEN_PATHS)
    last = room * (0.3 + 0.7 * draw())
    path = tuple((step, sent_at + last * place / max(1, len(steps) - 1)) for place, step in enumerate(steps))
    when = dict(path)
    attended_at = when.get("engaged")
    planned_at = when["scheduled"] + (2 + 12 * draw()) * _DAY if "scheduled" in when else None
    return Linkage(
        contact=number,
        kind=kind,
        recipient=recipient,
        external_provider="" if recipient else pick(draw, words.EXTERNAL_PROVIDERS),
        priority=pick(draw, _PRIORITIES),
        path=path,
        appointment_at=attended_at or planned_at,
        first_attended_at=attended_at,
    )


_WINDOWS = {"h24": 1, "h48": 2, "h72": 3, "d7": 7, "d30": 30}  # days
_WINDOW_PLACES = ("h24", "h24", "h48", "h48", "h48", "h72", "d7", "d30")
_FOLLOW_UP_KINDS = (
    "caring_contact", "caring_contact", "safety_check", "safety_check", "appointment_verification",
    "in_person_outreach", "care_navigation", "satisfaction_survey",
)  # fmt: skip
_MODES = ("call", "call", "call", "text", "visit", "video")
_MISSED = ("no_answer", "no_answer", "left_safe_message", "third_party_only", "number_invalid", "moved")
_RESULTS = (
    "connected", "connected", "connected", "partially_connected", "already_in_care", "needs_new_referral",
    "repeat_crisis",
)  # fmt: skip


def make_follow_ups(draw: Draw, contacts: Sequence[Contact], now: datetime) -> tuple[FollowUp, ...]:
    """Promises after the last three contacts a clinician recorded; the older are rarely still open."""
    clinical = [number for number, one in enumerate(contacts) if one.is_clinical]
    return tuple(_follow_up(draw, number, contacts[number], now) for number in clinical[-3:])


def _follow_up(draw: Draw, number: int, contact: Contact, now: datetime) -> FollowUp:
    window = pick(draw, _WINDOW_PLACES)
    promised_at = contact.occurred_at + timedelta(hours=1)
    due_at = promised_at + _WINDOWS[window] * _DAY
    fate = draw()
    status, result, tries = "sent", "", 0
    if due_at < now:
        if fate < 0.68:
            status, tries = "completed", 1 + int(draw() * 2)
        elif fate < 0.82:
            status, tries = "unable", 3
        else:
            tries = int(draw() * 3)  # overdue: somebody tried, or nobody did
    elif fate < 0.25:
        tries = 1
    room = min(now, due_at + _DAY) - promised_at
    times = [promised_at + room * ((place + draw()) / max(1, tries)) for place in range(tries)]
    attempts = tuple(Attempt(at, pick(draw, _MODES), pick(draw, _MISSED)) for at in times)
    if status == "completed":
        declined = draw() < 0.12
        result = "declined_services" if declined else pick(draw, _RESULTS)
        reached = Attempt(times[-1], attempts[-1].mode, "reached_declined" if declined else "reached_engaged")
        attempts = (*attempts[:-1], reached)
    elif status == "unable":
        result = pick(draw, ("lost_to_follow_up", "closed_max_attempts"))
    closed_at = None if status == "sent" else times[-1]
    kind = pick(draw, _FOLLOW_UP_KINDS)
    return FollowUp(number, kind, window, promised_at, due_at, status, result, closed_at, attempts)


def make_flags(draw: Draw, contacts: Sequence[Contact]) -> tuple[Flag, ...]:
    """At most two flags, from what was last seen; older than 90 days they have run out by the clock."""
    made: list[Flag] = []
    for number in range(len(contacts) - 1, -1, -1):
        contact = contacts[number]
        kind = contact.safety_observations[0]
        if kind not in words.FLAG_TEXTS or draw() < 0.4:
            continue
        made.append(
            Flag(
                contact=number,
                agency=contact.agency,
                kind=kind,
                severity=pick(draw, ("low", "moderate", "moderate", "high")),
                basis="reported" if kind in ("weapon_firearm", "weapon_access_reported") else "observed",
                text=words.FLAG_TEXTS[kind],
                observed_at=contact.occurred_at,
                is_approved=draw() < 0.85,
            )
        )
        if len(made) == 2:
            break
    return tuple(made)


def make_tips(draw: Draw, contacts: Sequence[Contact]) -> tuple[Tip, ...]:
    """One or two things that help, learnt at the last contact."""
    number, contact = len(contacts) - 1, contacts[-1]
    first = int(draw() * len(words.TIP_TEXTS))
    chosen = {first, (first + 3) % len(words.TIP_TEXTS)} if draw() < 0.5 else {first}
    return tuple(
        Tip(number, contact.agency, *_tip(draw, place), observed_at=contact.occurred_at)
        for place in sorted(chosen)
    )


def _tip(draw: Draw, place: int) -> tuple[str, str, str]:
    kind, text = words.TIP_TEXTS[place]
    return kind, "reported" if draw() < 0.3 else "observed", text


def make_plan(draw: Draw, contacts: Sequence[Contact], now: datetime) -> Plan | None:
    """A plan made with the person, if a clinician's agency knows them."""
    agency = next((one.agency for one in reversed(contacts) if one.is_clinical), None)
    if agency is None:
        return None
    room = min(now - contacts[0].occurred_at, 220 * _DAY)
    first = int(draw() * len(words.STRATEGIES))
    return Plan(
        agency=agency,
        strategies=tuple(words.STRATEGIES[(first + step) % len(words.STRATEGIES)] for step in range(3)),
        triggers=(pick(draw, words.TRIGGERS),),
        support_contacts=(pick(draw, words.SUPPORTERS),),
        baseline="Quiet, makes little eye contact, answers in short sentences.",
        elevated="Walks up and down and repeats questions.",
        drafted_with_person=draw() < 0.8,
        approved_at=now - room * draw(),
    )
