"""One request about one draft of its author: shown, saved, or moved on by the button that was pressed."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.utils.crypto import salted_hmac

from continuity.agencies.models import Membership
from continuity.agencies.once import act_once, new_key
from continuity.caseload.contact_candidates import (
    REPORTED,
    Offered,
    ask,
    chosen,
    described_person,
    report_shown,
)
from continuity.caseload.contact_form import Sent, differing, read, values_of
from continuity.caseload.contact_handing_on import hand_on, handed_on, lines_to
from continuity.caseload.contact_known import (
    Description,
    described,
    description_said,
    known_of,
    said_to,
)
from continuity.caseload.contact_saving import movable, move_words, save
from continuity.caseload.contact_shown import WANTED, FormPage
from continuity.crisis.models import CrisisContact, Triage
from continuity.crisis.services import finalise_contact, save_draft
from continuity.crisis.triage import Call
from continuity.crisis.triages import suggestion_for
from continuity.crisis.wording import findings
from continuity.disclosures.candidates import may_search
from continuity.disclosures.identity_reports import own_reports
from continuity.disclosures.models import LedgerEntry
from continuity.disclosures.own_work import readable_contacts, readable_drafts, readable_triages
from continuity.disclosures.readings import note_reading, refuse_reading
from continuity.errors import Conflict, Incomplete, Invalid, Stale
from continuity.people.identity import latest_check, verify_identity, ways_of
from continuity.people.models import IdentityCheck, Person

_PAGE = LedgerEntry.Channel.PAGE
_STILL_OPEN = "still open"
_SENTENCES = {
    "incomplete": "Not finished yet: what is still open is marked. Everything you typed is saved.",
    "wrong": "What is marked was not saved. Everything else is.",
    "changed": "This draft was saved in another tab or on another device meanwhile. Nothing is lost: what you typed "
    "stands in the fields, what was saved there stands beneath them. Choose, and save again.",
}


def find_draft(duty: Membership, contact_id: UUID, at: datetime) -> CrisisContact | None:
    """The draft, None for what is final by now. Raises NotFound for anybody else's (P-3)."""
    rows = readable_drafts(duty, at).select_related("custodian", "narrative", "sud_segment")
    draft = rows.filter(pk=contact_id).first()
    if draft is None and not readable_contacts(duty, at).filter(pk=contact_id).exists():
        raise refuse_reading(by=duty, channel=_PAGE, at=at, searched=str(contact_id), category="D2")
    return draft


def header(draft: CrisisContact) -> dict[str, Any]:
    """What the page says of the draft itself."""
    return {
        "id": draft.pk,
        "number": draft.contact_number,
        "version": draft.version,
        "began": draft.recorded_at,
    }


