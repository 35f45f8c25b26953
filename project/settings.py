"""Settings of the demo host. Everything that differs between machines comes from the environment.

docs/configuration.md lists the variables. A bare ``manage.py`` runs as in production: with DEBUG off, HTTPS expected
and a secret required. ``make demo`` and ``make serve`` set what they need; for development, set DEBUG=on.
"""

from __future__ import annotations

from pathlib import Path

import environ

from project.environment import base_url, database, secret_key, task_backend

BASE_DIR = Path(__file__).resolve().parent.parent
VAR_DIR = BASE_DIR / "var"

env = environ.Env()

# ---------------------------------------------------------------------------------------------------- the machine
DEBUG = env.bool("DEBUG", default=False)
SECRET_KEY = secret_key(env, debug=DEBUG)
SECRET_KEY_FALLBACKS = env.list("SECRET_KEY_FALLBACKS", default=[])
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=["localhost", "127.0.0.1", "[::1]"] if DEBUG else [])
CSRF_TRUSTED_ORIGINS = env.list("CSRF_TRUSTED_ORIGINS", default=[])
#: How many proxies of ours stand before this process: that many entries of X-Forwarded-For are believed, from the
#: right. With 0 the header is not read at all.
TRUSTED_PROXIES = env.int("TRUSTED_PROXIES", default=0)

DATABASES = {"default": database(env, default=f"sqlite:///{VAR_DIR / 'db.sqlite3'}")}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

CACHES = {"default": env.cache_url("CACHE_URL", default="locmemcache://")}
# Visitors' pages apart from what counts attempts and limits: whoever asks for many pages pushes out none of that.
CACHES["pages"] = {**CACHES["default"], "KEY_PREFIX": "pages"}
#: A cache within the process: fine for one, and each of several has its own.
CACHE_IS_LOCAL = CACHES["default"]["BACKEND"] == "django.core.cache.backends.locmem.LocMemCache"
if CACHE_IS_LOCAL:
    # 300 unless told otherwise: too few for either. A page is some 50 KB.
    CACHES["default"]["OPTIONS"] = {"MAX_ENTRIES": 20_000, **CACHES["default"].get("OPTIONS", {})}
    CACHES["pages"] |= {"LOCATION": "pages", "OPTIONS": {"MAX_ENTRIES": 1_000}}

# Where background work is done: in this process after an answer was sent ("immediate"), or by workers of the database
# ("database": run manage.py db_worker beside the server).
TASKS = {"default": {"BACKEND": task_backend(env.str("TASKS", default="immediate"))}}

vars().update(env.email_url("EMAIL_URL", default="consolemail://"))
DEFAULT_FROM_EMAIL = env.str("DEFAULT_FROM_EMAIL", default="series@localhost")
SERVER_EMAIL = DEFAULT_FROM_EMAIL

# ------------------------------------------------------------------------------------------------------- the parts
INSTALLED_APPS = [
    "project.demo",
    "scs_series",
    "markdownx",
    "taggit",
    "rest_framework",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "allauth",
    "allauth.account",
    "axes",
    "django_tasks",
    "django_tasks_db",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
]

MIDDLEWARE = [
    "project.middleware.SecurityHeadersMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    # Static files are compressed when they are collected; this is for pages, which are text and shrink to a fifth.
    "django.middleware.gzip.GZipMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    # Last, as its documentation asks: it turns a locked-out sign-in into the 429 page.
    "axes.middleware.AxesMiddleware",
]

ROOT_URLCONF = "project.urls"
WSGI_APPLICATION = "project.wsgi.application"

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
            ],
            "libraries": {"account_form": "project.account_form"},
        },
    }
]

# --------------------------------------------------------------------------------------------- language and time
LANGUAGE_CODE = "en"
LANGUAGES = [("en", "English")]
USE_I18N = True
USE_TZ = True
TIME_ZONE = "UTC"

# ------------------------------------------------------------------------------------------ static files and media
STATIC_URL = "static/"
STATICFILES_DIRS = [BASE_DIR / "static"]
STATIC_ROOT = env.path("STATIC_ROOT", default=str(VAR_DIR / "static"))
MEDIA_URL = "media/"
MEDIA_ROOT = env.path("MEDIA_ROOT", default=str(VAR_DIR / "media"))
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if DEBUG
        else "whitenoise.storage.CompressedManifestStaticFilesStorage"
    },
}

# ------------------------------------------------------------------------------------------------- sessions, accounts
# Read from the cache, written through to the database: a restarted cache signs nobody out. Not from a cache within the
# process: who signs out in one process would stay signed in in the next.
SESSION_ENGINE = "project.sessions" if CACHE_IS_LOCAL else "django.contrib.sessions.backends.cached_db"
LOGIN_URL = "account_login"
# A form that was open too long is answered with what was typed in it.
CSRF_FAILURE_VIEW = "scs_series.views.refusals.csrf_failure"
LOGIN_REDIRECT_URL = "scs_series:series-list"
LOGOUT_REDIRECT_URL = "scs_series:series-list"

AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",
    "project.accounts.AuthenticationBackend",
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

