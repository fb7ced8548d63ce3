"""Objects and persons: SSD-MobileNetV2 on the whole photo, and on tiles where it pays."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from veduta.image.photo import Photo, Pixels
from veduta.nets.engine import Network
from veduta.nets.packs.objects import SSD
from veduta.nets.store import ModelStore
from veduta.see.finding import Finding
from veduta.see.objects_anchors import SIDE, decode
from veduta.see.objects_boxes import Boxes, merge, together
from veduta.see.objects_names import NAMES, PERSON
from veduta.see.objects_tiles import LEVEL, Tile, whole_things, windows, worth_reading

MEMO = "objects"

# Raw scores below this say nothing; they only cost.
NOISE = 0.05
# Pictures that are run at once: bounds the memory (0.7 MB of scores each).
AT_ONCE = 16
# Slope and offset on the log odds of raw scores.
CURVE_PERSON = (1.77, 0.97)
CURVE_OBJECT = (0.757, -0.432)


class ObjectRecognizer:
    """Finds the 80 things of COCO; persons are findings of kind "person", all else of kind "object".

    Scores are calibrated (see `probability`); findings below `least` are left out. Tiles are chosen from the
    first look at the whole photo, so that a photo without small things costs a single pass.
    """

    name = "objects"
    version = f"{SSD.version}+1"

    def __init__(self, store: ModelStore | None = None, least: float = 0.4) -> None:
        self.network = Network.open(SSD, store, pixels=True, batch=1)
        self.least = least

    def see(self, photos: Sequence[Photo]) -> list[list[Finding]]:
        """Findings of each photo, best first; photos already looked at are not looked at again."""
        fresh = [photo for photo in photos if MEMO not in photo.memo]
        pictures = [working_size(photo.pixels) for photo in fresh]
        firsts = [windows(p.shape[1], p.shape[0]) for p in pictures]
        seen = self.look(pictures, firsts)
        closer = [worth_reading(s, p.shape[1], p.shape[0]) for s, p in zip(seen, pictures, strict=True)]
        details = self.look(pictures, closer)
        for photo, picture, whole, detail in zip(fresh, pictures, seen, details, strict=True):
            photo.memo[MEMO] = (picture.shape, merge(together([whole, detail])))
        return [self._findings(photo, *photo.memo[MEMO]) for photo in photos]

    def look(self, pictures: Sequence[Pixels], parts: Sequence[Sequence[Tile]]) -> list[Boxes]:
        """What is seen in the parts of each picture, in pixels of the picture."""
        work = [(index, tile) for index, tiles in enumerate(parts) for tile in tiles]
        found: list[list[Boxes]] = [[] for _ in pictures]
        for start in range(0, len(work), AT_ONCE):
            some = work[start : start + AT_ONCE]
            encoded, scores = self.network.run(np.stack([_cut(pictures[i], tile) for i, tile in some]))
            for (index, tile), code, score in zip(some, encoded, scores, strict=True):
                height, width = pictures[index].shape[:2]
                found[index].append(_boxes(tile, code, score, width, height))
        return [together(boxes) for boxes in found]

    def _findings(self, photo: Photo, shape: tuple[int, ...], boxes: Boxes) -> list[Finding]:
        """What boxes in pixels of a picture of this shape tell of a photo."""
        scale = np.array([photo.width / shape[1], photo.height / shape[0]] * 2, np.float32)
        found = []
        for edges, raw, number in zip(boxes.edges * scale, boxes.scores, boxes.names, strict=True):
            score = probability(float(raw), int(number))
            if score < self.least:
                continue
            left, top, right, bottom = (float(v) for v in edges)
            found.append(
                Finding(
                    kind="person" if number == PERSON else "object",
                    name=NAMES[int(number)],
                    score=score,
                    recognizer=self.name,
                    version=self.version,
                    box=(left, top, right - left, bottom - top),
                )
            )
        return sorted(found, key=lambda f: -f.score)


def probability(raw: float, number: int) -> float:
    """How often a box of this raw score is right: a logistic curve, one for persons and one for all other
    things.

    Fitted on boxes that were judged by eye (324 in landmarks/others/train, 109 in landmarks/bank, plates,
    scenes and crowds) and on the heads counted in crowd_people38; pictures of things that COCO does not know,
    where the network errs most, weigh as much as the others.
    """
    slope, offset = CURVE_PERSON if number == PERSON else CURVE_OBJECT
    raw = min(max(raw, 1e-6), 1 - 1e-6)
    return float(1 / (1 + np.exp(-offset - slope * np.log(raw / (1 - raw)))))


def working_size(pixels: Pixels) -> Pixels:
    """The picture with its shorter side at LEVEL, the scale of the tiles, unless it is smaller."""
    height, width = pixels.shape[:2]
    scale = LEVEL / min(height, width)
    if scale >= 1:
        return pixels
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    smaller: Pixels = np.asarray(cv2.resize(pixels, size, interpolation=cv2.INTER_AREA), np.uint8)
    return smaller


def _cut(picture: Pixels, tile: Tile) -> Pixels:
    part = picture[round(tile.top) : round(tile.bottom), round(tile.left) : round(tile.right)]
    if part.shape[:2] == (SIDE, SIDE):
        return part
    how = cv2.INTER_AREA if min(part.shape[:2]) > SIDE else cv2.INTER_LINEAR
    scaled: Pixels = np.asarray(cv2.resize(part, (SIDE, SIDE), interpolation=how), np.uint8)
    return scaled


def _boxes(
    tile: Tile, code: NDArray[np.float32], score: NDArray[np.float32], width: int, height: int
) -> Boxes:
    rows, names = np.nonzero(score[:, 1:] > NOISE)
    names = names + 1  # column 0 is background
    known = np.isin(names, list(NAMES))
    rows, names = rows[known], names[known]
    size = np.array([tile.right - tile.left, tile.bottom - tile.top] * 2, np.float32)
    corner = np.array([tile.left, tile.top] * 2, np.float32)
    edges = np.clip(decode(code, rows), 0, 1) * size + corner
    boxes = Boxes(np.clip(edges, 0, [width, height] * 2).astype(np.float32), score[rows, names], names)
    boxes = boxes.keep(boxes.sizes.min(axis=1, initial=np.inf) > 1)
    return boxes.keep(whole_things(tile, boxes))
