"""What a county's files become: every noun, the second run, the dry run, and what is refused as a whole."""

from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from django.apps import apps
from django.core.management import CommandError, call_command

from continuity.agencies.models import Agency, Agreement, Member, Membership
from continuity.agencies.services import create_team
from continuity.consents.models import Consent
from continuity.crisis.models import CrisisContact
from continuity.notices.models import Notice
from continuity.people.models import Person, PersonAgency
from continuity.people.services import identify
from continuity.trail.models import AuditEntry, Recorded
from continuity.treatment.models import FollowUp, Linkage, LinkageGroupGrant, TreatmentTeamLink
from tests.intake import county
from tests.intake.county import CONSENT, CONTACT, LINKAGE, PERSON, SPOTLESS

pytestmark = pytest.mark.django_db
TABLES = [model for model in apps.get_models() if model.__module__.startswith("continuity.")]


def everything() -> dict[str, Any]:
    """All rows of the house, to see that nothing changed."""
    return {model._meta.label: list(model._default_manager.order_by("pk").values()) for model in TABLES}


def test_spotless_county_loads_whole(tmp_path: Path) -> None:
    county.write(tmp_path)
    printed = county.load(tmp_path)
    assert county.rejected(tmp_path) == []
    assert "contacts.csv: 1 read, 1 loaded, 0 unchanged, 0 ended, 0 rejected" in printed
    assert "1 (100.0%)" in printed
    for model in (Agreement, Person, CrisisContact, Consent, TreatmentTeamLink, Linkage, FollowUp):
        assert model.objects.count() == 1, model


@pytest.mark.parametrize(("start", "end"), [("", "\n"), ("\ufeff", "\r\n"), ("\ufeff", "\n"), ("", "\r\n")])
def test_every_usual_line_end_and_mark_is_read(tmp_path: Path, start: str, end: str) -> None:
    county.write(
        tmp_path, start=start, end=end, contacts=[CONTACT, CONTACT | {"contact_id": "C-2", "origin": ""}]
    )
    county.load(tmp_path)
    assert county.rejected(tmp_path) == [("contacts.csv", 3, "origin", "missing")]
    assert CrisisContact.objects.get().operational_summary == "Spoke quietly, and agreed."


def test_training_comes_with_members_or_is_left_as_it_is(tmp_path: Path) -> None:
    """5.2: without a training nobody is answered about a person."""
    county.write(tmp_path)
    county.load(tmp_path)
    assert set(Member.objects.values_list("trained_until", flat=True)) == {None}
    named = [row | {"username": f"new-{row['username']}", "trained_until": ""} for row in county.MEMBERS]
    named[0] |= {"trained_until": "2027-03-04"}
    named[1] |= {"trained_until": "next year"}
    county.write(tmp_path, members=named)
    county.load(tmp_path)
    assert county.rejected(tmp_path)[0] == ("members.csv", 3, "trained_until", "not a date like 2026-01-31")
    assert Member.objects.get(username="new-m-1").trained_until == date(2027, 3, 4)
    assert Member.objects.get(username="new-m-3").trained_until is None


def test_second_run_changes_nothing(tmp_path: Path) -> None:
    county.write(tmp_path)
    county.load(tmp_path)
    before = everything()
    printed = county.load(tmp_path)
    assert everything() == before
    assert "people.csv: 1 read, 0 loaded, 1 unchanged, 0 ended, 0 rejected" in printed
    assert county.rejected(tmp_path) == []


def test_dry_run_reports_the_same_and_leaves_nothing(tmp_path: Path) -> None:
    county.write(tmp_path, contacts=[CONTACT, CONTACT | {"contact_id": "C-2", "origin": ""}])
    before = everything()
    printed = county.load(tmp_path, "--dry-run")
    assert everything() == before
    assert "contacts.csv: 2 read, 1 loaded, 0 unchanged, 0 ended, 1 rejected" in printed
    assert county.rejected(tmp_path) == [("contacts.csv", 3, "origin", "missing")]


