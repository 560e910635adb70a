"""The site with all its modules loaded, so that a worker that takes a killed one's place is ready at once."""

from django.urls import get_resolver

from config.wsgi import application

__all__ = ["application"]

assert get_resolver().url_patterns
