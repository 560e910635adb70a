"""Pages of the front door."""

from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.views import LoginView
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.decorators import method_decorator
from django.views.decorators.http import require_http_methods

from continuity.agencies.models import Member
from continuity.agencies.services import choose_duty, duty_of, memberships_of
from continuity.errors import NotAllowed


@method_decorator(login_not_required, name="dispatch")
class SignIn(LoginView):
    """User name and password; the same sentence for an unknown name and a wrong password."""

    template_name = "entry/sign_in.html"
    redirect_authenticated_user = True


@require_http_methods(["GET", "POST"])
def choose(request: HttpRequest) -> HttpResponse:
    """Choose the agency to be on duty for; what one may see depends on it."""
    error = ""
    if request.method == "POST":
        try:
            choose_duty(request, request.POST.get("membership", ""))
            return redirect("look_up")
        except NotAllowed as refused:
            error = refused.detail
    memberships = memberships_of(request.user) if isinstance(request.user, Member) else []
    context = {"memberships": memberships, "duty": duty_of(request), "error": error}
    return render(request, "entry/duty.html", context, status=403 if error else 200)
