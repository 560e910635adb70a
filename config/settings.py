"""Settings of the site, from the environment (see .env.example). One file; tests overlay `settings_test`."""

from pathlib import Path

from celery.schedules import crontab
from csp.constants import NONE, SELF
from django.core.exceptions import ImproperlyConfigured
from environ import Env

from config.schema_names import ENUM_NAMES

BASE_DIR = Path(__file__).resolve().parent.parent
env = Env()
Env.read_env(BASE_DIR / ".env")

# -- Secrets and surroundings -------------------------------------------------------------------------------
DEBUG = env.bool("DEBUG", default=False)
SECRET_KEY = env("SECRET_KEY")
# Keys of keyed hashes: of the matching index, and of search terms in the ledger. Changing MATCH_KEY needs a rekey.
MATCH_KEY = env("MATCH_KEY")
LEDGER_KEY = env("LEDGER_KEY")
# Keys that seal documents, by id: the first seals, all unseal (FIELD_KEYS=new:text,old:text).
FIELD_KEYS = dict(pair.split(":", 1) for pair in env.list("FIELD_KEYS"))
if not all(FIELD_KEYS.values()) or not FIELD_KEYS:
    raise ImproperlyConfigured("FIELD_KEYS needs at least one id:text")
# Keys that sign the ledger's seals, in the same form: only who seals and verifies has them, in a file if it may not
# stand in the environment; the database never. Without them nothing is sealed and /readyz says so.
_SEAL_KEYS_FILE = env("SEAL_KEYS_FILE", default="")
_SEAL_KEYS = Path(_SEAL_KEYS_FILE).read_text().strip() if _SEAL_KEYS_FILE else env("SEAL_KEYS", default="")
SEAL_KEYS = dict(pair.split(":", 1) for pair in _SEAL_KEYS.split(",") if pair)
SEAL_QUIET_MINUTES = env.int("SEAL_QUIET_MINUTES", default=10)  # ids commit out of order: younger rows wait
SEALS_FILE = env("SEALS_FILE", default="")  # to which each seal is added, on another system's disk
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=["localhost", "127.0.0.1", "[::1]"])
CSRF_TRUSTED_ORIGINS = env.list("CSRF_TRUSTED_ORIGINS", default=[])
INSECURE_COOKIES = env.bool("INSECURE_COOKIES", default=False)  # only for plain http on one's own machine

# -- Applications, in the order of the floors ---------------------------------------------------------------
INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.postgres",
    "auditlog",
    "guardian",
    "csp",
    "django_htmx",
    "rest_framework",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "drf_standardized_errors",
    "continuity.trail",
    "continuity.agencies",
    "continuity.people",
    "continuity.notices",
    "continuity.consents",
    "continuity.crisis",
    "continuity.treatment",
    "continuity.access",
    "continuity.disclosures",
    "continuity.api",
    "continuity.entry",
    "continuity.lookup",
    "continuity.caseload",
    "continuity.delivery",
    "continuity.backoffice",
    "django.contrib.admin.apps.SimpleAdminConfig",  # after backoffice, whose frame stands before its own
    "continuity.intake",
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "continuity.entry.csp.ContentPolicy",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.auth.middleware.LoginRequiredMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "continuity.trail.context.AuditContextMiddleware",
    "continuity.entry.middleware.SessionLimits",
    "continuity.entry.middleware.BannerFirst",
    "django_htmx.middleware.HtmxMiddleware",
]
ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ]
        },
    }
]

# -- PostgreSQL: the site's role owns nothing; the owner's role migrates -------------------------------------
_SPEED = {"server_side_binding": True, "prepare_threshold": 3}  # without both Django prepares no statement


def database(url: str, *, pooled: bool) -> dict[str, object]:
    config = Env.db_url_config(url)
    options = config.get("OPTIONS", {}) | _SPEED
    config["HOST"] = options.pop("host", config["HOST"])  # a socket's folder comes as ?host=
    if pooled:
        options["pool"] = {"min_size": 2, "max_size": 8, "timeout": 5}
    # Never ATOMIC_REQUESTS: it would roll the ledger row of a refusal back.
    return {**config, "ATOMIC_REQUESTS": False, "CONN_MAX_AGE": 0, "OPTIONS": options}


