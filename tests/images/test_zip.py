"""Zips: each file becomes an item, and nothing a hostile zip does gets out of it."""

import io
import zipfile
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from labeling.accounts.models import User
from labeling.images import ingest, services, zips
from labeling.images.models import Image, Upload, UploadItem
from labeling.images.tasks import ingest as ingest_task
from labeling.projects.models import Project
from tests.conftest import picture_bytes
from tests.images.files import encrypted, zip_file
from tests.images.test_upload import Killed, _let_leases_run_out, stored_files

pytestmark = pytest.mark.django_db(transaction=True)
State = UploadItem.State
PICTURE = picture_bytes()


@pytest.fixture
def upload(project: Project, alice: User) -> Upload:
    return services.start_upload(project, alice)


def outcome(upload: Upload, data: bytes) -> dict[str, tuple[str, str]]:
    """Add a zip, work it off: name → (state, reason) of its files."""
    services.add_file(upload, "pictures.zip", io.BytesIO(data))
    ingest_task(upload.pk)
    return {item.name: (item.state, item.reason) for item in services.describe(upload).items}


def test_each_file_becomes_an_item(upload: Upload) -> None:
    data = zip_file({"b/two.png": picture_bytes(seed=2), "one.png": PICTURE}, method=zipfile.ZIP_DEFLATED)
    assert outcome(upload, data) == {"b/two.png": ("accepted", ""), "one.png": ("accepted", "")}
    assert set(Image.objects.values_list("name", flat=True)) == {"b/two.png", "one.png"}
    assert Image.objects.get(name="one.png").original.open().read() == PICTURE
    mine = f"projects/{upload.project_id}/originals/"
    assert not [name for name in stored_files() if name.endswith(".zip") and name.startswith(mine)]
    assert ingest.totals(upload) == {"total": 2, "accepted": 2, "rejected": 0}


@pytest.mark.once
def test_junk_of_operating_systems_is_not_mentioned(upload: Upload) -> None:
    files = {"__MACOSX/._a.png": b"x", ".DS_Store": b"x", "deep/.DS_Store": b"x", "Thumbs.db": b"x", "a.png": PICTURE}
    assert outcome(upload, zip_file(files | {"folder/": b""})) == {"a.png": ("accepted", "")}


@pytest.mark.once
@pytest.mark.parametrize(
    "name", ["../evil.png", "a/../../evil.png", "/etc/evil.png", "C:/evil.png", "..\\evil.png", "\\\\server\\evil.png"]
)
def test_paths_that_lead_out(upload: Upload, name: str) -> None:
    found = outcome(upload, zip_file({name: PICTURE, "good.png": picture_bytes(seed=3)}))
    assert found.pop("good.png") == ("accepted", "")
    assert list(found.values()) == [("rejected", "unsafe_path")]
    assert not [stored for stored in stored_files() if "evil" in stored]


@pytest.mark.once
def test_links_are_not_followed(upload: Upload) -> None:
    found = outcome(upload, zip_file({"good.png": PICTURE}, links={"link.png": "/etc/passwd"}))
    assert found == {"good.png": ("accepted", ""), "link.png": ("rejected", "symlink")}


@pytest.mark.once
def test_encrypted(upload: Upload) -> None:
    assert outcome(upload, encrypted(zip_file({"a.png": PICTURE}))) == {"a.png": ("rejected", "encrypted")}


@pytest.mark.once
def test_a_zip_in_a_zip_is_not_unpacked(upload: Upload) -> None:
    found = outcome(upload, zip_file({"inner.zip": zip_file({"a.png": PICTURE}), "good.png": PICTURE}))
    assert found == {"inner.zip": ("rejected", "not_an_image"), "good.png": ("accepted", "")}
    assert "inside a zip" in upload.items.get(name="inner.zip").message


@pytest.mark.once
def test_other_files_and_damaged_pictures(upload: Upload) -> None:
    found = outcome(upload, zip_file({"readme.txt": b"hello", "half.png": PICTURE[:500], "empty.png": b""}))
    assert found == {
        "readme.txt": ("rejected", "not_an_image"),
        "half.png": ("rejected", "corrupt"),
        "empty.png": ("rejected", "corrupt"),
    }


