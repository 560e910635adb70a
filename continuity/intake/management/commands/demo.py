import os
import secrets
import socket
import sys
import time
from argparse import ArgumentParser
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, NoReturn, cast

from django.conf import settings
from django.contrib.auth.hashers import make_password
from django.contrib.staticfiles.finders import get_finders
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.db import connections
from django.utils import timezone
from rich.console import Console

from continuity.disclosures.tasks import make_partitions
from continuity.errors import Conflict
from continuity.intake import demo_server
from continuity.intake.demo import (
    demo_accounts,
    give_apps,
    refuse_foreign_database,
    seed_demo,
    show_somebody,
)
from continuity.intake.demo_county import TRAINED_FOR
from continuity.intake.demo_screen import show
from continuity.trail.wall import background

_REFUSED = 2
_PREPARING = 0x64656D6F  # "demo": an advisory lock
_HIGHEST_PORT = 65535
# Nothing that looks like something else, so that it can be typed on a telephone.
_LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"


class Command(BaseCommand):
    help = (
        "Migrate, fill an empty database with a made-up county, give its accounts a new password and serve the "
        "site on this machine. Refuses a database that holds anything else."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--port", default=os.environ.get("PORT", "8000"), help="default: PORT, or 8000")
        parser.add_argument("--no-serve", action="store_true", help="prepare everything, serve nothing")

    @background("demo")
    def handle(self, *args: Any, port: str, no_serve: bool, **_: Any) -> None:
        started_at = time.time()
        _refuse_other_sites()
        number = _port(port)
        if not no_serve:
            _refuse_taken(number)
        self.stdout.ending = ""  # the console ends its lines itself
        console = Console(file=cast("IO[str]", self.stdout), width=None if self.stdout.isatty() else 100)
        try:
            with _one_at_a_time():
                refuse_foreign_database()
                console.print("Preparing the demo; the first time takes up to a minute.", style="dim")
                call_command("migrate", database="owner", verbosity=0)
                make_partitions()
                summary = seed_demo(timezone.now())
                if summary.is_new:
                    show_somebody(timezone.now())
        except Conflict as refused:
            raise CommandError(refused.detail, returncode=_REFUSED) from refused
        password = _set_one_password()
        give_apps()
        _collect_static()
        show(console, summary, url=f"http://127.0.0.1:{number}/", password=password)
        if not no_serve:
            self.stdout.flush()
            _become_the_server(number, started_at)


def _refuse_other_sites() -> None:
    """The demo is for one's own machine; a site that asks for https is somebody's real one."""
    if not settings.INSECURE_COOKIES:
        raise CommandError(
            "The demo serves plain http on this machine alone. This site's settings ask for https, so it is "
            "taken for a real one: set INSECURE_COOKIES=true where only a demo runs.",
            returncode=_REFUSED,
        )


def _port(text: str) -> int:
    if not text.isdecimal() or not 0 < int(text) <= _HIGHEST_PORT:
        raise CommandError(f"PORT is a number from 1 to {_HIGHEST_PORT}.", returncode=_REFUSED)
    return int(text)


def _refuse_taken(port: int) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError as error:
            raise CommandError(
                f"Port {port} cannot be used ({error.strerror}). Stop what listens there or choose another "
                "one: make demo PORT=8123",
                returncode=_REFUSED,
            ) from error


@contextmanager
def _one_at_a_time() -> Iterator[None]:
    """Of two starts at once the second waits, and finds the demo there."""
    with connections["owner"].cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(%s)", [_PREPARING])
        try:
            yield
        finally:
            cursor.execute("SELECT pg_advisory_unlock(%s)", [_PREPARING])


def _set_one_password() -> str:
    """Give all demo accounts one new password: one slow hash, and none is kept in a file.

    A demo kept from an earlier version is let in, too: everybody is trained and has read the banner. Nobody is there
    to release who mistyped too often, so a new start does.
    """
    password = "-".join("".join(secrets.choice(_LETTERS) for _ in range(4)) for _ in range(4))
    demo_accounts().update(
        password=make_password(password),
        trained_until=timezone.localdate() + TRAINED_FOR,
        banner_version=settings.BANNER_VERSION,
        password_changed_at=timezone.now(),
        locked_at=None,
    )
    return password


def _collect_static() -> None:
    """Collect static files when the manifest is missing or older than one of them."""
    manifest = Path(settings.STATIC_ROOT) / "staticfiles.json"
    if manifest.exists():
        files = (Path(storage.path(path)) for finder in get_finders() for path, storage in finder.list([]))
        if manifest.stat().st_mtime > max((file.stat().st_mtime for file in files), default=0):
            return
    call_command("collectstatic", interactive=False, verbosity=0)


def _become_the_server(port: int, started_at: float) -> NoReturn:
    """Replace this process by gunicorn, so that signals reach it and nobody else."""
    for connection in connections.all():
        connection.close()
    environment = os.environ | {"PORT": str(port), "DEMO": "true", demo_server.STARTED_AT: str(started_at)}
    command = [sys.executable, "-m", "gunicorn", "--config", f"python:{demo_server.__name__}", "config.wsgi"]
    os.execve(sys.executable, command, environment)  # noqa: S606  # no shell wanted  # nosec B606
