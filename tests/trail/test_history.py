"""Every `save()` of a recorded row leaves a history row that holds no name (S-6, P-8, P-19)."""

from typing import Any

import pytest
from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest, HttpResponse
from django.test import RequestFactory

from continuity.crisis.plans import record_approved_plan
from continuity.people.models import Person, PersonName
from continuity.people.services import Name, register_person
from continuity.trail.context import AuditContextMiddleware, audit_context, current, mask
from continuity.trail.models import AuditEntry
from continuity.trail.services import record_creations
from tests import builders as b

pytestmark = pytest.mark.django_db
CREATE, UPDATE = AuditEntry.Action.CREATE, AuditEntry.Action.UPDATE


def history(row: Any) -> list[AuditEntry]:
    return list(AuditEntry.objects.filter(object_pk=str(row.pk)).order_by("pk"))


@pytest.fixture
def name() -> PersonName:
    person = register_person(
        source=b.agency("county", "county_behavioral_health"), names=[Name("Rosalind", "Quill")]
    )
    return person.personname_set.get()


def test_creation_leaves_one_row(name: PersonName):
    (row,) = history(name)
    assert (row.action, row.object_repr) == (CREATE, f"person name {name.pk}")
    assert row.changes["use"] == [None, "official"]


def test_change_leaves_the_changed_fields_and_counts_the_version(name: PersonName):
    name.use = PersonName.Use.FORMER
    name.save()
    row = history(name)[-1]
    assert row.action == UPDATE
    assert row.changes == {"use": ["official", "former"], "version": [1, 2]}


def test_change_of_named_fields_counts_the_version_too(name: PersonName):
    name.use = PersonName.Use.FORMER
    name.save(update_fields=["use"])
    name.refresh_from_db()
    assert (name.use, name.version) == ("former", 2)
    assert history(name)[-1].changes == {"use": ["official", "former"], "version": [1, 2]}


def test_masked_fields_are_never_in_clear_text(name: PersonName):
    name.last = "Quillfeather"
    name.save()
    told = "".join(f"{row.changes} {row.object_repr} {row.serialized_data}" for row in history(name))
    assert "Quill" not in told
    assert "Rosalind" not in told
    assert history(name)[-1].changes["last"] == [mask("Quill"), mask("Quillfeather")]


def test_mask_tells_equal_from_different_and_empty_from_filled():
    assert mask("Quill") == mask("Quill") != mask("quill")
    assert mask("") == ""
    assert "Quill" not in mask("Quill")


def test_date_is_masked():
    person = Person.objects.create(birth_date=b.date(1988, 4, 3))
    assert history(person)[0].changes["birth_date"] == ["None", mask("1988-04-03")]


def test_list_is_masked(name: PersonName):
    author, approver = (b.member(one, name.source, "embedded_clinician") for one in ("one", "two"))
    plan = record_approved_plan(by=approver, author=author, person=name.person, at=b.NOW, triggers=["Sirens"])
    (row,) = history(plan)
    assert row.changes["triggers"][1] == mask("['Sirens']")


def served(write: Any, *, user: Any = None, **headers: str) -> HttpResponse:
    """The answer of a request that does `write`, behind the middleware of the site."""
    request = RequestFactory().post("/", **headers)
    request.user = user or AnonymousUser()

    def view(request: HttpRequest) -> HttpResponse:
        write()
        return HttpResponse()

    return AuditContextMiddleware(view)(request)


def test_signed_in_member_is_the_actor(name: PersonName):
    reyes = b.member("reyes", b.agency("police", "police"), "officer").member
    answer = served(name.save, user=reyes, REMOTE_ADDR="192.0.2.7")
    row = history(name)[-1]
    assert (row.actor, row.remote_addr, row.cid) == (reyes, "192.0.2.7", answer["X-Request-ID"])


def test_nobody_is_the_actor_of_an_anonymous_request(name: PersonName):
    served(name.save)
    assert history(name)[-1].actor is None


def test_forged_forwarding_is_not_the_address(name: PersonName):
    served(name.save, REMOTE_ADDR="192.0.2.7", HTTP_X_FORWARDED_FOR="203.0.113.9")
    assert history(name)[-1].remote_addr == "192.0.2.7"


@pytest.mark.parametrize(
    "forged", ["x" * 300, "short", "sp ace-in-it", "line\nbreak-in-it", "<script>x</script>", ""]
)
def test_malformed_request_id_is_replaced(name: PersonName, forged: str):
    answer = served(name.save, HTTP_X_REQUEST_ID=forged)
    assert answer["X-Request-ID"] == history(name)[-1].cid != forged
    assert len(answer["X-Request-ID"]) == 32


def test_well_formed_request_id_of_the_proxy_is_kept(name: PersonName):
    answer = served(name.save, HTTP_X_REQUEST_ID="edge-0123456789")
    assert answer["X-Request-ID"] == history(name)[-1].cid == "edge-0123456789"


def test_missing_address_is_no_address(name: PersonName):
    served(name.save, REMOTE_ADDR="not an address")
    assert history(name)[-1].remote_addr is None


def test_nested_circumstances_return_to_the_outer_ones(name: PersonName):
    with audit_context(request_id="outer-one", purpose="treatment"):
        with audit_context(purpose="legal_process"):
            name.save()
        name.save()
    purposes = [(row.cid, row.purpose) for row in history(name)[-2:]]
    assert purposes == [("outer-one", "legal_process"), ("outer-one", "treatment")]
    assert current().request_id == ""


def test_circumstances_return_after_an_error():
    with pytest.raises(ZeroDivisionError), audit_context(request_id="outer-one"):
        _ = 1 / 0
    assert current().request_id == ""


def shape(row: AuditEntry) -> dict[str, Any]:
    return {
        field.attname: getattr(row, field.attname)
        for field in AuditEntry._meta.fields
        if field.name not in ("id", "timestamp")
    }


def test_history_of_bulk_rows_has_the_shape_of_saved_ones(name: PersonName):
    kim = b.member("kim", name.source, "consent_manager").member
    with audit_context(member=kim, request_id="import-0001", purpose="care_coordination"):
        saved = PersonName.objects.create(person=name.person, source=name.source, first="Una", last="Vane")
        record_creations([saved])
    by_save, by_bulk = history(saved)
    assert shape(by_save) == shape(by_bulk)
    assert "Vane" not in str(by_bulk.changes)


def test_history_of_no_rows_is_none():
    record_creations([])
    assert not AuditEntry.objects.exists()


def test_history_holds_the_columns_of_the_row_and_not_what_points_at_it():
    person = Person.objects.create()
    columns = {field.name for field in Person._meta.concrete_fields}
    assert set(history(person)[0].changes) <= columns
