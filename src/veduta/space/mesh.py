"""The surface of a segmented volume as triangles, and its files: binary PLY and STL.

Source: T. Lewiner et al., "Efficient implementation of marching cubes' cases with topological guarantees", 2003.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from veduta.files import write_bytes
from veduta.space.sections import BadSections

Reals = NDArray[np.float32]


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
        one, two, three = (self.corners[self.triangles[:, k]].astype(np.float64) for k in range(3))
        return float(np.einsum("ij,ij->i", one, np.cross(two, three)).sum() / 6)

    @property
    def area(self) -> float:
        """Its surface in square millimeters."""
        one, two, three = (self.corners[self.triangles[:, k]].astype(np.float64) for k in range(3))
        return float(np.linalg.norm(np.cross(two - one, three - one), axis=1).sum() / 2)


def surface(mask: NDArray[np.bool_], edge: float, smooth: float = 1.0) -> Mesh:
    """The closed surface of what is True in (z, y, x) cubes of `edge` mm, softened over `smooth` cubes.

    Raises BadSections where softening leaves nothing.
    """
    from skimage.measure import marching_cubes

    border = 2 + int(np.ceil(3 * smooth))
    solid = np.pad(mask, border).astype(np.float32)
    if smooth > 0:
        from scipy.ndimage import gaussian_filter

        solid = gaussian_filter(solid, smooth)
    if solid.max() <= 0.5:
        raise BadSections("the object is thinner than the softening of its surface; give a smaller --smooth")
    surface: Any = marching_cubes  # its annotations are none
    corners, triangles, _, _ = surface(solid, 0.5, allow_degenerate=False)
    corners = np.ascontiguousarray((corners[:, ::-1] - border) * edge, np.float32)
    mesh = Mesh(corners, np.ascontiguousarray(triangles, np.int32))
    return mesh if mesh.volume > 0 else Mesh(corners, np.ascontiguousarray(mesh.triangles[:, ::-1]))


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


def ply(mesh: Mesh) -> bytes:
    """A PLY file, binary little-endian."""
    header = (
        "ply\nformat binary_little_endian 1.0\ncomment lengths in millimeters\n"
        f"element vertex {len(mesh.corners)}\nproperty float x\nproperty float y\nproperty float z\n"
        f"element face {len(mesh.triangles)}\nproperty list uchar int vertex_indices\nend_header\n"
    )
    faces = np.zeros(len(mesh.triangles), [("count", "u1"), ("corners", "<i4", 3)])
    faces["count"], faces["corners"] = 3, mesh.triangles
    return header.encode("ascii") + mesh.corners.astype("<f4").tobytes() + faces.tobytes()


def stl(mesh: Mesh) -> bytes:
    """An STL file, binary; lengths in millimeters."""
    corners = mesh.corners[mesh.triangles]
    normals = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    normals /= np.maximum(np.linalg.norm(normals, axis=1, keepdims=True), 1e-20)
    facets = np.zeros(len(corners), [("normal", "<f4", 3), ("corners", "<f4", (3, 3)), ("spare", "<u2")])
    facets["normal"], facets["corners"] = normals, corners
    return b"surface in millimeters".ljust(80) + len(facets).to_bytes(4, "little") + facets.tobytes()


def write(mesh: Mesh, path: Path) -> None:
    """Write a mesh as its suffix says: .ply or .stl."""
    write_bytes(path, {".ply": ply, ".stl": stl}[path.suffix.lower()](mesh))
