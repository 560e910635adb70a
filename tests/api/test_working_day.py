"""The working day at the API: what is asked, told, refused at its field, and in the ledger first (P-3, S-6)."""

from copy import copy
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from continuity.crisis.models import CrisisContact, Transfer, Triage
from continuity.disclosures.models import LedgerEntry
from continuity.ids import uuid7
from continuity.people.models import Person
from continuity.treatment.models import FollowUp, Linkage
from tests import builders as b
from tests.api import states
from tests.api.bodies import SAM
from tests.api.programs import Program, pointers, problem, row_of
from tests.api.states import EARLIER, WHOLE
from tests.cast import Cast

pytestmark = pytest.mark.django_db
API = "/api/v1/"
ANYBODY = "00000000-0000-4000-8000-000000000000"
CALL = WHOLE | {"occurred_at": EARLIER.isoformat()}


@pytest.fixture
def clinician(cast: Cast) -> Program:
    return Program(cast.embedded)


def seen(by: Program, path: str) -> Any:
    answer = by.get(f"{API}{path}")
    assert answer.status_code == 200, answer.content
    return answer


def do(by: Program, path: str, verb: str, body: Any = None, **headers: str) -> Any:
    """A verb on a record, with the tag of a fresh reading."""
    tag = seen(by, path)["ETag"]
    return by.post(f"{API}{path}{verb}/", body, **({"if_match": tag} | headers))


def test_contact_is_recorded_whole_and_final_in_one_request(clinician: Program):
    made = clinician.post(f"{API}contacts/", CALL | {"person": SAM, "narrative": "Words.", "finalise": True})
    assert (made.status_code, made.json()["status"]) == (201, "final")
    contact = CrisisContact.objects.get(pk=made.json()["id"])
    assert (contact.narrative.text, made["Location"]) == ("Words.", f"{API}contacts/{contact.pk}/")


def test_contact_that_is_not_complete_is_not_half_written(clinician: Program):
    before = CrisisContact.objects.count()
    refused = clinician.post(f"{API}contacts/", {"person": SAM, "origin": "call_911", "finalise": True})
    assert pointers(refused)["/operational_summary"] == "missing"
    assert (CrisisContact.objects.count(), Person.objects.count()) == (before, 2)


def test_person_who_was_known_is_answered_as_one_who_was_not(cast: Cast):
    """P-3: the clinic has never heard of Sam and learns nothing of the county's record."""
    stranger = Program(cast.novak)
    known = stranger.post(f"{API}contacts/", CALL | {"person": SAM})
    new = stranger.post(f"{API}contacts/", CALL | {"person": SAM | {"first": "Nobody"}})
    assert known.json()["person"] == str(cast.sam.pk)
    assert (known.status_code, list(known.json()), sorted(known.headers)) == (
        new.status_code,
        list(new.json()),
        sorted(new.headers),
    )
    assert {name: known.json()[name] for name in ("version", "status")} == {"version": 1, "status": "draft"}


def test_draft_is_saved_as_it_was_last_seen(cast: Cast, clinician: Program):
    made = clinician.post(f"{API}contacts/", {"person": None})
    path = f"{API}contacts/{made.json()['id']}/"
    problem(clinician.patch(path, {"risk_level": "low"}), 428)
    saved = clinician.patch(path, {"risk_level": "low", "person": str(cast.sam.pk)}, if_match=made["ETag"])
    assert (saved.status_code, saved.json()["version"]) == (200, 2)
    problem(clinician.patch(path, {"risk_level": "high"}, if_match=made["ETag"]), 412)
    contact = CrisisContact.objects.get(pk=made.json()["id"])
    assert (contact.risk_level, contact.person) == ("low", cast.sam)


def test_open_ends_and_words_that_belong_elsewhere_are_told_of_a_draft(clinician: Program):
    made = clinician.post(f"{API}contacts/", {"operational_summary": "Smelled of alcohol."})
    told = seen(clinician, f"contacts/{made.json()['id']}/").json()
    assert "/risk_level" in {one["pointer"] for one in told["open_ends"]}
    assert [(one["kind"], one["belongs_in"]) for one in told["findings"]] == [("substance", "sud_segment")]
    assert row_of_category(clinician, "D2").records[0][1] == made.json()["id"]


def row_of_category(by: Program, category: str) -> LedgerEntry:
    return LedgerEntry.objects.filter(outcome="read", categories=[category]).latest("at")


