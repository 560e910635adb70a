"""One statement that writes the ledger row and reads the records it names: neither exists without the other.

Each noun is read through the openings of the decision, matched by custodian, category, window, Part 2 and, of a merged
person, by whom the record was made for, so that what a list, a detail and this read show is decided by the same few
conditions. A merge that ends between the judgement and this statement adds nothing: its records were not judged.
"""

from dataclasses import dataclass
from functools import cache

from continuity.trail.one_trip import Statement


@dataclass(frozen=True)
class Noun:
    """How one kind of record is read: `line` is the status form, `rest` what the full form adds.

    `r` is the record; `time` is what a consent's window is measured on, `contact` the contact it belongs to; `about` is
    the row that names the person; `file` is what a person's page tells of the source beside the basis.
    """

    kind: str
    category: str
    source: str
    where: str
    time: str
    contact: str
    part2: str
    line: str
    rest: str = ""
    custodian: str = "r.custodian_id"
    about: str = "r"
    also: str = ""
    file: str = ""


TEXTS = frozenset({"D3", "D4"})
_AGENCY = "(SELECT name FROM agencies_agency WHERE id = {})"
_BY = (
    "'author', (SELECT m.display_name FROM agencies_membership w JOIN agencies_member m ON m.id = w.member_id "
    + ("WHERE w.id = {})")  # nosec B608
)


def _remarks(contact: str, about: str) -> str:
    """Addenda and statements of disagreement about fields of one category, as they travel with them (L-22); sealed."""
    return f"""'remarks', (
      SELECT jsonb_agg(jsonb_build_object('kind', said.kind, 'text', said.text, 'at', said.at) ORDER BY said.at)
      FROM crisis_contactamendment am CROSS JOIN LATERAL (VALUES
        ('addendum', am.new_value, am.applied_at, am.kind = 'addendum' AND am.status IN ('applied', 'notified')),
        ('disagreement', am.disagreement, am.disagreed_at, am.disagreement <> ''),
        ('rebuttal', am.rebuttal, am.disagreed_at, am.rebuttal <> '')) AS said(kind, text, at, stands)
      WHERE am.contact_id = {contact} AND am.field {about} AND said.stands)"""  # nosec B608


