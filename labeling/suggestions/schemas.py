"""Answers of the suggestions' API, and what pages are told of runs and heads (docs/reference/protocol.md)."""

from typing import Annotated, Literal
from uuid import UUID

from pydantic import JsonValue

from labeling.annotations.schemas import AnnotationData, Box, ClickData
from labeling.suggestions.models import HeadVersion, Run, RunImage, Suggestion
from labeling.web.events import News
from labeling.web.routes import Answer, Moment, Omitted, values_of

MethodName = str
"""A name of the registry of methods (`labeling.suggestions.registry`)."""

HeadState = Annotated[HeadVersion.State, values_of(HeadVersion.State)]
RunState = Annotated[Run.State, values_of(Run.State)]
LookState = Annotated[RunImage.State, values_of(RunImage.State)]
SuggestionState = Annotated[Suggestion.State, values_of(Suggestion.State)]


class MethodData(Answer):
    """A method of finding objects. `can`: it can be asked here; `head` is the title of the model that is asked then.
    `trained`: it needs a model that a project trains. `on_images`: it is asked about whole images. `automatic`: it is
    asked where nothing is suggested yet. The methods come in the order in which they are shown."""

    method: MethodName
    title: str
    about: str
    can: bool
    head: str | None
    trained: bool
    on_images: bool
    automatic: bool


class SuggestionData(Answer):
    """An object that a method proposes. `score` is comparable within one model only; `category` is null for a word that
    is no class of the project. `clicks`, after `basis` as the first mask, make `counts`."""

    uid: UUID
    method: MethodName
    head: int | None
    state: SuggestionState
    score: float
    word: str
    category: int | None
    counts: str
    bbox: Box
    area: int
    clicks: list[ClickData]
    basis: str | None

    @classmethod
    def of(cls, row: Suggestion) -> "SuggestionData":
        return cls(
            uid=row.uid,
            method=row.method,
            head=row.head_id,
            state=Suggestion.State(row.state),
            score=round(row.score, 4),
            word=row.word,
            category=row.category.number if row.category else None,
            counts=row.counts,
            bbox=(row.bbox_x, row.bbox_y, row.bbox_width, row.bbox_height),
            area=row.area,
            clicks=row.clicks,
            basis=row.basis or None,
        )


class LookData(Answer):
    """How far a method is with an image, and how many objects it found; `reason` says why it could not."""

    method: MethodName
    state: LookState
    found: int
    reason: Omitted[str] = None


class Offered(Answer):
    """What is offered on an image now, best first; the methods that are to look at it, or do; and how each ended."""

    results: list[SuggestionData]
    running: list[MethodName]
    looked: list[LookData]


class Skipped(Answer):
    """A suggestion that was not accepted: `no_class`, or `covered` by what is kept."""

    uid: UUID
    reason: str


class AcceptedData(Answer):
    """What was kept of an image's suggestions, and the version that this made."""

    version: int
    annotations: list[AnnotationData]
    skipped: list[Skipped]


class AcceptedOn(Answer):
    """How many suggestions of an image were accepted; `reason` says why the image was left alone."""

    image: int
    name: str
    accepted: int
    skipped: int
    reason: Omitted[str] = None


class AcceptedInProject(Answer):
    """What became of some images; `next` is the `after` of the next request, null at the end."""

    images: list[AcceptedOn]
    next: int | None


class Rejected(Answer):
    """How many suggestions were rejected now."""

    rejected: int


class Reopened(Answer):
    """How many suggestions are open again."""

    reopened: int


class HeatData(Answer):
    """Where on an image a phrase is likely: an 8-bit greyscale PNG in base64; `cell` is the width and height of one of
    its pixels in pixels of the view."""

    width: int
    height: int
    cell: tuple[float, float]
    png: str


class PhraseFound(Answer):
    """Where a phrase is. Without a suggestion `missing` says why: it is kept already, or there is nothing."""

    heat: HeatData
    suggestion: SuggestionData | None
    missing: Omitted[Literal["kept", "nothing"]] = None


class Share(Answer):
    """How many suggestions were kept as they were, kept with a change, rejected; `untouched` is the first one's share
    of those kept, null before anything was kept."""

    accepted: int
    edited: int
    rejected: int
    untouched: float | None


class Statistics(Share):
    """What people did with suggestions, in all and by method, by model id and by number of class."""

    by_method: dict[str, Share]
    by_head: dict[str, Share]
    by_category: dict[str, Share]


class RunNews(Answer):
    """How far a run is, in images."""

    id: int
    method: MethodName
    state: RunState
    done: int
    failed: int
    total: int


class RunOptionsData(Answer):
    """How a run asks (`RunOptions`). Of imported predictions: `source`, what made them, and the import's id."""

    threshold: Omitted[float] = None
    mode: Omitted[str] = None
    refine: Omitted[bool] = None
    source: Omitted[str] = None
    import_id: Omitted[int] = None


class FailureData(Answer):
    """An image that a run could not look at, and why."""

    image: int
    name: str
    reason: str


class RunData(RunNews):
    """A run. `failures` (at most 100) are told where one run is asked for."""

    head: int | None
    head_title: str | None
    automatic: bool
    options: RunOptionsData
    created_by: str | None
    created_at: Moment
    failures: Omitted[list[FailureData]] = None


class RunList(Answer):
    """The newest runs of a project."""

    results: list[RunData]


class RunStopped(RunData):
    """A run, and whether it was stopped by this."""

    stopped: bool


class RunQueued(RunData):
    """A run, and how many images it looks at again."""

    queued: int


class HeadNews(Answer):
    """How far a model's training is. `seconds` of training so far; `left`, as estimated; the newest `loss`."""

    id: int
    kind: MethodName
    number: int
    state: HeadState
    step: int
    steps: int
    seconds: float
    loss: Omitted[float] = None
    left: Omitted[float] = None
    reason: Omitted[str] = None


class HeadData(HeadNews):
    """A model. `figures` are what the held-out images say: `ap`, `ap50` or `pq`, and `by_category`. `curve`: steps and
    losses. `worst` is the address of a picture of its worst answers."""

    title: str
    starter: bool
    classes: list[str]
    images: int
    figures: dict[str, JsonValue]
    curve: list[tuple[float, float]]
    worst: str | None
    created_by: str | None
    created_at: Moment


class HeadList(Answer):
    """A project's own models, the newest first, and then the starter models."""

    results: list[HeadData]


class HeadCancelled(HeadData):
    """A model, and whether its training was stopped by this."""

    cancelled: bool


class HeadQueued(HeadData):
    """A model, and whether its training goes on by this."""

    queued: bool


class WordData(Answer):
    """A word of a model and the number of its class in the project; `automatic`: by its name, nobody said so."""

    word: str
    category: int | None
    automatic: bool


class MappingData(Answer):
    """Which class each of a model's words is."""

    mapping: list[WordData]


class SettingsData(Answer):
    """What a project lets happen by itself."""

    everything_when_ready: bool
    learn_at_doublings: bool
    least_sure_first: bool


class SuggestionsMessage(News):
    """How far a run over images or the training of a model is."""

    type: Literal["suggestions"] = "suggestions"
    run: Omitted[RunNews] = None
    head: Omitted[HeadNews] = None
