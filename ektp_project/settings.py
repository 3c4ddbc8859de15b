"""How is this installation set up? One file; every value from outside comes through env.py."""

from __future__ import annotations

import base64
from datetime import timedelta

from csp.constants import NONE, SELF
from django.core.exceptions import ImproperlyConfigured
from django.utils.translation import gettext_lazy as _
from kombu import Queue

from ektp_project.env import BASE_DIR, VAR_DIR, env, index_keys, key_ring, required, secret
from ektp_project.processes import WORKERS

# --- Demo or office ---------------------------------------------------------------------------
# The demo's secrets are public: they stand in this file so that `make run` needs no set-up.
DEMO = env.bool("EKTP_DEMO", default=False)
DEMO_SECRET_KEY = "demo-only-secret-key-that-everybody-knows-0123456789abcdefghijkl"
DEMO_NIK_KEY = "1:" + base64.b64encode(b"demo-only-key-for-nik-encryption").decode()
DEMO_NIK_INDEX_KEY = base64.b64encode(b"demo-only-key-for-nik-blindindex").decode()
DEMO_CENTRAL_TOKEN = "demo-token"

SECRET_KEY = secret("SECRET_KEY") or (DEMO_SECRET_KEY if DEMO else "")
required("SECRET_KEY", SECRET_KEY)
NIK_KEYS = key_ring("NIK_KEYS", required("NIK_KEYS", secret("NIK_KEYS") or (DEMO_NIK_KEY if DEMO else "")))
NIK_INDEX_KEYS = index_keys(
    "NIK_INDEX_KEY",
    required("NIK_INDEX_KEY", secret("NIK_INDEX_KEY") or (DEMO_NIK_INDEX_KEY if DEMO else "")),
)
CENTRAL_TOKEN = secret("CENTRAL_TOKEN") or (DEMO_CENTRAL_TOKEN if DEMO else "")

DEBUG = env.bool("DEBUG", default=False)
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=["localhost", "127.0.0.1", "[::1]"])
CSRF_TRUSTED_ORIGINS = env.list("CSRF_TRUSTED_ORIGINS", default=[])

if not DEMO:
    known = {
        "SECRET_KEY": SECRET_KEY == DEMO_SECRET_KEY,
        "NIK_KEYS": key_ring("NIK_KEYS", DEMO_NIK_KEY) == NIK_KEYS,
        "NIK_INDEX_KEY": base64.b64decode(DEMO_NIK_INDEX_KEY) in NIK_INDEX_KEYS.values(),
        "CENTRAL_TOKEN": CENTRAL_TOKEN == DEMO_CENTRAL_TOKEN,
    }
    public = sorted(name for name, is_public in known.items() if is_public)
    if public:
        raise ImproperlyConfigured(f"{', '.join(public)}: a demo secret is refused outside the demo.")

# --- Applications -----------------------------------------------------------------------------
INSTALLED_APPS = [
    "ektp_project.apps.OfficeAdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.postgres",
    "django.contrib.humanize",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.usersessions",
    "axes",
    "csp",
    "pgtrigger",
    "rest_framework",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "django_celery_beat",
    "registry",
    "printing",
]

MIDDLEWARE = [
    "ektp_project.interface.Interface",
    "django.middleware.security.SecurityMiddleware",
    "ektp_project.for_people.ContentPolicy",
    "django_permissions_policy.PermissionsPolicyMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "ektp_project.for_people.Sessions",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "ektp_project.for_people.Users",
    "ektp_project.language.ChosenLanguage",
    "ektp_project.for_people.Messages",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "ektp_project.signin.session_limits.SessionLimits",
    "ektp_project.signin.second_factor.SecondFactor",
    "axes.middleware.AxesMiddleware",
]

ROOT_URLCONF = "ektp_project.urls"
WSGI_APPLICATION = "ektp_project.wsgi.application"
ASGI_APPLICATION = "ektp_project.asgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "ektp_project" / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "libraries": {"office": "ektp_project.desk.words"},
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    }
]

# --- Data -------------------------------------------------------------------------------------
DATABASES = {"default": env.db_url_config(required("DATABASE_URL", secret("DATABASE_URL")))}
DATABASES["default"]["ENGINE"] = "registry.postgresql"
DATABASES["default"]["OPTIONS"] = {
    **DATABASES["default"].get("OPTIONS", {}),
    "prepare_threshold": 2,  # what comes a third time comes all day (registry/postgresql/prepared.py alone)
    "connect_timeout": 5,  # seconds; a database that is away is said soon, and tried again
    # Whoever vanishes without a farewell holds no locks for long: no transaction here waits for anything
    # but the database, so one that is idle belongs to a dead client. And the other way: a server that
    # vanishes is noticed within half a minute.
    "options": "-c idle_in_transaction_session_timeout=10s -c client_connection_check_interval=2s",
    "keepalives_idle": 15,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 15_000,  # milliseconds
}
DATABASES["default"]["CONN_MAX_AGE"] = env.int("CONN_MAX_AGE", default=600)  # seconds
DATABASES["default"]["CONN_HEALTH_CHECKS"] = True
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
REDIS_URL = required("REDIS_URL", secret("REDIS_URL"))

