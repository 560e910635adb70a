"""The second factors of a member: a code from an app, security keys and passkeys, recovery codes (S-1).

allauth speaks the protocols. Secrets are sealed; a code is good once; the last way in cannot be removed, only changed.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from allauth.core.internal.cryptokit import normalize_user_code
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.signals import authentication_failed
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret, validate_totp_code
from allauth.mfa.utils import decrypt, encrypt
from allauth.mfa.webauthn.internal import auth as webauthn
from django.conf import settings
from django.core.cache import cache
from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import HttpRequest
from fido2.webauthn import AuthenticationResponse, UserVerificationRequirement

from continuity.agencies.models import Member
from continuity.errors import Conflict, Invalid, NotFound
from continuity.trail.models import Event
from continuity.trail.services import record_event

TOTP_FACTOR, KEY_FACTOR, RECOVERY_FACTOR = "totp", "webauthn", "recovery"
_TYPE = Authenticator.Type
_NEW_APP = "new_totp"  # in the session, sealed: shown, and not yet proved to be in an app
_NOT_YOURS = NotFound("not_found", "There is no such record.")
_WRONG_CODE = Invalid(
    "wrong_code", "This is not the code that stands there now. Type the next one.", field="code"
)
_WRONG_KEY = Invalid("wrong_key", "This key did not answer as it should. Try again, or use a code.")


@dataclass(frozen=True)
class Key:
    """A security key or passkey as its owner's page lists it."""

    id: int
    name: str
    added_at: datetime
    used_at: datetime | None


@dataclass(frozen=True)
class Factors:
    """What a member can prove a sign-in with besides the password."""

    has_app: bool
    keys: tuple[Key, ...]
    codes_left: int
    codes_were_seen: bool

    @property
    def is_empty(self) -> bool:
        return not self.has_app and not self.keys


def factors_of(member: Member) -> Factors:
    """All second factors of the member."""
    rows = list(Authenticator.objects.filter(user_id=member.pk).order_by("created_at"))
    keys = [row for row in rows if row.type == _TYPE.WEBAUTHN]
    codes = next((row.wrap() for row in rows if row.type == _TYPE.RECOVERY_CODES), None)
    return Factors(
        has_app=any(row.type == _TYPE.TOTP for row in rows),
        keys=tuple(Key(row.pk, row.wrap().name, row.created_at, row.last_used_at) for row in keys),
        codes_left=len(codes.get_unused_codes()) if codes else 0,
        codes_were_seen=codes is not None and codes.did_view,
    )


# -- proving ------------------------------------------------------------------------------------------------


def prove_by_code(request: HttpRequest, member: Member, code: str, *, is_again: bool = False) -> str:
    """Which factor this code proves: "totp" or "recovery". Raises Invalid `wrong_code`, and the failure is counted."""
    typed = normalize_user_code(code)
    rows = {row.type: row for row in Authenticator.objects.filter(user_id=member.pk)}
    app, codes = rows.get(_TYPE.TOTP), rows.get(_TYPE.RECOVERY_CODES)
    if app is not None and app.wrap().validate_code(typed) and _is_new(member, typed):
        app.record_usage()
        return TOTP_FACTOR
    if codes is not None and not is_again and codes.wrap().validate_code(typed):
        record_event(Event.Kind.RECOVERY_CODE_USED, member=member)
        return RECOVERY_FACTOR
    _note_failure(request, member, app or codes, is_again=is_again)
    raise _WRONG_CODE


def ask_key(member: Member, *, alone: bool = False) -> dict[str, Any]:
    """What the browser asks the member's keys; `alone` where no password stands beside: the key asks its PIN (S-1)."""
    must = UserVerificationRequirement.REQUIRED if alone else UserVerificationRequirement.PREFERRED
    options, state = webauthn.get_server().authenticate_begin(
        credentials=webauthn.get_credentials(member), user_verification=must
    )
    webauthn.set_state(state)
    return dict(options)


def prove_by_key(
    request: HttpRequest, member: Member, answer: Any, *, alone: bool = False, is_again: bool = False
) -> str:
    """ "webauthn", when a key of the member signed what it was asked. Raises Invalid `wrong_key`."""
    try:
        said = webauthn.parse_authentication_response(answer)
        row = webauthn.complete_authentication(member, answer)
        if alone and not _was_verified(said):
            raise _WRONG_KEY
    except (ValidationError, ValueError, TypeError, KeyError, AttributeError):
        _note_failure(request, member, None, is_again=is_again)
        raise _WRONG_KEY from None
    row.record_usage()
    return KEY_FACTOR


def _was_verified(said: AuthenticationResponse) -> bool:
    return said.response.authenticator_data.is_user_verified()


def _is_new(member: Member, code: str) -> bool:
    """Whether this code was not used before: the clocks' tolerance would leave it good for three periods."""
    period = getattr(settings, "MFA_TOTP_PERIOD", 30) * (2 * settings.MFA_TOTP_TOLERANCE + 1)
    return cache.add(f"totp-used:{member.pk}:{code}", 1, timeout=period)


def _note_failure(request: HttpRequest, member: Member, row: Authenticator | None, *, is_again: bool) -> None:
    record_event(Event.Kind.FACTOR_FAILED, member=member)
    # Whoever counts failures hears of it as of a wrong password (S-3).
    authentication_failed.send(
        sender=Authenticator, request=request, user=member, authenticator=row, reauthentication=is_again
    )


