"""Patterns run on through thin holes: frequencies of the known pixels around, continued."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from veduta.edit.biharmonic import Bools, Floats
from veduta.nets.engine import thread_count

# Ground rougher than this (deviation of brightness within ROUGH_SIDE pixels, gray levels) may carry a pattern.
ROUGH, ROUGH_SIDE = 5.0, 17
# Pixels continued at most, the roughest ones: it bounds the time, about 0.15 ms each.
MOST = 8000
# Share of the continued brightness: together with the directional surface it is better than either alone.
SHARE = 0.6
# Pixels around that the continuation of a block looks at.
MARGIN = 24


def with_patterns(values: Floats, hidden: Bools, wanted: Bools) -> Floats:
    """`values` (h, w, 3), filled already, with the brightness of rough ground at `wanted` moved towards its pattern.

    `hidden` marks what was filled. Source: Genser et al., Spectral Constrained Frequency Selective Extrapolation,
    2018, as OpenCV has it; on brightness alone, which carries the pattern, at a third of the time.
    """
    gray = np.asarray(cv2.cvtColor(values, cv2.COLOR_RGB2GRAY), np.float32)
    deviation = _deviation(gray, ~hidden)
    asked = wanted & (deviation > ROUGH)
    count = int(asked.sum())
    if not count:
        return values
    if count > MOST:
        asked &= deviation > np.partition(deviation[asked], count - MOST)[count - MOST]
    light = np.clip(np.rint(gray), 0, 255).astype(np.uint8)
    continued = _continued(light, asked)
    result = values.copy()
    result[asked] += np.float32(SHARE) * (continued[asked].astype(np.float32) - gray[asked])[:, None]
    return np.clip(result, 0, 255)


def _deviation(gray: Floats, known: Bools) -> Floats:
    weight = known.astype(np.float32)
    side = (ROUGH_SIDE, ROUGH_SIDE)
    total = np.maximum(cv2.blur(weight, side), 1e-6)
    mean = cv2.blur(gray * weight, side) / total
    square = cv2.blur(gray * gray * weight, side) / total
    deviation: Floats = np.sqrt(np.maximum(square - mean * mean, 0))
    return deviation


def _continued(light: NDArray[np.uint8], asked: Bools) -> NDArray[np.uint8]:
    """Strips of as many asked pixels each run side by side."""
    columns = np.cumsum(asked.sum(axis=0))
    parts = max(1, min(thread_count(), light.shape[1] // (2 * MARGIN)))
    cuts = np.searchsorted(columns, np.linspace(0, columns[-1], parts + 1)[1:-1])
    edges = [0, *(int(cut) for cut in cuts), light.shape[1]]
    result = light.copy()

    def run(left: int, right: int) -> None:
        start, stop = max(0, left - MARGIN), min(light.shape[1], right + MARGIN)
        own = asked[:, start:stop].copy()
        own[:, : left - start] = own[:, right - start :] = (
            False  # the neighbors' strips see the first filling
        )
        if not own.any():
            return
        rows = np.flatnonzero(own.any(axis=1))
        top, bottom = max(0, int(rows[0]) - MARGIN), min(len(light), int(rows[-1]) + 1 + MARGIN)
        part = np.ascontiguousarray(light[top:bottom, start:stop])
        known = np.where(own[top:bottom], 0, 255).astype(np.uint8)
        made: Any = np.empty_like(part)
        cv2.xphoto.inpaint(part, known, made, cv2.xphoto.INPAINT_FSR_FAST)
        result[top:bottom, left:right] = made[:, left - start : right - start]

    with ThreadPoolExecutor(parts) as pool:
        for _ in pool.map(run, edges[:-1], edges[1:]):
            pass
    return result
