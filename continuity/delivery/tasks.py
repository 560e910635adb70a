"""The worker's part: send what is due, forget what is old. The tables are the queue, so any run may be lost."""

import logging
import time
from datetime import timedelta

from celery import shared_task
from django.db import InterfaceError, OperationalError, connection
from django.utils import timezone

from continuity.delivery.rounds import Round
from continuity.ids import first_of
from continuity.notices.models import Notice
from continuity.notices.waking import wake_worker

KEPT_FOR = timedelta(days=90)
_AT_ONCE = 1000
_AGAIN_AFTER = 1.0  # seconds
logger = logging.getLogger(__name__)


@shared_task
def deliver() -> None:
    """Send what is due for a slice of time; what is left comes after the other tasks, alerts before them."""
    try:
        more = Round().run()
    except (OperationalError, InterfaceError) as error:
        # A restarted database leaves broken connections behind: each is found by using it.
        logger.warning("deliveries were interrupted (%s)", type(error).__name__)
        connection.close()
        time.sleep(_AGAIN_AFTER)
        more = True
    if more:
        wake_worker()


@shared_task
def forget_old_notices() -> int:
    """Forget notices after 90 days with their deliveries, and say how many; facts stay where they are (5.13)."""
    forgotten = 0
    while True:
        old = Notice.objects.filter(pk__lt=first_of(timezone.now() - KEPT_FOR)).order_by("pk")[:_AT_ONCE]
        ids = list(old.values_list("pk", flat=True))
        Notice.objects.filter(pk__in=ids).delete()
        forgotten += len(ids)
        if len(ids) < _AT_ONCE:
            return forgotten
