"""Settings, addresses, the task queue and the services that demo and tests bring along."""

from config.celery import app as celery_app

__all__ = ["celery_app"]
