"""A county of three agencies in a folder of CSV files: every test changes the row it is about."""

import csv
import io
from pathlib import Path
from typing import Any

from django.core.management import call_command

AGENCIES = [
    {
        "agency_id": code,
        "name": code,
        "kind": kind,
        "legal_regimes": regimes,
        "part2_program": part2,
        "ori": "",
        "state": "CA",
        "timezone": "America/Los_Angeles",
    }
    for code, kind, regimes, part2 in (
        ("AG-PD", "police", "cja", "no"),
        ("AG-BH", "county_behavioral_health", "hipaa_covered;ca_lps", "no"),
        ("AG-SUD", "sud_program", "hipaa_covered;part2_program", "yes"),
    )
]
AGREEMENT = {
    "agreement_id": "AGR-1",
    "kind": "information_exchange",
    "party_a": "AG-PD",
    "party_b": "AG-BH",
    "categories": "D0;D1;D2;D3;D5;D6",
    "effective_date": "2022-07-01",
    "expires_date": "2027-06-30",
}
MEMBERS = [
    {
        "member_id": key,
        "display_name": key,
        "agency_id": agency,
        "roles": role,
        "username": key.lower(),
    }
    for key, agency, role in (
        ("M-1", "AG-PD", "officer"),
        ("M-2", "AG-BH", "embedded_clinician"),
        ("M-3", "AG-BH", "consent_manager"),
        ("M-4", "AG-SUD", "treatment_clinician"),
    )
]
PERSON = {
    "person_id": "R1",
    "first_name": "María",
    "middle_name": "",
    "last_name": "Testcase",
    "suffix": "",
    "aliases": "Mary Sample; Red",
    "dob": "1988-04-03",
    "sex": "F",
    "phone": "661-555-0101",
    "address": "1 Test St",
    "city": "Fairmont",
    "state": "ZZ",
    "zip": "00001",
    "external_ids": "20-1; 21-2; 20-1",
}
CONTACT = {
    "contact_id": "C-1",
    "person_id": "R1",
    "custodian_agency": "AG-BH",
    "author_member": "M-2",
    "occurred_at": "2026-07-01 12:00:00",
    "origin": "call_911",
    "modality": "phone",
    "response_type": "call_diversion_clinician",
    "presenting_issues": "suicidal_ideation;substance_intoxication",
    "safety_observations": "fear_of_uniforms",
    "disposition_primary": "safety_plan_completed",
    "diverted_from": "law_enforcement_response",
    "hold_status": "not_applicable",
    "transport_destination": "none",
    "le_dispatched": "no",
    "incident_ref": "2026-1",
    "location_area": "hood 1",
    "operational_summary": "Spoke quietly, and agreed.",
    "source_event_id": "1",
    "source_event_type": "Suicide-related",
    "source_apprehension_made": "No",
}
CONSENT = {
    "consent_id": "K-1",
    "person_id": "R1",
    "disclosing_agency": "AG-BH",
    "instrument": "combined_hipaa_part2",
    "recipients": "AG-PD;AG-SUD",
    "categories": "D0;D1;D2;D3;D5;D6",
    "purposes": "le_crisis_response;care_coordination",
    "part2_included": "yes",
    "signed_date": "2026-01-05",
    "expires_date": "2027-01-05",
    "status": "active",
    "revoked_date": "",
    "collected_by": "M-3",
    "collection_context": "clinic",
    "language": "en",
}
TEAM_LINK = {
    "link_id": "T-1",
    "person_id": "R1",
    "provider_agency": "AG-BH",
    "clinician_member": "M-2",
    "program_kind": "outpatient_mh",
    "part2_source": "no",
    "duty_line": "661-555-0199",
    "hours": "Mon-Fri 08:00-17:00",
    "status": "active",
    "verified_date": "2026-07-01",
}
LINKAGE = {
    "linkage_id": "L-1",
    "contact_id": "C-1",
    "person_id": "R1",
    "requesting_agency": "AG-BH",
    "recipient_agency": "AG-BH",
    "kind": "new_outpatient_mh",
    "status": "sent",
    "requested_date": "2026-07-02",
}
FOLLOW_UP = {
    "follow_up_id": "F-1",
    "contact_id": "C-1",
    "person_id": "R1",
    "assigned_agency": "AG-BH",
    "kind": "safety_check",
    "due_window": "h48",
    "due_at": "2026-07-03 12:00:00",
    "status": "completed",
    "result": "connected",
    "attempts": "2",
}
SPOTLESS: dict[str, list[dict[str, str]]] = {
    "agencies.csv": AGENCIES,
    "agreements.csv": [AGREEMENT],
    "members.csv": MEMBERS,
    "people.csv": [PERSON],
    "contacts.csv": [CONTACT],
    "consents.csv": [CONSENT],
    "team_links.csv": [TEAM_LINK],
    "linkages.csv": [LINKAGE],
    "follow_ups.csv": [FOLLOW_UP],
}


def write(
    folder: Path, *, start: str = "", end: str = "\n", **files: list[dict[str, str]]
) -> dict[str, list[dict[str, str]]]:
    """Write the spotless county with some files (`contacts=[...]`) replaced."""
    county = SPOTLESS | {f"{name}.csv": rows for name, rows in files.items()}
    for name, rows in county.items():
        text = io.StringIO()
        writer = csv.DictWriter(text, list(rows[0]), lineterminator=end)
        writer.writeheader()
        writer.writerows(rows)
        (folder / name).write_bytes((start + text.getvalue()).encode("utf-8", "surrogateescape"))
    return county


def load(folder: Path, *options: Any) -> str:
    """Run the command; what it printed."""
    out = io.StringIO()
    call_command("import_county", str(folder), *options, "--rejects", str(rejects_of(folder)), stdout=out)
    return out.getvalue()


def rejects_of(folder: Path) -> Path:
    return folder / "rejects.out"


def rejected(folder: Path) -> list[tuple[str, int, str, str]]:
    """File, line, column and reason of every rejected row."""
    with rejects_of(folder).open(encoding="utf-8", errors="surrogateescape", newline="") as file:
        return [(row["file"], int(row["line"]), row["column"], row["reason"]) for row in csv.DictReader(file)]
