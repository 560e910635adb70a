"""The gate's question to the database: a function with the owner's rights, whom no policy holds (ADR 0017).

What narrows must be seen: behind the second wall a missing row would read as "no restriction". It tells the gate
alone, and opens no record. Its name says which text it is: a version that still runs while the next one migrates finds
its own.
"""

import hashlib
from typing import Final

from django.db import connections
from psycopg import sql

from continuity.treatment.models import IN_CARE_OF_RECIPIENT

_ASKED: Final = (
    "the_person uuid, the_agency uuid, the_member uuid, the_membership uuid, the_moment timestamptz"
)
_TOLD: Final = """person uuid, replaced_by uuid, confidentiality varchar, birth_date date, birth_date_precision varchar,
  is_deceased boolean, is_established boolean, is_doubted boolean, merges jsonb, restrictions jsonb, emergencies jsonb,
  custodians jsonb, consents jsonb, in_treatment boolean, is_assigned boolean"""
# `Consent.objects.in_force(at)` says the same in the ORM; tests/access holds the two together. What a merge adds, and
# when each of the facts was written down, is asked of a person only into whom somebody was merged: by a function of
# its own (disclosures/migrations/0009), so that this text and its plan stay short.
_FACTS = """
SELECT p.id, p.replaced_by_id, p.confidentiality, p.birth_date, p.birth_date_precision, p.deceased_date IS NOT NULL,
  p.identity_status <> 'unknown', p.identity_doubted_at IS NOT NULL,
  CASE WHEN EXISTS (SELECT FROM people_person z WHERE z.replaced_by_id = p.id) THEN merges_into(
    p.id, the_agency, the_member, the_membership, {in_care}) END,
  (SELECT jsonb_agg(jsonb_build_object('kind', r.kind, 'agency', r.agency_id, 'categories', r.categories))
   FROM access_restriction r
   WHERE r.person_id = p.id AND r.state = 'agreed'
     AND (r.towards_id IS NULL OR r.towards_id = the_agency)),
  (SELECT jsonb_agg(jsonb_build_object(
       'id', e.id, 'kind', e.kind, 'categories', COALESCE(answer.categories, e.categories),
       'custodian', answer.agency_id))
   FROM access_emergencyaccess e
   LEFT JOIN access_emergencyanswer answer ON answer.emergency_id = e.id AND answer.is_released
   WHERE e.person_id = p.id AND e.requester_id = the_membership AND e.state = 'released'
     AND e.starts_at <= the_moment AND e.ends_at > the_moment),
  (SELECT jsonb_agg(jsonb_build_object(
       'id', a.id, 'regimes', a.legal_regimes, 'part2', a.is_part2_program, 'timezone', a.timezone,
       'is_named', EXISTS (
         SELECT FROM people_personstaffgrant s
         WHERE s.content_object_id = p.id AND s.user_id = the_member AND s.named_by_id = a.id),
       'rules', (
         SELECT jsonb_build_object(
           'adult_from', k.rules -> 'adult_from', 'officers_see_minors', k.rules -> 'officers_see_minors',
           'look_back_days', k.rules -> 'officer_look_back_days')
         FROM agencies_policypack k
         WHERE k.code = COALESCE(NULLIF(a.policy_pack, ''), lower(a.state))
           AND k.signed_off_at <= the_moment AND k.effective_at <= the_moment
         ORDER BY k.effective_at DESC, k.number DESC LIMIT 1),
       'agreed', (
         SELECT jsonb_agg(g.categories)
         FROM agencies_agreement_parties theirs JOIN agencies_agreement g ON g.id = theirs.agreement_id
         WHERE theirs.agency_id = a.id AND a.id <> the_agency
           AND g.id = ANY(ARRAY(SELECT mine.agreement_id FROM agencies_agreement_parties mine
                                WHERE mine.agency_id = the_agency))
           AND g.effective_at <= the_moment AND g.expires_at > the_moment)))
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
     AND c.starts_at <= the_moment AND c.signed_at <= the_moment
     AND (c.expires_at > the_moment OR c.expires_at IS NULL AND c.expiry_event <> '')
     AND r.revoked_at IS NULL
     AND (r.agency_id = the_agency OR r.member_id = the_member OR r.kind = 'treating_providers')),
  EXISTS (SELECT FROM treatment_treatmentteamlink l
          WHERE l.person_id = p.id AND l.provider_id = the_agency AND l.status = 'active')
  OR EXISTS (SELECT FROM treatment_linkage k
             WHERE k.person_id = p.id AND k.recipient_id = the_agency AND k.status = ANY({in_care})),
  EXISTS (SELECT FROM treatment_followup f
          WHERE f.person_id = p.id AND f.assigned_to_id = the_membership AND f.closed_at IS NULL)
  OR EXISTS (SELECT FROM treatment_linkage k
             WHERE k.person_id = p.id AND k.owner_id = the_membership AND k.closed_at IS NULL)
FROM people_person p WHERE p.id = the_person
""".replace("{in_care}", f"'{{{','.join(IN_CARE_OF_RECIPIENT)}}}'::text[]")  # nosec B608
_FAMILY: Final = "facts_about_"
FACTS_ABOUT: Final = _FAMILY + hashlib.sha256((_ASKED + _TOLD + _FACTS).encode()).hexdigest()[:16]
_CREATE = f"""CREATE OR REPLACE FUNCTION {FACTS_ABOUT}({_ASKED}) RETURNS TABLE ({_TOLD})
LANGUAGE sql STABLE SECURITY DEFINER ROWS 1 SET search_path = public, pg_temp AS $${_FACTS}$$"""
_OLDER = """SELECT oid::regprocedure FROM pg_proc
WHERE pronamespace = 'public'::regnamespace AND starts_with(proname, %s) AND proname <> %s ORDER BY oid DESC OFFSET 1"""


def write_facts_function(using: str) -> None:
    """Make it after each migration, for the site's role alone; the one of the version before stays, no older one."""
    site = sql.Identifier(connections["default"].settings_dict["USER"])
    with connections[using].cursor() as cursor:
        cursor.execute(_CREATE)
        for statement in (
            "REVOKE ALL ON FUNCTION {facts} FROM PUBLIC",
            "GRANT EXECUTE ON FUNCTION {facts} TO {site}",
        ):
            asked = sql.SQL(statement).format(facts=sql.Identifier(FACTS_ABOUT), site=site)
            cursor.execute(asked.as_string(cursor.connection))
        cursor.execute(_OLDER, [_FAMILY, FACTS_ABOUT])
        for (older,) in cursor.fetchall():
            cursor.execute(f"DROP FUNCTION {older}")