_STANDING = "'kind', r.kind, 'text', r.text, 'basis', r.basis, 'source_role', r.source_role, " + (
    "'first_observed_at', r.first_observed_at, 'last_confirmed_at', r.last_confirmed_at, 'expires_at', r.expires_at"
)
_NOUNS = (
    Noun(
        "contact", "D2", "crisis_crisiscontact r",
        where="r.record_status IN ('final', 'amended') AND r.occurred_at <= %(at)s::timestamptz",
        time="r.occurred_at", contact="r.id", part2="r.is_part2",
        line="'occurred_at', r.occurred_at, 'modality', r.modality, 'response_type', r.response_type, "
        "'disposition', r.disposition_primary",
        rest="'presenting_issues', r.presenting_issues, 'risk_level', r.risk_level, 'hold_status', r.hold_status, "
        "'existing_treatment', r.existing_treatment, 'operational_summary', r.operational_summary, "
        + _remarks("r.id", "NOT IN ('narrative', 'sud_text')"),
        file=_BY.format("r.author_id") + ", 'episode', r.episode_id",
    ),
    Noun(
        "safety_flag", "D1", "crisis_safetyflag r", where="r.status = 'active' AND r.expires_at > %(at)s::timestamptz",
        time="r.first_observed_at", contact="r.source_contact_id", part2="r.is_part2",
        line=_STANDING + ", 'severity', r.severity", file=_BY.format("r.proposed_by_id"),
    ),
    Noun(
        "tip", "D1", "crisis_deescalationtip r", where="r.status = 'active' AND r.expires_at > %(at)s::timestamptz",
        time="r.first_observed_at", contact="r.source_contact_id", part2="r.is_part2", line=_STANDING,
        file=_BY.format("r.recorded_by_id"),
    ),
    Noun(
        "response_plan", "D1", "crisis_responseplan r",
        where="r.status = 'active' AND r.expires_at > %(at)s::timestamptz",
        time="r.approved_at", contact="NULL::uuid", part2="r.is_part2",
        line="'strategies', r.strategies, 'triggers', r.triggers, 'support_contacts', r.support_contacts, "
        "'baseline', r.baseline, 'elevated', r.elevated, 'drafted_with_person', r.drafted_with_person, "
        "'approved_at', r.approved_at, 'expires_at', r.expires_at",
        file=_BY.format("r.author_id"),
    ),
    Noun(
        "narrative", "D3", "crisis_clinicalnarrative r JOIN crisis_crisiscontact c ON c.id = r.contact_id",
        where="c.person_id = %(person)s::uuid AND c.record_status IN ('final', 'amended')",
        time="c.occurred_at", contact="c.id", part2="c.is_part2", custodian="c.custodian_id",
        line="'contact_id', c.id, 'occurred_at', c.occurred_at, 'text', r.text, "
        + _remarks("c.id", "= 'narrative'"), about="c",
        file=_BY.format("c.author_id") + ", 'episode', c.episode_id",
    ),
    Noun(
        "sud_segment", "D4", "crisis_sudsegment r JOIN crisis_crisiscontact c ON c.id = r.contact_id",
        where="c.person_id = %(person)s::uuid AND c.record_status IN ('final', 'amended')",
        time="c.occurred_at", contact="c.id", part2="true", custodian="c.custodian_id",
        line="'contact_id', c.id, 'occurred_at', c.occurred_at, 'text', r.text, "
        + _remarks("c.id", "= 'sud_text'"), about="c",
        file=_BY.format("c.author_id") + ", 'episode', c.episode_id",
    ),
    Noun(
        "team_link", "D5", "treatment_treatmentteamlink r", where="r.status = 'active'",
        time="r.established_at", contact="NULL::uuid", part2="r.is_part2",
        line="'duty_line', r.duty_line, 'hours', r.hours, 'last_verified_at', r.last_verified_at",
        rest=f"'provider', {_AGENCY.format('r.provider_id')}, 'team_name', r.team_name, "
        "'program_kind', r.program_kind",
        also="o.basis = 'O' AND o.custodian = r.provider_id",
    ),
    Noun(
        "linkage", "D6", "treatment_linkage r", where="r.status NOT IN ('draft', 'entered_in_error')",
        time="r.requested_at", contact="r.contact_id", part2="r.is_part2",
        line="'status', r.status, 'requested_at', r.requested_at",
        rest=f"'kind', r.kind, 'recipient', COALESCE({_AGENCY.format('r.recipient_id')}, r.external_provider), "
        "'appointment_at', r.appointment_at",
        file=_BY.format("COALESCE(r.owner_id, r.requested_by_id)"),
        also="o.basis = 'O' AND o.custodian = r.recipient_id",
    ),
    Noun(
        "follow_up", "D6", "treatment_followup r", where="r.status NOT IN ('draft', 'entered_in_error')",
        time="r.due_at", contact="r.contact_id", part2="r.is_part2",
        line="'status', r.status, 'due_at', r.due_at, 'closed_at', r.closed_at",
        rest=f"'kind', r.kind, 'result', r.result, 'owed_by', {_AGENCY.format('r.custodian_id')}",
        file=_BY.format("r.assigned_to_id"),
    ),
    Noun(
        "consent", "D7", "consents_consent r",
        where="r.status IN ('proposed', 'active', 'inactive')",
        time="NULL::timestamptz", contact="NULL::uuid", part2="false",
        # The instrument and its categories would tell a responder of Part 2 data: full form only.
        line="'status', CASE WHEN r.status = 'active' AND r.suspended_at IS NOT NULL THEN 'suspended' ELSE r.status "
        "END, 'starts_at', r.starts_at, 'expires_at', r.expires_at",
        rest="'instrument', r.instrument, 'categories', r.categories",
    ),
)  # fmt: skip


