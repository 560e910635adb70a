"""The site as it was before the second wall, for the bench alone: nobody tells the server who asks."""

from contextlib import nullcontext

from django.db.backends.signals import connection_created

from config.wsgi import application
from continuity.trail import wall

__all__ = ["application"]

connection_created.disconnect(wall._stand_before)
wall.close = lambda: None
wall.in_one_trip = lambda connection, shut: nullcontext(([], []))
