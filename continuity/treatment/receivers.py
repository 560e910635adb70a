"""Who is told when a consent ends or a contact became final; rows only, in the sender's transaction."""

from collections.abc import Iterable
from typing import Any

from django.dispatch import receiver

from continuity.agencies.models import Team
from continuity.consents.models import Consent, ConsentRecipient
from continuity.consents.signals import consent_ended
from continuity.crisis.models import CrisisContact
from continuity.crisis.signals import contact_finalised
from continuity.notices.models import Notice
from continuity.notices.services import put
from continuity.trail.wall import background
from continuity.treatment.models import TreatmentTeamLink


@receiver(consent_ended)
def tell_recipients(consent: Consent, recipients: Iterable[ConsentRecipient], **_: Any) -> None:
    """An authorisation ended; nothing about which one or whose."""
    for recipient in recipients:
        if recipient.agency is not None:
            put(Notice.Kind.AUTHORISATION_ENDED, subject_id=consent.pk, agency=recipient.agency)


@receiver(contact_finalised)
@background("whoever treats the person is told, whoever wrote the contact")
def tell_treating_teams(contact: CrisisContact, **_: Any) -> None:
    """One of theirs is in crisis: each team of an active link that asked to be told, once (P-27).

    The right to know is asked when the notice is sent and again when it is opened, not here.
    """
    if contact.person_id is None:
        return
    links = TreatmentTeamLink.objects.filter(
        person=contact.person_id, status=TreatmentTeamLink.Status.ACTIVE, notify_on_crisis=True
    ).select_related("provider")
    told = {(link.provider, link.team_name) for link in links}
    if not told:
        return
    providers = {provider for provider, _ in told}
    teams = {(one.agency_id, one.name): one for one in Team.objects.filter(agency__in=providers)}
    to = {(provider, teams.get((provider.pk, name))) for provider, name in told}
    # A notice to the whole agency reaches its teams as well.
    everywhere = {provider for provider, team in to if team is None}
    for provider, team in sorted(to, key=lambda one: (one[0].code, one[1].name if one[1] else "")):
        if team is None or provider not in everywhere:
            put(Notice.Kind.CRISIS_CONTACT, subject_id=contact.pk, agency=provider, team=team)