DATABASE_URL = env("DATABASE_URL")
DATABASES = {
    "default": database(DATABASE_URL, pooled=True),
    "owner": database(env("DATABASE_OWNER_URL", default=DATABASE_URL), pooled=False),
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# -- Redis: throttle counts and the task queue ---------------------------------------------------------------
REDIS_URL = env("REDIS_URL")
CACHES = {"default": {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": REDIS_URL}}
CELERY_BROKER_URL = REDIS_URL
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_CONNECTION_MAX_RETRIES = None  # a worker outlives its broker
CELERY_BROKER_TRANSPORT_OPTIONS = {"queue_order_strategy": "priority"}  # 0 first; a crisis alert wakes with 0
CELERY_TASK_DEFAULT_PRIORITY = 6
CELERY_BEAT_SCHEDULE = {
    "deliver-what-is-due": {
        "task": "continuity.delivery.tasks.deliver",
        "schedule": 10,  # seconds: whatever was lost on the way to the worker is found here
        "options": {"expires": 10},
    },
    "fold-counts-of-names": {
        "task": "continuity.people.tasks.fold_counts",
        "schedule": crontab(minute="*/5"),
    },
    "forget-old-notices": {
        "task": "continuity.delivery.tasks.forget_old_notices",
        "schedule": crontab(hour=3, minute=40),
    },
    "look-for-duplicates": {
        "task": "continuity.people.tasks.look_for_duplicates",
        "schedule": 10,  # seconds: whoever was registered since is compared with the rest of the index
        "options": {"expires": 10},
    },
    "expire-consents": {
        "task": "continuity.consents.tasks.expire_consents",
        "schedule": crontab(minute=10),
    },
    "tell-of-expiring-consents": {
        "task": "continuity.consents.tasks.tell_of_expiring",
        "schedule": crontab(hour=13, minute=30),
    },
    "tell-of-unpapered-suspensions": {
        "task": "continuity.consents.tasks.tell_of_unpapered_suspensions",
        "schedule": crontab(hour=13, minute=35),
    },
    "tell-of-offers-due": {
        "task": "continuity.consents.tasks.tell_of_offers_due",
        "schedule": crontab(hour=13, minute=40),
    },
    "ask-about-events": {
        "task": "continuity.consents.tasks.ask_about_events",
        "schedule": crontab(hour=13, minute=45),
    },
    "tell-of-accountings-due": {
        "task": "continuity.disclosures.tasks.tell_of_accountings_due",
        "schedule": crontab(hour=13, minute=25),
    },
    "remind-of-drafts": {
        "task": "continuity.crisis.tasks.remind_of_drafts",
        "schedule": crontab(minute="*/10"),
    },
    "cancel-old-drafts": {
        "task": "continuity.crisis.tasks.cancel_old_drafts",
        "schedule": crontab(minute=40),
    },
    "tell-of-waiting-proposals": {
        "task": "continuity.crisis.tasks.tell_of_waiting_proposals",
        "schedule": crontab(minute=45),
    },
    "tell-of-expiring-flags": {
        "task": "continuity.crisis.tasks.tell_of_expiring_flags",
        "schedule": crontab(hour=13, minute=50),
    },
    "tell-of-amendments-due": {
        "task": "continuity.crisis.tasks.tell_of_amendments_due",
        "schedule": crontab(hour=13, minute=55),
    },
    "tell-of-due-follow-ups": {
        "task": "continuity.treatment.tasks.tell_of_due_follow_ups",
        "schedule": crontab(),
    },
    "tell-supervisors-of-overdue-follow-ups": {
        "task": "continuity.treatment.tasks.tell_supervisors_of_overdue",
        "schedule": crontab(minute="*/5"),
    },
    "tell-of-unacknowledged-linkages": {
        "task": "continuity.treatment.tasks.tell_of_unacknowledged",
        "schedule": crontab(minute="*/5"),
    },
    "tell-of-stale-team-links": {
        "task": "continuity.treatment.tasks.tell_of_stale_links",
        "schedule": crontab(hour=13, minute=50),
    },
    "time-out-emergency-requests": {
        "task": "continuity.access.tasks.time_out_requests",
        "schedule": crontab(),
    },
    "end-emergencies": {
        "task": "continuity.access.tasks.end_emergencies",
        "schedule": crontab(),
    },
    "remind-of-overdue-reviews": {
        "task": "continuity.access.tasks.remind_of_overdue_reviews",
        "schedule": crontab(minute="*/10"),
    },
    "make-ledger-partitions": {
        "task": "continuity.disclosures.tasks.make_partitions",
        "schedule": crontab(hour=3, minute=20),
    },
    "seal-the-ledger": {
        "task": "continuity.disclosures.tasks.seal_ledger",
        "schedule": crontab(minute=5),
    },
    "verify-the-last-day": {
        "task": "continuity.disclosures.tasks.verify_last_day",
        "schedule": crontab(hour=4, minute=30),
    },
    "watch-the-ledger": {
        "task": "continuity.disclosures.tasks.watch_ledger",
        "schedule": crontab(minute="*/10"),
    },
    "review-last-weeks-use": {
        "task": "continuity.disclosures.tasks.review_last_week",
        "schedule": crontab(day_of_week="mon", hour=13, minute=5),
    },
    "forget-answered-requests": {
        "task": "continuity.trail.tasks.forget_answered_requests",
        "schedule": crontab(minute=25),
    },
}

# -- Notices that go out: e-mail and webhooks -----------------------------------------------------------------
_MAIL = "console" if INSECURE_COOKIES else "smtp"  # a demo prints what it would send
EMAIL_BACKEND = env("EMAIL_BACKEND", default=f"django.core.mail.backends.{_MAIL}.EmailBackend")
EMAIL_HOST, EMAIL_PORT = env("EMAIL_HOST", default="localhost"), env.int("EMAIL_PORT", default=25)
EMAIL_HOST_USER = env("EMAIL_HOST_USER", default="")
EMAIL_HOST_PASSWORD = env("EMAIL_HOST_PASSWORD", default="")
EMAIL_USE_TLS = env.bool("EMAIL_USE_TLS", default=False)
EMAIL_TIMEOUT = 5  # seconds
DEFAULT_FROM_EMAIL = env("DEFAULT_FROM_EMAIL", default="continuity@localhost")
OPERATOR_EMAIL = env.list("OPERATOR_EMAIL", default=[])  # who is told when the ledger fails (AU-5)
SITE_URL = env("SITE_URL", default="")  # where an e-mail leads to; without it the e-mail has no link
DELIVERY_LEASE = env.float(
    "DELIVERY_LEASE", default=60
)  # seconds until a worker's silence means that it died
DELIVERY_FIRST_RETRY = env.float("DELIVERY_FIRST_RETRY", default=10)  # seconds; three times as long each time

# -- Who is at the door -------------------------------------------------------------------------------------
AUTH_USER_MODEL = "agencies.Member"
AUTHENTICATION_BACKENDS = ["continuity.agencies.services.MembershipBackend"]
PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in ("MinimumLengthValidator", "CommonPasswordValidator", "UserAttributeSimilarityValidator")
]
LOGIN_URL = "sign_in"
CSRF_FAILURE_VIEW = "continuity.entry.views.csrf_failure"
LOGIN_REDIRECT_URL = "home"
LOGOUT_REDIRECT_URL = "sign_in"
SESSION_ENGINE = "continuity.entry.sessions"
SESSION_COOKIE_AGE = 30 * 60  # idle, S-4; touched at most once a minute
SESSION_EXPIRE_AT_BROWSER_CLOSE = True
SESSION_COOKIE_HTTPONLY = CSRF_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = not INSECURE_COOKIES
ABSOLUTE_SESSION_AGE = 12 * 3600  # seconds, S-4
BANNER_VERSION = 1  # of the text in entry/banner.html: whoever read an older one reads it anew (S-5)
ANONYMOUS_USER_NAME = None
GUARDIAN_MONKEY_PATCH_USER = GUARDIAN_MONKEY_PATCH_GROUP = False
SILENCED_SYSTEM_CHECKS = ["guardian.W001"]  # grants are asked by agencies.grants, not by a backend

# -- The trail of edits -------------------------------------------------------------------------------------
MIGRATION_MODULES = {"auditlog": None}  # its own table would break test flush; ours replaces it
AUDITLOG_LOGENTRY_MODEL = "trail.AuditEntry"
AUDITLOG_CID_GETTER = "continuity.trail.context.current_request_id"
AUDITLOG_MASK_CALLABLE = "continuity.trail.context.mask"
AUDITLOG_STORE_JSON_CHANGES = True

# -- The API ------------------------------------------------------------------------------------------------
LOOKUP_RATE = env("LOOKUP_RATE", default="30/min")
LOOKUP_SHIFT_RATE = env("LOOKUP_SHIFT_RATE", default="300/shift")  # 12 hours from the first question on
NEGATIVE_FLOOR = env.float(
    "NEGATIVE_FLOOR", default=0.15
)  # seconds; every negative answer takes this long (P-3)
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["rest_framework.authentication.SessionAuthentication"],
    "DEFAULT_PERMISSION_CLASSES": ["continuity.agencies.permissions.DenyUnlessDeclared"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["continuity.api.parsers.BoundedJSONParser"],
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "DEFAULT_VERSIONING_CLASS": "rest_framework.versioning.NamespaceVersioning",
    "DEFAULT_THROTTLE_RATES": {"lookup": LOOKUP_RATE},
    "EXCEPTION_HANDLER": "continuity.api.problems.handle",
    "UNAUTHENTICATED_USER": "django.contrib.auth.models.AnonymousUser",
}
DRF_STANDARDIZED_ERRORS = {"EXCEPTION_FORMATTER_CLASS": "continuity.api.problems.ProblemFormatter"}
SPECTACULAR_SETTINGS = {
    "TITLE": "Continuity",
    "VERSION": "1",
    "DESCRIPTION": "Consented crisis-contact summaries for a county's responders.",
    "OAS_VERSION": "3.1.0",
    "SERVE_PERMISSIONS": ["continuity.agencies.permissions.SignedIn"],
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "REDOC_DIST": "SIDECAR",
    "SCHEMA_PATH_PREFIX": "/api/v[0-9]",
    "ENUM_NAME_OVERRIDES": ENUM_NAMES,
    "POSTPROCESSING_HOOKS": [
        "drf_spectacular.hooks.postprocess_schema_enums",
        "continuity.api.schema.describe_problems",
    ],
}

# -- Pages --------------------------------------------------------------------------------------------------
STATIC_URL = "static/"
STATIC_ROOT = BASE_DIR / "staticfiles"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "img-src": [SELF, "data:"],
        "object-src": [NONE],
        "base-uri": [SELF],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
    }
}
SECURE_HSTS_SECONDS = 0 if INSECURE_COOKIES else 31_536_000
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = not INSECURE_COOKIES
SECURE_SSL_REDIRECT = env.bool("SECURE_SSL_REDIRECT", default=not INSECURE_COOKIES)
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
LANGUAGE_CODE = "en-us"
TIME_ZONE = env("TIME_ZONE", default="America/Los_Angeles")  # for showing; stored in UTC
USE_TZ = True

# -- Logs: no query strings, no bodies; names never reach a message ------------------------------------------
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "line": {
            "()": "continuity.trail.logs.Formatter",
            "format": "%(asctime)s %(levelname)s %(name)s %(message)s",
        }
    },
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["stderr"], "level": env("LOG_LEVEL", default="INFO")},
}
