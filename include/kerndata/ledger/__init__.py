"""The database that remembers submissions, releases, notices and an append-only log."""
