"""Settings of the site, from the environment (see .env.example). One file; tests overlay `settings_test`."""

from pathlib import Path

from csp.constants import NONE, SELF
from django.core.exceptions import ImproperlyConfigured
from environ import Env

from config.schedule import SCHEDULE
from config.schema_names import ENUM_NAMES
from config.secrets import keys_by_id, refuse_sample_address, refuse_weak, secret

BASE_DIR = Path(__file__).resolve().parent.parent
env = Env()
Env.read_env(BASE_DIR / ".env")

# -- Secrets and surroundings -------------------------------------------------------------------------------
DEBUG = env.bool("DEBUG", default=False)
INSECURE_COOKIES = env.bool("INSECURE_COOKIES", default=False)  # only for plain http on one's own machine
SECRET_KEY = secret(env, "SECRET_KEY")
# Keys of keyed hashes: of the matching index, and of search terms in the ledger. Changing MATCH_KEY needs a rekey.
MATCH_KEY = secret(env, "MATCH_KEY")
LEDGER_KEY = secret(env, "LEDGER_KEY")
# Keys that seal columns, by id: the first seals, all unseal (FIELD_KEYS=new:text,old:text).
FIELD_KEYS = keys_by_id("FIELD_KEYS", secret(env, "FIELD_KEYS"))
# Keys that sign the ledger's seals, in the same form: only who seals and verifies has them; the database never.
# Without them nothing is sealed and /readyz says so.
SEAL_KEYS = keys_by_id("SEAL_KEYS", secret(env, "SEAL_KEYS", default=""))
if not INSECURE_COOKIES:
    refuse_weak(
        {"SECRET_KEY": SECRET_KEY, "MATCH_KEY": MATCH_KEY, "LEDGER_KEY": LEDGER_KEY}
        | {f"FIELD_KEYS {key}": text for key, text in FIELD_KEYS.items()}
        | {f"SEAL_KEYS {key}": text for key, text in SEAL_KEYS.items()}
    )
SEAL_QUIET_MINUTES = env.int("SEAL_QUIET_MINUTES", default=10)  # ids commit out of order: younger rows wait
SEALS_FILE = env("SEALS_FILE", default="")  # to which each seal is added, on another system's disk
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=["localhost", "127.0.0.1", "[::1]"])
CSRF_TRUSTED_ORIGINS = env.list("CSRF_TRUSTED_ORIGINS", default=[])
TRUSTED_PROXIES = env.list("TRUSTED_PROXIES", default=[])  # networks whose X-Forwarded-For is believed
if not INSECURE_COOKIES and (DEBUG or "*" in ALLOWED_HOSTS):
    raise ImproperlyConfigured("DEBUG and every host in ALLOWED_HOSTS are for one's own machine alone.")
DEMO = env.bool("DEMO", default=False)  # made-up people; shows second factors on the page

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
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.socialaccount",
    "allauth.socialaccount.providers.openid_connect",
    "allauth.usersessions",
    "axes",
    "oauth2_provider",
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
    "continuity.entry.proxies.ClientAddress",  # first: all others may ask whence
    "continuity.entry.headers.EdgeHeaders",
    "django.middleware.security.SecurityMiddleware",
    "continuity.entry.csp.ContentPolicy",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "continuity.trail.wall.BehindTheWall",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.auth.middleware.LoginRequiredMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "continuity.trail.context.AuditContextMiddleware",
    "continuity.entry.middleware.SessionLimits",
    "continuity.entry.middleware.FirstThings",
    "allauth.account.middleware.AccountMiddleware",
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


DATABASE_URL = secret(env, "DATABASE_URL")
DATABASES = {
    "default": database(DATABASE_URL, pooled=True),
    "owner": database(secret(env, "DATABASE_OWNER_URL", default=DATABASE_URL), pooled=False),
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# -- Redis: throttle counts and the task queue ---------------------------------------------------------------
REDIS_URL = secret(env, "REDIS_URL")
for _name, _url in (("DATABASE_URL", DATABASE_URL), ("REDIS_URL", REDIS_URL)):
    refuse_sample_address(_name, _url)
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
CELERY_BEAT_SCHEDULE = SCHEDULE

# -- Notices that go out: e-mail and webhooks -----------------------------------------------------------------
_MAIL = "console" if INSECURE_COOKIES else "smtp"  # a demo prints what it would send
EMAIL_BACKEND = env("EMAIL_BACKEND", default=f"django.core.mail.backends.{_MAIL}.EmailBackend")
EMAIL_HOST, EMAIL_PORT = env("EMAIL_HOST", default="localhost"), env.int("EMAIL_PORT", default=25)
EMAIL_HOST_USER = env("EMAIL_HOST_USER", default="")
EMAIL_HOST_PASSWORD = secret(env, "EMAIL_HOST_PASSWORD", default="")
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
AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",
    "continuity.agencies.services.MembershipBackend",
]
PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]
AUTH_PASSWORD_VALIDATORS = [  # S-2; 8 characters or more, and no rule about which
    {"NAME": name}
    for name in (
        "django.contrib.auth.password_validation.MinimumLengthValidator",
        "django.contrib.auth.password_validation.CommonPasswordValidator",
        "continuity.agencies.passwords.NotTooLong",
        "continuity.agencies.passwords.NotBanned",
        "continuity.agencies.passwords.NotUsedBefore",
    )
]
PASSWORD_DAYS = 365  # S-2
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
if not INSECURE_COOKIES:  # a browser takes these from this host alone, over https alone
    SESSION_COOKIE_NAME, CSRF_COOKIE_NAME = "__Host-sessionid", "__Host-csrftoken"
