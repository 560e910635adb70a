"""Seed the demo county of every clone: made-up people, written through the services, once."""

from dataclasses import dataclass
from datetime import datetime

from django.db import connection, models, transaction

from continuity.agencies.factors import give_demo_app
from continuity.agencies.models import Agency, Member, Membership
from continuity.crisis.models import CrisisContact
from continuity.errors import Conflict
from continuity.intake.demo_county import ACCOUNTS, AGENCIES, CODES, sign_off_packs, write_county
from continuity.intake.demo_desk import write_desk
from continuity.intake.demo_duplicates import report_somebody, write_duplicates
from continuity.intake.demo_people import hand_written_stories
from continuity.intake.demo_writer import DemoWriter
from continuity.intake.stories import stories
from continuity.people.models import Person

DEMO_SEED = 87
DEMO_STORIES = 300


@dataclass(frozen=True)
class DemoSummary:
    """What the demo holds; `is_new` says whether this call wrote it."""

    is_new: bool
    agencies: int
    accounts: int
    people: int
    contacts: int


def refuse_foreign_database() -> None:
    """Refuse a database that holds agencies or members that are not the demo's. Raises Conflict `not_a_demo`.

    Runs before the migrations too: an empty database is fine.
    """
    if Agency._meta.db_table not in connection.introspection.table_names():
        return
    foreign = Agency.objects.exclude(code__in=CODES).exists()
    empty = not Agency.objects.exists()
    if foreign or (empty and Member.objects.exists()):
        raise Conflict(
            "not_a_demo",
            "This database holds agencies or accounts that are not the demo's. The demo will not touch it: "
            "name another database in DATABASE_URL and DATABASE_OWNER_URL.",
        )


@transaction.atomic
def seed_demo(now: datetime, *, count: int = DEMO_STORIES) -> DemoSummary:
    """Write the demo county as of `now`: the people to try and `count` made-up stories; nothing if it is there.

    All or nothing, so that an interrupted seeding is simply done again. Raises Conflict `not_a_demo`.
    """
    refuse_foreign_database()
    is_new = not Agency.objects.filter(code__in=CODES).exists()
    if is_new:
        county = write_county(now)
        sign_off_packs(county, now)
        writer = DemoWriter(county, now)
        for story, confidentiality in hand_written_stories(now):
            writer.write_story(story, confidentiality=confidentiality)
        write_desk(writer)
        write_duplicates(writer)
        for story in stories(count, seed=DEMO_SEED, now=now):
            writer.write_story(story, signs_every_form=False)
    return DemoSummary(
        is_new=is_new,
        agencies=Agency.objects.count(),
        accounts=demo_accounts().count(),
        people=Person.objects.count(),
        contacts=CrisisContact.objects.count(),
    )


def show_somebody(at: datetime) -> None:
    """Let an officer of a new demo be shown a card and say that it is somebody else's.

    Apart from the seeding: the row of an answer is committed before the answer leaves.
    """
    police = Agency.objects.get(code=AGENCIES["police"][0])
    officer = Membership.objects.filter(agency=police, roles__contains=["officer"]).order_by("pk").first()
    if officer is not None:
        report_somebody(officer, at)


def give_apps() -> None:
    """A second factor for every account of the demo: its page says what an app would show (S-1)."""
    for member in demo_accounts():
        give_demo_app(member)


def demo_accounts() -> models.QuerySet[Member]:
    """The accounts of the demo, which share one password for one run."""
    return Member.objects.filter(username__in=[account.username for account in ACCOUNTS])