# -- adding, changing, removing -----------------------------------------------------------------------------


def new_app_secret(request: HttpRequest) -> str:
    """The secret that an app is being given: the same until it is proved, so that a reload shows no other."""
    kept = request.session.get(_NEW_APP)
    if kept:
        return str(decrypt(kept))
    secret = str(generate_totp_secret())
    request.session[_NEW_APP] = encrypt(secret)
    return secret


@transaction.atomic
def add_app(request: HttpRequest, member: Member, code: str) -> None:
    """Let the member's app prove the next sign-in, in the place of the one before. Raises Invalid `wrong_code`."""
    secret, typed = new_app_secret(request), normalize_user_code(code)
    if not validate_totp_code(secret, typed) or not _is_new(member, typed):
        raise _WRONG_CODE
    _lock(member)
    Authenticator.objects.filter(user_id=member.pk, type=_TYPE.TOTP).delete()
    TOTP.activate(member, secret)
    RecoveryCodes.activate(member)
    request.session.pop(_NEW_APP, None)
    record_event(Event.Kind.FACTOR_ADDED, member=member, about=TOTP_FACTOR)


def offer_key(member: Member) -> dict[str, Any]:
    """What the browser asks a new key."""
    return dict(webauthn.begin_registration(member, False))


@transaction.atomic
def add_key(member: Member, answer: Any, *, name: str) -> None:
    """Let a security key or passkey prove the next sign-in. Raises Invalid `wrong_key`."""
    try:
        webauthn.parse_registration_response(answer)
        webauthn.complete_registration(answer)
    except (ValidationError, ValueError, TypeError, KeyError, AttributeError):
        raise _WRONG_KEY from None
    _lock(member)
    count = Authenticator.objects.filter(user_id=member.pk, type=_TYPE.WEBAUTHN).count()
    row = webauthn.WebAuthn.add(member, " ".join(name.split())[:40] or f"Key {count + 1}", answer).instance
    RecoveryCodes.activate(member)
    record_event(Event.Kind.FACTOR_ADDED, member=member, about=f"{KEY_FACTOR} {row.pk}")


@transaction.atomic
def remove_key(member: Member, key_id: int) -> None:
    """Take a lost key out. Raises NotFound, Conflict `last_factor` when nothing but recovery codes would be left."""
    _lock(member)
    rows = Authenticator.objects.filter(user_id=member.pk).exclude(type=_TYPE.RECOVERY_CODES)
    row = rows.filter(pk=key_id, type=_TYPE.WEBAUTHN).first()
    if row is None:
        raise _NOT_YOURS
    if rows.count() == 1:
        raise Conflict("last_factor", "This is your only second factor. Add another one first.")
    row.delete()
    record_event(Event.Kind.FACTOR_REMOVED, member=member, about=f"{KEY_FACTOR} {key_id}")


@transaction.atomic
def remove_app(member: Member) -> None:
    """Take the app out. Raises NotFound, Conflict `last_factor`."""
    _lock(member)
    rows = Authenticator.objects.filter(user_id=member.pk).exclude(type=_TYPE.RECOVERY_CODES)
    row = rows.filter(type=_TYPE.TOTP).first()
    if row is None:
        raise _NOT_YOURS
    if rows.count() == 1:
        raise Conflict("last_factor", "This is your only second factor. Add another one first.")
    row.delete()
    record_event(Event.Kind.FACTOR_REMOVED, member=member, about=TOTP_FACTOR)


def recovery_codes(member: Member) -> list[str]:
    """The unused recovery codes while they were not seen yet; none afterwards."""
    row = Authenticator.objects.filter(user_id=member.pk, type=_TYPE.RECOVERY_CODES).first()
    codes = row.wrap() if row else None
    return list(codes.get_unused_codes()) if codes and not codes.did_view else []


def keep_recovery_codes(member: Member) -> None:
    """The member has written the codes down: they are not shown again."""
    row = Authenticator.objects.filter(user_id=member.pk, type=_TYPE.RECOVERY_CODES).first()
    if row is not None:
        row.wrap().mark_as_viewed()


@transaction.atomic
def renew_recovery_codes(member: Member) -> None:
    """New codes instead of the old ones, to be seen once."""
    _lock(member)
    Authenticator.objects.filter(user_id=member.pk, type=_TYPE.RECOVERY_CODES).delete()
    RecoveryCodes.activate(member)
    record_event(Event.Kind.FACTOR_ADDED, member=member, about=RECOVERY_FACTOR)


def current_code(member: Member) -> str:
    """What the member's app shows now: for the page of a demonstration alone."""
    from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value, yield_hotp_counters_from_time

    row = Authenticator.objects.filter(user_id=member.pk, type=_TYPE.TOTP).first()
    if row is None:
        return ""
    data: Mapping[str, Any] = row.data
    counters = list(yield_hotp_counters_from_time())
    return str(format_hotp_value(hotp_value(decrypt(data["secret"]), counters[len(counters) // 2])))


@transaction.atomic
def give_demo_app(member: Member) -> None:
    """A secret for a made-up member of a demonstration, who has no app; nothing where one is there."""
    if not Authenticator.objects.filter(user_id=member.pk, type=_TYPE.TOTP).exists():
        TOTP.activate(member, generate_totp_secret())


def _lock(member: Member) -> None:
    """Two tabs of one member wait for each other."""
    Member.objects.select_for_update(of=("self",)).get(pk=member.pk)
