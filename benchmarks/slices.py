"""Registering sections of phantoms with known motion, against plain pairwise phase correlation."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable

import cv2
import numpy as np
from numpy.typing import NDArray

from benchmarks.figure import Figure
from benchmarks.phantom import Phantom, errors, phantom
from veduta.progress import Silent
from veduta.space.alignment import poses
from veduta.space.elastic import Field, bends
from veduta.space.pose import Pose, moved

Points = NDArray[np.float64]
Where = Callable[[int, Points], Points]
SEEDS = (11, 12)  # nothing was tuned on these
PHANTOMS: dict[str, dict[str, float]] = {
    "upright": {"shift": 5, "turn": 5},
    "leaning by 20 px": {"shift": 5, "turn": 5, "lean": 20},
    "bent by 2 px": {"shift": 5, "turn": 5, "lean": 10, "bend": 2},
}
COUNT, SIDE = 40, 112


def measure() -> list[Figure]:
    """Mean distance in pixels between where places of the object are and where the registration says they are."""
    figures, seconds = [], []
    for name, motion in PHANTOMS.items():
        found: dict[str, list[float]] = {
            "as laid": [],
            "phase correlation": [],
            "rigid": [],
            "rigid and elastic": [],
        }
        for seed in SEEDS:
            made = phantom(COUNT, SIDE, seed, **motion)
            started = time.perf_counter()
            places, fields = registration(made)
            seconds.append((time.perf_counter() - started) / COUNT)
            found["as laid"].append(errors(made, lambda _, p: p).mean())
            found["phase correlation"].append(errors(made, phase_correlation(made)).mean())
            found["rigid"].append(errors(made, undone(made, places, None)).mean())
            found["rigid and elastic"].append(errors(made, undone(made, places, fields)).mean())
        for way, values in found.items():
            target = 1.0 if way == "rigid and elastic" else None
            note = "turns are not its business" if way == "phase correlation" else ""
            value = statistics.mean(values)
            figures.append(
                Figure(f"slices, {name}: error, {way}", value, "px", target, "lower", len(SEEDS), note=note)
            )
    note = f"{SIDE} x {SIDE} pixels, rigid and elastic"
    return [*figures, Figure("slices: a section", statistics.median(seconds), "s", None, "lower", note=note)]


def registration(made: Phantom) -> tuple[list[Pose], list[Field]]:
    """Ours, as the command does it."""
    planes = [one.astype(np.float32) for one in made.laid]
    places = poses(planes, Silent())
    return places, bends([moved(one, pose) for one, pose in zip(planes, places, strict=True)], Silent())


def undone(made: Phantom, places: list[Pose], fields: list[Field] | None) -> Where:
    """From places in a picture to places in the registered stack."""
    height, width = made.laid.shape[1:]

    def where(number: int, points: Points) -> Points:
        matrix = places[number].matrix(width, height)
        wanted = np.asarray((points - matrix[:, 2]) @ np.linalg.inv(matrix[:, :2]).T, np.float64)
        at = wanted.copy()
        for _ in range(0 if fields is None else 15):  # a field leads from the stack to the picture
            x, y = (at[:, axis].astype(np.float32)[None] for axis in range(2))
            by = [
                cv2.remap(fields[number][..., k], x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)[0]  # type: ignore[index]
                for k in range(2)
            ]
            at = np.asarray(wanted - np.stack(by, -1), np.float64)
        return at

    return where


def phase_correlation(made: Phantom) -> Where:
    """The peer: each section shifted onto the one before, all shifts added up."""
    height, width = made.laid.shape[1:]
    window = np.asarray(cv2.createHanningWindow((width, height), cv2.CV_32F), np.float32)
    at = [np.zeros(2)]
    for one, other in zip(made.laid, made.laid[1:], strict=False):
        shift, _ = cv2.phaseCorrelate(one.astype(np.float32), other.astype(np.float32), window)
        at.append(at[-1] + shift)
    return lambda number, points: np.asarray(points - at[number], np.float64)
