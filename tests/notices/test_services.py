"""The outbox: put, reminded once, listed for whom it is meant, acknowledged, and how one wants to be told."""

import threading
from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import connection, transaction
from django.utils import timezone

from continuity.agencies.models import Membership
from continuity.errors import Conflict, Invalid, NotAllowed, NotFound
from continuity.notices import services, waking
from continuity.notices.models import Delivery, Notice, NoticePreference
from continuity.notices.services import Reminder, for_member, mark_read, put, remind, remind_many
from tests import builders as b

KIND = Notice.Kind.FOLLOW_UP_DUE
NOW = b.NOW


@pytest.fixture
def clinic(db):
    return b.agency("orchard-clinic", "clinic_treatment")


@pytest.fixture
def adeyemi(clinic) -> Membership:
    return b.member("adeyemi", clinic, "treatment_clinician")


@pytest.fixture
def novak(db) -> Membership:
    return b.member("novak", b.agency("faraway-clinic", "clinic_treatment"), "treatment_clinician")


def test_only_what_cannot_wait_for_the_morning_is_urgent(clinic):
    urgent = {kind for kind in Notice.Kind if put(kind, subject_id=uuid4(), agency=clinic).is_urgent}
    assert urgent == {
        Notice.Kind.CRISIS_CONTACT,
        Notice.Kind.TRANSFER_OFFERED,
        Notice.Kind.EMERGENCY_ASKED,
        Notice.Kind.EMERGENCY_ANSWERED,
        Notice.Kind.IDENTITY_REPORTED,
        Notice.Kind.LEDGER_FAILING,
    }


def test_notice_is_rolled_back_with_what_happened(clinic):
    def fail() -> None:
        with transaction.atomic():
            put(KIND, subject_id=uuid4(), agency=clinic)
            raise Conflict("refused", "Refused.")

    with pytest.raises(Conflict):
        fail()
    assert not Notice.objects.exists()


def test_same_moment_is_told_once_and_a_new_moment_again(clinic, adeyemi):
    subject = uuid4()

    def tell(**fields):
        return remind(KIND, **({"subject_id": subject, "since": NOW, "agency": clinic} | fields))

    assert [tell(), tell(), tell(member=adeyemi.member), tell(member=adeyemi.member)] == [
        True,
        False,
        True,
        False,
    ]
    assert tell(since=NOW + timedelta(hours=1))
    assert Notice.objects.count() == 3


def test_many_reminders_are_two_statements_for_two_thousand_rows_and_one_row_each(
    clinic, django_assert_num_queries
):
    rows = [Reminder(uuid4(), NOW, clinic) for _ in range(1500)]
    with django_assert_num_queries(2):
        assert remind_many(KIND, rows) == 1500
    assert remind_many(KIND, [*rows[:10], Reminder(uuid4(), NOW, clinic)]) == 1
    assert Notice.objects.filter(kind=KIND, state="pending", is_urgent=False).count() == 1501
    assert remind_many(KIND, []) == 0


def test_notice_is_listed_for_whom_it_is_meant(clinic, adeyemi, novak):
    colleague = b.member("colleague", clinic, "treatment_clinician")
    team = b.referral_team(clinic, colleague)
    for_all = put(KIND, subject_id=uuid4(), agency=clinic)
    for_team = put(KIND, subject_id=uuid4(), agency=clinic, team=team)
    for_one = put(KIND, subject_id=uuid4(), agency=clinic, member=adeyemi.member)
    withheld = put(KIND, subject_id=uuid4(), agency=clinic)
    Notice.objects.filter(pk=withheld.pk).update(state="withheld")
    assert set(for_member(adeyemi)) == {for_all, for_one}
    assert set(for_member(colleague)) == {for_all, for_team}
    assert set(for_member(novak)) == set()


def test_notice_for_a_member_follows_the_duty_and_not_the_person(clinic, adeyemi, novak):
    elsewhere = Membership.objects.create(
        member=adeyemi.member, agency=novak.agency, roles=["treatment_clinician"]
    )
    put(KIND, subject_id=uuid4(), agency=clinic, member=adeyemi.member)
    assert for_member(elsewhere).count() == 0


