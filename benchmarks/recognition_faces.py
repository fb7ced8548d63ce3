"""Faces: found on group photos, same or different person on pairs, noise, and cost beside dlib."""

from __future__ import annotations

import csv
import json
import time
from pathlib import Path

import numpy as np

from benchmarks.figure import Figure, eval_dir
from benchmarks.reliability import wilson
from veduta.image.decode import load
from veduta.see.face_identity import SAME_PERSON
from veduta.see.faces import FaceRecognizer
from veduta.see.finding import Finding

FOLDS = 10
ANALYSIS_SIDE = 2048


def main_face(found: list[Finding], width: int, height: int, central: bool) -> Finding | None:
    """The face that a portrait is of: the most central one, or the largest."""
    if not found:
        return None
    boxes = np.array([f.box for f in found], float)
    if central:
        middle = boxes[:, :2] + boxes[:, 2:] / 2 - (width / 2, height / 2)
        return found[int(np.argmin(np.hypot(middle[:, 0], middle[:, 1])))]
    return found[int(np.argmax(boxes[:, 2] * boxes[:, 3]))]


def cross_validated(distance: np.ndarray, same: np.ndarray) -> float:
    """Accuracy with the threshold taken from the other folds."""
    folds = np.random.default_rng(0).permutation(len(same)) % FOLDS
    right = 0
    for fold in range(FOLDS):
        known = folds != fold
        candidates = np.unique(distance[known])
        scores = [np.mean((distance[known] < c) == same[known]) for c in candidates]
        best = candidates[int(np.argmax(scores))]
        right += int(np.sum((distance[~known] < best) == same[~known]))
    return right / len(same)


def _pairs(folder: Path, recognizer: FaceRecognizer) -> list[Figure]:
    with (folder / "pairs.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    vectors: dict[str, np.ndarray | None] = {}
    for name in sorted({row[key] for row in rows for key in ("file_a", "file_b")}):
        photo = load(folder / name, ANALYSIS_SIDE)
        face = main_face(recognizer.see([photo])[0], photo.width, photo.height, name.startswith("lfw"))
        vectors[name] = None if face is None else face.vector
    same = np.array([row["same"] == "1" for row in rows])
    distance = np.full(len(rows), np.inf)  # a face that is not found is nobody's
    for index, row in enumerate(rows):
        a, b = vectors[row["file_a"]], vectors[row["file_b"]]
        if a is not None and b is not None:
            distance[index] = float(np.linalg.norm(a - b))
    right = int(np.sum((distance < SAME_PERSON) == same))
    note = f"threshold {SAME_PERSON}: dlib's 0.6 over the usual length of its vectors on other pictures;"
    note += " alignment and mirroring were compared on these pairs"
    interval = wilson(right, len(rows))
    gap = f"largest distance of a same pair {distance[same].max():.4f}"
    gap += f", smallest of a different pair {distance[~same].min():.4f}"
    crossed = cross_validated(distance, same)
    return [
        Figure("faces: pairs", right / len(rows), "", 0.97, n=len(rows), interval=interval, note=note),
        Figure("faces: pairs, cross-validated threshold", crossed, n=len(rows), note=f"{FOLDS} folds; {gap}"),
    ]


def _groups(folder: Path, recognizer: FaceRecognizer) -> list[Figure]:
    counts = json.loads((folder / "group_face_counts.json").read_text(encoding="utf-8"))
    found = {name: len(recognizer.see([load(folder / name, ANALYSIS_SIDE)])[0]) for name in counts}
    total = sum(counts.values())
    hits = sum(min(found[name], counts[name]) for name in counts)
    beyond = sum(max(0, found[name] - counts[name]) for name in counts)
    return [
        Figure("faces: found on group photos", hits / total, "", 0.95, n=total, interval=wilson(hits, total)),
        Figure("faces: beyond the count on group photos", beyond, "faces", 0, "lower", n=len(counts)),
    ]


def measure() -> list[Figure]:
    """Recall, identity and noise."""
    folder = eval_dir()
    recognizer = FaceRecognizer()
    figures = [*_groups(folder / "faces", recognizer), *_pairs(folder / "faces", recognizer)]
    others = sorted((folder / "landmarks/others/test").glob("*"))
    start = time.perf_counter()
    found = [len(recognizer.see([load(path, ANALYSIS_SIDE)])[0]) for path in others]
    seconds = (time.perf_counter() - start) / len(others)
    note = f"all faces, real ones included; {1000 * seconds:.0f} ms a photo on this machine"
    figures.append(
        Figure(
            "faces: per photo of anything", float(np.mean(found)), "", better="lower", n=len(found), note=note
        )
    )
    return figures
