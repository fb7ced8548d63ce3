"""Tourists out of stacks: likeness to the clean picture against the aligned median, and where the time goes."""

from __future__ import annotations

import statistics
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from benchmarks.figure import Figure
from benchmarks.stack_scenes import PEOPLE, Scene, cutouts, photographs, scene
from veduta.edit import align, exposure
from veduta.edit.shots import Shots
from veduta.edit.stack import stack
from veduta.edit.tourists import Tourists
from veduta.edit.vote import median

COUNTS = (3, 5, 9, 25)
# Photographs by number of shots: the largest stacks take longest and differ least.
SCENES = {3: 6, 5: 6, 9: 5, 25: 3}
ROUNDS = 5
Pixels = NDArray[np.uint8]


def measure() -> list[Figure]:
    """All figures of this topic."""
    tourists = Tourists()
    return [*likeness(tourists), *standing(tourists), *speed(tourists)]


def psnr(a: Pixels, b: Pixels, where: NDArray[np.bool_] | None = None) -> float:
    """Peak signal to noise in dB, over some pixels."""
    apart = (a.astype(np.float32) - b) ** 2
    return float(10 * np.log10(255**2 / (apart if where is None else apart[where]).mean()))


def plain_median(shots: Sequence[Pixels], reference: int) -> Pixels:
    """The peer: ORB and MAGSAC, bilinear warps, NumPy's median."""
    orb = cv2.ORB_create(2000)
    grays = [cv2.cvtColor(shot, cv2.COLOR_RGB2GRAY) for shot in shots]
    found = [orb.detectAndCompute(gray, None) for gray in grays]
    height, width = grays[0].shape
    laid = []
    for shot, (points, descriptors) in zip(shots, found, strict=True):
        matches = cv2.BFMatcher(cv2.NORM_HAMMING, crossCheck=True).match(found[reference][1], descriptors)
        source = np.array([found[reference][0][m.queryIdx].pt for m in matches], np.float32)
        target = np.array([points[m.trainIdx].pt for m in matches], np.float32)
        matrix, _ = cv2.findHomography(source, target, cv2.USAC_MAGSAC, 2.0)
        flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
        edge = cv2.BORDER_REPLICATE
        laid.append(cv2.warpPerspective(shot, matrix, (width, height), flags=flags, borderMode=edge))
    return np.rint(np.median(np.stack(laid), axis=0)).astype(np.uint8)


def strong_median(shots: Sequence[Pixels], reference: int) -> Pixels:
    """The same vote with our alignment and our matching of exposure: what the choice of sources adds is the rest."""
    views = [align.view(shot) for shot in shots]
    height, width = shots[0].shape[:2]
    laid = []
    for number, shot in enumerate(shots):
        if number == reference:
            laid.append(shot)
            continue
        found = align.align(views[number], views[reference])
        if found.trouble:
            continue
        flags = cv2.INTER_CUBIC | cv2.WARP_INVERSE_MAP
        edge = cv2.BORDER_REPLICATE
        warped = cv2.warpPerspective(shot, found.matrix, (width, height), flags=flags, borderMode=edge)
        laid.append(exposure.apply(warped, exposure.curve(np.asarray(warped, np.uint8), shots[reference])))
    return median(laid)


def scenes(count: int) -> list[Scene]:
    """Stacks of `count` shots, each of another packaged photograph."""
    people = cutouts()
    some = list(photographs().values())[: SCENES[count]]
    return [scene(one, people, count, 1000 * count + number) for number, one in enumerate(some)]


