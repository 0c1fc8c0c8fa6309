"""A project's choice of bands and window: views are made anew, masks and addresses stay right."""

import io
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from django.core.files.storage import default_storage
from django.test import Client
from PIL import Image as Pillow

from labeling.accounts.models import User
from labeling.features.models import Encoding, Tile
from labeling.images import blocks, high_depth, pictures, rendering, services
from labeling.images.models import Image
from labeling.images.rendering import Rendering
from labeling.images.tasks import ingest
from labeling.live.lru import FeaturesLru
from labeling.projects import jobs
from labeling.projects.models import Project, ProjectJob
from tests.decoding.dicoms import dataset, dicom, grey16
from tests.decoding.kinds import Array, as_kind, chart, pillow, tif
from tests.decoding.test_kinds import NEAR, difference

pytestmark = pytest.mark.django_db(transaction=True)
AsUser = Callable[[User | None], Client]


@pytest.fixture(autouse=True)
def tidy(db: None) -> Iterator[None]:
    yield
    for image in Image.objects.all():  # with its files
        image.delete()


def five_bands() -> bytes:
    other = np.full((*chart().shape[:2], 2), 77, np.uint8)
    return tif(as_kind(np.concatenate([chart(), other], -1), "u2"), photometric="minisblack", planarconfig="contig")


def add(project: Project, *files: tuple[str, bytes]) -> list[Image]:
    upload = services.start_upload(project, project.created_by)
    for name, data in files:
        services.add_file(upload, name, io.BytesIO(data))
    while upload.items.filter(state="waiting").exists():  # a task ends after a slice of time
        ingest(upload.pk)
    return list(Image.objects.filter(project=project).order_by("pk"))


def pixels(image: Image) -> Array:
    with image.view.open("rb") as file:
        return np.asarray(Pillow.open(file).convert("RGB"))


def files() -> set[str]:
    root = Path(default_storage.path(""))
    return {path.relative_to(root).as_posix() for path in root.rglob("*") if path.is_file()}


def test_views_are_made_anew_and_nothing_else(project: Project, alice: User) -> None:
    photo = pillow(Pillow.fromarray(chart()), "PNG")
    satellite, plain = add(project, ("satellite.tif", five_bands()), ("photo.png", photo))
    assert pictures.about(satellite) == ["It has 5 bands; the first three are shown."]
    assert pictures.about(plain) == []
    before, kept = satellite.view_url, files()
    Encoding.objects.update(state=Encoding.State.READY, features_version="v", storage_key="")
    Tile.objects.create(image=satellite, name="t1-0-0", asked_at=satellite.created_at)
    job = rendering.change(project, alice, Rendering(bands=(3, 2, 1)))
    assert job is not None
    assert job.total == 1
    assert jobs.work_off() == 1
    job.refresh_from_db()
    assert (job.state, job.done, job.reason) == ("done", 1, "")
    satellite.refresh_from_db()
    assert (difference(pixels(satellite), chart()[..., ::-1]) < NEAR).all()
    assert satellite.source["shown"] == [3, 2, 1]
    assert satellite.view_url != before
    assert satellite.thumbnail_url.endswith(satellite.version)
    assert len(files()) == len(kept)  # the old ones are gone
    assert str(satellite.original.name) in files()
    assert Encoding.objects.get(image=satellite).state == Encoding.State.QUEUED
    assert not Tile.objects.exists()
    plain.refresh_from_db()
    assert plain.rendering == ""
    assert Encoding.objects.get(image=plain).state == Encoding.State.READY
    assert pictures.about(satellite) == ["Bands 3, 2, 1 of 5 are shown."]
    assert rendering.change(project, alice, Rendering(bands=(3, 2, 1))) is None  # the same again: nothing to do
    rendering.change(project, alice, Rendering())
    jobs.work_off()
    satellite.refresh_from_db()
    assert (satellite.view_url, files()) == (before, kept)
    assert (difference(pixels(satellite), chart()) < NEAR).all()


def test_images_that_come_are_shown_as_the_project_says(project: Project, alice: User) -> None:
    rendering.change(project, alice, Rendering(bands=(3, 2, 1)))
    (image,) = add(project, ("satellite.tif", five_bands()))
    assert (difference(pixels(image), chart()[..., ::-1]) < NEAR).all()
    assert image.rendering == Rendering(bands=(3, 2, 1)).digest
    assert not ProjectJob.objects.exists()


