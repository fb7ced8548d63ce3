"""Text: words, lines and characters read, and noise, beside RapidOCR used directly at full resolution."""

from __future__ import annotations

import csv
import json
import logging
import re
import time
import unicodedata
from collections.abc import Callable, Sequence
from pathlib import Path

import cv2
import numpy as np
from rapidfuzz.distance import Levenshtein

from benchmarks.figure import Figure, eval_dir
from benchmarks.reliability import PLOTS, reliability, wilson
from veduta.image.decode import load
from veduta.see.calibration import expected_error
from veduta.see.text import TextRecognizer

ANALYSIS_SIDE = 2048
Line = tuple[np.ndarray, str]
Reader = Callable[[Path], list[Line]]


def plain(text: str) -> str:
    """Letters and digits only, folded: what two readings are compared by."""
    folded = unicodedata.normalize("NFKC", text).casefold()
    return re.sub(r"[\W_]", "", folded)


def read_at(polygon: Sequence[float], lines: Sequence[Line]) -> str:
    """What the lines say whose middle lies in the box of `polygon`, or in whose box its middle lies."""
    truth = np.asarray(polygon, float).reshape(-1, 2)
    low, high = truth.min(axis=0), truth.max(axis=0)
    middle = (low + high) / 2
    found = []
    for corners, text in lines:
        left_top, right_bottom = corners.min(axis=0), corners.max(axis=0)
        center = (left_top + right_bottom) / 2
        around = bool(np.all((left_top <= middle) & (middle <= right_bottom)))
        if around or bool(np.all((low <= center) & (center <= high))):
            found.append((float(left_top[0]), text))
    return plain("".join(text for _, text in sorted(found)))


def ours() -> Reader:
    """Veduta's recognizer."""
    recognizer = TextRecognizer()

    def read(path: Path) -> list[Line]:
        found = recognizer.see([load(path, ANALYSIS_SIDE)])[0]
        return [(np.asarray(f.polygon, float), f.text or "") for f in found]

    return read


def rapid() -> Reader:
    """RapidOCR through its own interface, with its defaults."""
    from rapidocr import RapidOCR

    logging.disable(logging.INFO)
    engine = RapidOCR()

    def read(path: Path) -> list[Line]:
        found = engine(str(path))
        boxes = [] if found.boxes is None else found.boxes
        return [(np.asarray(b, float), t) for b, t in zip(boxes, found.txts or (), strict=True)]

    return read


def timed(read: Reader, files: Sequence[Path]) -> tuple[dict[str, list[Line]], float]:
    """Readings by file name, and seconds per picture."""
    start = time.perf_counter()
    found = {path.name: read(path) for path in files}
    return found, (time.perf_counter() - start) / len(files)


def _sharpness(path: Path) -> float:
    return float(cv2.Laplacian(cv2.imread(str(path), cv2.IMREAD_GRAYSCALE), cv2.CV_64F).var())


def _recall(
    truth: dict[str, list[tuple[Sequence[float], str]]], readings: dict[str, list[Line]]
) -> tuple[int, int]:
    wanted = [(name, p, plain(t)) for name, words in truth.items() for p, t in words if plain(t)]
    return sum(text in read_at(p, readings[name]) for name, p, text in wanted), len(wanted)


def _truths(folder: Path) -> dict[str, tuple[str, dict[str, list[tuple[Sequence[float], str]]]]]:
    scene = json.loads((folder / "ocr_scene_icdar15/words.json").read_text(encoding="utf-8"))
    receipts = json.loads((folder / "ocr_receipts_sroie/lines.json").read_text(encoding="utf-8"))
    plates: dict[str, list[tuple[Sequence[float], str]]] = {}
    with (folder / "plates/labels.csv").open(encoding="utf-8") as file:
        for row in csv.DictReader(file):
            if row["plate"]:
                x, y, w, h = (float(row[key]) for key in "xywh")
                box = (x, y, x + w, y, x + w, y + h, x, y + h)
                plates.setdefault(Path(row["file"]).name, []).append((box, row["plate"]))
    return {
        "scene words": (
            "ocr_scene_icdar15",
            {f: [(w["poly"], w["text"]) for w in words if w["care"]] for f, words in scene.items()},
        ),
        "receipt lines": (
            "ocr_receipts_sroie",
            {f: [(w["poly"], w["text"]) for w in found["lines"]] for f, found in receipts.items()},
        ),
        "number plates": ("plates", plates),
    }


