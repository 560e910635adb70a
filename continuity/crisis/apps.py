from django.apps import AppConfig


class CrisisConfig(AppConfig):
    name = "continuity.crisis"
    label = "crisis"