def test_acknowledging_says_who_and_when_once(clinic, adeyemi):
    colleague = b.member("colleague", clinic, "treatment_clinician")
    notice = put(KIND, subject_id=uuid4(), agency=clinic)
    Notice.objects.update(state="sent")
    mark_read(by=adeyemi, notice_id=notice.pk, at=NOW)
    again = mark_read(by=colleague, notice_id=notice.pk, at=NOW + timedelta(hours=1))
    assert (again.read_by, again.read_at, again.state) == (adeyemi, NOW, "read")


def test_what_is_read_before_it_went_out_goes_out_all_the_same(clinic, adeyemi):
    notice = put(KIND, subject_id=uuid4(), agency=clinic)
    assert mark_read(by=adeyemi, notice_id=notice.pk, at=NOW).state == "pending"


def test_notice_of_somebody_else_is_not_there(clinic, novak):
    notice = put(KIND, subject_id=uuid4(), agency=clinic)
    with pytest.raises(NotFound, match="not_found"):
        mark_read(by=novak, notice_id=notice.pk, at=NOW)
    with pytest.raises(NotFound, match="not_found"):
        mark_read(by=novak, notice_id=uuid4(), at=NOW)


# How one wants to be told


def test_preference_is_kept_for_the_duty_and_its_address_masked_in_the_history(adeyemi):
    services.set_preference(by=adeyemi, email="team@example.org", kinds_off=[KIND, KIND])
    wish = services.set_preference(by=adeyemi, email="desk@example.org", kinds_off=[KIND])
    assert NoticePreference.objects.get() == wish
    assert (wish.kinds_off, wish.version) == ([KIND], 2)
    from continuity.trail.models import AuditEntry

    assert "example.org" not in "".join(str(entry.changes) for entry in AuditEntry.objects.all())


@pytest.mark.parametrize(
    ("fields", "code", "field"),
    [
        ({"email": "nobody"}, "no_address", "email"),
        ({"kinds_off": ["crisis_contact"]}, "always_told", "kinds_off"),
        ({"kinds_off": ["transfer_offered"]}, "always_told", "kinds_off"),
        ({"kinds_off": ["weather"]}, "unknown_kind", "kinds_off"),
        ({"quiet_from": NOW.time()}, "half_of_quiet_hours", "quiet_to"),
        ({"quiet_to": NOW.time()}, "half_of_quiet_hours", "quiet_from"),
        ({"quiet_from": NOW.time(), "quiet_to": NOW.time()}, "no_quiet_hours", "quiet_to"),
    ],
)
def test_no_preference_may_say_that(adeyemi, fields, code, field):
    with pytest.raises(Invalid) as refused:
        services.set_preference(by=adeyemi, **fields)
    assert (refused.value.code, refused.value.field) == (code, field)
    assert not NoticePreference.objects.exists()


# The agency's own systems


@pytest.fixture
def admin(clinic) -> Membership:
    return b.member("admin", clinic, "agency_admin")


@pytest.fixture
def system(clinic) -> Membership:
    return b.member("system", clinic, "system_client")


def test_endpoint_gets_a_secret_of_its_own_that_the_history_does_not_hold(admin, system):
    one, two = (
        services.add_endpoint(by=admin, url="https://ehr.example.org/hook", acts_as=system) for _ in range(2)
    )
    assert len(one.secret) == 32
    assert one.secret != two.secret
    from continuity.trail.models import AuditEntry

    assert not AuditEntry.objects.filter(changes__has_key="secret").exists()


@pytest.mark.parametrize(
    "url",
    [
        "http://ehr.example.org/hook", "ftp://ehr.example.org/", "javascript:alert(1)", "", "https://",
        "https://user:word@ehr.example.org/", "https://ehr.example.org/#here", "https://ehr.example.org/" + "x" * 300,
    ],
)  # fmt: skip
def test_address_that_is_not_plain_https_is_refused(admin, system, url, settings):
    settings.INSECURE_COOKIES = False
    with pytest.raises(Invalid, match="no_https_address"):
        services.add_endpoint(by=admin, url=url, acts_as=system)


def test_endpoint_acts_as_a_system_of_its_own_agency(admin, adeyemi, novak):
    far = b.member("far-system", novak.agency, "system_client")
    for other in (adeyemi, far):
        with pytest.raises(Invalid, match="no_system"):
            services.add_endpoint(by=admin, url="https://ehr.example.org/", acts_as=other)
    with pytest.raises(Invalid, match="unknown_kind"):
        services.add_endpoint(
            by=admin,
            url="https://ehr.example.org/",
            acts_as=b.member("s2", admin.agency, "system_client"),
            kinds=["x"],
        )


