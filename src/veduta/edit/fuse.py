"""Many small, noisy frames of one thing fused to one larger picture: the recipe for security cameras.

Frames are laid onto the first to a fraction of a pixel; their samples, each where it really lies, are gathered on a
finer grid; the blur of the sensor's pixels is taken back under the assumption that pictures consist of smooth areas and
edges. Sources: S. Farsiu et al., "Fast and robust multiframe super resolution", 2004; B. Wronski et al., "Handheld
multi-frame super-resolution", 2019.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from veduta.edit import noise
from veduta.edit.evidence import gathered
from veduta.edit.registration import LEAST_LIKENESS, SURE_LIKENESS, Matrix, Placed, Registration, gray
from veduta.edit.restoring import Model, restored
from veduta.edit.stack import LeftOut
from veduta.errors import BadInput
from veduta.image.photo import Pixels
from veduta.progress import Progress, Silent

FACTORS = (1, 2, 3, 4)
MOST_FRAMES = 200
MOST_PIXELS = 100_000_000
SMALLEST = 16  # pixels: the least side of a region
TILE, MARGIN = 768, 24  # of the larger picture
# Differences beyond so many deviations of the noise are something that moved.
MOVED = 3.5
AROUND = 5  # pixels over which they are averaged
MEDIAN_OF = 25  # frames
LEAST_NOISE = 0.7  # codes
SMOOTHED = 1.3  # laying frames onto each other takes away some of their noise
PSF = 0.2  # deviation of the lens's blur, in pixels of a frame
# Where the picture is steep, a sample may be off by as much as this many pixels of a frame away: places are not exact,
# nor is what pixels do to fine detail. Noise is told where it is flattest.
INEXACT, FLATTEST = 0.23, 0.25
LAID, OF_TWO = 1.5, 0.83  # frames laid onto the first are smoothed; of two that are compared only one is
COLORS = 1.5  # times: noise of a color is more than that of gray
# Of the noise: what is smoothed by more is lost. What all frames get wrong alike does not average away: beyond so many
# frames each one counts less.
BELIEVED, ENOUGH = 0.7, 12.0

Floats = NDArray[np.float32]


class CannotFuse(BadInput):
    """Frames that cannot be fused as asked."""


@dataclass(frozen=True, slots=True, eq=False)
class Fused:
    """The larger picture, the frames in it and their places, those left out, and the noise found, in codes."""

    pixels: Pixels
    used: list[int]
    placed: list[Placed]
    left_out: list[LeftOut]
    noise: float


def fuse(
    frames: Sequence[Pixels],
    by: int = 2,
    region: tuple[float, float, float, float] | None = None,
    motion: str = "auto",
    progress: Progress | None = None,
) -> Fused:
    """One picture, `by` times as large, of RGB uint8 frames (h, w, 3) of the same size; raises CannotFuse.

    The first frame tells the view. `region` (x, y, width, height, shares of the frame) is what is to be enlarged: then
    its content is followed, whatever the rest does. What moves in single frames only is left out of the result.
    """
    progress = progress or Silent()
    if by not in FACTORS:
        raise CannotFuse(f"{by} times as large: expected one of {', '.join(map(str, FACTORS))}")
    if len(frames) < 2:
        raise CannotFuse("two frames at least make more than one")
    if len(frames) > MOST_FRAMES:
        raise CannotFuse(f"{len(frames)} frames: {MOST_FRAMES} at most")
    first = frames[0]
    place = part(first.shape[:2], by, region)
    placed, left_out = _place(frames, place, region is not None, motion, progress)
    used = sorted(placed)
    if len(used) < 2:
        told = getattr(frames, "name", lambda number: f"frame {number + 1}")
        reasons = "; ".join(f"{told(one.number)} {one.reason}" for one in left_out[:3])
        raise CannotFuse(f"no other frame shows what the first one, {told(0)}, does: {reasons}")
    stack = [(frames[n], placed[n]) for n in used]
    trust, belief, spread = _trust(stack, place)
    width, height = place[2] * by, place[3] * by
    out = np.empty((height, width, 3), np.uint8)
    tiles = [(y, x) for y in range(0, height, TILE) for x in range(0, width, TILE)]
    progress.begin("fusing", len(tiles))
    model = Model(by, PSF * by)
    rough = BELIEVED * float(np.sqrt(1 + len(used) / ENOUGH)) * spread
    for y, x in tiles:
        outer = (
            max(0, x - MARGIN), max(0, y - MARGIN),
            min(width, x + TILE + MARGIN), min(height, y + TILE + MARGIN),
        )  # fmt: skip
        made = restored(gathered(stack, trust, belief, place, by, outer), model, rough)
        inner = made[y - outer[1] :, x - outer[0] :][:TILE, :TILE]
        out[y : y + inner.shape[0], x : x + inner.shape[1]] = np.clip(np.rint(inner), 0, 255)
        progress.advance()
    progress.end()
    return Fused(out, used, [placed[n] for n in used], left_out, spread)


def part(
    size: tuple[int, ...], by: int = 1, region: tuple[float, float, float, float] | None = None
) -> tuple[int, int, int, int]:
    """The place (x, y, width, height) of a region of a frame of `size` (height, width), which becomes `by` times as
    large; raises CannotFuse where that makes no sense.
    """
    height, width = size
    if region is None:
        found = (0, 0, width, height)
    else:
        x, y, w, h = region
        if not (x >= 0 and y >= 0 and w > 0 and h > 0 and x + w <= 1 + 1e-9 and y + h <= 1 + 1e-9):
            raise CannotFuse(
                f"region {x:g},{y:g},{w:g},{h:g}: expected X,Y,WIDTH,HEIGHT within the frame, 0 to 1"
            )
        left, top = round(x * width), round(y * height)
        found = (left, top, round((x + w) * width) - left, round((y + h) * height) - top)
    if min(found[2:]) < SMALLEST:
        raise CannotFuse(f"a part of {found[2]} x {found[3]} pixels: {SMALLEST} x {SMALLEST} is the least")
    if found[2] * found[3] * by * by > MOST_PIXELS:
        raise CannotFuse(
            f"{found[2] * by} x {found[3] * by} pixels are too many: choose a region or a smaller factor"
        )
    return found


def _place(
    frames: Sequence[Pixels], part: tuple[int, int, int, int], follow: bool, motion: str, progress: Progress
) -> tuple[dict[int, Placed], list[LeftOut]]:
    """The places of the frames that show what the first one does, and the others."""
    size = frames[0].shape
    progress.begin("aligning", len(frames) - 1)
    registration = Registration(gray(frames[0]), part)
    still = np.eye(3)
    placed, left_out = {0: Placed(still, "none", 1.0, 1.0, 0.0)}, []
    last: Matrix = still
    for number in range(1, len(frames)):
        frame = frames[number]
        if frame.shape != size:
            reason = f"is {frame.shape[1]} x {frame.shape[0]} pixels, the first {size[1]} x {size[0]}"
            left_out.append(LeftOut(number, reason))
        else:
            starts = [still] if np.allclose(last, still) else [last, still]
            found = registration.place(gray(frame), starts, motion)
            if found.likeness < LEAST_LIKENESS or (
                found.likeness < SURE_LIKENESS and registration.chance(gray(frame), found)
            ):
                left_out.append(LeftOut(number, "does not show the same"))
            else:
                placed[number] = found
                last = found.matrix if follow else still
        progress.advance()
    progress.end()
    return placed, left_out


def _lit(frame: NDArray[Any], placed: Placed) -> Floats:
    """Codes of a frame in the light of the first."""
    return np.asarray(
        frame.astype(np.float32) * np.float32(placed.gain) + np.float32(placed.offset), np.float32
    )


def _trust(
    stack: Sequence[tuple[Pixels, Placed]], part: tuple[int, int, int, int]
) -> tuple[list[NDArray[np.uint8]], Floats, float]:
    """On the grid of the part: for each frame how far (0 to 255) it agrees with what most frames show; how exact
    samples are (0 to 1); and the noise of a color.
    """
    x, y, width, height = part
    corner = np.array([[1, 0, x], [0, 1, y], [0, 0, 1]], np.float64)

    def laid(number: int) -> Floats:
        pixels, placed = stack[number]
        plane = cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY)
        seen: Any = cv2.warpPerspective(
            _lit(plane, placed), placed.matrix @ corner, (width, height),
            flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP, borderMode=cv2.BORDER_REPLICATE,
        )  # fmt: skip
        return np.asarray(seen, np.float32)

    spread = max(LEAST_NOISE, noise.deviation(laid(0)))
    step = -(-len(stack) // MEDIAN_OF)
    chosen = [laid(number) for number in range(0, len(stack), step)]
    middle = np.empty((height, width), np.float32)
    for row in range(0, height, 64):
        middle[row : row + 64] = np.median([one[row : row + 64] for one in chosen], axis=0)
    steep = _steep(middle)
    flat = steep <= np.quantile(steep, FLATTEST)
    if len(chosen) == 2:
        told = OF_TWO * 1.4826 * float(np.median(np.abs(chosen[1] - chosen[0])[flat]))
    else:
        told = LAID * 1.4826 * float(np.median([np.median(np.abs(o - middle)[flat]) for o in chosen[1:]]))
    told = max(LEAST_NOISE, told)
    belief = np.asarray(told**2 / (told**2 + (INEXACT * steep) ** 2), np.float32)
    if len(stack) < 3:  # of two that differ, nobody can tell which is right
        return [np.full((height, width), 255, np.uint8)] * len(stack), belief, COLORS * told
    # What compression left is no noise that one frame could tell of.
    apart = np.array([np.median(np.abs(one - middle)) for one in chosen[1:]])
    spread = max(spread, SMOOTHED * 1.4826 * float(np.median(apart)))
    del chosen
    # Where the picture is steep, a twentieth of a pixel is a difference, too.
    across, down = _slopes(middle)
    slack = np.sqrt(spread**2 / AROUND**2 * 4 + 0.04 * (across**2 + down**2)) + 1.0
    found = []
    for number in range(len(stack)):
        moved = np.abs(cv2.blur(laid(number) - middle, (AROUND, AROUND))) / slack
        # Its surroundings are not believed either.
        moved = cv2.dilate(moved, np.ones((5, 5), np.uint8))
        found.append((255 * np.clip(1 - (moved / MOVED) ** 2, 0, 1) ** 2).astype(np.uint8))
    return found, belief, COLORS * told


def _slopes(plane: Floats) -> tuple[Floats, Floats]:
    """How codes change from one pixel to the next, across and down."""
    across, down = (cv2.Sobel(plane, cv2.CV_32F, *way, ksize=3, scale=1 / 8) for way in ((1, 0), (0, 1)))
    return np.asarray(across, np.float32), np.asarray(down, np.float32)


def _steep(plane: Floats) -> Floats:
    """The same without direction, of the smoothed plane, over 3 x 3 pixels."""
    across, down = _slopes(np.asarray(cv2.GaussianBlur(plane, (0, 0), 0.8), np.float32))
    return np.asarray(np.sqrt(cv2.blur(across * across + down * down, (3, 3))), np.float32)
