"""What the API, the pages and the commands share: golden images of a project, rules for consensus, figures."""

from collections.abc import Iterable, Mapping

from django.db.models import Count, Q, QuerySet

from labeling.accounts.models import User
from labeling.annotations import golden
from labeling.annotations.models import FINISHED
from labeling.assignment.models import Lot
from labeling.images.models import Image
from labeling.projects.models import Project
from labeling.quality.models import ConsensusSettings, ImageCheck, Report
from labeling.quality.schemas import ConsensusAnswer, GoldenMarked, GoldenRefused, QualityFigures
from labeling.web.api import ApiError

MOST_EVERY = 1000


def figures(project: Project) -> QualityFigures:
    """The project's figures as they were made last."""
    row = Report.objects.filter(project=project).first()
    made = row.figures if row else {}
    return QualityFigures(
        peers=made.get("peers"),
        golden=made.get("golden"),
        made_at=row.made_at.isoformat() if row and row.made_at else None,
        waiting=ImageCheck.objects.filter(image__project=project).count(),
    )


def golden_images(project: Project) -> QuerySet[Image]:
    """The project's golden images, with how many people have finished each: `measured`."""
    done = Q(sets__kind="opinion", sets__copied_version=None, sets__status__in=FINISHED)
    images = Image.objects.filter(project=project, golden=True)
    return images.annotate(measured=Count("sets", filter=done)).order_by("pk")


def mark(project: Project, ids: Iterable[int], user: User) -> GoldenMarked:
    """Mark images of a project as golden, each by itself; those that can't be are told."""
    found, marked, refused = Image.objects.in_bulk(list(ids)), 0, []
    for pk in dict.fromkeys(ids):
        image = found.get(pk)
        if image is None or image.project_id != project.pk:
            refused.append(GoldenRefused(image=pk, reason="The project has no such image."))
            continue
        try:
            golden.mark(image, user)
            marked += 1
        except ApiError as error:
            refused.append(GoldenRefused(image=pk, reason=error.message))
    return GoldenMarked(marked=marked, refused=refused)


def mark_some(project: Project, count: int, user: User) -> GoldenMarked:
    """Mark so many finished images, drawn at random. Raises: ApiError 409 where none is left."""
    free = Image.objects.filter(project=project, golden=False, annotation_set__status__in=FINISHED)
    ids = list(free.order_by("?").values_list("pk", flat=True)[:count])
    if not ids:
        raise ApiError(409, "nothing_finished", "No finished image is left. Finish images first, then mark them.")
    return mark(project, ids, user)


def set_rates(project: Project, rates: Mapping[int, int]) -> None:
    """How often golden images come in lots, by the lot's id: one in so many images, 0 for none.

    Raises: ApiError 400 `bad_rate` for a rate outside 0 to `MOST_EVERY`.
    """
    for every in rates.values():
        if not 0 <= every <= MOST_EVERY:
            raise ApiError(400, "bad_rate", f"{every} is no rate. Give a number from 0 (none) to {MOST_EVERY}.")
    for lot, every in rates.items():
        Lot.objects.filter(project=project, pk=lot).update(golden_every=every)


def announced(project: Project) -> list[int]:
    """The rates that annotators are told: "one in 50", of lots that have images to label."""
    lots = Lot.objects.filter(project=project, golden_every__gt=0)
    return sorted(set(lots.values_list("golden_every", flat=True))) if golden_images(project).exists() else []


def consensus_rules(project: Project) -> ConsensusAnswer:
    """When opinions become an image's labels by themselves."""
    found = ConsensusSettings.of(project.pk)
    return ConsensusAnswer(automatic=found.automatic, least=found.least, by_class=found.by_class)


def set_consensus_rules(
    project: Project, *, automatic: bool, least: float, by_class: Mapping[str, float]
) -> ConsensusAnswer:
    """Change them. Raises: ApiError 400 `bad_class` for a class that the project does not have."""
    known = set(map(str, project.categories.values_list("number", flat=True)))
    if unknown := sorted(by_class.keys() - known, key=int):
        raise ApiError(400, "bad_class", f"by_class: the project has no class number {unknown[0]}.")
    ConsensusSettings.objects.update_or_create(
        project=project, defaults={"automatic": automatic, "least": least, "by_class": dict(by_class)}
    )
    return consensus_rules(project)
