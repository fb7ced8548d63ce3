"""Quality: are corruptions told from the photographs they were made of, pages from photographs?"""

from __future__ import annotations

import time

import numpy as np
from sklearn.metrics import roc_auc_score

from benchmarks.figure import Figure, eval_dir
from benchmarks.quality_fit import blurred, exposed, faded, pages
from benchmarks.rendered import screenshot
from veduta.image.decode import load, read
from veduta.image.photo import Photo, Pixels
from veduta.see.quality import QualityRecognizer

# Photographs that the curves were not fitted on: every seventh of these.
STEP = 7


def _scores(pictures: list[Pixels]) -> list[dict[str, float]]:
    recognizer = QualityRecognizer()
    photos = [Photo(p, p.shape[1], p.shape[0]) for p in pictures]
    return [{f.name: f.score for f in findings} for findings in recognizer.see(photos)]


def _auc(good: list[Pixels], bad: list[Pixels], name: str) -> float:
    scores = [s[name] for s in _scores([*good, *bad])]
    return float(roc_auc_score([1] * len(good) + [0] * len(bad), scores))


def _share(pictures: list[Pixels], name: str) -> float:
    return float(np.mean([s.get(name, 0.0) >= 0.5 for s in _scores(pictures)]))


def measure() -> list[Figure]:
    """Areas under the curve on corruptions, and shares of pages and photographs that are called pages."""
    folder = eval_dir()
    rng = np.random.default_rng(0)
    test = sorted((folder / "landmarks/others/test").glob("*.jpg"))
    photos = [p for p in (read(path, 768) for path in test[::STEP]) if min(p.shape[:2]) > 150]
    landmarks = [read(path, 768) for path in sorted((folder / "landmarks/test").rglob("*.jpg"))]
    receipts = [read(path, 1536) for path in sorted((folder / "ocr_receipts_sroie").rglob("*.jpg"))]
    screens = pages(screenshot, 60, 99)
    recognizer = QualityRecognizer()
    timed = [load(path) for path in sorted((folder / "landmarks/test").rglob("*.jpg"))[:60]]
    start = time.perf_counter()
    recognizer.see(timed)
    spent = (time.perf_counter() - start) / len(timed) * 1000
    note = "seeded corruptions of landmarks/others/test, noise up to 8 gray levels"
    return [
        Figure(
            "sharpness: area under the curve",
            _auc(
                [blurred(p, 0, rng.uniform(0, 8), rng) for p in photos],
                [blurred(p, 2.5, rng.uniform(0, 8), rng) for p in photos],
                "sharpness",
            ),
            "",
            0.9,
            n=2 * len(photos),
            note=note,
        ),
        Figure(
            "exposure: area under the curve",
            _auc(photos, [exposed(p, s) for p in photos for s in (-2.5, 2.5)], "exposure"),
            "",
            0.9,
            n=3 * len(photos),
            note="2.5 stops more and less",
        ),
        Figure(
            "contrast: area under the curve",
            _auc(photos, [faded(p, 0.35) for p in photos], "contrast"),
            "",
            0.9,
            n=2 * len(photos),
        ),
        Figure("receipts called documents", _share(receipts, "document"), "", 0.85, n=len(receipts)),
        Figure("screenshots called screenshots", _share(screens, "screenshot"), "", 0.85, n=len(screens)),
        Figure(
            "landmark photos called documents",
            _share(landmarks, "document"),
            "",
            0.02,
            better="lower",
            n=len(landmarks),
        ),
        Figure(
            "landmark photos called screenshots",
            _share(landmarks, "screenshot"),
            "",
            0.02,
            better="lower",
            n=len(landmarks),
        ),
        Figure("time a photo", spent, "ms", better="lower", n=len(timed)),
    ]