@pytest.mark.once
def test_a_bomb_is_stopped_by_the_bytes_that_come_out(upload: Upload, settings: Any) -> None:
    settings.MAX_ZIP_BYTES = 3 * 1024**2
    bomb = b"\x89PNG\r\n\x1a\n" + bytes(40 * 1024**2)
    data = zip_file(
        {"good.png": PICTURE, "bomb.png": bomb, "after.png": picture_bytes(seed=1)}, method=zipfile.ZIP_DEFLATED
    )
    assert len(data) < 1024**2
    # The headers lie: they promise ten bytes for the bomb.
    lying = data.replace(len(bomb).to_bytes(4, "little"), (10).to_bytes(4, "little"))
    assert lying != data
    good = {"good.png": ("accepted", ""), "after.png": ("accepted", "")}
    assert outcome(upload, data) == good | {"bomb.png": ("rejected", "too_large")}
    Image.objects.all().delete()
    again = services.start_upload(upload.project, upload.created_by)
    assert outcome(again, lying) == good | {"bomb.png": ("rejected", "corrupt")}


@pytest.mark.once
def test_many_files_that_are_too_much_together(upload: Upload, settings: Any) -> None:
    settings.MAX_ZIP_BYTES = int(2.5 * len(PICTURE))
    found = outcome(upload, zip_file({f"{n}.png": picture_bytes(seed=n) for n in range(4)}))
    assert [found[f"{n}.png"][0] for n in range(4)] == ["accepted", "accepted", "rejected", "rejected"]
    assert "Cut it into several zips" in upload.items.get(name="3.png").message


@pytest.mark.once
def test_one_file_of_a_zip_may_be_too_large(upload: Upload, settings: Any) -> None:
    settings.MAX_UPLOAD_BYTES = len(PICTURE) + 5000
    big = b"\x89PNG\r\n\x1a\n" + bytes(10 * len(PICTURE))
    found = outcome(upload, zip_file({"big.png": big, "good.png": PICTURE}, method=zipfile.ZIP_DEFLATED))
    assert found == {"big.png": ("rejected", "too_large"), "good.png": ("accepted", "")}


@pytest.mark.once
def test_a_damaged_zip(upload: Upload) -> None:
    data = zip_file({"a.png": PICTURE})
    assert outcome(upload, data[:-40]) == {"pictures.zip": ("rejected", "corrupt")}


@pytest.mark.once
def test_an_entry_with_a_wrong_checksum(upload: Upload) -> None:
    data = bytearray(zip_file({"a.png": PICTURE, "b.png": picture_bytes(seed=1)}))
    data[2000] ^= 0xFF
    assert outcome(upload, bytes(data)) == {"a.png": ("rejected", "corrupt"), "b.png": ("accepted", "")}


@pytest.mark.once
def test_an_empty_zip(upload: Upload) -> None:
    assert outcome(upload, zip_file({})) == {"pictures.zip": ("rejected", "corrupt")}


