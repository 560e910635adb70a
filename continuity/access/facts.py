"""Gather everything the policy asks about people, for one asker, as of one moment, in one statement."""

import json
from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import UUID

from continuity.access.case import EVERY_CATEGORY, Asker, ConsentFact, Custodian, EmergencyFact, Facts
from continuity.access.merged import origins_of
from continuity.people.birth_dates import latest_birth
from continuity.trail import wall
from continuity.trail.one_trip import Statement
from continuity.treatment.models import IN_CARE_OF_RECIPIENT

# `Consent.objects.in_force(at)` says the same in the ORM; tests/access holds the two together. What a merge adds, and
# when each of the facts was written down, is asked of a person only into whom somebody was merged: by a function of
# the database (disclosures/migrations/0009), so that this text and its plan stay short.
_FACTS = """
SELECT p.id, p.replaced_by_id, p.confidentiality, p.birth_date, p.birth_date_precision, p.deceased_date IS NOT NULL,
  p.identity_status <> 'unknown', p.identity_doubted_at IS NOT NULL,
  CASE WHEN EXISTS (SELECT FROM people_person z WHERE z.replaced_by_id = p.id) THEN merges_into(
    p.id, %(agency)s::uuid, %(member)s::uuid, %(membership)s::uuid, %(in_care)s::text[]) END,
  (SELECT jsonb_agg(jsonb_build_object('kind', r.kind, 'agency', r.agency_id, 'categories', r.categories))
   FROM access_restriction r
   WHERE r.person_id = p.id AND r.state = 'agreed'
     AND (r.towards_id IS NULL OR r.towards_id = %(agency)s::uuid)),
  (SELECT jsonb_agg(jsonb_build_object(
       'id', e.id, 'kind', e.kind, 'categories', COALESCE(answer.categories, e.categories),
       'custodian', answer.agency_id))
   FROM access_emergencyaccess e
   LEFT JOIN access_emergencyanswer answer ON answer.emergency_id = e.id AND answer.is_released
   WHERE e.person_id = p.id AND e.requester_id = %(membership)s::uuid AND e.state = 'released'
     AND e.starts_at <= %(at)s::timestamptz AND e.ends_at > %(at)s::timestamptz),
  (SELECT jsonb_agg(jsonb_build_object(
       'id', a.id, 'regimes', a.legal_regimes, 'part2', a.is_part2_program, 'timezone', a.timezone,
       'is_named', EXISTS (
         SELECT FROM people_personstaffgrant s
         WHERE s.content_object_id = p.id AND s.user_id = %(member)s::uuid AND s.named_by_id = a.id),
       'rules', (
         SELECT jsonb_build_object(
           'adult_from', k.rules -> 'adult_from', 'officers_see_minors', k.rules -> 'officers_see_minors',
           'look_back_days', k.rules -> 'officer_look_back_days')
         FROM agencies_policypack k
         WHERE k.code = COALESCE(NULLIF(a.policy_pack, ''), lower(a.state))
           AND k.signed_off_at <= %(at)s::timestamptz AND k.effective_at <= %(at)s::timestamptz
         ORDER BY k.effective_at DESC, k.number DESC LIMIT 1),
       'agreed', (
         SELECT jsonb_agg(DISTINCT category)
         FROM agencies_agreement g
         JOIN agencies_agreement_parties mine ON mine.agreement_id = g.id AND mine.agency_id = %(agency)s::uuid
         JOIN agencies_agreement_parties theirs ON theirs.agreement_id = g.id AND theirs.agency_id = a.id,
         unnest(g.categories) AS category
         WHERE a.id <> %(agency)s::uuid
           AND g.effective_at <= %(at)s::timestamptz AND g.expires_at > %(at)s::timestamptz)))
   FROM people_personagency own JOIN agencies_agency a ON a.id = own.agency_id
   WHERE own.person_id = p.id AND a.status = 'active'),
  (SELECT jsonb_agg(jsonb_build_object(
       'id', c.id, 'instrument', c.instrument, 'purposes', c.purposes, 'existence', c.existence_may_be_confirmed,
       'consented', c.categories, 'categories', r.categories, 'recipient', r.kind,
       'part2', c.part2_included AND c.signature_method <> 'held_by_source',
       'since', CASE c.record_window WHEN 'from_signing' THEN c.signed_at END,
       'contacts', CASE c.record_window WHEN 'specific_contacts' THEN COALESCE(
           (SELECT jsonb_agg(named.contact_id) FROM consents_consentcontact named WHERE named.consent_id = c.id),
           '[]') END,
       'disclosing', (SELECT jsonb_agg(d.agency_id) FROM consents_consent_disclosing_agencies d
                      WHERE d.consent_id = c.id)))
   FROM consents_consent c JOIN consents_consentrecipient r ON r.consent_id = c.id
   WHERE c.person_id = p.id AND c.status = 'active' AND c.suspended_at IS NULL
     AND c.starts_at <= %(at)s::timestamptz AND c.signed_at <= %(at)s::timestamptz
     AND (c.expires_at > %(at)s::timestamptz OR c.expires_at IS NULL AND c.expiry_event <> '')
     AND r.revoked_at IS NULL
     AND (r.agency_id = %(agency)s::uuid OR r.member_id = %(member)s::uuid OR r.kind = 'treating_providers')),
  EXISTS (SELECT FROM treatment_treatmentteamlink l
          WHERE l.person_id = p.id AND l.provider_id = %(agency)s::uuid AND l.status = 'active')
  OR EXISTS (SELECT FROM treatment_linkage k
             WHERE k.person_id = p.id AND k.recipient_id = %(agency)s::uuid AND k.status = ANY(%(in_care)s::text[])),
  EXISTS (SELECT FROM treatment_followup f
          WHERE f.person_id = p.id AND f.assigned_to_id = %(membership)s::uuid AND f.closed_at IS NULL)
  OR EXISTS (SELECT FROM treatment_linkage k
             WHERE k.person_id = p.id AND k.owner_id = %(membership)s::uuid AND k.closed_at IS NULL)
FROM people_person p WHERE p.id = """
# One plan is kept for one person; for an array of them PostgreSQL would plan anew each time, which takes longer than
# the answer.
_OF_ONE, _OF_ALL = (Statement(f"{_FACTS}{whom}") for whom in ("%(person)s::uuid", "ANY(%(people)s::uuid[])"))
_PART2_INSTRUMENTS = frozenset({"part2_consent", "part2_tpo", "combined_hipaa_part2"})
_NOBODY = Facts((), (), in_treatment=False, is_assigned=False)


