"""What the documentation lists is what there is."""

from __future__ import annotations

import importlib.metadata
import re
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from scs_series.conf import SETTINGS

ROOT = Path(__file__).resolve().parent.parent
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md")])


def text_of(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def test_every_setting_is_listed_with_its_default_and_reason() -> None:
    listed = re.findall(
        r"^\| `([A-Z_]+)` \| `(.+?)` \| (.+) \|$", text_of("docs/configuration.md"), re.MULTILINE
    )
    assert listed[: len(SETTINGS)] == [
        (name, repr(setting.default), setting.why) for name, setting in SETTINGS.items()
    ]


def test_every_variable_of_the_demo_host_is_listed() -> None:
    code = text_of("project/settings.py") + text_of("project/environment.py")
    variables = set(re.findall(r'env\.\w+\(\s*"([A-Z_]+)"', code))
    assert len(variables) > 15
    table = text_of("docs/configuration.md").partition("## The demo host")[2]
    assert variables == set(
        re.findall(r"`([A-Z_]+)`(?=[^|]*\|)", re.sub(r"^(\|[^|]*\|).*", r"\1", table, flags=re.MULTILINE))
    )


def test_every_check_is_listed() -> None:
    raised = set(re.findall(r'"(scs_series\.[EW]\d{3})"', text_of("scs_series/checks.py")))
    assert raised == set(re.findall(r"`(scs_series\.[EW]\d{3})`", text_of("docs/checks.md")))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_within_the_repository_lead_somewhere(page: Path) -> None:
    text = re.sub(r"```.*?```", "", page.read_text(encoding="utf-8"), flags=re.DOTALL)
    targets = [target for target in re.findall(r"\]\(([^)#\s]+)", text) if "://" not in target]
    assert [target for target in targets if not (page.parent / target).exists()] == []


def test_every_requirement_has_one_version_and_hashes_and_names_no_place() -> None:
    text = text_of("requirements.txt")
    entries = re.findall(
        r"^[a-z][\w.-]*(?:\[[\w,-]+\])?==\S+ \\\n(?:    --hash=sha256:[0-9a-f]{64}(?: \\)?\n)+",
        text,
        re.MULTILINE,
    )
    lines = [line for line in text.splitlines() if line and not line.lstrip().startswith("#")]
    assert len(lines) == sum(entry.count("\n") for entry in entries)
    assert not re.search(r"https?://|file:|^--|@ ", text, re.MULTILINE)


def test_an_extra_that_one_requirement_wants_of_another_is_pinned_as_such() -> None:
    """``coverage==…`` alone leaves ``coverage[toml]`` open to pip, which then takes the newest and has no hash for it."""
    pinned = {
        canonicalize_name(name): set(extras.split(",")) - {""}
        for name, extras in re.findall(
            r"^([\w.-]+)(?:\[(.+)\])?==", text_of("requirements.txt"), re.MULTILINE
        )
    }
    wanted = [
        requirement
        for name in pinned
        for text in (importlib.metadata.requires(name) or [])
        if (requirement := Requirement(text)).extras
        and (
            not requirement.marker
            or any(requirement.marker.evaluate({"extra": e}) for e in {"", *pinned[name]})
        )
    ]
    assert wanted
    assert [str(one) for one in wanted if not one.extras <= pinned[canonicalize_name(one.name)]] == []


def test_make_lists_every_target_for_people() -> None:
    makefile = text_of("Makefile")
    phony = set(re.findall(r"^\.PHONY: (.+)$", makefile, re.MULTILINE))
    assert phony == set(re.findall(r"^([a-z-]+):.*## ", makefile, re.MULTILINE))


def test_every_signal_is_listed_with_its_arguments() -> None:
    from scs_series import signals

    listed = dict(re.findall(r"^\| `(\w+)` \| (`.+?`) \| ", text_of("docs/customising.md"), re.MULTILINE))
    described = dict(re.findall(r"^(\w+)\s{2,}(.+?)\s{2,}", signals.__doc__ or "", re.MULTILINE))
    names = {name for name, value in vars(signals).items() if isinstance(value, signals.Signal)}
    assert names <= listed.keys()
    assert names <= described.keys()
    for name in names:
        told = re.sub(r"\(.*", "", described[name]).replace(",", " ").split()
        assert re.findall(r"`(\w+)`", listed[name]) == told, name


def test_every_list_of_a_members_own_data_is_described() -> None:
    from scs_series.services.own_data import SECTIONS

    table = text_of("docs/members.md").partition("## One's own data")[2].partition("## Erasure")[0]
    heads = re.findall(r"^\| (`.+?`) \|", table, re.MULTILINE)
    assert [name for head in heads for name in re.findall(r"`(\w+)`", head)] == [
        section.name for section in SECTIONS
    ]