# Counts wrong codes for every web process alike; losing it loses those counts.
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.redis.RedisCache",
        "LOCATION": REDIS_URL,
        "KEY_PREFIX": "cache",
    },
}

MEDIA_ROOT = VAR_DIR / "media"
BIOMETRICS_ROOT = VAR_DIR / "biometrics"  # sealed pieces; never under MEDIA_ROOT, never served
STATIC_URL = "static/"
STATIC_MANIFEST = env.bool("STATIC_MANIFEST", default=not DEBUG)  # off (demo): served from where they stand
STATIC_ROOT = VAR_DIR / "static" if STATIC_MANIFEST else None
WHITENOISE_USE_FINDERS = not STATIC_MANIFEST
STATICFILES_DIRS = [BASE_DIR / "ektp_project" / "static"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "biometrics": {
        "BACKEND": "ektp_project.whole_files.WholeFiles",
        "OPTIONS": {"location": BIOMETRICS_ROOT, "allow_overwrite": True, "file_permissions_mode": 0o600},
    },
    "staticfiles": {
        "BACKEND": "ektp_project.static_files.HashedFiles"
        if STATIC_MANIFEST
        else "django.contrib.staticfiles.storage.StaticFilesStorage"
    },
}
FILE_UPLOAD_MAX_MEMORY_SIZE = 2 * 1024 * 1024  # bytes; a larger upload goes to a file while it comes in
DATA_UPLOAD_MAX_MEMORY_SIZE = 5 * 1024 * 1024  # bytes; the forms of a clerk are far smaller
IMPORT_MAXIMUM_BYTES = 50 * 1024 * 1024  # a list of 13,000 people has about 3 MB
# A refused row is mended and sent again within days; a list that stays longer is only NIKs to lose.
IMPORT_KEPT = timedelta(days=env.int("IMPORT_KEPT_DAYS", default=30))

# --- People -----------------------------------------------------------------------------------
LANGUAGE_CODE = "id"
LANGUAGES = [("id", _("Bahasa Indonesia")), ("en", _("Inggris"))]
LOCALE_PATHS = [BASE_DIR / "ektp_project" / "locale"]
FORMAT_MODULE_PATH = ["ektp_project.formats"]
USE_I18N = True
USE_TZ = True
TIME_ZONE = env.str("OFFICE_TIME_ZONE", default="Asia/Jakarta")
USE_THOUSAND_SEPARATOR = True

AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "admin:index"
SESSION_COOKIE_AGE = 10 * 60 * 60  # seconds; one working day, however busy (signin/session_limits.py)
SESSION_IDLE_SECONDS = env.int("SESSION_IDLE_SECONDS", default=30 * 60)
SESSION_COOKIE_HTTPONLY = True
CSRF_COOKIE_HTTPONLY = True

# --- Signing in: allauth asks for both factors, axes locks out who guesses -------------------
AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",
    "allauth.account.auth_backends.AuthenticationBackend",
]
SECOND_FACTOR_REQUIRED = not DEMO  # no switch: an office that could turn it off would
ACCOUNT_ADAPTER = "ektp_project.signin.adapters.AccountAdapter"
ACCOUNT_FORMS = {"login": "ektp_project.signin.adapters.SignInForm"}
ACCOUNT_LOGIN_METHODS = {"username"}
ACCOUNT_SIGNUP_FIELDS = ["username*", "password1*"]  # nobody signs up; allauth wants the two to agree
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_SESSION_REMEMBER = False
ACCOUNT_LOGOUT_REDIRECT_URL = "account_login"
ACCOUNT_REAUTHENTICATION_TIMEOUT = 300  # seconds after which a factor is changed only with another proof
# Wrong codes, and passwords beside axes: few from one address, more for one name, so that a stranger who
# guesses does not shut a clerk out.
ACCOUNT_RATE_LIMITS = {"login_failed": "10/m/ip,20/5m/key"}
MFA_ADAPTER = "ektp_project.signin.adapters.FactorAdapter"
MFA_FORMS = {"add_webauthn": "ektp_project.signin.adapters.KeyForm"}
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_ALLOW_UNVERIFIED_EMAIL = True  # the office writes no e-mail
MFA_RECOVERY_CODES_SHOW_ONCE = True
MFA_TOTP_ISSUER = "e-KTP"
MFA_TOTP_TOLERANCE = 1  # a phone may be half a minute off
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = DEMO
USERSESSIONS_TRACK_ACTIVITY = False
AXES_FAILURE_LIMIT = 5
AXES_COOLOFF_TIME = timedelta(minutes=15)  # templates/account/locked.html says so
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]  # a stranger elsewhere cannot lock a clerk out
AXES_RESET_ON_SUCCESS = True
AXES_USERNAME_FORM_FIELD = "login"
AXES_LOCKOUT_TEMPLATE = "account/locked.html"
AXES_CLIENT_IP_CALLABLE = "ektp_project.signin.address.client_address"
AXES_SENSITIVE_PARAMETERS = ["username", "login", "password"]  # masked in its log lines
AXES_VERBOSE = False

