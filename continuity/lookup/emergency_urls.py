"""Pages of emergencies: who asks, who answers, and what is still open. An address holds ids alone (P-19)."""

from django.urls import path

from continuity.lookup import emergency_answer, emergency_form, emergency_page

urlpatterns = [
    path("", emergency_page.emergencies, name="emergencies"),
    path("new/", emergency_form.emergency_new, name="emergency_new"),
    path("waiting/<slug:shown>/", emergency_answer.emergency_alerts, name="emergency_alerts"),
    path("<uuid:emergency_id>/", emergency_page.emergency, name="emergency"),
    path("<uuid:emergency_id>/left/<slug:shown>/", emergency_page.emergency_left, name="emergency_left"),
    path("<uuid:emergency_id>/answer/", emergency_answer.emergency_answer, name="emergency_answer"),
]
