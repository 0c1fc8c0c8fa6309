"""Settings for both stacks. What differs comes from the environment (docs/guides/configuration.md)."""

import os
from pathlib import Path
from typing import Any

import dj_database_url
from django.core.exceptions import ImproperlyConfigured

from labeling.config import env
from labeling.config.home import redis_socket
from labeling.config.secret import installation_mark, stored_secret

env.require_utf_8()
BASE_DIR = Path(__file__).resolve().parent.parent
# In a wheel the files beside the packages lie in this one (pyproject.toml), and the data must not lie there at all.
IS_CHECKOUT = (BASE_DIR / "manage.py").exists()
ASSETS = BASE_DIR if IS_CHECKOUT else BASE_DIR / "labeling" / "assets"
_SHARED = env.text("XDG_DATA_HOME")
HOME = Path(env.text("INTERLABEL_HOME") or (BASE_DIR / "var" if IS_CHECKOUT else env.data_folder(_SHARED))).resolve()
with env.needing_home(HOME):
    HOME.mkdir(parents=True, exist_ok=True)
    _STORED_SECRET = "" if env.text("SECRET_KEY") else stored_secret(HOME / "secret_key")

DEBUG = env.flag("DEBUG")
SECRET_KEY = env.text("SECRET_KEY") or _STORED_SECRET
HOST = env.text("HOST", "127.0.0.1")
PORT = env.integer("PORT", 8000, least=1, most=65535)
ALLOWED_HOSTS = env.words("ALLOWED_HOSTS", "localhost,127.0.0.1,[::1]")
CSRF_TRUSTED_ORIGINS = env.words("CSRF_TRUSTED_ORIGINS")
BEHIND_TLS = env.flag("BEHIND_TLS")
TRUSTED_PROXIES = env.integer("TRUSTED_PROXIES", 0)
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = BEHIND_TLS
HSTS_SECONDS = env.integer("HSTS_SECONDS", 30 * 24 * 3600)
if BEHIND_TLS:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    SECURE_HSTS_SECONDS = HSTS_SECONDS
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
CSRF_FAILURE_VIEW = "labeling.web.api.csrf_failure"
# Whatever gets into a page, no script and no style runs that is not a file of ours. `blob:` is the worker that decodes
# pictures, and pictures made in the browser; 'self' covers the sockets of the same host and port.
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": ["'none'"],
        "script-src": ["'self'"],
        "style-src": ["'self'"],
        "img-src": ["'self'", "blob:", "data:"],
        "font-src": ["'self'"],
        "connect-src": ["'self'"],
        "worker-src": ["'self'", "blob:"],
        "manifest-src": ["'self'"],
        "form-action": ["'self'"],
        "base-uri": ["'none'"],
        "frame-ancestors": ["'none'"],
    },
}

INSTALLED_APPS = [
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.humanize",
    "django.contrib.staticfiles",
    "channels",
    "ninja",
    "labeling.web",
    "labeling.audit",
    "labeling.accounts",
    "labeling.projects",
    "labeling.people",
    "labeling.images",
    "labeling.sources",
    "labeling.features",
    "labeling.annotations",
    "labeling.inbox",
    "labeling.assignment",
    "labeling.review",
    "labeling.suggestions",
    "labeling.quality",
    "labeling.history",
    "labeling.exchange",
    "labeling.live",
    "labeling.figures",
    "labeling.pages",
    "labeling.commands",
    "labeling.devtools",
    "labeling.api",
    # After ours, whose templates come first.
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.usersessions",
    "allauth.socialaccount",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "labeling.web.headers.PermissionsPolicyMiddleware",
    "labeling.web.inputs.InputMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "labeling.web.signed_in.SignedInMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "labeling.audit.current.CurrentRequestMiddleware",
    "labeling.accounts.last_seen.LastSeenMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "labeling.web.trouble.TroubleMiddleware",
]

ROOT_URLCONF = "labeling.urls"
ASGI_APPLICATION = "labeling.asgi.application"
TEMPLATES: list[dict[str, Any]] = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "labeling.web.context_processors.cookie_names",
                "labeling.web.context_processors.sends_email",
            ],
        },
    },
]

