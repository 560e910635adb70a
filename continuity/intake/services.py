"""Import a county's own records from a folder of CSV files."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from django.db import transaction

from continuity.agencies.models import Agency
from continuity.intake.figures import Figures, find_figures
from continuity.intake.files import CountyFile, UnusableInput, open_county_file
from continuity.intake.load_care import (
    ConsentLoader,
    ContactLoader,
    FollowUpLoader,
    LinkageLoader,
    TeamLinkLoader,
)
from continuity.intake.load_organisations import AgencyLoader, AgreementLoader, MemberLoader
from continuity.intake.load_people import PersonLoader
from continuity.intake.loading import Loader, Reject, Tally, load_file
from continuity.intake.rows import Surroundings
from continuity.trail.context import audit_context

# In this order: each file names only what those before it hold.
_LOADERS: tuple[type[Loader[Any]], ...] = (
    AgencyLoader,
    AgreementLoader,
    MemberLoader,
    PersonLoader,
    ContactLoader,
    ConsentLoader,
    TeamLinkLoader,
    LinkageLoader,
    FollowUpLoader,
)


@dataclass
class Report:
    """What an import did; in a dry run, what it would have done."""

    is_dry_run: bool
    tallies: list[Tally] = field(default_factory=list)
    figures: Figures = field(default_factory=Figures)


class Listener:
    """Hears how an import goes on; a door that shows it overrides what it needs."""

    def begin(self, file: str, lines: int) -> None: ...

    def advance(self, lines: int) -> None: ...

    def reject(self, reject: Reject) -> None: ...

    def end(self, tally: Tally) -> None: ...


def import_county(
    folder: Path, *, at: datetime, listener: Listener, source_code: str = "", is_dry_run: bool = False
) -> Report:
    """Load every file of `folder` that is there; good rows stay, bad ones are told to `listener`.

    A batch of rows is one transaction; a second run changes nothing; a dry run rolls everything back.
    Raises UnusableInput, before anything is loaded, for a folder without files or a file with other columns.
    """
    files = open_county(folder)
    report = Report(is_dry_run)
    with audit_context(purpose="county import"), _kept_unless(is_dry_run):
        _load_all(files, report, at, listener, source_code)
        report.figures = find_figures()
    return report


def open_county(folder: Path) -> dict[str, CountyFile]:
    """The files that are there, by name, their headers checked. Raises UnusableInput."""
    if not folder.is_dir():
        raise UnusableInput(f"{folder} is not a folder.")
    there = [loader for loader in _LOADERS if (folder / loader.file).exists()]
    if not there:
        raise UnusableInput(f"{folder} holds none of {', '.join(loader.file for loader in _LOADERS)}.")
    return {
        loader.file: open_county_file(folder / loader.file, columns=loader.columns, optional=loader.optional)
        for loader in there
    }


def _load_all(
    files: dict[str, CountyFile], report: Report, at: datetime, listener: Listener, source_code: str
) -> None:
    members = MemberLoader()
    for kind in _LOADERS:
        file = files.get(kind.file)
        if file is None:
            tally = Tally(kind.file, is_missing=True)
        else:
            loader: Loader[Any]
            if kind is MemberLoader:
                loader = members
            else:
                loader = PersonLoader(_source(source_code)) if kind is PersonLoader else kind()
            around = Surroundings(
                at=at,
                agencies={agency.code: agency for agency in Agency.objects.all()},
                members=members.memberships(),
            )
            listener.begin(file.name, file.count_lines())
            tally = load_file(loader, file, around, reject=listener.reject, advance=listener.advance)
        listener.end(tally)
        report.tallies.append(tally)


def _source(code: str) -> Agency:
    """Which agency's word the names and numbers of people are. Raises UnusableInput."""
    kind = Agency.Kind.COUNTY_BEHAVIORAL_HEALTH
    found = list(Agency.objects.filter(code=code) if code else Agency.objects.filter(kind=kind))
    if len(found) == 1:
        return found[0]
    if code:
        raise UnusableInput(f"There is no agency {code}.")
    raise UnusableInput(
        f"There are {len(found)} agencies of county behavioral health: name one with --source."
    )


@contextmanager
def _kept_unless(is_dry_run: bool) -> Iterator[None]:
    if not is_dry_run:
        yield
        return
    with transaction.atomic():
        yield
        transaction.set_rollback(True)
