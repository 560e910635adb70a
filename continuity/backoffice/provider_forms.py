"""What an administrator types about the agency's own sign-in; the rules are the verbs' own."""

from typing import Any

from django import forms

from continuity.agencies.models import ROLE_CHOICES, IdentityProvider
from continuity.agencies.providers import Details
from continuity.agencies.roles import Role
from continuity.backoffice.desk_forms import DeskForm
from continuity.backoffice.fields import CODE, Text

_ROLES = ", ".join(words for code, words in ROLE_CHOICES if code != Role.SYSTEM_CLIENT)


class Several(forms.CharField):
    """Values with commas or line ends between."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(max_length=1000, widget=forms.TextInput(attrs=CODE), **kwargs)

    def to_python(self, value: Any) -> Any:
        text = super().to_python(value) or ""
        return [one.strip() for one in text.replace("\n", ",").split(",") if one.strip()]

    def prepare_value(self, value: Any) -> Any:
        return ", ".join(value) if isinstance(value, list) else value

    def run_validators(self, value: Any) -> None:
        super().run_validators(", ".join(value))


class RoleMap(forms.CharField):
    """One group in a line: `patrol = officer, supervisor`."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(max_length=8000, widget=forms.Textarea(attrs=CODE | {"rows": 5}), **kwargs)

    def to_python(self, value: Any) -> Any:
        lines = [line.strip() for line in (super().to_python(value) or "").splitlines() if line.strip()]
        found: dict[str, list[str]] = {}
        for line in lines:
            group, equals, roles = line.rpartition("=")
            if not equals:
                raise forms.ValidationError(f'Write "group = role" in each line; not so: {line[:60]}')
            found[group.strip()] = [
                one.strip().lower().replace(" ", "_") for one in roles.split(",") if one.strip()
            ]
        return found

    def prepare_value(self, value: Any) -> Any:
        if not isinstance(value, dict):
            return value
        lines = [f"{group} = {', '.join(roles).replace('_', ' ')}" for group, roles in value.items()]
        return "\n".join(lines)

    def run_validators(self, value: Any) -> None:
        """The length is the text's; which roles there are and which go together is said by the verb."""


class ProviderForm(DeskForm):
    """The details of one provider. The secret is shown to nobody, and kept where nothing is typed."""

    version = forms.IntegerField(widget=forms.HiddenInput, required=False)
    name = Text("Name on the button", max_length=80, help_text="Sign in with ...")
    issuer = Text(
        "Issuer",
        max_length=200,
        help_text="The address alone, such as https://login.example.gov, without /.well-known.",
        attrs=CODE | {"inputmode": "url"},
    )
    client_id = Text("Client id", max_length=200, attrs=CODE)
    client_secret = forms.CharField(
        max_length=190,
        label="Client secret",
        required=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )
    domains = Several(
        label="E-mail domains",
        help_text="Only members with an address in one of these come in by it.",
        required=False,
    )
    strong_methods = Several(
        label="Methods that prove a second factor (amr)",
        help_text="Such as mfa, hwk. With none here and none below, this site asks for its own second factor.",
        required=False,
    )
    strong_contexts = Several(label="Contexts that prove it (acr, acrs)", required=False)
    role_claim = Text("Claim with the groups", max_length=80, initial="groups", attrs=CODE)
    role_map = RoleMap(
        label="Which group gives which roles",
        help_text=f'"group = role, role" in each line; empty: roles are given here. Roles: {_ROLES}.',
        required=False,
    )
    may_create = forms.BooleanField(
        label="Whoever is unknown here gets an account with the roles of their groups", required=False
    )

    @classmethod
    def typed(cls, provider: IdentityProvider) -> dict[str, Any]:
        """What the form shows of a provider that is there."""
        shown = [name for name in cls.base_fields if name != "client_secret"]
        return {name: getattr(provider, name) for name in shown}

    def said(self) -> dict[str, Any]:
        said = super().said()
        details = Details(**{name: said[name] for name in Details.__dataclass_fields__})
        return {"details": details, "client_secret": said["client_secret"], "version": said["version"]}


class UnlinkForm(DeskForm):
    username = Text("User name", "Type the user name.", max_length=60, attrs=CODE)
