"""One object being clicked together: the states after each click, undo and redo."""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from inference.clicks.given_mask import given_cells, given_patch
from inference.clicks.image_maps import ImageMaps
from inference.clicks.zoom import SIDES, SMALL_SIDES, Region, around_box, around_mask, is_cut_off
from inference.core.arrays import Box, Floats, Half, Mask
from inference.core.bilinear import sample
from inference.core.features import Features
from inference.core.masks import LOGIT_LIMIT, Click, MaskPatch, PackedPatch, put_clicked, tight, with_clicked
from inference.core.prompts import FOREGROUND, UNKNOWN, DistanceGuide, Prompt, base_label, box_label, paint

Inputs = dict[str, NDArray[Any]]
Decode = Callable[[Inputs], Floats]
Steps = Generator[Inputs, Floats, None]
"""Work that stops at every decoding: yields the decoder's inputs, is sent its logits (both with a batch axis of 1)."""
ENFORCED_RADIUS = 3.0  # model pixels
ENFORCED_LOGIT = 1.0
REFINE_PASSES = 2  # at the own answer to a box with a click: each finds a little more (docs/internals/heads.md)
MAX_REFINE_AREA = 320 * 320  # model pixels of a region above which the model looks only once


@dataclass(frozen=True, eq=False)
class State:
    """What the model said after some clicks: fp16 logits at stride 2, or the mask that the session began with."""

    logits: NDArray[np.float16] | None
    given: PackedPatch | None = None

    def arrays(self) -> list[NDArray[Any]]:
        return [one for one in (self.logits, self.given.rows if self.given else None) if one is not None]


