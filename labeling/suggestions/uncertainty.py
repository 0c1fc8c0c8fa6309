"""How unsure the heads are about images, for whoever orders them."""

from django.db.models import FloatField, OuterRef, Subquery, Value
from django.db.models.functions import Coalesce

from labeling.suggestions.models import RunImage

UNKNOWN = -1.0
"""Of an image that no head has looked at: after all that one did, whatever it said."""


def newest_uncertainty() -> Coalesce:
    """For annotating images: what the newest run of a head said, 0 to 1; `UNKNOWN` where there was none."""
    looked_at = RunImage.objects.filter(image=OuterRef("pk"), state=RunImage.State.READY, doubt__isnull=False)
    newest = Subquery(looked_at.order_by("-id").values("doubt")[:1])
    return Coalesce(newest, Value(UNKNOWN), output_field=FloatField())
