"""The look-up page."""

from django.urls import path

from continuity.lookup import views

urlpatterns = [path("", views.LookUpPage.as_view(), name="look_up")]
