"""The life of an import: the dry run, what is matched, all or nothing, and workers that are killed."""

import io
import json
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone

from labeling import masks
from labeling.accounts.models import User
from labeling.annotations import services as annotations
from labeling.annotations.models import Annotation, AnnotationSet
from labeling.exchange import importing, imports, plan, reading
from labeling.exchange.models import Import
from labeling.images.models import Image
from labeling.jobs import leases
from labeling.projects.attributes import save_attributes
from labeling.projects.models import Project
from labeling.projects.specs import AttributeSpec
from labeling.web.api import ApiError
from tests.conftest import picture_bytes
from tests.exchange.conftest import HEIGHT, WIDTH, AddImage, Keep, MakeZip, box
from tests.exchange.reading.conftest import BringIn, dataset
from tests.exchange.reading.test_samples import imported

AsUser = Callable[[User | None], Client]
State = Import.State


def coco(*images: tuple[str, list[dict[str, Any]]], classes: tuple[str, ...] = ("car", "person")) -> dict[str, Any]:
    """A COCO file with these images and their annotations."""
    found: dict[str, Any] = {
        "images": [
            {"id": number, "file_name": name, "width": WIDTH, "height": HEIGHT}
            for number, (name, _) in enumerate(images, 1)
        ],
        "annotations": [],
        "categories": [{"id": number, "name": name} for number, name in enumerate(classes, 1)],
    }
    for number, (_, objects) in enumerate(images, 1):
        for one in objects:
            found["annotations"].append({"id": len(found["annotations"]) + 1, "image_id": number, **one})
    return found


def rle(bits: masks.Bits, category: int = 1, **more: Any) -> dict[str, Any]:
    """An annotation with this mask."""
    return {"category_id": category, "segmentation": {"size": list(bits.shape), "counts": masks.encode(bits)}, **more}


def test_what_was_exported_comes_back_as_it_was(
    project: Project, alice: User, add_image: AddImage, keep: Keep, make_zip: MakeZip, bring_in: BringIn,
    tmp_path_factory: Any,
) -> None:  # fmt: skip
    """Masks with holes, parts, one pixel and the whole frame, overlapping; order, attributes, crowd, names, classes."""
    save_attributes(project, [AttributeSpec(name="far", kind="flag"), AttributeSpec(name="colour", kind="text")])
    first, second = add_image("straße/写真 1.png"), add_image("straße/写真 2.png")
    ring = box(4, 4, 20, 20)
    ring[8:16, 8:16] = False
    for bits in (ring, box(0, 0, WIDTH, HEIGHT), box(0, 0, 1, 1), box(1, 1, 3, 3) | box(30, 20, 5, 5)):
        keep(first, bits, 2)
    one = keep(second, box(7, 7, 9, 9), 3)
    version = annotations.overview(second, alice).version
    annotations.change(one, alice, version=version, attributes={"1": True, "2": "rot & grün"}, crowd=True)
    before = {
        image.name: [(one.uid, one.category.name, one.counts, one.attributes, one.crowd) for one in imported(image)]
        for image in (first, second)
    }
    path = tmp_path_factory.mktemp("zip") / "coco.zip"
    path.write_bytes(make_zip("coco").content)

    Annotation.objects.all().delete()
    AnnotationSet.objects.all().delete()
    row = bring_in(path, "coco", crowd="keep")
    assert (row.state, row.added, row.report["defects"], row.report["notes"]) == (State.DONE, 5, [], [])
    after = {
        image.name: [(one.uid, one.category.name, one.counts, one.attributes, one.crowd) for one in imported(image)]
        for image in (first, second)
    }
    assert after == before


