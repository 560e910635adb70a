"""What every verb of a consent shares: whose it is, in which state, at which version, and the history it leaves."""

import pytest

from continuity.agencies.models import Membership
from continuity.agencies.roles import Role
from continuity.consents.models import Consent
from continuity.errors import Conflict, Incomplete, NotAllowed, NotFound, Stale
from continuity.ids import uuid7
from continuity.notices.models import Notice
from continuity.trail.models import AuditEntry
from tests import builders as b
from tests.consents.conftest import Desk
from tests.consents.steps import STATES, VERBS, Verb

pytestmark = pytest.mark.django_db
every_verb = pytest.mark.parametrize("verb", VERBS.values(), ids=VERBS)


def somebody(desk: Desk, verb: Verb) -> Membership:
    """A second person of the agency who may call the verb, so that no rule of four eyes keeps them out."""
    return b.member("somebody", desk.county, sorted(verb.roles)[-1])


def snapshot(consent: Consent) -> tuple[object, ...]:
    row = Consent.objects.filter(pk=consent.pk).values().get()
    return row, list(consent.recipients.order_by("pk").values()), Notice.objects.count()


@every_verb
def test_verb_changes_the_consent_and_counts_it(desk: Desk, verb: Verb):
    consent = STATES[verb.state](desk)
    verb(somebody(desk, verb), desk, consent)
    assert Consent.objects.get(pk=consent.pk).version == consent.version + 1


@every_verb
def test_verb_is_for_those_with_its_duty_alone(desk: Desk, verb: Verb):
    for role in Role:
        with b.undone():
            is_for_those_with_its_duty_alone(desk, verb, role)


def is_for_those_with_its_duty_alone(desk: Desk, verb: Verb, role: Role) -> None:
    consent = STATES[verb.state if role in verb.roles else "draft"](desk)
    caller = b.member("somebody", desk.county, role)
    if role in verb.roles:
        verb(caller, desk, consent)
        return
    before = snapshot(consent)
    with pytest.raises(NotAllowed, match=r"^duty_missing$"):
        verb(caller, desk, consent)
    assert snapshot(consent) == before


@every_verb
def test_member_of_another_agency_finds_nothing(desk: Desk, verb: Verb):
    """P-3: not even the recipient's own privacy officer or clinician."""
    consent = STATES[verb.state](desk)
    stranger = b.member("stranger", desk.clinic, sorted(verb.roles)[-1])
    before = snapshot(consent)
    with pytest.raises(NotFound, match=r"^not_found$"):
        verb(stranger, desk, consent)
    assert snapshot(consent) == before


@pytest.mark.parametrize("name", sorted(VERBS.keys() - {"revoke a recipient"}))
def test_consent_that_is_not_there_is_not_found(desk: Desk, name: str):
    with pytest.raises(NotFound, match=r"^not_found$"):
        VERBS[name](somebody(desk, VERBS[name]), desk, Consent(pk=uuid7()))


@every_verb
def test_verb_is_refused_in_every_other_state(desk: Desk, verb: Verb):
    for state in STATES:
        with b.undone():
            is_refused_unless_in_its_state(desk, verb, state)


def is_refused_unless_in_its_state(desk: Desk, verb: Verb, state: str) -> None:
    consent = STATES[state](desk)
    caller = somebody(desk, verb)
    if state in verb.states:
        verb(caller, desk, consent)
        return
    before = snapshot(consent)
    # A proposal that nobody signed is refused with what it lacks: that is no conflict but an answer.
    with pytest.raises(Incomplete if (verb, state) == (VERBS["activate"], "proposed") else Conflict):
        verb(caller, desk, consent)
    assert snapshot(consent) == before


@every_verb
def test_verb_at_an_older_version_is_stale(desk: Desk, verb: Verb):
    consent = STATES[verb.state](desk)
    caller = somebody(desk, verb)
    before = snapshot(consent)
    with pytest.raises(Stale):
        verb(caller, desk, consent, version=consent.version - 1)
    assert snapshot(consent) == before
    current = Consent.objects.get(pk=consent.pk).version
    verb(caller, desk, consent, version=current)


@every_verb
def test_verb_leaves_a_history_without_clear_words(desk: Desk, verb: Verb):
    consent = STATES[verb.state](desk)
    verb(somebody(desk, verb), desk, consent)
    row = AuditEntry.objects.filter(object_pk=str(consent.pk)).latest("pk")
    assert row.changes["version"] == [consent.version, consent.version + 1]
    history = str(list(AuditEntry.objects.values_list("changes", flat=True)))
    for words in ("Testcase said", "Sam rang", "Samuel Testcase", "Sam need not", "What helps"):
        assert words not in history
