"""Golden images that somebody had labeled before: they go on seeing their own last labels, never the truth."""

from collections.abc import Callable
from importlib import import_module
from typing import Any

import pytest
from django.apps import apps
from django.db import connection
from django.test import Client

from labeling.accounts.models import User
from labeling.annotations import golden, services
from labeling.annotations.models import Annotation, AnnotationSet
from labeling.figures import counting
from labeling.figures.models import DailyCount
from labeling.images.models import Image
from labeling.projects.models import Membership, Project, Role
from labeling.quality import comparing
from labeling.quality import services as quality
from labeling.quality.models import PairScore
from tests.annotations.conftest import counts, new, send

Kind = AnnotationSet.Kind
AsUser = Callable[[User | None], Client]
BEFORE, AFTER, MORE = counts(), counts(20, 3), counts(2, 16, 4, 4)


@pytest.fixture
def corrected(image: Image, keep: Callable[..., Annotation], alice: User, bob: User) -> Image:
    """An image that bob labeled and finished; alice changed his object, added one and finished it again."""
    kept = keep(bob, counts=BEFORE)
    services.set_status(image, bob, version=1, status="done")
    services.change(kept, alice, version=2, counts=AFTER)
    keep(alice, version=3, category=2, counts=MORE)
    services.set_status(image, alice, version=4, status="done")
    return image


@pytest.fixture
def marked(corrected: Image, alice: User) -> Image:
    golden.mark(corrected, alice)
    return corrected


def shown(client: Client, image: Image) -> Any:
    return client.get(f"/api/images/{image.pk}/annotations").json()


def test_they_see_what_they_left(marked: Image, as_user: AsUser, bob: User, alice: User) -> None:
    seen = shown(as_user(bob), marked)
    assert [(one["counts"], one["category"], one["created_by"]) for one in seen["annotations"]] == [(BEFORE, 1, "bob")]
    assert (seen["version"], seen["status"]) == (2, "done")
    assert len(shown(as_user(alice), marked)["annotations"]) == 2


def test_no_way_leads_to_the_truth(marked: Image, as_user: AsUser, bob: User, project: Project) -> None:
    """Everything that bob can ask for about the image has neither mask of the truth."""
    client, own = as_user(bob), f"/api/images/{marked.pk}"
    main = AnnotationSet.objects.get(main_of=marked)
    for url in (
        f"{own}/annotations", f"{own}/editor", f"{own}/review", f"{own}/history", f"{own}/suggestions",
        f"{own}/versions?version=5", f"{own}/versions?version=2", f"/images/{marked.pk}/",
        f"/images/{marked.pk}/history", f"/images/{marked.pk}/history/3-4.webp", f"/api/projects/{project.pk}/images",
        f"/api/projects/{project.pk}/activity", f"/projects/{project.pk}/",
    ):  # fmt: skip
        answer = client.get(url).content.decode(errors="replace")
        assert AFTER not in answer, url
        assert MORE not in answer, url
    (row,) = client.get(f"/api/projects/{project.pk}/images").json()["results"]
    assert (row["objects"], row["status"], row["overlay"]) == (1, "done", f"/images/{marked.pk}/overlay?v=2")
    for one in main.annotations.all():
        assert send(client, "PUT", f"/api/annotations/{one.pk}", {"version": 2, "category": 3}).status_code == 404
    restored = send(client, "POST", f"{own}/restore", {"version": 2, "to": 4})
    assert restored.status_code == 400


def test_history_goes_on_from_their_last_version(marked: Image, as_user: AsUser, bob: User) -> None:
    client = as_user(bob)

    def told() -> list[tuple[str, int, int]]:
        rows = client.get(f"/api/images/{marked.pk}/history").json()["results"]
        return [(one["by"], one["first"], one["last"]) for one in rows]

    assert told() == [("bob", 2, 2), ("bob", 1, 1)]
    answer = send(client, "POST", f"/api/images/{marked.pk}/annotations", new(2, counts=MORE))
    assert (answer.status_code, answer.json()["version"]) == (201, 3)
    assert told()[0] == ("bob", 3, 3)
    restored = send(client, "POST", f"/api/images/{marked.pk}/restore", {"version": 3, "to": 1})
    assert (restored.status_code, restored.json()) == (200, {"version": 4, "objects": 1})
    assert [one["counts"] for one in shown(client, marked)["annotations"]] == [BEFORE]
    truth = AnnotationSet.objects.get(image=marked, kind=Kind.GOLDEN)
    assert {one.counts for one in truth.annotations.all()} == {AFTER, MORE}
    assert AnnotationSet.objects.get(main_of=marked).version == 5


def test_who_left_the_truth_needs_no_copy(
    image: Image, keep: Callable[..., Annotation], alice: User, bob: User
) -> None:
    kept = keep(alice)
    services.change(kept, bob, version=1, counts=AFTER)
    services.set_status(image, bob, version=2, status="done")
    golden.mark(image, alice)
    assert not AnnotationSet.objects.filter(kind=Kind.OPINION).exists()
    services.change(kept, alice, version=3, counts=MORE)
    services.set_status(image, alice, version=4, status="done")
    golden.mark(image, alice)  # now the truth is another
    (copy,) = AnnotationSet.objects.filter(kind=Kind.OPINION)
    assert (copy.author, [one.counts for one in copy.annotations.all()]) == (bob, [AFTER])


