"""From a head's words to a project's classes."""

import pytest

from labeling.projects.models import Category, Project
from labeling.suggestions import mapping
from labeling.suggestions.models import HeadVersion
from labeling.web.api import ApiError
from tests.suggestions.conftest import AddImage, Suggest

pytestmark = pytest.mark.once


@pytest.fixture
def head(db: None) -> HeadVersion:
    """A starter model's row."""
    words = ["car", "person", "motorcycle", "tv", "bus"]
    return HeadVersion.objects.create(kind="instances", number=1, state="ready", classes=words)


def found(project: Project, head: HeadVersion) -> dict[str, str | None]:
    return {word: one.name if one else None for word, one in mapping.mapped(project, head).items()}


def test_equal_names_first_then_synonyms(project: Project, head: HeadVersion) -> None:
    for number, name in enumerate(["Motorbikes", "television", "tv_monitor"], 4):
        Category.objects.create(project=project, number=number, name=name, color="#000000")
    assert found(project, head) == {
        "car": "car", "person": "person", "motorcycle": "Motorbikes", "tv": None, "bus": None,
    }, "two classes could be the tv: a person has to say"  # fmt: skip


@pytest.mark.parametrize(
    ("one", "other"),
    [("Traffic_Lights", "traffic light"), ("BUS", "bus"), ("glass", "Glass"), ("Cup-Cakes", "cup cake")],
)
def test_spelling_does_not_matter(one: str, other: str) -> None:
    assert mapping.normal(one) == mapping.normal(other)


def test_what_a_manager_says_counts(project: Project, head: HeadVersion, add_image: AddImage, suggest: Suggest) -> None:
    image = add_image(0, "queued")
    bus, accepted = suggest(image, word="bus", head=head), suggest(image, word="bus", head=head, state="accepted")
    assert bus.category is None
    mapping.change(project, head, {"bus": 1, "car": None})
    assert found(project, head)["bus"] == "car"
    assert found(project, head)["car"] is None
    bus.refresh_from_db()
    accepted.refresh_from_db()
    assert bus.category is not None
    assert (bus.category.name, accepted.category) == ("car", None)
    assert {row.word for row in mapping.payload(project, head) if not row.automatic} == {"bus", "car"}
    project.categories.filter(number=1).delete()
    assert found(project, head)["bus"] is None, "a deleted class leaves no class"
    bus.refresh_from_db()
    assert (bus.category, bus.state) == (None, "open")


def test_wrong_words_and_classes_are_refused(project: Project, head: HeadVersion) -> None:
    for wanted, code in (({"zebra": 1}, "unknown_word"), ({"car": 99}, "bad_category")):
        with pytest.raises(ApiError) as error:
            mapping.change(project, head, wanted)
        assert error.value.code == code
