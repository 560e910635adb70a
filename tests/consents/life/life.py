"""One person's consents, changed through the doors of two servers in turn and judged after every change."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import time_machine
from django.core.files.uploadedfile import SimpleUploadedFile

from continuity.consents.models import ConsentRecipient
from continuity.consents.tasks import expire_consents
from tests.builders import SCAN
from tests.consents.life.county import AGREEMENTS, ZONES, County, Desk, somebody
from tests.consents.life.endings import apply, is_allowed, is_past, may_go_on
from tests.consents.life.forms import DEFECTS, MEMBERS, Form, recipient
from tests.consents.life.oracle import answer
from tests.consents.life.papers import Paper, Party
from tests.consents.life.servers import Server
from tests.consents.life.sight import as_seen, ask_all

MOST_CONTACTS_MET = 2  # a responder's page shows five contacts


class Disagreement(AssertionError):
    """The doors said something else than the law."""


@dataclass
class Held:
    """A paper and the handles by which the doors know it."""

    paper: Paper
    desk: Desk
    etag: str
    older_etag: str = ""
    party_ids: dict[str, str] = field(default_factory=dict)
    has_scan: bool = False


class Life:
    """Every public method is one step: it moves the clock on, changes servers and says what the law expects."""

    def __init__(
        self, county: County, servers: tuple[Server, Server], clock: time_machine.Traveller, now: datetime
    ) -> None:
        self.county, self.clock, self.now = county, clock, now
        self.writer, self.reader = servers
        self.held: list[Held] = []
        self.steps = self.met = 0
        self.clock.move_to(now)
        self.somebody = self.writer.run(lambda: somebody(county, now))

    # Steps

    def draft(self, form: Form, **changes: Any) -> Held:
        self._step()
        return self._draft(form, **changes)

    def advance(self, held: Held) -> None:
        """Take a consent one station further: shown, signed, scanned, verified."""
        self._step()
        self._advance(held)

    def sign_up(self, form: Form, supersedes: Held | None = None) -> Held:
        """The whole way in one step, like a clerk who has everything at hand."""
        self._step()
        held = self._draft(form)
        for _ in range(3):
            self._advance(held)
        self._advance(held, supersedes)
        return held

    def refuse(self, defect: str) -> None:
        """Draft what no form may say; proposing it must fail."""
        self._step()
        held = self._draft(Form(parties=(("elsewhere", Form.categories),)), **DEFECTS[defect])
        self._verb(held, "propose", {}, by=held.desk.collector, wants=400)
        self.held.remove(held)

    def say(
        self, verb: str, held: Held, *, party: int = 0, happened: bool = True, stale: bool = False
    ) -> None:
        """One of the verbs that end, stop or return a consent, in whatever state it is."""
        self._step()
        paper = held.paper
        who = paper.parties[party % len(paper.parties)]
        body: dict[str, Any] = {
            "event": {"happened": happened},
            "revoke-recipient": {"recipient": held.party_ids[who.who], "note": "Asked for it."},
            "return": {},
            "reject": {},
        }.get(verb, {"note": "Asked for it."})
        by = {"suspend": held.desk.collector, "mark-error": held.desk.privacy}.get(verb, held.desk.manager)
        if stale and held.older_etag:
            self._verb(held, verb, body, by=by, wants=412, etag=held.older_etag)
            return
        allowed = is_allowed(verb, paper, who)
        self._verb(held, verb, body, by=by, wants=200 if allowed else 409)
        if allowed:
            apply(verb, paper, who, happened=happened)

    def offer(self, outcome: str) -> None:
        """An offer is no consent: nothing opens, whatever came of it (P-9)."""
        self._step()
        body = {
            "person": self._person_id,
            "outcome": outcome,
            "context": "clinic",
            "language": "en",
            "note": "",
        }
        self._post(self.county.desks["county"].collector, "/api/v1/consent-offers/", body, wants=201)

    def jump(self, by: timedelta) -> None:
        self._step()
        self._move(self.now + by)

    @property
    def held_to_a_day(self) -> list[Held]:
        """Active ones whose last day is still to come to its end."""
        held = [one for one in self.held if one.paper.state == "active" and one.paper.last_day is not None]
        return [one for one in held if not is_past(one.paper, self.now)]

    def jump_to_midnight(self, held: Held, seconds: int) -> None:
        """To around the end of a consent's last day on its custodian's wall; never back."""
        self._step()
        if held.paper.last_day is not None:
            end = datetime.combine(
                held.paper.last_day + timedelta(days=1), datetime.min.time(), ZoneInfo(held.paper.zone)
            )
            self._move(max(self.now, end.astimezone(self.now.tzinfo) + timedelta(seconds=seconds)))

    def meet(self, custodian: str) -> None:
        """Another crisis, another contact."""
        self._step()
        clinician = self.county.desks[custodian].clinician
        if self.met < MOST_CONTACTS_MET:
            self.met += 1
            self.writer.run(lambda: self.somebody.contact(clinician, self.now, narrative="Words."))

    def sweep(self) -> None:
        """The housekeeping of expired consents, which must change nothing that anybody sees."""
        self._step()
        self.writer.run(expire_consents)
        for held in self.held:
            if held.paper.state == "active" and is_past(held.paper, self.now):
                held.paper.state = "over"
                self._look_again(held)

    def empty_scope(self, held: Held) -> None:
        """A row that no door writes: a recipient whose scope was lost, as by a botched import."""
        self._step()
        rows = ConsentRecipient.objects.filter(consent=held.paper.id)
        self.writer.run(lambda: rows.update(categories=[]))
        for party in held.paper.parties:
            party.categories = set()

    def compare(self) -> None:
        """Ask as each asker on the other server; raise Disagreement where door, ledger and law differ."""
        purpose = "treatment" if self.steps // 2 % 2 else "care_coordination"  # each of them on each server
        papers = [held.paper for held in self.held]
        for name, said in self.reader.run(
            lambda: ask_all(self.reader, self.county, self.somebody, purpose, self.now)
        ):
            asker = self.county.asker(name, purpose)
            lawful = as_seen(
                answer(asker, papers, self.somebody.records, AGREEMENTS, self.now), self.somebody.records
            )
            if said != lawful:
                raise Disagreement(f"{name} at {self.now}: the law says {lawful}, the door {said}")

    # Doors

    @property
    def _person_id(self) -> str:
        return str(self.somebody.person.pk)

    def _step(self) -> None:
        self.steps += 1
        self.writer, self.reader = self.reader, self.writer
        self._move(self.now + timedelta(seconds=1))

    def _move(self, to: datetime) -> None:
        self.now = to
        self.clock.move_to(to)

    def _draft(self, form: Form, **changes: Any) -> Held:
        zone = ZONES[form.custodian]
        today = self.now.astimezone(ZoneInfo(zone)).date()
        days = {"expires_on": form.days, "starts_on": form.starts}
        dates = {name: today + timedelta(days=n) for name, n in days.items() if n is not None}
        named = [self._contact_ids[0]] if form.window == "specific_contacts" else []
        members = {name: str(self.county.askers[name].member_id) for name in MEMBERS}
        body = form.body(
            person=self._person_id,
            recipients=[recipient(who, scope, members) for who, scope in form.parties],
            contacts=named,
            **{name: day.isoformat() for name, day in dates.items()},
        )
        body = {name: value for name, value in (body | changes).items() if value is not None}
        desk = self.county.desks[form.custodian]
        response = self._post(desk.collector, "/api/v1/consents/", body, wants=201)
        paper = Paper(
            id=response.json()["id"],
            custodian=form.custodian,
            zone=zone,
            tpo=form.instrument == "part2_tpo",
            part2=form.part2,
            existence=form.existence,
            disclosing=set(form.disclosing),
            categories=set(form.categories),
            purposes=set(form.purposes),
            parties=[Party(members.get(who, who), set(scope)) for who, scope in form.parties],
            last_day=dates.get("expires_on"),
            starts_on=dates.get("starts_on"),
            event=form.event,
            window=form.window,
            contacts=set(named),
        )
        held = Held(paper, desk, response["ETag"])
        held.party_ids = {
            one["member"] or one["agency"] or one["kind"]: one["id"] for one in response.json()["recipients"]
        }
        self.held.append(held)
        return held

    @property
    def _contact_ids(self) -> list[str]:
        return [record.id for record in self.somebody.records if record.category == "D2"]

    def _advance(self, held: Held, supersedes: Held | None = None) -> None:
        paper, desk = held.paper, held.desk
        wants = 200 if may_go_on(paper, self.now) else 400
        if paper.state == "draft":
            self._verb(held, "propose", {}, by=desk.collector, wants=wants)
            paper.state = "proposed" if wants == 200 else "draft"
        elif paper.state == "proposed" and paper.signed_at is None:
            self._verb(held, "sign", self._signature(), by=desk.collector, wants=200)
            paper.signed_at = self.now
        elif paper.state == "proposed" and not held.has_scan:
            self._attach(held)
        elif paper.state == "proposed":
            self._activate(held, supersedes, wants)

    def _activate(self, held: Held, supersedes: Held | None, wants: int) -> None:
        if wants == 200 and supersedes and supersedes.paper.state != "active":
            wants = 409
        body = {"supersedes": [supersedes.paper.id] if supersedes else []}
        self._verb(held, "activate", body, by=held.desk.manager, wants=wants)
        if wants == 200:
            held.paper.state = "active"
            if supersedes:
                supersedes.paper.state = "over"
                self._look_again(supersedes)

    def _signature(self) -> dict[str, Any]:
        return {
            "signer_name": "Sam Testcase",
            "signer_capacity": "self",
            "signature_method": "ink_scanned",
            "signed_at": self.now.isoformat(),
            "copy_given_at": self.now.isoformat(),
            "collection_context": "clinic",
            "attests_capacity": True,
        }

    def _attach(self, held: Held) -> None:
        scan = SimpleUploadedFile("scan.pdf", SCAN, "application/pdf")
        url, parts = f"/api/v1/consents/{held.paper.id}/documents/", {"kind": "signed_form", "file": scan}
        response = self.writer.run(lambda: self.writer.attach(held.desk.collector, url, parts))
        _expect(201, response, "documents")
        held.has_scan = True

    def _look_again(self, held: Held) -> None:
        """Fetch the ETag of a consent that another's activation changed."""
        url = f"/api/v1/consents/{held.paper.id}/"
        response = self.writer.run(lambda: self.writer.get(held.desk.manager, url))
        _expect(200, response, "detail")
        held.older_etag, held.etag = held.etag, response["ETag"]

    def _verb(
        self, held: Held, verb: str, body: dict[str, Any], *, by: Any, wants: int, etag: str = ""
    ) -> None:
        url = f"/api/v1/consents/{held.paper.id}/{verb}/"
        response = self._post(by, url, body, wants=wants, if_match=etag or held.etag)
        if wants == 200:
            held.older_etag, held.etag = held.etag, response["ETag"]

    def _post(self, by: Any, url: str, body: dict[str, Any], *, wants: int, **headers: str) -> Any:
        response = self.writer.run(lambda: self.writer.post(by, url, body, **headers))
        _expect(wants, response, url)
        return response


def _expect(wants: int, response: Any, where: str) -> None:
    if response.status_code != wants:
        raise Disagreement(
            f"{where}: the law says {wants}, the door {response.status_code} {response.content!r}"
        )


Begin = Callable[[datetime], Life]
