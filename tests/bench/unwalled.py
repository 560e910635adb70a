"""The site as it was before the second wall, for the bench alone: nobody tells the server who asks."""

from django.db.backends.signals import connection_created

from config.wsgi import application
from continuity.trail import wall
from continuity.trail.one_trip import Statement

__all__ = ["application"]

connection_created.disconnect(wall._stand_before)
wall.close = lambda: None
Statement.is_walled = property(lambda self: False, lambda self, _: None)  # type: ignore[assignment,misc]