def test_exact_repeat_is_no_second_contact(tmp_path: Path) -> None:
    county.write(tmp_path, contacts=[CONTACT, CONTACT])
    assert "2 read, 1 loaded, 1 unchanged, 0 ended, 0 rejected" in county.load(tmp_path)
    assert CrisisContact.objects.count() == 1


@pytest.mark.parametrize(
    ("file", "change"),
    [
        ("agencies", {"name": "Another name"}),
        ("agreements", {"categories": "D0"}),
        ("members", {"roles": "supervisor"}),
        ("people", {"dob": "1988-04-04"}),
        ("people", {"phone": "661-555-0999"}),
        ("contacts", {"operational_summary": "Something else."}),
        ("contacts", {"custodian_agency": "AG-SUD", "author_member": "M-4"}),
        ("contacts", {"person_id": ""}),
        ("consents", {"recipients": "AG-PD"}),
        ("consents", {"status": "rejected"}),
        ("team_links", {"verified_date": "2026-07-02"}),
        ("linkages", {"status": "completed"}),
        ("follow_ups", {"attempts": "3"}),
    ],
)
def test_differing_row_is_rejected_and_never_overwrites(
    tmp_path: Path, file: str, change: dict[str, str]
) -> None:
    county.write(tmp_path)
    county.load(tmp_path)
    before = everything()
    first, *others = SPOTLESS[f"{file}.csv"]
    county.write(tmp_path, **{file: [first | change, *others]})
    county.load(tmp_path)
    differs = (f"{file}.csv", 2, "", "differs from the row already loaded")
    assert differs in county.rejected(tmp_path)
    assert everything() == before


def test_differing_repeat_in_one_file_is_rejected(tmp_path: Path) -> None:
    county.write(tmp_path, contacts=[CONTACT, CONTACT | {"origin": "walk_in"}])
    county.load(tmp_path)
    assert county.rejected(tmp_path) == [("contacts.csv", 3, "", "differs from the row already loaded")]


def test_consent_revoked_here_is_left_alone_by_the_next_run(tmp_path: Path) -> None:
    county.write(tmp_path)
    county.load(tmp_path)
    consent = Consent.objects.get()
    consent.status, consent.inactive_reason, consent.ended_at = "inactive", "revoked", consent.signed_at
    consent.save()
    printed = county.load(tmp_path)
    assert "consents.csv: 1 read, 0 loaded, 1 unchanged, 0 ended, 0 rejected" in printed
    assert Consent.objects.get().status == "inactive"


def test_revocation_in_a_later_file_ends_the_consent_at_once(tmp_path: Path) -> None:
    """L-10, L-12: whatever else the row says or was edited here; the file may end a consent and never revive it."""
    county.write(tmp_path)
    county.load(tmp_path)
    consent = Consent.objects.get()
    consent.purpose_text = "edited here"
    consent.save()
    county.write(tmp_path, consents=[CONSENT | {"status": "revoked", "revoked_date": "2026-02-01"}])
    printed = county.load(tmp_path)
    assert "consents.csv: 1 read, 0 loaded, 0 unchanged, 1 ended, 0 rejected" in printed
    consent.refresh_from_db()
    assert (consent.status, consent.inactive_reason) == ("inactive", "revoked")
    assert {notice.kind for notice in Notice.objects.all()} == {"authorisation_ended"}
    county.write(tmp_path)
    county.load(tmp_path)
    assert Consent.objects.get().status == "inactive"


def test_own_contact_of_another_agency_may_bear_the_same_number(tmp_path: Path) -> None:
    county.write(tmp_path)
    county.load(tmp_path)
    mine = CrisisContact.objects.get()
    mine.pk, mine.contact_number, mine.source_facts = None, "C-2", {}
    mine.custodian = Agency.objects.get(code="AG-PD")
    mine._state.adding = True
    mine.id = CrisisContact().id
    mine.save()
    county.write(tmp_path, contacts=[CONTACT, CONTACT | {"contact_id": "C-2"}])
    county.load(tmp_path)
    assert county.rejected(tmp_path) == []
    assert CrisisContact.objects.filter(contact_number="C-2").count() == 2


