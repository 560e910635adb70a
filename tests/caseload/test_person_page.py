"""A person: who this is, how to reach them safely, and what may be known, each item with its writer and its reason."""

import re
from datetime import timedelta

from continuity.consents.endings import revoke_consent, suspend_consent
from continuity.crisis.models import CrisisContact
from continuity.disclosures.models import LedgerEntry
from tests import builders as b
from tests.caseload.conftest import Day
from tests.cast import signed_in

NOW = b.NOW


def person(day: Day, who, show: str = "") -> str:
    answer = signed_in(who).get(day.path("person"), {"show": show} if show else {})
    assert answer.status_code == 200
    return answer.content.decode()


def test_the_header_says_who_this_is_and_how_to_call(day: Day):
    day.cast.sam.safe_to_call, day.cast.sam.safe_to_leave_message = True, False
    day.cast.sam.language, day.cast.sam.interpreter_needed = "es-MX", True
    day.cast.sam.save()
    page = person(day, day.cast.embedded)
    for said in ("<h1>Sam Testcase", "38 years", "interpreter needed", "Safe to call: <b>yes</b>"):
        assert said in page
    assert "Safe to leave a message: <b>no: leave no message</b>" in page
    assert "<title>Person - Continuity</title>" in page
    assert LedgerEntry.objects.get().outcome == "released"


def test_unknown_is_written_as_not_known(day: Day):
    page = person(day, day.cast.embedded)
    assert "Language: not known" in page
    assert "Safe to call: <b>not known" in page
    assert "No consent in force is known" in page
    assert LedgerEntry.objects.count() == 1


def test_the_badge_says_how_the_consent_stands_now(day: Day):
    """A revoked or suspended consent is still a row of its agency; it is no consent in force."""
    consent = day.cast.consent()
    assert "Consent in force" in person(day, day.cast.embedded)
    suspend_consent(by=day.cast.kim, consent_id=consent.pk, note="Said so.", at=NOW)
    assert "No consent in force is known" in person(day, day.cast.embedded)
    revoke_consent(by=day.cast.kim, consent_id=consent.pk, note="Wrote so.", at=NOW)
    assert "No consent in force is known" in person(day, day.cast.embedded)
    assert LedgerEntry.objects.count() == 3


def test_the_timeline_is_newest_first_and_grouped_by_episode(day: Day):
    first = day.cast.sams_contact
    second = b.contact(
        day.second, day.cast.sam, at=NOW - timedelta(days=19), operational_summary="Second call of the night."
    )
    b.contact(day.second, day.cast.sam, at=NOW - timedelta(days=300), operational_summary="Long ago.")
    CrisisContact.objects.filter(pk=second.pk).update(episode=first.episode)
    page = person(day, day.cast.embedded)
    assert "One crisis, 2 contacts" in page
    order = [
        page.index(text)
        for text in (
            "safety check",
            "new outpatient",
            "Second call of the night.",
            "Spoke quietly",
            "Long ago.",
        )
    ]
    assert order == sorted(order)
    assert "Second, County Health. Seen because: your agency&#x27;s own record" in page
    row = LedgerEntry.objects.get()
    assert (row.outcome, row.person_id, row.channel) == ("released", day.cast.sam.pk, "page")


def test_what_helps_stands_before_what_endangers(day: Day):
    page = person(day, day.cast.embedded, "plan")
    assert page.index("Speak softly.") < page.index("Be careful") < page.index("Afraid of uniforms.")
    assert "A large dog" not in page  # nobody has approved it
    assert LedgerEntry.objects.count() == 1


def test_care_shows_the_team_and_what_was_promised(day: Day):
    page = person(day, day.cast.embedded, "care")
    assert "In care: yes" in page
    assert 'href="tel:6615550110"' in page
    assert "safety check" in page
    assert f'href="{day.path("follow_up")}"' in page
    assert LedgerEntry.objects.count() == 1


def test_another_agency_sees_what_its_basis_opens_and_no_way_to_move_it(day: Day):
    """The clinic was referred to, and treats nobody yet: it reads its own end of the linkage alone."""
    page = person(day, day.cast.adeyemi)
    assert f'href="{day.path("linkage")}"' in page
    assert "Spoke quietly" not in page
    assert "Clinical words." not in page
    assert LedgerEntry.objects.get().agency == day.cast.clinic


def test_clinical_text_is_for_clinicians(day: Day):
    assert "Clinical words." in person(day, day.cast.embedded)
    assert "Clinical words." not in person(day, day.boss)
    assert LedgerEntry.objects.count() == 2


def test_tabs_are_links_and_an_unknown_one_is_the_timeline(day: Day):
    page = person(day, day.cast.embedded, "nonsense")
    assert re.findall(r'<a class="tab" href="(\?show=\w+)"', page) == [
        "?show=timeline",
        "?show=care",
        "?show=plan",
        "?show=consents",
    ]
    assert re.search(r'href="\?show=timeline" aria-current="page"', page)
    assert LedgerEntry.objects.count() == 1


def test_beginnings_are_offered_to_who_may_begin(day: Day):
    assert "/flags/new/" in person(day, day.cast.embedded, "plan")
    assert "/flags/new/" not in person(day, day.boss, "plan")
    assert LedgerEntry.objects.count() == 2


def test_a_full_page_stays_small(day: Day):
    for days in range(1, 40):
        b.contact(
            day.second,
            day.cast.sam,
            at=NOW - timedelta(days=days),
            operational_summary="Spoke quietly. " * 12,
        )
    for show in ("", "care", "plan", "consents"):
        assert len(person(day, day.cast.embedded, show).encode()) < 30_000, show
    page = person(day, day.cast.embedded)
    assert "and 25 more contacts" in page
    assert 'href="?show=timeline&amp;older=1"' in page
    older = signed_in(day.cast.embedded).get(day.path("person"), {"older": "1"}).content.decode()
    assert older.count("Spoke quietly.") > page.count("Spoke quietly.")
    assert "Show older too" not in older
    # The ledger holds what was handed out each time.
    *shorter, longest = sorted(len(row.records) for row in LedgerEntry.objects.all())
    assert (len(set(shorter)), longest > shorter[0] + 20) == (1, True)
