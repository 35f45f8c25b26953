"""The import rules of docs/architecture.md hold, and the linter that says so notices when one is broken."""

from __future__ import annotations

import ast
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """The code alone, to break in."""
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    for package in ("scs_series", "project"):
        for path in (ROOT / package).rglob("*.py"):
            place = tmp_path / path.relative_to(ROOT)
            place.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(path, place)
    return tmp_path


def lint(folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(Path(sys.executable).with_name("lint-imports")), "--no-logo"],
        cwd=folder, capture_output=True, text=True, check=False,
        env={"PATH": "", "COLUMNS": "200", "LC_ALL": "C.UTF-8"},
    )  # fmt: skip


def test_every_contract_is_kept(copy: Path) -> None:
    result = lint(copy)
    assert result.returncode == 0, result.stdout + result.stderr


@pytest.mark.parametrize(
    ("module", "line", "broken"),
    [
        ("views/series.py", "import scs_series.admin.base", "Pages, admin and API are three doors"),
        ("admin/base.py", "import scs_series.api.urls", "Pages, admin and API are three doors"),
        ("models/series.py", "import scs_series.services.series", "A module imports from its own floor"),
        ("services/series.py", "import scs_series.views.series", "A module imports from its own floor"),
        ("policies.py", "import project.settings", "The app knows nothing of the demo host"),
        ("views/series.py", "import allauth", "The app knows nothing of the demo host"),
        ("text/plain.py", "import scs_series.models", "text and bibliography know no models"),
        ("bibliography/bibtex.py", "import django.db", "text and bibliography are plain Python"),
        ("helpers.py", "", "A module imports from its own floor"),
    ],
)
def test_a_broken_rule_is_noticed(copy: Path, module: str, line: str, broken: str) -> None:
    path = copy / "scs_series" / module
    before = path.read_text(encoding="utf-8") if path.exists() else ""
    path.write_text(f"{before}\n{line}\n", encoding="utf-8")
    result = lint(copy)
    assert result.returncode == 1, result.stdout + result.stderr
    verdicts = [text for text in result.stdout.splitlines() if " BROKEN" in text]
    assert any(text.startswith(broken) for text in verdicts), result.stdout


@pytest.mark.parametrize("room", ["text", "bibliography"])
def test_of_the_framework_the_pure_rooms_take_translation_alone(room: str) -> None:
    """The linter sees no deeper than ``django``; this sees what of it is taken."""
    allowed = {"django.utils.translation", "django.core.exceptions"}
    taken: set[str] = set()
    for path in (ROOT / "scs_series" / room).rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ImportFrom) and node.module:
                taken.add(node.module)
            elif isinstance(node, ast.Import):
                taken.update(name.name for name in node.names)
    assert {name for name in taken if name.partition(".")[0] == "django"} <= allowed
