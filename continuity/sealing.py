"""Seal what the database must not hold in clear: AES-256-GCM, with the id of its key in front (S-13)."""

import base64
import binascii
import os
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings
from django.db import models

_FORMAT = b"e1"
_NONCE = 12  # bytes, as NIST SP 800-38D recommends


class UnsealError(Exception):
    """The bytes were not sealed by us, were changed, or their key is gone. Nothing is shown instead."""


def seal(clear: bytes, *, place: str) -> bytes:
    """`e1:<key id>:<nonce and ciphertext>` under the first of FIELD_KEYS; `place` binds it to its column."""
    key_id = next(iter(settings.FIELD_KEYS))
    nonce = os.urandom(_NONCE)
    sealed = nonce + _cipher(key_id, settings.FIELD_KEYS[key_id]).encrypt(nonce, clear, place.encode())
    return b":".join((_FORMAT, key_id.encode(), sealed))


def unseal(sealed: bytes, *, place: str) -> bytes:
    """What `seal` was given. Raises UnsealError for anything else, and when the key is no longer configured."""
    form, _, rest = sealed.partition(b":")
    key_id, _, body = rest.partition(b":")
    secret = settings.FIELD_KEYS.get(key_id.decode("ascii", "replace"))
    if form != _FORMAT or secret is None:
        raise UnsealError("not sealed, or by a key that is not configured")
    try:
        return _cipher(key_id.decode(), secret).decrypt(body[:_NONCE], body[_NONCE:], place.encode())
    except (InvalidTag, ValueError):
        raise UnsealError("changed since it was sealed, or sealed for another place") from None


def seal_text(clear: str, *, place: str) -> str:
    """`seal` as text, `e1:<key id>:<base64>`, for a column of text or a value inside JSON; "" stays ""."""
    if not clear:
        return ""
    form, key_id, sealed = seal(clear.encode(), place=place).split(b":", 2)
    return f"{form.decode()}:{key_id.decode()}:{base64.b64encode(sealed).decode()}"


def unseal_text(sealed: str, *, place: str) -> str:
    """What `seal_text` was given. Raises UnsealError for anything else, for text that was never sealed too."""
    if not sealed:
        return ""
    form, _, rest = sealed.partition(":")
    key_id, _, body = rest.partition(":")
    try:
        token = b":".join((form.encode(), key_id.encode(), base64.b64decode(body, validate=True)))
    except (binascii.Error, ValueError):
        raise UnsealError("not sealed, or changed since") from None
    return unseal(token, place=place).decode()


@lru_cache(maxsize=16)
def _cipher(key_id: str, secret: str) -> AESGCM:
    derive = HKDF(algorithm=SHA256(), length=32, salt=None, info=f"continuity field {key_id}".encode())
    return AESGCM(derive.derive(secret.encode()))


def place_of(model: type[models.Model], name: str) -> str:
    """What binds sealed values to this column of a model."""
    return f"{model._meta.label_lower}.{name}"


if TYPE_CHECKING:  # Django's fields take no type at run time
    BytesField = models.BinaryField[bytes, bytes]
    TextField = models.TextField[str, str]
else:
    BytesField = models.BinaryField
    TextField = models.TextField


class SealedBinaryField(BytesField):
    """Bytes that only the site can read: sealed on the way in, unsealed on the way out, never searched."""

    @property
    def place(self) -> str:
        return place_of(self.model, self.attname)

    def get_prep_value(self, value: Any) -> Any:
        value = super().get_prep_value(value)
        return value if value is None else seal(bytes(value), place=self.place)

    def from_db_value(self, value: Any, expression: Any, connection: Any) -> bytes | None:
        return None if value is None else unseal(bytes(value), place=self.place)

    def get_lookup(self, lookup_name: str) -> Any:
        return super().get_lookup(lookup_name) if lookup_name == "isnull" else None


class SealedTextField(TextField):
    """Text that only the site can read; "" stays "", so that it can be told without a key whether anything was said."""

    @property
    def place(self) -> str:
        return place_of(self.model, self.attname)

    def get_prep_value(self, value: Any) -> Any:
        value = super().get_prep_value(value)
        return value if value is None else seal_text(str(value), place=self.place)

    def from_db_value(self, value: Any, expression: Any, connection: Any) -> str | None:
        return None if value is None else unseal_text(value, place=self.place)

    def get_lookup(self, lookup_name: str) -> Any:
        return super().get_lookup(lookup_name) if lookup_name == "isnull" else None
