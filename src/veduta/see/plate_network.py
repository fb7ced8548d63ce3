"""Is there a number plate in a window, and where are its corners: a small network on what the text detector sees there.

The detector's pyramid of features (Liao et al., 2020, arXiv 1911.08947) has learned all of the world's lettering and
its edges; on top of it a head of a few layers does, trained here on plates that were drawn.
"""

from __future__ import annotations

from collections.abc import Sequence
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from veduta.image.photo import Pixels
from veduta.nets.engine import Network, OpenVinoBackend, thread_count
from veduta.nets.pack import ModelPack
from veduta.nets.packs.text import TEXT_DETECTOR
from veduta.see.plate_windows import HEIGHT, WIDTH
from veduta.see.text_regions import Floats

if TYPE_CHECKING:
    from openvino import Model

FILE = "plates.onnx"
# The detector takes multiples of 32; below the window it sees nothing.
PADDED = 96
# Where its pyramid comes together: stride 4, halved here.
PYRAMID = "Concat.2"
CHANNELS, ROWS, COLUMNS = 96, HEIGHT // 8, WIDTH // 8
# Windows that go through the networks together.
AT_ONCE = 8

HEAD = ModelPack(
    name="plates",
    version="1",
    task="other",
    license="Apache-2.0",
    copyright="Copyright 2026 The Veduta authors",
    source="trained by veduta.learn.plates_train; ships with Veduta",
    member=FILE,
    member_sha256="6124be34bfd9f0cf7d0f0c17df558eff13451f0d37f1abe0ea222ac4fcc1a4d2",
    member_bytes=1255434,
    shape=(-1, CHANNELS, ROWS, COLUMNS),
    notes="Output: log odds of a plate, then x and y of four corners in shares of the window from its center.",
    default=False,
)


class PlateFeatures:
    """What the text detector's pyramid holds of windows."""

    def __init__(self) -> None:
        self._network = Network.open(TEXT_DETECTOR, pixels=True, edit=_pyramid, batch=AT_ONCE)

    def of(self, windows: Sequence[Pixels]) -> Floats:
        """Features (n, CHANNELS, ROWS, COLUMNS) of windows, uint8 (HEIGHT, WIDTH, 3)."""
        # Always as many: each other number would be compiled for anew.
        count = -(-len(windows) // AT_ONCE) * AT_ONCE
        batch = np.zeros((count, PADDED, WIDTH, 3), np.uint8)
        for row, window in enumerate(windows):
            batch[row, :HEIGHT] = window
        if not count:
            return np.empty((0, CHANNELS, ROWS, COLUMNS), np.float32)
        found: Floats = self._network.run(batch)[0][: len(windows), :, :ROWS]
        return found


class PlateNetwork:
    """Features and head; the head's weights ship with Veduta."""

    def __init__(self, path: Path | None = None) -> None:
        path = path or Path(str(files("veduta.see") / "data" / FILE))
        self._features = PlateFeatures()
        self._head = Network(HEAD, OpenVinoBackend(path, HEAD, False, None, None, thread_count()), AT_ONCE)

    def look(self, windows: Sequence[Pixels]) -> tuple[Floats, Floats]:
        """Log odds (n,) and corners (n, 4, 2), in shares of each window from its center."""
        if not windows:
            return np.empty(0, np.float32), np.empty((0, 4, 2), np.float32)
        features = self._features.of(windows)
        padded = np.zeros((-(-len(windows) // AT_ONCE) * AT_ONCE, *features.shape[1:]), np.float32)
        padded[: len(windows)] = features
        found = self._head.run(padded)[0][: len(windows)]
        return found[:, 0], found[:, 1:].reshape(-1, 4, 2)


def _pyramid(model: Model) -> Model:
    """Let the detector end where its pyramid comes together."""
    import openvino as ov
    from openvino import opset13 as op

    joint = next(node for node in model.get_ordered_ops() if node.get_friendly_name() == PYRAMID)
    halved = op.avg_pool(joint, [2, 2], [0, 0], [0, 0], [2, 2], True)
    return ov.Model([op.result(halved)], model.get_parameters(), "pyramid")