@pytest.mark.parametrize(
    ("path", "body", "pointer", "code"),
    [
        ("contacts", {"origin": "Zyxwvut"}, "/origin", "invalid_choice"),
        ("contacts", {"presenting_issues": ["agitation", "Zyxwvut"]}, "/presenting_issues/1", "invalid_choice"),
        ("contacts", {"occurred_at": "2026-11-20T12:00:00"}, "/occurred_at", "naive"),
        ("contacts", {"occurred_at": "2027-01-01T00:00:00Z"}, "/occurred_at", "in_the_future"),
        ("contacts", {"record_status": "final"}, "/record_status", "unknown_field"),
        ("contacts", {"person": {"first": "Sam"}}, "/person/last", "required"),
        ("contacts", {"person": SAM | {"ssn": "Zyxwvut"}}, "/person/ssn", "unknown_field"),
        ("contacts", {"person": "Zyxwvut"}, "/person", "invalid"),
        ("flags", {"kind": "animals", "basis": "observed", "observed_at": EARLIER.isoformat()}, "/person", "required"),
        ("linkages", {"contact": ANYBODY, "kind": "benefits"}, "/recipient", "invalid"),
        ("linkages", {"contact": ANYBODY, "kind": "benefits", "recipient": "Zyxwvut"}, "/recipient", "does_not_exist"),
        ("hand-offs", {"to_kind": "Zyxwvut"}, "/to_kind", "invalid_choice"),
        ("hand-offs", {"to_kind": "clinician", "said": {"ssn": "Zyxwvut"}}, "/said/ssn", "unknown_field"),
    ],
)  # fmt: skip
def test_wrong_field_is_refused_at_its_place(
    clinician: Program, path: str, body: dict[str, Any], pointer: str, code: str
):
    refused = clinician.post(f"{API}{path}/", body)
    assert pointers(refused) == {pointer: code}
    assert "Zyxwvut" not in refused.content.decode()


NOUNS = {
    "contacts": lambda cast: cast.sams_contact,
    "flags": lambda cast: states.active_flag(cast, ()),
    "tips": lambda cast: states.tip(cast, ()),
    "plans": lambda cast: states.plan(cast, ()),
    "team-links": lambda cast: states.team_link(cast, ()),
    "linkages": lambda cast: states.linkage(cast, ()),
    "follow-ups": lambda cast: states.follow_up(cast, ()),
    "hand-offs": lambda cast: states.handed_on(cast, ()),
    "amendments": lambda cast: states.amendment(cast, ()),
}
CATEGORIES = {
    "contacts": "D2", "flags": "D1", "tips": "D1", "plans": "D1", "team-links": "D5", "linkages": "D3",
    "follow-ups": "D6", "hand-offs": "D2", "amendments": "D2",
}  # fmt: skip


def test_absent_and_foreign_records_are_the_same_bytes(cast: Cast):
    """P-3, for every kind of record and its first verb; each refusal is in the ledger."""
    stranger, count = Program(cast.novak), 0
    absent = stranger.get(f"{API}contacts/{ANYBODY}/")
    problem(absent, 404, "not_found")
    for path, make in NOUNS.items():
        with b.undone():
            assert stranger.get(f"{API}{path}/{make(cast).pk}/").content == absent.content, path
            count += 1
            assert LedgerEntry.objects.filter(asker=cast.novak, outcome="refused").count() == 2, path
    assert count == len(NOUNS)


def test_every_detail_leaves_a_row_of_its_category_and_version(cast: Cast, clinician: Program):
    for path, make in NOUNS.items():
        with b.undone():
            record = make(cast)
            told = seen(clinician, f"{path}/{record.pk}/")
            row = row_of(cast.embedded)
            assert (row.outcome, row.channel, row.categories) == ("read", "api", [CATEGORIES[path]]), path
            assert [[one[1], one[2]] for one in row.records] == [[str(record.pk), record.version]], path
            assert told["ETag"].startswith(f'"{record.pk}.{record.version}.'), path
            again = clinician.get(f"{API}{path}/{record.pk}/", if_none_match=told["ETag"])
            assert (again.status_code, again.content) == (304, b""), path


NOISE = ("SAVEPOINT", "RELEASE", "BEGIN", "COMMIT")


def statements(by: Program, path: str) -> int:
    with CaptureQueriesContext(connection) as captured:
        assert by.get(path).status_code == 200
    return len([query for query in captured if not query["sql"].startswith(NOISE)])


def more_of(path: str, row: Any) -> None:
    """Two more of the kind: the same row again, under ids of its own."""
    for number in range(2):
        again = copy(row)
        again.pk, again._state.adding = uuid7(), True
        if path == "contacts":
            again.contact_number = f"again {number}"
        again.save()


def test_every_list_takes_three_statements_for_one_row_and_for_three(cast: Cast, clinician: Program):
    """Sign-in, the rows, the ledger's row."""
    clinician.get(f"{API}contacts/")  # the first request of a session stamps it
    for path, make in NOUNS.items():
        with b.undone():
            row = make(cast)
            few = statements(clinician, f"{API}{path}/")
            more_of(path, row)
            assert (path, few, statements(clinician, f"{API}{path}/")) == (path, 3, 3)


