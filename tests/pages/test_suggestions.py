"""The suggestions panel, the order of unsure images, and the management commands."""

from collections.abc import Callable
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from labeling.accounts.models import User
from labeling.images.models import Image
from labeling.pages.queue import next_images
from labeling.pages.suggestions_panel import curve, panel
from labeling.projects.access import Standing
from labeling.projects.models import Project, Role
from labeling.suggestions import heads
from labeling.suggestions.models import HeadVersion, Run, RunImage, Suggestion, SuggestionSettings
from labeling.suggestions.uncertainty import order_images
from tests.pages.conftest import AddImage, AsUser

Look = Callable[[Image, float], None]


@pytest.fixture
def look(project: Project) -> Look:
    """`look(image, 0.7)`: a head looked at an image and was as unsure as that."""

    def make(image: Image, doubt: float) -> None:
        run = Run.objects.create(project=project, method="instances")
        RunImage.objects.create(run=run, image=image, state="ready", doubt=doubt)
        order_images(project)

    return make


def test_the_least_sure_images_come_first(project: Project, bob: User, add_image: AddImage, look: Look) -> None:
    sure, unsure, unknown, middle = (add_image() for _ in range(4))
    for image, doubt in ((sure, 0.9), (sure, 0.1), (unsure, 0.8), (middle, 0.5)):
        look(image, doubt)
    expected = [unsure.pk, middle.pk, sure.pk, unknown.pk]
    assert next_images(project, bob, Standing(Role.ANNOTATOR)) == expected
    SuggestionSettings.objects.create(project=project, least_sure_first=False)
    order_images(project)
    assert next_images(project, bob, Standing(Role.ANNOTATOR)) == [sure.pk, unsure.pk, unknown.pk, middle.pk]


def test_next_goes_to_the_next_surer_one_and_wraps(
    project: Project, bob: User, add_image: AddImage, look: Look
) -> None:
    images = [add_image() for _ in range(4)]
    for image, doubt in zip(images, (0.2, 0.9, 0.5, 0.5), strict=True):
        look(image, doubt)
    first, second, third, fourth = images[1], images[2], images[3], images[0]
    at, seen = first.pk, [first.pk]
    for _ in range(4):
        (at,) = next_images(project, bob, Standing(Role.ANNOTATOR), after=at, limit=1)
        seen.append(at)
    assert seen == [first.pk, second.pk, third.pk, fourth.pk, first.pk]


def test_what_is_ready_still_goes_first(project: Project, bob: User, add_image: AddImage, look: Look) -> None:
    queued, ready = add_image(state="queued"), add_image()
    look(queued, 0.9)
    look(ready, 0.1)
    assert next_images(project, bob, Standing(Role.ANNOTATOR)) == [ready.pk, queued.pk]


def test_the_empty_panel_says_what_to_do(project: Project, alice: User, bob: User, as_user: AsUser) -> None:
    page = as_user(alice).get(f"/projects/{project.pk}/suggestions").content.decode()
    assert "No model yet. Finish some images" in page
    assert "No suggestions have been accepted or rejected yet." in page
    assert "0 of about 20 images are done" in page
    assert "data-setting=" in page
    assert "data-setting=" not in as_user(bob).get(f"/projects/{project.pk}/suggestions/panel").content.decode()


def test_the_panel_shows_runs_heads_and_what_became_of_suggestions(
    project: Project, alice: User, rita: User, add_image: AddImage, as_user: AsUser
) -> None:
    images = [add_image(status="done") for _ in range(3)]
    figures = {"ap": 0.41, "ap50": 0.6, "worst.png": True, "by_category": {"car": {"figure": 0.5, "objects": 3}}}
    head = HeadVersion.objects.create(
        project=project, kind="instances", number=1, state="ready", classes=["car", "bus"], figures=figures,
        curve=[[5, 3.0], [10, 2.0], [15, 1.5]], images=[1, 2, 3], seconds=95,
    )  # fmt: skip
    HeadVersion.objects.create(
        project=project, kind="panoptic", number=1, state="training", steps=600, step=60, left=300
    )
    run = Run.objects.create(project=project, method="instances", head=head)
    for image, state in zip(images, ("ready", "failed", "queued"), strict=True):
        RunImage.objects.create(run=run, image=image, state=state, reason="It is broken." if state == "failed" else "")
    for number, state in enumerate(("accepted", "accepted", "accepted", "edited", "rejected")):
        Suggestion.objects.create(
            image=images[0], method="instances", head=head, score=0.9, word="car", counts="1", area=1, bbox_x=number,
            bbox_y=0, bbox_width=1, bbox_height=1, state=state,
        )  # fmt: skip
    page = as_user(alice).get(f"/projects/{project.pk}/suggestions/panel").content.decode()
    for expected in (
        "press <kbd>V</kbd> to see its suggestions",
        "AP 41, AP50 60", "<b>75 %</b>", "of 4 kept suggestions", "1 of 3 images", "1 failed", "It is broken.",
        f"/api/suggestions/runs/{run.pk}/stop", f"/heads/{head.pk}/worst", "About 5 min left", "--part: 10.0%",
        "Instances 1: 1 of 2 model labels is mapped to a class", "3 images · 2 min", "3 objects", "Train instances",
    ):  # fmt: skip
        assert expected in page, expected
    looked = as_user(rita).get(f"/projects/{project.pk}/suggestions/panel").content.decode()
    assert "data-send" not in looked
    assert "AP 41" in looked


def test_a_curve_falls_from_the_upper_left() -> None:
    assert curve([[0, 3.0], [10, 1.0]]) == "0.0,1.0 100.0,31.0"
    assert curve([[5, 1.0]]) == ""
    assert curve([[5, 1.0], [6, 1.0]]) == "0.0,1.0 100.0,1.0"


def test_the_panel_takes_few_queries(
    project: Project, add_image: AddImage, django_assert_max_num_queries: Callable[[int], object]
) -> None:
    for _ in range(5):
        run = Run.objects.create(project=project, method="instances", state="done")
        for _ in range(2):
            RunImage.objects.create(run=run, image=add_image(), state="ready")
    with django_assert_max_num_queries(20):  # type: ignore[attr-defined]
        panel(project, Standing(Role.MANAGER))


def test_commands_say_what_they_need(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(heads, "starter_folder", lambda kind: Path("/nonexistent") / kind)
    with pytest.raises(CommandError, match="No model is available"):
        call_command("suggest", project.name, method="instances", stdout=StringIO())
    with pytest.raises(CommandError, match="Finish at least"):
        call_command("learn", project.name, stdout=StringIO())
    with pytest.raises(CommandError, match="No project named"):
        call_command("learn", "Nowhere", stdout=StringIO())
