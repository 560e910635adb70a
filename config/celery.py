"""The Celery application; tasks live in each package's `tasks.py`, the schedule in settings."""

import os
from typing import Any

from celery import Celery, Task
from celery.signals import worker_ready

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")


class InBackground(Task):  # type: ignore[type-arg]  # generic for the type checker alone
    """Every task is work in nobody's session: the second wall lets it through, by its name (ADR 0017)."""

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        from continuity.trail.wall import background

        with background(self.name):
            return super().__call__(*args, **kwargs)


app = Celery("continuity", task_cls=InBackground)
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()


@worker_ready.connect
def deliver_what_waited(**_: Any) -> None:
    """A worker that comes back begins with what its predecessor left, and not with the clock's next round."""
    app.send_task("continuity.delivery.tasks.deliver", priority=0, retry=False)
