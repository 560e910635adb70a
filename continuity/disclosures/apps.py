from typing import Any

from django.apps import AppConfig
from django.db.models.signals import post_migrate


def _close_to_the_site(using: str, **_: Any) -> None:
    from continuity.access.facts_sql import write_facts_function
    from continuity.disclosures.privileges import restrict_site_role
    from continuity.disclosures.second_wall import raise_second_wall

    write_facts_function(using)
    restrict_site_role(using)
    raise_second_wall(using)


class DisclosuresConfig(AppConfig):
    name = "continuity.disclosures"
    label = "disclosures"

    def ready(self) -> None:
        # The highest floor that owns tables: when its turn comes, all of them exist.
        post_migrate.connect(_close_to_the_site, sender=self)
