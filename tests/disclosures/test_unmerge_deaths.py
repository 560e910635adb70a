"""A death is of one of the two: what it closed of the other is owed again once they are told apart (P-5, 6.4)."""

from typing import Any, NamedTuple

import pytest
from django.utils import timezone

from continuity.agencies.models import Membership
from continuity.errors import Conflict
from continuity.notices.models import Notice
from continuity.people.models import Person
from continuity.treatment.deaths import record_death, take_back_death
from continuity.treatment.follow_ups import mark_follow_up_error, promise_follow_up
from continuity.treatment.linkages import answer_linkage, record_linkage, reopen_linkage
from continuity.treatment.models import FollowUp, Linkage, LinkageGroupGrant
from tests import builders as b
from tests.disclosures.merging import Two, build_two, person
from tests.replay import replayed

DAY = b.NOW.date()
OPEN = ("sent", "waitlisted", "In spring.")
CLOSED = ("unable", "unable", "The person has died.")


class Promised(NamedTuple):
    """What the county promised somebody, and what it asked of the clinic for them."""

    follow_up: FollowUp
    linkage: Linkage

    @property
    def stands(self) -> tuple[str, str, str]:
        """How both stand; a linkage is answered exactly as long as it is open."""
        for one in self:
            one.refresh_from_db()
        is_open = {one.closed_at is None for one in self}
        assert is_open == {LinkageGroupGrant.objects.filter(content_object=self.linkage).exists()}
        return self.follow_up.status, self.linkage.status, self.linkage.status_reason

    @property
    def versions(self) -> list[int]:
        return [type(one).objects.get(pk=one.pk).version for one in self]

    @property
    def person_id(self) -> Any:
        assert self.follow_up.person_id == self.linkage.person_id
        return self.linkage.person_id


def promised(two: Two, who: Person, by: Membership | None = None) -> Promised:
    by = by or two.embedded
    contact = b.contact(by, who)
    contact.refresh_from_db()
    follow_up = promise_follow_up(
        by=by, contact=contact, kind="safety_check", due_window="h48", at=timezone.now()
    )
    linkage = record_linkage(
        by=by, contact_id=contact.pk, kind="psychiatry_medication", recipient=two.clinic, at=timezone.now()
    )
    for status, reason in (("received", ""), ("accepted", ""), ("waitlisted", "In spring.")):
        answer_linkage(by=two.adeyemi, linkage_id=linkage.pk, status=status, reason=reason, at=timezone.now())
    return Promised(follow_up, linkage)


def die(two: Two, who: Person, by: Membership | None = None) -> None:
    record_death(by=by or two.county_privacy, person_id=who.pk, died_on=DAY, at=timezone.now())


def build() -> tuple[Two, Promised, Promised]:
    two = build_two()
    b.referral_team(two.clinic, two.adeyemi)
    return two, promised(two, two.sam), promised(two, two.samuel)


class Story(NamedTuple):
    two: Two
    sams: Promised
    samuels: Promised

    @property
    def stand(self) -> tuple[tuple[str, str, str], tuple[str, str, str]]:
        return self.sams.stands, self.samuels.stands


@pytest.fixture
def story(db: None) -> Story:
    return Story(*replayed(build))


def test_survivor_s_death_is_not_the_retired_s(story: Story):
    two, _, samuels = story
    assert story.stand == (OPEN, OPEN)
    before = samuels.versions
    die(two, two.sam)
    merge = two.merge()
    assert story.stand == (CLOSED, CLOSED)
    Notice.objects.all().delete()
    two.unmerge(merge)
    assert story.stand == (CLOSED, OPEN)
    assert samuels.person_id == two.samuel.pk
    assert samuels.versions == [one + 2 for one in before]  # closed, and open again
    told = Notice.objects.filter(subject_id=samuels.linkage.pk).order_by("kind")
    assert [(one.kind, one.agency, one.member_id) for one in told] == [
        ("linkage_changed", two.county, two.embedded.member_id),
        ("linkage_sent", two.clinic, None),
    ]
    assert not Notice.objects.filter(subject_id=story.sams.linkage.pk).exists()


@pytest.mark.parametrize("chosen", [{}, {"deceased_date": "retired"}])
def test_retired_s_death_is_not_the_survivor_s(story: Story, chosen: dict[str, Any]):
    """A death of either is the one person's, chosen or not."""
    two = story.two
    die(two, two.samuel)
    merge = two.merge(chosen=chosen)
    assert story.stand == (CLOSED, CLOSED)
    two.unmerge(merge)
    assert story.stand == (OPEN, CLOSED)


@pytest.mark.parametrize(
    ("about", "stand"),
    [("survivor", (CLOSED, OPEN)), ("retired", (OPEN, CLOSED)), ("both", (CLOSED, CLOSED))],
)
def test_death_written_down_in_between_closes_what_was_promised_to_whom_it_is_about(
    story: Story, about: str, stand: Any
):
    two = story.two
    merge = two.merge()
    die(two, two.sam)
    assert story.stand == (CLOSED, CLOSED)
    two.ask_back(merge)
    two.take_apart(merge, keep={"deceased_date": about})
    assert story.stand == stand


