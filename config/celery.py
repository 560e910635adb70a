"""The Celery application; tasks live in each package's `tasks.py`, the schedule in settings."""

import os
from typing import Any

from celery import Celery
from celery.signals import worker_ready

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
app = Celery("continuity")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()


@worker_ready.connect
def deliver_what_waited(**_: Any) -> None:
    """A worker that comes back begins with what its predecessor left, and not with the clock's next round."""
    app.send_task("continuity.delivery.tasks.deliver", priority=0, retry=False)
