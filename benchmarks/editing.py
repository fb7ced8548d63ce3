"""How long the editor's previews and full renders take on a photo of 12 megapixels, beside Pillow's own enhancers."""

from __future__ import annotations

import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
from PIL import Image, ImageEnhance

from benchmarks.figure import Figure
from benchmarks.photographs import photograph, pictures
from veduta.edit.edits import Edits
from veduta.image.photo import at_most
from veduta.library.rendering import Ground, preview
from veduta.server.kept import Kept

SIDE, ROUNDS = 1440, 9


def measure() -> list[Figure]:
    """The median of slider moves, each with four adjustments, and of the same at full size; both in one process."""
    with tempfile.TemporaryDirectory() as work:
        path = photograph(pictures(1)[0], Path(work) / "photo.jpg", 0)
        pixels = cv2.imread(str(path))[:, :, ::-1]
        height, width = pixels.shape[:2]
        start, kept = Ground(path, width, height, "photo"), Kept()
        first = _seconds(lambda: _shown(start, 0.1, kept))
        moves = [_seconds(lambda e=0.1 + 0.05 * n: _shown(start, e, kept)) for n in range(1, ROUNDS + 1)]  # type: ignore[misc]
        small = Image.fromarray(np.ascontiguousarray(at_most(np.ascontiguousarray(pixels), SIDE)))
        theirs = [_seconds(lambda n=n: _pillow(small, n)) for n in range(1, ROUNDS + 1)]  # type: ignore[misc]
        whole = np.ascontiguousarray(pixels)
        full = [_seconds(lambda n=n: _edits(0.1 * n).apply(whole)) for n in range(1, 4)]  # type: ignore[misc]
        large = Image.fromarray(whole)
        full_theirs = [_seconds(lambda n=n: _pillow(large, n)) for n in range(1, 4)]  # type: ignore[misc]
    note = "light, white balance, sharpening and vignette; wall time, encoding included"
    ms = 1e3 * statistics.median(moves)
    return [
        Figure("editor: preview after a slider move", ms, "ms", 300.0, "lower", ROUNDS, note=note),
        Figure("editor: first preview, photo decoded", 1e3 * first, "ms", None, "lower", 1, note=note),
        Figure(
            "editor: preview, speed against Pillow's enhancers",
            statistics.median(theirs) / statistics.median(moves),
            "x",
            n=ROUNDS,
            note="Pillow: brightness, contrast, color and sharpness, which is less",
        ),
        Figure("editor: four adjustments at 12 megapixels", statistics.median(full), "s", None, "lower", 3),
        Figure(
            "editor: 12 megapixels, speed against Pillow's enhancers",
            statistics.median(full_theirs) / statistics.median(full),
            "x",
            n=3,
        ),
    ]


def _edits(exposure: float) -> Edits:
    return Edits.from_json(
        [
            {"name": "light", "exposure": exposure, "contrast": 0.2},
            {"name": "white_balance", "temperature": 0.1},
            {"name": "sharpen", "amount": 0.6},
            {"name": "vignette", "amount": 0.3},
        ]
    )


def _shown(start: Ground, exposure: float, kept: Kept) -> None:
    pixels = preview(start, _edits(exposure), SIDE, kept)
    cv2.imencode(".jpeg", pixels[:, :, ::-1], [cv2.IMWRITE_JPEG_QUALITY, 90])


def _pillow(picture: Image.Image, n: int) -> None:
    for enhancer in (
        ImageEnhance.Brightness,
        ImageEnhance.Contrast,
        ImageEnhance.Color,
        ImageEnhance.Sharpness,
    ):
        picture = enhancer(picture).enhance(1 + 0.05 * n)
    cv2.imencode(".jpeg", np.asarray(picture)[:, :, ::-1], [cv2.IMWRITE_JPEG_QUALITY, 90])


def _seconds(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started
