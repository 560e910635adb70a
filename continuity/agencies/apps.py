from django.apps import AppConfig


class AgenciesConfig(AppConfig):
    name = "continuity.agencies"
    label = "agencies"

    def ready(self) -> None:
        from continuity.agencies import lockouts  # noqa: F401  (receivers connect on import)
