"""The audit log's periodic work."""

from celery import shared_task

from labeling.audit import services


@shared_task
def tidy() -> int:
    """Every hour: events that are older than AUDIT_DAYS."""
    return services.forget_old()
