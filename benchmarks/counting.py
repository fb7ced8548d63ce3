"""Counting people: against heads marked by hand and COCO's persons, beside two plain counters in the same run."""

from __future__ import annotations

import json
import statistics
import time
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np

from benchmarks.figure import Figure, eval_dir
from veduta.image.decode import load
from veduta.image.frames import Frame, frames
from veduta.image.photo import Photo
from veduta.see.count import Count, Counter
from veduta.see.count_video import count_video, sightings
from veduta.see.flow import Flow, Line
from veduta.see.objects import ObjectRecognizer, probability
from veduta.see.objects_names import PERSON
from veduta.see.objects_tiles import Tile
from veduta.see.track import Tracker

SIDE = 2048
# Cars in car-detection.mp4, counted by looking at its frames one after the other: which way each passes the middle.
CARS_DOWN, CARS_UP = 2, 2
# Upright lines in stack_moving/dancing, by their x, and who crosses each (in, out): looked at frame by frame.
WALKED = {90: (1, 0), 150: (1, 0), 220: (1, 0)}


def marked(folder: Path) -> dict[Path, int]:
    """Pictures of crowd_people38 and how many heads are marked in them."""
    truth = json.loads((folder / "head_points.json").read_text())
    return {folder / name: len(heads) for name, heads in truth.items()}


def persons_of_coco(folder: Path) -> tuple[dict[Path, int], int]:
    """Pictures of COCO and their persons, without those in which a crowd is marked as one; how many those are."""
    facts = json.loads((folder / "instances.json").read_text())
    number = next(c["id"] for c in facts["categories"] if c["name"] == "person")
    told: dict[Path, int] = {}
    crowds = 0
    for image in facts["images"]:
        here = [
            a for a in facts["annotations"] if a["image_id"] == image["id"] and a["category_id"] == number
        ]
        if any(a.get("iscrowd") for a in here):
            crowds += 1
        else:
            told[folder / "images" / image["file_name"]] = len(here)
    return told, crowds


def single_pass() -> Callable[[Photo], int]:
    """The peer most like ours: the same detector, one look at the whole photo."""
    recognizer = ObjectRecognizer()

    def count(photo: Photo) -> int:
        height, width = photo.pixels.shape[:2]
        whole = Tile(0, 0, width, height, (False, False, False, False), detail=False)
        (boxes,) = recognizer.look([photo.pixels], [[whole]])
        kept = cv2.dnn.NMSBoxes(
            [
                (float(a), float(b), float(c - a), float(d - b))
                for a, b, c, d in boxes.edges[boxes.names == PERSON]
            ],
            [probability(float(raw), PERSON) for raw in boxes.scores[boxes.names == PERSON]],
            0.5,
            0.5,
        )
        return len(kept)

    return count


def histogram_of_gradients() -> Callable[[Photo], int]:
    """OpenCV's detector of people who stand or walk (Dalal and Triggs, 2005)."""
    detector = cv2.HOGDescriptor()
    detector.setSVMDetector(cv2.HOGDescriptor.getDefaultPeopleDetector())

    def count(photo: Photo) -> int:
        pixels = photo.at_side(1024)
        if min(pixels.shape[:2]) < 130:
            return 0
        boxes, _ = detector.detectMultiScale(
            cv2.cvtColor(pixels, cv2.COLOR_RGB2BGR), winStride=(8, 8), scale=1.05
        )
        return len(boxes)

    return count


def errors(told: dict[Path, int], count: Callable[[Photo], int]) -> list[int]:
    """Counted less true, for each picture."""
    return [count(load(path, SIDE)) - true for path, true in told.items()]


def mean_error(found: list[int]) -> float:
    """Mean absolute error."""
    return statistics.mean(abs(error) for error in found)


def ours(told: dict[Path, int], counter: Counter) -> tuple[list[int], float, float]:
    """Errors, the share of intervals that hold the truth, and their mean width."""
    counts: list[tuple[Count, int]] = [(counter.count(load(path, SIDE)), true) for path, true in told.items()]
    held = statistics.mean(one.low <= true <= one.high for one, true in counts)
    width = statistics.mean(one.high - one.low for one, _ in counts)
    return [one.count - true for one, true in counts], held, width


def seconds(photos: list[Photo], count: Callable[[Photo], object]) -> float:
    """Wall time a photo, decoding apart."""
    count(photos[0])
    start = time.perf_counter()
    for photo in photos:
        count(photo)
    return (time.perf_counter() - start) / len(photos)


