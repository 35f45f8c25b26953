"""What the environment may say, and what a missing word leads to."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import environ
import pytest
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from project.environment import database, secret_key

ROOT = Path(__file__).resolve().parents[2]
SECRET = "a-secret-of-more-than-fifty-characters-0123456789-abcdefghij"


def manage(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run a command with nothing but the given environment."""
    return subprocess.run(
        [sys.executable, "manage.py", *arguments],
        cwd=ROOT, capture_output=True, text=True, check=False,
        env={"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8", "DATABASE_URL": "sqlite:///:memory:", **environment},
    )  # fmt: skip


def test_without_a_secret_it_refuses_to_start_and_says_what_to_do() -> None:
    result = manage("check")
    assert result.returncode != 0
    last = result.stderr[result.stderr.index("ImproperlyConfigured") :]
    assert "SECRET_KEY is not set" in last
    assert "export SECRET_KEY=" in last


def test_under_production_settings_the_deployment_checks_are_clean() -> None:
    result = manage(
        "check", "--deploy", "--fail-level", "WARNING", SECRET_KEY=SECRET, ALLOWED_HOSTS="example.org"
    )
    assert result.returncode == 0, result.stderr
    assert "no issues" in result.stdout


def test_a_secret_may_lie_in_a_file(tmp_path: Path) -> None:
    path = tmp_path / "secret"
    path.write_text(f"{SECRET}\n")
    environment = environ.Env()
    environment.ENVIRON = {"SECRET_KEY_FILE": str(path)}
    assert secret_key(environment, debug=False) == SECRET
    path.unlink()
    with pytest.raises(ImproperlyConfigured, match="cannot be read"):
        secret_key(environment, debug=False)


@pytest.mark.parametrize(
    ("url", "engine", "options"),
    [
        (
            "sqlite:///:memory:",
            "django.db.backends.sqlite3",
            {"transaction_mode": "IMMEDIATE", "timeout": 20},
        ),
        ("postgres://somebody@db.example.org:5433/series", "project.postgresql", {}),
    ],
)
def test_each_engine_gets_what_makes_it_safe(url: str, engine: str, options: dict[str, object]) -> None:
    environment = environ.Env()
    environment.ENVIRON = {"DATABASE_URL": url}
    config = database(environment, default="")
    assert config["ENGINE"] == engine
    assert options.items() <= config.get("OPTIONS", {}).items()
    assert config["CONN_MAX_AGE"] > 0
    assert config["CONN_HEALTH_CHECKS"]


def test_queries_are_sent_by_name_unless_a_pooler_stands_between(monkeypatch) -> None:
    env = environ.Env()
    monkeypatch.setenv("DATABASE_URL", "postgres://a@b/c?prepare_threshold=7")
    assert database(env, default="")["OPTIONS"] == {"server_side_binding": True, "prepare_threshold": 7}
    monkeypatch.setenv("DATABASE_POOLER", "on")
    monkeypatch.setenv("DATABASE_URL", "postgres://a@b/c")
    assert database(env, default="").get("OPTIONS", {}) == {}


def printed(name: str, **environment: str) -> object:
    code = f"import json; from project import settings; print(json.dumps(settings.{name}))"
    result = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True,
        env={"PATH": os.environ["PATH"], "SECRET_KEY": SECRET, "DATABASE_URL": "sqlite:///:memory:", **environment},
    )  # fmt: skip
    return json.loads(result.stdout)


def test_sessions_are_cached_only_where_all_processes_share_the_cache() -> None:
    assert printed("SESSION_ENGINE") == "project.sessions"
    shared = printed("SESSION_ENGINE", CACHE_URL="redis://127.0.0.1:6379/1")
    assert shared == "django.contrib.sessions.backends.cached_db"


def test_https_is_expected_unless_switched_off() -> None:
    assert printed("SESSION_COOKIE_SECURE") is True
    assert printed("SECURE_SSL_REDIRECT") is True
    assert printed("SECURE_SSL_REDIRECT", HTTPS="off") is False


def test_the_tests_run_on_the_engines_they_were_given() -> None:
    engine = settings.DATABASES["default"]["ENGINE"]
    assert engine.endswith("postgresql" if "postgres" in os.environ.get("DATABASE_URL", "") else "sqlite3")
    backend = settings.CACHES["default"]["BACKEND"]
    assert ("Redis" in backend) == os.environ.get("CACHE_URL", "").startswith("redis")
