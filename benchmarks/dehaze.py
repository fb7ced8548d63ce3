"""Dehazing against the dark-channel packages of PyPI and CLAHE: haze of known depth, and twelve megapixels."""

from __future__ import annotations

import csv
import statistics
import sys
import time
import types
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image
from skimage import data
from skimage.metrics import structural_similarity

from benchmarks.figure import Figure, eval_dir
from veduta.edit.dehaze import Dehaze

Pixels = NDArray[np.uint8]
OURS, ADRISHYAM, DEHAZE, CLAHE = "Veduta", "adrishyam 0.1.1", "dehaze 0.0.4", "CLAHE"
BETAS, AIRLIGHTS = (0.6, 1.2, 1.8), (0.85, 0.97)
FOCAL_BASELINE, OFFSET = 994.978 * 193.001, 31.086  # of the Motorcycle pair at this size: pixels x mm, pixels
ROUNDS = 5


@dataclass(frozen=True)
class Case:
    """A hazy picture and the clear one."""

    hazy: Pixels
    clear: Pixels


def measure() -> list[Figure]:
    """All figures of this topic."""
    figures = []
    for name, cases in (
        ("haze_synth", list(haze_synth())),
        ("Motorcycle", list(motorcycle())),
    ):
        table = {way: [scores(case, clear(case.hazy)) for case in cases] for way, clear in ways().items()}
        figures += compared(name, table)
    return [*figures, *speed()]


def haze_synth() -> Iterator[Case]:
    """The evaluation set: haze made from Middlebury's depth."""
    folder = eval_dir() / "haze_synth"
    with (folder / "labels.csv").open() as file:
        for row in csv.DictReader(file):
            yield Case(_read(folder / row["file"]), _read(folder / row["clear"]))


def motorcycle() -> Iterator[Case]:
    """Haze over the left picture of scikit-image's Motorcycle pair, by the depth that its disparity tells."""
    clear, _, disparity = data.stereo_motorcycle()
    known = np.isfinite(disparity) & (disparity > 0)
    _, nearest = cv2.distanceTransformWithLabels(
        (~known).astype(np.uint8), cv2.DIST_L2, 5, labelType=cv2.DIST_LABEL_PIXEL
    )
    values = np.zeros(nearest.max() + 1, np.float32)
    values[nearest[known]] = disparity[known]
    depth = FOCAL_BASELINE / (values[nearest] + OFFSET)
    depth /= depth.max()
    for beta in BETAS:
        for light in AIRLIGHTS:
            share = np.exp(-beta * depth)[..., None]
            hazy = clear * share + 255 * light * (1 - share)
            yield Case(np.rint(hazy).astype(np.uint8), np.ascontiguousarray(clear))


def ways() -> dict[str, Callable[[Pixels], Pixels]]:
    """Ours and the peers: each at its own defaults."""
    from adrishyam import dehaze as adrishyam

    # What the package imports for its videos and cut-outs, and a name that NumPy 2 has no more; unused here.
    for name in ("moviepy", "moviepy.editor", "rembg"):
        sys.modules.setdefault(name, types.ModuleType(name))
    sys.modules["rembg"].remove = None  # type: ignore[attr-defined]
    if not hasattr(np, "alltrue"):
        np.alltrue = np.all  # type: ignore[attr-defined]
    import Dehaze as package  # noqa: N813  (its own name)

    def dark_channel(pixels: Pixels) -> Pixels:
        """The steps of the package's own function, without its files and plots."""
        real = pixels.astype(np.float32) / 255
        dark = adrishyam.get_dark_channel(real)
        light = adrishyam.estimate_atmospheric_light(real, dark)
        share = adrishyam.estimate_transmission(real, light, dark)
        share = adrishyam.guided_filter_simple(real[:, :, 0], share)
        return np.asarray(adrishyam.dehaze(real, share, light) * 255, np.uint8)

    def clahe(pixels: Pixels) -> Pixels:
        planes = cv2.cvtColor(pixels, cv2.COLOR_RGB2LAB)
        planes[..., 0] = cv2.createCLAHE(2.0, (8, 8)).apply(planes[..., 0])
        return np.asarray(cv2.cvtColor(planes, cv2.COLOR_LAB2RGB), np.uint8)

    return {
        OURS: Dehaze(strength=1.0).apply,
        ADRISHYAM: dark_channel,
        DEHAZE: lambda pixels: np.asarray(package.dhazei(pixels, 0), np.uint8),
        CLAHE: clahe,
        "as it is": lambda pixels: pixels,
    }


def scores(case: Case, result: Pixels) -> tuple[float, float]:
    """PSNR in dB, and SSIM."""
    error = np.mean((result.astype(float) - case.clear) ** 2)
    likeness = structural_similarity(case.clear, result, channel_axis=2)
    return float(10 * np.log10(255**2 / error)), float(likeness)


def compared(name: str, table: dict[str, list[tuple[float, float]]]) -> list[Figure]:
    """Means of each way; ours should be better than every other."""
    means = {way: np.mean(found, axis=0) for way, found in table.items()}
    figures = []
    for number, (measured, unit) in enumerate((("PSNR", "dB"), ("SSIM", ""))):
        best = max(float(mean[number]) for way, mean in means.items() if way != OURS)
        for way, mean in means.items():
            target = best if way == OURS else None
            count = len(table[way])
            figures.append(
                Figure(f"dehaze, {name}: {measured}, {way}", float(mean[number]), unit, target, n=count)
            )
    return figures


def speed() -> list[Figure]:
    """Twelve megapixels: wall time, and the ratio to the faster of the two packages at a twelfth of the pixels."""
    small = cv2.resize(data.stereo_motorcycle()[0], (1155, 866), interpolation=cv2.INTER_CUBIC)
    large = cv2.resize(small, (4000, 3000), interpolation=cv2.INTER_CUBIC)
    ours, theirs, same = [], [], []
    all_ways = ways()
    for _ in range(ROUNDS):
        ours.append(_seconds(lambda: all_ways[OURS](large)))
        same.append(_seconds(lambda: all_ways[OURS](small)))
        theirs.append(_seconds(lambda: all_ways[ADRISHYAM](small)))
    ratio = statistics.median(theirs) / statistics.median(same)
    return [
        Figure("dehaze: 12 megapixels", statistics.median(ours), "s", 1.0, "lower", ROUNDS),
        Figure("dehaze: 1 megapixel, speed against adrishyam", ratio, "x", n=ROUNDS),
    ]


def _read(path: object) -> Pixels:
    with Image.open(str(path)) as picture:
        return np.asarray(picture.convert("RGB"))


def _seconds(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started
