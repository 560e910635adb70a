"""Sign-in, sign-out, the banner, the choice of the duty agency and of the brightness."""

from django.urls import path

from continuity.entry import views

urlpatterns = [
    path("", views.home, name="home"),
    path("sign-in/", views.SignIn.as_view(), name="sign_in"),
    path("sign-out/", views.SignOut.as_view(), name="sign_out"),
    path("banner/", views.read_banner, name="banner"),
    path("duty/", views.choose, name="choose_duty"),
    path("shade/", views.choose_shade, name="choose_shade"),
]
