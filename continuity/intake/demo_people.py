"""People to try in the demo, always the same: one for each answer that a look-up can give. All are invented."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from continuity.intake.story_care import FORMS
from continuity.intake.story_shapes import (
    Alias,
    Attempt,
    Consent,
    Contact,
    Flag,
    FollowUp,
    Linkage,
    Plan,
    Somebody,
    Story,
    TeamLink,
    Tip,
)

INCIDENT = "2026-0412"


@dataclass(frozen=True)
class ToTry:
    """What to type, as whom, and what happens then; `is_answered` says whether anything is shared."""

    first: str
    last: str
    birth_date: date
    asked_by: str
    purpose: str
    expect: str
    is_answered: bool = False

    @property
    def typed_birth_date(self) -> str:
        """The birth date so that nobody can swap day and month: "3 April 1988"."""
        return f"{self.birth_date.day} {self.birth_date:%B %Y}"


_RESPONSE = "le_crisis_response"
ROSALIND = ToTry(
    "Rosalind", "Quist-Example", date(1988, 4, 3), "reyes", _RESPONSE,
    "the full card: what helps, the team's line, plan, cautions, promises", is_answered=True,
)  # fmt: skip
BASIL = ToTry(
    "Basil", "Thornwick-Example", date(1975, 9, 12), "reyes", _RESPONSE,
    "nothing to share: he revoked his consent the day before the demo began",
)  # fmt: skip
NOBODY = ToTry(
    "Juniper", "Nobody-Example", date(1990, 5, 5), "reyes", _RESPONSE,
    "nothing to share, in the very same words: there is no such person",
)  # fmt: skip
MARIA = ToTry(
    "Maria", "Garza-Example", date(1992, 7, 9), "reyes", _RESPONSE,
    "nothing to share: two women have this name and birth date",
)  # fmt: skip
INGRID = ToTry(
    "Ingrid", "Solvay-Example", date(1983, 10, 30), "reyes", _RESPONSE,
    "nothing to share: her record is restricted, whatever she signed",
)  # fmt: skip
TEODORO = ToTry(
    "Teodoro", "Lindqvist-Example", date(1969, 2, 21), "petrova", "treatment",
    "records of a 42 CFR Part 2 programme, with the notice of section 2.32", is_answered=True,
)  # fmt: skip
PEOPLE_TO_TRY = (ROSALIND, BASIL, NOBODY, MARIA, INGRID, TEODORO)


def hand_written_stories(now: datetime) -> list[tuple[Story, str]]:
    """The stories of everybody to try who exists, each with the confidentiality of the person."""
    return [
        (_rosalind(now), "normal"),
        (_basil(now), "normal"),
        (_maria(now, "661-555-0161", "es"), "normal"),
        (_maria(now, "661-555-0162", "en"), "normal"),
        (_ingrid(now), "restricted"),
        (_teodoro(now), "normal"),
    ]


def _rosalinds_contacts(now: datetime) -> tuple[Contact, ...]:
    day = timedelta(days=1)
    return (
        contact_of(
            "county", now - 300 * day, issues=("anxiety_panic",),
            summary="Could not catch her breath after bad news and thought it was her heart. Breathing together "
            "by phone helped. Wrote down three steps for the night.",
            narrative="Spoke for forty minutes. Loss in the family the week before. Sleeps little. Wants to try "
            "evening walks and to meet the outpatient team.",
        ),
        contact_of(
            "police", now - 140 * day, issues=("agitation", "trauma_grief"), disposition="treatment_team_notified",
            summary="Shouted at traffic on Orchard Street. Sat down with one officer and talked about her dog. "
            "Her team was told.",
        ),
        contact_of(
            "mobile", now - 41 * day, issues=("suicidal_ideation",), observed="fear_of_uniforms",
            disposition="transported_voluntary", journey=("mobile_team", "crisis_stabilization_unit"),
            summary="Afraid when a patrol car stopped; calmer once we stood without jackets. Went along to the "
            "crisis stabilization unit of her own will.",
            narrative="Named two reasons to go on: her sister and the dog. Preferred one voice and short pauses.",
        ),
        contact_of(
            "county", now - 9 * day, issues=("suicidal_ideation", "depression_hopelessness"),
            observed="threat_to_self", risk="moderate",
            summary="Said the nights are the hardest. Made a plan for tonight and asked to be called.",
            narrative="Fifty minutes by phone. Medication ran out on Friday; appointment wanted. Sister stays over.",
        ),
    )  # fmt: skip


def _rosalind(now: datetime) -> Story:
    day, contacts = timedelta(days=1), _rosalinds_contacts(now)
    asked, promised = contacts[3].occurred_at + timedelta(minutes=50), now - day
    return _story(
        _somebody(ROSALIND, aliases=(Alias("preferred", "Roz", "Quist-Example"),), phone="661-555-0160"),
        contacts,
        consent=told_consent(
            "police_and_mobile", now - 60 * day, disclosing=("county", "mobile"), to=("police", "psap", "mobile")
        ),
        team_link=TeamLink(
            "county", "outpatient_mh", "661-555-0130", "Mon-Fri 8-17", now - 12 * day, now - 12 * day
        ),
        linkages=(
            Linkage(
                3, "psychiatry_medication", "clinic", "", "urgent",
                tuple(
                    (state, asked + step * day)
                    for step, state in enumerate(("sent", "received", "accepted", "scheduled"))
                ),
                appointment_at=now + 4 * day, first_attended_at=None,
            ),
        ),
        follow_ups=(
            FollowUp(
                3, "safety_check", "h48", asked, asked + 2 * day, "completed", "connected", asked + day,
                (Attempt(asked + day, "call", "reached_engaged"),),
            ),
            FollowUp(3, "caring_contact", "d7", promised, promised + 7 * day, "sent", "", None, ()),
        ),
        flags=(
            _flag(contacts, 2, "fear_of_uniforms", "moderate", "Afraid of uniforms; plain jackets help."),
            _flag(contacts, 3, "threat_to_self", "high", "Spoke of hurting herself when alone at night."),
        ),
        tips=(
            _tip(contacts, 2, "no_lights_sirens", "No lights, no sirens; park around the corner."),
            _tip(contacts, 3, "one_speaker", "One person speaks, slowly; she answers after a pause."),
            _tip(contacts, 3, "topic_to_use", "Ask about Biscuit, her greyhound."),
        ),
        plan=Plan(
            "county",
            ("Say your first name; nobody is in trouble.", "Ask about Biscuit.", "Offer to call the team together."),
            ("Being touched from behind.", "Several people speaking at once."),
            ("Her sister Odile, evenings; the team's line has the number.",),
            "Quiet, makes little eye contact, answers in short sentences.",
            "Walks up and down and repeats questions.",
            drafted_with_person=True,
            approved_at=now - 30 * day,
        ),
    )  # fmt: skip


def _basil(now: datetime) -> Story:
    day = timedelta(days=1)
    contacts = (
        contact_of("mobile", now - 200 * day, issues=("housing_crisis",), disposition="transported_shelter",
                 journey=("mobile_team", "shelter"),
                 summary="Had lost his room that morning. Was driven to a warm bed for the night."),
        contact_of("county", now - 70 * day, issues=("hallucinations",),
                 summary="Heard voices in the yard and wanted somebody to check with him. Calmer after tea.",
                 narrative="Wishes to sleep through. Agreed to a first appointment."),
    )  # fmt: skip
    return _story(
        _somebody(BASIL, sex="male"),
        contacts,
        consent=told_consent("police", now - 65 * day, disclosing=("county", "mobile"), revoked_at=now - day),
        tips=(_tip(contacts, 1, "give_space", "Keep three steps away until invited closer."),),
    )


def _maria(now: datetime, phone: str, language: str) -> Story:
    contacts = (
        contact_of("county", now - timedelta(days=33), issues=("family_conflict",),
                 summary="An argument at home had grown loud; everybody wanted it to stop."),
    )  # fmt: skip
    return _story(
        _somebody(MARIA, phone=phone, language=language),
        contacts,
        consent=told_consent("police", now - timedelta(days=20)),
    )


def _ingrid(now: datetime) -> Story:
    contacts = (
        contact_of("county", now - timedelta(days=25), issues=("trauma_grief",),
                 summary="It was the anniversary of a loss. Wanted company until it passed."),
    )  # fmt: skip
    return _story(_somebody(INGRID), contacts, consent=told_consent("police", now - timedelta(days=24)))


def _teodoro(now: datetime) -> Story:
    day = timedelta(days=1)
    contacts = (
        contact_of("county", now - 80 * day, issues=("substance_withdrawal",), disposition="referred_new_service",
                 summary="Was shaking and asked for medical help; paramedics looked at him on the spot.",
                 sud_text="Stopped drinking two days before. Wants a programme near his work."),
        contact_of("sud", now - 50 * day, issues=("substance_withdrawal",),

                 summary="Came by on a hard day and stayed for the evening group.",
                 sud_text="Fourth week of the evening programme; one hard day, came by himself."),
    )  # fmt: skip
    asked = contacts[0].occurred_at + timedelta(hours=1)
    states = ("sent", "received", "accepted", "scheduled", "engaged")
    return _story(
        _somebody(TEODORO, sex="male"),
        contacts,
        consent=told_consent("part2_combined", now - 45 * day),
        team_link=TeamLink("sud", "sud_outpatient", "661-555-0150", "Mon-Sat 9-20", now - 48 * day, now - 48 * day),
        linkages=(
            Linkage(0, "sud_treatment", "sud", "", "routine",
                    tuple((state, asked + 2 * step * day) for step, state in enumerate(states)),
                    appointment_at=asked + 8 * day, first_attended_at=asked + 8 * day),
        ),
    )  # fmt: skip


# How a contact of each part of the county usually goes: modality, response, origin, whether police came.
_USUAL = {
    "county": ("phone", ("call_diversion_clinician",), "call_911", "no"),
    "police": ("in_person_field", ("cit_officer",), "call_911", "yes"),
    "mobile": ("in_person_field", ("mobile_crisis_team",), "call_988", "no"),
    "sud": ("in_person_facility", ("outreach_follow_up",), "walk_in", "no"),
}


def contact_of(
    part: str,
    when: datetime,
    *,
    issues: tuple[str, ...],
    summary: str,
    disposition: str = "safety_plan_completed",
    journey: tuple[str, str] = ("none", "none"),
    observed: str = "none_observed",
    risk: str = "low",
    narrative: str | None = None,
    sud_text: str | None = None,
) -> Contact:
    modality, response_type, origin, le_dispatched = _USUAL[part]
    return Contact(
        agency=part,
        occurred_at=when,
        origin=origin,
        modality=modality,
        response_type=response_type,
        issues=issues,
        safety_observations=(observed,),
        risk_level="not_assessed" if part == "police" else risk,
        existing_treatment="connected_active" if part in ("police", "sud") else "not_connected",
        disposition=disposition,
        diverted_from=("emergency_department",) if part == "police" else ("law_enforcement_response",),
        hold_status="not_applicable",
        hold_authority="",
        transport_mode=journey[0],
        transport_destination=journey[1],
        le_dispatched=le_dispatched,
        referral_offered="yes",
        follow_up_required="no" if part == "police" else "yes",
        summary=summary,
        narrative=narrative,
        sud_text=sud_text,
    )


def _somebody(
    who: ToTry,
    *,
    sex: str = "female",
    phone: str = "",
    language: str = "en",
    aliases: tuple[Alias, ...] = (),
) -> Somebody:
    return Somebody(
        first=who.first,
        last=who.last,
        middle="",
        birth_date=who.birth_date,
        aliases=aliases,
        phone=phone,
        sex=sex,
        language=language,
        interpreter=False,
    )


def told_consent(
    scope: str,
    signed_at: datetime,
    *,
    disclosing: tuple[str, ...] = (),
    to: tuple[str, ...] = (),
    revoked_at: datetime | None = None,
) -> Consent:
    form = FORMS[scope]
    return Consent(
        scope=scope,
        instrument=form.instrument,
        disclosing=disclosing or form.disclosing,
        recipients=to or form.recipients,
        categories=form.categories,
        purposes=form.purposes,
        part2_included=scope == "part2_combined",
        signed_at=signed_at,
        expires_at=signed_at + timedelta(days=365),
        revoked_at=revoked_at,
    )


def _flag(contacts: tuple[Contact, ...], number: int, kind: str, severity: str, text: str) -> Flag:
    source = contacts[number]
    return Flag(number, source.agency, kind, severity, "observed", text, source.occurred_at, is_approved=True)


def _tip(contacts: tuple[Contact, ...], number: int, kind: str, text: str) -> Tip:
    source = contacts[number]
    return Tip(number, source.agency, kind, "observed", text, source.occurred_at)


def _story(
    person: Somebody,
    contacts: tuple[Contact, ...],
    *,
    consent: Consent,
    team_link: TeamLink | None = None,
    linkages: tuple[Linkage, ...] = (),
    follow_ups: tuple[FollowUp, ...] = (),
    flags: tuple[Flag, ...] = (),
    tips: tuple[Tip, ...] = (),
    plan: Plan | None = None,
) -> Story:
    return Story(0, person, contacts, consent, team_link, linkages, follow_ups, flags, tips, plan)
