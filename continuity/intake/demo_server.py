"""gunicorn's settings for the demo: this machine only, no access log, and a word when it is ready and when it ends."""

import os
import sys
import time
from typing import Any

STARTED_AT = "CONTINUITY_DEMO_STARTED_AT"  # seconds since 1970, in the environment

bind = f"127.0.0.1:{os.environ.get('PORT', '8000')}"
worker_class = "gthread"
workers, threads = 2, 4
loglevel = "warning"
graceful_timeout = 5  # seconds
control_socket_disable = True


def post_worker_init(worker: Any) -> None:
    """Say so once the first worker can answer."""
    if worker.age == 1:
        seconds = time.time() - float(os.environ.get(STARTED_AT, time.time()))
        _say(f"\nready in {seconds:.1f} s: http://{bind}/")


def on_exit(server: Any) -> None:
    _say("\nThe demo has stopped; its data are kept.")


def _say(sentence: str) -> None:
    sys.stdout.write(sentence + "\n")
    sys.stdout.flush()
