"""Pure Python, no models: records of sources, how they read as a reference, and the formats they come in."""

from scs_series.bibliography.record import (
    Name,
    Record,
    folded,
    label,
    note_again_html,
    note_html,
    reference_html,
    sort_key,
)

__all__ = ["Name", "Record", "folded", "label", "note_again_html", "note_html", "reference_html", "sort_key"]
