"""Frames of a shaking, noisy camera, made of a known picture."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np

from veduta.image.photo import Pixels

Shifts = list[tuple[float, float]]


def shaken(
    truth: Pixels, by: int, count: int, noise: float, quality: int, seed: int = 0
) -> tuple[list[Pixels], Shifts]:
    """`count` frames, each a `by`-th of the size of `truth`, and how far each is shifted, in its own pixels.

    Each is shifted, averaged over its pixels, made noisy and coded as JPEG.
    """
    random = np.random.default_rng(seed)
    height, width = truth.shape[:2]
    frames: list[Pixels] = []
    shifts: Shifts = []
    for number in range(count):
        x, y = (0.0, 0.0) if number == 0 else random.uniform(-3, 3, 2) * by
        moved = cv2.warpAffine(
            truth.astype(np.float32), np.array([[1, 0, x], [0, 1, y]], np.float64), (width, height),
            flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REFLECT_101,
        )  # fmt: skip
        small: Any = cv2.resize(moved, (width // by, height // by), interpolation=cv2.INTER_AREA)
        small = np.clip(np.rint(small + random.normal(0, noise, small.shape)), 0, 255).astype(np.uint8)
        coded = cv2.imencode(".jpg", small[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, quality])[1]
        frames.append(np.ascontiguousarray(cv2.imdecode(coded, cv2.IMREAD_COLOR)[..., ::-1]))
        shifts.append((float(x) / by, float(y) / by))
    return frames, shifts


def psnr(one: Pixels, other: Pixels, border: int = 8) -> float:
    """Peak signal-to-noise ratio in dB, without the border."""
    a, b = (p[border:-border, border:-border].astype(np.float64) for p in (one, other))
    return float(10 * np.log10(255**2 / max(1e-9, float(np.mean((a - b) ** 2)))))
