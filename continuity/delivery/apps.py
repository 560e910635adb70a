from django.apps import AppConfig


class DeliveryConfig(AppConfig):
    name = "continuity.delivery"
    label = "delivery"
