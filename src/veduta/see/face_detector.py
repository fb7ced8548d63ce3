"""Finds faces with CenterFace: a glance at the whole photo, then a closer look only where small faces may be.

Xu et al., "CenterFace: Joint Face Detection and Alignment Using Face as Point", 2020 (arXiv 1911.03599).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from veduta.image.photo import Photo, Pixels
from veduta.nets.engine import Network
from veduta.nets.packs.faces import CENTERFACE

Floats = NDArray[np.float32]

GLANCE = 640
TILE = 640
STRIDE = 4

# Photos smaller than the glance are enlarged, but not more than twice: beyond that, texture turns into faces.
MOST_ENLARGED = 2.0
# (height, width) that the network is compiled for: square, 4:3 either way, small. Each costs 90 MB.
SHAPES = ((640, 640), (480, 640), (640, 480), (320, 320))

# Raw scores. A hint is worth a closer look; what is kept is a face in two cases of three or more.
HINT = 0.2
KEPT = 0.5
# Faces narrower than this in the glance are looked at again, 2.5 times larger.
SMALL = 32
CLOSER = 2.5
MOST_TILES = 8
# Narrower faces, in pixels of the analyzed photo, cannot be told from texture.
NARROWEST = 8


@dataclass(frozen=True)
class Face:
    """A face in pixels of `Photo.pixels`: box (x, y, width, height) and key points (5, 2).

    The points are, as seen in the picture: left eye, right eye, tip of the nose, left and right corner of
    the mouth. `score` is the network's own, in [0, 1]; `probability` is calibrated.
    """

    box: tuple[float, float, float, float]
    points: Floats
    score: float

    @property
    def width(self) -> float:
        """Width of the box in pixels."""
        return self.box[2]

    @property
    def probability(self) -> float:
        """How often a finding with this score is a face.

        Logistic curve through the shares of faces among 172 findings by score, judged by eye, in 300 photos
        of everything (the training part of the non-landmarks); none of them is used for reported figures.
        """
        return float(1 / (1 + np.exp(-9.0 * (self.score - 0.43))))


@dataclass(frozen=True)
class _View:
    """A piece of a photo as the network sees it: `pixels` shows the photo from (x, y) on, enlarged by
    `scale`.
    """

    pixels: Pixels
    scale: float
    x: float = 0.0
    y: float = 0.0
    # Where the piece ends inside the photo, so that faces may be cut there: left, top, right, bottom.
    cut: tuple[bool, bool, bool, bool] = (False, False, False, False)


class FaceDetector:
    """CenterFace over the micro-batch's photos."""

    def __init__(self, network: Network | None = None) -> None:
        self._network = network or Network.open(CENTERFACE, pixels=True, batch=1)

    def detect(self, photos: Sequence[Photo]) -> list[list[Face]]:
        """The faces of each photo, most certain first."""
        glances = [_glance(photo) for photo in photos]
        found = self._look(glances)
        views: list[_View] = []
        owners: list[int] = []
        for index, (photo, glance) in enumerate(zip(photos, glances, strict=True)):
            for view in _closer_views(photo, glance, found[index]):
                views.append(view)
                owners.append(index)
        for owner, faces in zip(owners, self._look(views), strict=True):
            found[owner].extend(faces)
        return [_merged(faces) for faces in found]

    def _look(self, views: Sequence[_View]) -> list[list[Face]]:
        """Every possible face in each view, hints included, in pixels of the photo."""
        results: list[list[Face]] = [[] for _ in views]
        groups: dict[tuple[int, int], list[int]] = {}
        for index, view in enumerate(views):
            groups.setdefault(_shape(view.pixels), []).append(index)
        for (height, width), indices in groups.items():
            batch = np.zeros((len(indices), height, width, 3), np.uint8)
            for row, index in enumerate(indices):
                pixels = views[index].pixels
                batch[row, : pixels.shape[0], : pixels.shape[1]] = pixels
            heat, size, offset, points = self._network.run(batch)
            for row, index in enumerate(indices):
                results[index] = _decode(views[index], heat[row, 0], size[row], offset[row], points[row])
        return results


def _shape(pixels: Pixels) -> tuple[int, int]:
    height, width = pixels.shape[:2]
    fitting = [shape for shape in SHAPES if shape[0] >= height and shape[1] >= width]
    return min(fitting, key=lambda shape: shape[0] * shape[1])


def _glance(photo: Photo) -> _View:
    height, width = photo.pixels.shape[:2]
    longer = max(height, width)
    if longer >= GLANCE:
        pixels = photo.at_side(GLANCE)
        return _View(pixels, max(pixels.shape[:2]) / longer)
    scale = min(MOST_ENLARGED, GLANCE / longer)
    size = (max(1, int(width * scale)), max(1, int(height * scale)))
    return _View(np.asarray(cv2.resize(photo.pixels, size, interpolation=cv2.INTER_LINEAR), np.uint8), scale)


