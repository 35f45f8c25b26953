"""Levels and ids of a text's headings."""

from __future__ import annotations

import re
from collections.abc import Sequence

from markdown_it.token import Token

from scs_series.text.records import Profile

# Ids that mean something else in our pages: notes, passages and threads, and the templates' own landmarks.
_RESERVED_ID = re.compile(
    r"(?:r|n|p|d|s|fn|fnref)\d+(?:-\d+)?|[hi]-.*|main|q|title|threads|sources|contents|errs|search|content|top"
)
_SLUG_DROPPED = re.compile(r"[^\w\s-]")
_SLUG_GAP = re.compile(r"[\s-]+")
_MAX_SLUG = 60


class Identifiers:
    """Gives each heading of one text an id: its words, readable in any script, unlike any other id of the page."""

    def __init__(self, prefix: str) -> None:
        self._prefix = prefix
        self._given: set[str] = set()
        self._counts: dict[str, int] = {}

    def new(self, text: str) -> str:
        """The id for a heading with this text; the same text again gets "-2", "-3" and so on."""
        slug = (
            _SLUG_GAP.sub("-", _SLUG_DROPPED.sub("", text.casefold()).strip())[:_MAX_SLUG].strip("-")
            or "section"
        )
        if _RESERVED_ID.fullmatch(slug):
            slug = f"h-{slug}"
        identifier = base = self._prefix + slug
        while identifier in self._given:
            self._counts[base] = self._counts.get(base, 1) + 1
            identifier = f"{base}-{self._counts[base]}"
        self._given.add(identifier)
        return identifier


def heading_levels(tokens: Sequence[Token], profile: Profile) -> list[int]:
    """The page's level of each heading: the text's highest becomes h2 (part) or h4 (post), none is skipped."""
    written = [int(token.tag[1]) for token in tokens if token.type == "heading_open"]
    if not written:
        return []
    first = 2 if profile is Profile.PART else 4
    shift = first - min(written)
    levels: list[int] = []
    for level in written:
        levels.append(min(level + shift, (levels[-1] if levels else first - 1) + 1, 6))
    return levels
