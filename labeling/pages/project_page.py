"""What the scripts of a project's tabs start with, and the choices of the exports tab."""

from collections.abc import Collection, Mapping
from datetime import timedelta
from typing import Any

from django.utils import timezone

from labeling.accounts.models import User
from labeling.exchange.option_words import option_word, value_word
from labeling.exchange.registry import NOT_IN_FORMS, Format, formats, readable_formats
from labeling.exchange.schemas import ExportData
from labeling.images.models import UploadItem
from labeling.live.progress import counts
from labeling.pages.schemas import ImagesPage, PageAddresses, PageProject, ProjectPage
from labeling.projects.access import May, Standing
from labeling.projects.models import Project
from labeling.web.api import Spec

REMEMBER_REJECTIONS = timedelta(days=1)


def project_data(
    project: Project,
    user: User,
    standing: Standing,
    images: ImagesPage | None = None,
    exports: list[ExportData] | None = None,
    versions: list[ExportData] | None = None,
) -> ProjectPage:
    """What the script of a tab starts with: numbers and addresses, and what its tab lists: images, exports."""
    api = f"/api/projects/{project.pk}"
    return ProjectPage(
        project=PageProject(id=project.pk, name=project.name, role=standing.role, **standing.abilities()),
        counts=counts(project.pk, user, standing).images,
        images=images,
        last_upload=_last_upload(project) if standing.can(May.MANAGE) else None,
        exports=exports,
        versions=versions,
        socket=f"/ws/projects/{project.pk}/",
        api=PageAddresses(
            images=f"{api}/images",
            uploads=f"{api}/uploads",
            resumable=f"{api}/resumable",
            encode=f"{api}/encode",
            exports=f"{api}/exports",
        ),
    )


def _last_upload(project: Project) -> int | None:
    """The id of the newest upload if it ended lately with rejected files: their reasons survive a reload."""
    upload = project.uploads.order_by("-id").first()
    if upload is None or upload.finished_at is None or upload.finished_at < timezone.now() - REMEMBER_REJECTIONS:
        return None
    return upload.pk if upload.items.filter(state=UploadItem.State.REJECTED).exists() else None


def format_choices(*, others: bool = False) -> list[dict[str, Any]]:
    """The formats for the exports panel, by title, but for COCO, which is first:
    `{name, title, description, options: [{name, title, default, choices, least, most, when}]}`.

    others: with the labels of single annotators, which not everybody may export.
    """
    without = NOT_IN_FORMS if others else (*NOT_IN_FORMS, "sets")
    return [
        {
            "name": one.name,
            "title": one.title,
            "description": one.description,
            "options": _options_of(one.options, without),
        }
        for one in _in_order(formats())
    ]


def _in_order(known: Mapping[str, Format]) -> list[Format]:
    """What most people look for first, then by title."""
    return sorted(known.values(), key=lambda one: (one.name != "coco", one.title.casefold()))


def reading_choices() -> list[dict[str, Any]]:
    """The formats that can be imported, as `format_choices` has those for exports."""
    return [
        {
            "name": one.name,
            "title": one.title,
            "description": one.description,
            "options": _options_of(one.read_options, one.read_options.not_in_forms),
        }
        for one in _in_order(readable_formats())
    ]


def _options_of(options: type[Spec], without: Collection[str]) -> list[dict[str, Any]]:
    properties = options.model_json_schema()["properties"]
    return [_option(name, schema) for name, schema in properties.items() if name not in without]


def _option(name: str, schema: dict[str, Any]) -> dict[str, Any]:
    """An option out of its JSON schema; one without `choices` is a text, a yes or no, or a number from `least` to
    `most`. `when`: the choice beside which alone it means something, as `name=value`."""
    choices = [(value, value_word(name, value)) for value in schema.get("enum", [])]
    limits = {"least": schema.get("minimum"), "most": schema.get("maximum")}
    is_number, is_text = schema.get("type") == "integer", schema.get("type") == "string" and not choices
    when = next(iter(schema.get("when", {}).items()), ("", ""))
    kind = {"choices": choices, "is_number": is_number, "is_text": is_text}
    asked = {"when": "=".join(when) if when[0] else "", "default": schema.get("default")}
    return {"name": name, "title": option_word(name), **kind, **asked, **limits}
