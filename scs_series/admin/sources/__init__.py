"""Sources and what ties them to texts."""

from scs_series.admin.sources import links, sources

__all__ = ["links", "sources"]
