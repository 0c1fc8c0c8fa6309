"""Predictions that somebody brought in from elsewhere (`labeling.suggestions.imported`)."""

from labeling.suggestions.registry import Method, register

IMPORTED = register(
    Method("imported", "Imported", "Predictions that were made elsewhere.", order=50, rank=5, imported=True)
)
