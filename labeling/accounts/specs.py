"""Bodies of the account endpoints."""

from typing import Annotated

from pydantic import Field, StrictStr

from labeling.web.api import Spec

Action = Annotated[StrictStr, Field(pattern=r"^[A-Za-z][A-Za-z0-9]{0,39}$")]
Key = Annotated[StrictStr, Field(min_length=1, max_length=40)]


class Keys(Spec):
    """The keys of the actions that have others than the shipped ones; an empty list is an action without a key."""

    keys: Annotated[dict[Action, Annotated[list[Key], Field(max_length=3)]], Field(max_length=200)]
