"""The stylesheets hold what pages use, and nothing that only a drawing used."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import scs_series

APP = Path(scs_series.__file__).parent
HOST = APP.parent
SHEETS = sorted((APP / "static").rglob("*.css"))
#: Names put together while a page is made: their beginning, and every end it may get.
BUILT = {
    "scs-diff-": {"added", "removed", "changed"},
    "scs-map--": {"live", "archived", "none"},
    "scs-adm-badge--": {"hidden", "lock", "pin", "clock", "draft"},
}


def _names(text: str) -> set[str]:
    # Not the end of another name, such as data-scs-once.
    return set(re.findall(r"(?<![\w-])scs-[a-z0-9-]+", text))


@pytest.fixture(scope="module")
def used() -> set[str]:
    """Every class that a template, a script or Python writes."""
    places = [APP, HOST / "templates", HOST / "project"]
    files = [path for place in places for path in place.rglob("*") if path.suffix in (".html", ".js", ".py")]
    return set().union(*(_names(path.read_text(encoding="utf-8")) for path in files))


@pytest.mark.parametrize("sheet", SHEETS, ids=lambda path: path.name)
def test_every_class_of_a_stylesheet_is_used(sheet: Path, used: set[str]) -> None:
    styled = {name[1:] for name in re.findall(r"\.scs-[a-z0-9-]+", sheet.read_text(encoding="utf-8"))}
    assert styled, "the pattern finds no class"
    built = {beginning + end for beginning, ends in BUILT.items() for end in ends}
    assert sorted(styled - used - built) == []


def test_what_is_built_is_still_built(used: set[str]) -> None:
    assert set(BUILT) <= used
