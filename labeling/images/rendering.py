"""How a project shows pictures that have more bands or more bits than a screen, kept in `Project.rendering`.

What is kept decides how views are made: of images that come, at once; of those that are there, by a job, one after the
other. A view that was made anew has another name and another address. Its size never changes, so masks stay right; its
features are made again. The job can be killed and goes on where it was: an image whose view is as it should be is left.
"""

import hashlib
import json
import logging
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Self

from django.db import transaction
from django.db.models import Q, QuerySet

from decoding.limits import Rejected
from labeling.accounts.models import User
from labeling.audit.actions import Action
from labeling.audit.services import record
from labeling.images import blocks, decoder, pictures, stored
from labeling.images.models import Image
from labeling.images.signals import image_rendered
from labeling.projects import jobs
from labeling.projects.models import Project, ProjectJob
from labeling.web import events

logger = logging.getLogger(__name__)

AT_ONCE = 4
TOLD = 3
MANY = Q(source__format="TIFF") | Q(source__has_key="window")
"""Images of which there may be another view: with bands to choose from, or with more than 8 bits."""


@dataclass(frozen=True)
class Rendering:
    """bands: one band as grey, three as red, green and blue, from 1; none: those that each file means. low, high: the
    values that become black and white; None: found for each picture by its own values, or said by its file."""

    bands: tuple[int, ...] = ()
    low: float | None = None
    high: float | None = None

    @classmethod
    def of(cls, project_id: int) -> Self:
        """The project's, as it is now."""
        kept: Mapping[str, Any] = (
            Project.objects.values_list("rendering", flat=True).filter(pk=project_id).first() or {}
        )
        return cls(tuple(kept.get("bands", ())), kept.get("low"), kept.get("high"))

    @property
    def digest(self) -> str:
        """Names what views are made by: "" for nothing chosen."""
        if self == type(self)():
            return ""
        return hashlib.sha256(json.dumps(asdict(self)).encode()).hexdigest()[:8]

    def wanted(self, page: int) -> dict[str, Any]:
        """For the decoding process."""
        return asdict(self) | {"page": page}


def applies(source: Mapping[str, Any]) -> bool:
    """As MANY, of what the decoding process tells."""
    return source.get("format") == "TIFF" or "window" in source


def to_render(project: Project) -> QuerySet[Image]:
    """The images whose views may be others than the project's rendering asks for."""
    return Image.objects.filter(MANY, project=project).exclude(rendering=Rendering.of(project.pk).digest)


def most_bands(project: Project) -> int:
    """How many bands the images have at most; 0 where none has more than are shown."""
    bands = Image.objects.filter(project=project, source__has_key="bands").values_list("source__bands", flat=True)
    return max((int(count) for count in bands.distinct()), default=0)


def change(project: Project, user: User | None, rendering: Rendering) -> ProjectJob | None:
    """Keep another rendering, and have the views that it concerns made anew; the job, if there is any to make."""
    kept = {name: value for name, value in asdict(rendering).items() if value not in (None, ())}
    with transaction.atomic():
        locked = Project.objects.select_for_update().get(pk=project.pk)
        if locked.rendering == json.loads(json.dumps(kept)):
            return None
        project.rendering = kept
        project.save(update_fields=["rendering"])
        record(Action.SETTINGS_CHANGED, by=user, project=project, part="pictures", **kept)
        return catch_up(project, user)


def catch_up(project: Project, user: User | None = None) -> ProjectJob | None:
    """Have the views made that are not as they should be; None where all are, or a job waits for that already."""
    total = to_render(project).count()
    waiting = ProjectJob.objects.filter(project=project, kind=jobs.Kind.RENDER, state=jobs.State.QUEUED)
    return jobs.start(project, jobs.Kind.RENDER, user, total=total) if total and not waiting.exists() else None


@jobs.does(jobs.Kind.RENDER)
def step(job: ProjectJob) -> bool:
    """Make the views of some images anew that come after `options.after`."""
    project = job.project
    if project is None:
        return False
    rendering = Rendering.of(project.pk)
    images = list(to_render(project).filter(pk__gt=int(job.options.get("after", 0))).order_by("pk")[:AT_ONCE])
    for image in images:
        if problem := render(image, rendering):
            logger.error("image %d is not rendered anew: %s", image.pk, problem)
            job.options.setdefault("failed", []).append(image.name)
        job.options["after"] = image.pk
        job.done += 1
    job.total = max(job.total, job.done)
    job.reason = _reason(job.options.get("failed", []))
    return bool(images)


def _reason(names: list[str]) -> str:
    if not names:
        return ""
    first = ", ".join(f"“{name}”" for name in names[:TOLD])
    more = f" and {len(names) - TOLD} more" if len(names) > TOLD else ""
    return f"Shown as before, because their originals can't be read: {first}{more}. Upload them again."


def render(image: Image, rendering: Rendering) -> str:
    """Make the image's view anew. What is wrong with its original, or "".

    Raises: OSError when a disk fails; decoding.process.Lost.
    """
    original = str(image.original.name)
    wanted = rendering.wanted(image.page)
    options: dict[str, Any] = {"blocks_from": blocks.BLOCKS_FROM, "side": blocks.SIDE, "wanted": wanted}
    try:
        with decoder.decoded(image.original, "take_in", **options) as (found, folder):
            if (found["width"], found["height"]) != (image.width, image.height):
                return f"it is {found['width']} × {found['height']} now"
            stored.check_unchanged(image.original)
            if found["source"] == image.source:
                return ""
            names = pictures.store(found, folder, original, rendering.digest)
    except FileNotFoundError:
        return "the file is gone"
    except Rejected as rejected:
        return rejected.message
    if not _exchange(image, names, found["source"], rendering.digest):
        pictures.delete_files(set(names.values()) - {original})
    return ""


def _exchange(image: Image, names: Mapping[str, str], source: Mapping[str, Any], digest: str) -> bool:
    """Put the new files in the place of the old ones; False when the image was deleted meanwhile."""
    with transaction.atomic():
        locked = Image.objects.select_for_update().filter(pk=image.pk).first()
        if locked is None:
            return False
        old = pictures.files_of(locked) - {*names.values(), str(locked.original.name)}
        locked.view, locked.thumbnail = names["view"], names["thumbnail"]
        locked.source, locked.rendering = dict(source), digest
        locked.save(update_fields=["view", "thumbnail", "source", "rendering"])
        image_rendered.send(sender=Image, image=locked)
        transaction.on_commit(lambda: pictures.delete_files(old))
        events.publish_committed(events.project_group(locked.project_id), {"type": "progress"})
    return True
