"""Pencil sketches against OpenCV's pencilSketch, picture by picture and a folder at a time."""

from __future__ import annotations

import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import cv2

from benchmarks.figure import Figure
from benchmarks.photographs import photograph, pictures
from veduta.cli.sketch import sketch
from veduta.edit.sketch import Sketch

ROUNDS, PHOTOS = 3, 4
WIDTH, HEIGHT = 1600, 1200  # OpenCV's takes most of a minute for a photo of 12 megapixels on a busy machine


def measure() -> list[Figure]:
    """Both in turn, in the same run; reading and writing are part of the folder's time."""
    with tempfile.TemporaryDirectory() as work:
        folder = Path(work) / "photos"
        folder.mkdir()
        paths = [
            photograph(path, folder / f"{number}.jpg", number, WIDTH, HEIGHT)
            for number, path in enumerate(pictures(PHOTOS))
        ]
        pixels = cv2.cvtColor(cv2.imread(str(paths[0])), cv2.COLOR_BGR2RGB)
        ours, theirs, whole, whole_theirs = [], [], [], []
        for number in range(ROUNDS):
            ours.append(_seconds(lambda: Sketch(strength=1.0).apply(pixels)))
            theirs.append(_seconds(lambda: cv2.pencilSketch(pixels)))
            out = Path(work) / f"out-{number}"
            whole.append(_seconds(lambda out=out: sketch([folder], out)))  # type: ignore[misc]
            whole_theirs.append(_seconds(lambda: _their_folder(paths, Path(work))))
    size = f"{WIDTH} x {HEIGHT}"
    return [
        Figure(
            "sketch: one picture, speed against OpenCV's pencilSketch",
            statistics.median(theirs) / statistics.median(ours),
            "x",
            2.0,
            n=ROUNDS,
            note=size,
        ),
        Figure(
            "sketch: a folder, speed against OpenCV's pencilSketch",
            statistics.median(whole_theirs) / statistics.median(whole),
            "x",
            2.0,
            n=ROUNDS,
            note=f"{PHOTOS} JPEG files of {size}, read and written by both; ours keeps their metadata",
        ),
    ]


def _their_folder(paths: list[Path], work: Path) -> None:
    for path in paths:
        drawn, _ = cv2.pencilSketch(cv2.imread(str(path)))
        cv2.imwrite(str(work / f"theirs-{path.name}"), drawn)


def _seconds(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started
