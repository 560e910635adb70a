"""One person for each standing of a consent, so that the demo's consent desk has a day's work. All are invented."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from continuity.consents.documents import attach_document
from continuity.consents.endings import (
    invalidate_consent,
    mark_entered_in_error,
    revoke_recipient,
    suspend_consent,
)
from continuity.consents.models import Consent, ConsentOffer, SignedDocument
from continuity.consents.offers import record_offer
from continuity.consents.services import (
    activate_consent,
    approve_as_clinician,
    draft_consent,
    propose_consent,
    record_signature,
    reject_consent,
)
from continuity.intake import story_shapes as told
from continuity.intake.demo_forms import FormDesk
from continuity.intake.demo_people import contact_of, told_consent
from continuity.intake.demo_writer import DemoWriter
from continuity.intake.story_shapes import RESPONSE, Somebody, Story
from continuity.people.models import Person
from continuity.trail.context import audit_context

_DAY, _HOUR = timedelta(days=1), timedelta(hours=1)


@dataclass(frozen=True)
class AtTheDesk:
    """Somebody whose consent is just being dealt with, on the form of their one use."""

    desk: FormDesk
    person: Person
    name: str
    now: datetime

    def signed(self, days_ago: int, to: tuple[str, ...] = ("police",), **other: Any) -> Consent:
        """A consent that was signed and verified so long ago."""
        offer = told_consent("police", self.now - days_ago * _DAY, to=to)
        with audit_context(member=self.desk.collector.member):
            return self.desk.sign_form(offer, self.person, self.name, RESPONSE, to, **other)

    def drafted(self, at: datetime, **other: Any) -> Consent:
        offer = told_consent("police", at)
        words = self.desk.content(offer, self.person, RESPONSE) | other
        parties = self.desk.parties(offer, offer.recipients)
        with audit_context(member=self.desk.collector.member):
            return draft_consent(by=self.desk.collector, person=self.person, at=at, **parties, **words)

    def proposed(self, at: datetime) -> Consent:
        consent = self.drafted(at)
        with audit_context(member=self.desk.collector.member):
            return propose_consent(by=self.desk.collector, consent_id=consent.pk, at=at)

    def offered(self, at: datetime, outcome: str, note: str, consent: Consent | None = None) -> None:
        with audit_context(member=self.desk.collector.member):
            record_offer(
                by=self.desk.collector,
                person=self.person,
                outcome=outcome,
                context=Consent.Context.HOME_VISIT,
                language=self.person.language,
                note=note,
                consent=consent,
                at=at,
            )


def _draft(at_desk: AtTheDesk) -> None:
    """Begun this morning; the end and the way to revoke are still to be filled in."""
    at_desk.drafted(
        at_desk.now - 3 * _HOUR, expires_at=None, revocation_method="", states_no_conditioning=False
    )


def _proposed(at_desk: AtTheDesk) -> None:
    """Took the form home to read it."""
    consent = at_desk.proposed(at_desk.now - 4 * _DAY)
    at_desk.offered(at_desk.now - 4 * _DAY, ConsentOffer.Outcome.OFFERED, "Reads it at home.", consent)


def _to_verify(at_desk: AtTheDesk) -> None:
    """Signed yesterday with everything there is to ask: a second member has to look."""
    desk, signed_at = at_desk.desk, at_desk.now - 26 * _HOUR
    consent = at_desk.proposed(signed_at)
    with audit_context(member=desk.collector.member):
        record_signature(
            by=desk.collector,
            consent_id=consent.pk,
            attests_capacity=True,
            **desk.signature(signed_at, at_desk.name),
        )
        attach_document(
            by=desk.collector,
            consent_id=consent.pk,
            kind=SignedDocument.Kind.SIGNED_FORM,
            content=desk.paper(1, signed_at),
            at=signed_at,
        )
    with audit_context(member=desk.clinician.member):
        approve_as_clinician(by=desk.clinician, consent_id=consent.pk, at=signed_at + _HOUR)


def _expiring(at_desk: AtTheDesk) -> None:
    """A year is nearly over."""
    at_desk.signed(353)


def _suspended(at_desk: AtTheDesk) -> None:
    """Said on the telephone, nine days ago, that it should stop; the paper has not come."""
    desk, consent = at_desk.desk, at_desk.signed(80)
    with audit_context(member=desk.clinician.member):
        suspend_consent(
            by=desk.clinician,
            consent_id=consent.pk,
            note="Said on the telephone: please stop for now.",
            at=at_desk.now - 9 * _DAY,
        )


def _until_an_event(at_desk: AtTheDesk) -> None:
    """Ends when he moves away, at the latest after a year; nobody has asked yet."""
    at_desk.signed(100, expiry_event="I move out of Kestrel County")


def _revoked_toward_one(at_desk: AtTheDesk) -> None:
    """Wants the city police to know, and the sheriff no more."""
    desk, consent = at_desk.desk, at_desk.signed(150, to=("police", "sheriff"))
    recipient = consent.recipients.get(agency=desk.county.agencies["sheriff"])
    with audit_context(member=desk.collector.member):
        revoke_recipient(
            by=desk.collector,
            consent_id=consent.pk,
            recipient_id=recipient.pk,
            note="Wrote that the sheriff need not know any more.",
            at=at_desk.now - 20 * _DAY,
        )


def _superseded(at_desk: AtTheDesk) -> None:
    """Signed anew in spring, now for the 911 centre as well."""
    desk, old = at_desk.desk, at_desk.signed(200)
    offer = told_consent("police", at_desk.now - 50 * _DAY, to=("police", "psap"))
    at_desk.offered(offer.signed_at, ConsentOffer.Outcome.ACCEPTED, "Asked whether 911 could know, too.")
    words = desk.content(offer, at_desk.person, RESPONSE)
    parties = desk.parties(offer, offer.recipients)
    at, by = offer.signed_at, desk.collector
    with audit_context(member=by.member):
        new = draft_consent(by=by, person=at_desk.person, at=at, **parties, **words)
        propose_consent(by=by, consent_id=new.pk, at=at)
        signature = desk.signature(at, at_desk.name)
        record_signature(by=by, consent_id=new.pk, attests_capacity=True, **signature)
        kind = SignedDocument.Kind.SIGNED_FORM
        attach_document(by=by, consent_id=new.pk, kind=kind, content=desk.paper(2, at), at=at)
    with audit_context(member=desk.clinician.member):
        approve_as_clinician(by=desk.clinician, consent_id=new.pk, at=at)
    with audit_context(member=desk.verifier.member):
        activate_consent(by=desk.verifier, consent_id=new.pk, at=at, supersedes=[old.pk])


def _rejected(at_desk: AtTheDesk) -> None:
    """Read the form and said no; nobody outside the desk sees a difference."""
    consent = at_desk.proposed(at_desk.now - 16 * _DAY)
    with audit_context(member=at_desk.desk.collector.member):
        reject_consent(by=at_desk.desk.collector, consent_id=consent.pk)
    at_desk.offered(
        at_desk.now - 15 * _DAY, ConsentOffer.Outcome.DECLINED, "Would rather not, for now.", consent
    )


def _entered_in_error(at_desk: AtTheDesk) -> None:
    """The form was somebody else's; the privacy officer said so."""
    officer, consent = at_desk.desk.privacy_officer, at_desk.signed(30)
    with audit_context(member=officer.member):
        mark_entered_in_error(
            by=officer,
            consent_id=consent.pk,
            note="Filed under the wrong person.",
            at=at_desk.now - 29 * _DAY,
        )


