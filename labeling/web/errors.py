"""How every error of the JSON API looks (`labeling.web.api.ApiError` makes them)."""

from pydantic import BaseModel, ConfigDict

from labeling.web.routes import Omitted


class ErrorBody(BaseModel):
    """`code` is for programs, `message` tells a person what to do, `field` names the value that is wrong. Some codes
    have more beside them."""

    model_config = ConfigDict(extra="allow")

    code: str
    message: str
    field: Omitted[str] = None
    limit: Omitted[int] = None


class ErrorAnswer(BaseModel):
    """Any answer other than 2xx."""

    error: ErrorBody
