"""What a contact, its amendments and its triage are asked and answered with: codes, ids and the author's own words."""

from datetime import datetime
from typing import Any, ClassVar

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from continuity.agencies.models import Membership
from continuity.api.bodies import Body, Choice, ListQuestion, ModelBody, Moment
from continuity.api.people import Whom, person_meant
from continuity.crisis import vocabulary as v
from continuity.crisis.contact_fields import LONGEST_TEXT, WRITABLE, open_ends
from continuity.crisis.models import ClinicalNarrative, ContactAmendment, CrisisContact, SudSegment, Triage
from continuity.crisis.wording import findings

_FIELDS = [name for name in sorted(WRITABLE) if name != "sensitivity_labels"]
OWN_REQUESTS = [
    (kind.value, kind.value)
    for kind in (
        ContactAmendment.Kind.CORRECTION,
        ContactAmendment.Kind.LATE_ENTRY,
        ContactAmendment.Kind.ADDENDUM,
    )
]
YESES = [("accepted", "accepted"), ("partly", "partly")]
READ_STATUSES = [(one, one) for one in ("draft", "final", "amended")]


class ContactContent(ModelBody):
    """What is written into a draft. A field that is left out stays as it is."""

    person = Whom(required=False, allow_null=True, help_text="An id, or a description; null: anonymous.")
    narrative = serializers.CharField(required=False, allow_blank=True, max_length=LONGEST_TEXT)
    sud_text = serializers.CharField(required=False, allow_blank=True, max_length=LONGEST_TEXT)

    class Meta:
        model = CrisisContact
        fields: ClassVar[list[str]] = ["person", "narrative", "sud_text", *_FIELDS]
        extra_kwargs: ClassVar[dict[str, Any]] = {"occurred_at": {"required": False}}

    def arguments(self, by: Membership, at: datetime) -> dict[str, Any]:
        said = super().arguments(by, at)
        return said | {"person": person_meant(by, said["person"], at)} if "person" in said else said


class NewContact(ContactContent):
    """A contact with gaps, or the whole of it; `finalise` makes it final in the same moment or writes nothing."""

    continues = serializers.UUIDField(
        required=False, help_text="The own contact whose episode this goes on with."
    )
    finalise = serializers.BooleanField(default=False)

    class Meta(ContactContent.Meta):
        fields: ClassVar[list[str]] = [*ContactContent.Meta.fields, "continues", "finalise"]


class Claim(Body):
    person = Whom()

    def arguments(self, by: Membership, at: datetime) -> dict[str, Any]:
        return {"person": person_meant(by, self.validated_data["person"], at)}


class ContactQuestion(ListQuestion):
    person = serializers.UUIDField(required=False)
    episode = serializers.UUIDField(required=False)
    record_status = Choice(choices=READ_STATUSES, required=False)
    since = Moment(required=False, help_text="Occurred at or after.")
    until = Moment(required=False, help_text="Occurred before.")


class ContactReceipt(serializers.ModelSerializer[CrisisContact]):
    """The same keys for a person who was known and for one who was not (P-3)."""

    status = serializers.CharField(source="record_status")
    person = serializers.UUIDField(source="person_id", allow_null=True)

    class Meta:
        model = CrisisContact
        fields: ClassVar[list[str]] = ["id", "version", "status", "contact_number", "person"]


class ContactAnswer(serializers.ModelSerializer[CrisisContact]):
    """A contact as its own agency reads it (D2)."""

    custodian = serializers.CharField(source="custodian.code")
    author = serializers.UUIDField(source="author_id")
    person = serializers.UUIDField(source="person_id", allow_null=True)
    episode = serializers.UUIDField(source="episode_id", allow_null=True)

    class Meta:
        model = CrisisContact
        fields: ClassVar[list[str]] = [
            "id", "version", "contact_number", "record_status", "custodian", "author", "person", "episode",
            "claimed_at", "recorded_at", "finalised_at", *_FIELDS,
        ]  # fmt: skip


class OpenEnd(serializers.Serializer[Any]):
    pointer = serializers.CharField(source="field")
    code = serializers.CharField()
    detail = serializers.CharField()

    def to_representation(self, instance: Any) -> dict[str, str]:
        return {"pointer": f"/{instance.field}", "code": instance.code, "detail": instance.detail}


class Remark(serializers.Serializer[Any]):
    """Words at [start, end) of the summary that belong elsewhere (P-6, P-13, P-14)."""

    kind = serializers.CharField()
    start = serializers.IntegerField()
    end = serializers.IntegerField()
    belongs_in = serializers.CharField()
    sentence = serializers.CharField()


class WholeContact(ContactAnswer):
    """A contact, and what keeps a draft from being final or should stand elsewhere."""

    open_ends = serializers.SerializerMethodField()
    findings = serializers.SerializerMethodField()

    class Meta(ContactAnswer.Meta):
        fields: ClassVar[list[str]] = [*ContactAnswer.Meta.fields, "open_ends", "findings"]

    @extend_schema_field(OpenEnd(many=True))
    def get_open_ends(self, contact: CrisisContact) -> Any:
        return OpenEnd(list(open_ends(contact)), many=True).data if _is_draft(contact) else []

    @extend_schema_field(Remark(many=True))
    def get_findings(self, contact: CrisisContact) -> Any:
        return Remark(findings(contact.operational_summary), many=True).data if _is_draft(contact) else []


