"""From Markdown to everything that is stored with it: one function, one order of steps."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from markdown_it.token import Token

from scs_series.text.checking import harmless
from scs_series.text.citations import citations_in
from scs_series.text.language import mark_directions, mark_languages
from scs_series.text.markdown import parse
from scs_series.text.naming import names_in
from scs_series.text.plain import count_words, excerpt, plain_text
from scs_series.text.records import Citation, Names, Profile, Reference, Rendered, Targets
from scs_series.text.sanitise import sanitise
from scs_series.text.writer import Writer

_DOC_ID = re.compile(r"[A-Za-z0-9_-]{0,100}")
_NO_REFERENCES: Mapping[str, Reference] = MappingProxyType({})
_NO_TARGETS = Targets()


@dataclass(frozen=True)
class Read:
    """A text that was parsed: what it cites and names is known, and looked up, before it is rendered."""

    profile: Profile
    tokens: Sequence[Token]
    citations: tuple[Citation, ...]
    names: Names


def read(markdown: str, *, profile: Profile) -> Read:
    """Parse a text, once for all that is asked of it. Takes any string and never raises for what stands in it."""
    tokens = parse(harmless(markdown), profile)
    return Read(profile, tokens, citations_in(tokens), names_in(tokens))


def render(
    markdown: str | Read,
    *,
    profile: Profile,
    references: Mapping[str, Reference] = _NO_REFERENCES,
    targets: Targets = _NO_TARGETS,
    doc_id: str = "",
    image_prefixes: Sequence[str] = ("/",),
) -> Rendered:
    """Render a text. Takes any string and never raises for what stands in it; what is nested too deeply is flat.

    ``references``: the known sources by key; a citation of another key stays visible as code. ``targets``: where the
    names in a post lead; others stay text. A text may come as it was ``read`` for this profile. ``doc_id``: put
    before every id, so that several texts can share a page; ASCII letters, digits, "_" and "-", else ValueError.
    ``image_prefixes``: addresses under which pictures may be shown.
    """
    if not _DOC_ID.fullmatch(doc_id):
        raise ValueError(f"doc_id {doc_id!r} may hold ASCII letters, digits, '_' and '-' only")
    text_read = read(markdown, profile=profile) if isinstance(markdown, str) else markdown
    writer = Writer(text_read.tokens, profile, references, f"{doc_id}-" if doc_id else "", targets)
    html = sanitise(writer.html(), profile=profile, image_prefixes=image_prefixes)
    html = mark_directions(mark_languages(html))
    text = plain_text(html)
    return Rendered(
        html=html,
        headings=tuple(writer.headings),
        citations=text_read.citations,
        word_count=count_words(text),
        excerpt=excerpt(html),
    )
