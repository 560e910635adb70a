"""The look-up page, and "not this person" for every card. An address holds ids alone (P-19)."""

from django.urls import path

from continuity.lookup import views
from continuity.lookup.not_this_person import not_this_person

urlpatterns = [
    path("", views.LookUpPage.as_view(), name="look_up"),
    path("answers/<uuid:ledger_id>/not-this-person/", not_this_person, name="not_this_person"),
]
