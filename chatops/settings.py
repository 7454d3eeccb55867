"""All settings, in one file. Without any environment variable Shipmate runs on this machine alone.

Each variable is listed in docs/settings.md; a test compares the two.
"""

from __future__ import annotations

from pathlib import Path
from urllib.parse import quote, urlsplit

import dj_database_url
from csp.constants import NONE, SELF

from chatops.environment import (
    env_bool,
    env_int,
    env_list,
    env_secret,
    env_text,
    make_private,
)
from chatops.logs import without_traceback

BASE_DIR = Path(__file__).resolve().parent.parent
STATE = Path(env_text("SHIPMATE_STATE") or BASE_DIR / ".state").resolve()

# What this installation is.
DEBUG = env_bool("SHIPMATE_DEBUG")
SERVER = env_bool("SHIPMATE_SERVER")  # set by script/server: a real installation
SHIPMATE_URL = env_text("SHIPMATE_URL", "http://127.0.0.1:8000").rstrip("/")
_address = urlsplit(SHIPMATE_URL)
ALLOWED_HOSTS = env_list("SHIPMATE_ALLOWED_HOSTS") or (
    [] if SERVER else ["127.0.0.1", "localhost", "[::1]"]
)
CSRF_TRUSTED_ORIGINS = [f"{_address.scheme}://{_address.netloc}"]

# Keys: from the environment, or made at first start and kept at 0600 in the state folder.
SECRET_KEY = env_secret("SHIPMATE_SECRET_KEY", STATE / "keys" / "secret_key", "signing")
SHIPMATE_FERNET_KEYS = env_list("SHIPMATE_FERNET_KEYS") or [
    env_secret("SHIPMATE_FERNET_KEY", STATE / "keys" / "fernet_key", "fernet")
]

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.forms",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.socialaccount",
    "allauth.socialaccount.providers.github",
    "allauth.socialaccount.providers.openid_connect",
    "allauth.usersessions",
    "csp",
    "rest_framework",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "django_q",
    "deployments",
    "bots",
    "chatops",
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "deployments.webhooks.middleware.StraightMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "deployments.web.middleware.NoNulMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.auth.middleware.LoginRequiredMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "csp.middleware.CSPMiddleware",
    "deployments.web.middleware.TimeZoneMiddleware",
    "deployments.web.middleware.LastSeenMiddleware",
    "deployments.web.middleware.SecondFactorMiddleware",
]
ROOT_URLCONF = "chatops.urls"
ASGI_APPLICATION = "chatops.asgi.application"
WSGI_APPLICATION = "chatops.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "deployments.web.menu.context",
            ]
        },
    }
]
FORM_RENDERER = "django.forms.renderers.TemplatesSetting"

# One database, which is also the queue.
DATABASES = {
    "default": dj_database_url.parse(
        env_text("SHIPMATE_DATABASE_URL") or f"sqlite:///{quote(str(STATE / 'shipmate.sqlite3'))}",
        conn_max_age=600,
        conn_health_checks=True,
    )
}
_on_sqlite = DATABASES["default"]["ENGINE"] == "django.db.backends.sqlite3"
if _on_sqlite:
    DATABASES["default"]["ENGINE"] = "chatops.sqlite3"
    make_private(STATE)
    DATABASES["default"]["OPTIONS"] = {
        "transaction_mode": "IMMEDIATE",
        "timeout": 20,
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;",
    }
elif DATABASES["default"]["ENGINE"] == "django.db.backends.postgresql":
    # A server that is cut off is noticed within half a minute, also by who waits for its answer.
    DATABASES["default"]["OPTIONS"] = {
        "connect_timeout": 10,
        "keepalives_idle": 15,
        "keepalives_interval": 5,
        "keepalives_count": 3,
        "tcp_user_timeout": 30_000,
        **DATABASES["default"].get("OPTIONS", {}),
    }
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
# Throttles count in the database, so that they hold for all web processes together.
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.db.DatabaseCache",
        "LOCATION": "shipmate_cache",
    }
}