def _invalidated(at_desk: AtTheDesk) -> None:
    """A guardian's paper turned out to have run out before the signature."""
    desk = at_desk.desk
    consent = at_desk.signed(
        70,
        signer_name="Agatha Lindholm-Example",
        signer_capacity=Consent.SignerCapacity.GUARDIAN,
        authority_document="Letters of guardianship, Example Superior Court",
    )
    with audit_context(member=desk.verifier.member):
        invalidate_consent(
            by=desk.verifier,
            consent_id=consent.pk,
            note="The guardianship had ended before the signature.",
            at=at_desk.now - 12 * _DAY,
        )


def _offer_due(at_desk: AtTheDesk) -> None:
    """Declined five weeks ago and may be asked once more."""
    at_desk.offered(at_desk.now - 36 * _DAY, ConsentOffer.Outcome.DECLINED, "Not today, he said.")


def _unable_then(at_desk: AtTheDesk) -> None:
    """Too unwell to decide last week; to be asked when things are calmer."""
    at_desk.offered(at_desk.now - 8 * _DAY, ConsentOffer.Outcome.UNABLE_NOW, "Slept badly, wanted to rest.")


def _in_spanish(at_desk: AtTheDesk) -> None:
    """Signed the Spanish form with an interpreter."""
    at_desk.signed(25)


