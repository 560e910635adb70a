"""What team links, linkages, follow-ups and attempts are asked and answered with (5.8 to 5.10)."""

from datetime import datetime
from typing import Any, ClassVar
from uuid import UUID

from rest_framework import serializers

from continuity.agencies.models import Agency, Membership, Team
from continuity.api.bodies import Body, Choice, ListQuestion, ModelBody, Moment
from continuity.api.people import known_person
from continuity.api.standing_shapes import own_contact
from continuity.disclosures.own_work import may_read_clinical_text
from continuity.errors import Invalid
from continuity.treatment.models import FollowUp, FollowUpAttempt, Linkage, TaskStatus, TreatmentTeamLink
from continuity.treatment.moves import follow_up_moves, link_moves, linkage_moves

WITHDRAWALS = [(one, one) for one in ("cancelled_by_person", "unable")]
UNREACHED = [(one, one) for one in ("lost_to_follow_up", "closed_max_attempts")]


class AgencyNamed(serializers.SlugRelatedField):  # type: ignore[type-arg]  # generic in the stubs alone
    """An active agency by its code."""

    default_error_messages = {"does_not_exist": "There is no such agency."}

    def __init__(self, **more: Any) -> None:
        active = Agency.objects.filter(status=Agency.Status.ACTIVE)
        super().__init__(slug_field="code", queryset=active, **more)

    def to_internal_value(self, data: Any) -> Any:
        if isinstance(data, str) and not (data.isascii() and data.isprintable()):
            self.fail("does_not_exist")  # such a text cannot be asked of the database at all
        return super().to_internal_value(data)


class NewTeamLink(ModelBody):
    """That a team treats one of the own agency's people; another agency's team confirms it (5.8)."""

    person = serializers.UUIDField()
    provider = AgencyNamed()

    class Meta:
        model = TreatmentTeamLink
        fields: ClassVar[list[str]] = [
            "person", "provider", "program_kind", "team_name", "duty_line", "hours",
        ]  # fmt: skip
        extra_kwargs: ClassVar[dict[str, Any]] = {"duty_line": {"required": False, "allow_blank": True}}

    def arguments(self, by: Membership, at: datetime) -> dict[str, Any]:
        said = super().arguments(by, at)
        return said | {"person": known_person(by, said["person"], at)}


class Line(ModelBody):
    """The duty line, if it is another one now."""

    class Meta:
        model = TreatmentTeamLink
        fields: ClassVar[list[str]] = ["duty_line", "hours"]
        extra_kwargs: ClassVar[dict[str, Any]] = {"duty_line": {"required": False}}


class CrisisNotice(Body):
    notify = serializers.BooleanField()


class MaybeReason(Body):
    reason = serializers.CharField(max_length=200, required=False)


class TeamLinkQuestion(ListQuestion):
    person = serializers.UUIDField(required=False)
    status = Choice(choices=TreatmentTeamLink.Status.choices, required=False)


class TeamLinkLine(serializers.ModelSerializer[TreatmentTeamLink]):
    """A team link in a list."""

    person = serializers.UUIDField(source="person_id")
    custodian = serializers.CharField(source="custodian.code")
    provider = serializers.CharField(source="provider.code")

    class Meta:
        model = TreatmentTeamLink
        fields: ClassVar[list[str]] = [
            "id", "version", "person", "custodian", "provider", "program_kind", "team_name", "duty_line", "hours",
            "notify_on_crisis", "is_part2", "status", "status_reason", "established_at", "last_verified_at",
            "ended_at",
        ]  # fmt: skip


class TeamLinkAnswer(TeamLinkLine):
    """A team link, and what may be done with it now."""

    moves = serializers.SerializerMethodField()

    class Meta(TeamLinkLine.Meta):
        fields: ClassVar[list[str]] = [*TeamLinkLine.Meta.fields, "moves"]

    def get_moves(self, link: TreatmentTeamLink) -> list[str]:
        mine = self.context["by"].agency_id
        return list(
            link_moves(link, is_provider=link.provider_id == mine, is_custodian=link.custodian_id == mine)
        )


class LinkageRequest(Body):
    """A referral of the person of an own contact, to an agency or to a provider outside."""

    contact = serializers.UUIDField(source="contact_id")
    kind = Choice(choices=Linkage.Kind.choices)
    recipient = AgencyNamed(required=False)
    external_provider = serializers.CharField(max_length=120, required=False)
    priority = Choice(choices=Linkage.Priority.choices, required=False)
    notes = serializers.CharField(max_length=2000, required=False)
    draft = serializers.BooleanField(source="is_draft", required=False, help_text="Send it later.")

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if not attrs.get("recipient") and not attrs.get("external_provider"):
            raise serializers.ValidationError({"recipient": "Name the agency or the outside provider."})
        return attrs


