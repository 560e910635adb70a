"""Write one made-up story through the services, so that every rule is asked as it is in daily work."""

from datetime import datetime, timedelta
from itertools import count
from typing import Any

from continuity.agencies.models import Membership
from continuity.agencies.roles import Duty
from continuity.crisis import flags, plans
from continuity.crisis import services as crisis
from continuity.crisis.models import CrisisContact
from continuity.intake import story_shapes as told
from continuity.intake.demo_county import County
from continuity.intake.demo_forms import FormDesk
from continuity.people.models import Person
from continuity.people.services import Name, register_person
from continuity.trail.context import audit_context
from continuity.treatment.follow_ups import close_unreached, promise_follow_up, record_attempt
from continuity.treatment.linkages import answer_linkage, mark_linkage_error, record_linkage
from continuity.treatment.links import confirm_team_link
from continuity.treatment.models import Linkage

_MINUTE = timedelta(minutes=1)
_REASONS = {
    "declined_by_recipient": "No place at the moment.",
    "waitlisted": "The next free place is some weeks away.",
    "cancelled_by_person": "Sees somebody else by now.",
    "unable": "Could not be reached any more.",
}
_WRITTEN_AFTER, _FINAL_AFTER = 20 * _MINUTE, 35 * _MINUTE


class DemoWriter:
    """Writes stories into one county as of `now`, numbering the contacts of each agency."""

    def __init__(self, county: County, now: datetime) -> None:
        self.county, self.now = county, now
        self.forms = FormDesk(county)
        self._numbers = count(1)

    def write_story(
        self,
        story: told.Story,
        *,
        confidentiality: str = Person.Confidentiality.NORMAL,
        signs_every_form: bool = True,
    ) -> Person:
        """Write a person with everything told of them; `confidentiality` is the person's own wish.

        Without `signs_every_form` only the form of the first use came back signed: so it goes, and it is quicker.
        """
        left = any(one.outcome == "left_safe_message" for made in story.follow_ups for one in made.attempts)
        person = self._write_person(story.person, story.contacts[0].agency, confidentiality, left)
        contacts = [self._write_contact(contact, person, story.index) for contact in story.contacts]
        if story.consent:
            signer = f"{story.person.first} {story.person.last}"
            uses = story.consent.uses if signs_every_form else story.consent.uses[:1]
            self.forms.sign(story.consent, uses, person, signer, self.now)
        if story.team_link:
            self._write_team_link(story.team_link, person)
        for linkage in story.linkages:
            self._write_linkage(linkage, contacts[linkage.contact])
        for promise in story.follow_ups:
            self._write_follow_up(promise, contacts[promise.contact])
        for flag in story.flags:
            self._write_flag(flag, contacts[flag.contact], person)
        for tip in story.tips:
            self._write_tip(tip, contacts[tip.contact], person)
        if story.plan:
            self._write_plan(story.plan, person)
        return person

    def _write_person(
        self, somebody: told.Somebody, part: str, confidentiality: str, is_safe: bool
    ) -> Person:
        official = Name(first=somebody.first, middle=somebody.middle, last=somebody.last)
        others = [Name(use=one.use, first=one.first, last=one.last) for one in somebody.aliases]
        return register_person(
            source=self.county.agencies[part],
            names=[official, *others],
            birth_date=somebody.birth_date,
            phones=[somebody.phone] if somebody.phone else [],
            sex=somebody.sex,
            language=somebody.language,
            interpreter_needed=somebody.interpreter,
            confidentiality=confidentiality,
            # Who was left a message had said that it is safe (P-12); of the others nobody knows.
            safe_to_call=is_safe or None,
            safe_to_leave_message=is_safe or None,
        )

    def _write_contact(self, contact: told.Contact, person: Person, number: int) -> CrisisContact:
        by, when = self.county.author(contact.agency, number), contact.occurred_at
        with audit_context(member=by.member):
            draft = crisis.record_contact(
                by=by,
                person=person,
                contact_number=f"{when:%Y}-{next(self._numbers):05d}",
                occurred_at=when,
                at=when + _WRITTEN_AFTER,
                narrative=contact.narrative or "",
                sud_text=contact.sud_text or "",
                origin=contact.origin,
                modality=contact.modality,
                response_type=list(contact.response_type),
                presenting_issues=list(contact.issues),
                safety_observations=list(contact.safety_observations),
                risk_level=contact.risk_level,
                existing_treatment=contact.existing_treatment,
                disposition_primary=contact.disposition,
                diverted_from=list(contact.diverted_from),
                hold_status=contact.hold_status,
                hold_authority=contact.hold_authority,
                transport_mode=contact.transport_mode,
                transport_destination=contact.transport_destination,
                le_dispatched=contact.le_dispatched,
                referral_offered=contact.referral_offered,
                follow_up_required=contact.follow_up_required,
                operational_summary=contact.summary,
                is_part2=by.agency.is_part2_program,
            )
            final = crisis.finalise_contact(by=by, contact_id=draft.pk, at=when + _FINAL_AFTER)
        final.author, final.person = by, person  # known already; saves asking the database again
        return final

    def _write_team_link(self, link: told.TeamLink, person: Person) -> None:
        by = self.county.by_duty(link.provider, Duty.MANAGE_TEAM_LINK)[0]
        with audit_context(member=by.member):
            confirm_team_link(
                by=by,
                person=person,
                program_kind=link.program_kind,
                duty_line=link.duty_line,
                hours=link.hours,
                at=link.verified_at,
            )

    def _write_linkage(self, linkage: told.Linkage, contact: CrisisContact) -> None:
        recipient = self.county.agencies[linkage.recipient] if linkage.recipient else None
        with audit_context(member=contact.author.member):
            sent = record_linkage(
                by=contact.author,
                contact_id=contact.pk,
                kind=linkage.kind,
                recipient=recipient,
                external_provider=linkage.external_provider,
                priority=linkage.priority,
                at=linkage.requested_at,
            )
        if linkage.recipient is None:
            return
        answering = self.county.by_duty(linkage.recipient, Duty.RECORD_LINKAGE)[0]
        with audit_context(member=answering.member):
            for status, at in linkage.path[1:]:
                fields: dict[str, Any] = {"reason": _REASONS.get(status, "")}
                if status == "entered_in_error":
                    self._mark_error(sent, contact, at)
                    break
                if status == "scheduled":
                    fields |= {"appointment_at": linkage.appointment_at, "owner": answering}
                elif status == "engaged":
                    fields |= {"first_attended_at": linkage.first_attended_at}
                answer_linkage(by=answering, linkage_id=sent.pk, status=status, at=at, **fields)

    def _mark_error(self, linkage: Linkage, contact: CrisisContact, at: datetime) -> None:
        """For whoever entered it to say, and not for the recipient."""
        with audit_context(member=contact.author.member):
            mark_linkage_error(by=contact.author, linkage_id=linkage.pk, reason="Entered twice.", at=at)

    def _write_follow_up(self, promise: told.FollowUp, contact: CrisisContact) -> None:
        by = contact.author
        with audit_context(member=by.member):
            owed = promise_follow_up(
                by=by,
                contact=contact,
                kind=promise.kind,
                due_window=promise.due_window,
                at=promise.promised_at,
                assigned_to=self._helper(by),
            )
            for attempt in promise.attempts:
                reached = attempt.outcome.startswith("reached")
                record_attempt(
                    by=by,
                    follow_up_id=owed.pk,
                    mode=attempt.mode,
                    outcome=attempt.outcome,
                    at=attempt.at,
                    result=promise.result if reached else "",
                )
            if promise.status == "unable" and promise.closed_at:
                close_unreached(
                    by=by,
                    follow_up_id=owed.pk,
                    result=promise.result,
                    reason="Nobody answered." if promise.result == "lost_to_follow_up" else "",
                    at=promise.closed_at,
                )

    def _helper(self, by: Membership) -> Membership:
        """The agency's peer navigator, where it has one."""
        staff = next(one for one in self.county.staff.values() if by in one)
        return next((one for one in staff if "peer_navigator" in one.roles), by)

    def _write_flag(self, flag: told.Flag, contact: CrisisContact, person: Person) -> None:
        by = contact.author
        with audit_context(member=by.member):
            proposed = flags.propose_flag(
                by=by,
                person=person,
                kind=flag.kind,
                basis=flag.basis,
                observed_at=flag.observed_at,
                at=flag.observed_at,
                severity=flag.severity,
                text=flag.text,
                source_contact=contact,
            )
        if flag.is_approved:
            approver = self.county.approver(by, flag.agency)
            with audit_context(member=approver.member):
                flags.approve_flag(by=approver, flag_id=proposed.pk, at=contact.occurred_at)

    def _write_tip(self, tip: told.Tip, contact: CrisisContact, person: Person) -> None:
        with audit_context(member=contact.author.member):
            flags.record_tip(
                by=contact.author,
                person=person,
                kind=tip.kind,
                basis=tip.basis,
                observed_at=tip.observed_at,
                at=tip.observed_at,
                text=tip.text,
                source_contact=contact,
            )

    def _write_plan(self, plan: told.Plan, person: Person) -> None:
        author = self.county.author(plan.agency, 0)
        approver = self.county.approver(author, plan.agency)
        with audit_context(member=approver.member):
            plans.record_approved_plan(
                by=approver,
                author=author,
                person=person,
                at=plan.approved_at,
                strategies=list(plan.strategies),
                triggers=list(plan.triggers),
                support_contacts=list(plan.support_contacts),
                baseline=plan.baseline,
                elevated=plan.elevated,
                drafted_with_person=plan.drafted_with_person,
            )
