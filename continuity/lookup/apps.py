from django.apps import AppConfig


class LookupConfig(AppConfig):
    name = "continuity.lookup"
    label = "lookup"
