from typing import Any

from django.apps import AppConfig
from django.db.models.signals import post_migrate


def _restrict_site_role(using: str, **_: Any) -> None:
    from continuity.disclosures.privileges import restrict_site_role
    from continuity.disclosures.second_wall import raise_second_wall

    restrict_site_role(using)
    raise_second_wall(using)


class DisclosuresConfig(AppConfig):
    name = "continuity.disclosures"
    label = "disclosures"

    def ready(self) -> None:
        # The highest floor that owns tables: when its turn comes, all of them exist.
        post_migrate.connect(_restrict_site_role, sender=self)
