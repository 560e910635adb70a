"""A consent as its page shows it: frozen text, built from rows that were read and ledgered; no template holds a row."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from continuity.agencies.models import Agency
from continuity.backoffice.words import (
    BADGES,
    CATEGORIES,
    LANGUAGES,
    PURPOSES,
    badge_text,
    day,
    listed,
    sentence,
)
from continuity.consents.elements import Check
from continuity.consents.models import Consent, ConsentRecipient
from continuity.consents.standing import Standing
from continuity.disclosures.own_work import known_names
from continuity.errors import Invalid
from continuity.trail.models import AuditEntry

_OPEN = (Standing.ACTIVE, Standing.EXPIRING)


@dataclass(frozen=True)
class Badge:
    kind: str
    text: str


@dataclass(frozen=True)
class Line:
    """One consent in a list."""

    id: UUID
    number: str
    person_id: UUID
    person: str
    badge: Badge
    instrument: str
    recipients: str
    purposes: str


@dataclass(frozen=True)
class Party:
    id: UUID
    name: str
    told: str
    revoked_at: datetime | None


@dataclass(frozen=True)
class Step:
    """Something that happened to the consent, by whom."""

    at: datetime
    who: str
    what: str


@dataclass(frozen=True)
class Paper:
    """A document that is attached: what it is, never its bytes."""

    id: UUID
    kind: str
    media_type: str
    kilobytes: int
    sha256: str
    attached_at: datetime


@dataclass(frozen=True)
class Sheet:
    """Everything one page says of one consent."""

    id: UUID
    number: str
    version: int
    person_id: UUID
    person: str
    status: str
    badge: Badge
    sentence: str
    instrument: str
    parties: tuple[Party, ...]
    facts: tuple[tuple[str, str], ...]
    checks: tuple[Check, ...]
    lacking: tuple[Invalid, ...]
    papers: tuple[Paper, ...]
    steps: tuple[Step, ...]
    is_suspended: bool
    asks_event: str
    is_shown: bool

    @property
    def present(self) -> int:
        return sum(check.is_there for check in self.checks)

    @property
    def may_attach(self) -> bool:
        return self.status in (Consent.Status.PROPOSED, Consent.Status.ACTIVE, Consent.Status.INACTIVE)


def names_of(person_ids: Iterable[UUID], agency_id: UUID) -> dict[UUID, str]:
    """The official name of each person as this agency may know it, in one statement."""
    rows = known_names(agency_id, person_ids).filter(use="official").order_by("-pk")
    return {
        person: f"{first} {last}".strip()
        for person, first, last in rows.values_list("person", "first", "last")
    }


def lines(consents: Sequence[Consent], at: datetime) -> tuple[Line, ...]:
    """Lines of consents that carry their recipients and custodian already; one statement more for the names."""
    agencies = {consent.custodian_id for consent in consents}  # one: the own
    names = names_of((consent.person_id for consent in consents), agencies.pop()) if agencies else {}
    return tuple(
        Line(
            id=consent.pk,
            number=consent.number,
            person_id=consent.person_id,
            person=names.get(consent.person_id, "name not known"),
            badge=badge_of(consent, at),
            instrument=consent.get_instrument_display(),
            recipients=listed(
                [_name(one) for one in consent.recipients.all() if one.revoked_at is None], "nobody"
            ),
            purposes=listed([PURPOSES.get(one, one) for one in consent.purposes], "no purpose"),
        )
        for consent in consents
    )


def badge_of(consent: Consent, at: datetime) -> Badge:
    standing = consent.standing(at)
    today = consent.custodian.local(at).date()
    return Badge(BADGES[standing][0], badge_text(standing, today, _last_day(consent)))


def sheet_of(
    consent: Consent,
    *,
    checks: Sequence[Check],
    lacking: Sequence[Invalid],
    history: Sequence[AuditEntry],
    at: datetime,
) -> Sheet:
    """The page of a consent; `history` is its rows of the trail, oldest first."""
    names = names_of([consent.person_id], consent.custodian_id)
    person = names.get(consent.person_id, "This person")
    parties = list(consent.recipients.all())
    return Sheet(
        id=consent.pk,
        number=consent.number,
        version=consent.version,
        person_id=consent.person_id,
        person=person,
        status=consent.status,
        badge=badge_of(consent, at),
        sentence=_sentence(consent, person, parties, at),
        instrument=consent.get_instrument_display(),
        parties=tuple(
            Party(one.pk, _name(one), listed([CATEGORIES[c] for c in sorted(one.categories)]), one.revoked_at)
            for one in parties
        ),
        facts=tuple(_facts(consent)),
        checks=tuple(checks),
        lacking=tuple(lacking),
        papers=tuple(
            Paper(one.pk, one.get_kind_display(), one.get_media_type_display(), -(-one.size // 1024), one.sha256,
                  one.attached_at)
            for one in consent.documents.defer("content")
        ),
        steps=tuple(step for entry in history if (step := _step(entry)) is not None),
        is_suspended=consent.suspended_at is not None,
        asks_event=consent.expiry_event if consent.expiry_event != "none" else "",
        is_shown=bool(consent.shown_text),
    )  # fmt: skip


def _last_day(consent: Consent) -> date | None:
    return consent.custodian.last_day_before(consent.expires_at) if consent.expires_at else None


def _name(recipient: ConsentRecipient) -> str:
    if recipient.agency:
        return recipient.agency.name
    if recipient.member:
        return recipient.member.display_name
    return recipient.third_party_name or "the class of treating providers"


def _sentence(consent: Consent, person: str, parties: Sequence[ConsentRecipient], at: datetime) -> str:
    standing = consent.standing(at)
    verb = (
        "allows"
        if standing in _OPEN
        else "would allow"
        if standing.value in ("draft", "proposed")
        else "allowed"
    )
    last, event = _last_day(consent), consent.expiry_event
    until = (
        f"until {day(last)}"
        if last
        else "with no end"
        if event == "none"
        else f"until {event}"
        if event
        else ""
    )
    return sentence(
        person=person,
        verb=verb,
        recipients=[_name(one) for one in parties if one.revoked_at is None],
        categories=consent.categories,
        purposes=consent.purposes,
        until=until or "with no end named",
        sud=consent.part2_included,
    )


def _facts(consent: Consent) -> Iterable[tuple[str, str]]:
    """Labels and values in reading order; what is not known says so."""
    custodian: Agency = consent.custodian
    yield "Kept by", custodian.name
    yield "Who may disclose", listed([agency.name for agency in consent.disclosing_agencies.all()], "nobody")
    yield "Information, as shown", consent.information_description or "not described"
    yield "Records", consent.get_record_window_display()
    yield "Existence may be confirmed", "yes" if consent.existence_may_be_confirmed else "no"
    yield (
        "Signed by",
        f"{consent.signer_name} ({consent.get_signer_capacity_display()})"
        if consent.signer_name
        else "nobody yet",
    )
    yield "Signed", _when(consent.signed_at, custodian)
    yield (
        "How and where",
        " - ".join(
            text
            for text in (consent.get_signature_method_display(), consent.get_collection_context_display())
            if text
        )
        or "not known",
    )
    yield "Authority", consent.authority_document or "not needed"
    yield "Witness", consent.witness_name or "none named"
    yield "Interpreter", consent.interpreter or "none named"
    language = LANGUAGES.get(consent.form_language[:2], consent.form_language)
    shown = f"{consent.form_template or 'not shown yet'}, {consent.form_version or '-'}"
    yield "Language of the form", f"{language} ({shown})"
    yield "Copy given", _when(consent.copy_given_at, custodian)
    yield "How to revoke", consent.revocation_method or "not stated"
    yield "Collected by", _member(consent.collected_by)
    yield "Understanding attested by", _member(consent.capacity_attested_by)
    yield "Approved by the clinician", _member(consent.clinician_approved_by)
    yield "Verified by", _member(consent.verified_by)
    yield "Judged by the rules", consent.pack or "not judged by a pack"
    if consent.suspended_at:
        yield (
            "Suspended",
            f"{_when(consent.suspended_at, custodian)} by {_member(consent.suspended_by)}: {consent.suspended_note}",
        )
    if consent.ended_at:
        yield "Ended", f"{_when(consent.ended_at, custodian)}, {consent.get_inactive_reason_display()}"
    if consent.ended_note:
        yield "Why it ended", consent.ended_note


def _member(member: Any) -> str:
    return member.display_name if member else "nobody yet"


def _when(at: datetime | None, custodian: Agency) -> str:
    if at is None:
        return "not known"
    local = custodian.local(at)
    return f"{day(local.date())}, {local:%H:%M}"


def _step(entry: AuditEntry) -> Step | None:
    changes = entry.changes or {}
    what = ""
    if entry.action == AuditEntry.Action.CREATE:
        what = "Begun" if entry.content_type.model == "consent" else ""
    elif "status" in changes:
        what = {
            "proposed": "Put before the person",
            "draft": "Taken back to a draft",
            "active": "Verified and put in force",
            "rejected": "Declined by the person",
            "inactive": "Ended: " + str((changes.get("inactive_reason") or ["", ""])[1]),
            "entered_in_error": "Marked as entered in error",
        }.get(str(changes["status"][1]), "")
    elif "suspended_at" in changes:
        what = (
            "Suspension lifted"
            if changes["suspended_at"][1] in ("None", None)
            else "Suspended by the person's word"
        )
    elif "revoked_at" in changes:
        what = "Revoked toward one recipient"
    elif "clinician_approved_at" in changes:
        what = "Approved by the clinician"
    elif "signed_at" in changes:
        what = "Signature recorded"
    elif "event_asked_at" in changes:
        what = "The event has not happened yet"
    if not what:
        return None
    return Step(entry.timestamp, entry.actor.display_name if entry.actor else "the system", what)
