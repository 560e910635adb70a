from django.apps import AppConfig


class EntryConfig(AppConfig):
    name = "continuity.entry"
    label = "entry"

    def ready(self) -> None:
        from continuity.entry import checks, opening  # noqa: F401  # they register themselves
