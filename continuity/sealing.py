"""Seal what the database must not hold in clear: AES-256-GCM, with the id of its key in front (S-13)."""

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


@lru_cache(maxsize=16)
def _cipher(key_id: str, secret: str) -> AESGCM:
    derive = HKDF(algorithm=SHA256(), length=32, salt=None, info=f"continuity field {key_id}".encode())
    return AESGCM(derive.derive(secret.encode()))


if TYPE_CHECKING:  # Django's field takes no type at run time
    BytesField = models.BinaryField[bytes, bytes]
else:
    BytesField = models.BinaryField


class SealedBinaryField(BytesField):
    """Bytes that only the site can read: sealed on the way in, unsealed on the way out, never searched."""

    @property
    def _place(self) -> str:
        return f"{self.model._meta.label_lower}.{self.attname}"

    def get_prep_value(self, value: Any) -> Any:
        value = super().get_prep_value(value)
        return value if value is None else seal(bytes(value), place=self._place)

    def from_db_value(self, value: Any, expression: Any, connection: Any) -> bytes | None:
        return None if value is None else unseal(bytes(value), place=self._place)

    def get_lookup(self, lookup_name: str) -> Any:
        return super().get_lookup(lookup_name) if lookup_name == "isnull" else None
