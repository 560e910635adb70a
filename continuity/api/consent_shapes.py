"""What a consent is asked with: shapes of its requests, and their words turned into those of the domain.

Dates are days of the custodian's calendar: a consent holds to the end of the last one (P-18).
"""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any, ClassVar
from uuid import UUID

from rest_framework import serializers

from continuity.agencies.models import Agency, Category, Member, Membership
from continuity.api.bodies import Body, Choice, Day, ListQuestion, ModelBody, Moment
from continuity.consents.models import Consent, ConsentOffer, SignedDocument
from continuity.consents.services import CONTENT, Recipient
from continuity.consents.standing import Standing

_MOST = 100  # of anything in a list
_DATED = frozenset({"starts_at", "expires_at"})
# What a draft keeps, when it is written anew, unless the body says otherwise; everything else is as the body says.
_KEPT = _DATED - {"expires_at"} | {"form_language"}
_NAMES = ("agency", "member", "third_party", "treating_providers")
_METHODS = [
    pair for pair in Consent.SignatureMethod.choices if pair[0] != "held_by_source"
]  # a file's word alone


class RecipientShape(Body):
    agency = serializers.CharField(required=False, help_text="Code of an agency.")
    member = serializers.UUIDField(required=False)
    third_party = serializers.CharField(required=False, max_length=120)
    treating_providers = serializers.BooleanField(required=False)
    categories = serializers.ListField(
        child=Choice(choices=Category.choices), required=False, default=list, max_length=_MOST
    )

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if sum(bool(attrs.get(name)) for name in _NAMES) != 1:
            raise serializers.ValidationError(
                f"Name one recipient: one of {', '.join(_NAMES)}.", code="not_one_recipient"
            )
        return attrs


class ConsentContent(ModelBody):
    """What the form says. Gaps are allowed until the consent is proposed."""

    disclosing_agencies = serializers.ListField(
        child=serializers.CharField(), required=False, max_length=_MOST, help_text="Codes of agencies."
    )
    recipients: serializers.ListSerializer[Any] = serializers.ListSerializer(
        child=RecipientShape(), required=False, max_length=_MOST
    )
    contacts = serializers.ListField(child=serializers.UUIDField(), required=False, max_length=_MOST)
    starts_on = Day(
        required=False, help_text="First day, in the custodian's calendar; the moment, if absent."
    )
    expires_on = Day(
        required=False,
        allow_null=True,
        help_text="The last day on which it holds, in the custodian's calendar.",
    )
    releasing_member = serializers.UUIDField(required=False, allow_null=True)

    class Meta:
        model = Consent
        fields: ClassVar[list[str]] = [
            *sorted(CONTENT - _DATED),
            "disclosing_agencies",
            "recipients",
            "contacts",
            "starts_on",
            "expires_on",
        ]
        extra_kwargs: ClassVar[dict[str, Any]] = {
            "instrument": {"required": False, "allow_blank": True},
            "categories": {"allow_empty": True},
            "purposes": {"allow_empty": True},
            "information_description": {"max_length": 4000},
        }

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        codes = set(attrs.get("disclosing_agencies", ())) | set(_named(attrs, "agency"))
        members = set(_named(attrs, "member"))
        if attrs.get("releasing_member"):
            members.add(attrs["releasing_member"])
        self.agencies = {one.code: one for one in _active_agencies(codes)}
        self.members = {one.pk: one for one in _active_members(members)}
        if wrong := self._unknown(attrs) or _twice(attrs):
            raise serializers.ValidationError(wrong)
        return attrs

    def _unknown(self, attrs: dict[str, Any]) -> dict[str, Any]:
        wrong: dict[str, Any] = {}
        for place, code in enumerate(attrs.get("disclosing_agencies", ())):
            if code not in self.agencies:
                wrong.setdefault("disclosing_agencies", {})[str(place)] = _no_such("agency")
        for place, one in enumerate(attrs.get("recipients", ())):
            if one.get("agency") and one["agency"] not in self.agencies:
                wrong.setdefault("recipients", {})[str(place)] = {"agency": _no_such("agency")}
            if one.get("member") and one["member"] not in self.members:
                wrong.setdefault("recipients", {})[str(place)] = {"member": _no_such("member")}
        if attrs.get("releasing_member") and attrs["releasing_member"] not in self.members:
            wrong["releasing_member"] = _no_such("member")
        return wrong

    def arguments(self, by: Membership, at: datetime) -> dict[str, Any]:
        """The arguments of `draft_consent` and `redraft_consent`: the whole content, gaps as gaps."""
        custodian = by.agency
        said = dict(self.validated_data)
        named = {
            "disclosing_agencies": [self.agencies[code] for code in said.pop("disclosing_agencies", ())],
            "recipients": [self._recipient(one) for one in said.pop("recipients", ())],
            "contacts": list(dict.fromkeys(said.pop("contacts", ()))),
        }
        if first := said.pop("starts_on", None):
            said["starts_at"] = custodian.end_of(first - timedelta(days=1))
        if last := said.pop("expires_on", None):
            said["expires_at"] = custodian.end_of(last)
        if releasing := said.pop("releasing_member", None):
            said["releasing_member"] = self.members[releasing]
        for name in ("categories", "purposes"):
            said[name] = list(dict.fromkeys(said.get(name, ())))
        gaps = {name: Consent._meta.get_field(name).get_default() for name in CONTENT - _KEPT}  # type: ignore[union-attr]  # columns, each with a default
        return gaps | said | named

    def _recipient(self, one: dict[str, Any]) -> Recipient:
        return Recipient(
            categories=list(dict.fromkeys(one["categories"])),
            agency=self.agencies.get(one.get("agency", "")),
            member=self.members.get(one.get("member")),  # type: ignore[arg-type]  # None is nobody's id
            third_party=one.get("third_party", ""),
        )