# --- Security ---------------------------------------------------------------------------------
# The demo speaks plain HTTP on this machine; an office sits behind a TLS proxy.
HTTPS = env.bool("HTTPS", default=not DEMO)
SECURE_SSL_REDIRECT = HTTPS
SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^readyz$", r"^metrics$"]  # asked for from inside, without TLS
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if HTTPS else None
SECURE_HSTS_SECONDS = 365 * 24 * 3600 if HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = HTTPS
SECURE_HSTS_PRELOAD = HTTPS
SESSION_COOKIE_SECURE = HTTPS
CSRF_COOKIE_SECURE = HTTPS
# A browser takes a cookie of this prefix from nobody but this very host, over TLS (RFC 6265bis, 4.1.3.2).
SESSION_COOKIE_NAME = "__Host-ektp_session" if HTTPS else "ektp_session"
CSRF_COOKIE_NAME = "__Host-csrftoken" if HTTPS else "csrftoken"
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
# Proxies of ours that stand before the web server; the address each adds to X-Forwarded-For is believed.
TRUSTED_PROXIES = env.int("TRUSTED_PROXIES", default=1 if HTTPS else 0)
ALLAUTH_TRUSTED_PROXY_COUNT = TRUSTED_PROXIES
# Whether the proxy says whose certificate a device showed (docs/nginx.conf): then the key must be its own.
DEVICE_CERTIFICATES = env.bool("DEVICE_CERTIFICATES", default=False)
PERMISSIONS_POLICY: dict[str, list[str]] = {
    **{
        feature: []
        for feature in (
            "accelerometer",
            "camera",
            "display-capture",
            "geolocation",
            "gyroscope",
            "magnetometer",
            "microphone",
            "midi",
            "payment",
            "usb",
        )
    },
    "publickey-credentials-create": ["self"],  # security keys
    "publickey-credentials-get": ["self"],
}
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "img-src": [SELF, "data:"],
        "object-src": [NONE],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
        "form-action": [SELF],
    }
}

# --- The office and its line -----------------------------------------------------------------
OFFICE_CODE = env.str("OFFICE_CODE", default="21.02")
SCENARIO = env.str("SCENARIO", default="")  # empty: the demo's own for an empty database
CENTRAL_URL = env.str("CENTRAL_URL", default="")
CENTRAL_TIMEOUT = env.float("CENTRAL_TIMEOUT", default=35.0)  # seconds; the contract: a call takes up to 30 s
PUMP_SECONDS = env.float("PUMP_SECONDS", default=1.0 if DEMO else 5.0)  # how often beat moves the line
PRINT_CONCURRENCY = env.int("PRINT_CONCURRENCY", default=8)  # threads of one printing worker
CENTRAL_CONCURRENCY = env.int("CENTRAL_CONCURRENCY", default=32)  # threads of one central worker

READY_AHEAD = env.int("READY_AHEAD", default=400)  # commands held ready: a day of printing; they expire
CHECK_REQUIRED = env.bool("CHECK_REQUIRED", default=False)  # a person checks each card before it is reported
POLL_FIRST = timedelta(seconds=env.float("POLL_FIRST_SECONDS", default=15.0 if DEMO else 600.0))
POLL_LONGEST = timedelta(seconds=env.float("POLL_LONGEST_SECONDS", default=300.0 if DEMO else 6 * 3600.0))

# The stairs of time: each outlasts the one before it; tests/house/test_timeouts.py asserts it.
TASK_SOFT_SECONDS = CENTRAL_TIMEOUT + 10  # one call to the centre or one card, and the records about it
PERMIT_LEASE_SECONDS = CENTRAL_TIMEOUT + 25  # a dead holder's permit comes back after this
CLAIM_LEASE = timedelta(seconds=env.float("CLAIM_SECONDS", default=2 * CENTRAL_TIMEOUT + 20))
PRINT_LEASE = timedelta(seconds=env.float("PRINT_SECONDS", default=150.0))  # one card takes up to a minute

