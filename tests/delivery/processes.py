"""Real processes to kill: a worker with its clock, and a broker of one's own."""

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from fcntl import LOCK_SH
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
from django.conf import settings
from django.db import connections

from config import embedded, embedded_servers


@dataclass
class Broker:
    """A Valkey that keeps its queue on disk, as in production."""

    cluster: Path
    url: str

    def stop(self) -> None:
        embedded_servers.ask_valkey(self.url, "SHUTDOWN")

    def start(self) -> None:
        assert embedded_servers.spawn_valkey(self.cluster, self.url)


@contextmanager
def own_broker() -> Iterator[Broker]:
    """A broker that nobody else uses, so that it may be stopped."""
    with embedded.checkout_folder() as home:
        cluster = embedded.open_cluster(home, scratch=True)
        use = embedded.hold(cluster, LOCK_SH)
        url = embedded_servers.start_valkey(cluster)["REDIS_URL"]
    try:
        yield Broker(cluster, url)
    finally:
        with embedded.checkout_folder():
            os.close(use)
            embedded.stop_if_unused(cluster, delete=True)


@dataclass
class Worker:
    """One worker process with its clock, in a process group of its own."""

    broker: Broker
    folder: Path
    patience: dict[str, str]
    process: "subprocess.Popen[bytes] | None" = None
    starts: int = 0
    log: list[Path] = field(default_factory=list)

    def start(self) -> None:
        self.starts += 1
        self.log.append(self.folder / f"worker-{self.starts}.log")
        command = [sys.executable, "-m", "celery", "-A", "config", "worker", "-B", "-c", "1", "-l", "WARNING"]
        command += ["-s", str(self.folder / "schedule"), "--without-gossip", "--without-mingle"]
        with self.log[-1].open("wb") as log:
            self.process = subprocess.Popen(
                command, env=self._environment(), stdout=log, stderr=log, start_new_session=True
            )

    def kill(self) -> None:
        """SIGKILL to all of it, as when the machine's memory is used up."""
        assert self.process
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()

    def end(self) -> None:
        if self.process and self.process.poll() is None:
            self.process.terminate()
            with suppress(subprocess.TimeoutExpired):
                self.process.wait(10)
        self.kill()

    def said(self) -> str:
        return "".join(path.read_text() for path in self.log if path.exists())

    def _environment(self) -> dict[str, str]:
        name = connections["default"].settings_dict["NAME"]
        url = urlsplit(os.environ["DATABASE_URL"])._replace(path=f"/{name}").geturl()
        kept = {"DJANGO_SETTINGS_MODULE": "config.settings_test", "REDIS_URL": self.broker.url}
        return os.environ | {"DATABASE_URL": url, "DATABASE_OWNER_URL": url} | kept | self.patience


@contextmanager
def worker_beside(broker: Broker, folder: Path, **patience: float) -> Iterator[Worker]:
    """A worker, not yet started; `patience` are the settings of how long it waits."""
    worker = Worker(broker, folder, {name: str(seconds) for name, seconds in patience.items()})
    try:
        yield worker
    finally:
        worker.end()


def wait_until(what: Callable[[], bool], seconds: float, *, each: float = 0.05) -> float:
    """Seconds until `what` holds. Raises TimeoutError."""
    started = time.monotonic()
    while not what():
        if time.monotonic() - started > seconds:
            raise TimeoutError(f"not within {seconds} s")
        time.sleep(each)
    return time.monotonic() - started


def cut_database_connections() -> None:
    """What a restarted database does to whoever was connected, without its pause; ours are closed before."""
    name = _let_go_of_the_database()
    with psycopg.connect(os.environ["DATABASE_URL"], autocommit=True) as site:
        site.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = %s AND usename = current_user",
            [name],
        )


def _let_go_of_the_database() -> str:
    for one in connections.all():
        one.close()
    connections["default"].close_pool()
    return str(connections["default"].settings_dict["NAME"])


def restart_database() -> None:
    """Stop PostgreSQL at once, as a power cut does, and start it again; every connection of ours is closed first."""
    _let_go_of_the_database()
    embedded_servers.run_pg_ctl(
        _own_cluster(), "restart", "-m", "immediate", "-l", _own_cluster() / "servers/postgres.log"
    )


def may_restart_database() -> bool:
    """Whether the database is the embedded one of this run, and not somebody's server."""
    return _own_cluster().name.startswith("scratch-") and shutil.which("pg_ctl") is not None


def _own_cluster() -> Path:
    return Path(str(settings.DATABASES["default"]["HOST"])).parent
