from django.apps import AppConfig


class TreatmentConfig(AppConfig):
    name = "continuity.treatment"
    label = "treatment"

    def ready(self) -> None:
        from continuity.treatment import receivers  # noqa: F401  (receivers connect on import)
