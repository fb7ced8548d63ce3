"""Objects by a detector of the user's own."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np

from veduta.image.photo import Photo, Pixels
from veduta.nets.embedders import picture_size
from veduta.nets.engine import Network
from veduta.nets.pack import ModelPack
from veduta.nets.store import ModelStore
from veduta.see.detector_outputs import decode
from veduta.see.finding import Finding, Kind

DEFAULT_SIDE = 640
OVERLAP = 0.5  # of two boxes of one name, above which the weaker goes
_GRAY = 114  # beside the photo, as detectors are commonly trained


class DetectorRecognizer:
    """Objects of the classes in the pack's companion ``names`` file: one name a line, in the network's order.

    An empty line is a class that is never told ("background"). Scores are the network's own.
    """

    def __init__(self, name: str, version: str, pack: ModelPack, store: ModelStore) -> None:
        self.name = name
        self.version = version
        text = store.path(pack, pack.companion("names")).read_text(encoding="utf-8")
        self._names = [line.strip().lower() for line in text.rstrip().split("\n")]
        self._least = pack.thresholds.get("score", 0.5)
        self._network = Network.open(pack, store, pixels=True)
        self._size = picture_size(self._network, DEFAULT_SIDE)

    def see(self, photos: Sequence[Photo]) -> list[list[Finding]]:
        """The objects of each photo, best first."""
        return [self._look(photo) for photo in photos]

    def _look(self, photo: Photo) -> list[Finding]:
        picture, shown = self._fitted(photo.pixels)
        corners, scores, classes = decode(self._network.run(picture[None]), self._size, len(self._names))
        # From pixels of the input to those of the full photo, and never beyond its edges.
        whole = np.array([photo.width, photo.height], np.float32)
        points = np.clip(corners.reshape(-1, 2, 2) * (whole / shown), 0, whole)
        boxes = np.concatenate([points[:, 0], points[:, 1] - points[:, 0]], axis=1)
        told = np.array([bool(name) for name in self._names])[classes]
        kept = told & (scores >= self._least) & (boxes[:, 2:] > 0).all(axis=1)
        boxes, scores, classes = boxes[kept], scores[kept], classes[kept]
        best = cv2.dnn.NMSBoxesBatched(boxes.tolist(), scores.tolist(), classes.tolist(), 0.0, OVERLAP)
        order = sorted(np.array(best, np.intp).ravel().tolist(), key=lambda i: -scores[i])
        return [self._finding(self._names[classes[i]], float(scores[i]), boxes[i].tolist()) for i in order]

    def _fitted(self, pixels: Pixels) -> tuple[Pixels, tuple[int, int]]:
        """The photo in the upper left of a picture of the network's size, and the width and height it has there."""
        height, width = self._size
        scale = min(height / pixels.shape[0], width / pixels.shape[1])
        shown = (max(1, round(pixels.shape[1] * scale)), max(1, round(pixels.shape[0] * scale)))
        picture = np.full((height, width, 3), _GRAY, np.uint8)
        how = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
        picture[: shown[1], : shown[0]] = cv2.resize(pixels, shown, interpolation=how)
        return picture, shown

    def _finding(self, name: str, score: float, box: Sequence[float]) -> Finding:
        kind: Kind = "person" if name == "person" else "object"
        left, top, width, height = box
        return Finding(kind, name, min(1.0, score), self.name, self.version, box=(left, top, width, height))
