"""Number plates: found, boxed and read beside OpenCV's cascades; and what is left to an attacker of redacted faces.

How boxes are counted: a labelled plate is found when a box overlaps it (intersection over union) by the share told; a
box that overlaps no labelled plate counts as false unless `plates_judged.csv`, made by looking at each of them, says
that there is a plate that nobody labelled.
"""

from __future__ import annotations

import csv
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from benchmarks.figure import Figure, eval_dir
from benchmarks.reliability import wilson
from veduta.image.decode import load
from veduta.image.photo import Photo
from veduta.see.box import overlap
from veduta.see.finding import Box, Finding
from veduta.see.plate_reading import plain
from veduta.see.plates import PlateRecognizer

SIDE = 2048
JUDGED = Path(__file__).with_name("plates_judged.csv")
CASCADES = ("haarcascade_russian_plate_number.xml", "haarcascade_license_plate_rus_16stages.xml")
OVERLAPS = (0.3, 0.5, 0.7)
Looker = Callable[[Photo], list[Finding]]


def labels(folder: Path) -> list[tuple[str, Box, str]]:
    """File, box and text of each labelled plate."""
    with (folder / "labels.csv").open(encoding="utf-8") as file:
        return [
            (row["file"], (float(row["x"]), float(row["y"]), float(row["w"]), float(row["h"])), row["plate"])
            for row in csv.DictReader(file)
        ]


def judged() -> dict[tuple[str, int, int], str]:
    """What boxes without label show, by file and middle rounded to 20 pixels: plate, part, sign..."""
    if not JUDGED.is_file():
        return {}
    with JUDGED.open(encoding="utf-8") as file:
        return {(row["file"], int(row["x"]), int(row["y"])): row["shows"] for row in csv.DictReader(file)}


def place(file: str, box: Box) -> tuple[str, int, int]:
    """The key of a box in the list of judgments."""
    return file, round((box[0] + box[2] / 2) / 20), round((box[1] + box[3] / 2) / 20)


def is_plate(known: dict[tuple[str, int, int], str], file: str, box: Box) -> bool:
    """Whether a box, or one a little beside it, was judged to show a plate without label."""
    name, x, y = place(file, box)
    return any(known.get((name, x + i, y + j)) == "plate" for i in (-1, 0, 1) for j in (-1, 0, 1))


def cascades() -> Looker:
    """OpenCV's two cascades of number plates, both together."""
    opened = [cv2.CascadeClassifier(cv2.data.haarcascades + name) for name in CASCADES]

    def look(photo: Photo) -> list[Finding]:
        gray = cv2.cvtColor(photo.pixels, cv2.COLOR_RGB2GRAY)
        boxes = [tuple(map(float, b)) for c in opened for b in c.detectMultiScale(gray, 1.1, 4)]
        scale = photo.width / photo.pixels.shape[1]
        return [
            Finding(
                "plate", "number plate", 0.5, "cascade", "1", box=(x * scale, y * scale, w * scale, h * scale)
            )
            for x, y, w, h in boxes
        ]

    return look


def score(
    truth: Sequence[tuple[str, Box, str]], found: dict[str, list[Finding]]
) -> tuple[dict[float, int], int, list[tuple[str, Finding]]]:
    """How many are found at each overlap, how many are read right, and the boxes that are not of labelled plates."""
    hits, read = dict.fromkeys(OVERLAPS, 0), 0
    loose: list[tuple[str, Finding]] = []
    for file, box, text in truth:
        best = max((f for f in found[file] if f.box), key=lambda f: overlap(f.box or box, box), default=None)
        reach = overlap(best.box, box) if best is not None and best.box else 0.0
        for least in OVERLAPS:
            hits[least] += reach >= least
        read += best is not None and reach > 0.1 and plain(best.text or "") == plain(text)
        loose += [(file, f) for f in found[file] if f.box and overlap(f.box, box) < 0.1]
    return hits, read, loose


def _look(look: Looker, files: Sequence[Path], root: Path) -> tuple[dict[str, list[Finding]], float]:
    start = time.perf_counter()
    found = {str(path.relative_to(root)): look(load(path, SIDE)) for path in files}
    return found, (time.perf_counter() - start) / max(1, len(files))


