"""Objects with their classes, as a project's head finds them."""

from labeling.suggestions.propose import ask_head
from labeling.suggestions.registry import Method, register

register(
    Method(
        "instances",
        "Instances",
        "Finds objects with their classes.",
        order=20,
        rank=3,
        propose=ask_head,
        head="instances",
        least=0.2,
    )
)
