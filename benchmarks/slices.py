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
from veduta.space.elastic import Field, bends, spread
from veduta.space.pose import Pose, moved

Points = NDArray[np.float64]
Where = Callable[[int, Points], Points]
SEEDS = (11, 12)  # nothing was tuned on these
COUNT, SIDE = 40, 112
PHANTOMS: dict[str, dict[str, float]] = {
    "upright": {"shift": 5, "turn": 5},
    "leaning by 20 px": {"shift": 5, "turn": 5, "lean": 20},
    "bent by 2 px": {"shift": 5, "turn": 5, "lean": 10, "bend": 2},
}
# Shorter and rougher ones: sections (n, h, w) after what befell them, and which of them are left.
SHORT = 24
ROUGH: dict[str, dict[str, float]] = {
    "turned by 8 degrees": {"shift": 5, "turn": 8, "bend": 2},
    "bent by 4 px": {"shift": 5, "turn": 5, "bend": 4},
    "bent by 6 px": {"shift": 5, "turn": 5, "bend": 6},
    "stained unlike": {"shift": 5, "turn": 5, "bend": 2},
    "corners torn off": {"shift": 5, "turn": 5, "bend": 2},
    "some missing": {"shift": 5, "turn": 5, "bend": 2},
}


def measure() -> list[Figure]:
    """Mean distance in pixels between where places of the object are and where the registration says they are."""
    figures, seconds = [], []
    for name, motion in (PHANTOMS | ROUGH).items():
        found: dict[str, list[float]] = {
            "as laid": [],
            "phase correlation": [],
            "rigid": [],
            "rigid and elastic": [],
        }
        for seed in SEEDS:
            made, heights = befallen(name, seed, motion)
            started = time.perf_counter()
            places, fields = registration(made, heights)
            seconds.append((time.perf_counter() - started) / len(heights))
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


def befallen(name: str, seed: int, motion: dict[str, float]) -> tuple[Phantom, list[int]]:
    """A phantom after what its name tells, and the heights of its sections."""
    made = phantom(SHORT if name in ROUGH else COUNT, SIDE, seed, **motion)
    rng = np.random.default_rng(seed)
    laid = made.laid.copy()
    left = list(range(len(laid)))
    if name == "stained unlike":
        powers, gains = rng.uniform(0.85, 1.2, len(laid)), rng.uniform(0.65, 1.25, len(laid))
        for one, power, gain in zip(laid, powers, gains, strict=True):
            one[:] = np.clip(255 * gain * (one / 255) ** power, 0, 255).astype(np.uint8)
    elif name == "corners torn off":
        y, x = np.mgrid[:SIDE, :SIDE] - SIDE / 2
        for one in rng.choice(len(laid), len(laid) // 6, replace=False):
            way = rng.uniform(0, 2 * np.pi)
            laid[one][x * np.cos(way) + y * np.sin(way) > 0.2 * SIDE] = 0
    elif name == "some missing":
        left = [one for one in left if one % 7 != 3]
    parts = ([many[one] for one in left] for many in (made.poses, made.bends))
    return Phantom(laid[left], made.cut[left], *parts, made.inside[left]), left


def registration(made: Phantom, heights: list[int]) -> tuple[list[Pose], list[Field]]:
    """Ours, as the command does it."""
    planes = [one.astype(np.float32) for one in made.laid]
    places = poses(planes, Silent(), heights=heights)
    lying = [moved(one, pose) for one, pose in zip(planes, places, strict=True)]
    return places, bends(lying, Silent(), heights)


def undone(made: Phantom, places: list[Pose], fields: list[Field] | None) -> Where:
    """From places in a picture to places in the registered stack."""
    height, width = made.laid.shape[1:]
    fields = None if fields is None else [spread(one, (height, width)) for one in fields]

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
