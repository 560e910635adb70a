"""Emergency access at the API: the story, and that whoever is meant, the asker gets the same bytes (P-3, 5.11)."""

from datetime import datetime
from typing import Any

import pytest
import time_machine
from django.http import HttpResponse

from continuity.access.models import EmergencyAccess
from continuity.agencies.models import Membership
from continuity.disclosures.models import LedgerEntry
from continuity.disclosures.throttles import LookUpThrottle
from continuity.people.models import Person
from tests import builders as b
from tests.access.emergency_world import WHY, Emergency, build_emergency, later
from tests.api.programs import Program, problem
from tests.cast import signed_in
from tests.replay import replayed

pytestmark = pytest.mark.django_db
ADDRESS = "/api/v1/emergencies/"
SAM = {"last": "Testcase", "first": "Sam", "birth_date": "1988-04-03"}
NOBODY = {"last": "Unknown", "first": "Nemo", "birth_date": "1971-02-03"}
REQUEST, OVERRIDE = {"kind": "le_emergency_request"} | WHY, {"kind": "clinician_override"} | WHY


@pytest.fixture
def world(db: None, settings: Any) -> Emergency:
    settings.NEGATIVE_FLOOR = 0
    return replayed(build_emergency)


def post(by: Membership, path: str, body: dict[str, Any], at: datetime, **headers: str) -> HttpResponse:
    with time_machine.travel(at, tick=False):
        return signed_in(by).post(ADDRESS + path, body, content_type="application/json", headers=headers)


def get(by: Membership, path: str, at: datetime) -> HttpResponse:
    with time_machine.travel(at, tick=False):
        return signed_in(by).get(ADDRESS + path)


def without_ids(response: HttpResponse, pk: Any) -> tuple[int, bytes, dict[str, str]]:
    """Status, bytes and headers without the random ids of the emergency, its tag's digest of them, and the request."""
    headers = {name: value.replace(str(pk), "id") for name, value in response.items()}
    headers |= {"ETag": headers.get("ETag", "").rpartition(".")[0], "X-Request-ID": ""}
    return response.status_code, response.content.replace(str(pk).encode(), b"id"), headers


def test_an_officer_asks_a_clinician_releases_and_the_card_ends(world: Emergency):
    made = post(world.reyes, "", REQUEST | SAM, later(0))
    assert made.status_code == 201
    pk = made.json()["id"]
    assert made["Location"] == f"{ADDRESS}{pk}/"
    assert get(world.reyes, f"{pk}/", later(1)).json()["answer"] is None
    seen = get(world.releaser, f"{pk}/asked/", later(1))
    assert seen.json()["is_known"]
    assert seen.json()["safety"]["tips"][0]["text"] == "Speak softly."
    released = post(world.releaser, f"{pk}/release/", {}, later(2), **{"If-Match": seen["ETag"]})
    assert (released.status_code, released.json()["state"]) == (200, "released")
    card = get(world.reyes, f"{pk}/", later(3)).json()
    assert (card["answer"]["result"], card["emergency"]["state"]) == ("record", "released")
    assert LedgerEntry.objects.get(emergency=pk).channel == "api"
    after = get(world.reyes, f"{pk}/", later(32)).json()
    assert (after["answer"], after["emergency"]["state"]) == (None, "ended")
    file = get(world.privacy, f"{pk}/review-file/", later(33))
    assert [one["records"] for one in file.json()["uses"]] == [3]
    done = post(
        world.privacy,
        f"{pk}/review/",
        {"outcome": "justified", "note": "x"},
        later(34),
        **{"If-Match": file["ETag"]},
    )
    assert (done.status_code, EmergencyAccess.objects.get(pk=pk).review) == (200, "justified")


def asked_and_read(by: Membership, body: dict[str, Any]) -> list[Any]:
    """All that the asker is answered until it is over: at asking, meanwhile, in the list, at a retraction, afterwards."""
    made = post(by, "", body, later(0))
    pk = made.json()["id"]
    told = [made]
    if body["kind"] == "le_emergency_request":
        told += [get(by, f"{pk}/", later(1)), get(by, f"{pk}/", later(16))]
    told += [get(by, "", later(1)), get(by, f"{pk}/", later(61)), get(by, "", later(61))]
    told.append(post(by, f"{pk}/cancel/", {}, later(61), **{"If-Match": made["ETag"]}))
    return [without_ids(one, pk) for one in told]


