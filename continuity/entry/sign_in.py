"""The two steps of signing in, and the way out: the password, then what only its owner has (S-1)."""

import json
from typing import Any

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.forms import AuthenticationForm
from django.contrib.auth.views import LoginView, LogoutView
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.decorators import method_decorator
from django.views.decorators.http import require_http_methods

from continuity.agencies import factors
from continuity.agencies.lockouts import refuse_spraying
from continuity.agencies.models import Member
from continuity.agencies.services import may_change_factors
from continuity.entry import stages
from continuity.entry.ask_again import ask_again
from continuity.entry.kept import carry_on, kept, next_page
from continuity.errors import Invalid, NotAllowed

_WRONG = "This user name and this password do not belong together."


class SignInForm(AuthenticationForm):
    """Django's form in this site's sentences."""

    error_messages = {"invalid_login": _WRONG, "inactive": _WRONG}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["username"].error_messages["required"] = "Type your user name."
        self.fields["password"].error_messages["required"] = "Type your password."

    def clean(self) -> dict[str, Any]:
        """Look at the password only where guessing at many names is not being slowed (S-3)."""
        if self.request is not None:
            try:
                refuse_spraying(self.request, str(self.cleaned_data.get("username", "")))
            except NotAllowed as wait:
                raise ValidationError(wait.detail, code=wait.code) from None
        return super().clean()


@method_decorator(login_not_required, name="dispatch")
class SignIn(LoginView):
    """User name and password; the same sentence for an unknown name and a wrong password.

    A page that was sent without a session comes here with what was typed as hidden `kept_` fields, and a member
    who has signed in is shown one button that sends it again.
    """

    template_name = "entry/sign_in.html"
    authentication_form = SignInForm
    redirect_authenticated_user = True

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if request.method == "POST" and request.user.is_authenticated and kept(request):
            return carry_on(request)
        return super().dispatch(request, *args, **kwargs)

    def form_valid(self, form: AuthenticationForm) -> HttpResponse:
        member = form.get_user()
        answer = stages.begin(self.request, member, next_page=self.get_redirect_url())
        if kept(self.request) and stages.waiting(self.request):
            return ask_factor(self.request, member)
        return answer

    def form_invalid(self, form: AuthenticationForm) -> HttpResponse:
        return self.render_to_response(self.get_context_data(form=form), status=400)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(kept=kept(self.request), **kwargs)


class SignOut(LogoutView):
    """End the session; the browser forgets with it what pages had kept on the device until they could be saved."""

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        response = super().post(request, *args, **kwargs)
        response["Clear-Site-Data"] = '"storage"'
        ask_again(response)
        return response


@login_not_required
@require_http_methods(["GET", "POST"])
def second_factor(request: HttpRequest) -> HttpResponse:
    """Ask a member who typed the password for a key, a code of the app, or a recovery code."""
    member = stages.waiting(request)
    if member is None:
        return redirect("sign_in")
    if request.method != "POST" or not {"code", "credential"} & set(request.POST):
        return ask_factor(request, member)
    try:
        if request.POST.get("credential"):
            factor = factors.prove_by_key(request, member, as_json(request.POST["credential"]))
        else:
            factor = factors.prove_by_code(request, member, request.POST.get("code", ""))
    except Invalid as wrong:
        # Whoever counted this failure may have locked the account, which the sign-in page does not tell.
        member = stages.waiting(request)
        return ask_factor(request, member, wrong=wrong) if member else redirect("sign_in")
    return go_in(request, member, factor)


def ask_factor(request: HttpRequest, member: Member, *, wrong: Invalid | None = None) -> HttpResponse:
    """The page of the second step; a member who has no second factor yet is led to the page that makes one."""
    held = factors.factors_of(member)
    if held.is_empty:
        from continuity.entry.enrolment import show_enrolment

        return show_enrolment(request, member)
    context = {
        "kept": kept(request),
        "next": next_page(request),
        "wrong": wrong,
        "code_error": wrong.detail if wrong and wrong.field else "",
        "held": held,
        "ask": json.dumps(factors.ask_key(member)) if held.keys else "",
        "demo_code": factors.current_code(member) if settings.DEMO else "",
    }
    return render(request, "entry/second_factor.html", context, status=400 if wrong else 200)


def go_in(request: HttpRequest, member: Member, factor: str) -> HttpResponse:
    """Open the session and lead on: to what was kept, to recovery codes nobody saw, to a new device for a lost one."""
    answer = stages.complete(request, factor)
    if not request.user.is_authenticated:
        return answer
    if kept(request):
        return carry_on(request)
    held = factors.factors_of(member)
    if held.codes_left and not held.codes_were_seen and may_change_factors(request, member):
        return redirect("recovery_codes")
    return redirect("account") if factor == factors.RECOVERY_FACTOR else answer


def as_json(text: str) -> Any:
    """What a key answered; nothing at all where it is no JSON."""
    try:
        return json.loads(text)
    except ValueError:
        return {}
