"""Celery's side of the inbox."""

from celery import shared_task

from labeling.inbox import mail


@shared_task
def send_mail() -> int:
    """Mail people about what they have not seen; returns how many mails were sent."""
    return mail.send_due()