class ConsentDraft(ConsentContent):
    """A new consent of a person the own agency has a record of."""

    person = serializers.UUIDField()

    class Meta(ConsentContent.Meta):
        fields: ClassVar[list[str]] = ["person", *ConsentContent.Meta.fields]

    def arguments(self, by: Membership, at: datetime) -> dict[str, Any]:
        """As for the content; the person is found by the view."""
        return {name: value for name, value in super().arguments(by, at).items() if name != "person"}


class Signature(ModelBody):
    """Who signed, when, where and how; what is left out stays as it was."""

    signature_method = Choice(choices=_METHODS, required=False)
    signed_at = Moment(required=False)
    copy_given_at = Moment(required=False)
    attests_capacity = serializers.BooleanField(
        default=False, help_text="Your word that the signer understood it (L-28)."
    )

    class Meta:
        model = Consent
        # fmt: off
        fields: ClassVar[list[str]] = [
            "signer_name", "signer_capacity", "authority_document", "signature_method", "signed_at", "witness_name",
            "interpreter", "copy_given_at", "collection_context", "attests_capacity",
        ]
        # fmt: on


class Activation(Body):
    supersedes = serializers.ListField(child=serializers.UUIDField(), default=list, max_length=_MOST)


class Reason(Body):
    note = serializers.CharField(max_length=300, help_text="How the person said it, or what is wrong.")


class RecipientRevocation(Reason):
    recipient = serializers.UUIDField(source="recipient_id")


class EventAnswer(Body):
    happened = serializers.BooleanField(help_text="Whether the event that ends the consent has happened.")


class DocumentUpload(Body):
    kind = Choice(choices=SignedDocument.Kind.choices)
    file = serializers.FileField(allow_empty_file=True, help_text="A PDF, a PNG or a JPEG of at most 5 MB.")


class OfferShape(ModelBody):
    person = serializers.UUIDField()

    class Meta:
        model = ConsentOffer
        fields: ClassVar[list[str]] = ["person", "outcome", "context", "language", "note"]


class ConsentQuestion(ListQuestion):
    """The query of the list."""

    person = serializers.UUIDField(required=False, help_text="Only consents of this person.")
    standing = Choice(choices=[(one.value, one.value) for one in Standing], required=False)


def _named(attrs: dict[str, Any], name: str) -> Iterator[Any]:
    return (one[name] for one in attrs.get("recipients", ()) if one.get(name))


def _active_agencies(codes: set[str]) -> list[Agency]:
    return list(Agency.objects.filter(code__in=codes, status=Agency.Status.ACTIVE)) if codes else []


def _active_members(members: set[UUID]) -> list[Member]:
    return list(Member.objects.filter(pk__in=members, status=Member.Status.ACTIVE)) if members else []


def _no_such(what: str) -> list[serializers.ErrorDetail]:
    return [serializers.ErrorDetail(f"There is no such {what}.", code="does_not_exist")]


def _twice(attrs: dict[str, Any]) -> dict[str, Any]:
    codes = list(_named(attrs, "agency"))
    if len(codes) == len(set(codes)):
        return {}
    return {"recipients": [serializers.ErrorDetail("Name each agency once.", code="named_twice")]}
