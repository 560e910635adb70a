"""The second wall: whoever forgets the gate gets nothing of another agency's, whatever the role (S-10, P-3)."""

import pytest
from django.apps import apps
from django.db import ProgrammingError, connection, models, transaction

from continuity.agencies.models import Agency, Membership
from continuity.agencies.roles import Role
from continuity.consents.models import Consent
from continuity.crisis.models import ClinicalNarrative, CrisisContact, SafetyFlag, SudSegment
from continuity.disclosures import services
from continuity.disclosures.second_wall import TABLES
from continuity.people.models import AboutPerson, Person, PersonAgency, PersonName
from continuity.trail import wall
from continuity.treatment.models import FollowUp, Linkage, TreatmentTeamLink
from tests import builders as b
from tests.cast import Cast, signed_in
from tests.disclosures.walled import build_walled, seen, session_of, some
from tests.house.pair_worlds import County
from tests.lookup.asking import ask, last_row
from tests.replay import replayed

NO_ROWS: dict[str, tuple[int, int]] = {}
# Rows that name a person and are asked for by the ledger's own statements alone (ADR 0017).
WITHOUT_A_WALL = {"disclosures_ledgerentry"}


@pytest.fixture
def county(db: None) -> County:
    return replayed(build_walled)


def everybody_at(agency: Agency) -> list[Membership]:
    return [b.member(f"wall-{role}", agency, role) for role in Role]


def test_every_table_that_names_a_person_stands_behind_the_wall():
    about = {
        model._meta.db_table
        for model in apps.get_models(include_auto_created=True)
        if issubclass(model, AboutPerson)
        or any(field.related_model is Person for field in model._meta.concrete_fields)
    }
    assert about - WITHOUT_A_WALL <= {model._meta.db_table for model in TABLES}


def test_nobody_of_a_foreign_agency_gets_a_row_past_the_gate_whatever_their_role(county: County):
    """Raw ORM and raw SQL on the site's own connection; the rows are there, and own ones come out."""
    there = seen()
    assert [table for table, count in there.items() if not all(count)] == []
    for stranger in everybody_at(b.agency("nowhere-clinic", "clinic_treatment")):
        with session_of(stranger):
            assert some(seen()) == NO_ROWS, stranger.roles
    assert seen() == there


def test_nobody_who_declares_nothing_gets_a_row(county: County):
    with wall.session():
        assert some(seen()) == NO_ROWS


def test_own_rows_come_out_and_those_of_others_do_not(county: County):
    cast = county.cast
    with session_of(cast.embedded):
        for model, own in (
            (CrisisContact, {"custodian": cast.county}),
            (SafetyFlag, {"custodian": cast.county}),
            (Consent, {"custodian": cast.county}),
            (FollowUp, {"custodian": cast.county}),
            (ClinicalNarrative, {"contact__custodian": cast.county}),
            (PersonAgency, {"agency": cast.county}),
        ):
            rows = model._default_manager.all()
            assert rows.exists()
            assert not rows.exclude(**own).exists(), model
        known = PersonAgency.objects.values("person")
        assert not Person.objects.exclude(pk__in=known).exists()
        assert not PersonName.objects.exclude(person__in=known).exclude(source=cast.county).exists()


def test_a_linkage_and_a_team_link_come_out_at_both_ends(cast: Cast):
    link = TreatmentTeamLink.objects.get()
    for by, sees in ((cast.embedded, True), (cast.adeyemi, False), (cast.novak, False)):
        with session_of(by):
            assert TreatmentTeamLink.objects.filter(pk=link.pk).exists() == sees
    TreatmentTeamLink.objects.update(provider=cast.clinic)
    with session_of(cast.adeyemi):
        assert TreatmentTeamLink.objects.filter(pk=link.pk).exists()


# Release


def test_release_opens_one_person_and_its_categories_and_leaves_nothing_open(cast: Cast, monkeypatch):
    """What raw SQL would get is asked on the same connection, while the ledgered read stands open and afterwards."""
    other = b.person(cast.county, "Noah", "Otherwise")
    b.contact(cast.embedded, other, narrative="Not asked for.")
    cast.consent(categories=["D1", "D2"])
    while_open: dict[str, object] = {}

    def look(execute, sql, params, many, context):
        if "INSERT INTO disclosures_ledgerentry" in sql:
            raw = context["connection"].connection
            while_open["settings"] = _settings(raw)
            while_open["people"] = _all(raw, "SELECT person_id FROM crisis_crisiscontact")
            for table in ("crisis_clinicalnarrative", "crisis_sudsegment", "treatment_treatmentteamlink"):
                while_open[table] = _all(raw, f"SELECT id FROM {table}")
        return execute(sql, params, many, context)

    with connection.execute_wrapper(look):
        assert ask(cast.reyes).status_code == 200
        assert _settings(connection.connection) == ("", "", "", "")
    assert last_row().outcome == "released"
    assert while_open["settings"] == (str(cast.police.pk), "", str(cast.sam.pk), "D1,D2,D7,terms")
    assert while_open["people"] == {cast.sam.pk}
    assert [while_open[name] for name in while_open if "_" in name] == [set()] * 3
    with session_of(cast.reyes):
        assert not CrisisContact.objects.exists()
        assert not Person.objects.exists()


