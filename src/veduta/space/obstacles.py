"""What stands on the floor before two cameras: where, how large, and whether to go around it or over it.

The rule of sweeping robots: what is higher than 3 cm is avoided by its shape alone; what is lower may be a thing to
clean or a thing to keep away from, and only its class can tell.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from veduta.image.photo import Pixels
from veduta.space.depth import meters, points
from veduta.space.disparity import Disparity
from veduta.space.floor import Floor, find_floor
from veduta.space.occlusion import Bool, Floats
from veduta.space.rig import View

Action = Literal["avoid", "clean"]
Box = tuple[int, int, int, int]
# Meters: what is higher is avoided; what is lower than the second is the floor itself.
HIGH, LEAST = 0.03, 0.01
# Heights below so many standard deviations are noise.
SURE = 4.0
# Pixels that a thing covers at least, and its least width in meters.
LEAST_PIXELS, LEAST_WIDTH = 40, 0.01
# What is farther than this (meters) is not told.
REACH = 5.0
# Parts on touching cells of the floor (meters) may be one thing; a part this much smaller is a splinter of the other.
CELL, SPLINTER = 0.05, 0.04


@dataclass(frozen=True, slots=True)
class Kind:
    """What a thing is called, how surely, and what to do with such things (None: the name is in no table)."""

    name: str
    score: float
    action: Action | None


Ask = Callable[[Pixels, Sequence[Box]], Sequence[Kind | None]]


@dataclass(frozen=True, slots=True, eq=False)
class Obstacle:
    """A thing on the floor. Lengths in meters, angles in degrees, to the right of straight ahead.

    `distance` is along the floor, from the point below the left camera to the thing's nearest part; `bearing` that of
    its middle, `bearings` of its sides. `cut` where it goes on outside of the picture: it may be larger. `box` is (x,
    y, width, height) in pixels, `mask` its pixels within the box.
    """

    box: Box
    mask: Bool
    distance: float
    bearing: float
    bearings: tuple[float, float]
    width: float
    height: float
    error: float
    cut: bool
    kind: Kind | None
    action: Action
    reason: str

    def as_json(self) -> dict[str, Any]:
        """The stable JSON form."""
        return {
            "action": self.action,
            "reason": self.reason,
            "distance_m": round(self.distance, 3),
            "bearing_deg": round(self.bearing, 1),
            "bearings_deg": [round(v, 1) for v in self.bearings],
            "width_m": round(self.width, 3),
            "height_m": round(self.height, 4),
            "height_error_m": round(self.error, 4),
            "cut_off": self.cut,
            "class": None if self.kind is None else self.kind.name,
            "class_score": None if self.kind is None else round(self.kind.score, 3),
            "box": list(self.box),
        }


@dataclass(frozen=True, slots=True, eq=False)
class Way:
    """The floor, the heights of all pixels over it (meters), and the obstacles, nearest first."""

    floor: Floor
    heights: Floats
    obstacles: tuple[Obstacle, ...]

    def as_json(self) -> dict[str, Any]:
        """The stable JSON form."""
        down = np.array(self.floor.down)
        return {
            "camera_height_m": round(self.floor.above, 4),
            "camera_pitch_deg": round(float(np.degrees(np.arcsin(np.clip(down[2], -1, 1)))), 2),
            "camera_roll_deg": round(float(np.degrees(np.arctan2(down[0], down[1]))), 2),
            "floor_share": round(self.floor.share, 3),
            "floor_noise_px": round(self.floor.noise, 3),
            "obstacles": [one.as_json() for one in self.obstacles],
        }


def find_obstacles(
    pixels: Pixels, found: Disparity, view: View, ask: Ask | None = None, high: float = HIGH
) -> Way:
    """The obstacles before the left camera, whose rectified `pixels` the disparities belong to; raises NoFloor.

    `ask` tells the class of what is lower than `high` meters; what nobody knows is avoided.
    """
    floor = find_floor(found, view)
    heights = floor.heights(found.values, view)
    errors = floor.uncertainty(found.values, view)
    depth = meters(found.values, view)
    with np.errstate(invalid="ignore"):
        standing = (heights > np.maximum(LEAST, SURE * errors)) & (depth < REACH)
    places = _over_floor(depth, view, floor)
    numbers, count = together(*_things(standing, found.values), found.sure, places, heights, high)
    things = [
        thing
        for number, part in enumerate(ndimage.find_objects(numbers, count), 1)
        if part is not None
        for thing in [_measured(number, part, numbers, found.sure, places, heights, errors)]
        if thing is not None
    ]
    low = [number for number, thing in enumerate(things) if thing.height < high]
    kinds: dict[int, Kind | None] = {}
    if ask is not None and low:
        kinds = dict(zip(low, ask(pixels, [things[number].box for number in low]), strict=True))
    decided = [_decided(thing, kinds.get(n), high, ask is not None) for n, thing in enumerate(things)]
    return Way(floor, heights, tuple(sorted(decided, key=lambda one: one.distance)))


def _things(standing: Bool, values: Floats) -> tuple[NDArray[np.int32], int]:
    """Numbers of connected things; a step in disparity parts what stands before something else."""
    kernel = np.ones((3, 3), np.uint8)
    span = cv2.dilate(values, kernel) - cv2.erode(values, kernel)
    step = span > np.maximum(1.5, 0.04 * values)
    solid = ndimage.binary_opening(standing & ~step, np.ones((2, 2)))
    found: Any = ndimage.label(solid, np.ones((3, 3)))
    numbers, count = found
    # Rims go to the thing beside them.
    far, near = ndimage.distance_transform_edt(numbers == 0, return_indices=True)
    grown = np.where(standing & (far <= 4), numbers[tuple(near)], numbers)
    return grown.astype(np.int32), int(count)


def together(
    numbers: NDArray[np.int32], count: int, sure: Bool, places: Floats, heights: Floats, high: float
) -> tuple[NDArray[np.int32], int]:
    """Parts of one thing that the picture shows apart, under one number.

    A part belongs to a larger one when most of it stands on the same cells of the floor or next to them, and both are
    high or it is a splinter; low things beside a high one stay alone. Parts of parts do not count: else stray pixels
    would chain a thing to the wall behind it.
    """
    cells = np.floor(np.nan_to_num(places, posinf=0, neginf=0) / CELL).astype(np.int32)
    sizes = np.bincount(numbers.ravel(), minlength=count + 1)
    parts = ndimage.find_objects(numbers, count)
    owners: dict[tuple[int, int], list[int]] = {}
    tall = np.zeros(count + 1, bool)
    joined = np.arange(count + 1)
    for number in np.argsort(-sizes[1:], kind="stable") + 1:
        part = parts[number - 1]
        inside = (numbers[part] == number) & sure[part]
        if not inside.any():
            continue
        tall[number] = np.percentile(heights[part][inside], 96) >= high
        here, times = np.unique(cells[part][inside], axis=0, return_counts=True)
        shared: dict[int, int] = {}
        for (x, y), often in zip(here.tolist(), times.tolist(), strict=True):
            for owner in owners.get((x, y), ()):
                shared[owner] = shared.get(owner, 0) + often
        fit = max(shared, key=lambda n: shared[n], default=0)
        alike = fit and ((tall[number] and tall[fit]) or sizes[number] < SPLINTER * sizes[fit])
        if alike and shared[fit] > 0.5 * inside.sum():
            joined[number] = fit
            continue
        around = {(x + dx, y + dy) for x, y in here.tolist() for dx in (-1, 0, 1) for dy in (-1, 0, 1)}
        for cell in around:
            owners.setdefault(cell, []).append(int(number))
    return joined[numbers].astype(np.int32), count


def _over_floor(depth: Floats, view: View, floor: Floor) -> Floats:
    """The place of each pixel on the floor (h, w, 2): meters to the right of and ahead of the camera's foot."""
    down = np.array(floor.down)
    ahead = np.array([0.0, 0, 1]) - down[2] * down
    ahead /= np.linalg.norm(ahead)
    right = np.cross(down, ahead)
    return np.asarray(points(depth, view) @ np.stack([right, ahead], axis=1).astype(np.float32), np.float32)