def test_every_detail_takes_three_statements(cast: Cast, clinician: Program):
    clinician.get(f"{API}contacts/")
    for path, make in NOUNS.items():
        with b.undone():
            assert (path, statements(clinician, f"{API}{path}/{make(cast).pk}/")) == (path, 3)


def test_list_goes_on_where_its_page_ended(cast: Cast, clinician: Program):
    more_of("contacts", cast.sams_contact)
    first = clinician.get(f"{API}contacts/?limit=2").json()
    rest = clinician.get(f"{API}contacts/?limit=2&after={first['next']}").json()
    told = [one["id"] for one in first["results"] + rest["results"]]
    assert told == sorted((str(one.pk) for one in CrisisContact.objects.all()), reverse=True)
    assert (rest["next"], set(first)) == (None, {"results", "next"})
    assert LedgerEntry.objects.filter(asker=cast.embedded, outcome="read", person=None).count() == 2


def test_filter_finds_nothing_that_is_not_shown(cast: Cast):
    """A filter narrows what the caller may see; it is no question about the rest."""
    states.to_the_clinic(cast, ())
    officer = Program(b.member("own-officer", cast.county, "officer"))
    for query in (f"person={cast.sam.pk}", f"contact={cast.sams_contact.pk}", "status=sent", "open=true"):
        assert officer.get(f"{API}linkages/?{query}").json() == {"results": [], "next": None}
    assert set(LedgerEntry.objects.values_list("outcome", flat=True)) == {"empty"}
    assert (
        len(Program(cast.adeyemi).get(f"{API}linkages/?recipient={cast.clinic.code}").json()["results"]) == 1
    )


def test_narrative_is_read_at_its_own_address(cast: Cast, clinician: Program):
    told = seen(clinician, f"contacts/{cast.sams_contact.pk}/narrative/").json()
    assert told["text"] == "Clinical words."
    assert row_of(cast.embedded).categories == ["D3"]
    assert "Clinical words." not in seen(clinician, f"contacts/{cast.sams_contact.pk}/").content.decode()


def test_triage_says_what_the_table_suggested(cast: Cast, clinician: Program):
    said = seen(clinician, "triage-suggestion/?call_type=assault&weapon_in_hand=yes").json()
    body = {"call_type": "assault", "weapon_in_hand": "yes", "decision": said["response"] or "both"}
    made = clinician.post(f"{API}contacts/{cast.sams_contact.pk}/triages/", body)
    assert (made.status_code, made.json()["suggestion"]) == (201, said["response"])
    (told,) = seen(clinician, f"contacts/{cast.sams_contact.pk}/triages/").json()["results"]
    assert (told["id"], Triage.objects.count()) == (made.json()["id"], 1)
    assert row_of(cast.embedded).person == cast.sam


def test_verb_needs_the_version_that_was_seen(cast: Cast, clinician: Program):
    link = states.team_link(cast, ())
    path = f"{API}team-links/{link.pk}/"
    problem(clinician.post(f"{path}verify/"), 428)
    assert do(clinician, f"team-links/{link.pk}/", "verify").json()["version"] == link.version + 1
    problem(
        clinician.post(f"{path}verify/", if_match=f'"{link.pk}.{link.version}"'), 412, "changed_meanwhile"
    )
    problem(do(clinician, f"team-links/{link.pk}/", "resume"), 409, "illegal_move")


def test_record_that_is_hidden_by_its_verb_is_answered_alike_again(cast: Cast, clinician: Program):
    """Marking an error takes the contact from its author; the repeated request is no other one."""
    path, key = f"contacts/{cast.sams_contact.pk}/", {"idempotency_key": "again"}
    tag = seen(clinician, path)["ETag"]
    sent = [
        clinician.post(f"{API}{path}mark-error/", {"reason": "Wrong person."}, if_match=tag, **key)
        for _ in range(2)
    ]
    assert [(one.status_code, one.content) for one in sent] == [(200, sent[0].content)] * 2
    problem(clinician.get(f"{API}{path}"), 404)


def test_linkage_is_recorded_sent_answered_and_reopened(cast: Cast, clinician: Program):
    clinic = Program(cast.adeyemi)
    linkage = states.to_the_clinic(cast, ())
    path = f"linkages/{linkage.pk}/"
    assert "answer" not in seen(clinician, path).json()["moves"]
    assert "received" in seen(clinic, path).json()["moves"]
    declined = do(clinic, path, "answer", {"status": "declined_by_recipient", "reason": "No place."})
    assert declined.json()["status"] == "declined_by_recipient"
    again = do(clinician, path, "reopen")
    assert (again.status_code, again["Location"]) == (201, f"{API}linkages/{again.json()['id']}/")
    assert Linkage.objects.get(pk=again.json()["id"]).prior_id == linkage.pk
    assert LedgerEntry.objects.filter(asker=cast.adeyemi, outcome="read", person=cast.sam).count() == 2


