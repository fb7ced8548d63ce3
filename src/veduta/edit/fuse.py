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
from veduta.edit.registration import LEAST_LIKENESS, Matrix, Placed, Registration, gray
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
REACH = 0.13  # deviation, in pixels of a frame, by which a sample's say fades with its distance
# Differences beyond so many deviations of the noise are something that moved.
MOVED = 3.5
AROUND = 5  # pixels over which they are averaged
MEDIAN_OF = 25  # frames
LEAST_NOISE = 0.7  # codes
SMOOTHED = 1.3  # laying frames onto each other takes away some of their noise
PSF = 0.2  # deviation of the lens's blur, in pixels of a frame

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
        raise CannotFuse(
            "no other frame shows what the first one does: " + "; ".join(o.reason for o in left_out[:3])
        )
    stack = [(frames[n], placed[n]) for n in used]
    trust, spread = _trust(stack, place)
    width, height = place[2] * by, place[3] * by
    out = np.empty((height, width, 3), np.uint8)
    tiles = [(y, x) for y in range(0, height, TILE) for x in range(0, width, TILE)]
    progress.begin("fusing", len(tiles))
    model = Model(by, PSF * by, REACH * by)
    for y, x in tiles:
        outer = (
            max(0, x - MARGIN), max(0, y - MARGIN),
            min(width, x + TILE + MARGIN), min(height, y + TILE + MARGIN),
        )  # fmt: skip
        sums, weights = _gathered(stack, trust, place, by, outer)
        made = restored(sums, weights, model, spread)
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
            if found.likeness < LEAST_LIKENESS:
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
) -> tuple[list[NDArray[np.uint8]], float]:
    """For each frame, on the grid of the part: how far (0 to 255) it agrees with what most frames show; the noise."""
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
    if len(stack) < 3:  # of two that differ, nobody can tell which is right
        return [np.full((height, width), 255, np.uint8)] * len(stack), spread
    step = -(-len(stack) // MEDIAN_OF)
    chosen = [laid(number) for number in range(0, len(stack), step)]
    middle = np.empty((height, width), np.float32)
    for row in range(0, height, 64):
        middle[row : row + 64] = np.median([one[row : row + 64] for one in chosen], axis=0)
    # What compression left is no noise that one frame could tell of.
    apart = np.array([np.median(np.abs(one - middle)) for one in chosen[1:]])
    spread = max(spread, SMOOTHED * 1.4826 * float(np.median(apart)))
    del chosen
    # Where the picture is steep, a twentieth of a pixel is a difference, too.
    across, down = (cv2.Sobel(middle, cv2.CV_32F, *way, ksize=3, scale=1 / 8) for way in ((1, 0), (0, 1)))
    slack = np.sqrt(spread**2 / AROUND**2 * 4 + 0.04 * (across**2 + down**2)) + 1.0
    found = []
    for number in range(len(stack)):
        moved = np.abs(cv2.blur(laid(number) - middle, (AROUND, AROUND))) / slack
        # Its surroundings are not believed either.
        moved = cv2.dilate(moved, np.ones((5, 5), np.uint8))
        found.append((255 * np.clip(1 - (moved / MOVED) ** 2, 0, 1) ** 2).astype(np.uint8))
    return found, spread


def _gathered(
    stack: Sequence[tuple[Pixels, Placed]],
    trust: Sequence[NDArray[np.uint8]],
    part: tuple[int, int, int, int],
    by: int,
    outer: tuple[int, int, int, int],
) -> tuple[Floats, Floats]:
    """Samples of all frames near each pixel of a tile of the larger grid, weighted and summed; the weights."""
    left, top, right, bottom = outer
    columns = (np.arange(left, right) + 0.5) / by - 0.5
    rows = (np.arange(top, bottom) + 0.5) / by - 0.5
    own_x = np.repeat(columns[None].astype(np.float32), len(rows), 0)
    own_y = np.repeat(rows[:, None].astype(np.float32), len(columns), 1)
    sums = np.zeros((bottom - top, right - left, 3), np.float32)
    weights = np.zeros((bottom - top, right - left), np.float32)
    for (pixels, placed), agrees in zip(stack, trust, strict=True):
        m = placed.matrix
        x, y = columns[None] + part[0], rows[:, None] + part[1]
        below = m[2, 0] * x + m[2, 1] * y + m[2, 2]
        at_x = ((m[0, 0] * x + m[0, 1] * y + m[0, 2]) / below).astype(np.float32)
        at_y = ((m[1, 0] * x + m[1, 1] * y + m[1, 2]) / below).astype(np.float32)
        near_x, near_y = np.rint(at_x), np.rint(at_y)
        apart = (at_x - near_x) ** 2 + (at_y - near_y) ** 2
        height, width = pixels.shape[:2]
        weight = np.exp(apart * np.float32(-0.5 / REACH**2))
        weight *= (near_x >= 0) & (near_y >= 0) & (near_x < width) & (near_y < height)
        told: Any = cv2.remap(agrees, own_x, own_y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
        weight *= told.astype(np.float32) * np.float32(1 / 255)
        values: Any = cv2.remap(pixels, near_x, near_y, cv2.INTER_NEAREST, borderMode=cv2.BORDER_REPLICATE)
        sums += _lit(values, placed) * weight[..., None]
        weights += weight
    return sums, weights
