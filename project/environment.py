"""What the environment says, turned into Django's dicts. Used by settings.py alone."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import environ
from django.core.exceptions import ImproperlyConfigured

#: Commands that serve nobody and may run without a secret: they build static files or answer a question.
_SECRETLESS_COMMANDS = {"collectstatic", "compilemessages", "makemessages", "help", "version"}


def database(env: environ.Env, *, default: str) -> dict[str, Any]:
    """DATABASE_URL as an entry of DATABASES, with what each engine needs to be safe under several writers."""
    config: dict[str, Any] = env.db_url("DATABASE_URL", default=default)
    if config["ENGINE"] == "django.db.backends.sqlite3":
        config["OPTIONS"] = {
            # Take the write lock when a transaction begins: a reader that turns writer half-way cannot wait for
            # it and fails at once instead ("database is locked").
            "transaction_mode": "IMMEDIATE",
            "timeout": 20,
            # Write-ahead log: readers never wait for a writer. NORMAL is durable enough with it.
            "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA cache_size=-16000;",
            **config.get("OPTIONS", {}),
        }
        if config["NAME"] != ":memory:":
            Path(config["NAME"]).parent.mkdir(parents=True, exist_ok=True)
    elif config["ENGINE"] == "django.db.backends.postgresql":
        config["ENGINE"] = "project.postgresql"
        # Queries that a connection has met before are sent by name, and PostgreSQL plans them no more: planning took
        # longer than most of the answers. A pooler that gives each transaction another connection knows no names.
        if not env.bool("DATABASE_POOLER", default=False):
            named = {"server_side_binding": True, "prepare_threshold": 2}
            config["OPTIONS"] = {**named, **config.get("OPTIONS", {})}
    # Connections are kept between requests; one that broke meanwhile is noticed before it is used.
    config.setdefault("CONN_MAX_AGE", 600)
    config.setdefault("CONN_HEALTH_CHECKS", True)
    return config


def secret_key(env: environ.Env, *, debug: bool) -> str:
    """SECRET_KEY, or the contents of the file that SECRET_KEY_FILE names.

    Raises ImproperlyConfigured where there is none and DEBUG is off.
    """
    secret: str = env.str("SECRET_KEY", default="")
    secret_file: str = env.str("SECRET_KEY_FILE", default="")
    if not secret and secret_file:
        try:
            secret = Path(secret_file).read_text(encoding="ascii").strip()
        except OSError as error:
            raise ImproperlyConfigured(f"SECRET_KEY_FILE cannot be read: {error}") from error
    if secret:
        return secret
    if debug:
        return "only-for-development-" + "0123456789abcdef" * 4
    if len(sys.argv) > 1 and Path(sys.argv[0]).name == "manage.py" and sys.argv[1] in _SECRETLESS_COMMANDS:
        return "no-secret-for-commands-that-serve-nobody"
    raise ImproperlyConfigured(
        "SECRET_KEY is not set. With DEBUG off there is no default, for everything that Django signs rests on it. "
        "Set SECRET_KEY (or SECRET_KEY_FILE, a file that holds it) to 50 random characters or more:\n"
        "    export SECRET_KEY=$(python -c 'import secrets; print(secrets.token_urlsafe(50))')\n"
        "To try the demo, run `make demo`; for development, set DEBUG=on."
    )


def task_backend(name: str) -> str:
    """TASKS as the dotted path of a backend. Raises ImproperlyConfigured for a name that is not known."""
    backends = {
        "immediate": "django_tasks.backends.immediate.ImmediateBackend",
        "database": "django_tasks_db.DatabaseBackend",
    }
    if name not in backends and "." not in name:
        raise ImproperlyConfigured(
            f"TASKS={name} is not known. Give one of {', '.join(backends)}, or the dotted path of a backend."
        )
    return backends.get(name, name)


def base_url(env: environ.Env, *, hosts: list[str], https: bool) -> str:
    """BASE_URL; else the first host that is a name, over HTTPS. Empty (no e-mail is sent) where neither is there."""
    given: str = env.str("BASE_URL", default="")
    if given or not https:
        return given.rstrip("/")
    names = (host for host in hosts if host and not host.startswith((".", "*", "[")))
    return next((f"https://{name}" for name in names), "")