# People sign in with a name and a password; accounts are made by administrators.
AUTH_USER_MODEL = "deployments.Person"
AUTHENTICATION_BACKENDS = [
    "django.contrib.auth.backends.ModelBackend",
    "allauth.account.auth_backends.AuthenticationBackend",
]
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.ScryptPasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
        "NumericPasswordValidator",
    )
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/"
ACCOUNT_ADAPTER = "deployments.web.accounts.AccountAdapter"
ACCOUNT_LOGIN_METHODS = {"username"}
ACCOUNT_SIGNUP_FIELDS = ["username*", "password1*", "password2*"]
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_SESSION_REMEMBER = True
ACCOUNT_LOGOUT_REDIRECT_URL = "account_login"
ACCOUNT_RATE_LIMITS = {"login_failed": "20/m/ip,6/5m/key", "login": "60/m/ip"}
ALLAUTH_TRUSTED_PROXY_COUNT = env_int("SHIPMATE_TRUSTED_PROXIES", 0)
MFA_ADAPTER = "deployments.web.accounts.SecondFactorAdapter"
MFA_TOTP_ISSUER = "Shipmate"
MFA_TOTP_TOLERANCE = 1  # a telephone's clock may be half a minute wrong
# The least role that must have a second factor to use the pages; empty: everybody's own choice.
SHIPMATE_SECOND_FACTOR = env_text("SHIPMATE_SECOND_FACTOR")
# Who else may vouch for people (docs/sign-in.md): nobody, until a client id is set.
SOCIALACCOUNT_ADAPTER = "deployments.web.sign_in.providers.Adapter"
SOCIALACCOUNT_STORE_TOKENS = False
SHIPMATE_GITHUB_URL = env_text("SHIPMATE_GITHUB_URL", "https://github.com").rstrip("/")
SHIPMATE_GITHUB_CLIENT_ID = env_text("SHIPMATE_GITHUB_CLIENT_ID")
SHIPMATE_GITHUB_CLIENT_SECRET = env_text("SHIPMATE_GITHUB_CLIENT_SECRET")
SHIPMATE_GITHUB_MEMBERS = env_list("SHIPMATE_GITHUB_MEMBERS")
SHIPMATE_GITHUB_JOIN = env_text("SHIPMATE_GITHUB_JOIN")
SHIPMATE_GITHUB_ADDRESSES = env_bool("SHIPMATE_GITHUB_ADDRESSES")
SHIPMATE_GITHUB_APP = env_text("SHIPMATE_GITHUB_APP")
SHIPMATE_GITHUB_APP_WEBHOOK_SECRET = env_text("SHIPMATE_GITHUB_APP_WEBHOOK_SECRET")
SHIPMATE_OIDC_ISSUER = env_text("SHIPMATE_OIDC_ISSUER")
SHIPMATE_OIDC_CLIENT_ID = env_text("SHIPMATE_OIDC_CLIENT_ID")
SHIPMATE_OIDC_CLIENT_SECRET = env_text("SHIPMATE_OIDC_CLIENT_SECRET")
SHIPMATE_OIDC_NAME = env_text("SHIPMATE_OIDC_NAME", "single sign-on")
SHIPMATE_OIDC_SCOPES = env_list("SHIPMATE_OIDC_SCOPES") or ["openid", "profile", "email"]
SHIPMATE_OIDC_MEMBERS = env_list("SHIPMATE_OIDC_MEMBERS")
SHIPMATE_OIDC_JOIN = env_text("SHIPMATE_OIDC_JOIN")
EMAIL_BACKEND = "django.core.mail.backends.console.EmailBackend"

# What browsers are told.
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "font-src": [SELF],
        "img-src": [SELF, "data:"],
        "connect-src": [SELF],
        "form-action": [SELF],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
    }
}
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = SERVER
SECURE_SSL_REDIRECT = SERVER and env_bool("SHIPMATE_SSL_REDIRECT", True)
SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^readyz$"]
SECURE_HSTS_SECONDS = env_int("SHIPMATE_HSTS_SECONDS", 31_536_000) if SERVER else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = SERVER
SECURE_PROXY_SSL_HEADER = (
    ("HTTP_X_FORWARDED_PROTO", "https") if ALLAUTH_TRUSTED_PROXY_COUNT else None
)
DATA_UPLOAD_MAX_MEMORY_SIZE = 1_000_000
# No upload is written to the disk: what is too large for memory is not taken.
FILE_UPLOAD_MAX_MEMORY_SIZE = 1_000_000
FILE_UPLOAD_HANDLERS = ["django.core.files.uploadhandler.MemoryFileUploadHandler"]

STATIC_URL = "/static/"
STATIC_ROOT = STATE / "static"
STATICFILES_DIRS = [BASE_DIR / "static"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"
        if not DEBUG
        else "django.contrib.staticfiles.storage.StaticFilesStorage"
    },
}

# Words and times. Pages turn times into the reader's own zone.
LANGUAGE_CODE = "en"
USE_I18N = False
USE_TZ = True
TIME_ZONE = env_text("SHIPMATE_TIME_ZONE", "UTC")

# How the bot is spoken to.
SHIPMATE_VERB = env_text("SHIPMATE_VERB", "deploy").lower()
SHIPMATE_BOT_NAMES = env_list("SHIPMATE_BOT_NAMES") or ["shipmate", "hubot"]