DATABASE_URL = env.url("DATABASE_URL", "postgres", "postgresql")
# The file's name is not put into a URL: a folder may have any character in its name.
_SQLITE = {"ENGINE": "django.db.backends.sqlite3", "NAME": str(HOME / "interlabel.sqlite3")}
DATABASES: dict[str, Any] = {"default": dj_database_url.parse(DATABASE_URL) if DATABASE_URL else _SQLITE}
if DATABASES["default"]["ENGINE"].endswith("sqlite3"):
    # WAL lets pages read while a worker writes; IMMEDIATE takes the write lock at BEGIN, so a transaction
    # that reads first can't fail half-way with "database is locked". FULL: what is answered as saved is on the disk
    # (what it costs: docs/measurements/editor-in-the-browser.md).
    DATABASES["default"]["OPTIONS"] = {
        "transaction_mode": "IMMEDIATE",
        "timeout": 20,
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA busy_timeout=20000;",
    }
else:
    # An ASGI server runs every request in a fresh thread: a connection kept for "the next request of this thread"
    # would never be used again, only held. The web process has a pool instead (labeling/database/pool.py).
    DATABASES["default"]["CONN_MAX_AGE"] = 0
    DATABASES["default"].setdefault("OPTIONS", {}).setdefault("connect_timeout", 5)
DATABASE_POOL = env.integer("DATABASE_POOL", 20)
# Browsers send a cookie to every port of a host: without names of their own, two installations on it would sign each
# other's people out.
_INSTALLATION = installation_mark(SECRET_KEY, DATABASES["default"])
SESSION_COOKIE_NAME = f"interlabel_session_{_INSTALLATION}"
CSRF_COOKIE_NAME = f"interlabel_csrf_{_INSTALLATION}"
DEVICE_COOKIE_NAME = f"interlabel_device_{_INSTALLATION}"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

AUTH_USER_MODEL = "accounts.User"
LOGIN_URL = "accounts:sign_in"
LOGIN_REDIRECT_URL = "projects:list"
LOGOUT_REDIRECT_URL = "accounts:sign_in"
PASSWORD_HASHERS = ["labeling.accounts.hashing.PooledPBKDF2PasswordHasher"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator"},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]

# django-allauth: labeling/accounts has its views and forms that differ, docs/decisions/0011-accounts.md says why.
ACCOUNT_ADAPTER = "labeling.accounts.adapter.AccountAdapter"
ACCOUNT_USER_DISPLAY = "labeling.accounts.services.shown_name"
ACCOUNT_LOGIN_METHODS = {"username"}
ACCOUNT_SIGNUP_FIELDS = ["username*", "email", "password1*"]
ACCOUNT_EMAIL_VERIFICATION = "none"  # nobody is kept out for want of a confirmed address
ACCOUNT_EMAIL_NOTIFICATIONS = True
ACCOUNT_EMAIL_UNKNOWN_ACCOUNTS = False
ACCOUNT_EMAIL_SUBJECT_PREFIX = ""
ACCOUNT_MAX_EMAIL_ADDRESSES = 5
ACCOUNT_DEFAULT_HTTP_PROTOCOL = "https" if BEHIND_TLS else "http"
ACCOUNT_REAUTHENTICATION_REQUIRED = True
ACCOUNT_REAUTHENTICATION_TIMEOUT = 15 * 60
ACCOUNT_FORMS = {"change_password": "labeling.accounts.forms.ChangePasswordForm"}
# Passwords are limited by labeling/accounts/throttle.py. "login_failed" is for the codes of the second factor.
ACCOUNT_RATE_LIMITS = {"login": None, "login_failed": "30/m/ip,5/5m/key", "change_password": None}
MFA_ADAPTER = "labeling.accounts.second_factor.SecondFactorAdapter"
MFA_SUPPORTED_TYPES = ["totp", "recovery_codes", "webauthn"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_TOTP_ISSUER = "Interlabel"
MFA_TOTP_TOLERANCE = 1  # a clock may be half a minute off
MFA_ALLOW_UNVERIFIED_EMAIL = True
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = not BEHIND_TLS  # browsers themselves allow it on localhost alone
SOCIALACCOUNT_ADAPTER = "labeling.accounts.single_sign_on.SingleSignOnAdapter"
SOCIALACCOUNT_EMAIL_AUTHENTICATION = SOCIALACCOUNT_EMAIL_AUTHENTICATION_AUTO_CONNECT = True
SOCIALACCOUNT_LOGIN_ON_GET = True  # the policy's form-action would stop the redirect to the provider
SOCIALACCOUNT_REQUESTS_TIMEOUT = 10
OIDC_ISSUER = env.url("OIDC_ISSUER", "https", "http")
OIDC_NAME = env.text("OIDC_NAME", "single sign-on")
OIDC_CREATE_ACCOUNTS = env.flag("OIDC_CREATE_ACCOUNTS")
SOCIALACCOUNT_PROVIDERS: dict[str, Any] = {}
if OIDC_ISSUER:
    INSTALLED_APPS.append("allauth.socialaccount.providers.openid_connect")
    _client = {"client_id": env.text("OIDC_CLIENT_ID"), "secret": env.text("OIDC_CLIENT_SECRET")}
    if not all(_client.values()):
        raise ImproperlyConfigured("OIDC_ISSUER needs OIDC_CLIENT_ID and OIDC_CLIENT_SECRET beside it.")
    _app = {"provider_id": "sso", "name": OIDC_NAME, **_client, "settings": {"server_url": OIDC_ISSUER}}
    SOCIALACCOUNT_PROVIDERS["openid_connect"] = {"APPS": [_app], "OAUTH_PKCE_ENABLED": True}
PASSWORD_RESET_TIMEOUT = 24 * 3600
LAST_SEEN_SECONDS = 300
# What allauth's limits count in: the database holds for all processes, and Redis may be full or gone.
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.db.DatabaseCache",
        "LOCATION": "accounts_cache",
        "OPTIONS": {"MAX_ENTRIES": 100_000},
    }
}
EMAIL_HOST = env.text("EMAIL_HOST")
EMAIL_BACKEND = f"django.core.mail.backends.{'smtp' if EMAIL_HOST else 'console'}.EmailBackend"
EMAIL_PORT = env.integer("EMAIL_PORT", 587, least=1, most=65535)
EMAIL_HOST_USER = env.text("EMAIL_USER")
EMAIL_HOST_PASSWORD = env.text("EMAIL_PASSWORD")
_EMAIL_SECURITY = env.text("EMAIL_SECURITY", "starttls")
if _EMAIL_SECURITY not in ("starttls", "tls", "none"):
    raise ImproperlyConfigured(f"EMAIL_SECURITY is starttls, tls or none, not {_EMAIL_SECURITY!r}.")
