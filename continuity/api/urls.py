"""Addresses of the API, version 1."""

from django.urls import path

from continuity.api import (
    answers,
    care,
    consents,
    contacts,
    emergencies,
    hand_offs,
    matching,
    notices,
    people,
    standing,
    tokens,
    views,
)
from continuity.api.consent_verbs import VERBS
from continuity.api.schema import DocsView, SchemaView
from continuity.api.verbs import verb_paths

app_name = "api"
urlpatterns = [
    path("meta/enums/", views.Enumerations.as_view(), name="enumerations"),
    path("token/", tokens.Tokens.as_view(), name="token"),
    path("duty/", views.Duty.as_view(), name="duty"),
    *contacts.urlpatterns,
    *standing.urlpatterns,
    *care.urlpatterns,
    *hand_offs.urlpatterns,
    *notices.urlpatterns,
    *emergencies.urlpatterns,
    path("people/match/", matching.Matching.as_view(), name="match_people"),
    path(
        "answers/<uuid:ledger_id>/not-this-person/",
        answers.NotThisPerson.as_view(),
        name="report_wrong_person",
    ),
    path("people/<uuid:person_id>/record/", people.RecordOfPerson.as_view(), name="person_record"),
    path("consents/", consents.Consents.as_view(), name="consents"),
    path("consents/<uuid:consent_id>/", consents.OneConsent.as_view(), name="consent"),
    path("consents/<uuid:consent_id>/documents/", consents.Documents.as_view(), name="documents"),
    path(
        "consents/<uuid:consent_id>/documents/<uuid:document_id>/",
        consents.OneDocument.as_view(),
        name="document",
    ),
    *verb_paths(consents.CONSENT, VERBS),
    path("consent-offers/", consents.Offers.as_view(), name="offers"),
    path(
        "people/<uuid:person_id>/consent-status/",
        consents.PersonConsentStatus.as_view(),
        name="consent_status",
    ),
    path("schema/", SchemaView.as_view(), name="schema"),
    path(
        "docs/",
        DocsView.as_view(url_name="v1:schema", template_name="api/docs.html"),
        name="docs",
    ),
]