def test_who_is_not_measured_needs_none(corrected: Image, alice: User, bob: User) -> None:
    Membership.objects.filter(user=bob).update(role=Role.REVIEWER)
    golden.mark(corrected, alice)
    assert not AnnotationSet.objects.filter(kind=Kind.OPINION).exists()


@pytest.mark.parametrize("way", ["role", "rejoin"])
def test_who_is_measured_later_gets_theirs_then(
    corrected: Image, project: Project, alice: User, bob: User, as_user: AsUser, way: str
) -> None:
    """A reviewer who becomes an annotator, and an annotator who had left and comes back."""
    member = Membership.objects.get(user=bob)
    if way == "role":
        Membership.objects.filter(pk=member.pk).update(role=Role.REVIEWER)
    else:
        member.delete()
    golden.mark(corrected, alice)
    assert not AnnotationSet.objects.filter(kind=Kind.OPINION).exists()
    if way == "role":
        member.save()
    else:
        Membership.objects.create(project=project, user=bob, role=Role.ANNOTATOR)
    assert [one["counts"] for one in shown(as_user(bob), corrected)["annotations"]] == [BEFORE]


def test_it_measures_nobody_and_counts_once(corrected: Image, project: Project, alice: User, bob: User) -> None:
    def work() -> dict[tuple[str, int], int]:
        counting.fold_all()
        rows = DailyCount.objects.filter(project=project, key__in=("finished", "made", "objects"))
        return {(row.key, row.person): row.count for row in rows if row.count}

    before = work()
    golden.mark(corrected, alice)
    assert AnnotationSet.objects.filter(kind=Kind.OPINION).exists()
    counting.note(project.pk, corrected.pk)
    assert work() == before
    comparing.ask(corrected.pk)
    comparing.work_off()
    assert not PairScore.objects.exists()
    assert [one.measured for one in quality.golden_images(project)] == [0]  # type: ignore[attr-defined]


def test_unmarked_it_is_everybody_s_again(marked: Image, as_user: AsUser, alice: User, bob: User) -> None:
    golden.unmark(marked, alice)
    assert len(shown(as_user(bob), marked)["annotations"]) == 2
    golden.mark(marked, alice)
    assert send(as_user(bob), "POST", f"/api/images/{marked.pk}/annotations", new(2)).status_code == 201
    golden.unmark(marked, alice)
    assert len(shown(as_user(bob), marked)["annotations"]) == 2  # theirs: what they did since is kept
    assert AnnotationSet.objects.filter(image=marked, author=bob).count() == 1


def test_all_of_an_object_is_copied(
    image: Image, keep: Callable[..., Annotation], alice: User, bob: User, project: Project
) -> None:
    """A field of objects that is made later has to be copied, too, and from what the log has of it."""
    project.attributes.create(number=1, name="Hidden", kind="text")
    kept = keep(bob, z=7, category=2, attributes={"1": "half"}, crowd=True)
    before = Annotation.objects.get(pk=kept.pk)
    services.change(kept, alice, version=1, counts=AFTER)
    services.set_status(image, alice, version=2, status="done")
    golden.mark(image, alice)
    copy = Annotation.objects.get(set__kind=Kind.OPINION)
    for field in Annotation._meta.concrete_fields:
        if field.name not in ("id", "set", "created_at", "changed_at"):
            value = getattr(before, field.name)
            assert getattr(copy, field.name) == value, field.name
            assert value != field.get_default() or field.name == "clicks", f"{field.name}: give it a value of its own"


def test_a_class_that_was_deleted_since(corrected: Image, alice: User, bob: User, project: Project) -> None:
    for one in Annotation.objects.filter(set__main_of=corrected):
        one.category = project.categories.get(number=3)
        one.save()
    project.categories.get(number=1).delete()
    golden.mark(corrected, alice)
    (copy,) = AnnotationSet.objects.filter(kind=Kind.OPINION)
    assert [one.category.number for one in copy.annotations.all()] == [3]


def test_a_database_of_before_gets_them(corrected: Image, alice: User, bob: User, as_user: AsUser) -> None:
    golden.mark(corrected, alice)
    AnnotationSet.objects.filter(kind=Kind.OPINION).delete()
    migration = import_module("labeling.annotations.migrations.0010_own_labels_of_golden")
    migration.keep_apart(apps, connection.schema_editor)
    (copy,) = AnnotationSet.objects.filter(kind=Kind.OPINION)
    assert (copy.author, copy.version, copy.copied_version, copy.objects_kept) == (bob, 2, 2, 1)
    assert [(one.counts, one.created_by) for one in copy.annotations.all()] == [(BEFORE, bob)]
    assert list(copy.events.order_by("version").values_list("version", flat=True)) == [1, 2]
    migration.keep_apart(apps, connection.schema_editor)
    assert AnnotationSet.objects.filter(kind=Kind.OPINION).count() == 1
