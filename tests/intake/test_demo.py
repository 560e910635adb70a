import re
import socket
from datetime import timedelta
from functools import partial

import pytest
from django.apps import apps
from django.core.management import CommandError, call_command
from django.utils import timezone

from continuity.agencies.models import Agency, Member, Membership
from continuity.agencies.roles import Role
from continuity.consents.models import Consent
from continuity.disclosures.models import LedgerEntry
from continuity.errors import Conflict
from continuity.intake import demo_people as people
from continuity.intake.demo import DEMO_SEED, DEMO_STORIES, demo_accounts, seed_demo, show_somebody
from continuity.intake.demo_county import ACCOUNTS, AGENCIES, CODES
from continuity.intake.demo_desk import VISITORS
from continuity.intake.demo_duplicates import PEOPLE as TWICE
from continuity.intake.management.commands import demo as command
from continuity.intake.stories import stories
from continuity.people.models import Person
from continuity.trail.models import Recorded
from tests import builders as b
from tests.cast import signed_in

URL = "/api/v1/lookups/"
FEW = 12


def ask(username, person, purpose=None):
    """The bytes of the answer and the ledger row of this question."""
    membership = Membership.objects.get(member__username=username)
    typed = {
        "incident_ref": people.INCIDENT,
        "purpose": purpose or person.purpose,
        "last": person.last,
        "first": person.first,
        "birth_date": person.typed_birth_date,
    }
    response = signed_in(membership).post(URL, typed, content_type="application/json")
    assert response.status_code == 200
    return response, LedgerEntry.objects.order_by("id").last()


def test_rosalind_is_shown_with_the_full_card(seeded):
    response, row = ask("reyes", people.ROSALIND)
    record = response.json()["record"]
    assert record["name_to_use"] == "Roz Quist-Example"
    assert record["team_links"][0]["duty_line"] == "661-555-0130"
    assert not record["team_links"][0]["is_stale"]
    assert [len(record[part]) for part in ("tips", "flags", "plans", "contacts")] == [3, 2, 1, 4]
    assert {one["outcome"] for one in record["follow_ups"]} == {"scheduled", "completed"}
    assert (row.outcome, row.refusal) == ("released", "")


def test_everybody_else_is_answered_alike_and_only_the_ledger_says_why(seeded):
    refusals = {
        people.BASIL: ("refused", "no_basis"),
        people.NOBODY: ("empty", "no_match"),
        people.MARIA: ("empty", "ambiguous"),
        people.INGRID: ("refused", "restricted"),
    }
    answers = set()
    for person, reason in refusals.items():
        response, row = ask("reyes", person)
        answers.add(response.content)
        assert (row.outcome, row.refusal) == reason
    assert answers == {b'{"result": "no_shareable_information"}'}


def test_teodoro_comes_with_the_part2_notice(seeded):
    response, row = ask("petrova", people.TEODORO)
    record = response.json()["record"]
    assert {notice["code"] for notice in record["notices"]} == {"consent_terms", "part2"}
    assert len(record["sud_segments"]) == 2
    assert (row.outcome, set(row.notices)) == ("released", {"consent_terms", "part2"})


def test_teodoro_is_nobody_to_the_police(seeded):
    response, row = ask("reyes", people.TEODORO, people.ROSALIND.purpose)
    assert response.json() == {"result": "no_shareable_information"}
    assert row.outcome == "refused"


def test_the_sheriff_learns_nothing_since_the_agreement_ran_out(seeded):
    response, row = ask("cole", people.ROSALIND)
    assert response.json() == {"result": "no_shareable_information"}
    assert (row.outcome, row.refusal) == ("refused", "no_agreement")


@pytest.mark.parametrize(
    ("username", "person", "purpose"),
    [
        ("vance", people.ROSALIND, "le_crisis_response"),
        ("okafor", people.ROSALIND, "treatment"),
        ("castellanos", people.ROSALIND, "care_coordination"),
        ("brooks", people.ROSALIND, "care_coordination"),
        ("kim", people.BASIL, "compliance_audit"),
        ("ashworth", people.INGRID, "patient_request"),
        ("mbeki", people.ROSALIND, "operations_qi"),
    ],
)
def test_each_account_is_answered_as_its_line_promises(seeded, username, person, purpose):
    response, row = ask(username, person, purpose)
    assert response.json()["result"] == "record"
    assert (row.outcome, row.purpose) == ("released", purpose)


def test_every_role_has_one_account_to_try():
    shown = [post.role for account in ACCOUNTS if account.to_try for post in account.posts[:1]]
    assert sorted({*shown, Role.SYSTEM_CLIENT}) == sorted(Role)


def test_queues_of_the_desk_that_matches_people_are_filled(seeded):
    officer, other = (Membership.objects.get(member__username=name) for name in ("ashworth", "thorne"))
    show_somebody(timezone.now())
    browser = signed_in(other)
    assert other.agency.keeps_index
    for page, told in {
        "duplicates": ("Barnaby Thistlewood-Example", "Eudora Winslow-Example"),
        "merges": ("Hyacinth Merriweather-Example", officer.member.display_name),
        "identity-reports": ("Rosalind Quist-Example", "KCPD"),
    }.items():
        text = browser.get(f"/admin/{page}/").content.decode()
        assert [one for one in told if one not in text] == [], page
    assert LedgerEntry.objects.filter(asker=other, outcome="read").count() == 3


def test_somebody_works_for_two_agencies(seeded):
    agencies = Agency.objects.filter(memberships__member__username="whitfield")
    assert agencies.count() == 2