def cars(folder: Path) -> tuple[int, int]:
    """How many cars cross the middle of the clip, downwards and upwards, by what moves before the camera."""
    told = count_video(folder / "car-detection.mp4", None, line="0,0.5,1,0.5")
    ways = [crossing.way for crossing in told.crossings or ()]
    return ways.count("in"), ways.count("out")


def walkers(folder: Path) -> list[tuple[int, int]]:
    """Crossings, in and out, of each line of WALKED by the two people of a sequence, ten frames a second."""
    counter = Counter()
    tracker: Tracker | None = None
    flows: list[Flow] = []
    for number, path in enumerate(sorted(folder.glob("*.jpg"))):
        photo = load(path)
        if tracker is None:
            tracker = Tracker(photo.width, photo.height)
            flows = [Flow(Line(x, photo.height, x, 0)) for x in WALKED]
        (sight,) = counter.look([photo], bodies_only=True)
        frame = Frame(number / 10, photo.pixels, photo.width, photo.height)
        seen = tracker.update(frame.time, sightings(frame, sight))
        for flow in flows:
            flow.update(frame.time, seen)
    return [(flow.inward, flow.outward) for flow in flows]


def measure() -> list[Figure]:
    """Errors, coverage, peers, time, and flow over a line in a clip."""
    folder = eval_dir()
    groups = marked(folder / "crowd_people38")
    coco, crowds = persons_of_coco(folder / "objects_coco288")
    counter, plain, hog = Counter(), single_pass(), histogram_of_gradients()
    group_errors, group_held, group_width = ours(groups, counter)
    coco_errors, coco_held, coco_width = ours(coco, counter)
    photos = [load(path, SIDE) for path in list(groups)[:8]]
    ratio = seconds(photos, counter.count) / seconds(photos, hog)
    down, up = cars(folder / "video_clips")
    crossed = walkers(folder / "stack_moving" / "dancing")
    wrong = sum(abs(a - c) + abs(b - d) for (a, b), (c, d) in zip(crossed, WALKED.values(), strict=True))
    looks = sum(1 for _ in frames(folder / "video_clips" / "car-detection.mp4", 0.12))
    note = f"{len(groups)} photos of 3 to 53 people"
    kept = f"photos of COCO; {crowds} in which persons are marked as one crowd are left out"
    return [
        Figure(
            "groups: mean absolute error",
            mean_error(group_errors),
            "people",
            4,
            "lower",
            len(groups),
            note=note,
        ),
        Figure(
            "groups: bias", float(np.mean(group_errors)), "people", n=len(groups), note="counted less true"
        ),
        Figure(
            "groups: intervals that hold the truth", group_held, "", 0.8, n=len(groups), note="meant: 0.9"
        ),
        Figure("groups: mean width of intervals", group_width, "people", better="lower", n=len(groups)),
        Figure(
            "groups: mean absolute error, one look of the same detector",
            mean_error(errors(groups, plain)),
            "people",
            better="lower",
            n=len(groups),
        ),
        Figure(
            "groups: mean absolute error, OpenCV's HOG",
            mean_error(errors(groups, hog)),
            "people",
            better="lower",
            n=len(groups),
        ),
        Figure(
            "persons: mean absolute error",
            mean_error(coco_errors),
            "people",
            1.5,
            "lower",
            len(coco),
            note=kept,
        ),
        Figure("persons: intervals that hold the truth", coco_held, "", 0.8, n=len(coco), note="meant: 0.9"),
        Figure("persons: mean width of intervals", coco_width, "people", better="lower", n=len(coco)),
        Figure(
            "persons: mean absolute error, one look of the same detector",
            mean_error(errors(coco, plain)),
            "people",
            better="lower",
            n=len(coco),
        ),
        Figure(
            "persons: mean absolute error, OpenCV's HOG",
            mean_error(errors(coco, hog)),
            "people",
            better="lower",
            n=len(coco),
        ),
        Figure(
            "time of a count",
            ratio,
            "x",
            better="lower",
            n=len(photos),
            note="against OpenCV's HOG at 1024 pixels",
        ),
        Figure(
            "flow: people counted wrongly",
            wrong,
            "crossings",
            better="lower",
            n=sum(a + b for a, b in WALKED.values()),
            note=f"stack_moving/dancing, three lines (in, out): {crossed} of {list(WALKED.values())}; truth by eye",
        ),
        Figure(
            "flow: cars counted wrongly",
            abs(down - CARS_DOWN) + abs(up - CARS_UP),
            "cars",
            better="lower",
            n=CARS_DOWN + CARS_UP,
            note=f"car-detection.mp4, {looks} looks: {down} of {CARS_DOWN} down, {up} of {CARS_UP} up; "
            "--what moving, for the detector takes cars seen from above for telephones",
        ),
    ]