def _select(noun: Noun, *, as_file: bool) -> str:
    person = "" if "%(person)s" in noun.where else "r.person_id = %(person)s::uuid AND "
    body = f"jsonb_build_object({noun.line})"
    if noun.rest:
        body += f" || CASE WHEN o.detail THEN jsonb_build_object({noun.rest}) ELSE '{{}}' END"
    file = "NULL::jsonb"
    if noun.file and as_file:
        file = f"CASE WHEN o.detail THEN jsonb_build_object({noun.file}) END"
    owner = f"o.custodian = {noun.custodian}" + (f" OR {noun.also}" if noun.also else "")
    total = "count(*) OVER ()" if noun.kind == "contact" else "0"  # only earlier contacts are counted
    made_for = f"COALESCE({noun.about}.origin_id, {noun.about}.person_id)"
    of_origin = f"(o.origin IS NULL OR o.origin = {made_for})"
    scope = f"AND (o.consent = r.id OR o.consent IS NULL AND {of_origin})" if noun.kind == "consent" else (
        f"AND {of_origin}"
        f" AND (o.part2 OR NOT {noun.part2})"
        f" AND (o.since IS NULL OR {noun.time} >= o.since)"
        f" AND (o.contacts IS NULL OR {noun.contact} = ANY(o.contacts))"
    )  # fmt: skip
    return f"""
(SELECT '{noun.kind}' AS noun, r.id, r.version, '{noun.category}' AS category, o.basis, o.consent, o.custodian,
        o.detail, {noun.part2} OR o.part2_source AS part2, {noun.time} AS time, o.origin, {made_for} AS made_for,
        {total} AS total, {body} AS body, {file} AS file
 FROM {noun.source}
 CROSS JOIN LATERAL (
   SELECT o.* FROM o WHERE o.category = '{noun.category}' AND ({owner}) {scope}
   ORDER BY o.detail DESC, o.basis, o.origin NULLS FIRST LIMIT 1) o
 WHERE {person}({noun.about}.origin_id IS NULL OR {noun.about}.origin_id = ANY(%(origins)s::uuid[])) AND {noun.where}
 ORDER BY {noun.time} DESC LIMIT %(most)s::int)"""  # nosec B608