class LinkageReceipt(serializers.ModelSerializer[Linkage]):
    class Meta:
        model = Linkage
        fields: ClassVar[list[str]] = ["id", "status", "requested_at", "version"]


class LinkageAnswer(Body):
    """Where the recipient moves the linkage, with the fact that the state needs."""

    status = Choice(choices=TaskStatus.choices)
    reason = serializers.CharField(max_length=200, required=False)
    appointment_at = Moment(required=False)
    first_attended_at = Moment(required=False)


class OwnedAnswer(LinkageAnswer):
    owner = serializers.UUIDField(required=False, help_text="The membership that looks after it.")

    def arguments(self, by: Membership, at: datetime) -> dict[str, Any]:
        said = super().arguments(by, at)
        return said | {"owner": colleague(by, said["owner"], "owner")} if "owner" in said else said


class NewAppointment(Body):
    appointment_at = Moment()
    reason = serializers.CharField(max_length=200, required=False)


class Withdrawal(Body):
    """Who gave it up: the person, or circumstances."""

    status = Choice(choices=WITHDRAWALS)
    reason = serializers.CharField(max_length=200)


class LinkageQuestion(ListQuestion):
    person = serializers.UUIDField(required=False)
    contact = serializers.UUIDField(required=False)
    status = Choice(choices=TaskStatus.choices, required=False)
    custodian = serializers.CharField(required=False, help_text="Code of the agency that asked for it.")
    recipient = serializers.CharField(required=False, help_text="Code of the agency it went to.")
    open = serializers.BooleanField(required=False, allow_null=True, default=None)


class LinkageLine(serializers.ModelSerializer[Linkage]):
    """A linkage in a list."""

    contact = serializers.UUIDField(source="contact_id")
    person = serializers.UUIDField(source="person_id")
    custodian = serializers.CharField(source="custodian.code")
    recipient = serializers.CharField(source="recipient.code", allow_null=True, default=None)
    requested_by = serializers.UUIDField(source="requested_by_id", allow_null=True)
    owner = serializers.UUIDField(source="owner_id", allow_null=True)
    prior = serializers.UUIDField(source="prior_id", allow_null=True)

    class Meta:
        model = Linkage
        fields: ClassVar[list[str]] = [
            "id", "version", "contact", "person", "custodian", "recipient", "external_provider", "kind", "priority",
            "status", "status_reason", "requested_at", "acknowledge_by", "received_at", "appointment_at",
            "first_attended_at", "closed_at", "requested_by", "owner", "prior", "is_part2",
        ]  # fmt: skip


class WholeLinkage(LinkageLine):
    """A linkage, its clinical notes for those who may read them, and what may be done with it now."""

    notes = serializers.SerializerMethodField()
    moves = serializers.SerializerMethodField()

    class Meta(LinkageLine.Meta):
        fields: ClassVar[list[str]] = [*LinkageLine.Meta.fields, "notes", "moves"]

    def get_notes(self, linkage: Linkage) -> str:
        return linkage.notes if may_read_clinical_text(self.context["by"], "D3") else ""

    def get_moves(self, linkage: Linkage) -> list[str]:
        mine = self.context["by"].agency_id
        return list(
            linkage_moves(
                linkage,
                is_recipient=linkage.recipient_id == mine,
                is_requester=linkage.custodian_id == mine,
            )
        )


class Assignment(Body):
    """Whose a follow-up is: a member's, a team's, both, or nobody's in particular."""

    assigned_to = serializers.UUIDField(required=False, allow_null=True, help_text="A membership.")
    team = serializers.UUIDField(required=False, allow_null=True)

    def arguments(self, by: Membership, at: datetime) -> dict[str, Any]:
        return assigned(by, super().arguments(by, at))


class NewFollowUp(ModelBody):
    """A promise to get back to the person of an own contact."""

    contact = serializers.UUIDField()
    due_at = Moment(required=False, help_text="For an agreed time (`custom`).")
    assigned_to = serializers.UUIDField(required=False, help_text="A membership.")
    team = serializers.UUIDField(required=False)

    class Meta:
        model = FollowUp
        fields: ClassVar[list[str]] = ["contact", "kind", "due_window", "due_at", "assigned_to", "team"]

    def arguments(self, by: Membership, at: datetime) -> dict[str, Any]:
        said = assigned(by, super().arguments(by, at))
        return said | {"contact": own_contact(by, said["contact"], at)}


