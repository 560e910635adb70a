"""The policies of the second wall: which rows about a person PostgreSQL lets out, and to whom (ADR 0017).

One line for each table. Everything is asked of what `trail.wall` has declared. Not in subqueries of its own, which
would be worked out once for a statement and not for each row: the look-up reads few rows of many tables, and making a
hundred subqueries ready cost it more than its rows. The owner of the tables is not held by it: it migrates.
"""

import hashlib
from dataclasses import dataclass
from typing import Final

from django.db import connections, models, transaction
from django.db.backends.utils import CursorWrapper

from continuity.access import models as access
from continuity.consents import models as consents
from continuity.crisis import models as crisis
from continuity.disclosures import models as disclosures
from continuity.people import models as people
from continuity.trail.wall import BACKGROUND, INDEX_KEEPING, MATCHING, TERMS
from continuity.treatment import models as treatment

_SAID = "current_setting('continuity.{}', true)"
_LIST = "string_to_array(current_setting('continuity.{}', true), ',')"
AGENCY = f"NULLIF({_SAID.format('agency')}, '')::uuid"
PEOPLE = f"ANY ({_LIST.format('people')}::uuid[])"
_ANY: Final = ("any",)
_KEEPER = f"(SELECT EXISTS (SELECT FROM agencies_agency WHERE id = {AGENCY} AND keeps_index))"  # nosec B608
_IN_HAND = f"({_KEEPER} AND is_in_hand(people_person.id))"
_REPORTED_HERE = (
    "EXISTS (SELECT FROM agencies_membership b"
    f" WHERE b.id = disclosures_identityreport.reported_by_id AND b.agency_id = {AGENCY})"  # nosec B608
)
_EMERGENCY = access.EmergencyAccess
_ASKED = _EMERGENCY.asked_agencies.through._meta.db_table


@dataclass(frozen=True)
class Kept:
    """How one table is kept.

    `own` are the columns that name an agency whose own a row is; `known` those that name a person, whose rows are own
    to every agency with a record about them. `opens` are the categories with which a ledgered read opens the rows of
    `person` (`_ANY`: with each of them). A part is as own as its `parent`, the row of a table that a column names.
    `works` is who else reads and writes all of it, `anew` whether everybody on duty may add a row, `keeper` whether the
    privacy office that keeps the index sees all of it, `too` one more case of an own row, `seen` of a read one.
    """

    own: tuple[str, ...] = ()
    known: tuple[str, ...] = ()
    person: tuple[str, ...] = ("person_id",)
    opens: tuple[str, ...] = ()
    parent: tuple[str, type[models.Model]] | None = None
    works: tuple[str, ...] = ()
    anew: bool = False
    keeper: bool = False
    too: str = ""
    seen: str = ""


def _has_opened(categories: tuple[str, ...]) -> str:
    return f"COALESCE({_LIST.format('categories')} && '{{{','.join(categories)}}}', false)"


def _care(*opens: str, own: tuple[str, ...] = ("custodian_id",)) -> Kept:
    return Kept(own=own, opens=opens)


def _part(of: str, parent: type[models.Model], *opens: str) -> Kept:
    return Kept(parent=(of, parent), opens=opens)


