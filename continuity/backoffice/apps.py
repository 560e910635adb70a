from importlib import import_module

from django.apps import AppConfig


class BackofficeConfig(AppConfig):
    name = "continuity.backoffice"
    label = "backoffice"

    def ready(self) -> None:
        import_module("continuity.backoffice.organisation")  # registers what is administered
        import_module("continuity.backoffice.account_stations")
