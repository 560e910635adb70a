"""A person: who this is and how to reach them safely, then the timeline, the care, the plan and the consents."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from continuity.agencies.models import Membership
from continuity.agencies.roles import Duty
from continuity.caseload.detail import PAGE
from continuity.caseload.door import open_to
from continuity.caseload.follow_up_page import safe_ways
from continuity.disclosures.own_work import known_people, moved_to, person_record
from continuity.disclosures.record import Item, PersonFile
from continuity.people.identity import latest_check

_TABS = (("timeline", "Timeline"), ("care", "Care"), ("plan", "What helps"), ("consents", "Consents"))
# Of each kind of item, so that the page stays small; "older" asks for more, and the ledger says so.
_MOST, _MOST_WITH_OLDER = 15, 100
# Where an own item can be looked at and moved on.
_PAGES = {
    "contact": "contact",
    "narrative": "contact",
    "sud_segment": "contact",
    "safety_flag": "flag",
    "tip": "tip",
    "response_plan": "plan",
    "team_link": "team_link",
    "linkage": "linkage",
    "follow_up": "follow_up",
}


@dataclass(frozen=True)
class Entry:
    """One item of the page: what it says, when it was, who wrote it, why it may be seen, and where it is moved on."""

    noun: str
    body: Any
    source: Any
    at: datetime
    href: str
    parts: tuple[Any, ...] = ()


@dataclass(frozen=True)
class EpisodeGroup:
    """The contacts of one crisis, newest first."""

    entries: tuple[Entry, ...]

    @property
    def is_episode(self) -> bool:
        return len(self.entries) > 1


@require_safe
@open_to(Duty.RECORD_LINKAGE, Duty.FOLLOW_UP, Duty.SUPERVISE, Duty.CORRECT_RECORD)
def person(request: HttpRequest, duty: Membership, person_id: UUID) -> HttpResponse:
    """One of the own agency's people; the gate says what of them may be known and writes the row of the ledger."""
    at = timezone.now()
    if survivor_id := moved_to(duty, person_id, at):
        return redirect("person", survivor_id)
    with_older = "older" in request.GET
    most = _MOST_WITH_OLDER if with_older else _MOST
    told = person_record(by=duty, person_id=person_id, channel=PAGE, at=at, most=most)
    tab = request.GET.get("show", "")
    tab = tab if tab in dict(_TABS) else "timeline"
    record = told.record
    context = {
        "record": record,
        "person_id": person_id,
        "age": _age(record.birth_date, timezone.localdate(at)),
        "safe": _safe(duty, person_id, at),
        "identity": latest_check(person_id, duty.agency_id),
        "seen_at": at,
        "tab": tab,
        "has_older": not with_older and any(len(told.of(noun)) == most for noun in _PAGES),
        "tabs": [{"key": key, "name": name, "is_shown": key == tab} for key, name in _TABS],
        "begins": _begins(duty, person_id),
        "is_consented": any(one.is_in_force(at) for one in record.consents),
        "flags_number": len(told.of("safety_flag")),
        **_SHOWN[tab](told, duty),
    }
    return render(request, "caseload/person.html", context)


def _age(born: date | None, today: date) -> int | None:
    if born is None:
        return None
    return today.year - born.year - ((today.month, today.day) < (born.month, born.day))


def _safe(duty: Membership, person_id: UUID, at: datetime) -> dict[str, str]:
    known = known_people(duty, at).select_related("person").get(person=person_id)
    return safe_ways(known.person)


def _begins(duty: Membership, person_id: UUID) -> list[dict[str, str]]:
    """What may be begun about the person, for who may begin it."""
    offered = (
        (Duty.FOLLOW_UP, "safe_ways", "Say how to reach them safely"),
        (Duty.RECORD_CONTACT, "identity", "Say how you made sure who this is"),
        (Duty.PROPOSE_FLAG, "tip_new", "Write down what helps"),
        (Duty.PROPOSE_FLAG, "flag_new", "Propose a caution"),
        (Duty.RECORD_LINKAGE, "plan_new", "Begin a response plan"),
        (Duty.MANAGE_TEAM_LINK, "team_link_new", "Name the treatment team"),
    )
    return [
        {"href": reverse(name, args=[person_id]), "label": label}
        for needed, name, label in offered
        if duty.has_duty(needed)
    ]


def _entry(item: Item, duty: Membership, parts: Iterable[Any] = ()) -> Entry:
    body: Any = item.body
    is_own = item.source.custodian_id == duty.agency_id
    # A linkage is worked on from both its ends; the gate has said that this is one of them.
    is_own = is_own or (item.source.noun == "linkage" and item.source.basis == "O")
    page = _PAGES.get(item.source.noun, "") if is_own else ""
    row_id = getattr(body, "contact_id", item.source.id)
    return Entry(
        noun=item.source.noun,
        body=body,
        source=item.source,
        at=_when(item),
        href=reverse(page, args=[row_id]) if page else "",
        parts=tuple(parts),
    )


def _when(item: Item) -> datetime:
    for name in ("occurred_at", "requested_at", "due_at", "last_confirmed_at", "approved_at", "starts_at"):
        moment: datetime | None = getattr(item.body, name, None)
        if moment is not None:
            return moment
    verified: datetime | None = getattr(item.body, "last_verified_at", None)
    return verified or timezone.now()


def _timeline(told: PersonFile, duty: Membership) -> dict[str, Any]:
    """Contacts by episode, linkages and follow-ups among them, newest first."""
    texts: dict[UUID, list[Item]] = {}
    for item in told.of("narrative", "sud_segment"):
        texts.setdefault(item.body.contact_id, []).append(item)  # type: ignore[union-attr]  # only texts have it
    groups: dict[Any, list[Entry]] = {}
    for item in told.of("contact"):
        parts = [_entry(one, duty) for one in texts.get(item.source.id, ())]
        groups.setdefault(item.source.episode_id or item.source.id, []).append(_entry(item, duty, parts))
    for item in told.of("linkage", "follow_up"):
        groups[item.source.id] = [_entry(item, duty)]
    episodes = [
        EpisodeGroup(tuple(sorted(entries, key=lambda one: one.at, reverse=True)))
        for entries in groups.values()
    ]
    episodes.sort(key=lambda group: group.entries[0].at, reverse=True)
    more = told.record.contacts_total - len(told.of("contact"))
    return {"episodes": episodes, "more_contacts": max(0, more)}


def _care(told: PersonFile, duty: Membership) -> dict[str, Any]:
    return {
        "team_links": [_entry(item, duty) for item in told.of("team_link")],
        "linkages": [_entry(item, duty) for item in told.of("linkage")],
        "follow_ups": [_entry(item, duty) for item in told.of("follow_up")],
    }


def _plan(told: PersonFile, duty: Membership) -> dict[str, Any]:
    return {
        "plans": [_entry(item, duty) for item in told.of("response_plan")],
        "tips": [_entry(item, duty) for item in told.of("tip")],
        "flags": [_entry(item, duty) for item in told.of("safety_flag")],
    }


def _consents(told: PersonFile, duty: Membership) -> dict[str, Any]:
    return {"consents": [_entry(item, duty) for item in told.of("consent")]}


_SHOWN = {"timeline": _timeline, "care": _care, "plan": _plan, "consents": _consents}
