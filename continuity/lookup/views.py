"""The look-up page: a question, and the answer on the same page; works without JavaScript."""

from typing import Any

from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.decorators import method_decorator
from django.views import View

from continuity.agencies.models import Member, Membership
from continuity.agencies.roles import Duty, Purpose, Role
from continuity.agencies.services import clinician_line, duty_of, memberships_of
from continuity.disclosures.models import LedgerEntry
from continuity.disclosures.record import Nothing
from continuity.disclosures.throttles import LookUpThrottle
from continuity.lookup.emergency_door import kind_for
from continuity.lookup.emergency_page import running
from continuity.lookup.services import Question, look_up
from continuity.lookup.shapes import QuestionShape
from continuity.people.birth_dates import read_back

_TYPED = ("incident_ref", "purpose", "last", "first", "birth_date", "identifier", "reason")
_RESPONDERS = {Role.OFFICER, Role.DISPATCHER}


# Open to everybody only so that a question sent after the session ended is not lost; nobody signed out is answered.
@method_decorator(login_not_required, name="dispatch")
class LookUpPage(View):
    """GET shows the question, POST the answer; the incident number is carried over in the session."""

    def get(self, request: HttpRequest) -> HttpResponse:
        if not request.user.is_authenticated:
            return redirect_to_login(reverse("look_up"))
        duty = duty_of(request)
        if duty is None:
            return redirect("choose_duty")
        typed = {"incident_ref": request.session.get("incident_ref", "")}
        return self._show(request, duty, typed, emergencies=running(duty, timezone.now()))

    def post(self, request: HttpRequest) -> HttpResponse:
        typed = {name: request.POST.get(name, "") for name in _TYPED}
        duty = duty_of(request)
        if duty is None:
            return self._keep(request, typed)
        if len(duty.purposes) == 1:
            typed["purpose"] = duty.purposes[0]
        shape = QuestionShape(data=typed)
        if not shape.is_valid():
            return self._show(request, duty, typed, errors=shape.errors, status=400)
        throttle = LookUpThrottle()
        if not throttle.allow_request(request, None):  # type: ignore[arg-type]  # a page is no DRF request
            shift_is_over = bool(throttle.shift_ends_in)
            return self._show(request, duty, typed, busy=True, shift_is_over=shift_is_over, status=429)
        question = shape.question()
        if request.session.get("incident_ref") != question.incident_ref:
            request.session["incident_ref"] = question.incident_ref
        answer = look_up(by=duty, question=question, channel=LedgerEntry.Channel.PAGE)
        record = None if isinstance(answer, Nothing) else answer
        return self._show(
            request,
            duty,
            typed,
            question=question,
            answered=True,
            record=record,
            clinician_line=clinician_line(),
            seen_at=timezone.localtime(),
        )

    def _show(
        self,
        request: HttpRequest,
        duty: Membership,
        typed: dict[str, str],
        *,
        question: Question | None = None,
        status: int = 200,
        **context: Any,
    ) -> HttpResponse:
        born = question.birth_date if question else None
        tried = set(context) - {"emergencies"}
        context |= {
            "duty": duty,
            "typed": typed,
            "may_ask": duty.has_duty(Duty.LOOK_UP) and bool(duty.purposes),
            # An emergency is asked for on its own pages: its purpose opens nothing without one.
            "purposes": [one for one in duty.purposes if one is not Purpose.EMERGENCY_TREATMENT],
            "asks_reason": Role.PRIVACY_OFFICER in duty.roles,
            "is_responder": bool(_RESPONDERS & set(duty.roles)),
            "emergency_kind": kind_for(duty),
            "focus": "" if tried else ("last" if typed.get("incident_ref") else "incident_ref"),
            "birth_date_read_back": read_back(born, timezone.localdate()) if born else "",
        }
        return render(request, "lookup/page.html", context, status=status)

    def _keep(self, request: HttpRequest, typed: dict[str, str]) -> HttpResponse:
        """Ask for sign-in or duty first, with what was typed in hidden fields: in no URL, log or session."""
        kept = [(name, value) for name, value in typed.items() if value]
        context: dict[str, Any] = {"kept": kept, "next": reverse("look_up")}
        if not isinstance(request.user, Member):
            return render(request, "entry/sign_in.html", context, status=403)
        context["memberships"] = memberships_of(request.user)
        return render(request, "entry/duty.html", context, status=403)
