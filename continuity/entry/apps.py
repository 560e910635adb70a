from django.apps import AppConfig


class EntryConfig(AppConfig):
    name = "continuity.entry"
    label = "entry"