def test_every_loaded_row_has_a_history_that_masks(tmp_path: Path) -> None:
    county.write(tmp_path)
    county.load(tmp_path)
    for model in TABLES:
        if issubclass(model, Recorded):
            for pk in model._default_manager.values_list("pk", flat=True):
                assert AuditEntry.objects.filter(object_pk=str(pk), purpose="county import").exists(), model
    entry = AuditEntry.objects.get(object_pk=str(Person.objects.get().pk))
    assert "1988" not in str(entry.changes)


def test_imported_person_is_found_by_name_alias_and_birth_date(tmp_path: Path) -> None:
    county.write(tmp_path)
    county.load(tmp_path)
    person = Person.objects.get()
    born = person.birth_date
    assert identify(last="Testcase", first="Maria", birth_date=born).person_id == person.pk
    assert identify(last="Sample", first="Mary", birth_date=born).person_id == person.pk
    assert identify(last="Testcase", identifier="20-1").person_id is None
    assert person.identity_status == Person.IdentityStatus.ASSERTED


def test_person_without_birth_date_and_word_alone_as_alias_is_kept(tmp_path: Path) -> None:
    county.write(tmp_path, people=[PERSON | {"dob": "", "aliases": "Red; Ana Luisa Testcase"}])
    county.load(tmp_path)
    names = set(Person.objects.get().personname_set.values_list("use", "first", "last"))
    assert names == {
        ("official", "María", "Testcase"),
        ("nickname", "", "Red"),
        ("alias", "Ana Luisa", "Testcase"),
    }


def test_only_agencies_with_a_record_know_the_person(tmp_path: Path) -> None:
    county.write(tmp_path, people=[PERSON, PERSON | {"person_id": "R2"}])
    county.load(tmp_path)
    assert list(PersonAgency.objects.values_list("agency__code", flat=True)) == ["AG-BH"]


def test_recipient_of_a_linkage_knows_the_person(tmp_path: Path) -> None:
    county.write(tmp_path, linkages=[LINKAGE | {"recipient_agency": "AG-SUD"}])
    county.load(tmp_path)
    assert set(PersonAgency.objects.values_list("agency__code", flat=True)) == {"AG-BH", "AG-SUD"}
    assert Linkage.objects.get().is_part2


def test_open_linkage_may_be_answered_by_the_referral_team(tmp_path: Path) -> None:
    closed = LINKAGE | {"linkage_id": "L-2", "status": "completed"}
    county.write(tmp_path, linkages=[LINKAGE])
    county.load(tmp_path)
    assert not LinkageGroupGrant.objects.exists()
    team = create_team(agency=Agency.objects.get(code="AG-BH"), name="Referrals", takes_referrals=True)
    county.write(tmp_path, linkages=[LINKAGE, closed, LINKAGE | {"linkage_id": "L-3"}])
    county.load(tmp_path)
    granted = LinkageGroupGrant.objects.get()
    assert (granted.content_object.external_id, granted.group) == ("L-3", team.group)
    assert Linkage.objects.get(external_id="L-2").closed_at is not None


def test_imported_member_cannot_sign_in_before_activation(tmp_path: Path) -> None:
    county.write(tmp_path)
    county.load(tmp_path)
    member = Member.objects.get(username="m-1")
    assert member.status == Member.Status.INVITED
    assert not member.has_usable_password()
    assert not Membership.objects.get(member=member).is_current


def test_absent_answers_are_said_to_be_not_asked(tmp_path: Path) -> None:
    county.write(tmp_path)
    county.load(tmp_path)
    contact = CrisisContact.objects.get()
    assert contact.risk_level == "not_assessed"
    answers = contact.existing_treatment, contact.referral_offered, contact.follow_up_required
    assert answers == ("not_asked", "not_asked", "not_asked")
    assert contact.recorded_at == contact.occurred_at == datetime(2026, 7, 1, 19, tzinfo=UTC)
    assert contact.source_facts["source_event_id"] == "1"
    assert (contact.is_part2, contact.sensitivity_labels) == (False, ["SUD"])


