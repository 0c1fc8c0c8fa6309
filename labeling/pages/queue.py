"""Which image somebody gets next.

A labeler is offered images that are not done or skipped and that nobody else has open: ready ones before those still
being prepared. A fresh start goes on with what they began; `after` goes forward from there and wraps at the end, so
that "next" never bounces between two unfinished images. A reviewer simply goes forward through all images.

Where the project says so (`SuggestionSettings.least_sure_first`), the images that its heads are least sure about come
first, and "forward" means to the next surer one.
"""

from django.db.models import Case, IntegerField, Q, QuerySet, Value, When
from django.utils import timezone

from labeling.accounts.models import User
from labeling.annotations.models import ENDED, AnnotationSet
from labeling.annotations.services import OPEN_FOR
from labeling.features.models import Encoding
from labeling.images.models import Image
from labeling.projects.access import LABELERS
from labeling.projects.models import Project, Role
from labeling.suggestions.models import SuggestionSettings
from labeling.suggestions.uncertainty import newest_uncertainty

UPCOMING = 3
"""Images after the next one that an editor is told of, to load them ahead."""

Status = AnnotationSet.Status
State = Encoding.State


def next_images(project: Project, user: User, role: Role, after: int | None = None, limit: int = 4) -> list[int]:
    """Ids of the next images for `user`, best first, at most `limit`; never `after` itself. Empty: nothing is left."""
    if role not in LABELERS:
        forward = project.images.filter(pk__gt=after or 0).order_by("pk")
        return list(forward.values_list("pk", flat=True)[:limit])
    waiting, order = _waiting_for(project, user), ["state_rank", "place", "-urgency", "pk"]
    unsure = SuggestionSettings.of(project.pk).least_sure_first
    if unsure:
        waiting = waiting.annotate(doubt=newest_uncertainty())
        order.insert(2, "-doubt")
    preferred = _begun_by(user)
    if after is not None:
        waiting = waiting.exclude(pk=after)
        preferred = _surer_than(after) if unsure else Q(pk__gt=after)
    ranked = waiting.annotate(state_rank=_STATE_RANK, place=_first(preferred), urgency=_URGENCY)
    return list(ranked.order_by(*order).values_list("pk", flat=True)[:limit])


def _surer_than(after: int) -> Q:
    """Images that come after this one where the least sure come first."""
    doubt = Image.objects.filter(pk=after).annotate(doubt=newest_uncertainty()).values_list("doubt", flat=True).first()
    return Q(pk__gt=after) if doubt is None else Q(doubt__lt=doubt) | Q(doubt=doubt, pk__gt=after)


def _waiting_for(project: Project, user: User) -> QuerySet[Image]:
    """Images that are not done or skipped, can be labeled now or soon, and that nobody else has open."""
    untouched = Q(annotation_set__isnull=True)
    not_done = untouched | ~Q(annotation_set__status__in=ENDED)
    long_ago = Q(annotation_set__opened_at__isnull=True) | Q(annotation_set__opened_at__lte=timezone.now() - OPEN_FOR)
    free = untouched | long_ago | Q(annotation_set__opened_by=user) | Q(annotation_set__opened_by__isnull=True)
    images = Image.objects.filter(not_done, free, project=project)
    return images.exclude(encoding__state=State.FAILED)


def _begun_by(user: User) -> Q:
    return Q(annotation_set__status=Status.IN_PROGRESS, annotation_set__changed_by=user)


def _first(condition: Q) -> Case:
    """Sorts what fulfils the condition first."""
    return Case(When(condition, then=Value(0)), default=Value(1), output_field=IntegerField())


_STATE_RANK = Case(
    When(encoding__state=State.READY, then=Value(0)),
    When(encoding__state=State.ENCODING, then=Value(1)),
    default=Value(2),
    output_field=IntegerField(),
)

# Among images that are not ready, those at the front of the encode queue are ready soonest.
_URGENCY = Case(
    When(encoding__state=State.QUEUED, then="encoding__priority"), default=Value(0), output_field=IntegerField()
)
