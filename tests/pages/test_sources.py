"""The page of connected folders and buckets, in words."""

from pathlib import Path
from typing import Any

import pytest

from labeling.accounts.models import User
from labeling.projects.models import Project
from labeling.sources import services
from tests.conftest import picture_bytes
from tests.sources.test_folder import look

pytestmark = [pytest.mark.once, pytest.mark.django_db(transaction=True)]


def test_without_an_allowed_place_the_page_says_whom_to_ask(as_user: Any, alice: User, project: Project) -> None:
    page = as_user(alice).get(f"/projects/{project.pk}/sources").content.decode()
    assert "Ask the administrator to allow some" in page
    assert "data-source-form" not in page


def test_a_missing_original_is_told_on_both_pages(
    as_user: Any, alice: User, bob: User, project: Project, tmp_path: Path, settings: Any
) -> None:
    (tmp_path / "a.png").write_bytes(picture_bytes(seed=1))
    (tmp_path / "b.png").write_bytes(picture_bytes(seed=2))
    settings.SOURCE_FOLDERS = {"scans": tmp_path}
    source = look(services.connect(project, alice, root="folder:scans", folder="", watch=True))
    images = f"/projects/{project.pk}/images"
    assert "missing. <a" not in as_user(alice).get(images).content.decode()
    (tmp_path / "a.png").unlink()
    look(source)
    assert "1 original of this project was changed or is missing" in as_user(alice).get(images).content.decode()
    assert "missing. <a" not in as_user(bob).get(images).content.decode()
    page = as_user(alice).get(f"/projects/{project.pk}/sources").content.decode()
    assert "The folder scans" in page
    assert "The file is not there any more. Put it back, or delete the image." in page
    assert str(tmp_path) not in page
    assert as_user(bob).get(f"/projects/{project.pk}/sources").status_code == 403
