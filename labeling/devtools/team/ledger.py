"""What simulated people were told, held against what the database says afterwards."""

import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from uuid import UUID

from django.db.models import Count, F

from labeling.annotations.models import Annotation, AnnotationEvent, AnnotationSet
from labeling.assignment.models import Slot
from labeling.projects.models import Project
from labeling.review.models import Verdict


@dataclass
class Ledger:
    """Everything that was acknowledged, by all threads."""

    acts: Counter[str] = field(default_factory=Counter)
    refused: Counter[str] = field(default_factory=Counter)
    objects: dict[UUID, int] = field(default_factory=dict)
    """Uid of each acknowledged object: the image it is on."""

    changes: Counter[int] = field(default_factory=Counter)
    """Acknowledged new versions, by image."""

    double: list[tuple[str, int, str, str]] = field(default_factory=list)
    """Hand-outs of an image to somebody while somebody else had it: what for, image, who had it, who got it."""

    waits: list[float] = field(default_factory=list)
    """Seconds that each request for the next image took."""

    _holders: dict[tuple[str, int], str] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def taken(self, what: str, image: int, who: str) -> None:
        """`who` was handed an image, `what` for."""
        with self._lock:
            before = self._holders.get((what, image))
            if before not in (None, who):
                self.double.append((what, image, str(before), who))
            self._holders[what, image] = who
            self.acts[f"{what} handed out"] += 1

    def left(self, what: str, image: int, who: str) -> None:
        """`who` has ended their turn, or is about to."""
        with self._lock:
            if self._holders.get((what, image)) == who:
                del self._holders[what, image]

    def changed(self, act: str, image: int, uid: UUID | None = None) -> None:
        """A change was acknowledged that made one version."""
        with self._lock:
            self.acts[act] += 1
            self.changes[image] += 1
            if uid is not None:
                self.objects[uid] = image

    def refuse(self, code: str) -> None:
        """A request was refused."""
        with self._lock:
            self.refused[code] += 1

    @contextmanager
    def timed(self) -> Iterator[None]:
        """Times a request for the next image."""
        began = time.perf_counter()
        yield
        with self._lock:
            self.waits.append(time.perf_counter() - began)


def audit(project: Project, ledger: Ledger) -> dict[str, int]:
    """What is wrong, by kind; all zero when every act is accounted for once."""
    kept = dict(Annotation.objects.filter(set__main_of__project=project).values_list("uid", "set__image"))
    sets = AnnotationSet.objects.filter(main_of__project=project)
    events = AnnotationEvent.objects.filter(set__main_of__project=project)
    logged = dict(events.values_list("set__image").annotate(count=Count("pk")).order_by())
    verdicts = Verdict.objects.filter(set__main_of__project=project)
    return {
        "lost objects": len(set(ledger.objects.items()) - set(kept.items())),
        "unknown objects": len(set(kept.items()) - set(ledger.objects.items())),
        "images with lost or extra events": sum(
            logged.get(image, 0) != ledger.changes.get(image, 0) for image in {*logged, *ledger.changes}
        ),
        "versions without an event": sets.annotate(count=Count("events")).exclude(version=F("count")).count(),
        "double hand-outs": len(ledger.double),
        "verdicts on own work": verdicts.filter(by=F("author")).count(),
        "turns left over": Slot.objects.filter(lot__project=project).exclude(state=Slot.State.CLOSED).count(),
        "images not accepted": project.images.exclude(annotation_set__status=AnnotationSet.Status.ACCEPTED).count(),
    }