def _measured(
    number: int,
    part: tuple[slice, slice],
    numbers: NDArray[np.int32],
    sure: Bool,
    places: Floats,
    heights: Floats,
    errors: Floats,
) -> Obstacle | None:
    """A thing's place and size from its sure pixels; None for what is too small to be one."""
    mask = numbers[part] == number
    told = mask & sure[part]
    if told.sum() < LEAST_PIXELS:
        return None
    place, height = places[part][told], heights[part][told]
    distances = np.hypot(place[:, 0], place[:, 1])
    angles = np.degrees(np.arctan2(place[:, 0], place[:, 1]))
    # Far pixels of a thing tremble most: its width is measured where it is near.
    near = distances <= np.percentile(distances, 50) + 0.02
    across = place[near, 0]
    width = float(np.percentile(across, 99) - np.percentile(across, 1))
    if width < LEAST_WIDTH:
        return None
    rows, columns = part
    full_height, full_width = numbers.shape
    cut = rows.start == 0 or columns.start == 0 or rows.stop == full_height or columns.stop == full_width
    low, middle, high = (float(v) for v in np.percentile(angles, [1, 50, 99]))
    return Obstacle(
        (columns.start, rows.start, columns.stop - columns.start, rows.stop - rows.start),
        mask,
        float(np.percentile(distances, 3)),
        middle,
        (low, high),
        width,
        float(np.percentile(height, 96)),
        float(np.median(errors[part][told])),
        bool(cut),
        None,
        "avoid",
        "",
    )


def _decided(thing: Obstacle, kind: Kind | None, high: float, asked: bool) -> Obstacle:
    from dataclasses import replace

    limit = f"{100 * high:g} cm"
    if thing.height >= high:
        return replace(thing, action="avoid", reason=f"higher than {limit}")
    if kind is None:
        why = "nobody knows what it is" if asked else "nobody was asked what it is"
        return replace(thing, action="avoid", reason=f"lower than {limit}, and {why}")
    if kind.action is None:
        return replace(
            thing, kind=kind, action="avoid", reason=f"lower than {limit}: {kind.name} is in no table"
        )
    return replace(thing, kind=kind, action=kind.action, reason=f"lower than {limit}: {kind.name}")
