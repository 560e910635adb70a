"""Which page is for whom: the matrix says it (6.3), every reading is one row of the ledger, a stranger sees nothing."""

import re

from continuity.disclosures.models import LedgerEntry
from tests.builders import undone
from tests.caseload.conftest import Day
from tests.cast import signed_in

PAGES = ("today", "person", "linkage", "follow_up", "team_link", "flag", "tip", "plan", "transfer")
# Per member, in the order of PAGES. 403 says plainly that the page is not for the role; 404 says nothing (P-3).
OPENS = {
    "embedded": (200, 200, 200, 200, 200, 200, 200, 200, 200),
    "second": (200, 200, 200, 200, 200, 200, 200, 200, 200),
    "adeyemi": (200, 200, 200, 404, 200, 404, 404, 404, 404),  # the recipient: both ends of a linkage are own
    "boss": (200, 200, 200, 200, 200, 200, 200, 200, 200),
    "privacy": (403, 200, 200, 200, 200, 200, 200, 200, 403),
    "pat": (200, 404, 404, 404, 404, 403, 403, 403, 403),  # a peer reads what is assigned to them
    "reyes": (403, 403, 403, 403, 403, 404, 404, 404, 200),  # officers look up; a hand-off is their own
    "kim": (403, 403, 403, 403, 403, 403, 403, 403, 403),
    "novak": (200, 404, 404, 404, 404, 404, 404, 404, 404),
}


def member(day: Day, name: str):
    return getattr(day.cast, name, None) or getattr(day, {"pat": "peer"}.get(name, name))


def test_each_page_opens_to_its_roles_alone_and_each_reading_is_one_row(day: Day):
    found, written = {}, {}
    for name in OPENS:
        browser = signed_in(member(day, name))
        with undone():
            for page in PAGES:
                before = LedgerEntry.objects.count()
                found[name, page] = browser.get(day.path(page)).status_code
                written[name, page] = LedgerEntry.objects.count() - before
    wanted = {
        (name, page): status for name, row in OPENS.items() for page, status in zip(PAGES, row, strict=True)
    }
    assert found == wanted
    # A page that is not for the role was never asked for somebody; everything else leaves exactly one row.
    assert written == {key: 0 if status == 403 else 1 for key, status in wanted.items()}


def test_the_row_names_what_was_shown_and_of_whom(day: Day):
    browser = signed_in(day.cast.embedded)
    browser.get(day.path("linkage"))
    row = LedgerEntry.objects.get()
    assert (row.outcome, row.channel, row.categories, row.person_id) == (
        "read",
        "page",
        ["D6"],
        day.cast.sam.pk,
    )
    assert row.records == [["linkage", str(day.linkage.pk), day.linkage.version]]


def test_what_is_foreign_and_what_is_not_there_are_the_same_page(day: Day):
    """Same status and same bytes as an address that nobody ever had (P-3)."""
    browser = signed_in(day.cast.novak)
    pages = set()
    for page in PAGES[1:]:
        here = browser.get(day.path(page))
        nowhere = browser.get("/caseload/no-such-page/")
        pages |= {
            re.sub(r'name="(next|csrfmiddlewaretoken)" value="[^"]*"', "", one.content.decode())
            for one in (here, nowhere)
        }
    assert len(pages) == 1
    assert set(LedgerEntry.objects.values_list("outcome", flat=True)) == {"refused"}
    assert set(LedgerEntry.objects.values_list("person", flat=True)) == {None}


def test_a_page_for_others_says_so_plainly(day: Day):
    page = signed_in(day.cast.kim).get(day.path("today"))
    assert "This page is not for your role" in page.content.decode()
    assert not LedgerEntry.objects.exists()


def test_a_restricted_person_is_there_for_the_privacy_officer_alone(day: Day):
    day.cast.sam.confidentiality = "restricted"
    day.cast.sam.save()
    assert signed_in(day.cast.embedded).get(day.path("person")).status_code == 404
    assert "Sam Testcase" not in signed_in(day.cast.embedded).get(day.path("today")).content.decode()
    assert signed_in(day.privacy).get(day.path("person")).status_code == 200
    assert sorted(LedgerEntry.objects.values_list("outcome", flat=True)) == ["read", "refused", "released"]


def test_clinicians_land_on_today_and_others_where_their_work_is(day: Day):
    def home(who) -> str:
        return signed_in(who).get("/").headers["Location"]

    assert home(day.cast.embedded) == home(day.peer) == home(day.boss) == "/caseload/"
    assert home(day.cast.reyes) == "/lookup/"
    assert home(day.cast.kim) == home(day.privacy) == "/admin/"


def test_every_page_leads_back_to_today(day: Day):
    page = signed_in(day.cast.embedded).get("/lookup/").content.decode()
    assert 'href="/caseload/">Today</a>' in page
    assert "Today" not in signed_in(day.cast.reyes).get("/lookup/").content.decode()
