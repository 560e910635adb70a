"""Write and register the trail."""

from collections.abc import Sequence
from typing import Any

from auditlog.diff import model_instance_diff
from auditlog.registry import auditlog
from django.apps import apps
from django.contrib.contenttypes.models import ContentType

from continuity.trail.context import current
from continuity.trail.models import AuditEntry, Event, Recorded

_BOOKKEEPING = ["created_at", "updated_at"]


def register_recorded_models() -> None:
    """Register every `Recorded` model for history, so that a new model cannot be forgotten."""
    for model in apps.get_models():
        if issubclass(model, Recorded) and not auditlog.contains(model):
            auditlog.register(
                model,
                exclude_fields=[*_BOOKKEEPING, *model.unrecorded, *_reverse_relations(model)],
                mask_fields=list(model.masked),
                mask_callable="continuity.trail.context.mask",
                m2m_fields={field.name for field in model._meta.many_to_many},
            )


def _reverse_relations(model: type[Recorded]) -> list[str]:
    """What others point at this model with is their history; auditlog would query each on every write."""
    return [field.name for field in model._meta.get_fields() if field.auto_created and not field.concrete]


def record_event(kind: Event.Kind, *, member: Any = None, about: str = "") -> Event:
    """Append one account or session event under the current circumstances."""
    now = current()
    return Event.objects.create(
        kind=kind, member=member, about=about, remote_addr=now.remote_addr, request_id=now.request_id
    )


def record_creations(rows: Sequence[Recorded]) -> None:
    """Append the history of rows that came in by `bulk_create`, which auditlog does not see."""
    if not rows:
        return
    kind = ContentType.objects.get_for_model(rows[0])
    # Without this auditlog would ask the database for every reverse one-to-one of every row.
    columns = [field.name for field in rows[0]._meta.concrete_fields]
    entries = [
        AuditEntry(
            content_type=kind,
            object_pk=str(row.pk),
            object_repr=str(row),
            action=AuditEntry.Action.CREATE,
            changes=model_instance_diff(None, row, fields_to_check=columns, use_json_for_changes=True),
        )
        for row in rows
    ]
    for entry in entries:
        entry.take_circumstances()
    AuditEntry.objects.bulk_create(entries, batch_size=1000)
