"""Secrets of the site: each from NAME or from the file named in NAME_FILE; what could be guessed is refused (S-13)."""

from collections.abc import Mapping
from pathlib import Path

from django.core.exceptions import ImproperlyConfigured
from environ import Env

SHORTEST = 32  # characters; 48 random bytes make 64
_FEWEST = 10  # different characters: a text that only looks long has fewer
_SAMPLES = ("password", "changeme", "change-me", "django-insecure", "secret-key", "example", "xxxx")


def secret(env: Env, name: str, *, default: str | None = None) -> str:
    """The text of NAME, or of the file NAME_FILE. Raises ImproperlyConfigured for neither, both, or no such file."""
    text: str = env(name, default="")
    path: str = env(f"{name}_FILE", default="")
    if text and path:
        raise ImproperlyConfigured(f"{name} and {name}_FILE are both set: one of them is out of date.")
    if path:
        try:
            text = Path(path).read_text(encoding="utf-8").strip()
        except (OSError, UnicodeDecodeError) as error:
            raise ImproperlyConfigured(f"The file that {name}_FILE names cannot be read.") from error
    if text or default is not None:
        return text or str(default)
    raise ImproperlyConfigured(f"Set {name}, or {name}_FILE to a file that holds it: see .env.example.")


def keys_by_id(name: str, text: str) -> dict[str, str]:
    """`id:text,id:text` as a mapping in that order. Raises ImproperlyConfigured for another form or an id twice."""
    pairs = [pair.strip().partition(":") for pair in text.split(",") if pair.strip()]
    keys = {key: secret for key, _, secret in pairs}
    if not all(key and secret and key.isascii() for key, secret in keys.items()) or len(keys) < len(pairs):
        raise ImproperlyConfigured(f"{name} needs id:text with commas between, and each id once.")
    return keys


def refuse_weak(keys: Mapping[str, str]) -> None:
    """Refuse to start with keys that are short, are samples, or stand for two things. Never says what they are.

    Raises ImproperlyConfigured.
    """
    for name, text in keys.items():
        lower = text.lower()
        if len(text) < SHORTEST or len(set(text)) < _FEWEST:
            raise ImproperlyConfigured(
                f"{name} is too easy to guess: use {SHORTEST} random characters or more."
            )
        if any(sample in lower for sample in _SAMPLES):
            raise ImproperlyConfigured(f"{name} is a sample: make a text of its own.")
        same = [other for other, of_other in keys.items() if of_other == text and other != name]
        if same:
            raise ImproperlyConfigured(f"{name} and {same[0]} are the same text: each needs its own.")


def refuse_sample_address(name: str, url: str) -> None:
    """Refuse an address whose password is the template's. Raises ImproperlyConfigured."""
    if ":PASSWORD@" in url:
        raise ImproperlyConfigured(f"{name} still has the password of .env.example.")
