"""The look-up page: a question, and the answer on the same page; works without JavaScript."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views import View

from continuity.agencies.models import Membership
from continuity.agencies.services import duty_of
from continuity.disclosures.models import LedgerEntry
from continuity.disclosures.record import Nothing
from continuity.lookup.birth_dates import read_back
from continuity.lookup.services import Question, look_up
from continuity.lookup.shapes import QuestionShape
from continuity.lookup.throttles import LookUpThrottle

_TYPED = ("incident_ref", "purpose", "last", "first", "birth_date", "identifier", "reason")


class LookUpPage(View):
    """GET shows the question, POST the answer; the incident number is carried over in the session."""

    def get(self, request: HttpRequest) -> HttpResponse:
        duty = duty_of(request)
        if duty is None:
            return redirect("choose_duty")
        return self._show(request, duty, {"incident_ref": request.session.get("incident_ref", "")})

    def post(self, request: HttpRequest) -> HttpResponse:
        duty = duty_of(request)
        if duty is None:
            return redirect("choose_duty")
        typed = {name: request.POST.get(name, "") for name in _TYPED}
        if len(duty.purposes) == 1:
            typed["purpose"] = duty.purposes[0]
        shape = QuestionShape(data=typed)
        if not shape.is_valid():
            return self._show(request, duty, typed, errors=shape.errors, status=400)
        if not LookUpThrottle().allow_request(request, None):  # type: ignore[arg-type]
            return self._show(request, duty, typed, busy=True, status=429)
        if request.session.get("incident_ref") != typed["incident_ref"]:
            request.session["incident_ref"] = typed["incident_ref"]
        question = shape.question()
        answer = look_up(by=duty, question=question, channel=LedgerEntry.Channel.PAGE)
        record = None if isinstance(answer, Nothing) else answer
        return self._show(request, duty, typed, question=question, answered=True, record=record)

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
        today = timezone.localdate()
        born = question.birth_date if question else None
        context |= {"duty": duty, "typed": typed, "purposes": duty.purposes}
        context["birth_date_read_back"] = read_back(born, today) if born else ""
        return render(request, "lookup/page.html", context, status=status)
