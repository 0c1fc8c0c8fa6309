"""What the management commands share: finding users, and bringing files in without a server."""

import logging
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from django.core.management import CommandError

from labeling.accounts.models import User
from labeling.images import ingest, services
from labeling.images.models import Upload, UploadItem
from labeling.projects.models import Project
from labeling.server import wake_up

State, Reason = UploadItem.State, UploadItem.Reason


def many(count: int, what: str) -> str:
    """`1 image`, `12 images`: for nouns whose plural has an s."""
    return f"{count:,} {what}" if count == 1 else f"{count:,} {what}s"


def find_user(given: str | None) -> User:
    """The user of that name; without one the first superuser. Raises: CommandError."""
    if given:
        user = User.objects.filter(username=given, is_active=True).first()
        if user is None:
            raise CommandError(
                f"No active account named “{given}”. Create one with `createsuperuser` or in the administration."
            )
        return user
    user = User.objects.filter(is_superuser=True, is_active=True).order_by("id").first()
    if user is None:
        raise CommandError("There is no superuser. Create one with `createsuperuser`, or give --user NAME.")
    return user


def import_path(
    project: Project, user: User, path: Path, tell: Callable[[UploadItem], None] = lambda item: None
) -> Upload:
    """Bring a picture, a zip or a folder into the project, in this process; `tell` gets each file's verdict in the end.

    A worker that runs may take some of the files; this returns when all are accepted or rejected.
    Raises: FileNotFoundError; OSError for a file that can't be read.
    """
    upload = services.start_upload(project, user)
    try:
        for _ in services.add_path(upload, path):
            ingest.work_off(upload.pk)
    finally:
        upload = services.close(upload)
    for item in worked_off(upload):
        tell(item)
    return upload


def worked_off(upload: Upload) -> Iterator[UploadItem]:
    """Process what waits of a closed upload, in this process; gives each file once all have their verdict."""
    while upload.finished_at is None:
        if not ingest.work_off(upload.pk):
            time.sleep(0.2)
        upload.refresh_from_db()
    yield from upload.items.filter(state__in=[State.ACCEPTED, State.REJECTED]).order_by("id").iterator()


class _Silence(logging.Filter):
    """Drops warnings; errors stay."""

    def filter(self, record: logging.LogRecord) -> bool:
        return record.levelno > logging.WARNING


@contextmanager
def broker_or_none() -> Iterator[bool]:
    """Work on whether or not a server runs; gives True when its broker answers.

    Without one, no message and no event is sent, and nothing is said of each. That is harmless, as the rows are the
    queue and the next worker's sweep finds them.
    """
    if wake_up.broker_answers():
        yield True
        return
    silence, talkers = _Silence(), [logging.getLogger(f"labeling.web.{name}") for name in ("events", "nudges")]
    for talker in talkers:
        talker.addFilter(silence)
    try:
        yield False
    finally:
        for talker in talkers:
            talker.removeFilter(silence)