class Unreached(Body):
    result = Choice(choices=UNREACHED)
    reason = serializers.CharField(max_length=200, required=False)


class Discharge(Body):
    discharged_at = Moment()


class FollowUpQuestion(ListQuestion):
    person = serializers.UUIDField(required=False)
    contact = serializers.UUIDField(required=False)
    status = Choice(choices=TaskStatus.choices, required=False)
    team = serializers.UUIDField(required=False)
    assigned_to = serializers.UUIDField(required=False)
    open = serializers.BooleanField(required=False, allow_null=True, default=None)
    due_before = Moment(required=False)


class FollowUpAnswer(serializers.ModelSerializer[FollowUp]):
    """A follow-up, whether it is overdue by the clock, and what may be done with it now."""

    contact = serializers.UUIDField(source="contact_id")
    person = serializers.UUIDField(source="person_id")
    custodian = serializers.CharField(source="custodian.code")
    assigned_to = serializers.UUIDField(source="assigned_to_id", allow_null=True)
    team = serializers.UUIDField(source="team_id", allow_null=True)
    is_overdue = serializers.SerializerMethodField()
    attempts = serializers.IntegerField(source="attempts_made")
    moves = serializers.SerializerMethodField()

    class Meta:
        model = FollowUp
        fields: ClassVar[list[str]] = [
            "id", "version", "contact", "person", "custodian", "assigned_to", "team", "rule", "kind", "due_window",
            "due_at", "is_overdue", "max_attempts", "attempts", "status", "result", "status_reason",
            "waits_for_discharge", "discharged_at", "closed_at", "is_part2", "moves",
        ]  # fmt: skip

    def get_is_overdue(self, follow_up: FollowUp) -> bool:
        return follow_up.closed_at is None and follow_up.due_at < self.context["at"]

    def get_moves(self, follow_up: FollowUp) -> list[str]:
        made: int = follow_up.attempts_made  # type: ignore[attr-defined]  # counted by the query
        return list(follow_up_moves(follow_up, attempts=made))


class ProposalAnswer(serializers.Serializer[Any]):
    """What the disposition of a contact promises and nobody has promised yet."""

    kind = Choice(choices=FollowUp.Kind.choices)
    due_window = Choice(choices=FollowUp.DueWindow.choices)
    due_at = serializers.DateTimeField()
    rule = serializers.CharField()
    waits_for_discharge = serializers.BooleanField()


class Attempt(ModelBody):
    """One try to reach the person; with a result the follow-up is completed."""

    result = Choice(choices=FollowUp.Result.choices, required=False)

    class Meta:
        model = FollowUpAttempt
        fields: ClassVar[list[str]] = ["mode", "outcome", "note", "result"]


class AttemptReceipt(serializers.ModelSerializer[FollowUpAttempt]):
    class Meta:
        model = FollowUpAttempt
        fields: ClassVar[list[str]] = ["id", "version", "outcome"]


class AttemptAnswer(serializers.ModelSerializer[FollowUpAttempt]):
    follow_up = serializers.UUIDField(source="follow_up_id")
    by = serializers.UUIDField(source="by_id")
    note = serializers.SerializerMethodField()

    class Meta:
        model = FollowUpAttempt
        fields: ClassVar[list[str]] = ["id", "version", "follow_up", "at", "by", "mode", "outcome", "note"]

    def get_note(self, attempt: FollowUpAttempt) -> str:
        return attempt.note if may_read_clinical_text(self.context["by"], "D3") else ""


def colleague(by: Membership, membership_id: UUID, field: str) -> Membership:
    """A membership of the own agency. Raises Invalid at the field."""
    found = Membership.objects.filter(pk=membership_id, agency=by.agency).select_related("member").first()
    if found is None:
        raise Invalid("does_not_exist", "There is no such member.", field=field)
    return found


def assigned(by: Membership, said: dict[str, Any]) -> dict[str, Any]:
    """The same with membership and team of the own agency in place of their ids. Raises Invalid."""
    if said.get("assigned_to"):
        said["assigned_to"] = colleague(by, said["assigned_to"], "assigned_to")
    if said.get("team"):
        team = Team.objects.filter(pk=said["team"], agency=by.agency).first()
        if team is None:
            raise Invalid("does_not_exist", "There is no such team.", field="team")
        said["team"] = team
    return said
