"""Wake the worker once a notice is committed: a hint only, the tables are the queue and the clock asks them anyway."""

import logging
import time

from celery import current_app
from django.db import transaction
from kombu.exceptions import OperationalError
from kombu.transport import redis as _read_now_and_not_in_the_first_request  # noqa: F401

TASK = "continuity.delivery.tasks.deliver"
FIRST, IN_TURN = 0, 6  # of Redis' priorities, 0 is taken first
_TIMEOUT = 0.25  # seconds that a request may lose to a broker that does not answer
_PAUSE = 3  # seconds after a failure in which nobody tries
_EXPIRES = 30  # seconds; what nobody took by then, the clock has done
_IMPATIENT = {
    "socket_connect_timeout": _TIMEOUT,
    "socket_timeout": _TIMEOUT,
    "max_retries": 0,
    "retry_on_timeout": False,
}
logger = logging.getLogger(__name__)
_paused_until = 0.0  # of the process's own clock


def wake_worker_on_commit(*, urgent: bool = False) -> None:
    """Wake the worker when the running transaction commits, or now outside of one; once for a transaction."""
    wake = _wake_first if urgent else wake_worker
    connection = transaction.get_connection()
    alive = set(connection.savepoint_ids)
    # An earlier call counts unless its savepoint may still be rolled back on its own.
    if not any(callback is wake and saved <= alive for saved, callback, _ in connection.run_on_commit):
        transaction.on_commit(wake, robust=True)


def wake_worker(priority: int = IN_TURN) -> None:
    """Send the task by its name. Never fails, and loses at most a moment when the broker is away."""
    global _paused_until
    if time.monotonic() < _paused_until:
        return
    try:
        with current_app.connection_for_write(transport_options=_IMPATIENT) as connection:
            current_app.send_task(
                TASK,
                connection=connection,
                retry=False,
                ignore_result=True,
                expires=_EXPIRES,
                priority=priority,
            )
    except (OperationalError, OSError) as error:
        _paused_until = time.monotonic() + _PAUSE
        logger.warning("the worker was not woken (%s); the clock will", type(error).__name__)


def _wake_first() -> None:
    wake_worker(FIRST)
