"""A pair of cameras: what calibration knows of them, as readable JSON, and the geometry of their rectified views."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from veduta.errors import BadInput
from veduta.files import write_text
from veduta.image.photo import Pixels
from veduta.space.pair import BadPair, check_pair

Matrix = NDArray[np.float64]
KIND = "veduta stereo rig"


class BadRig(BadInput):
    """A file that tells of no pair of cameras, or numbers that no cameras have."""


@dataclass(frozen=True, slots=True)
class View:
    """A rectified pair: focal length and center of the left view in pixels, distance of the cameras in meters.

    `offset` is how far the right view's center lies to the right of the left one's, in pixels: depth in meters is
    focal * baseline / (disparity + offset). Points have x to the right, y down and z away from the left camera.
    """

    focal: float
    center: tuple[float, float]
    baseline: float
    offset: float = 0.0

    def __post_init__(self) -> None:
        if not (self.focal > 0 and self.baseline > 0 and np.isfinite([self.focal, self.baseline]).all()):
            raise BadRig(
                f"focal length {self.focal:g} pixels, baseline {self.baseline:g} m: both must be above zero"
            )
        if not np.isfinite(self.offset):
            raise BadRig(f"an offset of {self.offset:g} pixels: must be a number")


@dataclass(frozen=True, slots=True, eq=False)
class Rig:
    """Two calibrated cameras for pictures of `width` x `height`.

    `matrices` are (3, 3), `distortions` k1 k2 p1 p2 k3; `rotation` and `translation` (meters) bring points of the
    left camera into the right one's. Errors are in pixels: of the corners in each picture, and of rows that should be
    the same after rectification.
    """

    width: int
    height: int
    matrices: tuple[Matrix, Matrix]
    distortions: tuple[Matrix, Matrix]
    rotation: Matrix
    translation: Matrix
    error: float = 0.0
    row_error: float = 0.0

    def save(self, path: Path, more: dict[str, Any] | None = None) -> None:
        """Write the rig as JSON, with whatever `more` tells about how it came to be."""
        cameras = {
            side: {
                "focal_px": [round(float(m[0, 0]), 4), round(float(m[1, 1]), 4)],
                "center_px": [round(float(m[0, 2]), 4), round(float(m[1, 2]), 4)],
                "distortion_k1_k2_p1_p2_k3": [round(float(v), 8) for v in d.ravel()[:5]],
            }
            for side, m, d in zip(("left", "right"), self.matrices, self.distortions, strict=True)
        }
        told = {
            "kind": KIND,
            "width": self.width,
            "height": self.height,
            **cameras,
            "rotation_left_to_right": [[round(float(v), 9) for v in row] for row in self.rotation],
            "translation_left_to_right_m": [round(float(v), 7) for v in self.translation.ravel()],
            "baseline_m": round(float(np.linalg.norm(self.translation)), 7),
            "error_px": round(self.error, 4),
            "row_error_px": round(self.row_error, 4),
            **(more or {}),
        }
        write_text(path, json.dumps(told, indent=1, ensure_ascii=False) + "\n")

    @classmethod
    def load(cls, path: Path) -> Rig:
        """Read a rig; raises BadRig naming the file and what is wrong."""
        try:
            told = json.loads(path.read_text(encoding="utf-8"))
        except OSError as error:
            raise BadRig(f"{path}: {error.strerror or error}") from error
        except ValueError as error:
            raise BadRig(f"{path}: no JSON: {error}") from error
        if not isinstance(told, dict) or told.get("kind") != KIND:
            raise BadRig(f"{path}: not a file of `veduta space calibrate`")
        try:
            cameras = [told[side] for side in ("left", "right")]
            matrices = [_matrix(camera) for camera in cameras]
            bends = [np.array(c["distortion_k1_k2_p1_p2_k3"], np.float64).reshape(5) for c in cameras]
            rig = cls(
                int(told["width"]),
                int(told["height"]),
                (matrices[0], matrices[1]),
                (bends[0], bends[1]),
                np.array(told["rotation_left_to_right"], np.float64).reshape(3, 3),
                np.array(told["translation_left_to_right_m"], np.float64).reshape(3),
                float(told["error_px"]),
                float(told["row_error_px"]),
            )
        except (KeyError, TypeError, ValueError, IndexError) as error:
            raise BadRig(f"{path}: incomplete or damaged: {error}") from error
        numbers = np.concatenate([*(m.ravel() for m in rig.matrices), rig.rotation.ravel(), rig.translation])
        turned = np.abs(rig.rotation @ rig.rotation.T - np.eye(3)).max() < 1e-3
        if not np.isfinite(numbers).all() or not turned or not np.linalg.norm(rig.translation) > 0:
            raise BadRig(f"{path}: its numbers describe no pair of cameras; calibrate again")
        return rig


def _matrix(camera: dict[str, Any]) -> Matrix:
    (fx, fy), (cx, cy) = camera["focal_px"], camera["center_px"]
    if not (fx > 0 and fy > 0):
        raise ValueError("focal lengths must be above zero")
    return np.array([[fx, 0, cx], [0, fy, cy], [0, 0, 1]], np.float64)


class Rectifier:
    """Turns the views of a rig so that the same thing stands in the same row of both."""

    def __init__(self, rig: Rig) -> None:
        self._rig = rig
        size = (rig.width, rig.height)
        solved: Any = cv2.stereoRectify(
            rig.matrices[0],
            rig.distortions[0],
            rig.matrices[1],
            rig.distortions[1],
            size,
            rig.rotation,
            rig.translation,
            flags=cv2.CALIB_ZERO_DISPARITY,
            alpha=0,
        )
        self.turns, self.projections = solved[0:2], solved[2:4]
        if abs(self.projections[1][0, 3]) <= abs(self.projections[1][1, 3]):
            raise BadRig(
                "the cameras of this rig stand above each other; bring pictures turned by 90 degrees"
            )
        if self.projections[1][0, 3] > 0:
            raise BadRig(
                "the left and the right camera of this rig are exchanged; calibrate them the other way round"
            )
        self._maps: list[Any] = [
            cv2.initUndistortRectifyMap(m, d, turn, projection, size, cv2.CV_32FC1)
            for m, d, turn, projection in zip(
                rig.matrices, rig.distortions, self.turns, self.projections, strict=True
            )
        ]
        left, right = self.projections
        self.view = View(
            float(left[0, 0]),
            (float(left[0, 2]), float(left[1, 2])),
            float(-right[0, 3] / right[0, 0]),
            float(right[0, 2] - left[0, 2]),
        )

    def __call__(self, left: Pixels, right: Pixels) -> tuple[Pixels, Pixels]:
        """The rectified pair; raises BadPair where the pictures are not of the rig's size."""
        check_pair(left, right, "pair")
        height, width = left.shape[:2]
        if (width, height) != (self._rig.width, self._rig.height):
            raise BadPair(
                f"pictures of {width} x {height} for cameras calibrated at {self._rig.width} x {self._rig.height}"
            )
        made: list[Any] = [
            cv2.remap(view, maps[0], maps[1], cv2.INTER_CUBIC)
            for view, maps in zip((left, right), self._maps, strict=True)
        ]
        return made[0], made[1]
