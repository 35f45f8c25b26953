"""The HTML of citations: numbers, notes, lists of sources. Where they stand in a text is writer.py's business."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from scs_series.text import words
from scs_series.text.markup import escape_attribute, escape_text
from scs_series.text.records import Citation, Reference
from scs_series.text.sanitise import sanitise_reference
from scs_series.text.words import word


@dataclass
class _Used:
    """A source used in a post: its number and the places named with it."""

    number: int
    reference: Reference
    places: list[str] = field(default_factory=list)


class Notes:
    """The citations of one text with known references."""

    def __init__(self, references: Mapping[str, Reference], prefix: str) -> None:
        self._references = references
        self._prefix = prefix
        self._count = 0
        self._used: dict[str, _Used] = {}
        self._formatted: dict[str, str] = {}
        self._noted: set[str] = set()
        # Two sources of one author and year can be told apart by their titles alone.
        self._ambiguous = {
            name
            for name, times in Counter(one.again_html for one in references.values()).items()
            if times > 1
        }

    def note(self, group: Sequence[Citation]) -> tuple[str, str]:
        """For a part: the raised number of a group, and the note it opens, which gets the next number."""
        self._count += 1
        number, prefix = self._count, self._prefix
        name = escape_attribute(f"{word(words.NOTE)} {number}")
        body = "; ".join(self._reference(one) for one in group)
        return (
            f'<a class="scs-ref" id="{prefix}r{number}" href="#{prefix}n{number}" aria-label="{name}">{number}</a>',
            (
                f'<span class="scs-note" id="{prefix}n{number}" role="note"><span class="scs-note-n">{number}</span>'
                f'{body} <a class="scs-note-x" href="#{prefix}r{number}">{escape_text(word(words.CLOSE))}</a></span>'
            ),
        )

    def numbers(self, group: Sequence[Citation]) -> str:
        """For a post: the numbers of a group's sources, each counted where it first appears."""
        links = []
        for one in group:
            reference = self._references[one.key]
            used = self._used.setdefault(one.key, _Used(len(self._used) + 1, reference))
            place = " ".join(part for part in (one.prefix, one.locator, one.suffix) if part)
            if place and place not in used.places:
                used.places.append(place)
            name = escape_attribute(f"{used.number}, {word(words.SOURCE)} {reference.label}")
            links.append(
                f'<a class="scs-ref" href="#{self._prefix}s{used.number}" aria-label="{name}">{used.number}</a>'
            )
        # A narrow space that does not break keeps "1 2" from reading as twelve.
        return "\u202f".join(links)

    def source_list(self) -> str:
        """For a post: the sources numbered so far, with the places named; empty if there is none."""
        if not self._used:
            return ""
        items = [
            f'<li id="{self._prefix}s{used.number}">'
            f"{_with_place(self._format(used.reference), '; '.join(used.places), end='.')}"
            f"{_where_cited(used.reference)}</li>\n"
            for used in self._used.values()
        ]
        name = escape_attribute(word(words.SOURCES))
        return f'<ol class="scs-refs" aria-label="{name}">\n{"".join(items)}</ol>\n'

    def _reference(self, one: Citation) -> str:
        reference = self._references[one.key]
        before = f"{escape_text(one.prefix)} " if one.prefix else ""
        html = self._format(reference)
        if one.key in self._noted and reference.again_html not in self._ambiguous:
            html = sanitise_reference(reference.again_html) or html
        self._noted.add(one.key)
        after = f" {escape_text(one.suffix)}" if one.suffix else ""
        # The note itself leads to the source: a margin has no room to name it twice.
        if "<a" not in html and reference.url:
            link = f'<a href="{escape_attribute(reference.url)}">', "</a>"
        else:
            link = "", ""
            after = f"{after} {_source_link(reference)}"
        return f"{before}{_with_place(html, one.locator, link=link)}{after}".strip()

    def _format(self, reference: Reference) -> str:
        if reference.key not in self._formatted:
            self._formatted[reference.key] = sanitise_reference(reference.html) or escape_text(
                reference.label
            )
        return self._formatted[reference.key]


def as_written(one: Citation) -> str:
    """A citation as its author may have written it, without the brackets."""
    place = f", {one.locator}" if one.locator else ""
    return " ".join(part for part in (one.prefix, f"@{one.key}{place}", one.suffix) if part)


def _with_place(html: str, place: str, *, link: tuple[str, str] = ("", ""), end: str = "") -> str:
    """A reference, in ``link``, and the place in it as the end of its sentence: "…, 2019, p. 12."

    ``end``: what ends a sentence with a place, where one is to end. A question and the like end theirs and go on.
    """
    before, after = link
    if not place:
        return f"{before}{html}{after}"
    html = f"{html[:-2]},”" if html.endswith(".”") else html.removesuffix(".")
    comma = "" if html.endswith(("?", "!", "؟", "。", "”")) else ","
    stop = "" if place.endswith((".", "。")) else end
    return f'{before}{html}{after}{comma} <span class="scs-locator">{escape_text(place)}</span>{stop}'


def _where_cited(reference: Reference) -> str:
    """The way from a reference, which names its source already, to the source's page."""
    if not reference.url:
        return ""
    says = word(words.WHERE_CITED)
    name = escape_attribute(f"{says}: {reference.label or reference.key}")
    return f' <a href="{escape_attribute(reference.url)}" aria-label="{name}">{escape_text(says)}</a>'


def _source_link(reference: Reference) -> str:
    if not reference.url:
        return ""
    return f'<a href="{escape_attribute(reference.url)}">{escape_text(reference.label or reference.key)}</a>'
