"""What a consent is answered with: ids, codes and days; never the name of a person."""

from datetime import date, datetime
from typing import Any, ClassVar

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from continuity.consents.elements import Stage
from continuity.consents.models import Consent, ConsentOffer, ConsentRecipient, SignedDocument
from continuity.consents.services import whats_lacking
from continuity.consents.standing import Standing

_STANDINGS = [(one.value, one.value) for one in Standing]
_NEXT_STAGE = {Consent.Status.DRAFT: Stage.CONTENT, Consent.Status.PROPOSED: Stage.SIGNATURE}
# The standing that speaks for a person: what opens something first, then what may again, then how it ended.
_FOREMOST = (
    Standing.ACTIVE,
    Standing.EXPIRING,
    Standing.SUSPENDED,
    Standing.NOT_YET,
    Standing.PROPOSED,
    Standing.DRAFT,
    Standing.REVOKED,
    Standing.EXPIRED,
    Standing.SUPERSEDED,
    Standing.INVALIDATED,
    Standing.REJECTED,
)
# Whose last day still says something; an ended consent has none, whatever its paper says.
_WITH_AN_END = frozenset(_FOREMOST[:6]) | {Standing.EXPIRED}


class RecipientAnswer(serializers.ModelSerializer[ConsentRecipient]):
    agency = serializers.CharField(source="agency.code", allow_null=True, default=None)
    member = serializers.UUIDField(source="member_id", allow_null=True)

    class Meta:
        model = ConsentRecipient
        fields: ClassVar[list[str]] = ["id", "kind", "agency", "member", "categories", "revoked_at"]


class Lack(serializers.Serializer[Any]):
    pointer = serializers.CharField(source="field")
    code = serializers.CharField()
    detail = serializers.CharField()

    def to_representation(self, instance: Any) -> dict[str, str]:
        return {"pointer": f"/{instance.field}", "code": instance.code, "detail": instance.detail}


class ConsentAnswer(serializers.ModelSerializer[Consent]):
    """A consent in a list. `standing` says how it stands now: a row that says active may be over by the clock."""

    person = serializers.UUIDField(source="person_id")
    standing = serializers.SerializerMethodField()
    disclosing_agencies = serializers.SerializerMethodField()
    recipients = RecipientAnswer(many=True)
    expires_on = serializers.SerializerMethodField()

    class Meta:
        model = Consent
        # fmt: off
        fields: ClassVar[list[str]] = [
            "id", "number", "version", "person", "status", "standing", "inactive_reason", "instrument",
            "categories", "purposes", "part2_included", "existence_may_be_confirmed", "record_window",
            "disclosing_agencies", "recipients", "starts_at", "expires_at", "expires_on", "expiry_event",
            "signed_at", "suspended_at", "ended_at", "pack",
        ]
        # fmt: on

    @extend_schema_field(serializers.ChoiceField(choices=_STANDINGS))
    def get_standing(self, consent: Consent) -> str:
        return consent.standing(self.context["at"])

    def get_disclosing_agencies(self, consent: Consent) -> list[str]:
        return sorted(agency.code for agency in consent.disclosing_agencies.all())

    def get_expires_on(self, consent: Consent) -> date | None:
        return _last_day(consent)


class WholeConsent(ConsentAnswer):
    """A consent, and what keeps a draft or a proposal from its next step."""

    lacking = serializers.SerializerMethodField()

    class Meta(ConsentAnswer.Meta):
        fields: ClassVar[list[str]] = [*ConsentAnswer.Meta.fields, "lacking"]

    @extend_schema_field(Lack(many=True))
    def get_lacking(self, consent: Consent) -> Any:
        stage = _NEXT_STAGE.get(Consent.Status(consent.status))
        return Lack(whats_lacking(consent, self.context["at"], stage), many=True).data if stage else []


class StandingOfOne(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    number = serializers.CharField()
    standing = serializers.ChoiceField(choices=_STANDINGS)
    until = serializers.DateField(allow_null=True)


class ConsentStatus(serializers.Serializer[Any]):
    person = serializers.UUIDField()
    status = serializers.ChoiceField(choices=[*_STANDINGS, ("none", "none")])
    until = serializers.DateField(allow_null=True)
    consents = StandingOfOne(many=True)


class DocumentReceipt(serializers.ModelSerializer[SignedDocument]):
    class Meta:
        model = SignedDocument
        fields: ClassVar[list[str]] = ["id", "kind", "media_type", "size", "sha256"]


class OfferReceipt(serializers.ModelSerializer[ConsentOffer]):
    person = serializers.UUIDField(source="person_id")

    class Meta:
        model = ConsentOffer
        # fmt: off
        fields: ClassVar[list[str]] = [
            "id", "person", "outcome", "context", "language", "offered_at", "offer_again_at",
        ]
        # fmt: on


def status_of(person_id: Any, consents: list[Consent], at: datetime) -> dict[str, Any]:
    """How a person's consents with the own agency stand: the foremost one, and each."""
    each = [_standing_of(consent, at) for consent in consents]
    counted = sorted(
        (one for one in each if one["standing"] in _FOREMOST),
        key=lambda one: (_FOREMOST.index(one["standing"]), -(one["until"] or date.max).toordinal()),
    )
    first = counted[0] if counted else {"standing": "none", "until": None}
    return {"person": person_id, "status": first["standing"], "until": first["until"], "consents": each}


def _standing_of(consent: Consent, at: datetime) -> dict[str, Any]:
    standing = consent.standing(at)
    until = _last_day(consent) if standing in _WITH_AN_END else None
    return {"id": consent.pk, "number": consent.number, "standing": standing, "until": until}


def _last_day(consent: Consent) -> date | None:
    return consent.custodian.last_day_before(consent.expires_at) if consent.expires_at else None