@pytest.mark.parametrize(("about", "stand"), [("survivor", (OPEN, CLOSED)), ("retired", (OPEN, OPEN))])
def test_life_stated_in_between_opens_what_was_promised_to_whom_it_is_about(
    story: Story, about: str, stand: Any
):
    """Samuel had died. The one person lives after all; if that is Sam, then Samuel is as dead as before."""
    two = story.two
    die(two, two.samuel)
    merge = two.merge()
    take_back_death(by=two.county_privacy, person_id=two.sam.pk, at=timezone.now())
    assert story.stand == (OPEN, OPEN)
    two.ask_back(merge)
    two.take_apart(merge, keep={"deceased_date": about})
    assert story.stand == stand


def test_dead_one_said_to_live_in_between_is_known_to_be_dead_again(story: Story):
    two = story.two
    die(two, two.sam)
    merge = two.merge()
    take_back_death(by=two.county_privacy, person_id=two.sam.pk, at=timezone.now())
    two.ask_back(merge)
    two.take_apart(merge, keep={"deceased_date": "retired"})
    assert story.stand == (CLOSED, OPEN)
    with pytest.raises(Conflict, match="deceased"):
        promised(two, two.sam)


@pytest.mark.parametrize("is_inner_first", [True, False])
def test_merge_within_a_merge_gives_back_to_each_who_lives(story: Story, is_inner_first: bool):
    """Samuel becomes Sam, and Sam becomes Robin, who is dead."""
    two = story.two
    robin = person(two.county, "Robin", "555-0103")
    robins = promised(two, robin)
    die(two, robin)
    inner, outer = two.merge(), two.merge(survivor_id=robin.pk, retired_id=two.sam.pk)
    assert (*story.stand, robins.stands) == (CLOSED, CLOSED, CLOSED)
    if is_inner_first:
        two.unmerge(inner)
        assert story.stand == (CLOSED, OPEN)
        two.unmerge(outer)
    else:
        two.unmerge(outer)
        assert story.stand == (OPEN, OPEN)
        assert story.samuels.person_id == two.sam.pk
        two.unmerge(inner)
    assert (*story.stand, robins.stands) == (OPEN, OPEN, CLOSED)
    assert story.samuels.person_id == two.samuel.pk


@pytest.mark.parametrize(
    ("about", "stand"),
    [("survivor", (CLOSED, OPEN, CLOSED)), ("retired", (OPEN, CLOSED, OPEN))],
)
def test_death_of_one_who_was_three_is_told_apart_twice(story: Story, about: str, stand: Any):
    """Samuel became Sam, and Sam Robin, of whom somebody wrote that they died: it was Samuel, or whoever is left."""
    two = story.two
    robin = person(two.county, "Robin", "555-0103")
    robins = promised(two, robin)
    inner, outer = two.merge(), two.merge(survivor_id=robin.pk, retired_id=two.sam.pk)
    die(two, robin)
    two.ask_back(inner)
    two.take_apart(inner, keep={"deceased_date": about})
    assert (*story.stand, robins.stands) == stand
    two.ask_back(outer)
    two.take_apart(outer, keep={"deceased_date": "survivor"} if about == "survivor" else {})
    assert (*story.stand, robins.stands) == (OPEN, *stand[1:])


def test_what_was_changed_since_stays_as_it_is(story: Story):
    """Marked as an error, or asked again by an agency that was not told of the death: its successor goes on."""
    two, _, samuels = story
    robin = person(two.clinic, "Robin", "555-0103")
    b.contact(two.adeyemi, robin)
    die(two, robin, two.clinic_privacy)
    merge = two.merge(survivor_id=robin.pk, retired_id=two.samuel.pk)
    now = timezone.now()
    mark_follow_up_error(by=two.embedded, follow_up_id=samuels.follow_up.pk, reason="Not theirs.", at=now)
    again = reopen_linkage(by=two.embedded, linkage_id=samuels.linkage.pk, at=now)
    two.ask_back(merge)
    two.take_apart(merge)
    again.refresh_from_db()
    assert (again.person_id, again.status, again.closed_at) == (two.samuel.pk, "sent", None)
    assert samuels.stands == ("entered_in_error", *CLOSED[1:])


@pytest.mark.parametrize("is_of_the_dead", [True, False])
def test_what_was_promised_meanwhile_follows_its_contact(story: Story, is_of_the_dead: bool):
    """An agency that comes to know the one person is not told of Sam's death, and promises something."""
    two = story.two
    far = b.agency("far", "clinic_treatment")
    novak, office = b.member("novak", far, "treatment_clinician"), b.member("otto", far, "privacy_officer")
    die(two, two.sam)
    merge = two.merge()
    new = promised(two, two.sam, by=novak)
    assert new.stands == OPEN
    two.ask_back(merge)
    two.sort(merge, office, new.linkage.contact_id, is_of_retired=not is_of_the_dead)
    two.take_apart(merge)
    assert new.stands == (CLOSED if is_of_the_dead else OPEN)
    assert new.person_id == (two.sam if is_of_the_dead else two.samuel).pk


def test_unmerge_of_two_who_live_changes_no_promise(story: Story):
    two = story.two
    before = (story.sams.versions, story.samuels.versions)
    two.unmerge(two.merge())
    assert story.stand == (OPEN, OPEN)
    assert (story.sams.versions, story.samuels.versions) == before
