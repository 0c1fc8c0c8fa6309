"""Files in, images and reasons out: uploads worked off by the real task functions."""

import io
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from django.core.files.storage import default_storage
from django.db import connection, transaction

from labeling.accounts.models import User
from labeling.images import ingest, services
from labeling.images.models import Image, Upload, UploadItem
from labeling.images.signals import image_accepted
from labeling.images.tasks import ingest as ingest_task
from labeling.images.tasks import sweep
from labeling.projects.models import Project
from labeling.web.api import ApiError
from tests.conftest import picture_bytes
from tests.images.files import blocks, bomb_png, pillow_file, png16

pytestmark = pytest.mark.django_db(transaction=True)
State, Reason = UploadItem.State, UploadItem.Reason


@pytest.fixture
def upload(project: Project, alice: User) -> Upload:
    return services.start_upload(project, alice)


def add(upload: Upload, name: str, data: bytes) -> UploadItem:
    return services.add_file(upload, name, io.BytesIO(data))


def stored_files() -> set[str]:
    """Every file on the media storage."""
    root = Path(default_storage.path(""))
    return {path.relative_to(root).as_posix() for path in root.rglob("*") if path.is_file()}


@pytest.mark.once
def test_a_picture_becomes_an_image(upload: Upload) -> None:
    data = pillow_file(blocks(), "JPEG", orientation=6, quality=95)
    item = add(upload, "street.jpg", data)
    assert item.state == State.WAITING
    ingest_task(upload.pk)
    item.refresh_from_db()
    image = item.image
    assert item.state == State.ACCEPTED
    assert image is not None
    assert (image.width, image.height) == (48, 64)
    assert image.original.open("rb").read() == data
    assert image.source["format"] == "JPEG"
    assert image.source["orientation"] == 6
    assert image.source["view"] == "jpeg"
    assert not item.file
    assert str(image.view.name).endswith(".jpg")
    assert image.thumbnail.size > 0


@pytest.mark.once
def test_the_view_is_the_original_where_browsers_show_it_rightly(upload: Upload) -> None:
    add(upload, "plain.png", picture_bytes())
    add(upload, "deep.png", png16(blocks().astype("uint16") * 257))
    ingest_task(upload.pk)
    plain, deep = Image.objects.order_by("id")
    assert plain.view.name == plain.original.name
    assert plain.source["view"] == "original"
    assert deep.view.name != deep.original.name
    assert deep.source["window"]