class ClickSession:
    """Clicks on one object of one image. Sessions are independent: use each from one thread at a time, several
    from several threads.

    The mask after k clicks is f(features, clicks[:k], mask after k - 1 clicks), so the same clicks give the same
    mask bit for bit, whether they came one by one or at once.
    """

    def __init__(
        self,
        decode: Decode,
        features: Features | ImageMaps,
        previous: Mask | MaskPatch | PackedPatch | None = None,
        box: Box | None = None,
        zoom: bool = True,
    ) -> None:
        """See `ClickPredictor.session`. zoom: decode regions of interest where that is enough."""
        self._decode = decode
        self._zoom = zoom
        self._image = features if isinstance(features, ImageMaps) else ImageMaps(features)
        self._frame = self._image.frame
        self._upsampler = self._image.upsampler
        self._clicks: list[Click] = []
        self._undone: list[tuple[Click, State]] = []
        self._forget()
        self.cut_off = False  # does the answer to a box and a click at once end where it was looked for?
        self._states = [State(None)]
        if previous is not None:
            self._states = [State(None, given_patch(previous, self._frame))]
        elif box is not None:
            drive(self._open(box), decode)

    @property
    def clicks(self) -> tuple[Click, ...]:
        return tuple(self._clicks)

    @property
    def can_redo(self) -> bool:
        return bool(self._undone)

    @property
    def nbytes(self) -> int:
        """Of its own arrays, in bytes. What sessions of one image share is not counted."""
        states = [*self._states, *(state for _, state in self._undone)]
        kept = {id(array): array.nbytes for state in states for array in state.arrays()}
        return sum(kept.values()) + self._nearest.nbytes + self._distance.maps.nbytes

    @property
    def given(self) -> PackedPatch | None:
        """The mask that it began with."""
        return self._states[0].given

    def click(self, x: float, y: float, positive: bool) -> Mask:
        """One more click; the mask after it."""
        self.add(Click(x, y, positive))
        return self.mask()

    def add(self, click: Click) -> None:
        """One more click, without making a full-size mask of the answer (see `patch`)."""
        drive(self._add(click), self._decode)

    def steps(self, clicks: Sequence[Click], box: Box | None = None, at_once: bool = False) -> Steps:
        """All that a fresh session has to do for a box and clicks, for a caller that decodes for many sessions.
        at_once: the first click came with the box, not after the box's answer."""
        rest = list(clicks)
        if box is not None and self._states[0].given is None:
            yield from self._open_and_click(box, rest.pop(0)) if at_once and rest else self._open(box)
        for click in rest:
            yield from self._add(click)

    @property
    def logits(self) -> NDArray[np.float16] | None:
        """The answer at stride 2 of the padded model image, positive inside; None before the first one."""
        return self._states[-1].logits

    def resume(self, clicks: Sequence[Click], logits: NDArray[np.float16]) -> None:
        """Go on from an answer that was made elsewhere (see `logits`) to these clicks. `undo` does not reach behind."""
        if list(clicks[: len(self._clicks)]) != self._clicks:
            self._forget()
            self._clicks = []
        for click in clicks[len(self._clicks) :]:
            self._listen(click)
        self._clicks, self._states = list(clicks), [State(logits)]
        self._undone.clear()

    def undo(self) -> Mask:
        """Take the last click back; without clicks nothing happens. From kept states."""
        if self._clicks:
            self._undone.append((self._clicks.pop(), self._states.pop()))
            self._forget()
            for click in self._clicks:
                self._listen(click)
        return self.mask()

    def redo(self) -> Mask:
        """Bring the click back that was undone last. From kept states."""
        if self._undone:
            click, state = self._undone.pop()
            self._clicks.append(click)
            self._states.append(state)
            self._listen(click)
        return self.mask()

    def mask(self) -> Mask:
        """The mask now, height x width bool."""
        out = np.zeros((self._frame.height, self._frame.width), bool)
        state = self._states[-1]
        if state.given is not None:
            given = state.given
            out[given.y : given.y + given.height, given.x : given.x + given.width] = given.bits()
            return out
        x0, y0, x1, y1 = self._bounds()
        out[y0:y1, x0:x1] = self._region((x0, y0, x1, y1))
        return out

    def patch(self) -> MaskPatch:
        """The mask's bounding box and the mask inside it. Costs what the object's size costs, not the image's."""
        state = self._states[-1]
        if state.given is not None:
            return state.given.patch()
        box = self._bounds()
        return tight(self._region(box), box[0], box[1])

    # One step of the recursion.

    def _open(self, box: Box) -> Steps:
        """The first mask, of a box."""
        logits = yield from self._decoded(*self._boxed(box), None)
        self._states = [State(logits.astype(np.float16))]

    def _open_and_click(self, box: Box, click: Click) -> Steps:
        """The first mask, of a box and a click at once: the model is told both, then looks at its own answer some
        times, told the click alone, so that a box that is a little off does not cut the object. All in one region."""
        self._listen(click)
        whole, region = self._boxed(box, SMALL_SIDES)
        label, valid = whole[region.at(2)], self._image.valid[region.at(2)]
        prompt = self._prompt(click)
        here = replace(prompt, x=prompt.x - region.x0, y=prompt.y - region.y0)
        inputs = self._inputs(region)
        passes = REFINE_PASSES if region.area <= MAX_REFINE_AREA else 1
        for _ in range(1 + passes):
            paint(label, here)
            found = yield inputs | {"label": np.ascontiguousarray(label)[None, None]}
            label = base_label(valid, found[0, 0] > 0)
        logits = self._placed(found, region, None)
        self.cut_off = is_cut_off(logits > 0, region)
        self._clicks.append(click)
        self._states.append(State(self._enforced(logits, [click])))

    def _boxed(self, box: Box, sides: Sequence[int] = SIDES) -> tuple[NDArray[np.uint8], Region]:
        """A box as a label, and where to answer it."""
        inside = self._model_box(box)
        region = around_box(self._frame, inside, sides) if self._zoom else Region.whole(self._frame)
        return box_label(self._image.valid, inside), region

    def _add(self, click: Click) -> Steps:
        self._listen(click)
        clicks = [*self._clicks, click]
        state = self._states[-1]
        previous = self._cells(state)
        logits = yield from self._answer(previous, clicks, state.logits)
        if previous is None or not previous.any():
            # Out of nothing the model answers cautiously: let it look at its own first answer once.
            logits = yield from self._answer(logits > 0, clicks, logits)
        self._clicks.append(click)
        self._states.append(State(self._enforced(logits, clicks)))
        self._undone.clear()

    def _answer(
        self, previous: Mask | None, clicks: list[Click], before: NDArray[np.floating[Any]] | None
    ) -> Generator[Inputs, Floats, Floats]:
        """Logits for all clicks, given the mask before them; outside of the region of interest those `before`."""
        label = base_label(self._image.valid, previous)
        prompts = [self._prompt(click) for click in clicks]
        for prompt in prompts:
            paint(label, prompt)
        whole = Region.whole(self._frame)
        if self._zoom and previous is not None and before is not None:
            region = around_mask(self._frame, previous, prompts)
            if region != whole:
                logits = yield from self._decoded(label, region, before)
                if not is_cut_off(logits > 0, region):
                    return logits
        return (yield from self._decoded(label, whole, None))

    def _decoded(
        self, label: NDArray[np.uint8], region: Region, before: NDArray[np.floating[Any]] | None
    ) -> Generator[Inputs, Floats, Floats]:
        """Logits of the region; outside of it those before, or background. The padding is background."""
        found = yield self._inputs(region) | {"label": np.ascontiguousarray(label[region.at(2)])[None, None]}
        return self._placed(found, region, before)

    def _inputs(self, region: Region) -> Inputs:
        """What the decoder reads of a region, but for the label."""
        rows, columns = region.at(8)
        guide = np.concatenate([self._distance.maps[:, rows, columns], self._nearest[:, rows, columns]])
        return self._image.inputs(region) | {"guide": guide[None]}

    def _placed(self, found: Floats, region: Region, before: NDArray[np.floating[Any]] | None) -> Floats:
        """An answer's logits in those of the whole map."""
        valid = self._image.valid
        logits = np.full(valid.shape, -LOGIT_LIMIT, np.float32) if before is None else before.astype(np.float32)
        np.clip(found[0, 0], -LOGIT_LIMIT, LOGIT_LIMIT, out=logits[region.at(2)])
        logits[~valid] = -LOGIT_LIMIT
        return logits

    # What the user said, as the decoder's inputs.

    def _forget(self) -> None:
        self._distance = DistanceGuide(*self._image.grid)
        self._nearest = np.full((2 * self._image.heads, *self._image.grid), -1.0, np.float32)

    def _prompt(self, click: Click) -> Prompt:
        frame = self._frame
        x, y = np.floor(click.x) + 0.5, np.floor(click.y) + 0.5
        return Prompt(float(x * frame.scale_x), float(y * frame.scale_y), click.positive)

    def _listen(self, click: Click) -> None:
        """Update distance and similarity maps by one click. Raises ValueError when it is outside of the picture."""
        if not (0 <= click.x < self._frame.width and 0 <= click.y < self._frame.height):
            raise ValueError(f"click ({click.x}, {click.y}) is outside of {self._frame.width}x{self._frame.height}")
        prompt = self._prompt(click)
        self._distance.add(prompt)
        heads = self._image.heads
        here = self._nearest[:heads] if click.positive else self._nearest[heads:]
        np.maximum(here, self._image.cosines(prompt), out=here)

    def _model_box(self, box: Box) -> Box:
        x0, y0, x1, y1 = box
        if not (x1 > x0 and y1 > y0):
            raise ValueError(f"box {box} is empty")
        frame = self._frame
        return (x0 * frame.scale_x, y0 * frame.scale_y, x1 * frame.scale_x, y1 * frame.scale_y)

    def _cells(self, state: State) -> Mask | None:
        """A state's mask at stride 2 of the padded model image."""
        if state.logits is not None:
            return np.asarray(state.logits > 0)
        if state.given is None:
            return None
        return given_cells(state.given, self._frame)

    # From logits to the image's pixels.

    def _enforced(self, answer: Floats, clicks: list[Click]) -> Half:
        """An answer as it is kept. A clicked pixel belongs where the click says: where the network disagrees, the cells
        that the pixel is interpolated from and a disc of 3 model pixels around it take a logit of +-1; the newest click
        last."""
        logits: Half = answer.astype(np.float16)
        for click in clicks:
            rows, columns = self._upsampler.pixel(int(click.x), int(click.y))
            if (sample(logits, rows, columns)[0, 0] > 0) == click.positive:
                continue
            disc = np.full(logits.shape, UNKNOWN, np.uint8)
            paint(disc, self._prompt(click), ENFORCED_RADIUS)
            disc[rows.low[0] : rows.high[0] + 1, columns.low[0] : columns.high[0] + 1] = FOREGROUND
            chosen = (disc != UNKNOWN) & self._image.valid
            if click.positive:
                logits[chosen] = np.maximum(logits[chosen], ENFORCED_LOGIT)
            else:
                logits[chosen] = np.minimum(logits[chosen], -ENFORCED_LOGIT)
        return logits

    def _bounds(self) -> tuple[int, int, int, int]:
        logits = self._states[-1].logits
        if logits is None:
            return (0, 0, 0, 0)
        return with_clicked(self._upsampler.bounds(logits), self._clicks)

    def _region(self, box: tuple[int, int, int, int]) -> Mask:
        """Mask pixels of a box; where clicks share cells the clicked pixel itself still gets its way."""
        logits = self._states[-1].logits
        if logits is None:
            return np.zeros((0, 0), bool)
        out = self._upsampler.region(logits, box)
        put_clicked(out, box, self._clicks)
        return out


def drive(steps: Steps, decode: Decode) -> None:
    """Do the work of one session, decoding whenever it asks."""
    try:
        inputs = next(steps)
        while True:
            inputs = steps.send(decode(inputs))
    except StopIteration:
        return
