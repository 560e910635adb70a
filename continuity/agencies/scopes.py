"""What a program's token may be good for. Scopes narrow what its member may do and never add to it. Pure.

An address of the API names the scope of its GET and of whatever changes something; one that names none is closed to
programs.
"""

from dataclasses import dataclass
from enum import StrEnum


class Scope(StrEnum):
    """The kinds of requests that an administrator may open to a program."""

    META_READ = "meta.read"
    LOOKUPS_ASK = "lookups.ask"
    LOOKUPS_DOUBT = "lookups.doubt"
    PEOPLE_MATCH = "people.match"
    PEOPLE_READ = "people.read"
    CONTACTS_READ = "contacts.read"
    CONTACTS_WRITE = "contacts.write"
    NARRATIVES_READ = "narratives.read"
    SUD_SEGMENTS_READ = "sud_segments.read"
    AMENDMENTS_READ = "amendments.read"
    AMENDMENTS_WRITE = "amendments.write"
    HAND_OFFS_READ = "hand_offs.read"
    HAND_OFFS_WRITE = "hand_offs.write"
    FLAGS_READ = "flags.read"
    FLAGS_WRITE = "flags.write"
    TIPS_READ = "tips.read"
    TIPS_WRITE = "tips.write"
    PLANS_READ = "plans.read"
    PLANS_WRITE = "plans.write"
    TEAM_LINKS_READ = "team_links.read"
    TEAM_LINKS_WRITE = "team_links.write"
    LINKAGES_READ = "linkages.read"
    LINKAGES_WRITE = "linkages.write"
    FOLLOW_UPS_READ = "follow_ups.read"
    FOLLOW_UPS_WRITE = "follow_ups.write"
    NOTICES_READ = "notices.read"
    NOTICES_WRITE = "notices.write"
    CONSENTS_READ = "consents.read"
    CONSENTS_WRITE = "consents.write"
    EMERGENCIES_READ = "emergencies.read"
    EMERGENCIES_WRITE = "emergencies.write"


SAYS: dict[Scope, str] = {
    Scope.META_READ: "read the lists of coded values",
    Scope.LOOKUPS_ASK: "look somebody up",
    Scope.LOOKUPS_DOUBT: "report an answer about the wrong person",
    Scope.PEOPLE_MATCH: "search the agency's people",
    Scope.PEOPLE_READ: "read all that may be known of one of the agency's people",
    Scope.CONTACTS_READ: "read contacts",
    Scope.CONTACTS_WRITE: "record and change contacts",
    Scope.NARRATIVES_READ: "read clinical narratives",
    Scope.SUD_SEGMENTS_READ: "read substance use segments",
    Scope.AMENDMENTS_READ: "read amendments",
    Scope.AMENDMENTS_WRITE: "ask for amendments and decide on them",
    Scope.HAND_OFFS_READ: "read calls that were handed on",
    Scope.HAND_OFFS_WRITE: "hand calls on and answer them",
    Scope.FLAGS_READ: "read safety flags",
    Scope.FLAGS_WRITE: "propose and decide safety flags",
    Scope.TIPS_READ: "read what helps",
    Scope.TIPS_WRITE: "record what helps",
    Scope.PLANS_READ: "read response plans",
    Scope.PLANS_WRITE: "write response plans",
    Scope.TEAM_LINKS_READ: "read team links",
    Scope.TEAM_LINKS_WRITE: "write team links",
    Scope.LINKAGES_READ: "read linkages",
    Scope.LINKAGES_WRITE: "ask for linkages and answer them",
    Scope.FOLLOW_UPS_READ: "read follow-ups",
    Scope.FOLLOW_UPS_WRITE: "promise and carry out follow-ups",
    Scope.NOTICES_READ: "read notices",
    Scope.NOTICES_WRITE: "acknowledge notices",
    Scope.CONSENTS_READ: "read consents and their documents",
    Scope.CONSENTS_WRITE: "collect and end consents",
    Scope.EMERGENCIES_READ: "read emergency accesses",
    Scope.EMERGENCIES_WRITE: "ask for emergency access and answer it",
}
_READS = frozenset({"GET", "HEAD"})
_WRITES = frozenset({"POST", "PUT", "PATCH"})


@dataclass(frozen=True)
class Scopes:
    """The scopes that one address asks for: of who reads it, and of who sends something to it."""

    get: Scope | None = None
    post: Scope | None = None

    def needed_for(self, method: str) -> Scope | None:
        """The scope of a request with this method; None: closed to programs."""
        if method in _READS:
            return self.get
        return self.post if method in _WRITES else None


CLOSED = Scopes()