def test_asking_is_answered_with_the_same_bytes_whoever_is_meant(world: Emergency):
    """P-3, L-4."""
    for by, body in ((world.reyes, REQUEST), (world.clinician, OVERRIDE)):
        told = []
        for whom in (SAM, NOBODY):
            with b.undone():
                told.append(asked_and_read(by, body | whom))
        assert told[0] == told[1]


def test_an_open_override_says_the_one_nothing_for_nobody_and_for_who_is_kept_back(world: Emergency):
    """L-4: restricted and unknown look alike."""
    Person.objects.filter(pk=world.cast.sam.pk).update(confidentiality="restricted")
    told = []
    for whom in (SAM, NOBODY):
        pk = post(world.clinician, "", OVERRIDE | whom, later(0)).json()["id"]
        card = get(world.clinician, f"{pk}/", later(1))
        assert card.json()["answer"] == {"result": "no_shareable_information"}
        told.append(without_ids(card, pk))
    assert told[0] == told[1]
    assert set(LedgerEntry.objects.values_list("refusal", flat=True)) == {"restricted", "no_match"}


def test_a_foreign_emergency_is_as_absent_as_one_that_never_was(world: Emergency):
    pk = post(world.reyes, "", REQUEST | SAM, later(0)).json()["id"]
    for path in ("", "asked/", "review-file/"):
        for by in (world.cast.novak, world.cast.deputy):
            foreign, absent = (get(by, f"{one}/{path}", later(1)) for one in (pk, world.cast.sam.pk))
            assert (foreign.status_code, foreign.content) == (absent.status_code, absent.content)
            problem(absent, 404)


def test_the_list_shows_each_their_part_and_no_name(world: Emergency):
    pk = post(world.reyes, "", REQUEST | SAM, later(0)).json()["id"]
    parts = {}
    for by in (world.reyes, world.releaser, world.clinician, world.medic, world.privacy, world.cast.novak):
        page = get(by, "", later(1))
        assert b"Testcase" not in page.content
        parts[by.member.username] = [(one["id"], one["part"]) for one in page.json()["results"]]
    assert parts == {
        "reyes": [(pk, "requester")],
        "embedded": [(pk, "releaser")],
        "adeyemi": [(pk, "releaser")],
        "medic": [],
        "pat": [],
        "novak": [],
    }
    post(
        world.releaser,
        f"{pk}/release/",
        {},
        later(2),
        **{"If-Match": get(world.releaser, f"{pk}/asked/", later(1))["ETag"]},
    )
    assert [one["part"] for one in get(world.privacy, "", later(33)).json()["results"]] == ["reviewer"]


def test_every_field_that_the_law_wants_is_pointed_at(world: Emergency):
    told = problem(post(world.reyes, "", {"kind": "le_emergency_request", "last": "Testcase"}, later(0)), 400)
    assert {one["pointer"] for one in told["errors"]} == {
        "/incident_ref",
        "/reason_code",
        "/reason",
        "/nature",
    }
    told = problem(post(world.reyes, "", REQUEST | {"last": "Testcase"}, later(0)), 400)
    assert [one["pointer"] for one in told["errors"]] == ["/birth_date"]


def test_asking_again_with_the_same_key_is_done_once(world: Emergency):
    first, second = (
        post(world.reyes, "", REQUEST | SAM, later(0), **{"Idempotency-Key": "k"}) for _ in range(2)
    )
    assert first.content == second.content
    assert EmergencyAccess.objects.count() == 1


def test_asking_counts_as_a_question(world: Emergency, monkeypatch: pytest.MonkeyPatch):
    """P-4: no name sweep through emergencies."""
    monkeypatch.setitem(LookUpThrottle.THROTTLE_RATES, "lookup", "2/min")
    statuses = [post(world.medic, "", OVERRIDE | NOBODY, later(0)).status_code for _ in range(3)]
    assert statuses == [201, 201, 429]
    assert get(world.medic, "", later(0)).status_code == 200


def test_another_version_than_was_seen_is_412(world: Emergency):
    pk = post(world.reyes, "", REQUEST | SAM, later(0)).json()["id"]
    reyes = Program(world.reyes)
    with time_machine.travel(later(1), tick=False):
        problem(reyes.post(f"{ADDRESS}{pk}/cancel/", {}, if_match=f'"{pk}.9"'), 412)