EMAIL_USE_TLS, EMAIL_USE_SSL = _EMAIL_SECURITY == "starttls", _EMAIL_SECURITY == "tls"
EMAIL_TIMEOUT = 10
# The address under which people reach this site, for links in e-mail that no request has asked for.
SITE_URL = env.text("SITE_URL") or next(iter(CSRF_TRUSTED_ORIGINS), "")
DEFAULT_FROM_EMAIL = SERVER_EMAIL = env.text("EMAIL_FROM", "interlabel@localhost")

LANGUAGE_CODE = "en-us"
TIME_ZONE = "UTC"
USE_TZ = True

STATIC_URL = "static/"
STATICFILES_DIRS = [ASSETS / "static"]
MEDIA_ROOT = HOME / "media"
STORAGES = {
    "default": {
        "BACKEND": env.text("MEDIA_STORAGE", "labeling.storage.durable.DurableStorage"),
        "OPTIONS": env.options("MEDIA_STORAGE_OPTIONS", {}),
    },
    "features": {
        "BACKEND": env.text("FEATURES_STORAGE", "django.core.files.storage.FileSystemStorage"),
        "OPTIONS": env.options("FEATURES_STORAGE_OPTIONS", {"location": str(HOME / "features")}),
    },
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}
# An S3-compatible store: of MEDIA_STORAGE and FEATURES_STORAGE `labeling.storage.s3.ObjectStorage`, and of the buckets
# that pictures come from and exports go to. Nothing else says where it is or who asks.
S3_ENDPOINT_URL = env.url("S3_ENDPOINT_URL", "https", "http")
S3_PUBLIC_URL = env.url("S3_PUBLIC_URL", "https", "http")
S3_REGION = env.text("S3_REGION", "us-east-1")
S3_ACCESS_KEY_ID = env.text("S3_ACCESS_KEY_ID")
S3_SECRET_ACCESS_KEY = env.text("S3_SECRET_ACCESS_KEY")
DOWNLOAD_SECONDS = env.integer("DOWNLOAD_SECONDS", 300, most=7 * 24 * 3600)
SOURCE_FOLDERS = env.folders("SOURCE_FOLDERS")
SOURCE_BUCKETS = env.buckets("SOURCE_BUCKETS")
EXPORT_BUCKETS = env.buckets("EXPORT_BUCKETS")
WATCH_SECONDS = env.integer("WATCH_SECONDS", 300, least=30)
# Without `collectstatic` (the one-command start) WhiteNoise serves straight from the sources; an image collects.
WHITENOISE_USE_FINDERS = env.flag("SERVE_STATIC_FROM_SOURCE", True)
WHITENOISE_AUTOREFRESH = WHITENOISE_USE_FINDERS  # a bundle rebuilt under a running server is served whole
STATIC_ROOT = None if WHITENOISE_USE_FINDERS else BASE_DIR / "collected"
if WHITENOISE_USE_FINDERS:
    STORAGES["staticfiles"] = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}