_FACT = Kept(own=("source_id",), known=("person_id",), opens=_ANY, works=(MATCHING,))
_CONSENT, _CONTACT = consents.Consent, crisis.CrisisContact
TABLES: Final[dict[type[models.Model], Kept]] = {
    # The index: an agency that has a record of its own about the person (PersonAgency).
    people.Person: Kept(
        seen=_IN_HAND,
        known=("id", "replaced_by_id"),
        person=("id", "replaced_by_id"),
        opens=_ANY,
        works=(MATCHING,),
        anew=True,
    ),
    people.PersonName: _FACT,
    people.PersonIdentifier: _FACT,
    people.PersonPhone: _FACT,
    people.PersonAddress: _FACT,
    people.IdentityCheck: _FACT,
    people.PersonAgency: Kept(own=("agency_id",), works=(MATCHING,)),
    people.PersonStaffGrant: Kept(own=("named_by_id",)),
    people.MatchKey: Kept(works=(MATCHING,)),
    people.MatchProfile: Kept(works=(MATCHING,)),
    people.SourceRecord: Kept(works=(MATCHING,)),
    people.PersonToCompare: Kept(works=(MATCHING,)),
    people.DuplicatePair: Kept(known=("first_id", "second_id"), works=(MATCHING,), keeper=True),
    # Records, by the category in which they leave.
    _CONSENT: _care("D7", TERMS),
    _CONSENT.disclosing_agencies.through: _part("consent_id", _CONSENT),
    consents.ConsentRecipient: _part("consent_id", _CONSENT),
    consents.ConsentContact: _part("consent_id", _CONSENT),
    consents.SignedDocument: _part("consent_id", _CONSENT),
    consents.ConsentOffer: Kept(own=("agency_id",)),
    _CONTACT: _care("D2", "D3", "D4"),  # of one with a narrative, a narrative's frame
    crisis.ClinicalNarrative: _part("contact_id", _CONTACT, "D3"),
    crisis.SudSegment: _part("contact_id", _CONTACT, "D4"),
    crisis.ContactAmendment: _part("contact_id", _CONTACT, "D2", "D3", "D4"),
    crisis.Triage: _part("contact_id", _CONTACT),
    crisis.Transfer: Kept(own=("custodian_id", "to_agency_id")),
    crisis.SafetyFlag: _care("D1"),
    crisis.DeescalationTip: _care("D1"),
    crisis.ResponsePlan: _care("D1"),
    treatment.TreatmentTeamLink: _care("D5", own=("custodian_id", "provider_id")),
    treatment.Linkage: _care("D6", own=("custodian_id", "recipient_id")),
    treatment.LinkageGroupGrant: _part("content_object_id", treatment.Linkage),
    treatment.FollowUp: _care("D6"),
    treatment.FollowUpAttempt: _part("follow_up_id", treatment.FollowUp),
    # Who asked for more, and what closes.
    _EMERGENCY: Kept(
        own=("agency_id", "reviewing_agency_id"),
        too=f"EXISTS (SELECT FROM {_ASKED} asked WHERE asked.emergencyaccess_id = access_emergencyaccess.id"
        f" AND asked.agency_id = {AGENCY})",  # nosec B608
    ),
    _EMERGENCY.asked_agencies.through: Kept(
        own=("agency_id",), too=f"takes_part_in({_ASKED}.emergencyaccess_id, {AGENCY})"
    ),
    access.EmergencyAnswer: Kept(own=("agency_id",), parent=("emergency_id", _EMERGENCY)),
    access.Restriction: Kept(own=("agency_id", "towards_id")),
    access.ConfidentialityDecision: Kept(own=("agency_id",)),
    disclosures.AccountingRequest: Kept(own=("agency_id",)),
    disclosures.AccountingSuspension: Kept(own=("agency_id",)),
    # Who was made one with whom.
    disclosures.Merge: Kept(known=("survivor_id", "retired_id"), keeper=True),
    disclosures.MergeReview: Kept(own=("agency_id",), parent=("merge_id", disclosures.Merge)),
    disclosures.UnmergeChoice: Kept(own=("agency_id",), keeper=True),
    disclosures.IdentityReport: Kept(too=_REPORTED_HERE, keeper=True, anew=True),
}
_FUNCTIONS = (
    # The people of whom the keeper's desk has a pair, a merge or a report on its hands. A function, because what stands
    # in the policy is made ready for every statement, also where nobody keeps the index.
    """CREATE OR REPLACE FUNCTION is_in_hand(person uuid) RETURNS boolean
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
      SELECT EXISTS (SELECT FROM people_duplicatepair WHERE first_id = person OR second_id = person)
        OR EXISTS (SELECT FROM disclosures_merge WHERE survivor_id = person OR retired_id = person)
        OR EXISTS (SELECT FROM disclosures_identityreport WHERE person_id = person)
    $$""",
    # It sends a new row to whom its person was merged into, whom the writer need not know.
    "ALTER FUNCTION follow_the_merged() SECURITY DEFINER SET search_path = public, pg_temp",
    # Two policies that ask each other would never end.
    """CREATE OR REPLACE FUNCTION takes_part_in(emergency uuid, agency uuid) RETURNS boolean
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
      SELECT EXISTS (SELECT FROM access_emergencyaccess e WHERE e.id = emergency
        AND (agency IN (e.agency_id, e.reviewing_agency_id) OR EXISTS (
          SELECT FROM access_emergencyaccess_asked_agencies asked
          WHERE asked.emergencyaccess_id = e.id AND asked.agency_id = agency)))
    $$""",
)


# What stands, with a mark of what it was made from: a policy that somebody altered by hand has another.
_STANDING = """SELECT c.relname, p.polname, obj_description(p.oid, 'pg_policy'),
  md5(concat_ws('|', p.polcmd, p.polpermissive, p.polroles::text, pg_get_expr(p.polqual, p.polrelid),
    pg_get_expr(p.polwithcheck, p.polrelid)))
FROM pg_policy p JOIN pg_class c ON c.oid = p.polrelid
WHERE c.relnamespace = 'public'::regnamespace AND c.relrowsecurity"""


def raise_second_wall(using: str) -> None:
    """Make the policies that are missing or not as they are to be, after each migration.

    The others are left alone: making one anew holds its table against all traffic.
    """
    with connections[using].cursor() as cursor:
        for statement in _FUNCTIONS:
            cursor.execute(statement)
        standing = _standing(cursor)
        for model, kept in TABLES.items():
            table = model._meta.db_table
            if standing.get(table) != _marks(table, kept):
                with transaction.atomic(using=using):
                    _build(cursor, table, kept)


