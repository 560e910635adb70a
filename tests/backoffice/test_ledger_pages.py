"""Reading the ledger: whose rows, in which words, and never what a negative answer kept back (S-6, P-3, P-19)."""

import html
import re
from datetime import timedelta

import pytest

from continuity.access.case import Refusal
from continuity.access.explain import REFUSALS
from continuity.disclosures.ledger_rows import HIDDEN
from continuity.disclosures.models import LedgerEntry
from continuity.ids import uuid7
from tests import builders as b
from tests.cast import Cast, signed_in
from tests.disclosures.using import use
from tests.lookup.asking import ask

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("at_the_time_of_the_cast")]
LEDGER = "/admin/ledger/"


def read(by, **search: object) -> str:
    answer = signed_in(by).get(LEDGER, search)
    assert answer.status_code == 200, answer.content
    return answer.content.decode()


def rows_of(page: str) -> list[str]:
    """What each row of the table says, without its tags."""
    return [
        " ".join(html.unescape(re.sub(r"<[^>]+>", "", one.replace("</", " </").replace("<br>", " "))).split())
        for one in re.findall(r"<tr>(.*?)</tr>", page, re.S)
        if "<td" in one
    ]


def officer(cast: Cast, agency: str):
    return b.member(f"priya-{agency}", getattr(cast, agency), "privacy_officer")


@pytest.mark.parametrize("role", ["privacy_officer", "auditor"])
def test_row_says_who_asked_for_what_and_on_which_basis_each_category_left(cast: Cast, role: str):
    consent = cast.consent()
    ask(cast.reyes)
    by = b.member("reader", cast.county, role)
    (row,) = rows_of(read(by))
    for said in ("Reyes", "Kestrel Police", "Crisis response", "incident 2026-0001", "Something was shared"):
        assert said in row
    assert "What helps and what to be careful of, earlier contacts, link to the treatment team" in row
    assert "(County Health): the person's consent names it" in row
    assert str(consent.pk) in row
    assert str(cast.sam.pk) in row
    assert "Testcase" not in row  # ids, no names (domain 5.2)


def test_reading_the_ledger_is_a_row_of_it(cast: Cast):
    ask(cast.reyes)
    looked_up = LedgerEntry.objects.get()
    by = officer(cast, "police")
    read(by, person=cast.sam.pk, since="2026-11-01")
    entry = LedgerEntry.objects.get(channel="admin")
    assert (entry.outcome, entry.asker, entry.person_id) == ("empty", by, None)
    read(by)
    entry = LedgerEntry.objects.get(channel="admin", outcome="read")
    assert (entry.asker, entry.purpose) == (by, "compliance_audit")
    assert ["ledgerentry", str(looked_up.pk), 1] in entry.records
    assert "Own records were read" in " ".join(rows_of(read(by)))


def test_custodian_reads_its_own_part_of_a_row_alone(cast: Cast):
    """What another custodian told beside it would tell that the other has a record (L-4)."""
    cast.consent()
    b.consent(
        by=b.member("collector", cast.clinic, "consent_manager"),
        verified_by=b.member("checker", cast.clinic, "consent_manager"),
        who=cast.sam,
        to=[cast.police],
        categories=["D1", "D2"],
    )
    b.agreement(cast.police, cast.clinic)
    b.contact(cast.adeyemi, cast.sam)
    ask(cast.reyes)
    assert set(LedgerEntry.objects.get().custodians) == {cast.county.pk, cast.clinic.pk}
    (own,) = rows_of(read(officer(cast, "clinic")))
    assert "(Orchard Clinic)" in own
    assert "County Health" not in own
    (asked,) = rows_of(read(officer(cast, "police")))
    assert "(Orchard Clinic)" in asked
    assert "(County Health)" in asked


def test_agency_without_a_part_in_it_reads_nothing(cast: Cast):
    cast.consent()
    ask(cast.reyes)
    assert rows_of(read(officer(cast, "elsewhere"))) == []
    assert rows_of(read(officer(cast, "sheriff"))) == []


