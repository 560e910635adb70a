"""gunicorn's settings for the demo: this machine only, no access log, and a word when it is ready and when it ends."""

import os
import sys
import time
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


def on_starting(server: Any) -> None:
    """Read the pages' code too, so that the first answer is as quick as the next."""
    _ = get_resolver().url_patterns


def post_worker_init(worker: Any) -> None:
    """Say so once the first worker can answer."""
    if worker.age == 1:
        seconds = time.time() - float(os.environ.get(STARTED_AT, time.time()))
        _say(f"\nready in {seconds:.1f} s: http://{bind}/")


def on_exit(server: Any) -> None:
    """Say that nothing is lost."""
    _say("\nThe demo has stopped; its data are kept.")


def _say(sentence: str) -> None:
    sys.stdout.write(sentence + "\n")
    sys.stdout.flush()