def _standing(cursor: CursorWrapper) -> dict[str, dict[str, str]]:
    """By table and policy what it was made from; "" for one that is not as it was made."""
    cursor.execute(_STANDING)
    found: dict[str, dict[str, str]] = {}
    for table, policy, said, now in cursor.fetchall():
        made_from, _, then = (said or "").partition(" ")
        found.setdefault(table, {})[policy] = made_from if then == now else ""
    return found


def _marks(table: str, kept: Kept) -> dict[str, str]:
    return {
        policy: hashlib.sha256(text.encode()).hexdigest() for policy, text in _policies(table, kept).items()
    }


def _build(cursor: CursorWrapper, table: str, kept: Kept) -> None:
    cursor.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
    cursor.execute("SELECT polname FROM pg_policy WHERE polrelid = %s::regclass", [table])
    for (policy,) in cursor.fetchall():
        cursor.execute(f"DROP POLICY {policy} ON {table}")
    marks = _marks(table, kept)
    for policy, text in _policies(table, kept).items():
        cursor.execute(f"CREATE POLICY {policy} ON {table} {text}")
    cursor.execute(_STANDING)
    for name, policy, _, now in cursor.fetchall():
        if name == table:
            cursor.execute(f"COMMENT ON POLICY {policy} ON {table} IS '{marks[policy]} {now}'")


def stands() -> bool:
    """Whether the policies hold the role that asks: not where it owns the tables or may pass them by."""
    with connections["default"].cursor() as cursor:
        cursor.execute("SELECT row_security_active('people_person')")
        (is_active,) = cursor.fetchone()
    return bool(is_active)


def _policies(table: str, kept: Kept) -> dict[str, str]:
    """What PostgreSQL is told of one table, by the policy's name."""
    clauses = {
        "SELECT": f"USING ({_readable(table, kept)})",
        "INSERT": f"WITH CHECK ({_addable(table, kept)})",
        "UPDATE": f"USING ({_writable(table, kept)}) WITH CHECK ({_writable(table, kept)})",
        "DELETE": f"USING ({_writable(table, kept)})",
    }
    return {f"second_wall_{verb.lower()}": f"FOR {verb} {clause}" for verb, clause in clauses.items()}


def _readable(table: str, kept: Kept) -> str:
    """Own rows, those of declared work, and what a ledgered read has opened; the dearest questions last."""
    cases = _mine(table, kept)
    if kept.parent:
        cases.append(_of_parent(table, kept, opens=kept.opens))
    elif kept.opens:
        by_person = " OR ".join(f"{table}.{column} = {PEOPLE}" for column in kept.person)
        cases.append(
            f"({by_person})" if kept.opens == _ANY else f"{_has_opened(kept.opens)} AND ({by_person})"
        )
    return " OR ".join([*cases, *_of_known(table, kept), *filter(None, [kept.seen])])


def _writable(table: str, kept: Kept) -> str:
    """An own row is changed by whose it is; one that nobody owns by who knows the person."""
    cases = _mine(table, kept)
    if kept.parent:
        cases.append(_of_parent(table, kept))
    elif not kept.own:
        cases += _of_known(table, kept)
    return " OR ".join(cases)


def _mine(table: str, kept: Kept) -> list[str]:
    found = [f"{table}.{column} = {AGENCY}" for column in kept.own]
    found.append(_works(kept))
    if kept.keeper:
        found.append(_KEEPER)
    if kept.too:
        found.append(kept.too)
    return found


def _of_parent(table: str, kept: Kept, opens: tuple[str, ...] = ()) -> str:
    """A part of a record that comes out behind its own policy: of an own one, or of one of which the part is opened."""
    column, parent = kept.parent or ("", models.Model)
    above, rows = TABLES[parent], parent._meta.db_table
    cases = [f"p.{name} = {AGENCY}" for name in above.own]
    cases += ["true"] if above.too or above.known else [_has_opened(opens)] if opens else []
    return f"EXISTS (SELECT FROM {rows} p WHERE p.id = {table}.{column} AND ({' OR '.join(cases)}))"  # nosec B608


def _of_known(table: str, kept: Kept) -> list[str]:
    if not kept.known:
        return []
    columns = ", ".join(f"{table}.{column}" for column in kept.known)
    return [
        "EXISTS (SELECT FROM people_personagency known"
        f" WHERE known.person_id IN ({columns}) AND known.agency_id = {AGENCY})"  # nosec B608
    ]


def _addable(table: str, kept: Kept) -> str:
    return f"{AGENCY} IS NOT NULL OR {_works(kept)}" if kept.anew else _writable(table, kept)


def _works(kept: Kept) -> str:
    names = ",".join((BACKGROUND, INDEX_KEEPING, *kept.works))
    return f"COALESCE({_SAID.format('work')} = ANY ('{{{names}}}'), false)"