def gather(asker: Asker, person_id: UUID | None, at: datetime) -> Facts:
    """The facts about `person_id`; one statement, also when the person is nobody (P-3: like work, like time).

    Who was merged into another since they were found is asked for anew, as the other.
    """
    person_id = person_id or UUID(int=0)
    with wall.asking(asker.agency_id, [person_id]):
        row = next(iter(_asked(_OF_ONE, asker, at, person=person_id)), None)
    if row is None:
        return _NOBODY
    survivor = row[1]
    return _facts(row, asker) if survivor is None else gather(asker, survivor, at)


def gather_all(asker: Asker, people: Iterable[UUID], at: datetime) -> dict[UUID, Facts]:
    """The facts about each of these people, in one statement; nothing of one who was merged into another."""
    everybody = list(people)
    with wall.asking(asker.agency_id, everybody):
        rows = _asked(_OF_ALL, asker, at, people=everybody)
    return {row[0]: _facts(row, asker) if row[1] is None else _NOBODY for row in rows}


def _asked(statement: Statement, asker: Asker, at: datetime, **whom: Any) -> list[tuple[Any, ...]]:
    return statement.ask(
        {
            "agency": asker.agency_id,
            "member": asker.member_id,
            "membership": asker.membership_id,
            "at": at,
            "in_care": [str(status) for status in IN_CARE_OF_RECIPIENT],
            **whom,
        }
    )


def _facts(row: tuple[Any, ...], asker: Asker) -> Facts:
    (
        person_id, _, confidentiality, birth_date, precision, is_deceased, is_established, is_doubted, merges,
        restrictions, emergencies, custodians, consents, in_treatment, is_assigned,
    ) = row  # fmt: skip
    agreed = _rows(restrictions)
    facts = Facts(
        person=person_id,
        custodians=tuple(_custodian(one, asker, agreed) for one in _rows(custodians)),
        consents=tuple(map(_consent, _rows(consents))),
        in_treatment=in_treatment,
        is_assigned=is_assigned,
        confidentiality=confidentiality,
        is_shielded=any(one["kind"] == "employee" for one in agreed),
        is_deceased=is_deceased,
        born_by=latest_birth(birth_date, precision) if birth_date else None,
        emergencies=tuple(map(_emergency, _rows(emergencies))),
        is_established=is_established,
        is_doubted=is_doubted,
    )
    return replace(facts, origins=origins_of(person_id, facts, json.loads(merges))) if merges else facts


def _rows(value: str | None) -> list[dict[str, Any]]:
    return json.loads(value) if value else []


def _custodian(row: dict[str, Any], asker: Asker, restrictions: list[dict[str, Any]]) -> Custodian:
    rules = {name: said for name, said in (row["rules"] or {}).items() if said is not None}
    return Custodian(
        id=UUID(row["id"]),
        regimes=frozenset(row["regimes"]),
        is_part2_program=row["part2"],
        agreed=frozenset(row["agreed"] or ()),
        kept_back=frozenset(
            category
            for one in restrictions
            if one["kind"] == "disclosure" and one["agency"] == row["id"]
            for category in one["categories"] or EVERY_CATEGORY
        ),
        timezone=row["timezone"],
        is_named=row["is_named"],
        **rules,
    )


def _emergency(row: dict[str, Any]) -> EmergencyFact:
    return EmergencyFact(
        id=UUID(row["id"]),
        categories=frozenset(row["categories"]),
        custodian=UUID(row["custodian"]) if row["custodian"] else None,
    )


def _consent(row: dict[str, Any]) -> ConsentFact:
    contacts = row["contacts"]
    return ConsentFact(
        id=UUID(row["id"]),
        disclosing=frozenset(map(UUID, row["disclosing"] or ())),
        categories=frozenset(row["categories"]) & frozenset(row["consented"]),
        purposes=frozenset(row["purposes"]),
        recipient=row["recipient"],
        is_tpo=row["instrument"] == "part2_tpo",
        opens_part2=row["part2"] and row["instrument"] in _PART2_INSTRUMENTS,
        existence=row["existence"],
        since=datetime.fromisoformat(row["since"]) if row["since"] else None,
        contacts=None if contacts is None else frozenset(map(UUID, contacts)),
    )