# Deployments. Times are in seconds.
SHIPMATE_REPOSITORY_ROOTS = [
    Path(root).resolve()
    for root in env_list("SHIPMATE_REPOSITORY_ROOTS") or [str(STATE / "repositories")]
]
SHIPMATE_STATE = STATE
SHIPMATE_CLOSED = env_bool("SHIPMATE_CLOSED")
SHIPMATE_DEMO = env_bool("SHIPMATE_DEMO")  # set by script/demo: the SSH target of its own
SHIPMATE_MIRROR_MAX_MB = env_int("SHIPMATE_MIRROR_MAX_MB", 5_000)
SHIPMATE_LEASE_SECONDS = env_int("SHIPMATE_LEASE_SECONDS", 15)
SHIPMATE_HOST_PATIENCE = env_int("SHIPMATE_HOST_PATIENCE", 120)
SHIPMATE_PENDING_DEADLINE = env_int("SHIPMATE_PENDING_DEADLINE", 1_800)
SHIPMATE_WAITING_DEADLINE = env_int("SHIPMATE_WAITING_DEADLINE", 86_400)
SHIPMATE_CHECK_PATIENCE = env_int("SHIPMATE_CHECK_PATIENCE", 900)
SHIPMATE_QUEUED_DEADLINE = env_int("SHIPMATE_QUEUED_DEADLINE", 86_400)
SHIPMATE_PAUSE_DEADLINE = env_int("SHIPMATE_PAUSE_DEADLINE", 86_400)
SHIPMATE_LONGEST_DEPLOYMENT = env_int("SHIPMATE_LONGEST_DEPLOYMENT", 14_400)
# What forges tell: GitHub sends no body above 25 MB.
SHIPMATE_WEBHOOK_MAX_MB = env_int("SHIPMATE_WEBHOOK_MAX_MB", 25)
SHIPMATE_WEBHOOK_DAYS = env_int("SHIPMATE_WEBHOOK_DAYS", 14)
SHIPMATE_WEBHOOK_FRESH = env_int("SHIPMATE_WEBHOOK_FRESH", 3_600)
GIT_TIMEOUT = env_int("SHIPMATE_GIT_TIMEOUT", 60)

# The queue is only a bell (deployments/tasks.py); the rows are the truth. No task outlives
# `timeout`, and `retry` is far above it: a task that is still running must not be rung again.
_queue = {
    "bulk": 1,
    "queue_limit": 1,
    "ack_failures": True,
    "max_attempts": 1,
    "save_limit": -1,
    "poll": 2,  # who rings wakes who waits; this is for what was missed
    "guard_cycle": 1,
    "scheduler": False,  # the sweeper is the clock
    "timeout": SHIPMATE_LONGEST_DEPLOYMENT + 3_600,
    "retry": 3 * (SHIPMATE_LONGEST_DEPLOYMENT + 3_600),
}
SHIPMATE_REDIS_URL = env_text("SHIPMATE_REDIS_URL")
_broker = (
    {"redis": SHIPMATE_REDIS_URL, "broker_class": "chatops.redis_bells.RedisBells"}
    if SHIPMATE_REDIS_URL
    else {
        "orm": "default",
        "broker_class": f"chatops.broker.{'Piped' if _on_sqlite else 'Notified'}",
    }
)
Q_CLUSTER = {
    **_queue,
    **_broker,
    "name": "deploy",
    "workers": env_int("SHIPMATE_DEPLOY_WORKERS", 4),
    "ALT_CLUSTERS": {
        # Taken several at a time: unlike deployments, lines wait for this cluster alone.
        "chat": {
            "workers": env_int("SHIPMATE_CHAT_WORKERS", 2),
            "timeout": 900,
            "retry": 2_700,
            "bulk": 10,
        }
    },
}

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["deployments.api.authentication.TokenAuthentication"],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_RENDERER_CLASSES": ["deployments.api.rendering.Json"],
    "DEFAULT_PARSER_CLASSES": ["deployments.api.parsing.Json"],
    "DEFAULT_CONTENT_NEGOTIATION_CLASS": "deployments.api.parsing.OnlyJson",
    "DEFAULT_METADATA_CLASS": None,
    "DEFAULT_SCHEMA_CLASS": "deployments.api.schema.Described",
    "DEFAULT_THROTTLE_CLASSES": [
        "deployments.api.throttling.PersonRate",
        "deployments.api.throttling.TokenWriteRate",
    ],
    "DEFAULT_THROTTLE_RATES": {
        "user": env_text("SHIPMATE_API_RATE", "600/min"),
        "write": env_text("SHIPMATE_API_WRITE_RATE", "120/min"),
    },
    "EXCEPTION_HANDLER": "deployments.api.errors.handler",
    "URL_FORMAT_OVERRIDE": None,
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Shipmate",
    "VERSION": "1",  # of the API, not of the program
    "DESCRIPTION": "Deployments for scripts. In words: docs/api.md.",
    "SERVE_INCLUDE_SCHEMA": False,
    "SCHEMA_PATH_PREFIX": "/api/",
    "COMPONENT_SPLIT_REQUEST": True,
    "ENUM_NAME_OVERRIDES": {
        "StatusEnum": "deployments.models.Deployment.Status",
        "PhaseStatusEnum": "deployments.models.PhaseRun.Status",
    },
    "POSTPROCESSING_HOOKS": [
        "drf_spectacular.hooks.postprocess_schema_enums",
        "deployments.api.schema.strictly",
        "deployments.api.links.linked",
        "deployments.api.examples.shown",
    ],
}

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "filters": {
        "one line": {"()": "django.utils.log.CallbackFilter", "callback": without_traceback}
    },
    "formatters": {"line": {"format": "%(asctime)s %(levelname)s %(name)s %(message)s"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["stderr"], "level": env_text("SHIPMATE_LOG_LEVEL", "INFO")},
    "loggers": {
        "paramiko": {"level": "CRITICAL"},
        "django-q": {"level": "WARNING"},
        "django.security.DisallowedHost": {"filters": ["one line"]},
    },
}
