"""Supersede, aggregate, reconcile, compare."""
