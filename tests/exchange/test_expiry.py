"""Old zips are deleted, and their exports say so."""

from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings as shipped
from django.utils import timezone

from labeling.accounts.models import User
from labeling.exchange import build, services, tasks
from labeling.exchange.models import Export
from labeling.projects.models import Project
from tests.exchange.conftest import AddImage, Keep, box


@pytest.fixture
def export(project: Project, rita: User, add_image: AddImage, keep: Keep) -> Export:
    """A ready export, made just now."""
    keep(add_image(), box(1, 1, 4, 4))
    claimed = build.claim(services.start(project, rita, format="coco", options={}).pk)
    assert claimed is not None
    build.make(claimed)
    return Export.objects.get()


def age(export: Export, days: float) -> None:
    Export.objects.filter(pk=export.pk).update(finished_at=timezone.now() - timedelta(days=days))


def test_after_thirty_days_the_zip_goes_and_the_row_says_so(
    export: Export, rita: User, as_user: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[dict[str, Any]] = []
    monkeypatch.setattr(build.events, "publish", lambda group, event: told.append(event))
    age(export, 29.9)
    assert tasks.expire() == 0
    assert as_user(rita).get(f"/exports/{export.pk}/download").status_code == 200

    age(export, 30.1)
    assert tasks.expire() == 1
    assert not export.file.storage.exists(str(export.file.name))
    shown = as_user(rita).get(f"/api/exports/{export.pk}").json()
    assert (shown["state"], shown["reason"]) == ("expired", build.EXPIRED)
    assert "url" not in shown
    assert [(one["type"], one["id"], one["state"]) for one in told] == [("export", export.pk, "expired")]
    assert as_user(rita).get(f"/exports/{export.pk}/download").status_code == 404
    assert tasks.expire() == 0


def test_a_kill_after_the_deletion_is_made_good(export: Export) -> None:
    age(export, 31)
    export.file.storage.delete(str(export.file.name))
    assert tasks.expire() == 1
    assert Export.objects.get().state == "expired"


def test_only_ready_exports_expire(export: Export) -> None:
    Export.objects.update(state="failed", reason="no luck")
    age(export, 31)
    assert tasks.expire() == 0
    assert Export.objects.get().reason == "no luck"


def test_it_can_be_switched_off(export: Export, settings: Any) -> None:
    settings.EXPORT_DAYS = 0
    age(export, 10_000)
    assert tasks.expire() == 0


def test_a_worker_is_asked_to_every_hour() -> None:
    entries = shipped.CELERY_BEAT_SCHEDULE.values()
    assert [one["schedule"] for one in entries if one["task"] == tasks.expire.name] == [3600.0]
