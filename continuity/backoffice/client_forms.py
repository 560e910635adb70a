"""What an administrator types about a program; the rules are the verbs' own."""

import json
from typing import Any

from django import forms

from continuity.agencies.jwks import read_jwks
from continuity.agencies.models import MachineClient
from continuity.agencies.scopes import SAYS
from continuity.backoffice.desk_forms import DeskForm, VersionForm
from continuity.backoffice.fields import Some, Text

_LONGEST = 8_000  # characters of two keys
_SCOPES = [(scope.value, f"{says[0].upper()}{says[1:]} ({scope.value})") for scope, says in SAYS.items()]


class KeysField(forms.CharField):
    """Public keys as their program's maker sends them: a JSON Web Key Set, or one key of it."""

    widget = forms.Textarea(
        attrs={"rows": 6, "spellcheck": "false", "autocomplete": "off", "class": "id", "maxlength": _LONGEST}
    )
    default_error_messages = {"required": "Paste the public key.", "invalid": "This is no JSON (RFC 7517)."}

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(max_length=_LONGEST, **kwargs)

    def to_python(self, value: Any) -> Any:
        text = super().to_python(value)
        if not text:
            return text
        try:
            said = json.loads(text)
        except (ValueError, RecursionError):
            raise forms.ValidationError(self.error_messages["invalid"], code="invalid") from None
        return said if isinstance(said, dict) and "keys" in said else {"keys": [said]}

    def run_validators(self, value: Any) -> None:
        """The length was the text's; what a key must be is said by `read_jwks`."""


class _Scopes(DeskForm):
    scopes = Some(
        "What it may do", _SCOPES, help_text="Never more than its account, or the member it asks for, may do."
    )
    may_act_for_members = forms.BooleanField(
        required=False, label="May say for which member of your agency it asks"
    )


class ScopesForm(_Scopes, VersionForm):
    @classmethod
    def typed(cls, client: MachineClient) -> dict[str, Any]:
        """What the program may do now."""
        return {name: getattr(client, name) for name in cls.base_fields}


class RegisterForm(_Scopes):
    name = Text("Name of the program", "Give the program a name.", max_length=80)
    jwks = KeysField(
        label="Its public keys",
        help_text="As JSON, from the program's maker: ES384 on P-384, or RS384. Never a private key.",
    )
    field_order = ("name", "jwks", "scopes", "may_act_for_members")


class KeyForm(VersionForm):
    """One key of those that the program has."""

    def __init__(self, *args: Any, client: MachineClient, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.keys = client.jwks["keys"]


class NextKeyForm(KeyForm):
    """The key that follows, beside the one in use."""

    jwks = KeysField(label="The next public key", help_text="As JSON, with a kid of its own.")
    field_order = ("jwks", "version")

    def said(self) -> dict[str, Any]:
        """Both keys. Raises Invalid."""
        new = read_jwks(self.cleaned_data["jwks"])
        return self.cleaned_data | {"jwks": {"keys": [*self.keys, *new["keys"]]}}


class OldKeyForm(KeyForm):
    """The key that goes."""

    kid = forms.CharField(max_length=80, widget=forms.HiddenInput)

    def said(self) -> dict[str, Any]:
        said = super().said()
        kid = said.pop("kid")
        return said | {"jwks": {"keys": [key for key in self.keys if key["kid"] != kid]}}
