"""The Interlabel site: one Django app for each thing a user sees (see docs/architecture.md)."""

from labeling.celery import app as celery_app

__all__ = ["celery_app"]
