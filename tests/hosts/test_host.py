"""The wheel in somebody else's project: a bare ``startproject``, a user model of its own, README.md's lines, no more.

What is tested is what README.md says: the lines are taken from it.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import venv
import zipfile
from pathlib import Path

import pytest

pytestmark = pytest.mark.host

ROOT = Path(__file__).resolve().parents[2]

#: What the host had before: users known by their e-mail address.
PEOPLE = """
from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.models import PermissionsMixin
from django.db import models


class PersonManager(BaseUserManager):
    def create_user(self, email, password=None, **fields):
        person = self.model(email=self.normalize_email(email), **fields)
        person.set_password(password)
        person.save(using=self._db)
        return person

    def create_superuser(self, email, password=None, **fields):
        return self.create_user(email, password, is_staff=True, is_superuser=True, **fields)


class Person(AbstractBaseUser, PermissionsMixin):
    id = models.UUIDField(primary_key=True, default=__import__("uuid").uuid4, editable=False)
    email = models.EmailField(unique=True)
    is_active = models.BooleanField(default=True)
    is_staff = models.BooleanField(default=False)
    objects = PersonManager()
    USERNAME_FIELD = "email"
"""
HOST_SETTINGS = """
INSTALLED_APPS += ["people"]
AUTH_USER_MODEL = "people.Person"
STATIC_ROOT = BASE_DIR / "static"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.ManifestStaticFilesStorage"},
}
ALLOWED_HOSTS = ["testserver"]
DEBUG = False
"""


def attempt(*command: str | Path, cwd: Path) -> subprocess.CompletedProcess[str]:
    """Run a command that knows nothing of this run's own settings."""
    environment = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("DJANGO_", "PYTHON", "PYTEST"))
    }
    return subprocess.run(
        [*map(str, command)], cwd=cwd, env=environment, capture_output=True, text=True, check=False
    )


def run(*command: str | Path, cwd: Path) -> str:
    result = attempt(*command, cwd=cwd)
    assert result.returncode == 0, f"{' '.join(map(str, command))}\n{result.stdout}\n{result.stderr}"
    return result.stdout


def from_readme(name: str) -> str:
    """The code that follows the marker of this name."""
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    found = re.search(rf"<!-- host:{name} -->\s*```python\n(.*?)```", readme, re.DOTALL)
    assert found, f"README.md has no code under <!-- host:{name} -->"
    return f"\n{found[1]}"


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("dist")
    run(sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", place, cwd=ROOT)
    (built,) = place.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def host(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated host project; ``bin/python`` beside it is its interpreter."""
    place = tmp_path_factory.mktemp("host")
    venv.create(place / "env", with_pip=True)
    python = place / "env" / "bin" / "python"
    # The versions of our own environment; without the hashes, which pip would then want of the wheel too, and
    # without extras, which a constraint may not have.
    pinned = re.findall(
        r"^([\w.-]+)(?:\[.+\])?(==[\w.]+)",
        (ROOT / "requirements.txt").read_text(encoding="utf-8"),
        re.MULTILINE,
    )
    (place / "constraints.txt").write_text("\n".join(map("".join, pinned)), encoding="utf-8")
    run(
        python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--constraint", place / "constraints.txt", wheel,
        cwd=place,
    )  # fmt: skip
    run(python, "-m", "django", "startproject", "host", ".", cwd=place)
    run(python, "manage.py", "startapp", "people", cwd=place)
    (place / "people" / "models.py").write_text(PEOPLE, encoding="utf-8")
    with (place / "host" / "settings.py").open("a", encoding="utf-8") as settings:
        settings.write(HOST_SETTINGS + from_readme("settings"))
    with (place / "host" / "urls.py").open("a", encoding="utf-8") as urls:
        urls.write(from_readme("urls"))
    run(python, "manage.py", "makemigrations", "people", cwd=place)
    run(python, "manage.py", "migrate", "--verbosity", "0", cwd=place)
    # Hashed names: a stylesheet or template that names a file which was not shipped fails by it.
    run(python, "manage.py", "collectstatic", "--noinput", "--verbosity", "0", cwd=place)
    return place


def test_the_wheel_holds_the_app_and_nothing_else(wheel: Path) -> None:
    names = {name for name in zipfile.ZipFile(wheel).namelist() if ".dist-info/" not in name}
    assert {name.partition("/")[0] for name in names} == {"scs_series"}
    listed = run("git", "ls-files", "--cached", "--others", "--exclude-standard", "scs_series", cwd=ROOT)
    tracked = {name for name in listed.splitlines() if (ROOT / name).exists()}
    assert names == tracked
    for kind in (
        "templates/",
        "static/",
        "migrations/0001_initial.py",
        "py.typed",
        "fonts/OFL-SourceSerif4.md",
    ):
        assert any(kind in name for name in names), f"the wheel has no {kind}"


def test_the_wheel_says_who_made_it_and_under_which_licence(wheel: Path) -> None:
    archive = zipfile.ZipFile(wheel)
    (metadata,) = (name for name in archive.namelist() if name.endswith(".dist-info/METADATA"))
    text = archive.read(metadata).decode()
    for line in (
        "Name: django-scs-series",
        "License-Expression: BSD-3-Clause",
        "License-File: NOTICE",
        "Requires-Python: >=3.11",
    ):
        assert line in text.splitlines()


def test_a_thread_goes_in_by_the_page_and_comes_back_through_page_admin_and_api(host: Path) -> None:
    walk = host / "walk.py"
    walk.write_text((ROOT / "tests" / "hosts" / "walk.py").read_text(encoding="utf-8"), encoding="utf-8")
    said = json.loads(
        run(host / "env" / "bin" / "python", "-W", "error::DeprecationWarning:scs_series", walk, cwd=host)
    )
    assert said["posts"] == 2


def test_the_host_has_nothing_to_complain_of(host: Path) -> None:
    python = host / "env" / "bin" / "python"
    assert "no issues" in run(python, "manage.py", "check", "--fail-level", "ERROR", cwd=host)
    run(python, "manage.py", "makemigrations", "--check", "--dry-run", cwd=host)
    run(python, "-m", "pip", "check", cwd=host)


def test_a_host_is_told_what_it_forgot(host: Path) -> None:
    """The lines of README.md are all needed: without them the app's own checks name the remedy."""
    python = host / "env" / "bin" / "python"
    (host / "host" / "forgetful.py").write_text(
        "from host.settings import *\nINSTALLED_APPS = [a for a in INSTALLED_APPS if a != 'rest_framework']\n"
        "MARKDOWNX_MARKDOWNIFY_FUNCTION = 'markdownx.utils.markdownify'\n",
        encoding="utf-8",
    )
    result = attempt(python, "manage.py", "check", "--settings", "host.forgetful", cwd=host)
    assert result.returncode != 0
    for said in ("scs_series.E006", "scs_series.E007", "scs_series.services.writing.markdownify"):
        assert said in result.stderr, result.stderr
