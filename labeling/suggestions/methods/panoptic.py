"""Objects and regions without overlaps, as a project's head finds them."""

from labeling.suggestions.propose import ask_head
from labeling.suggestions.registry import Method, register

register(
    Method(
        "panoptic",
        "Panoptic",
        "Finds objects and regions that cover the image without overlaps.",
        order=30,
        rank=2,
        propose=ask_head,
        head="panoptic",
        least=0.3,
    )
)