def likeness(tourists: Tourists) -> list[Figure]:
    """PSNR against the clean picture in the pose and exposure of the reference, within the crop of ours."""
    figures = []
    for count in COUNTS:
        rows = []
        for made in scenes(count):
            done = stack(made.shots, tourists, reference=0)
            x, y, w, h = done.crop
            part = np.s_[y : y + h, x : x + w]
            clean, anybody = made.clean[0][part], made.anybody(0)[part]
            results = (done.pixels, plain_median(made.shots, 0)[part], strong_median(made.shots, 0)[part])
            rows.append([psnr(one, clean, where) for one in results for where in (None, anybody)])
        ours, ours_people, plain, plain_people, strong, strong_people = np.mean(rows, 0)
        worst = min(row[1] - max(row[3], row[5]) for row in rows)
        figures += [
            Figure(
                f"stack of {count}: gain over the aligned median, where people were",
                ours_people - plain_people,
                "dB",
                target=1.0,
                n=len(rows),
                note=f"{ours_people:.1f} dB against {plain_people:.1f}; median of shots aligned and exposed by us"
                f" {strong_people:.1f}; {PEOPLE} people a shot; worst scene {worst:+.1f} dB against the better median",
            ),
            Figure(
                f"stack of {count}: gain over the aligned median, whole picture",
                ours - plain,
                "dB",
                target=1.0,
                n=len(rows),
                note=f"{ours:.1f} dB against {plain:.1f}, {strong:.1f}",
            ),
        ]
    return figures


def standing(tourists: Tourists) -> list[Figure]:
    """People who stand in all nine shots: how much nearer to the clean picture filling them comes."""
    people = cutouts()
    gains, seen = [], 0
    some = list(photographs().values())[:4]
    for number, one in enumerate(some):
        made = scene(one, people, 9, 77 + number, each=4, stay=1)
        done = stack(made.shots, tourists, reference=0)
        kept = stack(made.shots, tourists, reference=0, fill_standing=False)
        x, y, w, h = done.crop
        clean = made.clean[0][y : y + h, x : x + w]
        seen += done.standing > 0
        gains.append(psnr(done.pixels, clean) - psnr(kept.pixels, clean))
    return [
        Figure(
            "stacks of 9 with one who stays: filling against leaving, whole picture",
            float(np.mean(gains)),
            "dB",
            n=len(some),
            note=f"seen to stay in {seen} of {len(some)}",
        )
    ]


class Stopwatch:
    """A progress that keeps the seconds of each stage."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}
        self._what, self._start = "", 0.0

    def begin(self, what: str, total: int | None = None) -> None:
        """A stage begins; the one before has ended."""
        self.end()
        self._what, self._start = what, time.perf_counter()

    def advance(self, steps: int = 1) -> None:
        """Nothing to keep."""

    def end(self) -> None:
        """The stage has ended."""
        if self._what:
            self.seconds[self._what] = self.seconds.get(self._what, 0) + time.perf_counter() - self._start
        self._what = ""


def speed(tourists: Tourists) -> list[Figure]:
    """Nine JPEG files of 1920 x 1080 to a stacked picture, networks loaded; NumPy's median alone is the peer."""
    photograph = np.asarray(
        cv2.resize(photographs()["china"], (2180, 1454), interpolation=cv2.INTER_CUBIC), np.uint8
    )[:1226]
    made = scene(photograph, cutouts(), 9, 5, width=1920)
    with tempfile.TemporaryDirectory() as folder:
        paths = []
        for number, shot in enumerate(made.shots):
            paths.append(Path(folder) / f"{number}.jpg")
            Image.fromarray(shot[:1080]).save(paths[-1], quality=92)
        stack(Shots(paths), tourists)
        took, peer, stages = [], [], []
        for _ in range(ROUNDS):
            watch = Stopwatch()
            start = time.perf_counter()
            stack(Shots(paths), tourists, progress=watch)
            took.append(time.perf_counter() - start)
            watch.end()
            stages.append(watch.seconds)
            start = time.perf_counter()
            np.median(np.stack([shot[:1080] for shot in made.shots]), axis=0)
            peer.append(time.perf_counter() - start)
    typical = statistics.median(took)
    parts = ", ".join(f"{k} {statistics.median(s.get(k, 0) for s in stages):.2f}" for k in stages[0])
    return [
        Figure(
            "stack of nine HD files, seconds", typical, "s", target=1.5, better="lower", n=ROUNDS, note=parts
        ),
        Figure(
            "stack of nine HD files, cost against NumPy's median of them alone",
            typical / statistics.median(peer),
            "x",
            better="lower",
            n=ROUNDS,
            note=f"the median alone {statistics.median(peer):.2f} s, nothing decoded, aligned or recognized",
        ),
    ]
