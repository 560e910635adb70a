from typing import Any

from django.apps import AppConfig
from django.core.management import call_command
from django.db import connections
from django.db.models.signals import post_migrate


def _complete_match_index(using: str, **_: Any) -> None:
    """After an upgrade everybody is found in every way before the site starts: silence never means safe (P-22)."""
    from continuity.people import rebuilding

    if "people_matchprofile" not in connections[using].introspection.table_names():
        return  # migrated back, or not yet so far
    if not rebuilding.is_complete(using=using):
        call_command("rebuild_match_keys", database=using)


class PeopleConfig(AppConfig):
    name = "continuity.people"
    label = "people"

    def ready(self) -> None:
        post_migrate.connect(_complete_match_index, sender=self)