# --- Celery -----------------------------------------------------------------------------------
CELERY_BROKER_URL = REDIS_URL
CELERY_TASK_IGNORE_RESULT = True  # the row is the result
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_CANCEL_LONG_RUNNING_TASKS_ON_CONNECTION_LOSS = True
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "visibility_timeout": 3600,  # seconds; longer than any task or claim, so that nothing is delivered twice
    "socket_timeout": 30,
    "socket_connect_timeout": 5,
    "socket_keepalive": True,
    "health_check_interval": 25,
}
CELERY_TASK_DEFAULT_QUEUE = "office"
CELERY_TASK_QUEUES = [Queue(group.queue, routing_key=group.queue) for group in WORKERS]
CELERY_TASK_CREATE_MISSING_QUEUES = False
CELERY_TIMEZONE = TIME_ZONE
CELERY_ENABLE_UTC = True
CELERY_BEAT_SCHEDULER = "ektp_project.schedules:OfficeScheduler"
CELERY_BEAT_MAX_LOOP_INTERVAL = 5  # seconds; an extra shift that a supervisor plans is seen this soon
DJANGO_CELERY_BEAT_TZ_AWARE = True
CELERY_WORKER_HIJACK_ROOT_LOGGER = False

# --- REST -------------------------------------------------------------------------------------
REST_FRAMEWORK = {
    "DEFAULT_SCHEMA_CLASS": "registry.api.manners.schema.OfficeSchema",
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["rest_framework.parsers.JSONParser"],
    "DEFAULT_AUTHENTICATION_CLASSES": [],  # registry.api.manners.view.ApiView has its own
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "EXCEPTION_HANDLER": "ektp_project.problems.problem_handler",
    "UNAUTHENTICATED_USER": None,
}
SPECTACULAR_SETTINGS = {
    "TITLE": "e-KTP print office",
    "DESCRIPTION": (
        "For kiosks, recording stations and systems that follow their own requests. "
        "Texts for people are in the language that `Accept-Language` asks for: `id` (the default) or `en`."
    ),
    "VERSION": "1.0.0",
    "OAS_VERSION": "3.1.0",
    "COMPONENT_SPLIT_REQUEST": True,
    "ENUM_GENERATE_CHOICE_DESCRIPTION": False,
    "ENUM_NAME_OVERRIDES": {
        "ApplicationState": "printing.states.ApplicationState",
        "FileKind": "registry.models.biometric.Kind",
        "PaperKind": "printing.api.applications.PAPER_CHOICES",
        "RecordingState": "registry.states.RecordingState",
        "RequestState": "printing.states.RequestState",
        "StandingState": "printing.selectors.lookup.STATES",
    },
    "POSTPROCESSING_HOOKS": [
        "drf_spectacular.hooks.postprocess_schema_enums",
        "registry.api.manners.schema.close_requests",
    ],
    "SCHEMA_PATH_PREFIX": "/api/v1",
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "SERVE_INCLUDE_SCHEMA": False,
    "SERVE_AUTHENTICATION": [],
    "SERVE_PERMISSIONS": ["rest_framework.permissions.AllowAny"],
}
API_PER_DEVICE = env.int("API_PER_DEVICE", default=600)  # requests a minute; a station sends batches
API_PER_ADDRESS = env.int("API_PER_ADDRESS", default=1800)  # a minute; several devices behind one line
API_FAILURES_PER_ADDRESS = env.int("API_FAILURES_PER_ADDRESS", default=20)  # wrong keys and codes a minute
API_LOOKUPS_PER_DEVICE = env.int("API_LOOKUPS_PER_DEVICE", default=60)  # a minute; people type slower
WEBHOOK_INNER_NETWORKS = env.list(
    "WEBHOOK_INNER_NETWORKS", default=["127.0.0.0/8", "::1/128"] if DEMO else []
)
API_PER_TARGET = env.int("API_PER_TARGET", default=30)  # questions an hour about one receipt or person

# --- Logs -------------------------------------------------------------------------------------
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"()": "ektp_project.logs.Formatter"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["console"], "level": env.str("LOG_LEVEL", default="INFO")},
    "loggers": {
        "httpx2": {"level": "WARNING"},  # its INFO lines carry addresses, and one of ours carries a NIK
        "httpcore2": {"level": "WARNING"},
        "celery.app.trace": {"level": "WARNING"},  # one line per task is a gigabyte a week
        "celery.worker.strategy": {"level": "WARNING"},
        "celery.beat": {"level": "WARNING"},
        "django_celery_beat": {"level": "WARNING"},
    },
}
