"""A volume from registered sections: cubes of one size in millimeters."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from veduta.space.elastic import Field, spread
from veduta.space.pose import Pose
from veduta.space.sections import BadSections
from veduta.space.stack import Made, Stack

Voxels = NDArray[np.uint8]

MOST_VOXELS = 64_000_000


@dataclass(frozen=True, eq=False)
class Volume:
    """Gray cubes (z, y, x), uint8, and the length of their edges in millimeters."""

    voxels: Voxels
    edge: float


def registered(gray: Voxels, pose: Pose, field: Field | None = None) -> Voxels:
    """A section (h, w) as it lay in the object: each pixel is taken from its picture once."""
    height, width = gray.shape
    x, y = np.meshgrid(np.arange(width, dtype=np.float32), np.arange(height, dtype=np.float32))
    places = np.stack([x, y], -1)
    if field is not None:
        places += spread(field, (height, width))
    matrix = pose.matrix(width, height).astype(np.float32)
    where = places @ matrix[:, :2].T + matrix[:, 2]
    ground = int(np.median(np.concatenate([gray[0], gray[-1], gray[:, 0], gray[:, -1]])))
    return np.asarray(
        cv2.remap(gray, where[..., 0], where[..., 1], cv2.INTER_LINEAR, borderValue=ground), np.uint8
    )


def isotropic(
    sections: Voxels | Stack,
    pixel: float,
    thickness: float,
    edge: float | None = None,
    heights: Sequence[int] | None = None,
) -> Volume:
    """Cubes of `edge` mm (default: the pixel's, or what keeps within MOST_VOXELS) from sections `thickness` mm apart.

    Sections are averaged to the new pixels, and what lies between two of them is blended, a missing one too: `heights`
    are the places of the sections in the row. Raises BadSections.
    """
    _, height, width = sections.shape
    at = np.arange(len(sections)) if heights is None else np.asarray(heights) - heights[0]
    count = int(at[-1]) + 1
    if not (0 < pixel < 1e6 and 0 < thickness < 1e6):
        raise BadSections(f"pixels of {pixel:g} mm and sections of {thickness:g} mm: both must be above 0")
    smallest = (count * height * width * pixel * pixel * thickness / MOST_VOXELS) ** (1 / 3)
    edge = max(pixel, smallest) if edge is None else edge
    if edge < 0.999 * smallest:
        raise BadSections(f"cubes of {edge:g} mm would be over {MOST_VOXELS:,}; at least {smallest:.3g} mm")
    across, down = (max(1, round(side * pixel / edge)) for side in (width, height))
    layers = max(2, round((count - 1) * thickness / edge) + 1)
    if min(across, down) < 4:
        raise BadSections(f"cubes of {edge:g} mm leave {across} x {down} of a section; give smaller ones")
    way = cv2.INTER_AREA if across < width else cv2.INTER_LINEAR

    def thinned(number: int) -> Voxels:
        return np.asarray(cv2.resize(sections[number], (across, down), interpolation=way), np.uint8)

    thin = Made(len(sections), thinned, 2)
    voxels = np.empty((layers, down, across), np.uint8)
    for layer, place in enumerate(np.linspace(0, count - 1, layers)):
        low = min(int(np.searchsorted(at, place, "right")) - 1, len(sections) - 2)
        part = float(place - at[low]) / float(at[low + 1] - at[low])
        voxels[layer] = cv2.addWeighted(thin[low], 1 - part, thin[low + 1], part, 0)
    return Volume(voxels, float(edge))