def test_a_job_that_was_killed_goes_on_and_repeats_nothing(
    project: Project, alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = add(project, ("a.tif", five_bands()), ("b.dcm", dicom(dataset(grey16(), bits=12))))
    rendering.change(project, alice, Rendering(low=0.0, high=2000.0))
    made: list[int] = []
    whole = rendering.render

    def dies(image: Image, wanted: Rendering) -> str:
        made.append(image.pk)
        if len(made) == 2:
            raise KeyboardInterrupt
        return whole(image, wanted)

    monkeypatch.setattr(rendering, "render", dies)
    with pytest.raises(KeyboardInterrupt):
        jobs.work_off()
    ProjectJob.objects.update(lease_owner="another host:1:gone", lease_until=None)
    jobs.release_lost()
    assert jobs.work_off() == 1
    assert made == [first.pk, second.pk, second.pk]
    for image in (first, second):
        image.refresh_from_db()
        assert image.source["window"] == [0.0, 2000.0]
    shown = (grey16().astype(float) / 2000 * 255).clip(0, 255)
    assert (difference(pixels(second), np.repeat(shown[..., None], 3, -1)) < NEAR).all()


def test_an_original_that_is_gone_is_told_and_the_others_go_on(project: Project, alice: User) -> None:
    gone, there = add(project, ("gone.tif", five_bands()), ("there.dcm", dicom(dataset(grey16(), bits=12))))
    default_storage.delete(str(gone.original.name))
    job = rendering.change(project, alice, Rendering(low=0.0, high=2000.0))
    assert job is not None
    jobs.work_off()
    job.refresh_from_db()
    assert job.reason == "Shown as before, because their originals can't be read: “gone.tif”. Upload them again."
    there.refresh_from_db()
    gone.refresh_from_db()
    assert (there.rendering != "", gone.rendering) == (True, "")
    assert pixels(gone).shape == chart().shape


def test_large_views_get_other_blocks_and_windows_of_the_chosen_bands(
    project: Project, alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(blocks, "BLOCKS_FROM", 0)
    monkeypatch.setattr(blocks, "SIDE", 64)
    (image,) = add(project, ("satellite.tif", five_bands()))
    rendering.change(project, alice, Rendering(bands=(3, 2, 1)))
    jobs.work_off()
    image.refresh_from_db()
    block, _ = blocks.read_block(image, "exact", 0, 0)
    assert (difference(np.asarray(Pillow.open(io.BytesIO(block))), chart()[:64, :64, ::-1]) < NEAR).all()
    other = Pillow.open(io.BytesIO(high_depth.render_block(image, "1", 0, 0, (0.0, 65535.0))))
    assert (difference(np.asarray(other), chart()[:64, :64, ::-1]) < NEAR).all()
    whole = Pillow.open(io.BytesIO(pictures.render_window(image, 0.0, 65535.0)))
    assert (difference(np.asarray(whole), chart()[..., ::-1]) < NEAR).all()


def test_the_form_saves_and_says_what_is_wrong(project: Project, as_user: AsUser, alice: User) -> None:
    add(project, ("satellite.tif", five_bands()))
    client, url = as_user(alice), f"/projects/{project.pk}/pictures"
    page = f"/projects/{project.pk}/settings"
    assert "some have up to 5 bands, and 1 has more than 8 bits" in client.get(page).content.decode()
    answer = client.post(url, {"bands": "4, 3 2", "low": "-5.5", "high": "1200"}, follow=True).content.decode()
    assert "Picture settings saved. 1 picture is shown anew; masks stay." in answer
    assert "Showing pictures anew" in answer
    for shown in ('value="4, 3, 2"', 'value="-5.5"', 'value="1200.0"'):
        assert shown in answer
    project.refresh_from_db()
    assert project.rendering == {"bands": [4, 3, 2], "low": -5.5, "high": 1200.0}
    for sent, told in (
        ({"bands": "1, 2"}, "Bands: Enter one band for grey, or three"), ({"bands": "x"}, "Bands: Enter one band"),
        ({"bands": "1, 1, 2"}, "Bands: Enter one band"), ({"bands": "0"}, "Bands: Enter one band"),
        ({"bands": "6"}, "Bands: The images here have 5 bands at most."), ({"low": "1"}, "White at: Enter both values"),
        ({"low": "2", "high": "1"}, "White at: White has to be at a higher value"),
        ({"low": "nan", "high": "1"}, "Black at: Enter a number"), ({"bands": "9" * 40}, "Bands: Enter one band"),
    ):  # fmt: skip
        assert told in client.post(url, sent, follow=True).content.decode(), sent
    project.refresh_from_db()
    assert project.rendering == {"bands": [4, 3, 2], "low": -5.5, "high": 1200.0}


def test_only_managers_save(
    project: Project, as_user: AsUser, alice: User, bob: User, rita: User, charlie: User
) -> None:
    url = f"/projects/{project.pk}/pictures"
    for user, expected in ((alice, 302), (bob, 403), (rita, 403), (charlie, 404)):
        assert as_user(user).post(url, {"bands": "1"}).status_code == expected


class _Held:
    nbytes = 10


def test_features_of_an_old_view_are_forgotten() -> None:
    lru = FeaturesLru(1000)
    for key in (1, 2, (1, "t1-0-0"), (2, "t1-0-0")):
        lru.put(key, _Held())  # type: ignore[arg-type]
    lru.drop_image(1)
    assert [key in lru for key in (1, (1, "t1-0-0"), 2, (2, "t1-0-0"))] == [False, False, True, True]
    assert lru.nbytes == 20