# Redis: given for a team; otherwise the one the supervisor starts on a private socket.
REDIS_URL = env.url("REDIS_URL", "redis", "rediss")
EMBEDDED_REDIS = not REDIS_URL
EMBEDDED_REDIS_SOCKET = redis_socket(HOME)
REDIS_ADDRESS = REDIS_URL or f"unix://{EMBEDDED_REDIS_SOCKET}"
CHANNEL_LAYERS: dict[str, Any] = {
    "default": {
        "BACKEND": "channels_redis.core.RedisChannelLayer",
        "CONFIG": {
            # No time-out: the layer waits for news in reads of 5 s, which is also redis-py's own time-out, so idle
            # sockets would be lost. With any time-out redis-py writes through `wait_for`, which in Python 3.11 can
            # swallow a cancellation: a socket that ends at once would leave a reader behind. TCP keep-alive finds
            # a Redis that is gone.
            "hosts": [{"address": REDIS_ADDRESS, "socket_timeout": None}],
            "capacity": 1000,
            "expiry": 30,
        },
    },
}
CELERY_BROKER_URL = REDIS_URL or f"redis+socket://{EMBEDDED_REDIS_SOCKET}"
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_TRANSPORT_OPTIONS = {"visibility_timeout": 3600}
CELERY_TASK_DEFAULT_QUEUE = "interlabel"
CELERY_TASK_ROUTES = {
    "labeling.features.tasks.encode": {"queue": "encode"},
    # Minutes of all cores: they must not keep an upload or an export from a worker.
    "labeling.suggestions.tasks.suggest": {"queue": "heads"},
    "labeling.suggestions.tasks.learn": {"queue": "heads"},
}
# Every task has an end. What is killed at its hard limit leaves its row to be claimed again, three times at most.
# docs/guides/configuration.md has the table, with what each has to do in that time.
_MINUTE = 60
TASK_MINUTES = {
    "labeling.images.tasks.ingest": 30,
    "labeling.images.tasks.cut": 30,
    "labeling.features.tasks.encode": 30,
    "labeling.suggestions.tasks.suggest": 30,
    "labeling.suggestions.tasks.learn": 12 * 60,
    "labeling.quality.tasks.compare": 30,
    "labeling.exchange.tasks.run": 12 * 60,
    "labeling.exchange.tasks.bring_in": 12 * 60,
}
CELERY_TASK_SOFT_TIME_LIMIT = 10 * _MINUTE
CELERY_TASK_TIME_LIMIT = 11 * _MINUTE
CELERY_TASK_ANNOTATIONS = {
    task: {"soft_time_limit": minutes * _MINUTE, "time_limit": (minutes + 1) * _MINUTE}
    for task, minutes in TASK_MINUTES.items()
}
CELERY_BEAT_SCHEDULER = "celery.beat:Scheduler"  # every period is seconds long: nothing to remember in a file


def _every(seconds: float, task: str) -> dict[str, Any]:
    """A beat entry. A message that waited a whole period is dropped, so none pile up while no worker runs."""
    return {"task": task, "schedule": seconds, "options": {"expires": seconds}}