def test_contact_of_a_part2_programme_is_part2(tmp_path: Path) -> None:
    county.write(
        tmp_path,
        contacts=[
            CONTACT,
            CONTACT | {"contact_id": "C-2", "custodian_agency": "AG-SUD", "author_member": "M-4"},
        ],
    )
    county.load(tmp_path)
    assert CrisisContact.objects.get(contact_number="C-2").is_part2


def test_periods_start_and_end_at_midnight_where_the_custodian_is(tmp_path: Path) -> None:
    county.write(tmp_path, consents=[CONSENT | {"status": "revoked", "revoked_date": "2026-07-01"}])
    county.load(tmp_path)
    consent = Consent.objects.get()
    assert consent.signed_at == datetime(2026, 1, 5, 8, tzinfo=UTC)
    assert consent.expires_at == datetime(2027, 1, 5, 8, tzinfo=UTC)
    assert consent.ended_at == datetime(2026, 7, 1, 7, tzinfo=UTC)


@pytest.mark.parametrize(
    ("local", "utc"),
    [("2026-11-01 01:30:00", (8, 30)), ("2026-03-08 02:30:00", (10, 30))],
    ids=["comes twice", "is skipped"],
)
def test_hour_of_a_clock_change_is_read(tmp_path: Path, local: str, utc: tuple[int, int]) -> None:
    county.write(tmp_path, contacts=[CONTACT | {"occurred_at": local}])
    county.load(tmp_path)
    at = CrisisContact.objects.get().occurred_at.astimezone(UTC)
    assert (at.hour, at.minute) == utc
    assert "0 loaded, 1 unchanged" in county.load(tmp_path)


def test_missing_file_is_skipped_and_said_so(tmp_path: Path) -> None:
    county.write(tmp_path)
    (tmp_path / "linkages.csv").unlink()
    assert "linkages.csv is not there: skipped." in county.load(tmp_path)
    assert FollowUp.objects.count() == 1


@pytest.mark.parametrize(
    ("header", "said"),
    [
        ("agency_id,name", "agencies.csv lacks the column kind"),
        (",".join([*SPOTLESS["agencies.csv"][0], "colour"]), "a column that nothing is known of: 'colour'"),
        (",".join([*SPOTLESS["agencies.csv"][0], "name"]), "agencies.csv has the column name twice"),
        ("", "agencies.csv lacks the column agency_id"),
    ],
)
def test_other_columns_end_the_import_before_it_starts(tmp_path: Path, header: str, said: str) -> None:
    county.write(tmp_path)
    (tmp_path / "agencies.csv").write_text(header + "\n")
    with pytest.raises(CommandError, match=said) as error:
        county.load(tmp_path)
    assert error.value.returncode == 2
    assert not Person.objects.exists()
    assert not county.rejects_of(tmp_path).exists()


@pytest.mark.parametrize("folder", ["nowhere", "."])
def test_folder_without_files_is_unusable(tmp_path: Path, folder: str) -> None:
    with pytest.raises(CommandError) as error:
        county.load(tmp_path / folder)
    assert error.value.returncode == 2


def test_source_must_be_named_when_it_is_not_plain(tmp_path: Path) -> None:
    second = SPOTLESS["agencies.csv"][1] | {"agency_id": "AG-BH2"}
    county.write(tmp_path, agencies=[*SPOTLESS["agencies.csv"], second])
    with pytest.raises(CommandError, match="There are 2 agencies of county behavioral health"):
        county.load(tmp_path)
    county.load(tmp_path, "--source", "AG-BH2")
    sources = Person.objects.get().personname_set.values_list("source__code", flat=True)
    assert set(sources) == {"AG-BH2"}


def test_rejects_are_kept_under_the_name_of_the_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "county"
    folder.mkdir()
    county.write(folder)
    monkeypatch.chdir(tmp_path)
    call_command("import_county", str(folder), verbosity=0)
    assert (tmp_path / "county.rejects.csv").read_text().split() == ["file,line,column,reason,row"]
