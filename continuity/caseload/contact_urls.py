"""The addresses of the contact form and of a contact; `caseload.urls` takes them in."""

from django.urls import path

from continuity.caseload.amendment_page import amendment
from continuity.caseload.contact_page import contact
from continuity.caseload.contact_views import contact_draft, contact_new

contact_paths = [
    path("contacts/new/", contact_new, name="contact_new"),
    path("contacts/<uuid:contact_id>/draft/", contact_draft, name="contact_draft"),
    path("contacts/<uuid:row_id>/", contact, name="contact"),
    path("amendments/<uuid:row_id>/", amendment, name="amendment"),
]