# first name, last name, birth date, sex, what the contact was about, what became of the consent
_VISITORS: tuple[tuple[str, str, date, str, str, Callable[[AtTheDesk], None]], ...] = (
    ("Wilma", "Farnsworth-Example", date(1961, 3, 12), "female", "anxiety_panic", _draft),
    ("Otis", "Pemberton-Example", date(1979, 11, 6), "male", "depression_hopelessness", _proposed),
    ("Linnea", "Barlow-Example", date(1994, 6, 17), "female", "trauma_grief", _to_verify),
    ("Hector", "Marchetti-Example", date(1957, 8, 23), "male", "hallucinations", _expiring),
    ("Nadia", "Kowalczyk-Example", date(1986, 2, 9), "female", "agitation", _suspended),
    ("Silas", "Okonjo-Example", date(1972, 5, 30), "male", "housing_crisis", _until_an_event),
    ("Priya", "Ramanathan-Example", date(1999, 9, 14), "female", "suicidal_ideation", _revoked_toward_one),
    ("Leopold", "Voss-Example", date(1966, 12, 3), "male", "anxiety_panic", _superseded),
    ("Cornelia", "Ashdown-Example", date(1981, 4, 27), "female", "family_conflict", _rejected),
    ("Dmitri", "Halloran-Example", date(1990, 7, 19), "male", "agitation", _entered_in_error),
    ("Gregor", "Lindholm-Example", date(1948, 10, 8), "male", "trauma_grief", _invalidated),
    ("Tobias", "Greenleaf-Example", date(1975, 3, 21), "male", "depression_hopelessness", _offer_due),
    ("Yusuf", "Bellamy-Example", date(1988, 8, 2), "male", "suicidal_ideation", _unable_then),
    ("Consuelo", "Ibarra-Example", date(1969, 5, 15), "female", "anxiety_panic", _in_spanish),
)  # fmt: skip
SPEAKS_SPANISH = "Consuelo"
VISITORS = len(_VISITORS)


def write_desk(writer: DemoWriter) -> None:
    """Write everybody whose consent the desk has to do with, each with an earlier contact."""
    for first, last, birth_date, sex, issue, write in _VISITORS:
        speaks_spanish = first == SPEAKS_SPANISH
        somebody = Somebody(
            first=first,
            last=last,
            middle="",
            birth_date=birth_date,
            aliases=(),
            phone="",
            sex=sex,
            language="es" if speaks_spanish else "en",
            interpreter=speaks_spanish,
        )
        person = writer.write_story(_story(somebody, issue, writer.now))
        write(AtTheDesk(writer.forms, person, f"{first} {last}", writer.now))


def _story(somebody: Somebody, issue: str, now: datetime) -> Story:
    met = contact_of(
        "county",
        now - 360 * _DAY,
        issues=(issue,),
        summary="Called on a hard evening. Talked until it was calmer and wrote down whom to call next time.",
    )
    return told.Story(0, somebody, (met,), None, None, (), (), (), (), None)
