"""Sign-in, sign-out and the choice of the duty agency."""

from django.contrib.auth.views import LogoutView
from django.urls import path

from continuity.entry import views

urlpatterns = [
    path("sign-in/", views.SignIn.as_view(), name="sign_in"),
    path("sign-out/", LogoutView.as_view(), name="sign_out"),
    path("duty/", views.choose, name="choose_duty"),
]
