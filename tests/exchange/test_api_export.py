"""`GET /api/exports/<id>`."""

from typing import Any

from labeling.accounts.models import User
from labeling.exchange.models import Export
from labeling.projects.models import Project


def test_a_ready_export_says_where_its_zip_is(as_user: Any, rita: User, project: Project) -> None:
    export = Export.objects.create(project=project, format="png", state="ready", done=3, total=3)
    answer = as_user(rita).get(f"/api/exports/{export.pk}").json()
    assert (answer["state"], answer["done"], answer["url"]) == ("ready", 3, f"/exports/{export.pk}/download")


def test_a_failed_one_says_why(as_user: Any, rita: User, project: Project) -> None:
    export = Export.objects.create(project=project, format="png", state="failed", reason="Too many objects.")
    answer = as_user(rita).get(f"/api/exports/{export.pk}").json()
    assert answer["reason"] == "Too many objects."
    assert "url" not in answer


def test_who_may(as_user: Any, bob: User, charlie: User, project: Project) -> None:
    export = Export.objects.create(project=project, format="png")
    for user, status in ((None, 401), (charlie, 404), (bob, 403)):
        assert as_user(user).get(f"/api/exports/{export.pk}").status_code == status
    assert as_user(charlie).get("/api/exports/999").status_code == 404