ACCOUNT_LOGIN_METHODS = {"username", "email"}
ACCOUNT_SIGNUP_FIELDS = ["username*", "email", "password1*", "password2*"]
ACCOUNT_EMAIL_VERIFICATION = env.str("ACCOUNT_EMAIL_VERIFICATION", default="none")
ACCOUNT_USERNAME_MIN_LENGTH = 3
ACCOUNT_USERNAME_BLACKLIST = ["admin", "administrator", "moderator", "root", "support", "system"]
ACCOUNT_FORMS = {"login": "project.accounts.LoginForm"}
ALLAUTH_TRUSTED_PROXY_COUNT = TRUSTED_PROXIES

# allauth limits the rate of each of its pages; axes counts failures across all ways in (pages, admin, API) and locks
# one name from one address, so that nobody can lock somebody else out.
AXES_FAILURE_LIMIT = 8
AXES_COOLOFF_TIME = 0.5  # hours
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_RESET_ON_SUCCESS = True
AXES_USERNAME_CALLABLE = "project.network.username_tried"
AXES_CLIENT_IP_CALLABLE = "project.network.client_ip"
AXES_LOCKOUT_TEMPLATE = "account/locked_out.html"
AXES_HTTP_RESPONSE_CODE = 429
AXES_VERBOSE = False

# ----------------------------------------------------------------------------------------------------------- security
#: Served over HTTPS, by this process or a proxy before it. ``off`` is for a demo on one's own machine.
HTTPS = env.bool("HTTPS", default=not DEBUG)
SECURE_SSL_REDIRECT = env.bool("SECURE_SSL_REDIRECT", default=HTTPS)
SECURE_HSTS_SECONDS = env.int("SECURE_HSTS_SECONDS", default=3_600 if HTTPS else 0)
SECURE_HSTS_INCLUDE_SUBDOMAINS = env.bool("SECURE_HSTS_INCLUDE_SUBDOMAINS", default=HTTPS)
SECURE_HSTS_PRELOAD = env.bool("SECURE_HSTS_PRELOAD", default=HTTPS)
# Believed only where a proxy of ours sets it: anybody can send this header.
if TRUSTED_PROXIES:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
#: Where links in e-mail lead.
BASE_URL = base_url(env, hosts=ALLOWED_HOSTS, https=HTTPS)
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = LANGUAGE_COOKIE_SECURE = HTTPS
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"

#: Every page, the admin and the API's pages included, lives by this policy (project/middleware.py sends it).
CONTENT_SECURITY_POLICY = {
    "default-src": "'none'",
    "script-src": "'self'",
    "style-src": "'self'",
    # data: for the small pictures in the stylesheets of the API's documentation and the admin.
    "img-src": "'self' data:",
    "font-src": "'self'",
    "connect-src": "'self'",
    "manifest-src": "'self'",
    "form-action": "'self'",
    "base-uri": "'none'",
    "frame-ancestors": "'none'",
}

# ------------------------------------------------------------------------------------------------------ our app and API
SCS_SERIES = {
    "BASE_URL": BASE_URL,
    "LOGIN_URL": "account_login",
    "SIGNUP_URL": "account_signup",
    "LOGOUT_URL": "account_logout",
    "PAGE_CACHE": "pages",
    # "stream" where a proxy leads /threads/*/events/ to an ASGI server beside the one for pages (make serve-events).
    "LIVE_EVENTS": env.str("LIVE_EVENTS", default="auto"),
    # In serious writing one finds one's mistakes later.
    "EDIT_WINDOW": 30 * 86_400,
    "CLIENT_ADDRESS": "project.network.client_ip",
    "ERASE_USER": "project.accounts.erase_user",
}
MARKDOWNX_MARKDOWNIFY_FUNCTION = "scs_series.services.writing.markdownify"

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "rest_framework.authentication.SessionAuthentication",
        "project.api.BasicAuthentication",
    ],
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "NUM_PROXIES": TRUSTED_PROXIES,
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Open Series",
    "DESCRIPTION": "A series of parts, its sources and its discussion, as pages and admin have them.",
    "VERSION": "1",
    "SERVE_INCLUDE_SCHEMA": False,
    "SCHEMA_PATH_PREFIX": "/api/v1",
    # From our own static files: the policy above lets a page load nothing from elsewhere.
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
}

# ---------------------------------------------------------------------------------------------------------------- logs
LOG_LEVEL = env.str("LOG_LEVEL", default="INFO")
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "line": {
            "()": "project.logs.LineFormatter",
            "format": "{asctime} {levelname} {name}: {message}",
            "style": "{",
            "datefmt": "%Y-%m-%dT%H:%M:%S%z",
        }
    },
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["console"], "level": LOG_LEVEL},
    "loggers": {
        # Django's own handlers print only with DEBUG on and mail otherwise; ours prints always.
        "django": {"handlers": [], "level": LOG_LEVEL, "propagate": True},
        # Every guessed host name of a passing scanner is not news.
        # Two lines for each look into the outbox are not news either.
        "django_tasks": {"level": "WARNING"},
        "django.security.DisallowedHost": {"handlers": [], "level": "CRITICAL", "propagate": False},
    },
}
