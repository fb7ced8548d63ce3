"""Two landmarks in one picture, and photos on their side: with and without further looks at a photo.

Pairs of test photos of different landmarks are put side by side, at one height, in memory. The baseline is the same
recognizer that looks at the photo once, as a whole.
"""

from __future__ import annotations

import time
from pathlib import Path

import cv2
import numpy as np

from benchmarks.figure import Figure, eval_dir
from veduta.image.decode import load
from veduta.image.photo import Photo, Pixels
from veduta.landmarks.atlas import Atlas
from veduta.landmarks.recognize import Recognizer
from veduta.see.box import overlap
from veduta.see.finding import Box
from veduta.see.trunk import shared_trunk

PAIRS, HEIGHT = 100, 360


def shown(pixels: Pixels) -> Photo:
    """Pixels as a photo."""
    return Photo(pixels, pixels.shape[1], pixels.shape[0])


def _at_height(path: Path) -> Pixels:
    pixels = load(path, 640).pixels
    width = max(1, round(pixels.shape[1] * HEIGHT / pixels.shape[0]))
    return np.asarray(cv2.resize(pixels, (width, HEIGHT), interpolation=cv2.INTER_AREA), np.uint8)


def measure() -> list[Figure]:
    """Pairs of which both are named, their boxes, photos on their side, and what others cost."""
    folder = eval_dir() / "landmarks"
    atlas = Atlas.open("default")
    judges = {
        "whole photo (baseline)": Recognizer(atlas, parts=False, turns=False),
        "parts and turns": Recognizer(atlas),
    }
    known = [
        (mark.id, path)
        for mark in atlas.landmarks
        for path in sorted((folder / "test" / mark.id).glob("*.jpg"))
    ]
    result = []
    for name, judge in judges.items():
        result += _pairs(name, judge, known) + _aside(name, judge, known)
    return result + _others(judges["parts and turns"], folder / "others" / "test")


def _pairs(name: str, judge: Recognizer, known: list[tuple[str, Path]]) -> list[Figure]:
    random = np.random.default_rng(1)
    both = wrong = count = 0
    overlaps = []
    while count < PAIRS:
        (a, first), (b, second) = (known[int(row)] for row in random.choice(len(known), 2, replace=False))
        if a == b:
            continue
        count += 1
        tiles = [_at_height(first), _at_height(second)]
        border, width = tiles[0].shape[1], tiles[0].shape[1] + tiles[1].shape[1]
        truth: dict[str, Box] = {a: (0, 0, border, HEIGHT), b: (border, 0, width - border, HEIGHT)}
        named = judge.recognize([shown(np.concatenate(tiles, axis=1))], [None])[0]
        right = [one for one in named if one.landmark.id in truth]
        both += len(right) == 2
        wrong += len(right) < len(named)
        overlaps += [overlap(one.box, truth[one.landmark.id]) for one in right if one.box is not None]
    figures = [
        Figure(f"both of two landmarks named, {name}", both / PAIRS, n=PAIRS),
        Figure(f"pairs with a wrong name, {name}", wrong / PAIRS, better="lower", n=PAIRS),
    ]
    if overlaps:
        figures.append(Figure(f"overlap of boxes, {name}", float(np.mean(overlaps)), n=len(overlaps)))
    return figures


def _aside(name: str, judge: Recognizer, known: list[tuple[str, Path]]) -> list[Figure]:
    guessed = named = 0
    for index, (place, path) in enumerate(known):
        photo = shown(np.ascontiguousarray(np.rot90(load(path, 640).pixels, 1 if index % 2 else 3)))
        named += any(one.landmark.id == place for one in judge.recognize([photo], [None])[0])
        guess = judge.guess([photo], [None])[0]
        guessed += guess is not None and guess.landmark.id == place
    return [
        Figure(f"rank-1 of photos on their side, {name}", guessed / len(known), n=len(known)),
        Figure(f"sensitivity of photos on their side, {name}", named / len(known), n=len(known)),
    ]


def _others(judge: Recognizer, folder: Path) -> list[Figure]:
    times, named = [], 0
    paths = sorted(folder.glob("*.jpg"))
    for path in paths:
        photo = shown(load(path, 640).pixels)
        shared_trunk().look([photo])  # paid by the other recognizers
        started = time.process_time()
        named += bool(judge.recognize([photo], [None])[0])
        times.append((time.process_time() - started) * 1000)
    return [
        Figure(
            "photos without landmarks named, parts and turns",
            named / len(paths),
            better="lower",
            n=len(paths),
        ),
        Figure("processor time added, median", float(np.median(times)), "ms", better="lower", n=len(paths)),
        Figure("processor time added, mean", float(np.mean(times)), "ms", better="lower", n=len(paths)),
    ]
