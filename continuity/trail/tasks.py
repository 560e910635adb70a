"""Housekeeping of the trail."""

from datetime import timedelta

from celery import shared_task
from django.utils import timezone

from continuity.trail.models import AnsweredRequest

KEPT_FOR = timedelta(hours=24)


@shared_task
def forget_answered_requests() -> int:
    """Forget answers that nobody asks for again, and say how many; their rows are no facts about anybody."""
    return AnsweredRequest.objects.filter(at__lt=timezone.now() - KEPT_FOR).delete()[0]