class NarrativeAnswer(serializers.ModelSerializer[ClinicalNarrative]):
    contact = serializers.UUIDField(source="contact_id")

    class Meta:
        model = ClinicalNarrative
        fields: ClassVar[list[str]] = ["id", "version", "contact", "text"]


class SegmentAnswer(serializers.ModelSerializer[SudSegment]):
    contact = serializers.UUIDField(source="contact_id")

    class Meta:
        model = SudSegment
        fields: ClassVar[list[str]] = ["id", "version", "contact", "text", "part2_source"]


class TriageShape(ModelBody):
    """Who is to answer the call, and the three facts that the suggestion rests on."""

    class Meta:
        model = Triage
        fields: ClassVar[list[str]] = [
            "call_type", "weapon_in_hand", "has_team", "decision", "reason", "what_changed",
        ]  # fmt: skip
        extra_kwargs: ClassVar[dict[str, Any]] = {"has_team": {"default": False}}


class TriageAnswer(serializers.ModelSerializer[Triage]):
    contact = serializers.UUIDField(source="contact_id")
    decided_by = serializers.UUIDField(source="decided_by_id")

    class Meta:
        model = Triage
        fields: ClassVar[list[str]] = [
            "id", "version", "contact", "call_type", "weapon_in_hand", "has_team", "is_eligible", "suggestion",
            "team_first", "rule", "decision", "reason", "what_changed", "decided_at", "decided_by",
        ]  # fmt: skip


class TriageReceipt(serializers.ModelSerializer[Triage]):
    class Meta:
        model = Triage
        fields: ClassVar[list[str]] = [
            "id", "version", "decision", "suggestion", "team_first", "rule", "is_eligible",
        ]  # fmt: skip


class CallQuestion(Body):
    """The three facts of a call."""

    call_type = Choice(choices=v.CallType.choices)
    weapon_in_hand = Choice(choices=v.YesNoUnknown.choices)
    has_team = serializers.BooleanField(default=False)


class Suggestion(serializers.Serializer[Any]):
    """What the policy pack's table says of such a call; it binds nobody."""

    response = serializers.CharField(help_text="A decision of triage, or empty: the table says nothing.")
    team_first = serializers.BooleanField()
    rule = serializers.CharField()
    because = serializers.CharField()
    is_eligible = serializers.BooleanField()


class Correction(ModelBody):
    """The author's own correction, late entry or addendum."""

    kind = Choice(choices=OWN_REQUESTS)
    new_value = serializers.JSONField()

    class Meta:
        model = ContactAmendment
        fields: ClassVar[list[str]] = ["kind", "field", "new_value", "reason"]


class AmendmentRequest(ModelBody):
    """What somebody asks to be changed (L-22)."""

    new_value = serializers.JSONField(required=False)

    class Meta:
        model = ContactAmendment
        fields: ClassVar[list[str]] = ["kind", "field", "new_value", "reason", "requested_by", "requested_at"]


class Acceptance(Body):
    decision = Choice(choices=YESES, default="accepted")
    new_value = serializers.JSONField(
        required=False, help_text="What is written, where it is not what was asked."
    )
    ground = Choice(choices=ContactAmendment.DenialGround.choices, required=False)
    basis = serializers.CharField(max_length=300, required=False)


class Denial(Body):
    ground = Choice(choices=ContactAmendment.DenialGround.choices)
    basis = serializers.CharField(max_length=300)


class Disagreement(Body):
    statement = serializers.CharField(max_length=LONGEST_TEXT)


class Rebuttal(Body):
    text = serializers.CharField(max_length=LONGEST_TEXT)


class LongReason(Body):
    reason = serializers.CharField(max_length=300)


class AmendmentQuestion(ListQuestion):
    status = Choice(choices=ContactAmendment.Status.choices, required=False)


class AmendmentAnswer(serializers.ModelSerializer[ContactAmendment]):
    contact = serializers.UUIDField(source="contact_id")
    recorded_by = serializers.UUIDField(source="recorded_by_id")
    decided_by = serializers.UUIDField(source="decided_by_id", allow_null=True)

    class Meta:
        model = ContactAmendment
        fields: ClassVar[list[str]] = [
            "id", "version", "contact", "kind", "field", "old_value", "new_value", "reason", "requested_by",
            "requested_at", "recorded_by", "due_at", "extended_at", "extension_reason", "status", "decision",
            "decided_at", "decided_by", "denial_ground", "denial_basis", "applied_at", "disagreement", "disagreed_at",
            "rebuttal",
        ]  # fmt: skip


def _is_draft(contact: CrisisContact) -> bool:
    return contact.record_status == CrisisContact.RecordStatus.DRAFT