CELERY_BEAT_SCHEDULE = {
    "free-late-turns": _every(30.0, "labeling.assignment.tasks.sweep"),
    "open-reserved-turns": _every(3600.0, "labeling.review.tasks.open_to_all"),
    "send-inbox-mail": _every(300.0, "labeling.inbox.tasks.send_mail"),
    "tidy-slots": _every(3600.0, "labeling.assignment.tasks.tidy"),
    "requeue-lost-encodings": _every(10.0, "labeling.features.tasks.sweep"),
    "resume-project-jobs": _every(30.0, "labeling.projects.tasks.sweep"),
    "empty-bin": _every(3600.0, "labeling.projects.tasks.empty_bin"),
    "count-label-facts": _every(600.0, "labeling.exchange.tasks.count_facts"),
    "expire-exports": _every(3600.0, "labeling.exchange.tasks.expire"),
    "tidy-accounts": _every(3600.0, "labeling.accounts.tasks.tidy"),
    "tidy-audit-log": _every(3600.0, "labeling.audit.tasks.tidy"),
    "tidy-features": _every(3600.0, "labeling.features.tasks.tidy"),
    "watch-sources": _every(30.0, "labeling.sources.tasks.sweep"),
    "resume-uploads": _every(30.0, "labeling.images.tasks.sweep"),
    "resume-exports": _every(30.0, "labeling.exchange.tasks.sweep"),
    "resume-suggestions": _every(20.0, "labeling.suggestions.tasks.sweep"),
    "resume-quality": _every(30.0, "labeling.quality.tasks.sweep"),
    "count-figures": _every(10.0, "labeling.figures.tasks.fold"),
    "recount-figures": _every(3600.0, "labeling.figures.tasks.recount"),
    "tidy-suggestions": _every(3600.0, "labeling.suggestions.tasks.tidy"),
}

# What `manage.py start` runs.
WORKER_PROCESSES = env.integer("WORKER_PROCESSES", 3, least=1)
# Of a host's processes, so many take in uploads at a time, and so many make exports: none of both stops the other.
TAKE_IN_AT_ONCE = max(1, WORKER_PROCESSES - 1)
DEMO = env.flag("DEMO", True)
START_DAMAGED = env.flag("START_DAMAGED")

# Limits, each with the message that names it.
MAX_UPLOAD_BYTES = env.integer("MAX_UPLOAD_BYTES", 2 * 1024**3, least=1)
RESUMABLE_HOURS = env.integer("RESUMABLE_HOURS", 24, least=1)
MAX_IMAGE_PIXELS = env.integer("MAX_IMAGE_PIXELS", 500_000_000, least=1)
DECODE_MEMORY_BYTES = env.integer("DECODE_MEMORY_BYTES", 8 * 1024**3, least=1)
MAX_ZIP_BYTES = env.integer("MAX_ZIP_BYTES", 20 * 1024**3, least=1)
MIN_FREE_BYTES = env.integer("MIN_FREE_BYTES", 256 * 1024**2)
EXPORT_DAYS = env.integer("EXPORT_DAYS", 30)
AUDIT_DAYS = env.integer("AUDIT_DAYS", 730)
if 0 < AUDIT_DAYS < 30:
    raise ImproperlyConfigured("AUDIT_DAYS is 0 (events are kept for ever) or at least 30.")
DATA_UPLOAD_MAX_MEMORY_SIZE = 32 * 1024**2
DATA_UPLOAD_MAX_NUMBER_FILES = 1000
DATA_UPLOAD_MAX_NUMBER_FIELDS = 6000  # a path beside each file; a form with 500 classes
FEATURES_MEMORY_BYTES = env.integer("FEATURES_MEMORY_BYTES", 512 * 1024**2)
OBJECTS_MEMORY_BYTES = env.integer("OBJECTS_MEMORY_BYTES", 1024**3)
TILES_BYTES = env.integer("TILES_BYTES", 8 * 1024**3)
# What a web process carries out at once (labeling/web/lanes.py).
REQUESTS_AT_ONCE = env.integer("REQUESTS_AT_ONCE", 16, least=1)
REQUESTS_WAITING = env.integer("REQUESTS_WAITING", 400)
REQUESTS_PATIENCE = 30
SIGN_INS_AT_ONCE = env.integer("SIGN_INS_AT_ONCE", max(1, len(os.sched_getaffinity(0)) // 2), least=1)
DECODE_THREADS = env.integer("DECODE_THREADS", max(2, len(os.sched_getaffinity(0))), least=1)
ENCODE_BATCH = env.integer("ENCODE_BATCH", 4, least=1)

LOGGING: dict[str, Any] = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "{asctime} {levelname:<7} {name}: {message}", "style": "{"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["console"], "level": env.text("LOG_LEVEL", "INFO").upper()},
    "loggers": {"django.request": {"level": "ERROR"}},  # a 404 or 409 is an answer, not a finding
}
