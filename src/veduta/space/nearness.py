"""How near everything in one photo is, 0 (far) to 1 (near): from a pair, a painted map, or a ground with things on it.

Nearness is what parallax is proportional to: one over distance, up to scale and offset.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from veduta.errors import BadInput, UnreadableImage
from veduta.image.photo import Pixels
from veduta.space.occlusion import Bool, Floats


class BadMap(BadInput):
    """A map of depth that does not fit the photo."""


def normalized(values: Floats, clip: float = 0.2) -> Floats:
    """Any map that is larger where things are nearer, brought to 0..1; `clip` percent at both ends are cut.

    Raises BadMap where it has no finite values.
    """
    known = np.isfinite(values)
    if not known.any():
        raise BadMap("the map of depth holds no numbers")
    low, high = np.percentile(values[known], [clip, 100 - clip])
    if high - low < 1e-9:
        return np.zeros(values.shape, np.float32)
    filled = np.where(known, values, low)
    return np.asarray(np.clip((filled - low) / (high - low), 0, 1), np.float32)


def read_map(path: Path, far_bright: bool = False) -> Floats:
    """The nearness that a map tells: gray PNG of 8 or 16 bits (or any picture), or NPY; bright is near.

    With `far_bright` the map tells distance: bright is far, in even steps of distance. Raises BadMap, UnreadableImage.
    """
    values = _read_npy(path) if path.suffix.lower() == ".npy" else _read_picture(path)
    if not np.isfinite(values).any():
        raise BadMap(f"{path.name}: holds no numbers")
    if far_bright:
        known = np.isfinite(values) & (values > 0)
        if not known.any():
            raise BadMap(f"{path.name}: tells no distance above zero")
        least = float(values[known].min())
        values = np.where(known, 1 / np.maximum(values, least), np.nan).astype(np.float32)
    return normalized(values)


def _read_npy(path: Path) -> Floats:
    try:
        values = np.load(path, allow_pickle=False)
    except (OSError, ValueError, EOFError) as error:
        raise BadMap(f"{path.name}: cannot be read as NPY: {error}") from error
    if values.ndim != 2 or values.dtype.kind not in "fiu" or min(values.shape) < 2:
        raise BadMap(f"{path.name}: holds {values.dtype} {values.shape}; expected numbers (height, width)")
    return np.asarray(values, np.float32)


def _read_picture(path: Path) -> Floats:
    try:
        data = np.frombuffer(path.read_bytes(), np.uint8)
    except OSError as error:
        raise UnreadableImage(path, error.strerror or str(error)) from error
    deep: Any = cv2.imdecode(data, cv2.IMREAD_UNCHANGED) if data.size else None
    if deep is not None and deep.dtype == np.uint16 and deep.ndim == 2:
        return np.asarray(deep, np.float32)
    from veduta.image.decode import read

    gray: Any = cv2.cvtColor(read(path), cv2.COLOR_RGB2GRAY)
    return np.asarray(gray, np.float32)


def fitted(values: Floats, photo: Pixels) -> Floats:
    """A map brought to the photo's size, with its edges where the photo has them; raises BadMap for another shape."""
    height, width = photo.shape[:2]
    if values.shape == (height, width):
        return values
    skew = (values.shape[1] / values.shape[0]) / (width / height)
    if not 0.97 < skew < 1.03:
        raise BadMap(
            f"a map of {values.shape[1]} x {values.shape[0]} for a photo of {width} x {height}: their sides must be in"
            " one proportion"
        )
    large: Any = cv2.resize(values, (width, height), interpolation=cv2.INTER_LINEAR)
    if width <= values.shape[1]:
        return np.asarray(large, np.float32)
    radius = max(2, round(2 * width / values.shape[1]))
    soft: Any = cv2.ximgproc.guidedFilter(photo, large, radius, 60.0)
    return np.asarray(np.clip(soft, 0, 1), np.float32)


def planar(height: int, width: int, horizon: float, standing: Sequence[Bool] = ()) -> Floats:
    """The nearness of level ground below `horizon` (part of the height from above), with things standing on it.

    What is above the horizon is far. A standing thing is as near as the ground at its foot, all over; where things
    overlap, the nearer one counts. Raises BadMap for a horizon outside of the picture or masks of another size.
    """
    if not 0 <= horizon < 1:
        raise BadMap(f"horizon {horizon:g}: a part of the height from above, 0 to below 1")
    rows = np.arange(height, dtype=np.float32)
    top = horizon * (height - 1)
    ground = np.clip((rows - top) / max(height - 1 - top, 1), 0, 1)
    made = np.repeat(ground[:, None], width, axis=1)
    for mask in standing:
        if mask.shape != (height, width):
            raise BadMap(
                f"a mask of {mask.shape[1]} x {mask.shape[0]} for a photo of {width} x {height}: bring one of its size"
            )
        if mask.any():
            foot = int(np.flatnonzero(mask.any(axis=1))[-1])
            made[mask] = np.maximum(made[mask], ground[foot])
    return made.astype(np.float32)
