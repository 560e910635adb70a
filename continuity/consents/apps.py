from django.apps import AppConfig


class ConsentsConfig(AppConfig):
    name = "continuity.consents"
    label = "consents"
