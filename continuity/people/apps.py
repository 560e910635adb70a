from django.apps import AppConfig


class PeopleConfig(AppConfig):
    name = "continuity.people"
    label = "people"
