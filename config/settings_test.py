"""What tests change: quick hashing, plain static files, no waiting. Everything else is the real thing."""

import os

for name in ("SECRET_KEY", "MATCH_KEY", "LEDGER_KEY"):
    os.environ.setdefault(name, f"only for tests: {name}")
os.environ.setdefault("FIELD_KEYS", "test:only for tests: FIELD_KEYS")
os.environ.setdefault("SEAL_KEYS", "test:only for tests: SEAL_KEYS")
os.environ.setdefault("INSECURE_COOKIES", "true")
for name in ("DATABASE_URL", "DATABASE_OWNER_URL"):
    # The type checker and `check` import settings without any service; nothing connects.
    os.environ.setdefault(name, "postgresql://nobody@localhost:1/continuity")
os.environ.setdefault("REDIS_URL", "redis://localhost:1/0")

from config.settings import *  # noqa: E402, F403

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
# Each worker has a store of its own: what one counts is not the other's.
_STORE = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw")) + 1
REDIS_URL = CACHES["default"]["LOCATION"] = f"{REDIS_URL.rpartition('/')[0]}/{_STORE}"  # noqa: F405
NEGATIVE_FLOOR = 0.0
TRUSTED_PROXIES = ["127.0.0.1"]  # as which Django's test client comes
LOGGING = LOGGING | {"root": {"level": "WARNING"}}  # noqa: F405
WHITENOISE_AUTOREFRESH = WHITENOISE_USE_FINDERS = True  # no collectstatic before a test
LOOKUP_RATE, LOOKUP_SHIFT_RATE = "10000/min", "100000/shift"
TOKENS_A_MINUTE = 10_000
REST_FRAMEWORK["DEFAULT_THROTTLE_RATES"] = {"lookup": LOOKUP_RATE}  # noqa: F405