def test_administrator_alone_sees_endpoints_and_dead_letters_and_only_the_own(admin, adeyemi, system, novak):
    endpoint = services.add_endpoint(by=admin, url="https://ehr.example.org/", acts_as=system)
    notice = put(KIND, subject_id=uuid4(), agency=admin.agency)
    dead = Delivery.objects.create(
        notice=notice, channel="webhook", endpoint=endpoint, state="dead", due_at=NOW
    )
    stranger = b.member("far-admin", novak.agency, "agency_admin")
    assert list(services.dead_letters(admin)) == [dead]
    assert list(services.dead_letters(stranger)) == []
    with pytest.raises(NotFound):
        services.resend(by=stranger, delivery_id=dead.pk, at=NOW)
    with pytest.raises(NotFound):
        services.remove_endpoint(by=stranger, endpoint_id=endpoint.pk)
    for verb in (
        lambda: services.add_endpoint(by=adeyemi, url="https://ehr.example.org/", acts_as=system),
        lambda: services.remove_endpoint(by=adeyemi, endpoint_id=endpoint.pk),
        lambda: services.resend(by=adeyemi, delivery_id=dead.pk, at=NOW),
        lambda: services.dead_letters(adeyemi),
    ):
        with pytest.raises(NotAllowed, match="duty_missing"):
            verb()
    assert services.resend(by=admin, delivery_id=dead.pk, at=NOW).state == "pending"
    with pytest.raises(Conflict, match="not_given_up"):
        services.resend(by=admin, delivery_id=dead.pk, at=NOW)


# Waking the worker


def test_transaction_wakes_the_worker_once_and_a_rolled_back_one_never(
    clinic, django_capture_on_commit_callbacks
):
    with django_capture_on_commit_callbacks() as callbacks:
        for _ in range(5):
            put(KIND, subject_id=uuid4(), agency=clinic)
            put(Notice.Kind.CRISIS_CONTACT, subject_id=uuid4(), agency=clinic)
    assert len(callbacks) == 2, "one call for alerts, which goes first, and one for the rest"


def test_call_of_a_savepoint_that_is_rolled_back_does_not_stand_for_the_others(
    clinic, django_capture_on_commit_callbacks
):
    with django_capture_on_commit_callbacks() as callbacks:
        saved = transaction.savepoint()
        put(KIND, subject_id=uuid4(), agency=clinic)
        transaction.savepoint_rollback(saved)
        put(KIND, subject_id=uuid4(), agency=clinic)
    assert len(callbacks) == 1


@pytest.fixture
def no_broker(monkeypatch: pytest.MonkeyPatch):
    """A broker at whose port nobody listens, or that takes a call and never answers."""
    import socket

    from config.celery import app

    monkeypatch.setattr(waking, "_paused_until", 0.0)
    with socket.create_server(("127.0.0.1", 0)) as deaf:
        places = {"gone": 9, "deaf": deaf.getsockname()[1]}
        yield lambda how: monkeypatch.setattr(app.conf, "broker_url", f"redis://127.0.0.1:{places[how]}/0")


@pytest.mark.parametrize("how", ["gone", "deaf"])
def test_broker_that_is_away_costs_a_request_nothing_but_a_moment(how, no_broker, clinic, caplog):
    import time

    no_broker(how)
    waking.wake_worker()  # reads the client's code, which takes its time once
    waking._paused_until = 0.0
    started = time.monotonic()
    for _ in range(20):
        waking.wake_worker()
    assert time.monotonic() - started < 1.5
    assert {record.message for record in caplog.records} == {
        "the worker was not woken (OperationalError); the clock will"
    }


def test_reminder_is_put_once_under_two_workers_at_once(transactional_db):
    clinic = b.agency("orchard-clinic", "clinic_treatment")
    rows = [Reminder(uuid4(), timezone.now(), clinic) for _ in range(50)]
    added: list[int] = []

    def sweep() -> None:
        added.append(remind_many(KIND, rows))
        connection.close()

    threads = [threading.Thread(target=sweep) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (sum(added), Notice.objects.count()) == (50, 50)
