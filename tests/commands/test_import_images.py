"""`manage.py import_images`."""

import os
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import CommandError

from labeling.features.models import Encoding
from labeling.images.models import Image, Upload
from labeling.projects.models import Project
from tests.conftest import picture_bytes

pytestmark = pytest.mark.once

Command = Callable[..., str]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "day").mkdir()
    (tmp_path / "a.png").write_bytes(picture_bytes(seed=1))
    (tmp_path / "day" / "b.jpg").write_bytes(picture_bytes(seed=2, format="JPEG"))
    (tmp_path / "copy.png").write_bytes(picture_bytes(seed=1))
    (tmp_path / "notes.txt").write_text("not a picture")
    return tmp_path


@pytest.mark.django_db(transaction=True)
def test_a_folder(command: Command, project: Project, folder: Path) -> None:
    said = command("import_images", str(project.pk), str(folder))
    assert set(Image.objects.values_list("name", flat=True)) == {"a.png", "day/b.jpg"}
    assert "rejected (duplicate): copy.png" in said
    assert "rejected (not_an_image): notes.txt" in said
    assert "2 accepted, 2 rejected; 2 waiting to be prepared." in said
    assert Encoding.objects.filter(state="queued").count() == 2
    upload = Upload.objects.get()
    assert (upload.state, upload.created_by) == ("done", project.created_by)


@pytest.mark.django_db(transaction=True)
def test_a_zip_into_a_project_by_name(command: Command, project: Project, tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "all.zip", "w") as archive:
        archive.writestr("in/a.png", picture_bytes(seed=1))
        archive.writestr("../out.png", picture_bytes(seed=2))
    said = command("import_images", "Street", str(tmp_path / "all.zip"))
    assert Image.objects.get().name == "in/a.png"
    assert "rejected (unsafe_path): ../out.png" in said


@pytest.mark.django_db(transaction=True)
def test_a_second_time_only_duplicates(command: Command, project: Project, folder: Path) -> None:
    command("import_images", "Street", str(folder / "a.png"))
    assert "0 accepted, 1 rejected" in command("import_images", "Street", str(folder / "a.png"))
    assert Image.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_nothing_usable_is_an_error(command: Command, project: Project, folder: Path) -> None:
    with pytest.raises(CommandError, match="None of the files"):
        command("import_images", "Street", str(folder / "notes.txt"))
    (folder / "empty").mkdir()
    with pytest.raises(CommandError, match="no files in"):
        command("import_images", "Street", str(folder / "empty"))


@pytest.mark.django_db(transaction=True)
def test_wrong_names_are_told(command: Command, project: Project, tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="No project named “Strait”. Projects: .*Street"):
        command("import_images", "Strait", str(tmp_path))
    with pytest.raises(CommandError, match="no file or folder"):
        command("import_images", "Street", str(tmp_path / "nowhere"))
    Project.objects.create(name="Street", created_by=project.created_by)
    with pytest.raises(CommandError, match="2 projects"):
        command("import_images", "Street", str(tmp_path))


def test_without_a_server_it_is_as_fast_and_says_who_encodes(tmp_path: Path) -> None:
    """No Redis, its own data directory, as a person types it; a dead broker must not cost seconds a file."""
    environment = {
        **os.environ,
        "INTERLABEL_HOME": str(tmp_path / "home"),
        "DJANGO_SETTINGS_MODULE": "labeling.settings",
    }
    for name in ("REDIS_URL", "DATABASE_URL"):
        environment.pop(name, None)
    (tmp_path / "a.png").write_bytes(picture_bytes())

    def manage(*words: str) -> str:
        ran = subprocess.run(
            [sys.executable, "manage.py", *words],
            env=environment, cwd=settings.BASE_DIR, capture_output=True, text=True, timeout=100,
        )  # fmt: skip
        assert ran.returncode == 0, ran.stderr
        assert "WARNING" not in ran.stderr
        return ran.stdout

    manage("migrate", "-v0")
    environment["DJANGO_SUPERUSER_PASSWORD"] = "correct horse battery"
    manage("createsuperuser", "--noinput", "--username", "root", "--email", "root@example.org")
    manage("create_project", "Streets", "--classes", "car")
    said = manage("import_images", "Streets", str(tmp_path / "a.png"))
    assert "1 accepted, 0 rejected; 1 waiting to be prepared." in said
    assert "make start" in said
