"""How the demo's county has forms signed: under California's pack, one for each use, with all that the pack asks."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from continuity.agencies.models import Agency
from continuity.agencies.roles import Duty
from continuity.consents.endings import expire_consent, revoke_consent
from continuity.consents.models import Consent
from continuity.consents.services import Recipient, record_signed_consent
from continuity.intake import story_shapes as told
from continuity.intake.demo_county import County
from continuity.intake.demo_papers import INFORMATION, INTERPRETER, LANGUAGES, REVOCATION, signed_paper
from continuity.people.models import Person
from continuity.trail.context import audit_context

_DAY = timedelta(days=1)


class FormDesk:
    """The county's consent desk: who collects, verifies, approves and releases there."""

    def __init__(self, county: County) -> None:
        self.county = county
        self.collector, self.verifier = county.by_duty("county", Duty.MANAGE_CONSENT)[:2]
        self.clinician = county.by_duty("county", Duty.APPROVE_CONSENT)[0]
        self.privacy_officer = county.by_duty("county", Duty.CORRECT_CONSENT)[0]
        self.releasing = next(one for one in county.staff["county"] if one.may_release_emergency)

    @property
    def agency(self) -> Agency:
        return self.county.agencies["county"]

    def sign(
        self, told_of: told.Consent, uses: Sequence[told.Use], person: Person, signer: str, now: datetime
    ) -> None:
        """Have the form of each of these uses signed and verified; those that ended since are ended."""
        for number, (purpose, recipients) in enumerate(uses, 1):
            consent = self.sign_form(told_of, person, signer, purpose, recipients, number)
            if told_of.revoked_at:
                self.revoke(consent, told_of.revoked_at)
            expire_consent(consent_id=consent.pk, at=now)

    def sign_form(
        self,
        told_of: told.Consent,
        person: Person,
        signer: str,
        purpose: str,
        recipients: tuple[str, ...],
        number: int = 1,
        **other: Any,
    ) -> Consent:
        """One form for one use, signed, approved by a clinician and verified by a second member."""
        parties = self.parties(told_of, recipients)
        words = self.content(told_of, person, purpose) | self.signature(told_of.signed_at, signer) | other
        with audit_context(member=self.collector.member):
            return record_signed_consent(
                by=self.collector,
                verified_by=self.verifier,
                approved_by=self.clinician,
                person=person,
                at=told_of.signed_at,
                signed_form=self.paper(number, told_of.signed_at),
                **parties,
                **words,
            )

    def revoke(self, consent: Consent, at: datetime) -> None:
        with audit_context(member=self.collector.member):
            revoke_consent(by=self.collector, consent_id=consent.pk, note="Wrote to us.", at=at)

    def parties(self, told_of: told.Consent, recipients: tuple[str, ...]) -> dict[str, Any]:
        """Who may tell, and whom."""
        agencies = self.county.agencies
        return {
            "disclosing_agencies": [agencies[part] for part in told_of.disclosing],
            "recipients": [Recipient(told_of.categories, agency=agencies[part]) for part in recipients],
        }

    def content(self, told_of: told.Consent, person: Person, purpose: str) -> dict[str, Any]:
        """What the form says. It ends with the day before the told end, at midnight in the county (P-18)."""
        language = person.language if person.language in LANGUAGES else LANGUAGES[0]
        needs_interpreter = person.interpreter_needed or person.language not in ("", language)
        return {
            "instrument": told_of.instrument,
            "categories": list(told_of.categories),
            "information_description": INFORMATION[language][told_of.scope],
            "purposes": [purpose],
            "existence_may_be_confirmed": "D0" in told_of.categories,
            "part2_included": told_of.part2_included,
            "starts_at": told_of.signed_at,
            "expires_at": self.agency.end_of(self.agency.local(told_of.expires_at).date() - _DAY),
            "revocation_method": REVOCATION[language],
            "form_language": language,
            "interpreter": INTERPRETER if needs_interpreter else "",
            "releasing_member": self.releasing.member,
            **dict.fromkeys(
                (
                    "states_right_to_revoke",
                    "states_reliance_exception",
                    "states_no_conditioning",
                    "states_redisclosure_risk",
                ),
                True,
            ),
        }

    def signature(self, signed_at: datetime, signer: str) -> dict[str, Any]:
        """What signing leaves behind."""
        return {
            "signer_name": signer,
            "signature_method": Consent.SignatureMethod.ELECTRONIC_IN_PERSON,
            "signed_at": signed_at,
            "copy_given_at": signed_at,
            "collection_context": Consent.Context.CLINIC,
        }

    def paper(self, number: int, signed_at: datetime) -> bytes:
        return signed_paper(f"{number} of the day", self.agency.local(signed_at).date())
