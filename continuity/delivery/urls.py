"""Notices: the inbox, how one wants to be told, and the agency's own systems. An address holds ids alone (P-19)."""

from django.urls import path

from continuity.delivery import system_pages, views

urlpatterns = [
    path("", views.inbox, name="inbox"),
    path("<uuid:notice_id>/open/", views.open_notice, name="open_notice"),
    path("<uuid:notice_id>/acknowledge/", views.acknowledge_notice, name="acknowledge_notice"),
    path("preferences/", views.preferences, name="notice_preferences"),
    path("systems/", system_pages.systems, name="notice_systems"),
    path("systems/<uuid:endpoint_id>/remove/", system_pages.remove_system, name="remove_system"),
    path("dead-letters/", system_pages.dead_letters, name="dead_letters"),
    path(
        "dead-letters/<uuid:delivery_id>/resend/", system_pages.resend_dead_letter, name="resend_dead_letter"
    ),
]
