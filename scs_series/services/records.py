"""A Source row as the bibliography room's plain record."""

from __future__ import annotations

from scs_series import bibliography
from scs_series.models import Source

RECORD_FIELDS = (
    "key", "type", "title", "title_translated", "container", "publisher", "volume", "number", "pages", "issued",
    "language", "url", "doi", "archive_url", "note",
)  # fmt: skip


def record_of(source: Source) -> bibliography.Record:
    """The source as the bibliography room knows it."""
    authors = tuple(bibliography.Name.from_csl(value) for value in source.authors if isinstance(value, dict))
    return bibliography.Record(authors=authors, **{name: getattr(source, name) for name in RECORD_FIELDS})
