"""A site starts with good secrets alone, and Django finds nothing to warn of in the documented environment (S-13)."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from secrets import token_urlsafe
from unittest import mock

import pytest
from django.core.exceptions import ImproperlyConfigured
from environ import Env

from config.secrets import keys_by_id, refuse_sample_address, refuse_weak, secret

HOUSE = Path(__file__).resolve().parents[2]
GOOD = "hJ8_kQ2vXw5Zt1Ry-Lm7Nb4Pc9Sd6Fg3"
# As docs/operations.md says it: what is required, and a host.
PRODUCTION = {
    "SECRET_KEY": token_urlsafe(48),
    "MATCH_KEY": token_urlsafe(48),
    "LEDGER_KEY": token_urlsafe(48),
    "FIELD_KEYS": f"2026a:{token_urlsafe(48)}",
    "SEAL_KEYS": f"2026a:{token_urlsafe(48)}",
    "DATABASE_URL": "postgresql://continuity_site:hunted@localhost:1/continuity",
    "REDIS_URL": "redis://localhost:1/0",
    "ALLOWED_HOSTS": "continuity.example.org",
    "CSRF_TRUSTED_ORIGINS": "https://continuity.example.org",
    "INSECURE_COOKIES": "false",
    "DEMO": "false",
}


def documented() -> set[str]:
    table = (HOUSE / "docs/operations.md").read_text().split("## Environment")[1].split("\n## ")[0]
    rows = [line.split("|")[1] for line in table.splitlines() if line.startswith("| `")]
    return {name for row in rows for name in re.findall(r"`([A-Z_]+)`", row)}


def managed(*command: str, **changes: str) -> subprocess.CompletedProcess[str]:
    """`manage.py` in an environment of nothing but what is said here; "" takes a variable away, in a demo's .env too."""
    environment = (
        {"PATH": os.environ["PATH"], "DJANGO_SETTINGS_MODULE": "config.settings"} | PRODUCTION | changes
    )
    return subprocess.run(
        [sys.executable, *command], cwd=HOUSE, env=environment, capture_output=True, text=True, timeout=240
    )


def test_production_environment_passes_every_check_of_a_deployment():
    told = managed("manage.py", "check", "--deploy", "--fail-level", "WARNING")
    assert told.returncode == 0, told.stderr
    assert "no issues" in told.stdout
    assert set(PRODUCTION) <= documented()


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"SECRET_KEY": ""}, "Set SECRET_KEY, or SECRET_KEY_FILE"),
        ({"MATCH_KEY": "short"}, "MATCH_KEY is too easy to guess"),
    ],
    ids=["missing", "weak"],
)
def test_site_does_not_start(changes: dict[str, str], said: str):
    told = managed("-c", "import config.settings", **changes)
    assert told.returncode != 0
    assert said in told.stderr
    assert not [text for text in PRODUCTION.values() if len(text) > 40 and text in told.stderr]


def test_every_variable_that_settings_read_is_documented():
    source = (HOUSE / "config/settings.py").read_text()
    read = set(re.findall(r'\benv(?:\.\w+)?\(\s*"([A-Z_]+)"', source))
    secrets = set(re.findall(r'\bsecret\(\s*env, "([A-Z_]+)"', source))
    assert len(read) > 20
    assert {"SECRET_KEY", "FIELD_KEYS", "DATABASE_URL"} <= secrets
    assert read | secrets <= documented()


def test_cookies_are_bound_to_the_host_over_https():
    told = managed(
        "-c",
        "from config.settings import *; print(SESSION_COOKIE_NAME, CSRF_COOKIE_NAME, SESSION_COOKIE_SECURE,"
        " CSRF_COOKIE_SECURE, SECURE_HSTS_SECONDS, SECURE_SSL_REDIRECT)",
    )
    assert told.stdout.split() == [
        "__Host-sessionid", "__Host-csrftoken", "True", "True", "31536000", "True"
    ]  # fmt: skip


# Where a secret comes from


@pytest.fixture
def surroundings() -> Iterator[dict[str, str]]:
    with mock.patch.dict(os.environ, clear=True):
        yield os.environ  # type: ignore[misc]  # a mapping of texts as any


def test_secret_comes_from_its_name_or_from_a_file(surroundings: dict[str, str], tmp_path: Path):
    surroundings["A_KEY"] = GOOD
    (tmp_path / "b").write_text(f"{GOOD}\n")
    surroundings["B_KEY_FILE"] = str(tmp_path / "b")
    assert secret(Env(), "A_KEY") == secret(Env(), "B_KEY") == GOOD
    assert secret(Env(), "C_KEY", default="") == ""


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({}, "Set A_KEY, or A_KEY_FILE"),
        ({"A_KEY": ""}, "Set A_KEY, or A_KEY_FILE"),
        ({"A_KEY": GOOD, "A_KEY_FILE": "/nowhere"}, "both set"),
        ({"A_KEY_FILE": "/nowhere"}, "cannot be read"),
    ],
)
def test_secret_that_is_not_there_or_there_twice_is_refused(
    surroundings: dict[str, str], changes: dict[str, str], said: str
):
    surroundings.update(changes)
    with pytest.raises(ImproperlyConfigured, match=said) as refused:
        secret(Env(), "A_KEY")
    assert GOOD not in str(refused.value)


@pytest.mark.parametrize("text", ["k", "k:", ":text", "k:one,k:two", "key:one,,:two"])
def test_keys_of_another_form_are_refused(text: str):
    with pytest.raises(ImproperlyConfigured, match=r"needs id:text"):
        keys_by_id("FIELD_KEYS", text)


def test_keys_keep_their_order_and_what_follows_the_first_colon():
    assert list(keys_by_id("FIELD_KEYS", "b:x:y, a:z").items()) == [("b", "x:y"), ("a", "z")]


@pytest.mark.parametrize(
    ("keys", "said"),
    [
        ({"A": GOOD[:31]}, "A is too easy to guess"),
        ({"A": "abcabcabc" * 8}, "A is too easy to guess"),
        ({"A": f"django-insecure-{GOOD}"}, "A is a sample"),
        ({"A": f"{GOOD}-ChangeMe"}, "A is a sample"),
        ({"A": GOOD, "B": GOOD}, "A and B are the same"),
    ],
)
def test_weak_keys_are_refused_by_name_and_never_quoted(keys: dict[str, str], said: str):
    with pytest.raises(ImproperlyConfigured, match=said) as refused:
        refuse_weak(keys)
    assert not any(text in str(refused.value) for text in keys.values())


def test_good_keys_are_taken():
    refuse_weak({"A": GOOD, "B": GOOD[::-1], "C": token_urlsafe(48)})


def test_password_of_the_template_is_refused():
    template = (HOUSE / ".env.example").read_text()
    urls = re.findall(r"^(DATABASE_URL|REDIS_URL)=(.*)$", template, re.MULTILINE)
    assert len(urls) == 2
    for name, url in urls:
        with pytest.raises(ImproperlyConfigured, match=name):
            refuse_sample_address(name, url)
