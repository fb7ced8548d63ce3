"""The surface of a segmented volume as triangles, and its files: binary PLY and STL.

Source: T. Lewiner et al., "Efficient implementation of marching cubes' cases with topological guarantees", 2003.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from veduta.files import replacing
from veduta.space.sections import BadSections

Reals = NDArray[np.float32]

SLAB = 24  # layers whose surface is found at once
PORTION = 200_000  # triangles handled at once


@dataclass(frozen=True, eq=False)
class Mesh:
    """Corners (n, 3) in millimeters, x to the right, y down the sections, z through them; triangles (m, 3) of them,
    counterclockwise seen from outside.
    """

    corners: Reals
    triangles: NDArray[np.int32]

    @property
    def volume(self) -> float:
        """What it encloses, in cubic millimeters."""
        return sum(
            float(np.einsum("ij,ij->i", one, np.cross(two, three)).sum() / 6)
            for one, two, three in self._parts()
        )

    @property
    def area(self) -> float:
        """Its surface in square millimeters."""
        return sum(
            float(np.linalg.norm(np.cross(two - one, three - one), axis=1).sum() / 2)
            for one, two, three in self._parts()
        )

    def _parts(self) -> Iterator[tuple[NDArray[np.float64], ...]]:
        """The three corners (n, 3) of some triangles after the other."""
        for some in np.array_split(self.triangles, len(self.triangles) // PORTION + 1):
            yield tuple(self.corners[some[:, corner]].astype(np.float64) for corner in range(3))


def surface(mask: NDArray[np.bool_], edge: float, smooth: float = 1.0) -> Mesh:
    """The closed surface of what is True in (z, y, x) cubes of `edge` mm, softened over `smooth` cubes.

    Slabs of some layers are done one after the other and sewn together. Raises BadSections where softening leaves
    nothing.
    """
    border = 2 + int(np.ceil(3 * smooth))
    layers = len(mask) + 2 * border
    corners: list[Reals] = []
    triangles: list[NDArray[np.int32]] = []
    seam: dict[bytes, int] = {}  # corners in the last layer of the slabs so far
    count = 0
    for start in range(0, layers - 1, SLAB):
        end = min(start + SLAB, layers - 1)
        found = _slab(mask, border, start, end, smooth)
        if found is None:
            seam = {}
            continue
        places, faces = found
        number = np.arange(count, count + len(places), dtype=np.int64)
        known = np.nonzero(places[:, 0] == start)[0]
        before = np.array([seam.get(places[one].tobytes(), -1) for one in known], np.int64)
        number[known[before >= 0]] = before[before >= 0]
        new = np.ones(len(places), np.bool_)
        new[known[before >= 0]] = False
        number[new] = count + np.arange(int(new.sum()))
        count += int(new.sum())
        seam = {places[one].tobytes(): int(number[one]) for one in np.nonzero(places[:, 0] == end)[0]}
        corners.append(np.ascontiguousarray((places[new][:, ::-1] - border) * edge, np.float32))
        triangles.append(np.asarray(number[faces], np.int32))
    if not corners:
        raise BadSections("the object is thinner than the softening of its surface; give a smaller --smooth")
    mesh = Mesh(np.concatenate(corners), np.ascontiguousarray(np.concatenate(triangles)))
    return mesh if mesh.volume > 0 else Mesh(mesh.corners, np.ascontiguousarray(mesh.triangles[:, ::-1]))


def _slab(
    mask: NDArray[np.bool_], border: int, start: int, end: int, smooth: float
) -> tuple[Reals, NDArray[np.int32]] | None:
    """Corners (z, y, x) in cubes, and triangles, from layer `start` to `end` of the mask with an empty border."""
    from scipy.ndimage import gaussian_filter
    from skimage.measure import marching_cubes

    reach = int(4 * smooth + 0.5)  # of the softening
    low, high = start - border - reach, end + 1 - border + reach
    inside = mask[max(low, 0) : max(high, 0)]
    around = ((max(0, -low), max(0, high - max(low, 0) - len(inside))), (border, border), (border, border))
    if not inside.any():
        return None
    solid = np.pad(inside, around).astype(np.float32)[: high - low]
    if smooth > 0:
        gaussian_filter(solid, smooth, output=solid, mode="constant")
    solid = np.ascontiguousarray(solid[reach : reach + end + 1 - start])
    if not solid.min() < 0.5 < solid.max():
        return None
    surface: Any = marching_cubes  # its annotations are none
    # Triangles without area stay: taking them away in one slab alone would open the seam.
    corners, triangles, _, _ = surface(solid, 0.5, allow_degenerate=True)
    corners[:, 0] += start
    return corners, triangles


def smaller(mask: NDArray[np.bool_], most: int) -> tuple[NDArray[np.bool_], float]:
    """The mask with its longest side at most `most` cubes, and how much longer their edges are."""
    factor = max(1.0, max(mask.shape) / most)
    if factor == 1:
        return mask, 1.0
    sides = [max(2, round(side / factor)) for side in mask.shape]
    flat = np.stack(
        [
            cv2.resize(one.astype(np.float32), (sides[2], sides[1]), interpolation=cv2.INTER_AREA)
            for one in mask
        ]
    )
    whole = flat.reshape(len(flat), -1)
    through = cv2.resize(whole, (whole.shape[1], sides[0]), interpolation=cv2.INTER_AREA)
    return np.asarray(through.reshape(sides) > 0.5, np.bool_), factor


def _ply(mesh: Mesh) -> Iterator[bytes]:
    """A PLY file, binary little-endian, in portions."""
    header = (
        "ply\nformat binary_little_endian 1.0\ncomment lengths in millimeters\n"
        f"element vertex {len(mesh.corners)}\nproperty float x\nproperty float y\nproperty float z\n"
        f"element face {len(mesh.triangles)}\nproperty list uchar int vertex_indices\nend_header\n"
    )
    yield header.encode("ascii")
    yield mesh.corners.astype("<f4").tobytes()
    for some in np.array_split(mesh.triangles, len(mesh.triangles) // PORTION + 1):
        faces = np.zeros(len(some), [("count", "u1"), ("corners", "<i4", 3)])
        faces["count"], faces["corners"] = 3, some
        yield faces.tobytes()


def _stl(mesh: Mesh) -> Iterator[bytes]:
    """An STL file, binary, in portions; lengths in millimeters."""
    yield b"surface in millimeters".ljust(80) + len(mesh.triangles).to_bytes(4, "little")
    for some in np.array_split(mesh.triangles, len(mesh.triangles) // PORTION + 1):
        corners = mesh.corners[some]
        normals = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
        normals /= np.maximum(np.linalg.norm(normals, axis=1, keepdims=True), 1e-20)
        facets = np.zeros(len(some), [("normal", "<f4", 3), ("corners", "<f4", (3, 3)), ("spare", "<u2")])
        facets["normal"], facets["corners"] = normals, corners
        yield facets.tobytes()


def write(mesh: Mesh, path: Path) -> None:
    """Write a mesh as its suffix says: .ply or .stl."""
    with replacing(path) as temporary, temporary.open("wb") as file:
        for part in {".ply": _ply, ".stl": _stl}[path.suffix.lower()](mesh):
            file.write(part)
