"""Texts: Markdown to safe HTML, citations, plain text, differences. Pure Python: no models, no settings.

The names below are the package's contract; its modules are its own business.
"""

from scs_series.text.checking import check_text, harmless
from scs_series.text.citations import suggest_key
from scs_series.text.cited import Cited, cited_in
from scs_series.text.difference import DiffLine, difference
from scs_series.text.markdown import find_citations, to_html
from scs_series.text.plain import plain_text
from scs_series.text.quoting import quote
from scs_series.text.records import (
    Citation,
    Heading,
    Names,
    Profile,
    Reference,
    Rendered,
    Targets,
    TextError,
)
from scs_series.text.render import Read, read, render
from scs_series.text.sanitise import sanitise

__all__ = [
    "Citation",
    "Cited",
    "DiffLine",
    "Heading",
    "Names",
    "Profile",
    "Read",
    "Reference",
    "Rendered",
    "Targets",
    "TextError",
    "check_text",
    "cited_in",
    "difference",
    "find_citations",
    "harmless",
    "plain_text",
    "quote",
    "read",
    "render",
    "sanitise",
    "suggest_key",
    "to_html",
]
