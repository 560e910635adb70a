"""Verbs as data: each is `POST <records>/{id}/<verb>/` with If-Match, carried out once for each Idempotency-Key."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from inspect import signature
from typing import Any
from uuid import UUID

from django.db.models import Model
from django.http import HttpResponse
from django.urls import URLPattern, path
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.views import APIView

from continuity.agencies.freshness import require_fresh
from continuity.agencies.services import on_duty
from continuity.api.bodies import Body, Nothing, read
from continuity.api.etags import IF_MATCH, version_seen
from continuity.api.idempotency import IDEMPOTENCY_KEY, Answer, answer_once, spelt
from continuity.api.nouns import Noun, absences_noted, first_line, needing, view
from continuity.errors import Stale


@dataclass(frozen=True)
class Verb:
    """A verb of a record: address, body, service. `makes` is the kind of record it brings forth, if another one.

    A grave one wants a fresh proof of who asks (S-4).
    """

    name: str
    shape: type[Body]
    service: Callable[..., Any]
    makes: Noun | None = None
    is_grave: bool = False

    def operation(self, noun: Noun) -> str:
        return f"{self.name.replace('-', '_')}_{noun.name}"


def verb_paths(noun: Noun, verbs: Iterable[Verb]) -> list[URLPattern]:
    """One address for each verb."""
    return [
        path(
            f"{noun.path}/<uuid:{noun.key}>/{verb.name}/",
            view(first_line(verb.service), post=doing(noun, verb)),
            name=verb.operation(noun),
        )
        for verb in verbs
    ]


def doing(noun: Noun, verb: Verb) -> Callable[..., HttpResponse]:
    """The method of a view that does this verb to the record of its address."""

    @extend_schema(
        operation_id=verb.operation(noun),
        description=first_line(verb.service),
        parameters=[IF_MATCH, IDEMPOTENCY_KEY],
        request=verb.shape if verb.shape is not Nothing else None,
        responses={201: verb.makes.told} if verb.makes else noun.told,
    )
    def do(self: APIView, request: Request, **ids: UUID) -> HttpResponse:
        return _carry_out(noun, verb, request, ids[noun.key])

    return needing(do, noun.scopes.post)


def _carry_out(noun: Noun, verb: Verb, request: Request, pk: UUID) -> HttpResponse:
    by, at = on_duty(request), timezone.now()
    if verb.is_grave:
        require_fresh(request)
    with absences_noted(by, at, pk, noun.category):
        if noun.tells_whole:  # a kept answer is told to those alone who may still read what it tells
            noun.get(by, at, pk=pk)
        version = version_seen(request, pk)
        body = read(verb.shape, request.data)
        circumstances = {"by": by, "at": at, "version": version, noun.key: pk}
        wanted, model = signature(verb.service).parameters, noun.rows(by, at).model

        def act() -> Answer:
            if not noun.tells_whole:
                noun.get(by, at, pk=pk)
            if "version" not in wanted:
                _refuse_if_stale(model, pk, version)
            known = {name: value for name, value in circumstances.items() if name in wanted}
            done = verb.service(**known, **body.arguments(by, at))
            if verb.makes:
                return verb.makes.made(done, by, at)
            return noun.written(done if done.pk == pk else model._default_manager.get(pk=pk), by, at)

        return answer_once(request, by=by, said=spelt(request.data), at=at, act=act)


def _refuse_if_stale(model: type[Model], pk: UUID, version: int) -> None:
    """For a verb that does not compare versions itself: lock the row until the transaction ends, and compare."""
    locked = model._default_manager.select_for_update(of=("self",)).filter(pk=pk)
    if locked.values_list("version", flat=True).first() != version:
        raise Stale