def test_disposition_proposes_what_is_promised_once(cast: Cast, clinician: Program):
    contact = b.contact(cast.embedded, cast.sam, disposition_primary="transported_voluntary")
    path = f"contacts/{contact.pk}/"
    proposed = seen(clinician, f"{path}follow-up-proposals/").json()
    assert proposed
    assert row_of(cast.embedded).person == cast.sam
    made = [clinician.post(f"{API}{path}follow-ups/").json() for _ in range(2)]
    assert ([len(one) for one in made], contact.follow_ups.count()) == ([len(proposed), 0], len(proposed))


def test_attempt_is_recorded_and_read_with_its_follow_up(cast: Cast, clinician: Program):
    path = f"follow-ups/{FollowUp.objects.get().pk}/"
    made = clinician.post(f"{API}{path}attempts/", {"mode": "visit", "outcome": "no_answer", "note": "Dark."})
    assert made.status_code == 201
    (told,) = seen(clinician, f"{path}attempts/").json()["results"]
    assert (told["note"], row_of(cast.embedded).categories) == ("Dark.", ["D3"])
    assert seen(clinician, path).json()["attempts"] == 1


def test_hand_off_of_a_sender_arrives_once_and_tells_no_more_than_its_outcome(cast: Cast):
    """A CAD system that retries, with no key, and with other words the second time."""
    psap = b.agency("county-911", "psap")
    cad = Program(b.member("cad", psap, "system_client"))
    body = {
        "to_kind": "clinician", "to_agency": cast.county.code, "sender_ref": "CAD-1", "incident_ref": "2026-7",
        "said": {"name": "Sam Testcase", "telephone": "555-0101"},
    }  # fmt: skip
    first = cad.post(f"{API}hand-offs/", body)
    second = cad.post(f"{API}hand-offs/", body | {"incident_ref": "2026-8"})
    assert (first.status_code, second.status_code, second.content) == (201, 200, first.content)
    assert set(first.json()) == {"id", "outcome"}
    assert Transfer.objects.get().incident_ref == "2026-7"


def test_what_a_sender_said_is_told_to_who_answers_alone(cast: Cast, clinician: Program):
    path = f"hand-offs/{states.offered(cast, ()).pk}/"
    assert seen(clinician, path).json()["said"]["name"] == "Sam Testcase"
    assert seen(Program(cast.reyes), path).json()["said"] == {}
    answered = do(clinician, path, "answer", {"outcome": "accepted"})
    assert answered.json()["outcome"] == "accepted"
    assert CrisisContact.objects.filter(record_status="draft", author=cast.embedded).count() == 1
    assert set(LedgerEntry.objects.values_list("outcome", flat=True)) == {"read"}


def test_notice_is_listed_opened_and_acknowledged(cast: Cast, clinician: Program):
    notice = states.notice(cast, ())
    (told,) = seen(clinician, "notices/?unread=true").json()["results"]
    assert (told["id"], set(told)) == (
        str(notice.pk),
        {"id", "kind", "subject", "is_urgent", "team", "put_at", "read_at"},
    )
    assert row_of(cast.embedded).categories == ["D0"]
    assert seen(clinician, f"notices/{notice.pk}/").json()["person"] is None
    assert clinician.post(f"{API}notices/{notice.pk}/acknowledge/").json()["read_at"]
    assert seen(clinician, "notices/?unread=true").json()["results"] == []
    problem(Program(cast.novak).get(f"{API}notices/{notice.pk}/"), 404, "not_found")


def test_member_says_how_to_be_told(clinician: Program):
    wish = {"email": "", "kinds_off": ["follow_up_due"], "quiet_from": "22:00:00", "quiet_to": "06:00:00"}
    assert clinician.put(f"{API}notice-preference/", wish).json() == wish
    assert seen(clinician, "notice-preference/").json() == wish
    refused = clinician.put(f"{API}notice-preference/", {"kinds_off": ["crisis_contact"]})
    assert pointers(refused) == {"/kinds_off": "always_told"}


def test_record_of_a_person_says_of_each_item_where_it_is_from(cast: Cast, clinician: Program):
    told = seen(clinician, f"people/{cast.sam.pk}/record/").json()
    assert {one["source"]["basis"] for one in told["items"]} == {"O"}
    assert str(cast.sams_contact.pk) in {one["source"]["id"] for one in told["items"]}
    row = row_of(cast.embedded)
    assert (row.outcome, row.person, row.channel) == ("released", cast.sam, "api")
    problem(Program(cast.novak).get(f"{API}people/{cast.sam.pk}/record/"), 404, "not_found")
    assert row_of(cast.novak).outcome == "refused"