@pytest.mark.once
def test_good_files_go_in_beside_bad_ones(upload: Upload) -> None:
    good = picture_bytes()
    for name, data in {
        "a.png": good,
        "again.png": good,
        "notes.txt": b"remember the milk",
        "half.png": good[: len(good) // 2],
        "bomb.png": bomb_png(100_000, 100_000),
        "b.png": picture_bytes(seed=1),
    }.items():
        add(upload, name, data)
    services.close(upload)
    ingest_task(upload.pk)
    upload.refresh_from_db()
    found = {item.name: (item.state, item.reason) for item in services.describe(upload).items}
    assert found == {
        "a.png": ("accepted", ""),
        "again.png": ("rejected", "duplicate"),
        "notes.txt": ("rejected", "not_an_image"),
        "half.png": ("rejected", "corrupt"),
        "bomb.png": ("rejected", "too_many_pixels"),
        "b.png": ("accepted", ""),
    }
    assert upload.state == "done"
    assert ingest.totals(upload) == {"total": 6, "accepted": 2, "rejected": 4}
    assert "a.png" in upload.items.get(name="again.png").message
    kept = {str(file.name) for image in Image.objects.all() for file in (image.original, image.view, image.thumbnail)}
    assert stored_files() >= kept
    assert not [item for item in upload.items.all() if item.file]


@pytest.mark.once
def test_rejected_files_leave_nothing_behind(upload: Upload) -> None:
    before = stored_files()
    add(upload, "notes.txt", b"remember the milk")
    ingest_task(upload.pk)
    assert stored_files() == before


@pytest.mark.once
def test_too_large(upload: Upload, settings: Any) -> None:
    settings.MAX_UPLOAD_BYTES = 100
    item = add(upload, "big.png", picture_bytes())
    assert (item.state, item.reason) == (State.REJECTED, Reason.TOO_LARGE)
    assert "100 bytes" in item.message.replace("\xa0", " ")


def test_the_same_picture_is_refused_per_project_only(upload: Upload, alice: User) -> None:
    other = services.start_upload(Project.objects.create(name="Other", created_by=alice), alice)
    for one in (upload, other):
        add(one, "a.png", picture_bytes())
        ingest_task(one.pk)
    assert Image.objects.count() == 2


def test_two_workers_at_once_make_one_image(upload: Upload, monkeypatch: pytest.MonkeyPatch) -> None:
    """The second worker passes the duplicate check before the first commits: the constraint decides."""
    first, second = (add(upload, name, picture_bytes()) for name in ("a.png", "b.png"))
    ours, theirs = ingest.claim(upload.pk), ingest.claim(upload.pk)
    assert ours is not None
    assert theirs is not None
    assert {ours.pk, theirs.pk} == {first.pk, second.pk}
    calls: list[Any] = []
    real = ingest.decoder.decoded

    def read_while_the_other_one_commits(*args: Any, **options: Any) -> Any:
        if not calls:
            calls.append(1)
            ingest.process(theirs)
        return real(*args, **options)

    monkeypatch.setattr(ingest.decoder, "decoded", read_while_the_other_one_commits)
    ingest.process(ours)
    assert Image.objects.count() == 1
    first.refresh_from_db()
    second.refresh_from_db()
    assert {first.state, second.state} == {State.ACCEPTED, State.REJECTED}
    image = Image.objects.get()
    assert image.original.open().read() == picture_bytes()
    assert image.thumbnail.size > 0


def test_an_upload_is_done_only_when_closed_and_worked_off(upload: Upload) -> None:
    add(upload, "a.png", picture_bytes())
    ingest_task(upload.pk)
    upload.refresh_from_db()
    assert upload.state == "receiving"
    services.close(upload)
    assert upload.state == "done"
    with pytest.raises(ApiError, match="closed"):
        add(upload, "late.png", picture_bytes(seed=1))
    late = services.start_upload(upload.project, upload.created_by)
    add(late, "b.png", picture_bytes(seed=1))
    assert services.close(late).state == "processing"
    ingest_task(late.pk)
    late.refresh_from_db()
    assert late.state == "done"
    assert services.close(late).state == "done"


def test_an_empty_upload_is_done_at_once(upload: Upload) -> None:
    assert services.close(upload).state == "done"


def test_the_signal_comes_after_the_commit(upload: Upload) -> None:
    seen = []

    def receiver(image: Image, **_: Any) -> None:
        seen.append((image.pk, transaction.get_connection().in_atomic_block))

    image_accepted.connect(receiver)
    try:
        add(upload, "a.png", picture_bytes())
        ingest_task(upload.pk)
    finally:
        image_accepted.disconnect(receiver)
    assert seen == [(Image.objects.get().pk, False)]


def test_names_are_made_fit_for_pages_and_database(upload: Upload) -> None:
    item = add(upload, "a\0b\n" + "x" * 300 + ".png", picture_bytes())
    assert len(item.name) == 255
    assert item.name.startswith("…")
    assert item.name.endswith(".png")
    assert add(upload, "bad\udcff.png", b"").name == "bad�.png"
    assert add(upload, "", b"").name == "unnamed"


def test_a_folder_is_added_with_its_folders(upload: Upload, tmp_path: Path) -> None:
    (tmp_path / "b").mkdir()
    (tmp_path / ".git").mkdir()
    (tmp_path / "a.png").write_bytes(picture_bytes())
    (tmp_path / "b" / "c.png").write_bytes(picture_bytes(seed=1))
    (tmp_path / ".DS_Store").write_bytes(b"junk")
    (tmp_path / ".git" / "config").write_bytes(b"junk")
    (tmp_path / "link.png").symlink_to(tmp_path / "a.png")
    items = list(services.add_path(upload, tmp_path))
    assert [(item.name, item.reason) for item in items] == [("a.png", ""), ("link.png", "symlink"), ("b/c.png", "")]
    ingest_task(upload.pk)
    assert set(Image.objects.values_list("name", flat=True)) == {"a.png", "b/c.png"}
    [single] = services.add_path(upload, tmp_path / "a.png")
    assert single.name == "a.png"
    with pytest.raises(FileNotFoundError):
        list(services.add_path(upload, tmp_path / "nothing"))


# Crashes: what a killed worker leaves, and what becomes of it


class Killed(BaseException):
    """Stands for SIGKILL: nothing in the code may catch it."""


STEPS = [
    ("decoder", "decoded"), ("pictures", "store"), ("", "_settle"),
    ("image_accepted", "send"), ("", "publish"),
]  # fmt: skip


@pytest.mark.parametrize(("place", "step"), STEPS)
@pytest.mark.parametrize("moment", ["before", "after"])
def test_a_kill_between_any_two_steps_loses_nothing(
    upload: Upload, monkeypatch: pytest.MonkeyPatch, place: str, step: str, moment: str
) -> None:
    add(upload, "a.tif", pillow_file(blocks(), "TIFF"))
    services.close(upload)
    target = getattr(ingest, place) if place else ingest
    real = getattr(target, step)

    def killed(*args: Any, **kwargs: Any) -> Any:
        if moment == "after":
            real(*args, **kwargs)
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(target, step, killed)
        with pytest.raises(Killed):
            ingest_task(upload.pk)
    _let_leases_run_out()
    ingest_task(upload.pk)
    sweep()
    image = Image.objects.get()
    assert upload.items.get().state == State.ACCEPTED
    upload.refresh_from_db()
    assert upload.state == "done"
    files = {str(image.original.name), str(image.view.name), str(image.thumbnail.name)}
    ours = {name for name in stored_files() if Path(name).stem == Path(str(image.original.name)).stem}
    assert ours == files


def _let_leases_run_out() -> None:
    UploadItem.objects.exclude(lease_until=None).update(lease_until="2020-01-01T00:00Z")


def test_a_file_that_ends_the_worker_each_time_is_given_up(upload: Upload, monkeypatch: pytest.MonkeyPatch) -> None:
    add(upload, "poison.png", picture_bytes())
    with monkeypatch.context() as patch:

        def killed(*_: Any, **__: Any) -> None:
            raise Killed

        patch.setattr(ingest.decoder, "decoded", killed)
        for _ in range(ingest.MAX_ATTEMPTS):
            with pytest.raises(Killed):
                ingest_task(upload.pk)
            _let_leases_run_out()
    ingest_task(upload.pk)
    item = upload.items.get()
    assert (item.state, item.reason) == (State.REJECTED, Reason.FAILED)
    assert "Upload it again" in item.message


def test_trouble_of_the_server_is_no_reason_to_reject(upload: Upload, monkeypatch: pytest.MonkeyPatch) -> None:
    add(upload, "a.png", picture_bytes())
    with monkeypatch.context() as patch:

        def full(*_: Any) -> None:
            raise OSError(28, "No space left on device")

        patch.setattr(ingest.pictures, "store", full)
        ingest_task(upload.pk)
    item = upload.items.get()
    assert item.state == State.WAITING
    assert ingest.claim(upload.pk) is None  # not at once
    _let_leases_run_out()
    ingest_task(upload.pk)
    assert Image.objects.count() == 1


def test_a_worker_that_lost_its_lease_changes_nothing(upload: Upload) -> None:
    add(upload, "a.png", picture_bytes())
    slow = ingest.claim(upload.pk)
    assert slow is not None
    _let_leases_run_out()
    quick = ingest.claim(upload.pk)
    assert quick is not None
    ingest.process(slow)
    assert Image.objects.count() == 0
    ingest.process(quick)
    assert Image.objects.count() == 1


def test_many_workers_at_once_share_an_upload(upload: Upload) -> None:
    for number in range(8):
        add(upload, f"{number}.png", picture_bytes(seed=number % 4))  # each picture twice
    services.close(upload)

    def work(_: int) -> int:
        try:
            return ingest_task(upload.pk)
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        assert sum(pool.map(work, range(4))) == 8
    assert Image.objects.count() == 4
    assert (
        sorted(upload.items.values_list("state", "reason")) == [("accepted", "")] * 4 + [("rejected", "duplicate")] * 4
    )
    upload.refresh_from_db()
    assert upload.state == "done"


def test_the_sweep_frees_what_a_dead_worker_held(upload: Upload) -> None:
    add(upload, "a.png", picture_bytes())
    item = ingest.claim(upload.pk)
    assert item is not None
    host, _, token = item.lease_owner.rsplit(":", 2)
    UploadItem.objects.update(lease_owner=f"{host}:4194304:{token}")
    sweep()
    item.refresh_from_db()
    assert item.lease_owner == ""
    assert ingest.claim(upload.pk) is not None


def test_the_sweep_ends_abandoned_uploads(upload: Upload) -> None:
    fresh = services.start_upload(upload.project, upload.created_by)
    Upload.objects.filter(pk=upload.pk).update(created_at="2020-01-01T00:00Z")
    sweep()
    upload.refresh_from_db()
    fresh.refresh_from_db()
    assert upload.state == "done"
    assert fresh.state == "receiving"


def test_deleting_an_image_deletes_its_files_after_the_commit(upload: Upload) -> None:
    add(upload, "a.tif", pillow_file(blocks(), "TIFF"))
    ingest_task(upload.pk)
    image = Image.objects.get()
    files = {str(image.original.name), str(image.view.name), str(image.thumbnail.name)}
    assert files <= stored_files()
    with transaction.atomic():
        services.delete_image(image)
        assert files <= stored_files()
    assert not files & stored_files()
    assert upload.items.get().image is None


def test_deleting_a_project_deletes_waiting_files_too(upload: Upload) -> None:
    before = stored_files()
    add(upload, "a.png", picture_bytes())
    upload.project.delete()
    assert stored_files() == before
