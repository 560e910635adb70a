"""Every kind of bad row: told with file, line, column and reason, while the good ones stay."""

from typing import Any

import pytest

from continuity.crisis.models import CrisisContact
from tests.intake import county
from tests.intake.county import (
    AGENCIES,
    AGREEMENT,
    CONSENT,
    CONTACT,
    FOLLOW_UP,
    LINKAGE,
    MEMBERS,
    PERSON,
    TEAM_LINK,
)

pytestmark = pytest.mark.django_db

BAD: list[tuple[str, dict[str, str], dict[str, str], str, str]] = [
    ("contacts", CONTACT, {"occurred_at": "2025-02-30 10:00:00"}, "occurred_at", "no such date or time"),
    ("contacts", CONTACT, {"occurred_at": "yesterday"}, "occurred_at", "not a time like 2026-01-31 14:05:00"),
    ("contacts", CONTACT, {"occurred_at": ""}, "occurred_at", "missing"),
    ("contacts", CONTACT, {"occurred_at": "2031-01-01 00:00:00"}, "occurred_at", "lies in the future"),
    (
        "contacts",
        CONTACT,
        {"occurred_at": "9999-01-01 00:00:00"},
        "occurred_at",
        "not in the years 1900 to 2199",
    ),
    ("contacts", CONTACT, {"custodian_agency": "AG-NOPE"}, "custodian_agency", "unknown agency"),
    ("contacts", CONTACT, {"author_member": "M-9"}, "author_member", "unknown member"),
    ("contacts", CONTACT, {"author_member": "M-1"}, "author_member", "works for another agency"),
    ("contacts", CONTACT, {"person_id": "R9"}, "person_id", "unknown person"),
    ("contacts", CONTACT, {"disposition_primary": "chronic_complaint"}, "disposition_primary", "not offered"),
    ("contacts", CONTACT, {"presenting_issues": ";"}, "presenting_issues", "missing"),
    (
        "contacts",
        CONTACT,
        {"operational_summary": "x" * 1001},
        "operational_summary",
        "longer than 1,000 characters",
    ),
    ("contacts", CONTACT, {"operational_summary": "a\0b"}, "operational_summary", "holds control characters"),
    ("contacts", CONTACT, {"location_area": "\udcff"}, "location_area", "not UTF-8"),
    ("agencies", AGENCIES[2], {"part2_program": "no"}, "part2_program", "does not agree with legal_regimes"),
    ("agencies", AGENCIES[0], {"timezone": "America/Nowhere"}, "timezone", "no such time zone"),
    ("agreements", AGREEMENT, {"party_b": "AG-PD"}, "party_b", "the same agency as party_a"),
    ("agreements", AGREEMENT, {"expires_date": "2022-07-01"}, "expires_date", "not after effective_date"),
    ("members", MEMBERS[0], {"roles": "officer;consent_manager"}, "roles", "a consent manager is no officer"),
    ("members", MEMBERS[0], {"roles": "auditor;officer"}, "roles", "an auditor holds no other role"),
    ("members", MEMBERS[0], {"roles": "sheriff"}, "roles", "not offered"),
    ("people", PERSON, {"dob": "1988-02-30"}, "dob", "no such date"),
    ("people", PERSON, {"dob": "2190-01-01"}, "dob", "lies in the future"),
    ("people", PERSON, {"last_name": ""}, "last_name", "missing"),
    ("consents", CONSENT, {"expires_date": "2026-01-05"}, "expires_date", "not after signed_date"),
    ("consents", CONSENT, {"expires_date": ""}, "expires_date", "missing"),
    ("consents", CONSENT, {"status": "revoked"}, "revoked_date", "missing"),
    (
        "consents",
        CONSENT,
        {"status": "expired", "expires_date": "2190-01-01"},
        "expires_date",
        "lies in the future",
    ),
    ("consents", CONSENT, {"recipients": "AG-PD;AG-NOPE"}, "recipients", "unknown agency"),
    ("consents", CONSENT, {"categories": ""}, "categories", "missing"),
    (
        "consents",
        CONSENT,
        {"collected_by": "M-1"},
        "collected_by",
        "law enforcement may not collect consents",
    ),
    (
        "consents",
        CONSENT,
        {"collection_context": "on_hold"},
        "collection_context",
        "a consent may not be signed on a hold or in custody",
    ),
    ("team_links", TEAM_LINK, {"verified_date": ""}, "verified_date", "missing"),
    ("linkages", LINKAGE, {"contact_id": "C-9"}, "contact_id", "unknown contact"),
    ("follow_ups", FOLLOW_UP, {"result": ""}, "result", "missing"),
    ("follow_ups", FOLLOW_UP, {"attempts": "many"}, "attempts", "not a number from 0 to 32,767"),
]
KEYS = {
    "agencies": {"agency_id": "AG-X"},
    "agreements": {"agreement_id": "AGR-X"},
    "members": {"member_id": "M-X", "username": "m-x"},
    "people": {"person_id": "RX"},
    "contacts": {"contact_id": "C-X"},
    "consents": {"consent_id": "K-X"},
    "team_links": {"link_id": "T-X"},
    "linkages": {"linkage_id": "L-X"},
    "follow_ups": {"follow_up_id": "F-X"},
}


