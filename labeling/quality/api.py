"""Quality over JSON. Managers only: what it says is of people, or is the truth that they are measured against."""

from django.http import HttpRequest

from labeling.accounts.services import user_of
from labeling.annotations import golden
from labeling.images.models import Image
from labeling.projects.access import May, object_for, project_for
from labeling.quality import consensus, services
from labeling.quality.schemas import ConsensusAnswer, GoldenAnswer, GoldenMarked, LabelsVersion, QualityFigures
from labeling.quality.specs import ConsensusRules, NewGolden, SeenLabels
from labeling.web.routes import Router, Sent

router = Router(tags=["quality"])


def _image(request: HttpRequest, image_id: int) -> Image:
    return object_for(request, Image.objects.select_related("project"), May.MANAGE, pk=image_id)


@router.get("projects/{id:project_id}/quality")
def figures(request: HttpRequest, project_id: int) -> QualityFigures:
    """Agreement between annotators and with golden images, as of the last time that it was made."""
    return services.figures(project_for(request, project_id, May.FIGURES))


@router.post("projects/{id:project_id}/golden")
def mark_many(request: HttpRequest, project_id: int, sent: Sent[NewGolden]) -> GoldenMarked:
    """Mark finished images as golden. Those that can't be are told, the others are marked."""
    project = project_for(request, project_id, May.MANAGE)
    return services.mark(project, sent.read().images, user_of(request))


@router.put("images/{id:image_id}/golden")
def mark(request: HttpRequest, image_id: int) -> GoldenAnswer:
    """Make an image's labels the truth that people are measured against. Again: its labels of now."""
    image = _image(request, image_id)
    golden.mark(image, user_of(request))
    return GoldenAnswer(image=image.pk, golden=True)


@router.delete("images/{id:image_id}/golden")
def unmark(request: HttpRequest, image_id: int) -> GoldenAnswer:
    """Make an image one like any other again. What people made of it stays."""
    image = _image(request, image_id)
    golden.unmark(image, user_of(request))
    return GoldenAnswer(image=image.pk, golden=False)


@router.get("projects/{id:project_id}/consensus")
def consensus_rules(request: HttpRequest, project_id: int) -> ConsensusAnswer:
    """When opinions become an image's labels by themselves."""
    return services.consensus_rules(project_for(request, project_id, May.FIGURES))


@router.put("projects/{id:project_id}/consensus")
def set_consensus_rules(request: HttpRequest, project_id: int, sent: Sent[ConsensusRules]) -> ConsensusAnswer:
    """Change when opinions become an image's labels by themselves."""
    project = project_for(request, project_id, May.MANAGE)
    return services.set_consensus_rules(project, **dict(sent.read()))


@router.post("images/{id:image_id}/consensus")
def resolve(request: HttpRequest, image_id: int, sent: Sent[SeenLabels]) -> LabelsVersion:
    """Make what the opinions of an image agree on its labels, in one batch."""
    image = _image(request, image_id)
    return LabelsVersion(version=consensus.resolve(image, user_of(request), version=sent.read().version))
