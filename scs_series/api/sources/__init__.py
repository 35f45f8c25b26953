"""Sources of a series, and what links parts and posts to them."""

from scs_series.api.sources.links import PartRefSerializer, SourceLinkSet, represent_part_ref
from scs_series.api.sources.sources import SourceSet

__all__ = ["PartRefSerializer", "SourceLinkSet", "SourceSet", "represent_part_ref"]
