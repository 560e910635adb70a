"""Run a command with PostgreSQL and Valkey from wheels, for the demo, the tests and the bench.

Never a production path: servers named by DATABASE_URL and REDIS_URL always win, each on its own.

All lives in one folder of /var/tmp, keyed by user and checkout: the servers' user can reach it, it
outlives a reboot, and it is short enough for a socket's path (TMPDIR need be none of these). A lock
on that folder guards starting and stopping. A shared lock on a cluster's own folder says that it is
in use: who drops the last one stops the servers. Locks end with their process, so that what a
killed run left behind is known by its missing lock.
"""

import argparse
import fcntl
import hashlib
import os
import shutil
import signal
import stat
import subprocess  # nosec B404
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from types import FrameType
from typing import NoReturn

from config.embedded_servers import (
    IS_ROOT,
    SERVER_USER,
    fail,
    start_postgres,
    start_valkey,
    stop_servers,
)

SIGNALS = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)
PASSABLE = 0o711 if IS_ROOT else 0o700  # our folders: the servers' user walks through, lists nothing


# Folders and locks


def hold(folder: Path, how: int) -> int:
    """Lock a folder until the returned descriptor is closed. Raises BlockingIOError (LOCK_NB)."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.flock(descriptor, how)
    except BlockingIOError:
        os.close(descriptor)
        raise
    return descriptor


@contextmanager
def checkout_folder() -> Iterator[Path]:
    """Hold this checkout's folder alone, having made sure that nobody else made or can change it."""
    key = hashlib.sha256(os.fsencode(Path(__file__).resolve().parents[1])).hexdigest()[:12]
    home = Path("/var/tmp") / f"continuity-{os.geteuid()}-{key}"  # noqa: S108 (checked below)  # nosec B108
    with suppress(FileExistsError):
        home.mkdir(0o700)
    found = home.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.geteuid() or found.st_mode & 0o022:
        fail(f"{home} is not a private folder of this user: remove it.")
    home.chmod(PASSABLE)
    lock = hold(home, fcntl.LOCK_EX)
    try:
        if not home.exists() or not os.path.samestat(home.stat(), os.fstat(lock)):
            fail(f"{home} was deleted by another run just now: start again.")
        yield home
    finally:
        os.close(lock)


def open_cluster(home: Path, scratch: bool) -> Path:
    """Find or make a cluster's folder; the servers write to nothing but `servers` in it."""
    cluster = Path(tempfile.mkdtemp(prefix="scratch-", dir=home)) if scratch else home / "kept"
    cluster.mkdir(exist_ok=True)
    cluster.chmod(PASSABLE)
    (cluster / "servers").mkdir(0o700, exist_ok=True)
    if IS_ROOT:
        os.chown(cluster / "servers", SERVER_USER.pw_uid, SERVER_USER.pw_gid, follow_symlinks=False)
    return cluster


def stop_if_unused(cluster: Path, *, delete: bool) -> bool:
    """Stop a cluster, and perhaps delete it, unless a living run holds it."""
    try:
        lock = hold(cluster, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    stop_servers(cluster, gently=not delete)
    if delete:
        shutil.rmtree(cluster)
    os.close(lock)
    return True


# One run


@contextmanager
def servers_for(wanted: Sequence[str], scratch: bool, durable: bool) -> Iterator[dict[str, str]]:
    """Start what is wanted, yield the variables that lead to it, and stop it after its last use."""
    with checkout_folder() as home:
        for abandoned in home.glob("scratch-*"):
            stop_if_unused(abandoned, delete=True)
        cluster = open_cluster(home, scratch)
        use = hold(cluster, fcntl.LOCK_SH)
    try:
        with checkout_folder():
            found = start_postgres(cluster, durable) if "DATABASE_URL" in wanted else {}
            found |= start_valkey(cluster) if "REDIS_URL" in wanted else {}
        yield found
    finally:
        for number in SIGNALS:
            signal.signal(number, signal.SIG_IGN)
        with checkout_folder():
            os.close(use)
            stop_if_unused(cluster, delete=scratch)


def forget() -> None:
    """Delete all that this checkout keeps, unless it is in use."""
    with checkout_folder() as home:
        for cluster in (*home.glob("scratch-*"), *home.glob("kept")):
            if not stop_if_unused(cluster, delete=True):
                fail("the servers are in use: end `make demo` or the tests first.")
        shutil.rmtree(home)


def is_given(name: str, *, scratch: bool) -> bool:
    """Whether a server is named in the environment or, but for throw-away servers, in `.env`."""
    settings = Path(__file__).resolve().parents[1] / ".env"
    lines = settings.read_text().splitlines() if settings.exists() and not scratch else []
    return bool(os.environ.get(name)) or any(line.strip().startswith(f"{name}=") for line in lines)


def leave(number: int, frame: FrameType | None) -> NoReturn:
    raise SystemExit(128 + number)


def run_command(command: Sequence[str], variables: dict[str, str]) -> int:
    """Run the command, hand it the signals that end us, and return its exit code."""
    child: subprocess.Popen[bytes] | None = None
    early: list[int] = []

    def hand_on(number: int, frame: FrameType | None) -> None:
        if child is None:
            early.append(number)
        elif number != signal.SIGINT or not at_terminal():
            child.send_signal(number)

    for number in SIGNALS:
        signal.signal(number, hand_on)
    environment = os.environ | variables
    # The package's own import sets this default, which would win over the settings pytest names.
    if environment.get("DJANGO_SETTINGS_MODULE") == "config.settings":
        del environment["DJANGO_SETTINGS_MODULE"]
    try:
        child = subprocess.Popen(command, env=environment)  # nosec B603
    except OSError as error:
        fail(f"{command[0]}: {error.strerror}", 127)
    for missed in early:
        child.send_signal(missed)
    code = child.wait()
    return code if code >= 0 else 128 - code


def at_terminal() -> bool:
    """A terminal's Ctrl-C reaches the command by itself; twice would mean "at once" to pytest."""
    try:
        return os.tcgetpgrp(sys.stdin.fileno()) == os.getpgrp()
    except (OSError, ValueError, AttributeError):
        return False


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="python -m config.embedded",
        description="Run a command with an embedded PostgreSQL and Valkey. A server named by"
        " DATABASE_URL or REDIS_URL (in the environment, or in .env unless --scratch) is used as it is.",
    )
    parser.add_argument("--scratch", action="store_true", help="fast servers, deleted at the end")
    parser.add_argument("--durable", action="store_true", help="with --scratch: keep fsync on")
    parser.add_argument("--forget", action="store_true", help="delete this checkout's kept data")
    parser.add_argument("command", nargs=argparse.REMAINDER, metavar="CMD ARGS...")
    options = parser.parse_args()
    if options.forget:
        forget()
        return 0
    if not options.command:
        parser.error("a command is missing")
    names = ("DATABASE_URL", "REDIS_URL")
    wanted = [name for name in names if not is_given(name, scratch=options.scratch)]
    if not wanted:
        return run_command(options.command, {})
    for number in SIGNALS:
        signal.signal(number, leave)
    with servers_for(wanted, options.scratch, options.durable or not options.scratch) as variables:
        return run_command(options.command, variables)


if __name__ == "__main__":
    sys.exit(main())
