"""A volume from registered sections: cubes of one size in millimeters."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from veduta.space.elastic import Field
from veduta.space.pose import Pose
from veduta.space.sections import BadSections

Voxels = NDArray[np.uint8]

MOST_VOXELS = 64_000_000


@dataclass(frozen=True, eq=False)
class Volume:
    """Gray cubes (z, y, x), uint8, and the length of their edges in millimeters."""

    voxels: Voxels
    edge: float


def registered(
    gray: NDArray[np.uint8], poses: Sequence[Pose], fields: Sequence[Field] | None
) -> NDArray[np.uint8]:
    """Sections (n, h, w) as they lay in the object: each pixel is taken from its picture once."""
    height, width = gray.shape[1:]
    x, y = np.meshgrid(np.arange(width, dtype=np.float32), np.arange(height, dtype=np.float32))
    out = np.empty_like(gray)
    for number, (one, pose) in enumerate(zip(gray, poses, strict=True)):
        places = np.stack([x, y], -1) if fields is None else np.stack([x, y], -1) + fields[number]
        matrix = pose.matrix(width, height).astype(np.float32)
        where = places @ matrix[:, :2].T + matrix[:, 2]
        ground = int(np.median(np.concatenate([one[0], one[-1], one[:, 0], one[:, -1]])))
        out[number] = cv2.remap(one, where[..., 0], where[..., 1], cv2.INTER_LINEAR, borderValue=ground)
    return out


def isotropic(
    sections: NDArray[np.uint8], pixel: float, thickness: float, edge: float | None = None
) -> Volume:
    """Cubes of `edge` mm (default: the pixel's, or what keeps within MOST_VOXELS) from sections `thickness` mm apart.

    Sections are averaged to the new pixels, and what lies between two of them is blended. Raises BadSections.
    """
    count, height, width = sections.shape
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
    thin = np.stack([cv2.resize(one, (across, down), interpolation=way) for one in sections])
    at = np.linspace(0, count - 1, layers)
    below = np.minimum(at.astype(int), count - 2)
    voxels = np.empty((layers, down, across), np.uint8)
    for layer, (low, place) in enumerate(zip(below, at, strict=True)):
        part = place - low
        voxels[layer] = cv2.addWeighted(thin[low], 1 - part, thin[low + 1], part, 0)
    return Volume(voxels, float(edge))