def test_askers_agency_reads_the_same_of_nobody_and_of_somebody_kept_back(cast: Cast):
    """P-3: no consent, restricted and nobody of that name are one answer in the ledger's page, too."""
    by = officer(cast, "police")
    pages = []
    for last in ("Testcase", "Nobody"):
        with b.undone():
            ask(cast.reyes, last=last)
            entry = LedgerEntry.objects.get()
            assert (entry.person_id is None) == (last == "Nobody")
            pages.append(
                [
                    re.sub(r"name=.csrfmiddlewaretoken. value=.[^\"]+", "", read(by, **search)).encode()
                    for search in ({}, {"outcome": "nothing"}, {"member": cast.reyes.pk})
                ]
            )
    assert pages[0] == pages[1]
    assert HIDDEN.encode() in pages[0][0]
    ask(cast.reyes)
    assert rows_of(read(by, person=cast.sam.pk)) == []


def test_custodians_privacy_office_reads_who_asked_in_vain_and_why(cast: Cast):
    ask(cast.reyes)
    (row,) = rows_of(read(officer(cast, "county"), outcome="nothing"))
    assert "Reyes" in row
    assert "Nothing allows it: no consent, treatment relationship or release." in row
    assert str(cast.sam.pk) in row


@pytest.mark.parametrize("refusal", list(Refusal))
def test_every_refusal_is_said_in_words(cast: Cast, refusal: Refusal):
    use(cast.embedded, b.NOW, outcome="refused", refusal=refusal, person=cast.sam)
    (row,) = rows_of(read(officer(cast, "county")))
    assert REFUSALS[refusal] in row


def test_what_is_the_askers_own_matter_is_told_to_the_askers_agency(cast: Cast):
    use(cast.reyes, b.NOW, outcome="refused", refusal="training_expired", person=cast.sam)
    (row,) = rows_of(read(officer(cast, "police")))
    assert "training is over" in row
    assert str(cast.sam.pk) not in row


def test_search_is_by_member_time_and_outcome(cast: Cast):
    by = officer(cast, "police")
    second = b.member("second-officer", cast.police, "officer")
    use(cast.reyes, b.NOW - timedelta(days=1), incident_ref="A-1")
    use(second, b.NOW - timedelta(days=2), incident_ref="A-2")
    use(cast.reyes, b.NOW - timedelta(days=20), incident_ref="A-3")

    def incidents(**search: object) -> list[str]:
        return re.findall(r"incident (A-\d)", " ".join(rows_of(read(by, outcome="nothing", **search))))

    assert incidents() == ["A-1", "A-2"]
    assert incidents(member=cast.reyes.pk) == ["A-1", "A-3"]
    assert incidents(since="2026-10-30", until="2026-11-10") == ["A-3"]
    assert signed_in(by).get(LEDGER, {"since": "2026-01-01"}).status_code == 400
    assert signed_in(by).get(LEDGER, {"member": cast.kim.pk}).status_code == 400  # not of this agency


def test_pages_follow_each_other_without_a_gap(cast: Cast):
    by = officer(cast, "police")
    LedgerEntry.objects.bulk_create(
        LedgerEntry(
            id=uuid7(at), at=at, asker=cast.reyes, agency=cast.police, roles=["officer"], channel="page",
            purpose="le_crisis_response", incident_ref=f"N-{number}", outcome="empty", refusal="no_match",
            match_grade="certainly-not", search_hmac="x",
        )
        for number in range(70)
        for at in [b.NOW - timedelta(minutes=number + 1)]
    )  # fmt: skip
    browser, seen, page = signed_in(by), [], ""
    for query in ("?outcome=nothing", None):
        if query is None:
            query = re.search(r'class="pages"><a href="([^"]+)"', page)[1].replace("&amp;", "&")
        page = browser.get(LEDGER + query).content.decode()
        seen += re.findall(r"incident N-(\d+)", page)
    assert seen == [str(number) for number in range(70)]
    assert 'class="pages"' not in page


def test_statements_are_constant_in_the_number_of_rows(cast: Cast, django_assert_num_queries):
    cast.consent()
    browser = signed_in(officer(cast, "county"))
    browser.get(LEDGER)
    for _ in range(2):
        ask(cast.reyes)
        ask(cast.reyes, last="Nobody")
        with django_assert_num_queries(11):
            browser.get(LEDGER)


def test_nobody_else_comes_in(cast: Cast):
    ask(cast.reyes)
    for role in ("officer", "consent_manager", "supervisor", "agency_admin", "embedded_clinician"):
        answer = signed_in(b.member(role, cast.county, role)).get(LEDGER)
        assert (role, answer.status_code) == (role, 403)
    assert LedgerEntry.objects.count() == 1
