"""Fill a migrated database with the people of a county: seeded, by COPY as the owner, in flat memory.

The facts come from the project's stories.
"""

import multiprocessing
from datetime import datetime, timedelta
from itertools import count
from typing import Any
from uuid import UUID

import psycopg

from continuity.consents.models import Consent, ConsentRecipient
from continuity.crisis.models import (
    FLAG_LIFETIME,
    LONGEST_FLAG_LIFETIME,
    ClinicalNarrative,
    CrisisContact,
    DeescalationTip,
    ResponsePlan,
    SafetyFlag,
    SudSegment,
)
from continuity.intake import story_shapes as shapes
from continuity.intake.stories import stories
from continuity.people.index import entry_of
from continuity.people.matching import NameParts, profile_of
from continuity.people.models import MatchKey, MatchProfile, Person, PersonAgency, PersonName
from continuity.treatment.models import FollowUp, Linkage, TreatmentTeamLink
from tests.bench.copying import Lines
from tests.bench.county import KINDS, County

SEED = 20_261
BATCH = 4_000  # stories between two writes


class Load:
    """Turns stories into rows; tables stand in the order that foreign keys ask for."""

    def __init__(self, county: County, now: datetime, part: int) -> None:
        self._county, self._now = county, now
        self._numbers = count(part << 40)
        self._people = Lines(
            Person,
            "id birth_date sex language interpreter_needed created_at",
            now=now,
            identity_status="verified",
        )
        self._names = Lines(PersonName, "id person_id source_id use first middle last", now=now)
        self._keys = Lines(MatchKey, "person_id key", now=now)
        self._profiles = Lines(MatchProfile, "person_id profile keys terms made_with", now=now)
        self._known_to = Lines(PersonAgency, "person_id agency_id", now=now)
        self._consents = Lines(
            Consent,
            "id person_id instrument status categories purposes part2_included starts_at signed_at expires_at"
            " ended_at inactive_reason",
            now=now,
            custodian_id=county.agencies["county"],
            signature_method="ink_scanned",
            collection_context="clinic",
        )
        self._disclosing = Lines(Consent.disclosing_agencies.through, "consent_id agency_id", now=now)
        self._recipients = Lines(
            ConsentRecipient, "id consent_id agency_id categories", now=now, kind="agency"
        )
        self._contacts = Lines(
            CrisisContact,
            "id custodian_id author_id contact_number person_id occurred_at recorded_at finalised_at origin modality"
            " response_type presenting_issues safety_observations risk_level existing_treatment disposition_primary"
            " diverted_from hold_status hold_authority transport_mode transport_destination le_dispatched"
            " referral_offered follow_up_required operational_summary is_part2",
            now=now,
            record_status="final",
        )
        self._open_lines_of_contacts(now)
        self._tables = [one for one in vars(self).values() if isinstance(one, Lines)]

    def _open_lines_of_contacts(self, now: datetime) -> None:
        self._narratives = Lines(ClinicalNarrative, "id contact_id text", now=now)
        self._sud_segments = Lines(SudSegment, "id contact_id text", now=now)
        standing = (
            "id person_id custodian_id source_contact_id kind basis source_role text first_observed_at"
            + (" last_confirmed_at expires_at is_part2")
        )
        self._flags = Lines(SafetyFlag, standing + " severity status proposed_by_id approved_by_id", now=now)
        self._tips = Lines(DeescalationTip, standing + " recorded_by_id", now=now)
        self._plans = Lines(
            ResponsePlan,
            "id person_id custodian_id strategies triggers support_contacts baseline elevated drafted_with_person"
            " author_id approved_by_id approved_at expires_at is_part2",
            now=now,
            status="active",
        )
        self._team_links = Lines(
            TreatmentTeamLink,
            "id person_id custodian_id provider_id program_kind is_part2 duty_line hours established_at"
            " last_verified_at",
            now=now,
            status="active",
        )
        self._linkages = Lines(
            Linkage,
            "id contact_id person_id custodian_id recipient_id external_provider kind is_part2 priority status"
            " requested_at appointment_at first_attended_at closed_at requested_by_id",
            now=now,
        )
        self._follow_ups = Lines(
            FollowUp,
            "id contact_id person_id custodian_id kind due_window due_at status result is_part2 closed_at",
            now=now,
        )

    def add(self, story: shapes.Story) -> None:
        """All rows of one person."""
        first_seen = min((one.occurred_at for one in story.contacts), default=self._now - timedelta(days=500))
        person = self._id(first_seen)
        self._add_person(person, story.person, first_seen)
        contacts = [(self._add_contact(person, one), one) for one in story.contacts]
        known: set[str] = {one.agency for one in story.contacts}
        known |= {one.agency for one in story.flags} | {one.agency for one in story.tips}
        if story.consent:
            known.add("county")
            self._add_consent(person, story.consent)
        if story.team_link:
            known.add(story.team_link.provider)
            self._add_team_link(person, story.team_link)
        if story.plan:
            known.add(story.plan.agency)
            self._add_plan(person, story.plan)
        for linkage in story.linkages:
            if linkage.recipient:
                known.add(linkage.recipient)
            self._add_linkage(person, linkage, *contacts[linkage.contact])
        for follow_up in story.follow_ups:
            self._add_follow_up(person, follow_up, *contacts[follow_up.contact])
        for flag in story.flags:
            self._add_flag(person, flag, contacts[flag.contact][0])
        for tip in story.tips:
            self._add_tip(person, tip, contacts[tip.contact][0])
        for part in sorted(known):
            self._known_to.add(person_id=person, agency_id=self._county.agencies[part])

    def write(self, connection: psycopg.Connection[Any]) -> int:
        """Send what waits, in one commit; says how many rows that were."""
        with connection.cursor() as cursor:
            rows = sum(table.write(cursor) for table in self._tables)
        connection.commit()
        return rows

    def _id(self, at: datetime) -> str:
        """As `ids.uuid7`, but the same on every run: a counter stands where chance does."""
        number = f"{next(self._numbers):015x}"
        stamp = f"{int(at.timestamp() * 1000):012x}"
        return f"{stamp[:8]}-{stamp[8:]}-7{number[:3]}-8{number[3:6]}-{number[6:]}000"

    def _add_person(self, person: str, who: shapes.Somebody, at: datetime) -> None:
        self._people.add(
            id=person,
            birth_date=who.birth_date,
            sex=who.sex,
            language=who.language,
            interpreter_needed=who.interpreter,
            created_at=at,
        )
        names = [("official", who.first, who.middle, who.last)]
        names += [(alias.use, alias.first, "", alias.last) for alias in who.aliases]
        for use, first, middle, last in names:
            self._names.add(
                id=self._id(at),
                person_id=person,
                source_id=self._county.agencies["county"],
                use=use,
                first=first,
                middle=middle,
                last=last,
            )
        parts = [NameParts(first, middle, last) for _, first, middle, last in names]
        kept = entry_of(UUID(person), profile_of(names=parts, birth_date=who.birth_date, sex=who.sex))
        for key in kept.keys:
            self._keys.add(person_id=person, key=key)
        self._profiles.add(
            person_id=person,
            profile=kept.profile,
            keys=list(kept.keys),
            terms=list(kept.terms),
            made_with=kept.made_with,
        )

    def _add_consent(self, person: str, consent: shapes.Consent) -> None:
        at, made = consent.signed_at, self._id(consent.signed_at)
        self._consents.add(
            id=made,
            person_id=person,
            instrument=consent.instrument,
            status="inactive" if consent.revoked_at else "active",
            categories=consent.categories,
            purposes=consent.purposes,
            part2_included=consent.part2_included,
            starts_at=at,
            signed_at=at,
            expires_at=consent.expires_at,
            ended_at=consent.revoked_at,
            inactive_reason="revoked" if consent.revoked_at else "",
        )
        for part in consent.disclosing:
            self._disclosing.add(consent_id=made, agency_id=self._county.agencies[part])
        for part in consent.recipients:
            self._recipients.add(
                id=self._id(at),
                consent_id=made,
                agency_id=self._county.agencies[part],
                categories=consent.categories,
            )

    def _add_contact(self, person: str, contact: shapes.Contact) -> str:
        at, made = contact.occurred_at, self._id(contact.occurred_at)
        self._contacts.add(
            id=made,
            custodian_id=self._county.agencies[contact.agency],
            author_id=self._county.authors[contact.agency],
            contact_number=made,
            person_id=person,
            occurred_at=at,
            recorded_at=at,
            finalised_at=at,
            origin=contact.origin,
            modality=contact.modality,
            response_type=contact.response_type,
            presenting_issues=contact.issues,
            safety_observations=contact.safety_observations,
            risk_level=contact.risk_level,
            existing_treatment=contact.existing_treatment,
            disposition_primary=contact.disposition,
            diverted_from=contact.diverted_from,
            hold_status=contact.hold_status,
            hold_authority=contact.hold_authority,
            transport_mode=contact.transport_mode,
            transport_destination=contact.transport_destination,
            le_dispatched=contact.le_dispatched,
            referral_offered=contact.referral_offered,
            follow_up_required=contact.follow_up_required,
            operational_summary=contact.summary,
            is_part2=contact.agency == "sud",
        )
        if contact.narrative is not None:
            self._narratives.add(id=self._id(at), contact_id=made, text=contact.narrative)
        if contact.sud_text is not None:
            self._sud_segments.add(id=self._id(at), contact_id=made, text=contact.sud_text)
        return made

    def _standing(self, person: str, one: shapes.Flag | shapes.Tip, contact: str) -> dict[str, object]:
        return {
            "id": self._id(one.observed_at),
            "person_id": person,
            "custodian_id": self._county.agencies[one.agency],
            "source_contact_id": contact,
            "kind": one.kind,
            "basis": one.basis,
            "source_role": KINDS[one.agency][1],
            "text": one.text,
            "first_observed_at": one.observed_at,
            "last_confirmed_at": one.observed_at,
            "expires_at": one.observed_at + FLAG_LIFETIME,
            "is_part2": one.agency == "sud",
        }

    def _add_flag(self, person: str, flag: shapes.Flag, contact: str) -> None:
        self._flags.add(
            **self._standing(person, flag, contact),
            severity=flag.severity,
            status="active" if flag.is_approved else "proposed",
            proposed_by_id=self._county.authors[flag.agency],
            approved_by_id=self._county.approvers[flag.agency] if flag.is_approved else None,
        )

    def _add_tip(self, person: str, tip: shapes.Tip, contact: str) -> None:
        self._tips.add(
            **self._standing(person, tip, contact), recorded_by_id=self._county.authors[tip.agency]
        )

    def _add_plan(self, person: str, plan: shapes.Plan) -> None:
        self._plans.add(
            id=self._id(plan.approved_at),
            person_id=person,
            custodian_id=self._county.agencies[plan.agency],
            strategies=plan.strategies,
            triggers=plan.triggers,
            support_contacts=plan.support_contacts,
            baseline=plan.baseline,
            elevated=plan.elevated,
            drafted_with_person=plan.drafted_with_person,
            author_id=self._county.authors[plan.agency],
            approved_by_id=self._county.approvers[plan.agency],
            approved_at=plan.approved_at,
            expires_at=plan.approved_at + LONGEST_FLAG_LIFETIME,
            is_part2=plan.agency == "sud",
        )

    def _add_team_link(self, person: str, link: shapes.TeamLink) -> None:
        provider = self._county.agencies[link.provider]
        self._team_links.add(
            id=self._id(link.established_at),
            person_id=person,
            custodian_id=provider,
            provider_id=provider,
            program_kind=link.program_kind,
            is_part2=link.provider == "sud",
            duty_line=link.duty_line,
            hours=link.hours,
            established_at=link.established_at,
            last_verified_at=link.verified_at,
        )

    def _add_linkage(
        self, person: str, linkage: shapes.Linkage, contact: str, source: shapes.Contact
    ) -> None:
        status, at = linkage.path[-1]
        self._linkages.add(
            id=self._id(linkage.requested_at),
            contact_id=contact,
            person_id=person,
            custodian_id=self._county.agencies[source.agency],
            recipient_id=self._county.agencies[linkage.recipient] if linkage.recipient else None,
            external_provider=linkage.external_provider,
            kind=linkage.kind,
            is_part2=linkage.kind in Linkage.SUD_KINDS or linkage.recipient == "sud",
            priority=linkage.priority,
            status=status,
            requested_at=linkage.requested_at,
            appointment_at=linkage.appointment_at,
            first_attended_at=linkage.first_attended_at,
            closed_at=at if status in ("completed", "declined_by_recipient", "unable") else None,
            requested_by_id=self._county.authors[source.agency],
        )

    def _add_follow_up(
        self, person: str, promise: shapes.FollowUp, contact: str, source: shapes.Contact
    ) -> None:
        self._follow_ups.add(
            id=self._id(promise.promised_at),
            contact_id=contact,
            person_id=person,
            custodian_id=self._county.agencies[source.agency],
            kind=promise.kind,
            due_window=promise.due_window,
            due_at=promise.due_at,
            status=promise.status,
            result=promise.result,
            is_part2=source.agency == "sud",
            closed_at=promise.closed_at,
        )


def _load_part(url: str, database: str, county: County, people: int, now: datetime, part: int) -> int:
    rows = 0
    load = Load(county, now, part)
    with psycopg.connect(url, dbname=database) as connection:
        # The rows are made to fit: checking every foreign key would only double the time.
        connection.execute("SET session_replication_role = replica")
        for number, story in enumerate(stories(people, seed=SEED + part, now=now), 1):
            load.add(story)
            if number % BATCH == 0:
                rows += load.write(connection)
        return rows + load.write(connection)


def fill(url: str, database: str, county: County, people: int, now: datetime) -> int:
    """Load `people` in two processes, each with a seed of its own; says how many rows were written.

    No connection of the caller may be open: the processes are forked.
    """
    shares = [people // 2, people - people // 2]
    with multiprocessing.get_context("fork").Pool(len(shares)) as pool:
        rows = sum(
            pool.starmap(
                _load_part, [(url, database, county, share, now, part) for part, share in enumerate(shares)]
            )
        )
    with psycopg.connect(url, dbname=database, autocommit=True) as connection:
        connection.execute("VACUUM (ANALYZE)")
    return rows
