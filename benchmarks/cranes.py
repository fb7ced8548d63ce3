"""Cranes: their masks on drawn truth, their presence in small photos, false ones where there are none, and time."""

from __future__ import annotations

import csv
import time
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from benchmarks.figure import Figure, eval_dir
from veduta.image.decode import load
from veduta.image.photo import Photo
from veduta.learn.metrics import MaskScore, grown
from veduta.see.cranes import CraneRecognizer
from veduta.see.labels import LabelRecognizer
from veduta.see.mask import decode

Mask = NDArray[np.bool_]
SLACK = 2
SIDE = 320  # GrabCut runs at this size, as in practice


def found(recognizer: CraneRecognizer, photo: Photo) -> Mask:
    """All cranes of a photo in one mask."""
    out = np.zeros((photo.height, photo.width), bool)
    for finding in recognizer.see([photo])[0]:
        if finding.mask is not None:
            out |= decode(finding.mask)
    return out


def grab_cut(photo: Photo, truth: Mask) -> Mask:
    """OpenCV's GrabCut, told the true box: what a careful user would get by hand."""
    scale = min(1.0, SIDE / max(truth.shape))
    size = (round(photo.width * scale), round(photo.height * scale))
    small = cv2.resize(photo.full(), size, interpolation=cv2.INTER_AREA)
    x, y, w, h = (int(v * scale) for v in cv2.boundingRect(truth.astype(np.uint8)))
    x, y = max(x, 1), max(y, 1)
    box = (x, y, max(2, min(w, size[0] - x - 1)), max(2, min(h, size[1] - y - 1)))
    marks = np.zeros(small.shape[:2], np.uint8)
    models = np.zeros((1, 65)), np.zeros((1, 65))
    cv2.setRNGSeed(1)
    cv2.grabCut(cv2.cvtColor(small, cv2.COLOR_RGB2BGR), marks, box, *models, 5, cv2.GC_INIT_WITH_RECT)
    inside = ((marks == cv2.GC_FGD) | (marks == cv2.GC_PR_FGD)).astype(np.uint8)
    return np.asarray(cv2.resize(inside, truth.shape[::-1], interpolation=cv2.INTER_NEAREST), bool)


def _masks(recognizer: CraneRecognizer, folder: Path) -> list[Figure]:
    ours, theirs, loose = MaskScore(SLACK), MaskScore(SLACK), MaskScore(0)
    rows = [r for r in csv.DictReader((folder / "labels.csv").open()) if r["kind"] == "crane"]
    for row in rows:
        photo = load(folder / row["before"])
        truth = load(folder / row["mask"]).pixels[..., 0] > 127
        mask = found(recognizer, photo)
        ours.update(mask, truth)
        theirs.update(grab_cut(photo, truth), truth)
        loose.update(grown(mask, SLACK), grown(truth, SLACK))
    mine, peer, wide = ours.compute(), theirs.compute(), loose.compute()
    note = f"removal_synth; GrabCut from the true box: {peer['iou']:.3f}"
    return [
        Figure("masks: IoU", mine["iou"], "", 0.60, n=len(rows), note=note),
        Figure("masks: IoU, both grown by 2 pixels", wide["iou"], "", 0.60, n=len(rows)),
        Figure(
            "masks: recall of pixels",
            mine["recall"],
            "",
            0.85,
            n=len(rows),
            note=f"mask grown by 2 pixels; GrabCut from the true box: {peer['recall']:.3f}",
        ),
        Figure(
            "masks: precision of pixels", mine["precision"], "", n=len(rows), note="truth grown by 2 pixels"
        ),
    ]


def _presence(recognizer: CraneRecognizer, folder: Path) -> list[Figure]:
    labels = LabelRecognizer()
    right = peer = 0
    rows = list(csv.DictReader((folder / "labels.csv").open()))
    for row in rows:
        photo = load(folder / row["file"])
        truth = row["crane"] == "1"
        right += bool(recognizer.see([photo])[0]) == truth
        peer += any(f.name == "crane" for f in labels.see([photo])[0]) == truth
    note = f"cranes_128px; the packaged classifier's label: {peer / len(rows):.3f}"
    return [Figure("presence: accuracy", right / len(rows), "", 0.85, n=len(rows), note=note)]


def _false(recognizer: CraneRecognizer, folder: Path) -> list[Figure]:
    photos = [load(path) for path in sorted(folder.iterdir())[::2]]
    recognizer.see(photos[:1])
    start = time.perf_counter()
    wrong = sum(bool(recognizer.see([photo])[0]) for photo in photos)
    spent = (time.perf_counter() - start) / len(photos) * 1000
    return [
        Figure(
            "photos without cranes that get a mask",
            wrong / len(photos),
            "",
            0.05,
            better="lower",
            n=len(photos),
            note=f"every other of landmarks/others/test; {spent:.0f} ms a photo, small ones",
        )
    ]


def measure() -> list[Figure]:
    """All figures; every photo is looked at, as when cranes are asked for."""
    folder = eval_dir()
    recognizer = CraneRecognizer(gate=False)
    return [
        *_masks(recognizer, folder / "removal_synth"),
        *_presence(recognizer, folder / "cranes_128px"),
        *_false(recognizer, folder / "landmarks" / "others" / "test"),
    ]