ABSOLUTE_SESSION_AGE = 12 * 3600  # seconds, S-4
REAUTHENTICATION_AGE = 15 * 60  # seconds for which a sign-in lets the gravest verbs through
BANNER_VERSION = 1  # of the text in entry/banner.html: whoever read an older one reads it anew (S-5)
ACCOUNT_ADAPTER = "continuity.entry.adapters.FrontDoor"
ACCOUNT_LOGIN_METHODS = {"username"}
ACCOUNT_USER_MODEL_EMAIL_FIELD = None
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_RATE_LIMITS = {"login_failed": False, "login": False}  # axes counts: a station shares one address
SOCIALACCOUNT_ADAPTER = "continuity.entry.provider_client.SingleSignOn"
MFA_ADAPTER = "continuity.agencies.factor_secrets.SealedSecrets"
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_TOTP_TOLERANCE = 1  # periods that a phone's clock may be wrong; a code is good once all the same
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = INSECURE_COOKIES
AXES_FAILURE_LIMIT = 5  # S-3; what a lock is and who ends it is said in agencies.lockouts
AXES_COOLOFF_TIME = 0.25  # hours
AXES_LOCKOUT_PARAMETERS = ["username"]
AXES_RESET_ON_SUCCESS = True
AXES_HANDLER = (
    "axes.handlers.cache.AxesCacheHandler"  # its tables would keep what was typed, names of people too
)
AXES_VERBOSE = False
OAUTH2_PROVIDER_APPLICATION_MODEL = "oauth2_provider.Application"
OAUTH2_PROVIDER = {
    "ACCESS_TOKEN_EXPIRE_SECONDS": 300,
    "REFRESH_TOKEN_REUSE_PROTECTION": True,
    "ALLOWED_REDIRECT_URI_SCHEMES": ["https"],
    **{
        f"COMPLIANT_BCP_RFC9700_{rule}": True
        for rule in (
            "IMPLICIT_GRANT",
            "PASSWORD_GRANT",
            "PKCE_METHOD",
            "ACCESS_TOKEN_TRANSPORT",
            "AUTHZ_RESPONSE_ISS",
            "TOKEN_STORAGE",
        )
    },
}  # nosec B105
ANONYMOUS_USER_NAME = None
GUARDIAN_MONKEY_PATCH_USER = GUARDIAN_MONKEY_PATCH_GROUP = False
SILENCED_SYSTEM_CHECKS = [
    "guardian.W001",  # grants are asked by agencies.grants, not by a backend
    "axes.W002",  # agencies.lockouts answers a lock in the words of an unknown name; its middleware would tell
    "axes.W006",  # by user name, whatever the address: a station shares one, an attacker has many (S-3)
]

# -- The trail of edits -------------------------------------------------------------------------------------
MIGRATION_MODULES = {"auditlog": None}  # its own table would break test flush; ours replaces it
AUDITLOG_LOGENTRY_MODEL = "trail.AuditEntry"
AUDITLOG_CID_GETTER = "continuity.trail.context.current_request_id"
AUDITLOG_MASK_CALLABLE = "continuity.trail.context.mask"
AUDITLOG_STORE_JSON_CHANGES = True

# -- The API ------------------------------------------------------------------------------------------------
LOOKUP_RATE = env("LOOKUP_RATE", default="30/min")
LOOKUP_SHIFT_RATE = env("LOOKUP_SHIFT_RATE", default="300/shift")  # 12 hours from the first question on
TOKENS_A_MINUTE = env.int(
    "TOKENS_A_MINUTE", default=120
)  # from one address: a county's programs may share one
NEGATIVE_FLOOR = env.float(
    "NEGATIVE_FLOOR", default=0.15
)  # seconds; every negative answer takes this long (P-3)
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "continuity.api.programs.ProgramAuthentication",
        "rest_framework.authentication.SessionAuthentication",
    ],
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
SECURE_REFERRER_POLICY = "same-origin"  # htmx and the CSRF check need the own referrer; nobody else gets one
PERMISSIONS_POLICY = ", ".join(  # what no page needs; a security key is asked for by the page itself
    f"{feature}=()"
    for feature in (
        "accelerometer", "autoplay", "camera", "display-capture", "encrypted-media", "fullscreen", "geolocation",
        "gyroscope", "magnetometer", "microphone", "midi", "payment", "picture-in-picture", "usb",
        "xr-spatial-tracking",
    )
)  # fmt: skip
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
# What one request may be: forms and JSON, how many fields and files. A signed form may be 5 MB (consents.documents).
DATA_UPLOAD_MAX_MEMORY_SIZE = 2 * 1024 * 1024  # bytes, without files
DATA_UPLOAD_MAX_NUMBER_FIELDS, DATA_UPLOAD_MAX_NUMBER_FILES = 500, 5
FILE_UPLOAD_MAX_MEMORY_SIZE = (
    6 * 1024 * 1024
)  # a larger file is not taken at all, and none lies on a disk in clear
FILE_UPLOAD_HANDLERS = ["django.core.files.uploadhandler.MemoryFileUploadHandler"]
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
    # At DEBUG these quote what a statement was asked with and all that a template was given.
    "loggers": {name: {"level": "INFO"} for name in ("django.db.backends", "django.template")},
    "root": {"handlers": ["stderr"], "level": env("LOG_LEVEL", default="INFO")},
}
