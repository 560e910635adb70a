"""gunicorn's settings for the demo: this machine only, no access log, and a word when it is ready and when it ends."""

import os
import signal
import subprocess  # nosec B404
import sys
import tempfile
import time
from contextlib import suppress
from typing import Any

from django.urls import get_resolver

STARTED_AT = "CONTINUITY_DEMO_STARTED_AT"  # seconds since 1970, in the environment

bind = f"127.0.0.1:{os.environ.get('PORT', '8000')}"
worker_class = "gthread"
workers, threads = 2, 4
preload_app = True  # read the code once for all workers; nothing connects to a database before the fork
loglevel = "warning"
graceful_timeout = 5  # seconds
control_socket_disable = True


_workers: list[subprocess.Popen[bytes]] = []


def on_starting(server: Any) -> None:
    """Read the pages' code too, so that the first answer is as quick as the next."""
    _ = get_resolver().url_patterns


def post_worker_init(worker: Any) -> None:
    """Say so once the first worker can answer."""
    if worker.age == 1:
        seconds = time.time() - float(os.environ.get(STARTED_AT, time.time()))
        _say(f"\nready in {seconds:.1f} s: http://{bind}/")


def when_ready(server: Any) -> None:
    """Start the background worker with its clock: it is ready a few seconds after the pages."""
    # -B needs a file for the clock's notes; a demo need not remember when it last ran.
    notes = os.path.join(tempfile.mkdtemp(prefix="continuity-demo-"), "schedule")
    quiet = ["-W", "ignore:You're running the worker"]  # as root, in a container, it is a demo all the same
    command = [sys.executable, *quiet, "-m", "celery", "--quiet", "--app", "config", "worker"]
    command += ["--beat", "--schedule", notes]
    command += ["--concurrency", "1", "--loglevel", "WARNING", "--without-gossip", "--without-mingle"]
    environment = os.environ | {"SITE_URL": os.environ.get("SITE_URL") or f"http://{bind}"}
    # A group of its own, because Ctrl-C at a terminal reaches every process of the server's.
    _workers.append(subprocess.Popen(command, env=environment, start_new_session=True))  # noqa: S603  # nosec B603


def on_exit(server: Any) -> None:
    """End the worker, and say that nothing is lost."""
    for worker in _workers:
        _end(worker)
    _say("\nThe demo has stopped; its data are kept.")


def _end(worker: "subprocess.Popen[bytes]") -> None:
    """Let it finish what it sends, for a moment; what it does not finish is sent by the next one."""
    worker.terminate()
    try:
        worker.wait(5)
    except subprocess.TimeoutExpired:
        with suppress(ProcessLookupError):
            os.killpg(worker.pid, signal.SIGKILL)
        worker.wait()


def _say(sentence: str) -> None:
    sys.stdout.write(sentence + "\n")
    sys.stdout.flush()
