"""Building an atlas: from the kept photos of a bank to one folder of computed numbers."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from veduta.files import write_text
from veduta.landmarks.atlas import ARRAYS, FORMAT, KIND, LANDMARKS, AtlasError, Weights, file_hash
from veduta.landmarks.atlases import MANIFEST
from veduta.landmarks.closer import Closer
from veduta.landmarks.clusters import clusters
from veduta.landmarks.compact import named, whole
from veduta.landmarks.corner_code import BYTES, PAIRS, CornerCode
from veduta.landmarks.features import DIMENSION, RECIPE
from veduta.landmarks.gallery import Gallery, head
from veduta.landmarks.head import Head, fit_head
from veduta.landmarks.landmark import Landmark
from veduta.landmarks.thresholds import fit_tail
from veduta.nets.packs.imagenet import LITE2
from veduta.see.keypoints import Keypoints

Floats = NDArray[np.float32]

REFERENCES = 5
NEAREST_OTHERS = 5
RATES = (0.05, 0.01, 0.005, 0.001)
LEAST_OTHERS = 20
DOUBTFUL = 0.15
"""Part of photos without landmarks that get a closer look."""

Corners = dict[int, tuple[NDArray[np.uint8], tuple[int, int]]]
"""Packed corners and the (width, height) of their picture, by row."""


@dataclass(frozen=True, slots=True)
class Material:
    """What an atlas is made of: vectors of `features` before any head.

    `vectors` (n, D) of bank photos and `owners` (n,) the row of their landmark, ascending; `first` marks the whole
    photos among them (the other rows are further looks at the same photo); `references` marks those that a person
    or the cleaning chose. `background` and `calibration` (m, D) are photos without landmarks, never the same ones.
    `corners` are by rows of `vectors`, `calibration_corners`
    by those of `calibration`.
    """

    landmarks: Sequence[Landmark]
    vectors: Floats
    owners: NDArray[np.int32]
    first: NDArray[np.bool_]
    references: NDArray[np.bool_]
    background: Floats
    calibration: Floats
    corners: Corners = field(default_factory=dict)
    calibration_corners: Corners = field(default_factory=dict)
    notes: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Draft:
    arrays: Mapping[str, NDArray[Any]]
    weights: Weights


def check_place(out: Path) -> None:
    """Raise AtlasError where the folder `out` cannot take an atlas, since it holds something else."""
    if out.exists() and not out.is_dir():
        raise AtlasError(f"{out}: is a file; name a folder for the atlas")
    if out.exists() and any(out.iterdir()) and not (out / MANIFEST).exists():
        raise AtlasError(f"{out}: holds something that is not an atlas; give a new folder")


def build(material: Material, out: Path, weights: Weights | None = None, trained: Head | None = None) -> Path:
    """Write the atlas to the folder `out`, which must not hold anything else, and return it.

    The same material gives the same bytes. Raises AtlasError where it cannot be built or written.
    """
    weights = weights or Weights()
    used = np.unique(material.owners)
    if not len(used):
        raise AtlasError("the bank has no kept photos of any landmark; import or clean it first")
    if min(len(material.background), len(material.calibration)) < LEAST_OTHERS:
        raise AtlasError(
            f"an atlas needs at least {2 * LEAST_OTHERS} photos without landmarks (--others DIR)"
        )
    check_place(out)
    landmarks = [material.landmarks[int(row)] for row in used]
    owners = np.searchsorted(used, material.owners).astype(np.int32)
    first = material.first
    made = trained or fit_head(material.vectors[first], owners[first], material.background)
    kept = named("matrix", made.matrix.T)
    matrix = whole(kept, "matrix")
    exemplars = head(material.vectors, made.mean, matrix)
    groups = [clusters(exemplars[(owners == owner) & first]) for owner in range(len(used))]
    centroids = np.concatenate([[view.centroid for view in views] for views in groups]).astype(np.float16)
    others = head(material.background, made.mean, matrix)
    arrays: dict[str, NDArray[Any]] = {
        "mean": made.mean.astype(np.float32),
        **kept,
        "centroids": centroids,
        "centroid_landmark": np.repeat(np.arange(len(used)), [len(views) for views in groups]).astype(
            np.int32
        ),
        **named("exemplars", exemplars),
        "exemplar_landmark": owners,
        "references": references(exemplars, owners, first, material.references),
        "penalties": np.sort(exemplars @ others.T, axis=1)[:, -NEAREST_OTHERS:].mean(axis=1),
        "offsets": np.zeros(len(used), np.float32),
        **named("background", material.background),
        **named("calibration", material.calibration),
        **_corner_arrays(material.corners),
    }
    scores, doubt = _calibrated(_Draft(arrays, weights), material)
    tails = {"any": fit_tail(scores.max(axis=1)), "one": fit_tail(_spread_out(scores))}
    views = {"landmarks": len(landmarks), "exemplars": int(first.sum()), "centroids": len(centroids)}
    views["landmarks_with_several_centroids"] = sum(len(views) > 1 for views in groups)
    manifest = {
        "kind": KIND,
        "format": FORMAT,
        "recipe": RECIPE,
        "dimension": DIMENSION,
        "network": {"name": LITE2.name, "version": LITE2.version, "sha256": LITE2.member_sha256},
        "counts": views,
        "weights": asdict(weights),
        "doubt": doubt,
        "tails": {name: asdict(tail) for name, tail in tails.items()},
        "thresholds": {str(rate): tails["any"].threshold(rate) for rate in RATES},
        **material.notes,
    }
    return _write(out, landmarks, arrays, manifest)


def references(
    exemplars: Floats, owners: NDArray[np.int32], whole: NDArray[np.bool_], chosen: NDArray[np.bool_]
) -> NDArray[np.int32]:
    """Rows of the reference photos: those chosen, else the REFERENCES most like all photos of their landmark."""
    rows: list[int] = []
    for owner in range(int(owners.max()) + 1):
        mine = np.flatnonzero((owners == owner) & whole)
        given = mine[chosen[mine]]
        if not len(given):
            likeness = (exemplars[mine] @ exemplars[mine].T).mean(axis=1)
            given = np.sort(mine[np.argsort(-likeness, kind="stable")[:REFERENCES]])
        rows += given.tolist()
    return np.array(rows, np.int32)


def _corner_arrays(corners: Corners) -> dict[str, NDArray[Any]]:
    rows = sorted(row for row, (packed, _) in corners.items() if len(packed))
    found = [Keypoints.unpacked(*corners[row]) for row in rows]
    vectors = [one.vectors for one in found] or [np.zeros((0, 2 * PAIRS), np.float32)]
    code = CornerCode.fit(np.concatenate(vectors))
    packed = [code.encode(one) for one in found]
    return {
        "corners": np.concatenate([np.zeros((0, BYTES), np.uint8), *packed]),
        "corner_words": code.words.astype(np.float16),
        "corner_exemplar": np.array(rows, np.int32),
        "corner_starts": np.cumsum([0, *(len(part) for part in packed)]).astype(np.int64),
        "corner_sizes": np.array([corners[row][1] for row in rows], np.int32).reshape(-1, 2),
    }


def _calibrated(draft: _Draft, material: Material) -> tuple[Floats, float]:
    """Scores (m, landmarks) of photos without landmarks, closer look included, and where doubt begins."""
    gallery = Gallery(draft)
    embedded = gallery.embed(material.calibration)
    scores = gallery.scores(embedded)
    best = scores.max(axis=1)
    doubt = float(np.quantile(best, 1 - DOUBTFUL))
    closer = Closer(draft, gallery)
    for row, (packed, size) in material.calibration_corners.items() if closer else ():
        if best[row] >= doubt:
            found = closer.inliers(Keypoints.unpacked(packed, size), embedded[row], scores[row])
            scores[row] = closer.raised(scores[row], found)
    return scores, doubt


def _spread_out(scores: Floats) -> Floats:
    """Scores for single landmarks: those that draw most false positives, so that none exceeds its rate."""
    worst = np.argsort(-np.sort(scores, axis=0)[-max(2, len(scores) // 50)])[: max(1, scores.shape[1] // 4)]
    return scores[:, worst].ravel()


def _write(
    out: Path, landmarks: Sequence[Landmark], arrays: Mapping[str, NDArray[Any]], manifest: dict[str, Any]
) -> Path:
    out.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=f".{out.name}-", dir=out.parent) as temporary:
        new = Path(temporary) / "new"
        new.mkdir()
        rows = [asdict(replace(landmark)) for landmark in landmarks]
        write_text(new / LANDMARKS, json.dumps(rows, ensure_ascii=False, indent=1) + "\n")
        for name, (kind, _) in ARRAYS.items():
            np.save(new / f"{name}.npy", np.ascontiguousarray(arrays[name], np.dtype(kind)))
        manifest["files"] = {
            path.name: {"bytes": path.stat().st_size, "sha256": file_hash(path)}
            for path in sorted(new.iterdir())
        }
        write_text(new / MANIFEST, json.dumps(manifest, ensure_ascii=False, indent=1) + "\n")
        if out.exists():
            out.rename(Path(temporary) / "old")
        new.rename(out)
    return out
