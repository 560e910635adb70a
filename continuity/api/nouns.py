"""The kinds of records at the API: which rows of a kind a member may read, and how they are told, alone and in a list.

A list and a detail ask the same `rows`, so that they agree. Every reading is in the ledger before its answer leaves;
what is not there for a member is one and the same 404 (P-3).
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from operator import attrgetter
from typing import Any, TypeVar
from uuid import UUID

from django.db.models import Model, QuerySet
from django.http import HttpResponse
from django.urls import reverse
from django.utils import timezone
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework import serializers, status
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from continuity.agencies.freshness import require_fresh
from continuity.agencies.models import Membership
from continuity.agencies.permissions import OnDuty
from continuity.agencies.scopes import CLOSED, Scope, Scopes
from continuity.agencies.services import on_duty
from continuity.api.bodies import Body, ListQuestion, read
from continuity.api.etags import IF_NONE_MATCH, etag, was_seen
from continuity.api.idempotency import IDEMPOTENCY_KEY, Answer, answer_once, spelt
from continuity.disclosures.models import LedgerEntry
from continuity.disclosures.readings import note_reading, refuse_reading
from continuity.errors import NotFound
from continuity.people.services import standing_for

API = LedgerEntry.Channel.API
M = TypeVar("M", bound=Model)
T = TypeVar("T")


class Receipt(serializers.Serializer[Any]):
    """That something was written down, under which id, and how it stands; what it says is read at its address."""

    id = serializers.UUIDField()
    version = serializers.IntegerField()
    status = serializers.CharField()


@dataclass(frozen=True)
class Noun:
    """One kind of record. `rows` are those the member may read, with all that an answer tells of them.

    `answer` tells one row, `line` a row of a list (the same, if None). `asked` narrows a list by its question. What is
    told is of `category`, unless `gravest` finds something graver in it. Who changes a row is given a receipt, because
    telling all of it is a reading; a noun that `tells_whole` gives it all. The only one of its kind
    below another record, `above`, is read at that one's address. A program needs its `scopes`.
    """

    name: str
    path: str
    rows: Callable[[Membership, datetime], QuerySet[Any]]
    answer: type[serializers.BaseSerializer[Any]]
    category: str
    line: type[serializers.BaseSerializer[Any]] | None = None
    question: type[ListQuestion] = ListQuestion
    asked: Callable[[QuerySet[Any], dict[str, Any], datetime], QuerySet[Any]] = lambda rows, asked, at: rows
    receipt: type[serializers.BaseSerializer[Any]] = Receipt
    gravest: Callable[[Sequence[Any], Membership], str] | None = None
    person: Callable[[Any], UUID | None] = attrgetter("person_id")
    tells_whole: bool = False
    has_address: bool = True
    above: "Noun | None" = None
    plural: str = ""
    argument: str = ""
    scopes: Scopes = CLOSED

    @property
    def key(self) -> str:
        """The name of its id, in addresses and in the words of its verbs."""
        return self.argument or f"{self.name}_id"

    @property
    def told(self) -> type[serializers.BaseSerializer[Any]]:
        """What somebody is answered who wrote."""
        return self.answer if self.tells_whole else self.receipt

    @property
    def in_lists(self) -> type[serializers.BaseSerializer[Any]]:
        return self.line or self.answer

    def category_of(self, rows: Sequence[Any], by: Membership) -> str:
        """The gravest category of what these rows tell this member."""
        return self.gravest(rows, by) if self.gravest and rows else self.category

    def get(self, by: Membership, at: datetime, **which: UUID) -> Any:
        """The row. Raises NotFound; `absences_noted` puts that into the ledger."""
        row = self.rows(by, at).filter(**which).first()
        if row is None:
            raise NotFound("not_found", "There is no such record.")
        return row

    def whole(self, row: Any, by: Membership, at: datetime) -> Answer:
        """One row as it is told alone, with its entity tag."""
        body = rendered(self.answer(row, context={"by": by, "at": at}).data)
        return Answer(status.HTTP_200_OK, body, etag(row.pk, row.version, body))

    def written(self, row: Any, by: Membership, at: datetime) -> Answer:
        """What somebody is answered who changed this row."""
        if self.tells_whole:
            return self.whole(self.rows(by, at).get(pk=row.pk), by, at)
        body = rendered(self.receipt(row, context={"by": by, "at": at}).data)
        return Answer(status.HTTP_200_OK, body, etag(row.pk, row.version, body))

    def made(self, row: Any, by: Membership, at: datetime) -> Answer:
        """What somebody is answered who made this row, and where it is."""
        told = self.written(row, by, at)
        address = reverse(f"v1:{self.name}", args=[row.pk]) if self.has_address else ""
        return Answer(status.HTTP_201_CREATED, told.body, told.etag, address)


@contextmanager
def absences_noted(by: Membership, at: datetime, searched: object, category: str) -> Iterator[None]:
    """Put what is not there for this member into the ledger, whichever way that came out (P-3, S-6)."""
    try:
        yield
    except NotFound:
        raise refuse_reading(by=by, channel=API, at=at, searched=str(searched), category=category) from None


def list_of(noun: Noun, *, below: Noun | None = None) -> Callable[..., Response]:
    """The GET of a list, newest first; `below` another record it shows only what belongs to that one."""

    @extend_schema(
        operation_id=f"list_{noun.plural or noun.name + 's'}" + (f"_of_{below.name}" if below else ""),
        parameters=[noun.question],
        responses=_page_of(noun),
    )
    def get(self: APIView, request: Request, **ids: UUID) -> Response:
        by, at = on_duty(request), timezone.now()
        asked = dict(read(noun.question, request.query_params.dict()).validated_data)
        about, rows = asked.get("person"), noun.rows(by, at)
        if about:
            asked["person"] = about = standing_for(about)
        if below:
            with absences_noted(by, at, ids[below.key], below.category):
                above = below.get(by, at, pk=ids[below.key])
            about, rows = below.person(above), rows.filter(**{below.key: above.pk})
        page, following = next_page(noun.asked(rows, asked, at), asked)
        told = noun.in_lists(page, many=True, context={"by": by, "at": at}).data
        searched = str(about or "") if not below else str(ids[below.key])
        note_reading(
            by=by,
            rows=page,
            channel=API,
            at=at,
            category=noun.category if noun.line else noun.category_of(page, by),
            person_id=about if page else None,
            searched=searched,
        )
        return Response({"results": told, "next": following})

    return needing(get, noun.scopes.get)


def detail_of(noun: Noun) -> Callable[..., HttpResponse]:
    """The GET of one record, with its entity tag."""

    @extend_schema(
        operation_id=f"read_{noun.name}",
        parameters=[IF_NONE_MATCH],
        responses={200: noun.answer, 304: OpenApiResponse(description="You have it as it is.")},
    )
    def get(self: APIView, request: Request, **ids: UUID) -> HttpResponse:
        by, at = on_duty(request), timezone.now()
        named = noun.above.key if noun.above else noun.key
        with absences_noted(by, at, ids[named], noun.category):
            row = noun.get(by, at, **{named if noun.above else "pk": ids[named]})
        answer = noun.whole(row, by, at)
        category = noun.category_of([row], by)
        note_reading(by=by, rows=[row], channel=API, at=at, category=category, person_id=noun.person(row))
        if was_seen(request, answer.etag):
            return HttpResponse(status=status.HTTP_304_NOT_MODIFIED, headers={"ETag": answer.etag})
        return answer.response()

    return needing(get, noun.scopes.get)


def making(
    noun: Noun,
    operation: str,
    shape: type[Body],
    make: Callable[..., Any],
    *,
    below: Noun | None = None,
    is_grave: Callable[[dict[str, Any]], bool] = lambda said: False,
) -> Callable[..., HttpResponse]:
    """The POST that makes a record of this kind, once for each Idempotency-Key: `make(by=, at=, **body)`.

    What is said may make it grave: then it wants a fresh proof of who asks (S-4).
    """

    @extend_schema(
        operation_id=operation,
        description=first_line(make),
        parameters=[IDEMPOTENCY_KEY],
        request=shape if shape().fields else None,
        responses={201: noun.told},
    )
    def post(self: APIView, request: Request, **ids: UUID) -> HttpResponse:
        by, at = on_duty(request), timezone.now()
        body = read(shape, request.data)
        if is_grave(body.validated_data):
            require_fresh(request)

        def act() -> Answer:
            if below:
                below.get(by, at, pk=ids[below.key])
            return noun.made(make(by=by, at=at, **ids, **body.arguments(by, at)), by, at)

        with absences_noted(by, at, next(iter(ids.values()), ""), noun.category):
            return answer_once(request, by=by, said=spelt(request.data), at=at, act=act)

    return needing(post, noun.scopes.post)


def narrowed(*names: str) -> Callable[[QuerySet[Any], dict[str, Any], datetime], QuerySet[Any]]:
    """Narrow a list by columns of what it shows."""

    def narrow(rows: QuerySet[Any], asked: dict[str, Any], at: datetime) -> QuerySet[Any]:
        return rows.filter(**{name: asked[name] for name in names if name in asked})

    return narrow


def needing(method: Callable[..., T], scope: Scope | None) -> Callable[..., T]:
    """A method of a view, marked with the scope that a program needs for it."""
    method.scope = scope  # type: ignore[attr-defined]  # read in `view` alone
    return method


def view(caption: str, **methods: Callable[..., HttpResponse]) -> Any:
    """The view of one address, for members on duty: each of its methods is named, with the scope of programs."""
    needed = {name: getattr(method, "scope", None) for name, method in methods.items()}
    sent = {scope for name, scope in needed.items() if name != "get"}
    scopes = Scopes(needed.get("get"), sent.pop() if len(sent) == 1 else None)
    said = {"__doc__": caption, "permission_classes": (OnDuty,), "scopes": scopes}
    made = type("View", (APIView,), said | methods)
    return made.as_view()  # type: ignore[attr-defined]  # an APIView, which type() does not say


def rendered(data: Any) -> bytes:
    """The bytes of a JSON answer."""
    return bytes(JSONRenderer().render(data))


def first_line(verb: Callable[..., Any]) -> str:
    """What a verb of the domain says of itself in one line."""
    return (verb.__doc__ or "").strip().partition("\n")[0]


def titled(name: str) -> str:
    """`follow_up` as it stands in the name of a shape: `FollowUp`."""
    return "".join(part.capitalize() for part in name.split("_"))


def next_page(rows: QuerySet[M], asked: dict[str, Any]) -> tuple[list[M], UUID | None]:
    """One page of a list by the cursor it was asked with, and where the next one begins."""
    if "after" in asked:
        rows = rows.filter(pk__lt=asked["after"])
    limit = asked["limit"]
    found = list(rows.order_by("-pk")[: limit + 1])
    return found[:limit], found[limit - 1].pk if len(found) > limit else None


@cache
def _page_of(noun: Noun) -> type[serializers.Serializer[Any]]:
    fields = {"results": noun.in_lists(many=True), "next": serializers.UUIDField(allow_null=True)}
    return type(f"{titled(noun.name)}Page", (serializers.Serializer,), fields)