def _characters(folder: Path, read: Reader) -> tuple[float, int]:
    wrong = total = 0
    with (folder / "ocr_chinese/labels.csv").open(encoding="utf-8") as file:
        rows = [row for row in csv.DictReader(file) if row["text"]]
    for row in rows:
        truth = plain(row["text"])
        found = plain("".join(text for _, text in read(folder / "ocr_chinese" / row["file"])))
        if row["file"] == "easyocr_chinese.jpg":  # signs on a pole have no order
            truth, found = "".join(sorted(truth)), "".join(sorted(found))
        wrong += min(Levenshtein.distance(truth, found), len(truth))
        total += len(truth)
    return 1 - wrong / total, total


def _honesty(folder: Path) -> Figure:
    """How far the scores of receipt lines are from the share of lines that are read right."""
    recognizer = TextRecognizer()
    truths = json.loads((folder / "ocr_receipts_sroie/lines.json").read_text(encoding="utf-8"))
    told, right = [], []
    for name, found in truths.items():
        lines = [(np.reshape(line["poly"], (-1, 2)), plain(line["text"])) for line in found["lines"]]
        for finding in recognizer.see([load(folder / "ocr_receipts_sroie" / name, ANALYSIS_SIDE)])[0]:
            middle = np.asarray(finding.polygon).mean(axis=0)
            inside = [
                t for c, t in lines if (c.min(axis=0) <= middle).all() and (middle <= c.max(axis=0)).all()
            ]
            if inside and plain(finding.text or ""):
                told.append(finding.score)
                right.append(any(plain(finding.text or "") in text for text in inside))
    scores, hits = np.array(told), np.array(right)
    reliability(PLOTS / "reliability-text.png", "Lines of text, receipts", scores, hits)
    return Figure("text: calibration error", expected_error(scores, hits), "", better="lower", n=len(hits))


def measure() -> list[Figure]:
    """Recall beside RapidOCR on the same pictures in the same run, noise, and cost."""
    folder = eval_dir()
    readers = {"veduta": ours(), "RapidOCR": rapid()}
    figures = []
    for name, (place, truth) in _truths(folder).items():
        files = [p for p in sorted((folder / place).rglob("*")) if p.name in truth]
        results = {who: timed(read, files) for who, read in readers.items()}
        counts = {who: _recall(truth, found) for who, (found, _) in results.items()}
        (hits, total), (theirs, _) = counts["veduta"], counts["RapidOCR"]
        sharpness = float(np.median([_sharpness(path) for path in files]))
        note = f"RapidOCR {theirs}/{total}; median Laplacian variance of the pictures {sharpness:.0f}"
        target: float | None = theirs / total
        if theirs == 0:
            # Nothing to be no worse than: a tie at zero says nothing about either reader.
            target, note = None, f"NOT A VALID MEASUREMENT: the reference reads nothing either; {note}"
        figures.append(
            Figure(
                f"text: {name} read",
                hits / total,
                "",
                target,
                n=total,
                interval=wilson(hits, total),
                note=note,
            )
        )
        ratio = results["RapidOCR"][1] / results["veduta"][1]
        figures.append(Figure(f"text: {name}, speed against RapidOCR", ratio, "x", n=len(files)))
    figures.append(_honesty(folder))
    accuracy, total = _characters(folder, readers["veduta"])
    reference, _ = _characters(folder, readers["RapidOCR"])
    note = f"RapidOCR {reference:.4f}"
    figures.append(Figure("text: characters, Chinese and mixed", accuracy, "", reference, n=total, note=note))
    others = sorted((folder / "landmarks/others/test").glob("*"))
    lines = [len(readers["veduta"](path)) for path in others]
    note = "all lines, real inscriptions included: an upper bound of false ones"
    figures.append(
        Figure(
            "text: lines per photo of anything",
            float(np.mean(lines)),
            "",
            better="lower",
            n=len(lines),
            note=note,
        )
    )
    return figures
