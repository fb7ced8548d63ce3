"""The network that marks cranes: the packaged trunk's maps and our own decoder in one graph."""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from veduta.image.photo import Pixels
from veduta.nets.efficientnet import with_maps
from veduta.nets.engine import Network
from veduta.nets.packs.imagenet import LITE2
from veduta.nets.store import ModelStore

if TYPE_CHECKING:
    import openvino as ov

Floats = NDArray[np.float32]

WEIGHTS = "cranes.onnx"
# A tile is seen as a whole; neighbors share a quarter of it, where each counts less towards its edge.
TILE = 320
SHARED = 80


def joined(model: ov.Model, decoder: bytes | None = None) -> ov.Model:
    """The trunk with the decoder (ours, or an ONNX file's bytes) on its maps; output: probability (n, 1, h, w)."""
    import openvino as ov
    from openvino import opset13 as ops

    data = decoder or (files("veduta.see") / "data" / WEIGHTS).read_bytes()
    marks = ov.Core().read_model(data, b"")
    trunk = with_maps(model)
    (pixels,) = trunk.get_parameters()
    sources = {"pixels": pixels.output(0)}
    for stride, result in zip((2, 4, 8, 16, 32), trunk.get_results(), strict=True):
        sources[f"maps_{stride}"] = result.input_value(0)
    for parameter in marks.get_parameters():
        source = sources[parameter.output(0).get_any_name()]
        for target in parameter.output(0).get_target_inputs():
            target.replace_source_output(source)
    score = marks.get_results()[0].input_value(0)
    return ov.Model([ops.result(ops.sigmoid(score))], [pixels], "cranes")


class CraneNetwork:
    """Probability of a crane at each pixel of a picture, looked at in overlapping tiles."""

    def __init__(self, store: ModelStore | None = None, decoder: bytes | None = None) -> None:
        self._network = Network.open(
            LITE2, store, pixels=True, batch=1, edit=lambda model: joined(model, decoder)
        )

    def look(self, picture: Pixels, wanted: NDArray[np.bool_] | None = None) -> Floats:
        """Probabilities (height, width) of a picture; 0 where no tile touches what is `wanted`, if given."""
        height, width = picture.shape[:2]
        high, wide = (-(-side // TILE) * TILE if side < TILE else side for side in (height, width))
        if (high, wide) != (height, width):
            picture = np.pad(picture, ((0, high - height), (0, wide - width), (0, 0)), mode="symmetric")
        corners = [(top, left) for top in starts(high) for left in starts(wide)]
        if wanted is not None:
            corners = [(t, le) for t, le in corners if wanted[t : t + TILE, le : le + TILE].any()]
        total = np.zeros((high, wide), np.float32)
        weight = np.full((high, wide), 1e-6, np.float32)
        for first in range(0, len(corners), 8):
            some = corners[first : first + 8]
            tiles = np.stack([picture[t : t + TILE, le : le + TILE] for t, le in some])
            for (top, left), seen in zip(some, self._network.run(tiles)[0][:, 0], strict=True):
                where = np.s_[top : top + TILE, left : left + TILE]
                total[where] += seen * _window()
                weight[where] += _window()
        return np.asarray((total / weight)[:height, :width])


def starts(length: int) -> list[int]:
    """Where tiles along a side of at least TILE pixels begin, evenly spread, sharing at least SHARED."""
    count = max(1, -(-(length - SHARED) // (TILE - SHARED)))
    return [round(v) for v in np.linspace(0, length - TILE, count)]


@cache
def _window() -> Floats:
    ramp = np.minimum(np.arange(TILE) + 1, np.arange(TILE)[::-1] + 1) / SHARED
    ramp = np.clip(ramp, 0.02, 1)
    return np.asarray(np.minimum.outer(ramp, ramp), np.float32)
