"""Addresses of the API, version 1."""

from django.urls import path
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView

from continuity.api import views

app_name = "api"
urlpatterns = [
    path("meta/enums/", views.Enumerations.as_view(), name="enumerations"),
    path("duty/", views.Duty.as_view(), name="duty"),
    path("linkages/", views.Linkages.as_view(), name="linkages"),
    path("consents/<uuid:consent_id>/revoke/", views.ConsentRevocations.as_view(), name="revoke_consent"),
    path("schema/", SpectacularAPIView.as_view(), name="schema"),
    path(
        "docs/",
        SpectacularSwaggerSplitView.as_view(url_name="v1:schema", template_name="api/docs.html"),
        name="docs",
    ),
]
