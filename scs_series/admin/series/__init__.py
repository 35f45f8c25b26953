"""Series, parts and the revisions of parts."""

from scs_series.admin.series import parts, series

__all__ = ["parts", "series"]
