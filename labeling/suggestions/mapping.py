"""Which class of a project a head's word is: what a manager said, else the class of that name or of a synonym."""

from collections.abc import Mapping

from django.db import transaction

from labeling.projects.models import Category, Project
from labeling.suggestions.models import CategoryMapping, HeadVersion, Suggestion
from labeling.suggestions.schemas import WordData
from labeling.web.api import ApiError

SYNONYMS = (
    ("airplane", "aeroplane", "plane", "aircraft"),
    ("bicycle", "bike"),
    ("car", "automobile"),
    ("cell phone", "mobile phone", "phone", "smartphone"),
    ("couch", "sofa"),
    ("cow", "cattle"),
    ("cup", "mug"),
    ("dining table", "diningtable", "table"),
    ("donut", "doughnut"),
    ("hair drier", "hair dryer"),
    ("motorcycle", "motorbike"),
    ("person", "people", "human", "pedestrian"),
    ("potted plant", "pottedplant", "plant"),
    ("refrigerator", "fridge"),
    ("tv", "television", "tvmonitor", "tv monitor"),
)
_GROUP = {word: number for number, group in enumerate(SYNONYMS) for word in group}


def normal(name: str) -> str:
    """A name for comparing: `Traffic_Lights` and `traffic light` are one."""
    words = " ".join(name.casefold().replace("_", " ").replace("-", " ").split())
    if words in _GROUP or len(words) < 4 or words.endswith("ss"):
        return words
    return words.removesuffix("s")


def automatic(word: str, categories: list[Category]) -> Category | None:
    """The class of that name; else the only one with a synonym as its name; else none."""
    own = normal(word)
    for category in categories:
        if normal(category.name) == own:
            return category
    group = _GROUP.get(own)
    alike = [one for one in categories if group is not None and _GROUP.get(normal(one.name)) == group]
    return alike[0] if len(alike) == 1 else None


def mapped(project: Project, head: HeadVersion) -> dict[str, Category | None]:
    """Each of the head's words with its class in the project."""
    categories = list(project.categories.all())
    said = {
        row.word: row.category
        for row in CategoryMapping.objects.filter(project=project, head=head).select_related("category")
    }
    return {word: said[word] if word in said else automatic(word, categories) for word in head.classes}


def payload(project: Project, head: HeadVersion) -> list[WordData]:
    """Each word of the head, for the API and the page."""
    said = set(CategoryMapping.objects.filter(project=project, head=head).values_list("word", flat=True))
    return [
        WordData(word=word, category=category.number if category else None, automatic=word not in said)
        for word, category in mapped(project, head).items()
    ]


@transaction.atomic
def change(project: Project, head: HeadVersion, wanted: Mapping[str, int | None]) -> None:
    """Say what words mean (None: no class); open suggestions of the head follow.

    Raises: ApiError 400 `unknown_word`, `bad_category`.
    """
    categories = {category.number: category for category in project.categories.all()}
    for word, number in wanted.items():
        if word not in head.classes:
            raise ApiError(400, "unknown_word", f"The model has no label “{word}”. Reload the page.")
        if number is not None and number not in categories:
            message = f"The project has no class number {number}. Reload the page."
            raise ApiError(400, "bad_category", message)
        category = categories[number] if number is not None else None
        CategoryMapping.objects.update_or_create(project=project, head=head, word=word, defaults={"category": category})
        rows = Suggestion.objects.filter(image__project=project, head=head, word=word)
        rows.filter(state=Suggestion.State.OPEN).update(category=category)
