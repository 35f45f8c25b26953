"""The API: a REST framework router that a host includes (``scs_series.api.urls``) or extends."""
