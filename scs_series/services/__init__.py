"""Every write that carries a rule: one function each, keyword-only, atomic. A module a noun.

Services trust that visibility was asked by the caller's query, ask the policy themselves, and raise
``scs_series.exceptions``; signals go out on commit.
"""
