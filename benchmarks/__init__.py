"""What ``make bench`` runs: the real server on PostgreSQL, filled, loaded and timed (docs/performance.md)."""
