"""Objects and persons against COCO truth: the COCO way, crowds ignored."""

from __future__ import annotations

import json
import statistics
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.figure import Figure, eval_dir
from benchmarks.reliability import PLOTS, reliability
from veduta.image.decode import load
from veduta.image.photo import Photo
from veduta.see.finding import Finding
from veduta.see.objects import ObjectRecognizer, working_size
from veduta.see.objects_tiles import windows, worth_reading

IOU = 0.5
MOST = 100


@dataclass(frozen=True)
class Curve:
    """Detections of one category over all pictures, best first, of `total` things to find."""

    right: NDArray[np.bool_]
    scores: NDArray[np.float64]
    total: int

    def average_precision(self) -> float:
        """COCO's: the mean over 101 recalls of the best precision at that recall or a higher one."""
        if not len(self.right):
            return 0.0
        hits = np.cumsum(self.right)
        recall = hits / self.total
        precision = np.maximum.accumulate((hits / np.arange(1, len(hits) + 1))[::-1])[::-1]
        at = np.searchsorted(recall, np.linspace(0, 1, 101))
        return float(np.append(precision, 0.0)[np.minimum(at, len(precision))].mean())

    def at_score(self, least: float) -> tuple[float, float]:
        """Recall and precision of what scores at least `least`."""
        kept = self.right[self.scores >= least]
        return float(kept.sum()) / self.total, float(kept.mean()) if len(kept) else 1.0

    def recall_at_precision(self, precision: float) -> float:
        """The highest recall at which the precision is still reached."""
        hits = np.cumsum(self.right)
        reached = np.flatnonzero(hits / np.arange(1, len(hits) + 1) >= precision)
        return float(hits[reached[-1]]) / self.total if len(reached) else 0.0


def _shared(box: NDArray[np.float64], truth: NDArray[np.float64]) -> NDArray[np.float64]:
    low = np.maximum(box[:2], truth[:, :2])
    high = np.minimum(box[:2] + box[2:], truth[:, :2] + truth[:, 2:])
    return np.clip(high - low, 0, None).prod(axis=1)


def curve(seen: Mapping[int, list[Finding]], truth: Mapping[int, list[dict[str, Any]]], name: str) -> Curve:
    """Match the findings called `name` to the annotations of that category, picture by picture."""
    rows: list[tuple[float, bool]] = []
    total = 0
    for picture, marked in truth.items():
        boxes = np.array([a["bbox"] for a in marked], float).reshape(-1, 4)
        crowd = np.array([bool(a.get("iscrowd")) for a in marked], bool)
        total += int((~crowd).sum())
        free = ~crowd
        found = sorted((f for f in seen[picture] if f.name == name and f.box), key=lambda f: -f.score)
        for finding in found[:MOST]:
            box = np.array(finding.box)
            shared = _shared(box, boxes)
            area = box[2] * box[3]
            iou = np.where(free, shared / (area + boxes[:, 2] * boxes[:, 3] - shared), -1)
            if len(iou) and iou.max() >= IOU:
                free[iou.argmax()] = False
                rows.append((finding.score, True))
            elif not (crowd & (shared >= IOU * area)).any():
                rows.append((finding.score, False))
    rows.sort(key=lambda row: -row[0])
    return Curve(np.array([r for _, r in rows], bool), np.array([s for s, _ in rows]), total)


def curves(recognizer: ObjectRecognizer, folder: Path) -> dict[str, Curve]:
    """A curve for each category that the pictures of `folder` show."""
    facts = json.loads((folder / "instances.json").read_text())
    names = {c["id"]: c["name"] for c in facts["categories"]}
    seen = {
        image["id"]: recognizer.see([load(folder / "images" / image["file_name"])])[0]
        for image in facts["images"]
    }
    found = {}
    for number, name in names.items():
        truth: dict[int, list[dict[str, Any]]] = {image["id"]: [] for image in facts["images"]}
        for annotation in facts["annotations"]:
            if annotation["category_id"] == number:
                truth[annotation["image_id"]].append(annotation)
        made = curve(seen, truth, name)
        if made.total:
            found[name] = made
    return found


def milliseconds(recognizer: ObjectRecognizer, photos: list[Photo], batch: int = 8) -> float:
    """Wall time a photo, decoding apart."""
    recognizer.see(photos[:1])
    start = time.perf_counter()
    for first in range(0, len(photos), batch):
        recognizer.see(photos[first : first + batch])
    return (time.perf_counter() - start) / len(photos) * 1000