@pytest.mark.once
def test_an_endless_list_of_files_is_refused_unread(upload: Upload, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(zips, "MAX_DIRECTORY_BYTES", 100)
    data = zip_file({f"{n}.png": PICTURE for n in range(5)})
    assert outcome(upload, data) == {"pictures.zip": ("rejected", "too_large")}


@pytest.mark.once
def test_the_whole_zip_is_never_in_memory(upload: Upload) -> None:
    import tracemalloc

    filler = {f"{n}.bin": b"\x89PNG" + bytes([n]) * (4 * 1024**2) for n in range(20)}
    data = io.BytesIO(zip_file(filler))
    tracemalloc.start()
    services.add_file(upload, "big.zip", data)
    ingest_task(upload.pk)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 40 * 1024**2
    assert upload.items.filter(state=State.REJECTED).count() == 20


@pytest.mark.parametrize("step", ["_save", "publish", "discard_file"])
@pytest.mark.parametrize("moment", ["before", "after"])
@pytest.mark.parametrize("after", [1, 2])
def test_a_kill_while_unpacking_loses_and_doubles_nothing(
    upload: Upload, monkeypatch: pytest.MonkeyPatch, step: str, moment: str, after: int
) -> None:
    names = [f"{n}.png" for n in range(3)]
    services.add_file(
        upload, "a.zip", io.BytesIO(zip_file({name: picture_bytes(seed=n) for n, name in enumerate(names)}))
    )
    real, calls = getattr(ingest, step), []

    def killed(*args: Any, **kwargs: Any) -> Any:
        calls.append(1)
        if len(calls) != (after if step != "discard_file" else 1):
            return real(*args, **kwargs)
        if moment == "after":
            real(*args, **kwargs)
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(ingest, step, killed)
        with pytest.raises(Killed):
            ingest_task(upload.pk)
    _let_leases_run_out()
    services.close(upload)
    ingest_task(upload.pk)
    from labeling.images.tasks import sweep

    sweep()
    assert sorted(Image.objects.values_list("name", flat=True)) == names
    upload.refresh_from_db()
    assert upload.state == "done"
    assert ingest.totals(upload) == {"total": 3, "accepted": 3, "rejected": 0}
    kept = {str(file.name) for image in Image.objects.all() for file in (image.original, image.thumbnail)}
    assert {name for name in stored_files() if not name.endswith(".lock")} >= kept
    mine = f"projects/{upload.project_id}/originals/"
    assert not [name for name in stored_files() if name.endswith(".zip") and name.startswith(mine)]


def test_many_files_are_told_of_a_few_times(upload: Upload, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each time all files are counted: told for each file, a zip of 20,000 small ones took minutes."""
    told: list[dict[str, Any]] = []
    monkeypatch.setattr(ingest.events, "publish", lambda group, event: told.append(event))
    services.add_file(upload, "a.zip", io.BytesIO(zip_file({f"{n}.txt": b"x" for n in range(1000)})))
    monkeypatch.setattr(ingest.time, "monotonic", lambda: 1000.0)  # no time passes
    ingest_task(upload.pk)
    uploads = [event for event in told if event["type"] == "upload"]
    assert len(uploads) < 10
    assert {key: uploads[-1][key] for key in ("total", "rejected")} == {"total": 1000, "rejected": 1000}


def test_rows_of_a_zip_are_written_together(upload: Upload) -> None:
    item = services.add_file(upload, "a.zip", io.BytesIO(zip_file({f"{n}.txt": b"x" for n in range(1000)})))
    with CaptureQueriesContext(connection) as queries:
        ingest_task(upload.pk)
    assert item.entries.count() == 1000
    assert len(queries) < 100


def test_counting_reads_a_row_for_each_state(upload: Upload) -> None:
    rows = [UploadItem(upload=upload, state=State.ACCEPTED) for _ in range(50)]
    UploadItem.objects.bulk_create([*rows, UploadItem(upload=upload, state=State.UNPACKED), UploadItem(upload=upload)])
    with CaptureQueriesContext(connection) as queries:
        assert ingest.totals(upload) == {"total": 51, "accepted": 50, "rejected": 0}
    assert len(queries) == 1
    assert "GROUP BY" in queries[0]["sql"]


def test_a_large_zip_lets_other_uploads_in_between(upload: Upload, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each slice unpacks a part, keeps it, and asks for another one; no attempt is counted for that."""
    nudges: list[int] = []
    monkeypatch.setattr(ingest, "nudge", lambda pk, always=False: nudges.append(pk))
    item = services.add_file(upload, "a.zip", io.BytesIO(zip_file({f"{n}.png": PICTURE for n in range(5)})))
    nudges.clear()
    now = 0.0

    def clock() -> float:
        nonlocal now
        now += ingest.SLICE / 4
        return now

    monkeypatch.setattr(ingest.time, "monotonic", clock)
    seen = []
    for _ in range(30):
        if ingest_task(upload.pk) == 0:
            break
        seen.append(item.entries.count())
    assert 0 < seen[0] < 5
    assert seen[-1] == 5
    assert len(nudges) >= 3
    item.refresh_from_db()
    assert (item.state, item.attempts) == (State.UNPACKED, 1)
    assert ingest.totals(upload) == {"total": 5, "accepted": 1, "rejected": 4}
