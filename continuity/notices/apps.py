from django.apps import AppConfig


class NoticesConfig(AppConfig):
    name = "continuity.notices"
    label = "notices"
