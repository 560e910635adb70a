"""Sign-in and -out, the first page of an account, the own account, the lock, the banner, the duty, the brightness."""

from django.urls import path

from continuity.entry import account, enrolment, locking, sign_in, sso, views

urlpatterns = [
    path("", views.home, name="home"),
    path("sign-in/", sign_in.SignIn.as_view(), name="sign_in"),
    path("sign-in/second-factor/", sign_in.second_factor, name="second_factor"),
    path("sign-in/with/<slug:slug>/", sso.start, name="sso_start"),
    path("sign-in/with/<slug:slug>/back/", sso.callback, name="sso_callback"),
    path("sign-out/", sign_in.SignOut.as_view(), name="sign_out"),
    path("invitation/<slug:token>/", enrolment.invitation, name="invitation"),
    path("account/", account.account, name="account"),
    path("account/set-up/", enrolment.set_up_factor, name="set_up_factor"),
    path("account/app/remove/", account.remove_factor, name="remove_app"),
    path("account/keys/<int:key_id>/remove/", account.remove_factor, name="remove_key"),
    path("account/recovery-codes/", enrolment.recovery_codes, name="recovery_codes"),
    path("account/password/", enrolment.password, name="password"),
    path("account/sessions/end/", account.end_own_session, name="end_other_sessions"),
    path("account/sessions/<int:session_id>/end/", account.end_own_session, name="end_own_session"),
    path("lock/", locking.lock, name="lock"),
    path("locked/", locking.locked, name="locked"),
    path("prove/", locking.reauthenticate, name="reauthenticate"),
    path("banner/", views.read_banner, name="banner"),
    path("duty/", views.choose, name="choose_duty"),
    path("shade/", views.choose_shade, name="choose_shade"),
]
