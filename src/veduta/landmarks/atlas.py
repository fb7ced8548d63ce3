"""An atlas: all that recognizing a set of landmarks needs, in one folder of computed numbers."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, fields
from functools import cached_property
from pathlib import Path
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from veduta.errors import BadFolder
from veduta.landmarks.atlases import DEFAULT, MANIFEST, shipped
from veduta.landmarks.features import DIMENSION, RECIPE
from veduta.landmarks.landmark import Landmark
from veduta.landmarks.thresholds import Tail

FORMAT = 3
KIND = "veduta landmark atlas"
LANDMARKS = "landmarks.json"

ARRAYS: dict[str, tuple[str, int]] = {
    "mean": ("float32", 1),  # (D,) taken from a vector before the matrix
    "matrix": ("int8", 2),  # (d, D): what is compared is of length one after it
    "matrix_scale": ("float32", 1),  # what each row of `matrix` is to be multiplied by: see `compact`
    "centroids": ("float16", 2),
    "centroid_landmark": ("int32", 1),
    "exemplars": ("int8", 2),
    "exemplars_scale": ("float32", 1),
    "exemplar_landmark": ("int32", 1),
    "references": ("int32", 1),  # rows of exemplars
    "penalties": ("float32", 1),  # of each exemplar: its mean likeness to photos without landmarks
    "offsets": ("float32", 1),  # of each landmark, taken from its score
    "background": ("int8", 2),  # vectors of photos without landmarks, before the matrix
    "background_scale": ("float32", 1),
    "calibration": ("int8", 2),  # the same of others, by which thresholds are set
    "calibration_scale": ("float32", 1),
    "corners": ("uint8", 2),  # of exemplars: see `corner_code`
    "corner_words": ("float16", 3),
    "corner_exemplar": ("int32", 1),  # whose they are
    "corner_starts": ("int64", 1),  # where those of each begin, and the end
    "corner_sizes": ("int32", 2),  # width and height of its picture
}
"""Name, type and number of axes of each array file."""

# Atlases up to this size are hashed whenever they are opened; larger ones when they are asked to be checked.
QUICK = 64 << 20


class AtlasError(BadFolder):
    """A folder that is not an atlas that can be used."""


@dataclass(frozen=True, slots=True)
class Weights:
    """How likenesses make a score.

    Those to the nearest centroid and to the best exemplar are added, less `penalty` times the exemplar's likeness to
    photos without landmarks; a closer look adds `corners` times what it has seen (see `closer.evidence`).
    """

    centroid: float = 1.0
    exemplar: float = 1.0
    penalty: float = 0.0
    corners: float = 0.6


@dataclass(frozen=True)
class Atlas:
    """An open atlas; its arrays are memory-mapped and may be shared between threads.

    `any` is the tail of the best score that photos without landmarks reach over all landmarks, `one` that of
    their score for a single landmark. From a best score of `doubt` on a photo is worth a closer look.
    """

    folder: Path
    landmarks: tuple[Landmark, ...]
    arrays: Mapping[str, NDArray[Any]]
    weights: Weights
    any: Tail
    one: Tail
    doubt: float
    manifest: Mapping[str, Any]

    @classmethod
    def open(cls, folder: Path | str, check: bool | None = None) -> Self:
        """Open the atlas in `folder`, or the shipped one for "default"; `check` its hashes always, never, or if quick.

        Raises AtlasError, which names the file and what to do.
        """
        folder = shipped() if str(folder) == DEFAULT else Path(folder)
        manifest = _manifest(folder)
        total = sum(int(file["bytes"]) for file in manifest["files"].values())
        for name, file in manifest["files"].items():
            _same(folder / name, file, total <= QUICK if check is None else check)
        try:
            rows = json.loads((folder / LANDMARKS).read_text(encoding="utf-8"))
            known = {field.name for field in fields(Landmark)}
            landmarks = tuple(Landmark(**{k: v for k, v in row.items() if k in known}) for row in rows)
            arrays = {name: _mapped(folder, name) for name in ARRAYS}
            tails = [Tail(**manifest["tails"][name]) for name in ("any", "one")]
            weights = Weights(**manifest["weights"])
            doubt = float(manifest["doubt"])
        except (KeyError, TypeError, ValueError) as error:
            raise AtlasError(f"{folder}: the atlas is damaged ({error}); build it anew") from error
        return cls(folder, landmarks, arrays, weights, tails[0], tails[1], doubt, manifest)

    @cached_property
    def places(self) -> NDArray[np.float64]:
        """Latitude and longitude of each landmark, NaN where nobody told."""
        pairs = [(mark.latitude, mark.longitude) for mark in self.landmarks]
        return np.array([[np.nan if v is None else v for v in pair] for pair in pairs], np.float64).reshape(
            -1, 2
        )

    @property
    def name(self) -> str:
        """How the atlas is called: by its folder."""
        return self.folder.name

    def threshold(self, rate: float) -> float:
        """The score that photos without landmarks exceed with probability `rate`, all landmarks together."""
        return self.any.threshold(rate)


def _manifest(folder: Path) -> dict[str, Any]:
    path = folder / MANIFEST
    try:
        manifest = json.loads(path.read_text(encoding="utf-8"))
    except (FileNotFoundError, NotADirectoryError):
        raise AtlasError(
            f"{folder}: holds no atlas (no {MANIFEST}); make one with `veduta landmarks build`"
        ) from None
    except (OSError, ValueError) as error:
        raise AtlasError(f"{path}: cannot be read ({error}); build the atlas anew") from error
    if not isinstance(manifest, dict) or manifest.get("kind") != KIND:
        raise AtlasError(f"{path}: not the manifest of a landmark atlas; give the folder that `build` wrote")
    if manifest.get("format") != FORMAT:
        raise AtlasError(
            f"{folder}: an atlas of format {manifest.get('format')}, this Veduta reads {FORMAT}; build it anew"
        )
    if manifest.get("recipe") != RECIPE or manifest.get("dimension") != DIMENSION:
        raise AtlasError(
            f"{folder}: made with another embedder ({manifest.get('recipe')}), this Veduta has {RECIPE}; build it anew"
        )
    named = manifest.get("files")
    if not isinstance(named, dict) or {LANDMARKS, *(f"{name}.npy" for name in ARRAYS)} - set(named):
        raise AtlasError(f"{path}: does not name all files of the atlas; build it anew")
    return manifest


def file_hash(path: Path) -> str:
    """The SHA-256 of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _same(path: Path, file: Mapping[str, Any], check: bool) -> None:
    try:
        size = path.stat().st_size
    except OSError as error:
        raise AtlasError(
            f"{path}: missing from the atlas ({error.strerror}); copy or build it anew"
        ) from error
    if size != file["bytes"]:
        raise AtlasError(
            f"{path}: {size} bytes long, not {file['bytes']}: cut or changed; copy or build it anew"
        )
    if check and file_hash(path) != file["sha256"]:
        raise AtlasError(f"{path}: its content is not what was built; copy or build the atlas anew")


def _mapped(folder: Path, name: str) -> NDArray[Any]:
    kind, axes = ARRAYS[name]
    array: NDArray[Any] = np.load(folder / f"{name}.npy", mmap_mode="r", allow_pickle=False)
    if array.dtype != np.dtype(kind) or array.ndim != axes:
        raise ValueError(f"{name}.npy holds {array.dtype} of {array.ndim} axes, not {kind} of {axes}")
    return array