def _decode(view: _View, heat: Floats, size: Floats, offset: Floats, points: Floats) -> list[Face]:
    """Read the network's maps: heat (h, w), size and offset (2, h, w) as y, x, points (10, h, w) as y, x
    pairs.
    """
    seen_height, seen_width = view.pixels.shape[:2]
    # Only peaks: a face is one point, its neighbors say the same again.
    peaks = (heat >= HINT) & (heat >= cv2.dilate(heat, np.ones((3, 3), np.uint8)))
    ys, xs = np.nonzero(peaks)
    heights, widths = np.exp(size[:, ys, xs]) * STRIDE
    tops = (ys + offset[0, ys, xs] + 0.5) * STRIDE - heights / 2
    lefts = (xs + offset[1, ys, xs] + 0.5) * STRIDE - widths / 2
    shifts = points[:, ys, xs].reshape(5, 2, -1)
    px = shifts[:, 1] * widths + lefts
    py = shifts[:, 0] * heights + tops
    faces = []
    for i in range(len(ys)):
        left, top, right, bottom = lefts[i], tops[i], lefts[i] + widths[i], tops[i] + heights[i]
        if (left + right) / 2 >= seen_width or (top + bottom) / 2 >= seen_height:
            continue  # in the padding
        beyond = (left < 1, top < 1, right > seen_width - 1, bottom > seen_height - 1)
        if any(cut and outside for cut, outside in zip(view.cut, beyond, strict=True)):
            continue
        left, top = max(left, 0.0), max(top, 0.0)
        right, bottom = min(right, seen_width), min(bottom, seen_height)
        box = (
            float(left / view.scale + view.x),
            float(top / view.scale + view.y),
            float((right - left) / view.scale),
            float((bottom - top) / view.scale),
        )
        key_points = np.stack([px[:, i] / view.scale + view.x, py[:, i] / view.scale + view.y], axis=1)
        faces.append(Face(box, key_points.astype(np.float32), float(heat[ys[i], xs[i]])))
    return faces


def _closer_views(photo: Photo, glance: _View, faces: Sequence[Face]) -> list[_View]:
    """Tiles of the photo around the small faces and the hints of small faces."""
    scale = min(1.0, CLOSER * glance.scale)
    if scale < 1.2 * glance.scale:
        return []
    small = [face for face in faces if face.width * glance.scale < SMALL]
    reach = TILE / scale
    height, width = photo.pixels.shape[:2]
    views: list[_View] = []
    # The surest first: should the tiles run out, hints are left out, not faces.
    waiting = sorted(small, key=lambda face: -face.score)
    while waiting and len(views) < MOST_TILES:
        x, y = _window(waiting, reach, width, height)
        right, bottom = min(width, x + int(reach)), min(height, y + int(reach))
        piece = photo.pixels[y:bottom, x:right]
        size = (max(1, int((right - x) * scale)), max(1, int((bottom - y) * scale)))
        if scale < 1:
            piece = np.asarray(cv2.resize(piece, size, interpolation=cv2.INTER_AREA), np.uint8)
        views.append(_View(piece, scale, x, y, (x > 0, y > 0, right < width, bottom < height)))
        waiting = [face for face in waiting if not _inside(face, x, y, right, bottom, width, height)]
    return views


def _window(waiting: Sequence[Face], reach: float, width: int, height: int) -> tuple[int, int]:
    """Where to lay a tile so that it shows the first face and, if they fit, its neighbors in the middle."""
    first = waiting[0].box
    members = [first]
    for face in sorted(waiting[1:], key=lambda f: abs(f.box[0] - first[0]) + abs(f.box[1] - first[1])):
        grown = [*members, face.box]
        left, right = min(b[0] - b[2] for b in grown), max(b[0] + 2 * b[2] for b in grown)
        top, bottom = min(b[1] - b[3] for b in grown), max(b[1] + 2 * b[3] for b in grown)
        if max(right - left, bottom - top) > reach:
            break
        members = grown
    middle_x = (min(b[0] for b in members) + max(b[0] + b[2] for b in members)) / 2
    middle_y = (min(b[1] for b in members) + max(b[1] + b[3] for b in members)) / 2
    x = min(max(0.0, middle_x - reach / 2), max(0.0, width - reach))
    y = min(max(0.0, middle_y - reach / 2), max(0.0, height - reach))
    return int(x), int(y)


def _inside(face: Face, x: int, y: int, right: int, bottom: int, width: int, height: int) -> bool:
    left, top, w, h = face.box
    middle_x = min(max(left + w / 2, 0), width - 1)
    middle_y = min(max(top + h / 2, 0), height - 1)
    return x <= middle_x < right and y <= middle_y < bottom


def _merged(faces: Sequence[Face]) -> list[Face]:
    """The faces that are sure enough, each once."""
    sure = [face for face in faces if face.score >= KEPT and face.width >= NARROWEST]
    if not sure:
        return []
    kept = cv2.dnn.NMSBoxes([face.box for face in sure], [face.score for face in sure], KEPT, 0.4)
    return _without_nested([sure[int(index)] for index in np.ravel(kept)])


def _without_nested(faces: Sequence[Face]) -> list[Face]:
    """Drop a face that lies almost wholly within a surer one: the same face at another scale."""
    kept: list[Face] = []
    for face in faces:
        x, y, w, h = face.box
        if not any(
            max(0.0, min(x + w, a + c) - max(x, a)) * max(0.0, min(y + h, b + d) - max(y, b))
            > 0.7 * min(w * h, c * d)
            for a, b, c, d in (other.box for other in kept)
        ):
            kept.append(face)
    return kept
