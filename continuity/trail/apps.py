from django.apps import AppConfig


class TrailConfig(AppConfig):
    name = "continuity.trail"
    label = "trail"

    def ready(self) -> None:
        from continuity.trail import receivers, services  # noqa: F401  (receivers connect on import)

        services.register_recorded_models()
