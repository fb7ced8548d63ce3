"""Distance from two views: disparities against measured truth, heights of boxes against drawn ones."""

from __future__ import annotations

import statistics
import time
from collections.abc import Iterator
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from benchmarks.figure import Figure, eval_dir
from benchmarks.floor_scene import Box, Scene, draw
from veduta.image.photo import Pixels
from veduta.space.depth import meters
from veduta.space.disparity import Method, match
from veduta.space.obstacles import find_obstacles
from veduta.space.rig import View

Map = NDArray[Any]
# What is asked of the Motorcycle pair: percent of the pixels that are more than 2 pixels off.
WANTED = 17.0
# Disparities that the peers search in each pair, as they would be told by hand.
COUNTS = {"Motorcycle": 80, "cones": 64, "teddy": 64}
ROUNDS = 3
SCENE = Scene(
    (
        Box(-0.15, 0.75, 0.12, 0.1, 0.02),
        Box(0.12, 0.8, 0.1, 0.08, 0.035, 20),
        Box(-0.02, 1.3, 0.2, 0.15, 0.1, -15),
    )
)


def measure() -> list[Figure]:
    """Bad pixels of three pairs beside OpenCV's matcher, the time for one, and a drawn floor with boxes."""
    figures = []
    for name, left, right, truth in pairs():
        ours, fast = (match(left, right, None, method).values for method in _methods())
        plain, smooth = peers(left, right, COUNTS[name])
        note = ", ".join(
            f"{what} {bad(values, truth):.1f}"
            for what, values in (
                ("SGBM", plain),
                ("SGBM + WLS", smooth),
                ("ours by --method blocks", fast),
            )
        )
        target = WANTED if name == "Motorcycle" else None
        figures.append(
            Figure(
                f"{name}: bad 2.0",
                bad(ours, truth),
                "%",
                target,
                better="lower",
                n=int(np.isfinite(truth).sum()),
                note=f"all pixels with truth, occluded ones too; {note}",
            )
        )
    return [*figures, speed(), *drawn()]


def _methods() -> tuple[Method, Method]:
    return "census", "blocks"


def pairs() -> Iterator[tuple[str, Pixels, Pixels, Map]]:
    """Name, views and true disparities (not a number: not known)."""
    from skimage import data

    left, right, truth = data.stereo_motorcycle()
    yield "Motorcycle", left, right, np.where(np.isfinite(truth), truth, np.nan)
    for name in ("cones", "teddy"):
        folder = eval_dir() / "stereo_middlebury" / name
        views: list[Any] = [cv2.imread(str(folder / f))[..., ::-1].copy() for f in ("im2.png", "im6.png")]
        coded = cv2.imread(str(folder / "disp2.png"), cv2.IMREAD_GRAYSCALE).astype(float)
        yield name, views[0], views[1], np.where(coded > 0, coded / 4, np.nan)


def bad(found: Map, truth: Map, apart: float = 2.0) -> float:
    """Percent of the pixels with known truth that are off by more, or not told."""
    known = np.isfinite(truth)
    error = np.where(np.isfinite(found), np.abs(found - np.where(known, truth, 0)), np.inf)
    return float(100 * (error[known] > apart).mean())


def peers(left: Pixels, right: Pixels, count: int) -> tuple[Map, Map]:
    """OpenCV's matcher as its samples use it, and with its weighted-least-squares filter."""
    grays: list[Any] = [cv2.cvtColor(view, cv2.COLOR_RGB2GRAY) for view in (left, right)]
    plain: Any = cv2.StereoSGBM.create(0, count, 5, 200, 800, 1, 63, 10, 100, 2)
    found = plain.compute(*grays).astype(np.float32) / 16
    matcher: Any = cv2.StereoSGBM.create(0, count, 3, 72, 288, -1, 63, 0, 0, 0)
    first = matcher.compute(*grays)
    second: Any = cv2.ximgproc.createRightMatcher(matcher).compute(grays[1], grays[0])
    wls: Any = cv2.ximgproc.createDisparityWLSFilter(matcher)
    wls.setLambda(8000)
    wls.setSigmaColor(1.5)
    smooth = wls.filter(first, left, disparity_map_right=second).astype(np.float32) / 16
    return np.where(found > 0, found, np.nan), smooth


def speed() -> Figure:
    """The Motorcycle pair in turn with SGBM and its filter."""
    _, left, right, _ = next(pairs())
    spent: dict[str, list[float]] = {"ours": [], "fast": [], "peer": []}
    for _ in range(ROUNDS):
        for name, work in (
            ("ours", lambda: match(left, right)),
            ("fast", lambda: match(left, right, None, "blocks")),
            ("peer", lambda: peers(left, right, COUNTS["Motorcycle"])),
        ):
            start = time.perf_counter()
            work()
            spent[name].append(time.perf_counter() - start)
    ours, fast, peer = (statistics.median(spent[name]) for name in ("ours", "fast", "peer"))
    return Figure(
        "Motorcycle: time, in times of SGBM and SGBM + WLS",
        ours / peer,
        "x",
        better="lower",
        n=ROUNDS,
        note=f"{ours:.2f} s against {peer:.2f} s; --method blocks {fast / peer:.2f} x",
    )


def drawn() -> list[Figure]:
    """A drawn floor with boxes of 2, 3.5 and 10 cm, 0.7 to 1.3 m away, cameras 8 cm apart."""
    shown = draw(SCENE)
    view = View(SCENE.focal, ((SCENE.width - 1) / 2, (SCENE.height - 1) / 2), SCENE.baseline)
    found = match(shown.left, shown.right)
    depth = meters(found.values, view)
    off = 100 * np.abs(depth - shown.depth) / shown.depth
    way = find_obstacles(shown.left, found, view)
    boxes = [one for one in way.obstacles if one.distance < 2.5]
    errors = [1000 * abs(one.height - box.height) for one, box in zip(boxes, SCENE.boxes, strict=False)] or [
        np.inf
    ]
    right_action = [
        (one.reason == "higher than 3 cm") == (box.height > 0.03)
        for one, box in zip(boxes, SCENE.boxes, strict=False)
    ]
    note = ", ".join(f"{100 * one.height:.2f} cm" for one in boxes)
    return [
        Figure(
            "drawn floor: median error of distance",
            float(np.median(off)),
            "%",
            1.0,
            better="lower",
            n=off.size,
            note=f"95 % of the pixels within {np.percentile(off, 95):.1f} %",
        ),
        Figure(
            "drawn floor: boxes found and judged by 3 cm",
            float(sum(right_action) if len(boxes) == len(SCENE.boxes) else 0),
            "of 3",
            3,
            n=3,
            note=f"2, 3.5 and 10 cm: {note}",
        ),
        Figure("drawn floor: worst error of a height", float(max(errors)), "mm", 5, better="lower", n=3),
    ]
