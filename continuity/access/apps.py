from django.apps import AppConfig


class AccessConfig(AppConfig):
    name = "continuity.access"
    label = "access"
