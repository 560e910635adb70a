"""Gather everything the policy asks about one person, for one asker, as of one moment, in one statement."""

import json
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection

from continuity.access.policy import Asker, ConsentFact, Custodian, Facts
from continuity.treatment.models import IN_CARE_OF_RECIPIENT

# `Consent.objects.in_force(at)` says the same in the ORM; tests/access holds the two together.
_FACTS = """
SELECT p.confidentiality <> 'normal',
  (SELECT jsonb_agg(jsonb_build_object(
       'id', a.id, 'regimes', a.legal_regimes, 'part2', a.is_part2_program,
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
FROM people_person p WHERE p.id = %(person)s::uuid
"""
_PART2_INSTRUMENTS = frozenset({"part2_consent", "part2_tpo", "combined_hipaa_part2"})
_NOBODY = Facts(False, (), (), False, False)


def gather(asker: Asker, person_id: UUID | None, at: datetime) -> Facts:
    """The facts about `person_id`; one statement, also when the person is nobody (P-3: like work, like time)."""
    with connection.cursor() as cursor:
        cursor.execute(
            _FACTS,
            {
                "agency": asker.agency_id,
                "member": asker.member_id,
                "membership": asker.membership_id,
                "person": person_id or UUID(int=0),
                "at": at,
                "in_care": [str(status) for status in IN_CARE_OF_RECIPIENT],
            },
        )
        row = cursor.fetchone()
    if row is None:
        return _NOBODY
    is_restricted, custodians, consents, in_treatment, is_assigned = row
    return Facts(
        is_restricted=is_restricted,
        custodians=tuple(map(_custodian, _rows(custodians))),
        consents=tuple(map(_consent, _rows(consents))),
        in_treatment=in_treatment,
        is_assigned=is_assigned,
    )


def _rows(value: str | None) -> list[dict[str, Any]]:
    return json.loads(value) if value else []


def _custodian(row: dict[str, Any]) -> Custodian:
    return Custodian(
        id=UUID(row["id"]),
        regimes=frozenset(row["regimes"]),
        is_part2_program=row["part2"],
        agreed=frozenset(row["agreed"] or ()),
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
