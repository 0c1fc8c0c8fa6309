"""`manage.py demo`."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import CommandError
from PIL import Image as Pillow

from labeling.accounts.demo import demo_users
from labeling.accounts.models import User
from labeling.annotations.models import Annotation
from labeling.commands.management.commands import demo
from labeling.features.models import Encoding
from labeling.images.models import Image
from labeling.projects.models import Project

Command = Callable[..., str]
pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.once]


@pytest.fixture
def kept() -> Iterator[Path]:
    path = settings.HOME / "demo.json"
    path.unlink(missing_ok=True)
    yield path
    path.unlink(missing_ok=True)


@pytest.fixture
def few(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Two of the photographs, so that the tests are quick."""
    for name in ("coffee.jpg", "kitten.jpg"):
        (tmp_path / name).write_bytes((demo.PHOTOGRAPHS / name).read_bytes())
    monkeypatch.setattr(demo, "PHOTOGRAPHS", tmp_path)


def test_the_first_time(command: Command, kept: Path) -> None:
    said = command("demo")
    project = Project.objects.get()
    assert project.images.count() == len(list(demo.PHOTOGRAPHS.iterdir())) >= 8
    assert Encoding.objects.filter(state="queued").count() == project.images.count()
    assert not Annotation.objects.exists()
    roles = dict(project.memberships.values_list("user__username", "role"))
    assert roles == {"demo-admin": "owner", "demo-annotator": "annotator", "demo-reviewer": "reviewer"}
    assert [one.hotkey for one in project.categories.all()] == [*"123456789"]
    assert kept.stat().st_mode & 0o777 == 0o600
    for user in demo_users():  # what the sign-in page shows
        assert User.objects.get(username=user.username).check_password(user.password)
        assert user.username in said
        assert user.password in said
    assert User.objects.get(username="demo-admin").is_superuser
    assert not User.objects.get(username="demo-annotator").is_staff


@pytest.mark.usefixtures("few")
def test_the_second_time_changes_nothing(command: Command, kept: Path) -> None:
    command("demo", verbosity=0)
    before = kept.read_text()
    Image.objects.get(name="coffee.jpg").delete()
    command("demo", verbosity=0)
    assert kept.read_text() == before
    assert Image.objects.get().name == "kitten.jpg"
    assert Project.objects.count() == 1
    assert User.objects.count() == 3


@pytest.mark.usefixtures("few")
def test_a_deleted_demo_project_does_not_come_back(command: Command, kept: Path) -> None:
    command("demo", verbosity=0)
    Project.objects.all().delete()
    assert "was deleted" in command("demo")
    assert not Project.objects.exists()


@pytest.mark.usefixtures("few")
def test_one_that_was_cut_off_is_completed(command: Command, kept: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def killed(*args: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(demo, "import_path", killed)
        with pytest.raises(KeyboardInterrupt):
            command("demo", verbosity=0)
    password = json.loads(kept.read_text())["users"][0]["password"]
    command("demo", verbosity=0)
    assert Project.objects.get().images.count() == 2
    assert json.loads(kept.read_text())["users"][0]["password"] == password


@pytest.mark.usefixtures("few")
def test_a_changed_password_is_kept_and_not_shown(command: Command, kept: Path) -> None:
    command("demo", verbosity=0)
    admin = User.objects.get(username="demo-admin")
    admin.set_password("my own secret")
    admin.save()
    command("demo", verbosity=0)
    assert User.objects.get(pk=admin.pk).check_password("my own secret")
    assert [user.username for user in demo_users()] == ["demo-annotator", "demo-reviewer"]


@pytest.mark.usefixtures("few")
def test_without_its_file_the_passwords_are_new(command: Command, kept: Path) -> None:
    command("demo", verbosity=0)
    old = demo_users()[0].password
    kept.unlink()
    command("demo", verbosity=0)
    new = demo_users()[0].password
    assert new != old
    assert User.objects.get(username="demo-admin").check_password(new)


def test_missing_photographs_are_told(
    command: Command, kept: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(demo, "PHOTOGRAPHS", tmp_path / "nowhere")
    with pytest.raises(CommandError, match="missing"):
        command("demo")


def test_every_photograph_is_attributed_and_of_the_right_size() -> None:
    table = (settings.BASE_DIR / "demo" / "ATTRIBUTION.md").read_text()
    files = sorted(demo.PHOTOGRAPHS.iterdir())
    assert len(files) >= 8
    for path in files:
        row = next(line for line in table.splitlines() if line.startswith(f"| `{path.name}` |"))
        assert row.split("|")[5].strip() in ("public domain", "CC0", "CC0 1.0")
        assert path.stat().st_size <= 400 * 1024
        with Pillow.open(path) as opened:
            assert (opened.format, opened.mode) == ("JPEG", "RGB")
            assert 600 <= max(opened.size) <= 1280
