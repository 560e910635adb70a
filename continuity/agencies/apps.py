from django.apps import AppConfig


class AgenciesConfig(AppConfig):
    name = "continuity.agencies"
    label = "agencies"
