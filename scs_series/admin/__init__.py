"""The curator's desk: the stock Django admin for every model of the app. A module a noun.

Thin like the pages: an admin finds its rows with the QuerySets, asks the policy, and hands every write to a
service; what a service refuses becomes an error on the form.
"""

from scs_series.admin import discussion, members, outbox, series, sources, tagging

__all__ = ["discussion", "members", "outbox", "series", "sources", "tagging"]
