"""A column that tells whether two sealed values are the same, and nothing else of them (S-13)."""

from typing import TYPE_CHECKING, Any

from django.db import models

from continuity.trail.context import keyed_digest

if TYPE_CHECKING:  # Django's field takes no type at run time
    CharField = models.CharField[str, str]
else:
    CharField = models.CharField


class DigestField(CharField):
    """The keyed hash of another field of the row, made whenever the row is written."""

    def __init__(self, *, of: str, **options: Any) -> None:
        self.of = of
        super().__init__(**{"max_length": 32, "editable": False, "default": "", **options})

    def deconstruct(self) -> Any:
        name, path, args, options = super().deconstruct()
        return name, path, args, {**options, "of": self.of}

    def pre_save(self, model_instance: models.Model, add: bool) -> str:
        digest = keyed_digest(str(getattr(model_instance, self.of)))
        setattr(model_instance, self.attname, digest)
        return digest
