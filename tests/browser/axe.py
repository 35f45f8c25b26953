"""axe-core in a page: where it lies, how it runs, how its findings read."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from playwright.sync_api import Page

INSTALL = "make test-browser installs it, or: npm install --no-save --prefix var/npm axe-core@4"

#: Everything but what is experimental or AAA. Named, because axe leaves the rules of WCAG 2.2 out by default.
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]

#: (rule, selector): findings that are not ours.
Excuses = Sequence[tuple[str, str]]

_RUN = """
async ([tags, excused]) => {
  // Colours on their way from one theme to the other are nobody's colours.
  document.body.getBoundingClientRect();
  for (const animation of document.getAnimations()) animation.finish();
  const { violations } = await axe.run(
    document,
    { elementRef: true, runOnly: { type: "tag", values: tags }, rules: { "target-size": { enabled: true } }, resultTypes: ["violations"], preload: false },
  );
  const isExcused = (id, { element }) => excused.some(([rule, selector]) => rule === id && element?.matches(selector));
  return violations.flatMap(({ id, help, nodes }) => nodes.filter((node) => !isExcused(id, node)).map((node) => [id, help, node.target.join(" "), node.html,
    [...node.any, ...node.all, ...node.none].map((check) => check.message).join("; ")]));
}
"""


def find(root: Path) -> Path | None:
    """axe.min.js as npm puts it; ``AXE_CORE`` names another place."""
    places = [root / "var" / "npm" / "node_modules", root / "node_modules"]
    named = os.environ.get("AXE_CORE")
    candidates = [Path(named)] if named else [place / "axe-core" / "axe.min.js" for place in places]
    return next((path for path in candidates if path.is_file()), None)


def run_everywhere(
    page: Page, source: str, *, widths: tuple[int, ...], schemes: tuple[str, ...], excused: Excuses = ()
) -> list[str]:
    """Findings at each width in each theme, the same one named once with the places it was met."""
    found: dict[str, list[str]] = {}
    for width in widths:
        page.set_viewport_size({"width": width, "height": 900})
        for scheme in schemes:
            page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
            for finding in run(page, source, excused=excused):
                found.setdefault(finding, []).append(f"{width} {scheme}")
    return [f"{finding} ({', '.join(where)})" for finding, where in found.items()]


def run(page: Page, source: str, *, excused: Excuses = ()) -> list[str]:
    # The debugger's door, which the content security policy does not shut.
    if not page.evaluate("typeof axe === 'object'"):
        page.evaluate(source)
    found = page.evaluate(_RUN, [TAGS, [list(pair) for pair in excused]])
    return [
        f"{rule}: {help_} · {target} · {html[:160]} · {why[:240]}" for rule, help_, target, html, why in found
    ]
