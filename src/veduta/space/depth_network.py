"""Nearness from a depth network of the user's own, such as MiDaS or Depth Anything exported to ONNX.

Expected: one input (1, 3, height, width) or (1, height, width, 3), float, RGB, brought to ImageNet's mean and
deviation; one output (1, height, width) or (1, 1, height, width), larger where things are nearer. Sizes may be fixed.
"""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from veduta.errors import BadInput
from veduta.image.photo import Pixels
from veduta.nets.engine import Network, OpenVinoBackend, thread_count
from veduta.nets.own import own_pack
from veduta.space.nearness import normalized
from veduta.space.occlusion import Floats

MEAN, STD = (123.675, 116.28, 103.53), (58.395, 57.12, 57.375)
# An ONNX file begins with the version of its form.
BEGINNING = b"\x08"
# The longer side shown to a network of free size; sides are multiples of 14 (Depth Anything) and of 32 (MiDaS).
SIDE, STEPS = 518, (14, 32)


class BadNetwork(BadInput):
    """A file that is no network for depth."""


class DepthNetwork:
    """A network that tells how near everything in a photo is; raises BadNetwork where the file is none."""

    def __init__(self, path: Path) -> None:
        self._name = path.name
        if not path.is_file():
            raise BadNetwork(f"{path}: no such file")
        if path.suffix.lower() != ".onnx":
            raise BadNetwork(f"{path.name}: a depth network is an .onnx file")
        data = path.read_bytes()
        if not data.startswith(BEGINNING):  # parsers of networks say more about such a file than one line
            raise BadNetwork(f"{path.name}: no ONNX file, or a damaged one")
        digest = hashlib.sha256(data).hexdigest()
        pack = own_pack(str(path), sha256=digest, name="depth", task="depth", mean=MEAN, std=STD)[0]
        try:
            self._network = Network(
                pack, OpenVinoBackend(path, pack, True, None, None, thread_count()), batch=1
            )
        except Exception as error:  # OpenVINO raises its own kinds for damaged or unknown files
            raise BadNetwork(f"{path.name}: cannot be opened as a depth network: {_short(error)}") from error

    def near(self, photo: Pixels) -> Floats:
        """The nearness 0..1 of the photo (h, w), at the size that the network works at."""
        reasons = []
        for width, height in self._sizes(photo):
            small: Any = cv2.resize(photo, (width, height), interpolation=cv2.INTER_AREA)
            try:
                made = np.squeeze(self._network.run(small[None])[0])
            except Exception as error:  # a size that its graph does not take; the next may do
                reasons.append(_short(error))
                continue
            if made.ndim != 2:
                raise BadNetwork(
                    f"{self._name}: its output is {made.shape}; expected one number for each pixel"
                )
            whole: Any = cv2.resize(made.astype(np.float32), (width, height), interpolation=cv2.INTER_LINEAR)
            return normalized(np.asarray(whole, np.float32))
        raise BadNetwork(f"{self._name}: does not take pictures: {reasons[0] if reasons else 'no size fits'}")

    def _sizes(self, photo: Pixels) -> list[tuple[int, int]]:
        """Width and height to try."""
        name = self._network.inputs[0]
        fixed = [self._network.static_size(name, axis) for axis in (1, 2)]
        if fixed[0] and fixed[1]:
            return [(fixed[1], fixed[0])]
        height, width = photo.shape[:2]
        scale = SIDE / max(height, width)
        return [
            (max(step, round(width * scale / step) * step), max(step, round(height * scale / step) * step))
            for step in STEPS
        ]


def _short(error: Exception) -> str:
    return " ".join(str(error).split())[:160]