def _single_pass(recognizer: ObjectRecognizer) -> float:
    """Milliseconds of the network alone for one 300-pixel input."""
    blank = np.zeros((16, 300, 300, 3), np.uint8)
    recognizer.network.run(blank)
    start = time.perf_counter()
    recognizer.network.run(blank)
    return (time.perf_counter() - start) / 16 * 1000


def _ordinary(folder: Path) -> list[Path]:
    """Photos as a library holds them, large and small."""
    parts = (("landmarks/bank", 15), ("landmarks/gps", 1), ("plates", 3))
    return [path for part, step in parts for path in sorted((folder / part).rglob("*.jpg"))[::step]]


def _passes(recognizer: ObjectRecognizer, photos: list[Photo]) -> float:
    """Inputs that the network gets for one photo, on average."""
    count = 0
    for photo in photos:
        picture = working_size(photo.pixels)
        height, width = picture.shape[:2]
        first = windows(width, height)
        (seen,) = recognizer.look([picture], [first])
        count += len(first) + len(worth_reading(seen, width, height))
    return count / len(photos)


def _head_count_errors(recognizer: ObjectRecognizer, folder: Path, least: float) -> list[float]:
    points = json.loads((folder / "head_points.json").read_text())
    errors = []
    for name, heads in points.items():
        seen = recognizer.see([load(folder / name)])[0]
        count = sum(f.kind == "person" and f.score >= least for f in seen)
        errors.append((count - len(heads)) / len(heads))
    return errors


def measure() -> list[Figure]:
    """Accuracy on the 56 COCO pictures, counting on crowds, and time."""
    folder = eval_dir()
    everything = ObjectRecognizer(least=0.0)
    least = ObjectRecognizer().least
    found = curves(everything, folder / "objects_coco288")
    person = found["person"]
    recall, precision = person.at_score(0.5)
    reported_recall, reported_precision = person.at_score(least)
    others = [c for name, c in found.items() if name != "person"]
    all_right = np.concatenate([c.right[c.scores >= 0.5] for c in others])
    told, right = person.scores, person.right
    reliability(PLOTS / "reliability-persons.png", "Persons, photos of COCO", told, right)
    told = np.concatenate([c.scores for c in others])
    right = np.concatenate([c.right for c in others])
    reliability(PLOTS / "reliability-objects.png", "Objects, photos of COCO", told, right)
    errors = _head_count_errors(everything, folder / "crowd_people38", 0.5)
    photos = [load(path, 2048) for path in _ordinary(folder)]
    note = f"56 photos of COCO, {len(found)} categories; IoU 0.5, crowds ignored"
    single = _single_pass(everything)
    spent = milliseconds(everything, photos) / single
    return [
        Figure(
            "persons: recall at precision 0.75", person.recall_at_precision(0.75), "", 0.60, n=person.total
        ),
        Figure("persons: recall at score 0.5", recall, "", 0.60, n=person.total, note=note),
        Figure("persons: precision at score 0.5", precision, "", 0.75, note=note),
        Figure("persons: recall as reported", reported_recall, "", note=f"score at least {least}"),
        Figure("persons: precision as reported", reported_precision, "", note=f"score at least {least}"),
        Figure("persons: AP50", person.average_precision(), "", n=person.total),
        Figure(
            "objects: mAP50", statistics.mean(c.average_precision() for c in found.values()), "", note=note
        ),
        Figure("objects: precision at score 0.5", float(all_right.mean()), "", n=len(all_right)),
        Figure(
            "crowds: median count error",
            statistics.median(abs(e) for e in errors),
            "",
            better="lower",
            n=len(errors),
            note="of crowd_people38, on which tiling was chosen",
        ),
        Figure(
            "passes of the network a photo",
            _passes(everything, photos),
            "",
            4,
            better="lower",
            n=len(photos),
            note="of landmarks/bank, landmarks/gps (12 megapixels) and plates",
        ),
        Figure(
            "time a photo",
            spent,
            "passes",
            5,
            better="lower",
            n=len(photos),
            note=f"{spent * single:.0f} ms a photo in batches of 8, decoded beforehand; {single:.0f} ms a pass",
        ),
    ]