@pytest.mark.parametrize(("file", "good", "change", "column", "reason"), BAD)
def test_bad_row_is_told_with_its_place_and_reason(
    tmp_path: Any, file: str, good: dict[str, str], change: dict[str, str], column: str, reason: str
) -> None:
    good_rows = county.SPOTLESS[f"{file}.csv"]
    county.write(tmp_path, **{file: [*good_rows, good | KEYS[file] | change]})
    county.load(tmp_path)
    assert county.rejected(tmp_path) == [(f"{file}.csv", len(good_rows) + 2, column, reason)]


def test_person_of_another_contact_is_rejected(tmp_path: Any) -> None:
    other = PERSON | {"person_id": "R2", "first_name": "Other"}
    county.write(tmp_path, people=[PERSON, other], linkages=[LINKAGE | {"person_id": "R2"}])
    county.load(tmp_path)
    assert county.rejected(tmp_path) == [("linkages.csv", 2, "person_id", "not the person of the contact")]


def test_member_id_stands_for_one_member(tmp_path: Any) -> None:
    county.write(tmp_path, members=[*MEMBERS, MEMBERS[0] | {"username": "somebody"}])
    county.load(tmp_path)
    assert county.rejected(tmp_path) == [("members.csv", 6, "member_id", "already stands for another member")]


def test_line_number_is_the_physical_line_where_the_row_starts(tmp_path: Any) -> None:
    wordy = CONTACT | {"contact_id": "C-2", "operational_summary": "two\nlines"}
    bad = CONTACT | {"contact_id": "C-3", "occurred_at": ""}
    county.write(tmp_path, contacts=[CONTACT, wordy, bad])
    county.load(tmp_path)
    assert county.rejected(tmp_path) == [("contacts.csv", 5, "occurred_at", "missing")]


def test_row_with_too_few_cells_is_rejected(tmp_path: Any) -> None:
    county.write(tmp_path)
    with (tmp_path / "contacts.csv").open("a") as file:
        file.write("C-9,R1\n\n")
    county.load(tmp_path)
    assert county.rejected(tmp_path) == [("contacts.csv", 3, "", "has 2 cells instead of 21")]


def test_good_rows_stay_when_the_database_refuses_one(tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = [CONTACT | {"contact_id": f"C-{number}"} for number in range(1, 8)]
    county.write(tmp_path, contacts=rows)
    from continuity.intake import care_rows

    pure = care_rows.contact

    def careless(cells: Any, around: Any) -> Any:
        row = pure(cells, around)
        if row.key == "C-5":
            row.fields["diverted_from"] = []
        return row

    monkeypatch.setattr(care_rows, "contact", careless)
    county.load(tmp_path)
    told = "refused by the database: a readable contact answers what is asked"
    assert county.rejected(tmp_path) == [("contacts.csv", 6, "", told)]
    assert CrisisContact.objects.count() == 6


def test_reports_hold_reasons_and_the_rejects_file_the_row(tmp_path: Any) -> None:
    county.write(
        tmp_path, people=[PERSON, PERSON | {"person_id": "R2", "dob": "Blue-eyed", "first_name": "Zoe"}]
    )
    printed = county.load(tmp_path)
    assert "people.csv line 3, dob: not a date like 2026-01-31" in printed
    assert "Blue-eyed" not in printed
    assert "Zoe" not in printed
    kept = county.rejects_of(tmp_path)
    assert "R2,Zoe,,Testcase" in kept.read_text(encoding="utf-8")
    assert kept.stat().st_mode & 0o077 == 0
