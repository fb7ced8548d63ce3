"""A sheet of drawn examples beside their masks, to be looked at before anything is trained on them."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np

from veduta.files import write_bytes
from veduta.image.photo import Pixels
from veduta.learn.drawn_photos import DrawnPhotos

ACROSS = 6


def sheet(drawn: DrawnPhotos, count: int = 24) -> Pixels:
    """The first `count` examples, six in a row, each above its mask."""
    rows = []
    for first in range(0, count, ACROSS):
        some = [drawn[i] for i in range(first, min(first + ACROSS, count))]
        pixels = [e.pixels for e in some]
        masks = [np.repeat(e.mask[..., None].astype(np.uint8) * 255, 3, axis=2) for e in some]
        missing = [np.zeros_like(pixels[0])] * (ACROSS - len(some))
        rows += [np.hstack(pixels + missing), np.hstack(masks + missing)]
    return np.vstack(rows)


def save_sheet(drawn: DrawnPhotos, path: Path, count: int = 24) -> Path:
    """Write the sheet as PNG."""
    _, data = cv2.imencode(".png", cv2.cvtColor(sheet(drawn, count), cv2.COLOR_RGB2BGR))
    write_bytes(path, data.tobytes())
    return path
