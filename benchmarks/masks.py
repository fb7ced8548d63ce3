"""Masks of persons and smart selection against COCO's outlines: overlap with the truth, and time against GrabCut."""

from __future__ import annotations

import json
import statistics
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from benchmarks.figure import Figure, eval_dir
from veduta.edit.mask import of_polygons
from veduta.edit.pick import pick
from veduta.edit.regions import Eyes, regions
from veduta.edit.select import Click, select
from veduta.image.decode import load
from veduta.image.photo import Photo, Pixels
from veduta.see.box import overlap as box_overlap
from veduta.see.finding import Box
from veduta.see.mask import decode
from veduta.see.person_masks import PersonMasks

Bool = NDArray[np.bool_]

PERSON = 1
# Side of a box, in pixels, from which a thing is large enough to click on and to outline by hand.
LEAST_SIDE = 32
# A box is the right one at this overlap of boxes.
SAME = 0.5


@dataclass(frozen=True)
class Thing:
    """One thing of COCO in a photo."""

    photo: Photo
    category: int
    box: Box
    mask: Bool
    others: tuple[Box, ...]


def things(folder: Path) -> Iterator[list[Thing]]:
    """The things of each photo, without crowds."""
    facts = json.loads((folder / "instances.json").read_text())
    for image in facts["images"]:
        photo = load(folder / "images" / image["file_name"])
        marked = [a for a in facts["annotations"] if a["image_id"] == image["id"] and not a.get("iscrowd")]
        yield [
            Thing(photo, a["category_id"], tuple(map(float, a["bbox"])), _outline(a, photo), ())  # type: ignore[arg-type]
            for a in marked
        ]


def _outline(annotation: dict[str, Any], photo: Photo) -> Bool:
    shape = annotation["segmentation"]
    if isinstance(shape, dict):
        return decode(shape)
    return of_polygons(shape, photo.width, photo.height)


def overlap(a: Bool, b: Bool) -> float:
    """Intersection over union."""
    union = np.count_nonzero(a | b)
    return float(np.count_nonzero(a & b) / union) if union else 1.0


def grabcut_of_box(pixels: Pixels, box: Box) -> Bool:
    """The peer: OpenCV's GrabCut from the box at full size, five rounds, as its tutorial has it."""
    marks = np.zeros(pixels.shape[:2], np.uint8)
    x, y = max(0, int(box[0])), max(0, int(box[1]))
    width = min(pixels.shape[1] - x, max(1, round(box[2])))
    height = min(pixels.shape[0] - y, max(1, round(box[3])))
    if width >= pixels.shape[1] and height >= pixels.shape[0]:
        return np.ones(pixels.shape[:2], bool)
    models = np.zeros((2, 1, 65), np.float64)
    cv2.setRNGSeed(1)
    cv2.grabCut(
        pixels[..., ::-1].copy(), marks, (x, y, width, height), models[0], models[1], 5, cv2.GC_INIT_WITH_RECT
    )
    return np.isin(marks, (cv2.GC_FGD, cv2.GC_PR_FGD))