def measure() -> list[Figure]:
    """Recall, false boxes and readings on `plates`, boxes on photos of anything, and the attack on faces."""
    folder = eval_dir() / "plates"
    truth = labels(folder)
    recognizer = PlateRecognizer()
    looks: dict[str, Looker] = {"veduta": lambda photo: recognizer.see([photo])[0], "cascades": cascades()}
    files = [folder / file for file, _, _ in truth]
    results = {who: _look(look, files, folder) for who, look in looks.items()}
    (found, seconds), (theirs, their_seconds) = results["veduta"], results["cascades"]
    hits, read, loose = score(truth, found)
    their_hits, _, their_loose = score(truth, theirs)
    known, count = judged(), len(truth)
    false = [(file, f) for file, f in loose if not is_plate(known, file, f.box or (0, 0, 0, 0))]
    figures = [
        Figure(
            f"plates: found, overlap of at least {least}",
            hits[least] / count,
            "",
            0.85 if least == 0.5 else None,
            n=count,
            interval=wilson(hits[least], count),
            note=f"OpenCV's cascades {their_hits[least]}/{count}",
        )
        for least in OVERLAPS
    ]
    note = f"{len(loose) - len(false)} boxes on plates without label not counted; cascades {len(their_loose)} boxes"
    figures.append(
        Figure("plates: false boxes a photo", len(false) / count, "", 0.3, better="lower", n=count, note=note)
    )
    figures.append(
        Figure("plates: read without a mistake", read / count, "", n=count, interval=wilson(read, count))
    )
    figures.append(Figure("plates: speed against OpenCV's cascades", their_seconds / seconds, "x", n=count))
    others = sorted((eval_dir() / "landmarks/others/test").glob("*"))
    boxes = [f for found in _look(looks["veduta"], others, eval_dir())[0].items() for f in found[1]]
    note = "all boxes, true plates on vehicles included"
    figures.append(
        Figure(
            "plates: boxes per photo of anything",
            len(boxes) / len(others),
            "",
            better="lower",
            n=len(others),
            note=note,
        )
    )
    return [*figures, *_attack()]


def _attack() -> list[Figure]:
    """How often a redacted face is matched with its person by an attacker who knows all faces and where each was."""
    from veduta.edit.redaction import hide
    from veduta.edit.regions import Eyes
    from veduta.edit.sensitive import mask_of, sensitive
    from veduta.see.face_identity import FaceIdentity, align

    with (eval_dir() / "faces/labels.csv").open(encoding="utf-8") as file:
        rows = [row for row in csv.DictReader(file) if row["identity"] and row["group"] != "groups"]
    first = {row["identity"]: row["file"] for row in reversed(rows)}
    eyes, identity = Eyes(), FaceIdentity()
    plain_chips: list[NDArray[np.uint8]] = []
    hidden: dict[str, list[NDArray[np.uint8]]] = {
        "pixelate": [],
        "blur": [],
        "plain blur": [],
        "plain mosaic": [],
    }
    for name in first.values():
        photo = load(eval_dir() / "faces" / name, SIDE)
        faces = eyes.see("faces", photo)
        if not faces:
            continue
        points = np.array(max(faces, key=lambda f: f.score).extra["landmarks"], np.float32)
        full = photo.full()
        found, stay = sensitive(photo, ["faces"], eyes=eyes)
        mask = mask_of(found, stay, full.shape[1], full.shape[0])
        plain_chips.append(align(full, points))
        for style in ("pixelate", "blur"):
            hidden[style].append(align(hide(full, found, stay, style), points))  # type: ignore[arg-type]
        for style, cover in (("plain blur", _blurred(full, mask)), ("plain mosaic", _mosaic(full, mask))):
            hidden[style].append(align(np.where(mask[..., None], cover, full).astype(np.uint8), points))
    known, count = identity.vectors(plain_chips), len(plain_chips)
    matched = {
        style: float((identity.vectors(chips) @ known.T).argmax(axis=1).__eq__(np.arange(count)).mean())
        for style, chips in hidden.items()
    }
    note = (
        f"chance {1 / count:.3f}; plain Gaussian blur {matched['plain blur']:.2f},"
        f" plain mosaic {matched['plain mosaic']:.2f} of the same faces"
    )
    return [
        Figure(
            f"redaction: faces matched through {style}",
            matched[style],
            "",
            3 / count,
            better="lower",
            n=count,
            note=note,
        )
        for style in ("pixelate", "blur")
    ]


def _width(mask: NDArray[np.bool_]) -> int:
    return max(8, int(np.ptp(np.flatnonzero(mask.any(axis=0)))) if mask.any() else 8)


def _blurred(pixels: NDArray[np.uint8], mask: NDArray[np.bool_]) -> NDArray[np.uint8]:
    """A Gaussian or box blur whose width is a share of the face's, as anonymizers commonly apply."""
    side = max(1, _width(mask) // 6)
    return np.asarray(cv2.blur(pixels, (side, side)), np.uint8)


def _mosaic(pixels: NDArray[np.uint8], mask: NDArray[np.bool_]) -> NDArray[np.uint8]:
    """A mosaic of 16 cells across the face."""
    cell = max(1, _width(mask) // 16)
    size = (max(1, pixels.shape[1] // cell), max(1, pixels.shape[0] // cell))
    small = cv2.resize(pixels, size, interpolation=cv2.INTER_AREA)
    return np.asarray(cv2.resize(small, pixels.shape[1::-1], interpolation=cv2.INTER_NEAREST), np.uint8)
