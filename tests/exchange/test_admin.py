"""Exports in the Django admin."""

from typing import Any

from labeling.accounts.models import User
from labeling.exchange.models import Export
from labeling.projects.models import Project


def test_the_pages_show_exports_and_failed_ones_are_tried_again(as_user: Any, alice: User, project: Project) -> None:
    alice.is_staff = alice.is_superuser = True
    alice.save()
    failed = Export.objects.create(project=project, format="png", state="failed", reason="disk full")
    ready = Export.objects.create(project=project, format="coco", state="ready")
    admin = as_user(alice)
    assert f"/exports/{ready.pk}/download" in admin.get("/admin/exchange/export/?q=Street").content.decode()
    assert "disk full" in admin.get(f"/admin/exchange/export/{failed.pk}/change/").content.decode()
    admin.post("/admin/exchange/export/", {"action": "try_again", "_selected_action": [failed.pk, ready.pk]})
    assert list(Export.objects.order_by("id").values_list("state", flat=True)) == ["queued", "ready"]
    assert admin.get("/admin/exchange/export/add/").status_code == 403
