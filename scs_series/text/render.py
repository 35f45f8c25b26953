"""From Markdown to everything that is stored with it: one function, one order of steps."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from types import MappingProxyType

from scs_series.text.checking import harmless
from scs_series.text.citations import citations_in
from scs_series.text.language import mark_directions, mark_languages
from scs_series.text.markdown import parse
from scs_series.text.plain import count_words, excerpt, plain_text
from scs_series.text.records import Profile, Reference, Rendered
from scs_series.text.sanitise import sanitise
from scs_series.text.writer import Writer

_DOC_ID = re.compile(r"[A-Za-z0-9_-]{0,100}")
_NO_REFERENCES: Mapping[str, Reference] = MappingProxyType({})


def render(
    markdown: str,
    *,
    profile: Profile,
    references: Mapping[str, Reference] = _NO_REFERENCES,
    doc_id: str = "",
    image_prefixes: Sequence[str] = ("/",),
) -> Rendered:
    """Render a text. Takes any string and never raises for what stands in it; what is nested too deeply is flat.

    ``references``: the known sources by key; a citation of another key stays visible as code. ``doc_id``: put
    before every id, so that several texts can share a page; ASCII letters, digits, "_" and "-", else ValueError.
    ``image_prefixes``: addresses under which pictures may be shown.
    """
    if not _DOC_ID.fullmatch(doc_id):
        raise ValueError(f"doc_id {doc_id!r} may hold ASCII letters, digits, '_' and '-' only")
    tokens = parse(harmless(markdown), profile)
    writer = Writer(tokens, profile, references, f"{doc_id}-" if doc_id else "")
    html = sanitise(writer.html(), profile=profile, image_prefixes=image_prefixes)
    html = mark_directions(mark_languages(html))
    text = plain_text(html)
    return Rendered(
        html=html,
        headings=tuple(writer.headings),
        citations=citations_in(tokens),
        word_count=count_words(text),
        excerpt=excerpt(html),
    )
