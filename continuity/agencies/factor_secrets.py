"""allauth's hooks for second factors: what is a secret is sealed, what a key or an app shows is ours (S-1, S-13)."""

from typing import Any

from allauth.core import context
from allauth.mfa.adapter import DefaultMFAAdapter

from continuity.sealing import seal_text, unseal_text

PLACE = "mfa.authenticator.data"  # binds a sealed secret to allauth's column of JSON
_ISSUER = "Continuity"


class SealedSecrets(DefaultMFAAdapter):  # type: ignore[misc]  # allauth has no types
    """Secrets of apps and seeds of recovery codes never stand in the database in clear."""

    def encrypt(self, text: str) -> str:
        return seal_text(text, place=PLACE)

    def decrypt(self, encrypted_text: str) -> str:
        return unseal_text(encrypted_text, place=PLACE)

    def get_totp_issuer(self) -> str:
        return _ISSUER

    def get_public_key_credential_rp_entity(self) -> dict[str, str]:
        """Keys are bound to this host: a page elsewhere that looks like ours cannot use them."""
        return {"id": context.request.get_host().partition(":")[0], "name": _ISSUER}

    def _get_user_identifier(self, user: Any) -> str:
        return str(user.username)
