"""Bodies of the quality API."""

from typing import Annotated

from pydantic import Field, StrictBool, StrictInt

from labeling.web.api import Spec

Share = Annotated[float, Field(ge=0, le=1)]


class SeenLabels(Spec):
    """The version of the image's labels that its writer saw."""

    version: Annotated[StrictInt, Field(ge=0)]


class NewGolden(Spec):
    """Images to mark as golden, by id."""

    images: Annotated[list[Annotated[StrictInt, Field(ge=1, lt=2**63)]], Field(min_length=1, max_length=1000)]


class ConsensusRules(Spec):
    """When opinions become an image's labels by themselves; `by_class` has another threshold for a class, by its
    number."""

    automatic: StrictBool
    least: Share
    by_class: dict[Annotated[str, Field(pattern=r"^[1-9]\d{0,8}$")], Share] = {}