class Desk:
    """One request about one draft of its author."""

    def __init__(self, request: HttpRequest, duty: Membership, draft: CrisisContact, at: datetime) -> None:
        self.request, self.duty, self.draft, self.at = request, duty, draft, at
        self.triage: Triage | None = readable_triages(duty, at).filter(contact=draft).last()
        self.here = reverse("contact_draft", args=[draft.pk])

    def take(self) -> HttpResponse:
        """Save what was sent, then do what the button says."""
        act, _, about = self.request.POST.get("act", "save").partition(":")
        sent = read(self.request.POST, self.duty)
        if act == "move":
            sent = move_words(sent, *about.split("|", 1)) if "|" in about else sent
        if act == "both":
            sent = self._both(sent, about)
        try:
            saved = save(
                self.duty, self.draft.pk, sent, self.triage, "has_team" in self.request.POST, self.at
            )
        except Stale:
            return self._changed_elsewhere(sent)
        except Conflict:  # the second press of "Finish"
            return redirect("contact", self.draft.pk)
        self.draft = saved.contact
        if self._is_autosave:
            return self._saved(sent, saved.errors)
        if saved.errors:
            return self.show(sent.values, errors=saved.errors, told="wrong", status=400)
        return self._act(act, about, sent)

    @property
    def _is_autosave(self) -> bool:
        return self.request.headers.get("Accept") == "application/json"

    def _act(self, act: str, about: str, sent: Sent) -> HttpResponse:
        acts: dict[str, Callable[[], HttpResponse]] = {
            "finish": lambda: self._finish(sent),
            "find": lambda: self._find(sent),
            "person": lambda: self._take_described(sent),
            "none": lambda: self._take_described(sent, is_none_of=True),
            "known": lambda: self._take_known(about),
            "not-them": lambda: self._report(about),
            "verify": lambda: self._verify(about),
            "anonymous": self._be_anonymous,
            "hand": lambda: self._hand_on(about),
        }
        if act in acts:
            return acts[act]()
        anchor = "#operational_summary" if act == "move" else ""
        return redirect(self.here + anchor)

    def _finish(self, sent: Sent) -> HttpResponse:
        try:
            finalise_contact(by=self.duty, contact_id=self.draft.pk, at=self.at)
        except Incomplete as refused:
            errors = {
                one.field: _STILL_OPEN if one.code == "missing" else one.detail for one in refused.errors
            }
            return self.show(sent.values, errors=errors, told="incomplete", status=400)
        return redirect("contact", self.draft.pk)

    def _find(self, sent: Sent) -> HttpResponse:
        who = described(self.request.POST.dict())
        if who.errors and not (may_search(self.duty) and who.is_worth_a_search):
            return self.show(sent.values, errors=who.errors, who=who, status=400)
        return self.show(sent.values, who=who)

    def _take_described(self, sent: Sent, *, is_none_of: bool = False) -> HttpResponse:
        who = described(self.request.POST.dict())
        if who.errors:
            return self.show(sent.values, errors=who.errors, who=who, status=400)
        return self._take(lambda: described_person(self.duty, who, self.request.POST, is_none_of=is_none_of))

    def _take_known(self, about: str) -> HttpResponse:
        return self._take(lambda: chosen(self.duty, about, self.at))

    def _take(self, whom: Callable[[], Person]) -> HttpResponse:
        def take() -> str:
            save_draft(by=self.duty, contact_id=self.draft.pk, at=self.at, person=whom())
            return self.here

        return redirect(act_once(self.request, by=self.duty, at=self.at, act=take))

    def _report(self, about: str) -> HttpResponse:
        """The card beside the form shows somebody else: it is reported, and the draft has nobody again."""
        report_shown(self.duty, about, self.at)
        messages.success(self.request, REPORTED)
        return self._be_anonymous()

    def _verify(self, how: str) -> HttpResponse:
        if self.draft.person_id is not None:
            try:
                verify_identity(by=self.duty, person_id=self.draft.person_id, how=how, at=self.at)
                messages.success(self.request, "Kept: the identity was made sure of.")
            except (Invalid, Conflict) as refused:
                messages.error(self.request, refused.detail)
        return redirect(self.here)

    def _be_anonymous(self) -> HttpResponse:
        save_draft(by=self.duty, contact_id=self.draft.pk, at=self.at, person=None)
        return redirect(self.here)

    def _hand_on(self, about: str) -> HttpResponse:
        def hand() -> str:
            hand_on(by=self.duty, contact=self.draft, line=about, at=self.at)
            return self.here + "#handing-on"

        try:
            return redirect(act_once(self.request, by=self.duty, at=self.at, act=hand))
        except Invalid as refused:
            messages.error(self.request, refused.detail)
            return redirect(self.here)

    def _both(self, sent: Sent, name: str) -> Sent:
        """The text of this tab under the one that another tab saved."""
        stored = values_of(self.draft, self.duty, self.triage)
        if name not in stored or name not in sent.values:
            return sent
        text = "\n\n".join(part for part in (*stored[name], *sent.values[name]) if part)
        return replace(sent, values=sent.values | {name: [text]}, fields=sent.fields | {name: text})

    def _changed_elsewhere(self, sent: Sent) -> HttpResponse:
        draft = find_draft(self.duty, self.draft.pk, self.at)
        if draft is None:
            return redirect("contact", self.draft.pk)
        self.draft = draft
        stored = values_of(draft, self.duty, self.triage)
        if self._is_autosave:
            return JsonResponse({"version": draft.version, "draft": stored}, status=409)
        other = differing(sent.values, stored)
        return self.show(sent.values, elsewhere=other, told="changed", status=409)

    def _saved(self, sent: Sent, errors: dict[str, str]) -> HttpResponse:
        context = self._living(sent.values, "has_team" in self.request.POST)
        return JsonResponse(
            {
                "version": self.draft.version,
                "errors": errors,
                "wording": render_to_string("caseload/contact_wording.html", context),
                "suggestion": render_to_string("caseload/contact_suggestion.html", context),
            }
        )

    def _living(self, values: dict[str, list[str]], has_team: bool) -> dict[str, Any]:
        """What changes while somebody types: the words found in the summary, and the suggestion."""
        summary = (values.get("operational_summary") or [""])[0]
        may_move = movable(summary, values)
        found = [
            {
                "term": one.term,
                "sentence": one.sentence,
                "place": str(one.belongs_in),
                "moves": one in may_move,
            }
            for one in findings(summary)
        ]
        call_type, weapon = ((values.get(name) or [""])[0] for name in ("call_type", "weapon_in_hand"))
        suggestion = None
        if call_type:
            call = Call(call_type, weapon or "unknown", has_team)
            try:
                suggestion = suggestion_for(by=self.duty, call=call, at=self.at)
            except Invalid:
                suggestion = None
        return {"found": found, "suggestion": suggestion, "triage": self.triage}

    def show(
        self,
        values: dict[str, list[str]],
        *,
        errors: Mapping[str, str] | None = None,
        elsewhere: dict[str, list[str]] | None = None,
        told: str = "",
        who: Description | None = None,
        status: int = 200,
    ) -> HttpResponse:
        """The page: the form with these answers, and beside it what is known; ledgered before it is rendered."""
        transfer, said = said_to(self.draft, self.duty, self.at)
        rows = [self.draft, *([transfer] if transfer else [])]
        note_reading(
            by=self.duty,
            rows=rows,
            channel=_PAGE,
            at=self.at,
            category=_gravest(self.draft),
            person_id=self.draft.person_id,
        )
        who = who or self._said_and_not_refused(said)
        known, offered = known_of(self.draft, self.duty, self.at), Offered()
        if self.draft.person_id is None:
            known, offered = ask(self.request, self.duty, who, self.draft.incident_ref, self.at)
        if known.has_team and not values.get("existing_treatment"):
            values = values | {"existing_treatment": ["connected_active"]}
        page = FormPage(values, self.duty, errors or {}, elsewhere or {})
        context = {
            **self._living(values, known.has_team),
            "contact": header(self.draft),
            "copy_key": _copy_key(self.draft, self.duty),
            "page": page,
            "wanted": WANTED,
            "errors": page.errors,
            "told": _SENTENCES.get(told, ""),
            "has_person": self.draft.person_id is not None,
            "known": known,
            "offered": offered,
            "identity": self._identity(),
            "who": who,
            "transfer": transfer,
            "said": said,
            "lines": lines_to(self.duty, known, self.at),
            "handed_on": handed_on(self.draft),
            "once": new_key(),
            "seen_at": timezone.localtime(self.at),
            "saved_at": timezone.localtime(self.draft.updated_at),
            "saved_ago": max(0, round((self.at - self.draft.updated_at).total_seconds())),
        }
        return render(self.request, "caseload/contact_draft.html", context, status=status)

    def _said_and_not_refused(self, said: Mapping[str, str]) -> Description:
        """Whom the hand-off names; nobody any more once its card was said to show somebody else."""
        if own_reports(self.duty).filter(reported_at__gte=self.draft.recorded_at).exists():
            return described({})
        return description_said(said)

    def _identity(self) -> dict[str, Any]:
        """How the own agency made sure of who this is, and how this member may."""
        if self.draft.person_id is None:
            return {}
        return {
            "check": latest_check(self.draft.person_id, self.duty.agency_id),
            "ways": [(how, IdentityCheck.How(how).label) for how in ways_of(self.duty)],
        }


def _gravest(draft: CrisisContact) -> str:
    """The gravest category among what its author is shown of a draft."""
    return "D4" if hasattr(draft, "sud_segment") else "D3" if hasattr(draft, "narrative") else "D2"


def _copy_key(draft: CrisisContact, duty: Membership) -> str:
    """The key of the copy that the browser keeps while the line is down; told only inside this member's session."""
    mac = salted_hmac("continuity.caseload.draft_copy", f"{draft.pk} {duty.pk}", algorithm="sha256")
    return mac.hexdigest()