def _settings(raw) -> tuple[str, ...]:
    return raw.execute(
        "SELECT "
        + ", ".join(f"COALESCE(current_setting('continuity.{name}', true), '')" for name in wall.SETTINGS)
    ).fetchone()


def _all(raw, statement: str) -> set[object]:
    return {one for (one,) in raw.execute(statement).fetchall()}


def test_a_narrative_needs_its_own_category_and_a_substance_segment_its_own(cast: Cast):
    for category, narratives, segments in (("D2", 0, 0), ("D3", 1, 0), ("D4", 0, 1)):
        with wall.opened(cast.clinic.pk, [cast.sam.pk], [category]):
            assert (ClinicalNarrative.objects.count(), SudSegment.objects.count()) == (narratives, segments)


def test_a_gate_that_opens_another_person_by_mistake_hands_out_nothing(cast: Cast, monkeypatch):
    """The statement is asked for Sam while the wall was opened for somebody else: no record leaves."""
    cast.consent()
    opened = wall.opened
    monkeypatch.setattr(
        services.wall,
        "opened",
        lambda agency, people, categories: opened(agency, [cast.namesake.pk], categories),
    )
    assert ask(cast.reyes).json()["result"] != "record"
    assert last_row().records == []


# Writing


def test_nobody_writes_into_or_changes_another_agencys_rows(cast: Cast):
    linkage_of = {"person": cast.sam, "contact": cast.sams_contact, "kind": "outpatient_mh"}
    with session_of(cast.novak):
        for write in (
            lambda: SafetyFlag.objects.update(text="Changed."),
            lambda: CrisisContact.objects.update(operational_summary="Changed."),
            lambda: FollowUp.objects.all().delete(),
            lambda: PersonName.objects.update(last="Changed"),
        ):
            with transaction.atomic():
                done = write()
            assert done in (0, (0, {}))
        with pytest.raises(ProgrammingError, match="row-level security"), transaction.atomic():
            Linkage.objects.create(custodian=cast.county, requested_at=b.NOW, **linkage_of)
        with pytest.raises(ProgrammingError, match="row-level security"), transaction.atomic():
            PersonName.objects.create(person=cast.sam, source=cast.county, first="Sly", last="Testcase")
    assert not PersonName.objects.filter(first="Sly").exists()
    assert CrisisContact.objects.exclude(operational_summary="Changed.").exists()


# Connections


def test_a_rolled_back_declaration_is_told_anew(cast: Cast):
    """What is told inside a transaction ends with it: the server is never left believing the former one."""
    with session_of(cast.embedded):
        assert CrisisContact.objects.exists()
        outer = transaction.savepoint()
        with wall.opened(cast.novak.agency_id, [], []):
            assert not CrisisContact.objects.exists()
        transaction.savepoint_rollback(outer)
        assert CrisisContact.objects.exists()
    with session_of(cast.novak):
        assert not CrisisContact.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_two_requests_on_one_pooled_connection_share_nothing(cast: Cast):
    """The connection goes back to the pool closed; whoever is given it next is nobody until its duty is known."""
    raws = []
    for by in (cast.embedded, cast.novak):
        connection.close()
        client = signed_in(by)
        connection.ensure_connection()
        raws.append(connection.connection.info.backend_pid)
        assert client.get("/caseload/").status_code == 200
        connection.ensure_connection()
        assert _settings(connection.connection) == ("", "", "", "")
        with wall.session():
            assert not CrisisContact.objects.exists()
    assert CrisisContact.objects.exists()


def test_only_ids_and_plain_words_are_declared():
    with pytest.raises(ValueError, match="plain words"):
        wall.Declaration(work="x'; SET continuity.work = 'background")


def test_models_that_are_no_table_of_people_have_no_wall(db: None):
    with connection.cursor() as cursor:
        cursor.execute("SELECT relname FROM pg_class WHERE relrowsecurity AND relkind IN ('r', 'p')")
        walled = {name for (name,) in cursor.fetchall()}
    assert walled == {model._meta.db_table for model in TABLES}
    assert all(issubclass(model, models.Model) for model in TABLES)