def test_importing_twice_adds_nothing_twice(
    add_image: AddImage, keep: Keep, make_zip: MakeZip, bring_in: BringIn, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Objects of our own exports have names. One whose mask was changed since is another object."""
    image = add_image("a.png")
    same, changed = keep(image, box(1, 1, 5, 5)), keep(image, box(9, 9, 5, 5))
    path = tmp_path_factory.mktemp("zip") / "coco.zip"
    path.write_bytes(make_zip("coco").content)
    row = bring_in(path, "coco")
    assert (row.report["already"], row.report["objects"], row.added) == (2, 0, 0)
    Annotation.objects.filter(pk=changed.pk).update(counts=same.counts)
    row = bring_in(path, "coco")
    assert (row.report["already"], row.added, len(imported(image))) == (1, 1, 3)


def test_the_check_changes_nothing_and_a_plan_is_carried_out_once(
    project: Project, add_image: AddImage, bring_in: BringIn, tmp_path: Path
) -> None:
    image = add_image("a.png")
    path = dataset(tmp_path, {"x.json": coco(("a.png", [rle(box(1, 1, 5, 5)), rle(box(9, 9, 5, 5), 2)]))})
    row = bring_in(path, "coco", check_only=True)
    assert (row.state, row.report["images"], row.report["objects"]) == (State.CHECKED, 1, 2)
    assert (imported(image), project.categories.count()) == ([], 3)
    imports.confirm(row, row.created_by)
    with pytest.raises(Exception, match="not checked, or was carried out"):
        imports.confirm(row, row.created_by)
    row = imports.work_here(row)
    assert (row.state, row.added) == (State.DONE, 2)
    assert not row.plan
    imports.work_here(row)
    assert len(imported(image)) == 2
    kept = AnnotationSet.objects.get(main_of=image)
    assert kept.status == "in_progress"
    assert kept.events.count() == kept.version


def test_a_killed_worker_loses_nothing_and_repeats_nothing(
    project: Project, alice: User, add_image: AddImage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    images = [add_image(f"{number}.png") for number in range(4)]
    content = coco(*((image.name, [rle(box(1, 1, 5, 5)), rle(box(9, 9, 4, 4))]) for image in images))
    path = dataset(tmp_path, {"x.json": content})
    row = imports.check_path(project, alice, path, format="coco", options={})
    imports.confirm(row, row.created_by)
    claimed = importing.claim(row.pk)
    assert claimed is not None
    keep = importing._keep
    done: list[int] = []

    def dies_after_two(*args: Any) -> int:
        if len(done) == 2:
            keep(*args)  # this image's transaction is not committed
            raise KeyboardInterrupt
        done.append(1)
        return keep(*args)

    monkeypatch.setattr(importing, "_keep", dies_after_two)
    with pytest.raises(KeyboardInterrupt):
        importing.work(claimed)
    monkeypatch.setattr(importing, "_keep", keep)
    row.refresh_from_db()
    assert (row.state, row.done, row.added) == (State.RUNNING, 2, 4)
    Import.objects.filter(pk=row.pk).update(lease_until=timezone.now())
    importing.jobs.release()
    row = imports.work_here(row)
    assert (row.state, row.done, row.added) == (State.DONE, 4, 8)
    assert [len(imported(image)) for image in images] == [2] * 4


@pytest.mark.parametrize(("labeled", "count"), [("add", 3), ("replace", 2), ("skip", 1)])
def test_images_that_have_objects(
    labeled: str, count: int, add_image: AddImage, keep: Keep, bring_in: BringIn, tmp_path: Path
) -> None:
    image = add_image("a.png")
    old = keep(image, box(0, 0, 9, 9))
    path = dataset(tmp_path, {"x.json": coco(("a.png", [rle(box(1, 1, 5, 5)), rle(box(9, 9, 5, 5), 2)]))})
    row = bring_in(path, "coco", labeled=labeled, status="done")
    assert (row.state, row.report["labeled_before"]) == (State.DONE, 1)
    assert (row.report["objects"], row.report["skipped"]) == ((0, 1) if labeled == "skip" else (2, 0))
    assert len(imported(image)) == count
    assert (old in imported(image)) is (labeled != "replace")
    assert AnnotationSet.objects.get(main_of=image).status == ("in_progress" if labeled == "skip" else "done")


def test_accepted_work_stays_as_it_is(
    add_image: AddImage, keep: Keep, bring_in: BringIn, tmp_path: Path
) -> None:  # fmt: skip
    image = add_image("a.png")
    keep(image, box(0, 0, 9, 9))
    AnnotationSet.objects.filter(main_of=image).update(status="accepted")
    row = bring_in(dataset(tmp_path, {"x.json": coco(("a.png", [rle(box(1, 1, 5, 5))]))}), "coco", check_only=True)
    assert (row.report["closed"], row.report["objects"]) == (1, 0)
    assert "accepted" in row.report["defects"][0]["reason"]


def test_an_image_that_is_reviewed_meanwhile_is_told(
    project: Project, alice: User, rita: User, add_image: AddImage, keep: Keep, tmp_path: Path
) -> None:
    first, second = add_image("a.png"), add_image("b.png")
    keep(first, box(0, 0, 9, 9))
    path = dataset(tmp_path, {"x.json": coco(("a.png", [rle(box(1, 1, 5, 5))]), ("b.png", [rle(box(1, 1, 5, 5))]))})
    row = imports.check_path(project, alice, path, format="coco", options={})
    imports.confirm(row, row.created_by)
    turn = {"opened_by": rita, "opened_at": timezone.now(), "opened_for": "review"}
    AnnotationSet.objects.filter(main_of=first).update(**turn)
    row = imports.work_here(row)
    assert (row.state, row.added) == (State.DONE, 1)
    assert row.report["refused"][0]["where"] == "a.png"
    assert "is reviewing" in row.report["refused"][0]["reason"]
    assert (len(imported(first)), len(imported(second))) == (1, 1)


@pytest.mark.once
@pytest.mark.parametrize("column", ["archived_at", "binned_at"])
def test_a_project_that_is_closed_meanwhile_is_not_changed(
    project: Project, alice: User, add_image: AddImage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, column: str
) -> None:
    """Before the import begins, and in its midst. It goes on once the project is restored."""
    monkeypatch.setattr(importing, "TOLD_EVERY", 0)
    images = [add_image("a.png"), add_image("b.png")]
    content = coco(*((one.name, [rle(box(1, 1, 5, 5))]) for one in images))
    row = imports.check_path(project, alice, dataset(tmp_path, {"x.json": content}), format="coco", options={})
    imports.confirm(row, row.created_by)
    take = importing._one

    def close(*given: Any) -> None:
        take(*given)
        Project.objects.update(**{column: timezone.now()})

    for open_images in (0, 1):
        Project.objects.update(**{column: None if open_images else timezone.now()})
        monkeypatch.setattr(importing, "_one", close)
        imports.try_again(row, alice)
        row = imports.work_here(row)
        assert (row.state, row.done, [len(imported(one)) for one in images]) == (
            State.FAILED, open_images, [open_images, 0]
        )  # fmt: skip
        assert "Restore it" in row.reason
    monkeypatch.setattr(importing, "_one", take)
    Project.objects.update(**{column: None})
    assert imports.try_again(row, alice)
    row = imports.work_here(row)
    assert (row.state, row.added, [len(imported(one)) for one in images]) == (State.DONE, 2, [1, 1])


def test_a_check_that_nobody_saw_is_not_carried_out(
    project: Project, alice: User, add_image: AddImage, tmp_path: Path
) -> None:
    """Somebody else checks it with other options between reading the row and saying so."""
    add_image("a.png")
    path = dataset(tmp_path, {"x.json": coco(("a.png", [rle(box(1, 1, 5, 5))]), ("gone.png", []))})
    row = imports.check_path(project, alice, path, format="coco", options={"skip_defects": True})
    other = Import.objects.get(pk=row.pk)
    imports.check_again(other, {})
    imports.work_here(other)
    with pytest.raises(ApiError) as refused:
        imports.confirm(row, row.created_by)
    assert refused.value.code == "not_checked"


def test_who_may_not_import_any_more_changes_nothing(
    project: Project, alice: User, bob: User, add_image: AddImage
) -> None:
    """The changes are of who had it carried out; another manager goes on in their own name."""
    image = add_image("a.png")
    content = coco(("a.png", [rle(box(1, 1, 5, 5))]))
    file = ContentFile(json.dumps(content).encode(), name="x.json")
    row = imports.work_here(imports.start(project, bob, "x.json", file, format="coco", options={}))
    project.memberships.filter(user=bob).update(role="manager")
    imports.confirm(row, bob)
    project.memberships.filter(user=bob).update(role="annotator")
    row = imports.work_here(row)
    assert (row.state, imported(image)) == (State.FAILED, [])
    assert row.reason.startswith("bob began it, and may not import here any more.")
    assert imports.try_again(row, alice)
    row = imports.work_here(row)
    assert (row.state, row.added) == (State.DONE, 1)
    assert set(AnnotationSet.objects.get(main_of=image).events.values_list("user", flat=True)) == {alice.pk}


def test_a_large_image_is_stopped_in_its_midst(
    project: Project, alice: User, add_image: AddImage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    add_image("a.png")
    path = dataset(tmp_path, {"x.json": coco(("a.png", [rle(box(1, 1, 5, 5))] * 5))})
    monkeypatch.setattr(importing, "TOLD_EVERY", 0)
    looked = iter([False, False, True])
    monkeypatch.setattr(leases, "stopping", lambda: next(looked))
    row = imports.check_path(project, alice, path, format="coco", options={})
    assert (row.state, next(looked, None)) == (State.QUEUED, None)


def test_a_class_that_is_deleted_after_the_check_is_told(
    project: Project, alice: User, add_image: AddImage, tmp_path: Path
) -> None:
    first, second = add_image("a.png"), add_image("b.png")
    content = coco(("a.png", [rle(box(1, 1, 5, 5))]), ("b.png", [rle(box(1, 1, 5, 5), 2)]))
    row = imports.check_path(project, alice, dataset(tmp_path, {"x.json": content}), format="coco", options={})
    imports.confirm(row, row.created_by)
    project.categories.filter(name="person").delete()
    row = imports.work_here(row)
    assert (row.state, len(imported(first)), len(imported(second))) == (State.DONE, 1, 0)
    assert [(one["where"], "“person” was deleted" in one["reason"]) for one in row.report["refused"]] == [
        ("b.png", True)
    ]


def test_names_match_by_folder_case_and_end_and_are_never_guessed(
    add_image: AddImage, bring_in: BringIn, tmp_path: Path
) -> None:
    one, other, lone = add_image("x/a.png"), add_image("y/a.png"), add_image("Straße.PNG")
    content = coco(
        ("y\\A.png", [rle(box(1, 1, 5, 5))]),
        ("strasse.png", [rle(box(1, 1, 5, 5))]),
        ("a.png", [rle(box(1, 1, 5, 5))]),
    )
    row = bring_in(dataset(tmp_path, {"x.json": content}), "coco", skip_defects=True)
    assert (len(imported(one)), len(imported(other)), len(imported(lone))) == (0, 1, 1)
    (defect,) = row.report["defects"]
    assert "fits 2 images (x/a.png, y/a.png)" in defect["reason"]
    row = bring_in(tmp_path, "coco", skip_defects=True, mapping={"a.png": "x/a.png"})
    assert (row.report["defects"], len(imported(one))) == ([], 1)


def test_pictures_are_added_or_found_by_their_content(
    project: Project, bring_in: BringIn, tmp_path: Path
) -> None:  # fmt: skip
    new, broken = picture_bytes(WIDTH, HEIGHT, seed=5), picture_bytes(WIDTH, HEIGHT)[:300]
    content = coco(("new.png", [rle(box(1, 1, 5, 5))]), ("broken.png", [rle(box(1, 1, 5, 5))]))
    path = dataset(tmp_path, {"ann/instances_val.json": content, "images/new.png": new, "images/broken.png": broken})
    row = bring_in(path, "coco", check_only=True)
    assert [one["reason"][:36] for one in row.report["defects"]] == ["The project has no image “new.png”. "] * 1 + [
        "The project has no image “broken.png"
    ]
    row = bring_in(path, "coco", create=True, skip_defects=True)
    assert (row.state, row.report["new_images"], row.added) == (State.DONE, 1, 1)
    (defect,) = row.report["defects"]
    assert defect["reason"].startswith("images/broken.png: ")
    image = Image.objects.get(project=project)
    assert (image.name, len(imported(image))) == ("images/new.png", 1)
    assert [tag.name for tag in image.tags.all()] == ["val"]
    # The same picture under another name is the same image.
    path = dataset(tmp_path / "again", {"x.json": coco(("z.png", [rle(box(9, 9, 2, 2))])), "z.png": new})
    row = bring_in(path, "coco", create=True)
    assert (row.report["new_images"], len(imported(image)), Image.objects.count()) == (0, 2, 1)


def test_classes_are_mapped_added_or_left_out(
    project: Project, add_image: AddImage, bring_in: BringIn, tmp_path: Path
) -> None:
    image = add_image("a.png")
    objects = [rle(box(number, 1, 2, 2), number) for number in (1, 2, 3)]
    path = dataset(tmp_path, {"x.json": coco(("a.png", objects), classes=("auto", "tree", "noise"))})
    row = bring_in(path, "coco", classes={"auto": "car", "noise": ""})
    assert [one.category.name for one in imported(image)] == ["car", "tree"]
    assert {one["name"]: (one["into"], one["new"]) for one in row.report["classes"]} == {
        "auto": ("car", False), "tree": ("tree", True), "noise": ("", False),
    }  # fmt: skip
    assert (row.report["left_out"], row.report["defects"]) == (1, [])
    row = bring_in(path, "coco", new_classes=False, check_only=True)
    assert {one["reason"][:35] for one in row.report["defects"]} == {
        "The project has no class “auto”. Ch", "The project has no class “noise”. C",
    }  # fmt: skip


def test_attributes_are_kept_by_name_and_what_is_lost_is_told(
    project: Project, add_image: AddImage, bring_in: BringIn, tmp_path: Path
) -> None:
    save_attributes(project, [AttributeSpec(name="far", kind="flag")])
    image = add_image("a.png")
    given = [{"far": True, "occluded": False}, {"far": "perhaps"}]
    objects = [rle(box(number, 1, 2, 2), attributes=one) for number, one in enumerate(given)]
    row = bring_in(dataset(tmp_path, {"x.json": coco(("a.png", objects))}), "coco", skip_defects=True)
    assert [one.attributes for one in imported(image)] == [{"1": True}, {}]
    assert row.report["attributes"] == {"occluded": 1}
    assert "far" in row.report["defects"][0]["reason"]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("{", "is not valid JSON"),
        ("[" * 200_000, "nested too deeply"),
        ("[]", "no list “images”"),
        ('{"images": 3}', "no list “images”"),
        ('{"images": [], "annotations": [], "categories": []}', "names no image"),
        ('{"images": [5], "annotations": [], "categories": []}', "entry 1 of “images”"),
        (b"\xff\xfe\x00", "not UTF-8"),
    ],
)
def test_a_file_that_is_none_says_why(content: Any, words: str, bring_in: BringIn, tmp_path: Path) -> None:
    row = bring_in(dataset(tmp_path, {"x.json": content}), "coco")
    assert row.state == State.FAILED
    assert words in row.reason


def send(client: Client, project: Project, content: Any, format: str = "coco", **options: Any) -> Any:
    file = SimpleUploadedFile("x.json", json.dumps(content).encode())
    body = {"file": file, "format": format, "options": json.dumps(options)}
    return client.post(f"/api/projects/{project.pk}/imports", body)


def test_over_the_api(as_user: AsUser, alice: User, bob: User, project: Project, add_image: AddImage) -> None:
    image = add_image("a.png")
    content = coco(("a.png", [rle(box(1, 1, 5, 5)), {"category_id": 1, "segmentation": []}]))
    assert send(as_user(bob), project, content).status_code == 403
    assert send(as_user(alice), project, content, "nonsense").json()["error"]["code"] == "unknown_format"
    assert send(as_user(alice), project, content, labeled="maybe").json()["error"]["code"] == "bad_options"
    client = as_user(alice)
    made = send(client, project, content)
    assert (made.status_code, made.json()["state"]) == (202, "queued")
    address = f"/api/imports/{made.json()['id']}"
    row = imports.work_here(Import.objects.get())
    checked = client.get(address).json()
    assert (checked["state"], checked["report"]["objects"]) == ("checked", 1)
    assert client.post(f"{address}/apply").json()["error"]["code"] == "has_defects"
    wanted = json.dumps({"options": checked["options"]})
    assert client.post(f"{address}/check", wanted, "application/json").status_code == 202
    imports.work_here(row)
    assert client.post(f"{address}/apply?skip_defects=perhaps").json()["error"]["code"] == "bad_request"
    assert client.post(f"{address}/apply?skip_defects=true").json()["step"] == "apply"
    assert client.delete(address).json()["error"]["code"] == "busy"
    imports.work_here(row)
    assert (client.get(address).json()["state"], len(imported(image))) == ("done", 1)
    stored = str(made.json()["id"])
    assert client.get(f"/api/projects/{project.pk}/imports").json()["results"][0]["id"] == int(stored)
    assert client.delete(address).status_code == 200
    assert len(imported(image)) == 1


def test_its_files_go_with_it(
    project: Project, alice: User, tmp_path: Path, django_capture_on_commit_callbacks: Any
) -> None:
    row = imports.start(project, alice, "x.json", io.BytesIO(b"{}"), format="coco", options={})
    name = str(row.file.name)
    assert default_storage.exists(name)
    with django_capture_on_commit_callbacks(execute=True):
        imports.forget(row)
    assert not default_storage.exists(name)


def test_many_objects_of_one_image_come_in_parts(
    add_image: AddImage, bring_in: BringIn, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """More than one request may carry out."""
    monkeypatch.setattr(importing, "MAX_CHANGES", 20)
    image = add_image("a.png")
    bits = np.zeros((HEIGHT, WIDTH), bool)
    bits[0, 0] = True
    objects = [rle(bits, uid=str(uuid.uuid4())) for _ in range(45)]
    row = bring_in(dataset(tmp_path, {"x.json": coco(("a.png", objects))}), "coco")
    assert (row.state, row.added, len(imported(image))) == (State.DONE, 45, 45)


def test_a_panoptic_project_takes_no_pixel_twice(
    project: Project, add_image: AddImage, keep: Keep, bring_in: BringIn, tmp_path: Path
) -> None:
    image = add_image("a.png")
    old = keep(image, box(0, 0, 4, 4))
    Project.objects.filter(pk=project.pk).update(panoptic=True)
    project.refresh_from_db()
    objects = [rle(box(10, 1, 5, 5)), rle(box(12, 1, 5, 5)), rle(box(3, 3, 2, 2))]
    path = dataset(tmp_path, {"x.json": coco(("a.png", objects))})
    row = bring_in(path, "coco", skip_defects=True)
    assert [one["where"][-12:] for one in row.report["defects"]] == ["annotation 2", "annotation 3"]
    assert "pixels" in row.report["defects"][0]["reason"]
    assert (row.added, len(imported(image))) == (1, 2)
    row = bring_in(path, "coco", labeled="replace", skip_defects=True)
    assert (row.added, old in imported(image)) == (2, False)


def test_of_many_defects_some_are_told_and_all_counted(
    add_image: AddImage, bring_in: BringIn, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also of those that come before any image: what a dataset can't place is not collected without end."""
    for room in (reading, plan):
        monkeypatch.setattr(room, "MOST_DEFECTS", 5)
    image = add_image("a.png")
    content = coco(("a.png", [rle(box(1, 1, 5, 5)), {"category_id": 9}]))
    content["annotations"] = [{"id": one, "image_id": 77} for one in range(12)] + content["annotations"]
    row = bring_in(dataset(tmp_path, {"x.json": dict(reversed(content.items()))}), "coco", skip_defects=True)
    assert [one["where"] for one in row.report["defects"]] == [f"x.json, annotation {one}" for one in range(5)]
    assert (row.report["more_defects"], len(imported(image))) == (8, 1)
