"""Reads lines of text with PP-OCRv6: brings them upright and to one height, then decodes by CTC.

Graves et al., "Connectionist Temporal Classification", 2006.
"""

from __future__ import annotations

import math
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np
from numpy.typing import NDArray

from veduta.image.photo import Pixels
from veduta.nets.engine import Network, bucket
from veduta.nets.packs.text import TEXT_DIRECTION, TEXT_READER
from veduta.nets.store import default_store
from veduta.see.text_regions import Floats

if TYPE_CHECKING:
    from openvino import Model

HEIGHT = 48
# Widths that the network is compiled for; longer lines are squeezed.
# Shorter lines are padded to the first, as in the network's training: narrower input reads worse.
WIDTHS = (320, 480, 720, 1120, 1760)
DIRECTION_WIDTH = 192
# A line is turned around only when the network is this sure: most lines are upright.
UPSIDE_DOWN = 0.9
# Lines at least this much higher than wide run down or up the page.
STEEP = 1.5


@dataclass(frozen=True)
class Reading:
    """What a line says: `score` is the mean probability of its characters, `turned` whether it stood on
    its head.
    """

    text: str
    score: float
    turned: bool


class TextReader:
    """The direction and reading networks over the lines of a micro-batch."""

    def __init__(
        self,
        reader: Network | None = None,
        direction: Network | None = None,
        characters: Sequence[str] | None = None,
    ) -> None:
        self._reader = reader or Network.open(TEXT_READER, pixels=True, edit=best_characters, batch=1)
        self._direction = direction or Network.open(TEXT_DIRECTION, pixels=True, batch=1)
        self._alphabet = ["", *(characters or _characters()), " "]

    def read(self, crops: Sequence[Pixels]) -> list[Reading]:
        """Read crops of single lines, uint8 (height, width, 3)."""
        turned = self._turned(crops)
        upright = [crop[::-1, ::-1] if turn else crop for crop, turn in zip(crops, turned, strict=True)]
        readings: list[Reading] = [Reading("", 0.0, False)] * len(crops)
        groups: dict[int, list[int]] = {}
        for index, crop in enumerate(upright):
            groups.setdefault(bucket(_width(crop), WIDTHS), []).append(index)
        for width, indices in groups.items():
            batch = np.stack([_fit(upright[index], width) for index in indices])
            best, probability = self._reader.run(batch)
            lines = decode(best[..., 0], probability[..., 0], self._alphabet)
            for index, (text, score) in zip(indices, lines, strict=True):
                readings[index] = Reading(text, score, bool(turned[index]))
        return readings

    def _turned(self, crops: Sequence[Pixels]) -> NDArray[np.bool_]:
        if not crops:
            return np.zeros(0, np.bool_)
        batch = np.stack([_fit(crop, DIRECTION_WIDTH) for crop in crops])
        turned: NDArray[np.bool_] = self._direction.run(batch)[0][:, 1] > UPSIDE_DOWN
        return turned


_opening = threading.Lock()


@cache
def _shared(store: Path) -> TextReader:
    return TextReader()


def shared_reader() -> TextReader:
    """The reader of this process."""
    with _opening:
        return _shared(default_store().directory)


def best_characters(model: Model) -> Model:
    """Let the network give the best character and its probability at each place, not all of 18,710."""
    import openvino as ov
    from openvino import opset13 as op

    best = op.topk(model.outputs[0].node.input_value(0), op.constant(np.int64(1)), 2, "max", "none", "i32")
    results = [op.result(best.output(1)), op.result(best.output(0))]
    return ov.Model(results, model.get_parameters(), "best characters")


def decode(
    best: NDArray[np.integer[Any]], probability: Floats, alphabet: Sequence[str]
) -> list[tuple[str, float]]:
    """Best-path CTC decoding: (n, t) characters and their probabilities to texts and mean probabilities."""
    fresh = best > 0
    fresh[:, 1:] &= best[:, 1:] != best[:, :-1]
    lines = []
    for row, kept in enumerate(fresh):
        text = "".join(alphabet[character] for character in best[row, kept])
        lines.append((text, float(probability[row, kept].mean()) if kept.any() else 0.0))
    return lines


def straighten(pixels: Pixels, corners: Floats) -> tuple[Pixels, Floats]:
    """Cut out the line between `corners` (4, 2), clockwise, as an upright crop.

    Steep lines are turned a quarter, counterclockwise. Returns the crop and the corners in the crop's order:
    from the first to the second is the direction of reading.
    """
    width = max(np.hypot(*(corners[1] - corners[0])), np.hypot(*(corners[2] - corners[3])))
    height = max(np.hypot(*(corners[3] - corners[0])), np.hypot(*(corners[2] - corners[1])))
    if height >= STEEP * width:
        corners = np.roll(corners, -1, axis=0)
        width, height = height, width
    # No larger than the network wants: a crop is made once, at the size at which it is read.
    scale = min(1.0, 2 * HEIGHT / max(height, 1.0))
    size = (max(1, int(width * scale)), max(1, int(height * scale)))
    target = np.array([[0, 0], [size[0], 0], [size[0], size[1]], [0, size[1]]], np.float32)
    matrix = cv2.getPerspectiveTransform(corners.astype(np.float32), target)
    crop = cv2.warpPerspective(pixels, matrix, size, flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(crop, np.uint8), corners


def _characters() -> list[str]:
    path = default_store().path(TEXT_READER, "characters.txt")
    return path.read_text(encoding="utf-8").split("\n")


def _width(crop: Pixels) -> int:
    width: int = math.ceil(HEIGHT * crop.shape[1] / crop.shape[0])
    return width


def _fit(crop: Pixels, width: int) -> Pixels:
    """Bring a crop to the height of the network and pad it with gray, which is zero to the network, to
    `width`.
    """
    wide = min(width, max(1, _width(crop)))
    fitted = np.full((HEIGHT, width, 3), 127, np.uint8)
    # Linear even when shrinking: crops are at most twice as high, and averaging blurs small print.
    fitted[:, :wide] = cv2.resize(crop, (wide, HEIGHT), interpolation=cv2.INTER_LINEAR)
    return fitted
