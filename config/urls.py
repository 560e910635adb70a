"""Every address of the site. Nothing personal ever stands in one (P-19)."""

from django.urls import include, path

from continuity.api.health import livez, readyz
from continuity.api.urls import urlpatterns as api_v1
from continuity.backoffice.site import office
from continuity.lookup.api import LookUps

# First what somebody waits for in the street: addresses are compared in turn.
v1 = [path("lookups/", LookUps.as_view(), name="lookups"), *api_v1]

urlpatterns = [
    path("api/v1/", include((v1, "v1"))),
    path("", include("continuity.entry.urls")),
    path("admin/", office.urls),
    path("lookup/", include("continuity.lookup.urls")),
    path("emergencies/", include("continuity.lookup.emergency_urls")),
    path("caseload/", include("continuity.caseload.urls")),
    path("notices/", include("continuity.delivery.urls")),
    path("livez", livez, name="livez"),
    path("readyz", readyz, name="readyz"),
]
handler404 = "continuity.api.problems.page_not_found"
