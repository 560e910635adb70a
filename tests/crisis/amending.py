"""A final contact, who may amend it, and the verbs of an amendment with what each asks."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from continuity.agencies.models import Membership
from continuity.crisis import amendments
from continuity.crisis.models import ContactAmendment, CrisisContact
from tests import builders as b
from tests.crisis.conftest import Crew, build_crew


@dataclass
class Desk:
    """The author of a contact, a colleague, the privacy officer, and the contact."""

    crew: Crew
    author: Membership
    colleague: Membership
    privacy: Membership
    contact: CrisisContact

    def request(self, by: Membership | None = None, **changes: Any) -> ContactAmendment:
        """Sam asks for another summary."""
        return amendments.request_amendment(
            **{
                "by": by or self.privacy,
                "contact_id": self.contact.pk,
                "kind": "patient_requested",
                "field": "operational_summary",
                "new_value": "Spoke quietly and went home.",
                "reason": "Sam says so.",
                "requested_by": "patient",
                "requested_at": b.NOW,
                "at": b.NOW,
            }
            | changes
        )

    def correct(self, by: Membership | None = None, **changes: Any) -> ContactAmendment:
        """The author corrects the summary."""
        return amendments.correct_contact(
            **{
                "by": by or self.author,
                "contact_id": self.contact.pk,
                "kind": "correction",
                "field": "operational_summary",
                "new_value": "Spoke quietly and went home.",
                "reason": "Mistyped.",
                "at": b.NOW,
            }
            | changes
        )

    def brought(self, state: str, **changes: Any) -> ContactAmendment:
        """Sam's request, brought by the verbs into a state."""
        amendment = self.request(**changes)
        for verb in WAYS[state]:
            amendment = called(verb, self.privacy, amendment.pk)
        return amendment

    def fresh(self) -> CrisisContact:
        return CrisisContact.objects.get(pk=self.contact.pk)


def build_desk() -> Desk:
    crew = build_crew()
    return Desk(
        crew=crew,
        author=crew.embedded,
        colleague=crew.second,
        privacy=b.member("privacy", crew.county, "privacy_officer"),
        contact=b.contact(crew.embedded, crew.sam, narrative="Clinical words.", sud_text="Other words."),
    )


Verb = Callable[..., ContactAmendment]
DENIAL = {"ground": "accurate_and_complete", "basis": "It was heard so by two people."}
VERBS: dict[str, tuple[Verb, dict[str, Any]]] = {
    "take up": (amendments.take_up_amendment, {}),
    "extend": (amendments.extend_amendment, {"reason": "The author is away."}),
    "accept": (amendments.accept_amendment, {"decision": "accepted"}),
    "deny": (amendments.deny_amendment, DENIAL),
    "apply": (amendments.apply_amendment, {}),
    "notified": (amendments.mark_notified, {}),
    "disagree": (amendments.file_disagreement, {"statement": "I never said that."}),
    "rebut": (amendments.rebut_amendment, {"text": "Two people heard it."}),
    "close": (amendments.close_amendment, {}),
}
# The state each move leads to, and the way to each state.
MOVES = {
    "under_review": "take up",
    "accepted": "accept",
    "denied": "deny",
    "applied": "apply",
    "notified": "notified",
    "disagreement_filed": "disagree",
    "closed": "close",
}
WAYS = {
    "requested": (),
    "under_review": ("take up",),
    "accepted": ("take up", "accept"),
    "applied": ("take up", "accept", "apply"),
    "notified": ("take up", "accept", "apply", "notified"),
    "denied": ("take up", "deny"),
    "disagreement_filed": ("take up", "deny", "disagree"),
    "closed": ("take up", "deny", "close"),
}
STARTS = {
    "take up": "requested",
    "extend": "under_review",
    "accept": "under_review",
    "deny": "under_review",
    "apply": "accepted",
    "notified": "applied",
    "disagree": "denied",
    "rebut": "disagreement_filed",
    "close": "denied",
}


def called(verb: str, by: Membership, amendment_id: object, **changes: Any) -> ContactAmendment:
    call, asks = VERBS[verb]
    return call(**{"by": by, "amendment_id": amendment_id, "at": b.NOW} | asks | changes)
