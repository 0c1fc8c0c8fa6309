"""Predictions made elsewhere, as suggestions: they have a score, and what made them is named by their run."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.db import transaction
from django.utils import timezone

from inference.heads.proposals import Proposal
from labeling import masks
from labeling.accounts.models import User
from labeling.images.models import Image
from labeling.projects.models import Category, Project
from labeling.suggestions import work
from labeling.suggestions.methods.imported import IMPORTED
from labeling.suggestions.models import Run, RunImage, Suggestion
from labeling.suggestions.services import tell_editors


@dataclass(frozen=True)
class Prediction:
    """An object that something predicts. `counts`: of the whole view; `word`: its class as the files call it."""

    counts: str
    score: float
    category: Category
    word: str


def run_of(project: Project, user: User, source: str, import_id: int) -> Run:
    """The run of an import: the same whenever it goes on. source: what made the predictions, for people."""
    options = {"source": source, "import_id": import_id}
    found = Run.objects.filter(project=project, method=IMPORTED.name, options__import_id=import_id).first()
    return found or Run.objects.create(
        project=project, method=IMPORTED.name, options=options, created_by=user, state=Run.State.DONE,
        finished_at=timezone.now(),
    )  # fmt: skip


@transaction.atomic
def keep(run: Run, image: Image, found: Sequence[Prediction]) -> int:
    """Suggest these objects. Open suggestions of the same source are replaced; what people rejected is not suggested
    again. Returns: how many are suggested."""
    proposals = [_proposal(one, image) for one in found]
    wanted = {id(one) for one in work.remembered(proposals, work.rejected_masks(image))}
    before = Suggestion.objects.filter(image=image, method=run.method, state=Suggestion.State.OPEN)
    before.filter(run__options__source=run.options["source"]).update(state=Suggestion.State.STALE)
    rows = [
        work.as_row(proposal, image, run.method, run, one.category, one.word[:120])
        for one, proposal in zip(found, proposals, strict=True)
        if id(proposal) in wanted
    ]
    Suggestion.objects.bulk_create(rows, batch_size=500)
    look = {"state": RunImage.State.READY, "found": len(rows), "finished_at": timezone.now()}
    RunImage.objects.update_or_create(run=run, image=image, defaults=look)
    tell_editors(image.pk, run.method, len(rows))
    return len(rows)


def _proposal(one: Prediction, image: Image) -> Proposal:
    _, box = masks.area_and_box(one.counts, image.height, image.width)
    corners = (box.x, box.y, box.x + box.width, box.y + box.height)
    return Proposal({"size": [image.height, image.width], "counts": one.counts}, corners, one.score, one.word)
