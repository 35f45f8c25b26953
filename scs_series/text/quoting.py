"""A text as a quote within another."""

from __future__ import annotations


def quote(markdown: str, *, source: str) -> str:
    """Markdown that shows ``markdown`` as a quote, with ``source`` (Markdown, one line) as its last line."""
    lines = [*markdown.strip("\n").split("\n"), "", f"— {source}"]
    return "\n".join(f"> {line}".rstrip() for line in lines)