def grabcut_of_click(pixels: Pixels, x: int, y: int) -> Bool:
    """The peer of a click: GrabCut at full size, a spot surely the thing, the photo's rim surely not."""
    height, width = pixels.shape[:2]
    marks = np.full((height, width), cv2.GC_PR_BGD, np.uint8)
    reach = max(8, round(0.12 * max(height, width)))
    cv2.circle(marks, (x, y), reach, cv2.GC_PR_FGD, -1)
    cv2.circle(marks, (x, y), max(2, reach // 8), cv2.GC_FGD, -1)
    models = np.zeros((2, 1, 65), np.float64)
    cv2.setRNGSeed(1)
    cv2.grabCut(pixels[..., ::-1].copy(), marks, (0, 0, 1, 1), models[0], models[1], 5, cv2.GC_INIT_WITH_MASK)
    return np.isin(marks, (cv2.GC_FGD, cv2.GC_PR_FGD))


def flood(pixels: Pixels, x: int, y: int) -> Bool:
    """The other peer: OpenCV's flood fill with a fixed tolerance of 24, a magic wand."""
    mask = np.zeros((pixels.shape[0] + 2, pixels.shape[1] + 2), np.uint8)
    how = 4 | cv2.FLOODFILL_MASK_ONLY | cv2.FLOODFILL_FIXED_RANGE | (255 << 8)
    cv2.floodFill(pixels.copy(), mask, (x, y), 0, (24,) * 3, (24,) * 3, how)
    return mask[1:-1, 1:-1] > 0


def innermost(mask: Bool) -> tuple[int, int]:
    """The point (x, y) of a mask that is farthest from its edge: where one would click."""
    padded = np.pad(mask, 1).astype(np.uint8)
    away = cv2.distanceTransform(padded, cv2.DIST_L2, cv2.DIST_MASK_PRECISE)
    y, x = np.unravel_index(int(away.argmax()), away.shape)
    return int(x) - 1, int(y) - 1


def _persons(folder: Path) -> list[Figure]:
    networks, eyes = PersonMasks(), Eyes()
    ours: list[float] = []
    peer: list[float] = []
    small: list[float] = []
    detected: list[float] = []
    lost = total = 0
    spent = [0.0, 0.0]
    for seen in things(folder):
        persons = [t for t in seen if t.category == PERSON]
        if not persons:
            continue
        photo = persons[0].photo
        start = time.perf_counter()
        patches = networks.masks(photo, [t.box for t in persons])
        spent[0] += time.perf_counter() - start
        for thing, patch in zip(persons, patches, strict=True):
            told = overlap(patch.full(), thing.mask)
            if min(thing.box[2:]) < LEAST_SIDE:
                small.append(told)
                continue
            ours.append(told)
            start = time.perf_counter()
            peer.append(overlap(grabcut_of_box(photo.pixels, thing.box), thing.mask))
            spent[1] += time.perf_counter() - start
        found = regions(photo, ["people"], eyes=eyes)
        for thing in persons:
            if min(thing.box[2:]) < LEAST_SIDE:
                continue
            total += 1
            best = max(found, key=lambda r: box_overlap(r.box, thing.box), default=None)
            if best is None or box_overlap(best.box, thing.box) < SAME:
                lost += 1
            else:
                detected.append(overlap(best.mask, thing.mask))
    per_person = spent[0] / (len(ours) + len(small)), spent[1] / max(1, len(peer))
    note = f"persons at least {LEAST_SIDE} pixels wide and high, true boxes"
    return [
        Figure("persons: IoU of masks", statistics.mean(ours), "", n=len(ours), note=note),
        Figure(
            "persons: IoU of masks, GrabCut", statistics.mean(peer), "", n=len(peer), note="peer, " + note
        ),
        Figure("persons: IoU of masks, small", statistics.mean(small), "", n=len(small), note="all others"),
        Figure(
            "persons: IoU of masks, detected",
            statistics.mean(detected),
            "",
            n=len(detected),
            note=f"boxes of our detectors; {lost} of {total} persons have none",
        ),
        Figure(
            "persons: time of a mask",
            per_person[0] / per_person[1],
            "x GrabCut",
            1,
            better="lower",
            n=len(peer),
            note=f"{per_person[0] * 1000:.0f} ms a person, GrabCut of the whole picture {per_person[1] * 1000:.0f} ms",
        ),
    ]


def _timed(make: Callable[[], Bool]) -> tuple[Bool, float]:
    start = time.perf_counter()
    made = make()
    return made, time.perf_counter() - start


def _clicks(folder: Path) -> list[Figure]:
    names = ("ours", "ours, colors alone", "GrabCut", "flood fill", "ours, box", "GrabCut, box")
    eyes = Eyes()
    told: dict[str, list[float]] = {name: [] for name in names}
    spent: dict[str, list[float]] = {name: [] for name in names}
    for seen in things(folder):
        for thing in seen:
            if min(thing.box[2:]) < LEAST_SIDE:
                continue
            photo, pixels, (x, y) = thing.photo, thing.photo.pixels, innermost(thing.mask)
            makers: tuple[Callable[[], Bool], ...] = (
                lambda p=photo, x=x, y=y: pick(p, [Click(x, y)], eyes=eyes),
                lambda p=pixels, x=x, y=y: select(p, [Click(x, y)]),
                lambda p=pixels, x=x, y=y: grabcut_of_click(p, x, y),
                lambda p=pixels, x=x, y=y: flood(p, x, y),
                lambda p=photo, b=thing.box: pick(p, box=b, eyes=eyes),
                lambda p=pixels, b=thing.box: grabcut_of_box(p, b),
            )
            for name, make in zip(names, makers, strict=True):
                made, seconds = _timed(make)
                told[name].append(overlap(made, thing.mask))
                spent[name].append(seconds)
    figures = [
        Figure(f"selection: IoU, {name}", statistics.mean(told[name]), "", n=len(told[name]), note=note)
        for name, note in zip(
            names,
            ("a click", "a click", "peer, a click", "peer, a click", "a box", "peer, a box"),
            strict=True,
        )
    ]
    ratio = statistics.median(spent["ours"]) / statistics.median(spent["GrabCut"])
    return [
        *figures,
        Figure(
            "selection: time of a click",
            ratio,
            "x GrabCut",
            1,
            better="lower",
            note=f"median {statistics.median(spent['ours']) * 1000:.0f} ms, GrabCut at full size"
            f" {statistics.median(spent['GrabCut']) * 1000:.0f} ms, pictures of 0.3 megapixels",
        ),
        _large(),
    ]


def _large() -> Figure:
    """A click on a photo of 12 megapixels, which GrabCut alone would take half a minute for."""
    import skimage

    small = load(Path(skimage.__file__).parent / "data" / "coffee.png").pixels
    large = np.asarray(cv2.resize(small, (4200, 2800), interpolation=cv2.INTER_CUBIC), np.uint8)
    seconds = statistics.median(_timed(lambda: select(large, [Click(2100, 1540)]))[1] for _ in range(5))
    return Figure(
        "selection: a click on 12 megapixels, colors alone", seconds * 1000, "ms", 300, better="lower"
    )


def measure() -> list[Figure]:
    """Overlap with COCO's outlines on 56 photos, and time."""
    folder = eval_dir() / "objects_coco288"
    return [*_persons(folder), *_clicks(folder)]
