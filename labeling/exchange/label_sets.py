"""Which labels of an image an export takes: its own, what each annotator drew, what they agree on, or the truth."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from django.db.models import Count, Exists, OuterRef, Prefetch, Q, QuerySet

from labeling.accounts.models import User
from labeling.annotations.models import FINISHED, Annotation, AnnotationSet
from labeling.exchange import names
from labeling.images.models import Image
from labeling.projects.models import Project
from labeling.quality import consensus
from labeling.web.api import ApiError

ImageChoice = Literal["labeled", "done", "accepted", "all"]
"""Which images go in: those with objects or called done; only those called done; every image."""

SetChoice = Literal["main", "each", "consensus", "golden"]
"""Whose labels: the image's; those that each annotator made without sight of the others, in a folder for each; what
they agree on; the truth of golden images."""

Kind = AnnotationSet.Kind
Status = AnnotationSet.Status


@dataclass(frozen=True)
class Labels:
    """One kind of labels. `author`: of whose opinions. `folder`: where they are in an export; "" for all of it."""

    kind: Literal["main", "opinion", "consensus", "golden"] = "main"
    author: User | None = None
    folder: str = ""

    def sets(self) -> QuerySet[AnnotationSet]:
        """The sets that these labels are in, of every project."""
        if self.kind == "opinion":
            return AnnotationSet.objects.filter(kind=Kind.OPINION, author=self.author, copied_version=None)
        if self.kind == "consensus":
            finished = {"copied_version": None, "status__in": FINISHED}
            return AnnotationSet.objects.filter(kind=Kind.OPINION, image__golden=False, **finished)
        return AnnotationSet.objects.filter(kind=Kind.GOLDEN if self.kind == "golden" else Kind.MAIN)

    def images(self, project: Project, choice: ImageChoice) -> QuerySet[Image]:
        """The images that `choice` picks of those that have such labels."""
        images = Image.objects.filter(project=project)
        if self.kind == "main":
            return _chosen(images, choice)
        if choice == "accepted":
            images = images.filter(annotation_set__status=Status.ACCEPTED)
        if self.kind == "consensus":
            several = self.sets().order_by().values("image").annotate(count=Count("pk")).filter(count__gte=2)
            return images.filter(pk__in=several.values("image"))
        sets = self.sets().filter(image=OuterRef("pk"))
        if choice == "done":
            sets = sets.filter(status__in=FINISHED)
        elif choice == "labeled":
            begun = Q(objects_kept__gt=0) & ~Q(status=Status.SKIPPED)
            sets = sets.filter(Q(status__in=FINISHED) | begun)
        return images.filter(Exists(sets))

    def of(self, images: Sequence[Image]) -> dict[int, tuple[AnnotationSet | None, list[Annotation]]]:
        """The objects of each of these images in drawing order, with the set that they are of, by the image's id."""
        if self.kind == "consensus":
            return {image.pk: (None, _agreed(image)) for image in images}
        objects = Annotation.objects.select_related("category").order_by("z", "id")
        sets = self.sets().filter(image__in=[one.pk for one in images]).select_related("label_facts")
        return {
            one.image_id: (one, list(one.annotations.all()))
            for one in sets.prefetch_related(Prefetch("annotations", queryset=objects))
        }


MAIN = Labels()


def labels_of(project: Project, choice: SetChoice) -> list[Labels]:
    """The labels that an export has, each for a folder of its own where there are several kinds."""
    if choice == "main":
        return [MAIN]
    if choice != "each":
        return [Labels(choice)]
    opinions = AnnotationSet.objects.filter(image__project=project, kind=Kind.OPINION, copied_version=None)
    authors = User.objects.filter(pk__in=opinions.values("author")).order_by("username")
    taken: set[str] = set()
    found = []
    for author in authors:
        folder = names.fit(author.username) or f"annotator-{author.pk}"
        if names.key(folder) in taken:
            folder = f"{folder}-{author.pk}"
        taken.add(names.key(folder))
        found.append(Labels("opinion", author, folder))
    return sorted(found, key=lambda one: one.folder)


def _agreed(image: Image) -> list[Annotation]:
    """What the opinions of an image agree on, with the ids that these objects have if they become its labels."""
    try:
        objects = consensus.propose(image).objects
    except ApiError:  # an opinion was opened again meanwhile
        return []
    for one in objects:
        one.uid = uuid.uuid5(consensus.NAMESPACE, f"{one.set_id}:{one.uid}")
    return sorted(objects, key=lambda one: (one.z, one.pk))


def _chosen(images: QuerySet[Image], choice: ImageChoice) -> QuerySet[Image]:
    done = Q(annotation_set__status__in=FINISHED)
    if choice == "done":
        return images.filter(done)
    if choice == "accepted":
        return images.filter(annotation_set__status=Status.ACCEPTED)
    if choice == "labeled":
        begun = Exists(Annotation.objects.filter(set__main_of=OuterRef("pk")))
        return images.filter(done | (begun & ~Q(annotation_set__status=Status.SKIPPED)))
    return images