# `shown`: the scope of another agency's consent is told only beside something that it opened. `told`: that there is a
# record is told by name of its custodian, also where nothing of it is shown. `names`: of those of whom something is
# told, the person's own first.
_LEDGERED_READ = """
WITH o AS MATERIALIZED (
  SELECT * FROM jsonb_to_recordset(%(openings)s::jsonb) AS o(
    custodian uuid, category text, basis text, detail boolean, part2 boolean, part2_source boolean, consent uuid,
    emergency uuid, since timestamptz, contacts uuid[], origin uuid)
), allowed AS MATERIALIZED ({shown}
), shown AS MATERIALIZED (
  SELECT * FROM allowed a WHERE category <> 'D7' OR basis = 'O'
    OR EXISTS (SELECT FROM allowed other WHERE other.category <> 'D7' AND other.custodian = a.custodian
               AND (a.origin IS NULL OR other.made_for = a.origin OR other.consent = a.consent))
    OR EXISTS (SELECT FROM o WHERE o.category = 'D0' AND o.custodian = a.custodian
               AND (o.origin IS NULL OR a.origin IS NULL OR o.origin = a.origin OR o.consent = a.consent))
), told AS MATERIALIZED (
  SELECT category, custodian, consent, origin FROM shown
  UNION SELECT category, custodian, consent, origin FROM o WHERE category = 'D0'
), facts AS (
  SELECT EXISTS (SELECT FROM told) AS released,
         ARRAY(SELECT DISTINCT category FROM told ORDER BY category) AS categories,
         ARRAY(SELECT DISTINCT custodian FROM told) AS custodians,
         ARRAY(SELECT DISTINCT consent FROM told WHERE consent IS NOT NULL) AS consents,
         (SELECT emergency FROM o WHERE emergency IS NOT NULL LIMIT 1) AS emergency,
         COALESCE(jsonb_agg(jsonb_build_array(noun, id, version) ORDER BY noun, id), '[]') AS records,
         COALESCE(encode(sha256(convert_to(string_agg(id || ':' || version, ',' ORDER BY noun, id), 'UTF8')),
                         'hex'), '') AS records_sha256,
         bool_or(part2 AND basis <> 'O') AS part2,
         bool_or(basis IN ('C', 'CT')) OR EXISTS (SELECT FROM o WHERE category = 'D0' AND basis IN ('C', 'CT'))
           AS consented
  FROM shown
), written AS (
  INSERT INTO disclosures_ledgerentry (
    id, at, asker_id, agency_id, roles, purpose, incident_ref, reason_given, channel, outcome, refusal, person_id,
    match_grade, search_hmac, categories, bases, custodians, consents, emergency, recipient, records,
    records_sha256, notices, request_id, remote_addr)
  SELECT %(id)s::uuid, %(at)s::timestamptz, %(asker)s::uuid, %(agency)s::uuid, %(roles)s::text[], %(purpose)s::text,
    %(incident_ref)s::text, %(reason_given)s::text, %(channel)s::text,
    CASE WHEN released THEN 'released' ELSE %(outcome)s::text END,
    CASE WHEN released THEN '' ELSE %(refusal)s::text END,
    %(person)s::uuid, %(match_grade)s::text, %(search_hmac)s::text, categories, %(openings)s::jsonb, custodians,
    consents, emergency, '', records, records_sha256,
    CASE WHEN consented THEN ARRAY['consent_terms'] ELSE '{{}}' END
      || CASE WHEN part2 THEN ARRAY['part2'] ELSE '{{}}' END,
    %(request_id)s::text, %(remote_addr)s::inet
  FROM facts
  RETURNING outcome, notices
)
SELECT written.outcome, written.notices,
  (SELECT jsonb_agg(jsonb_build_object('noun', noun, 'id', id, 'category', category, 'basis', basis,
     'consent', consent, 'custodian', custodian, 'detail', detail, 'total', total, 'body', body, 'version', version,
     'file', file)) FROM shown),
  (SELECT jsonb_build_object('birth_date', p.birth_date, 'birth_date_precision', p.birth_date_precision,
     'language', p.language, 'interpreter_needed', p.interpreter_needed, 'pronouns', p.pronouns,
     'communication_needs', p.communication_needs, 'deceased', p.deceased_date IS NOT NULL,
     'names', (SELECT jsonb_agg(jsonb_build_object('use', n.use, 'first', n.first, 'last', n.last)
                                ORDER BY n.origin_id IS NOT NULL, n.id)
               FROM people_personname n WHERE n.person_id = p.id AND n.use IN ('official', 'preferred')
               AND (n.origin_id IS NULL OR n.origin_id = ANY(%(origins)s::uuid[]))
               AND EXISTS (SELECT FROM told WHERE told.origin IS NULL
                           OR told.origin = COALESCE(n.origin_id, n.person_id))))
   FROM people_person p WHERE p.id = %(person)s::uuid),
  (SELECT jsonb_object_agg(a.id, a.name) FROM agencies_agency a WHERE a.id IN (SELECT custodian FROM o)),
  (SELECT jsonb_object_agg(c.id, c.expires_at) FROM consents_consent c WHERE c.id = ANY(ARRAY(SELECT consent FROM o)))
FROM written
"""  # nosec B608


@cache
def ledgered_read(*, texts: bool, as_file: bool) -> Statement:
    """The statement, for `release` or with the sources of a person's page.

    Without `texts` it asks for no clinical text at all: a narrative and a SUD segment are opened to few, and what a
    statement may not show costs it as much as what it shows.
    """
    nouns = [noun for noun in _NOUNS if texts or noun.category not in TEXTS]
    shown = "\nUNION ALL".join(_select(noun, as_file=as_file) for noun in nouns)
    return Statement(_LEDGERED_READ.format(shown=shown))