def test_no_account_has_a_password_before_the_command_sets_it(seeded):
    assert not any(member.has_usable_password() for member in demo_accounts())


def test_seeding_twice_changes_nothing(seeded):
    def versions():
        return {
            model: sorted(model.objects.values_list("pk", "version"))
            for model in apps.get_models()
            if issubclass(model, Recorded)
        }

    before = versions()
    again = seed_demo(timezone.now() + timedelta(days=3), count=5)
    assert (seeded.is_new, again.is_new) == (True, False)
    assert (again.people, again.contacts) == (seeded.people, seeded.contacts)
    assert versions() == before


@pytest.mark.django_db
def test_made_up_people_break_no_rule_of_the_house():
    now = timezone.now()
    summary = seed_demo(now, count=FEW)
    told = list(stories(FEW, seed=DEMO_SEED, now=now))
    assert summary.people == len(people.hand_written_stories(now)) + VISITORS + TWICE + FEW
    assert Consent.objects.count() >= sum(story.consent is not None for story in told)
    for model in apps.get_models():
        if issubclass(model, Recorded):
            for row in model.objects.all():
                row.clean_fields(exclude=[f.name for f in model._meta.fields if not getattr(row, f.attname)])
                row.validate_constraints()


def test_three_hundred_stories_tell_of_what_the_demo_shows():
    told = list(stories(DEMO_STORIES, seed=DEMO_SEED, now=timezone.now()))
    assert sum(len(story.contacts) >= 20 for story in told) >= 2
    assert any(story.consent and story.consent.scope == "part2_combined" for story in told)
    assert not any("Example" in story.person.last for story in told)


def _write_agency():
    b.agency("real-police", "police")


def _write_member():
    Member.objects.create_user("somebody", None, display_name="Somebody")


@pytest.mark.django_db
@pytest.mark.parametrize("write", [_write_agency, _write_member])
def test_a_foreign_database_is_refused(write):
    write()
    with pytest.raises(Conflict) as refused:
        seed_demo(timezone.now(), count=0)
    assert refused.value.code == "not_a_demo"
    assert not Agency.objects.filter(code__in=CODES).exists()


def test_a_demo_with_a_real_agency_beside_it_is_refused(seeded):
    b.agency("real-police", "police")
    with pytest.raises(Conflict):
        seed_demo(timezone.now(), count=0)


@pytest.fixture
def quick(monkeypatch, settings, tmp_path):
    """The command with few people and its static files apart."""
    settings.STATIC_ROOT = tmp_path
    monkeypatch.setattr(command, "seed_demo", partial(seed_demo, count=0))


def knows(username, password):
    return Member.objects.get(username=username).check_password(password)


def printed_password(text):
    return re.search(r"Password\s+(\S+)", text).group(1)


@pytest.mark.django_db(databases=["default", "owner"])
def test_the_command_gives_all_accounts_one_new_password_each_time(quick, capsys):
    call_command("demo", "--no-serve")
    first = printed_password(capsys.readouterr().out)
    assert all(knows(account.username, first) for account in ACCOUNTS)
    call_command("demo", "--no-serve")
    second = printed_password(capsys.readouterr().out)
    assert not knows("reyes", first)
    assert knows("reyes", second)


@pytest.mark.django_db(databases=["default", "owner"])
def test_the_screen_says_what_to_type_and_as_whom(quick, capsys):
    call_command("demo", "--no-serve", "--port", "8123")
    text = capsys.readouterr().out
    assert "http://127.0.0.1:8123/" in text
    for person in people.PEOPLE_TO_TRY:
        assert all(part in text for part in (person.last, person.first, person.typed_birth_date))
    for account in ACCOUNTS:
        assert not account.to_try or account.username in text
    assert people.INCIDENT in text


@pytest.mark.django_db(databases=["default", "owner"])
def test_the_command_refuses_a_foreign_database(quick):
    b.agency("real-police", "police")
    with pytest.raises(CommandError, match="will not touch it") as refused:
        call_command("demo", "--no-serve")
    assert refused.value.returncode == 2
    assert not Person.objects.exists()


@pytest.mark.django_db(databases=["default", "owner"])
def test_a_taken_port_is_said_before_anything_is_written(quick):
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        with pytest.raises(CommandError, match="cannot be used") as refused:
            call_command("demo", "--port", str(other.getsockname()[1]))
    assert refused.value.returncode == 2
    assert not Agency.objects.exists()


@pytest.mark.parametrize("port", ["", "http", "0", "70000", "-1"])
def test_a_port_that_is_none_is_refused(port):
    with pytest.raises(CommandError, match="PORT is a number") as refused:
        call_command("demo", f"--port={port}")
    assert refused.value.returncode == 2


def test_a_site_that_asks_for_https_is_refused(settings):
    settings.INSECURE_COOKIES = False
    with pytest.raises(CommandError, match="https") as refused:
        call_command("demo", "--no-serve")
    assert refused.value.returncode == 2


def test_static_files_are_collected_only_when_they_are_older(settings, tmp_path, monkeypatch):
    settings.STATIC_ROOT = tmp_path
    calls = []
    monkeypatch.setattr(command, "call_command", lambda *args, **_: calls.append(args))
    command._collect_static()
    (tmp_path / "staticfiles.json").touch()
    command._collect_static()
    assert calls == [("collectstatic",)]


def test_agencies_of_the_demo_are_known_by_their_codes():
    assert len(CODES) == len(AGENCIES)
