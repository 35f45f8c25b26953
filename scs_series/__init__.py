"""A reusable Django app: long writing as a series of parts, its sources and its discussion in one graph."""

__version__ = "0.1.0"
