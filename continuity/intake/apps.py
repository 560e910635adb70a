from django.apps import AppConfig


class IntakeConfig(AppConfig):
    name = "continuity.intake"
    label = "intake"
