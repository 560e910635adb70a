from django.apps import AppConfig


class CaseloadConfig(AppConfig):
    name = "continuity.caseload"
    label = "caseload"
