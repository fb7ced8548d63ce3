"""Filling holes against OpenCV, scikit-image and plain PatchMatch: true pictures, scripted holes, twelve megapixels."""

from __future__ import annotations

import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image
from skimage.metrics import structural_similarity

from benchmarks.figure import Figure, eval_dir
from benchmarks.image import twelve_megapixels
from veduta.edit.fill import fill

Pixels = NDArray[np.uint8]
Mask = NDArray[np.bool_]
Filler = Callable[[Pixels, Mask], Pixels]
OURS = "Veduta"
CLOSE = 0.2
# Packaged photographs on which holes are drawn; nothing was tuned on these masks.
PACKAGED = ("astronaut.png", "coffee.png", "rocket.jpg", "chelsea.png", "motorcycle_left.png")
ROUNDS = 3


@dataclass(frozen=True)
class Case:
    """A picture with a hole, and the true picture without it."""

    kind: str
    pixels: Pixels
    mask: Mask
    truth: Pixels


def measure() -> list[Figure]:
    """All figures of this topic."""
    figures = []
    for name, cases in (
        ("removal_synth", list(removal_synth(eval_dir()))),
        ("scripted holes", list(scripted())),
    ):
        table = {
            filler: [scores(case, way(case.pixels, case.mask)) for case in cases]
            for filler, way in fillers().items()
        }
        for kind in ("thin", "thick"):
            figures += compared(f"{name}, {kind}", kind, cases, table, target=name == "removal_synth")
    return [*figures, *speed()]


def removal_synth(folder: Path) -> Iterator[Case]:
    """Drawn cranes (thin) and pasted people (thick), with their true masks."""
    for path in sorted((folder / "removal_synth").glob("*_before.png")):
        before, clean, mask = (
            np.asarray(Image.open(path.with_name(path.name.replace("before", part))).convert("RGB"))
            for part in ("before", "clean", "mask")
        )
        kind = "thin" if path.name.startswith("crane") else "thick"
        yield Case(kind, before.copy(), mask[..., 0] > 127, clean.copy())


def scripted() -> Iterator[Case]:
    """A drawn crane and person-size ellipses on each packaged photograph; what they hide is painted over."""
    import skimage

    folder = Path(skimage.__file__).parent / "data"
    for seed, name in enumerate(PACKAGED):
        whole = Image.open(folder / name).convert("RGB")
        whole.thumbnail((512, 512))
        truth = np.asarray(whole).copy()
        for kind, draw in (("thin", crane), ("thick", people)):
            mask = draw(np.random.default_rng(1000 + seed), *truth.shape[:2])
            pixels = truth.copy()
            pixels[mask] = (255, 0, 255)
            yield Case(kind, pixels, mask, truth)


def crane(rng: np.random.Generator, height: int, width: int) -> Mask:
    """A tower crane of thin lines: lattice mast and jib, cable, counterweight."""
    drawn = np.zeros((height, width), np.uint8)
    side = min(height, width)
    thick = max(1, side // 300)
    half = 0.014 * side
    x, top, foot = (
        rng.uniform(0.35, 0.65) * width,
        rng.uniform(0.1, 0.25) * height,
        rng.uniform(0.6, 0.85) * height,
    )
    left, right, jib = (
        x - rng.uniform(0.25, 0.33) * width,
        x + rng.uniform(0.1, 0.2) * width,
        top + 0.05 * side,
    )

    def line(x1: float, y1: float, x2: float, y2: float) -> None:
        cv2.line(drawn, (int(x1), int(y1)), (int(x2), int(y2)), 1, thick)

    for sign in (-1, 1):
        line(x + sign * half, top, x + sign * half, foot)
        line(left, jib + sign * half, right, jib + sign * half)
        line(x, top - half, left if sign < 0 else right, jib)
    for index, y in enumerate(np.arange(top, foot, 2 * half)):
        sign = 1 if index % 2 else -1
        line(x - sign * half, y, x + sign * half, y + 2 * half)
    for index, along in enumerate(np.arange(left, right, 2 * half)):
        sign = 1 if index % 2 else -1
        line(along, jib - sign * half, along + 2 * half, jib + sign * half)
    hook = left + rng.uniform(0.1, 0.6) * (x - left)
    line(hook, jib, hook, jib + 0.2 * height)
    cv2.rectangle(drawn, (int(right - 2 * half), int(jib)), (int(right), int(jib + 3 * half)), 1, -1)
    return drawn > 0


def people(rng: np.random.Generator, height: int, width: int) -> Mask:
    """One to three ellipses, as large as persons in the foreground."""
    drawn = np.zeros((height, width), np.uint8)
    for _ in range(int(rng.integers(1, 4))):
        tall = rng.uniform(0.15, 0.35) * height
        center = (int(rng.uniform(0.1, 0.9) * width), int(rng.uniform(0.5, 0.95) * height - tall / 2))
        axes = (int(tall * rng.uniform(0.14, 0.22)), int(tall / 2))
        cv2.ellipse(drawn, center, axes, rng.uniform(-8, 8), 0, 360, 1, -1)
    return drawn > 0


def fillers() -> dict[str, Filler]:
    """Ours and the peers, each on the whole picture."""
    return {
        OURS: lambda pixels, mask: fill(pixels, mask),
        "Telea": lambda pixels, mask: _opencv(pixels, mask, cv2.INPAINT_TELEA),
        "Navier-Stokes": lambda pixels, mask: _opencv(pixels, mask, cv2.INPAINT_NS),
        "biharmonic": _biharmonic,
        "FSR": _fsr,
        "PatchMatch": patchmatch_whole,
    }


def _opencv(pixels: Pixels, mask: Mask, way: int) -> Pixels:
    return np.asarray(cv2.inpaint(pixels, mask.astype(np.uint8), 3, way), np.uint8)


def _biharmonic(pixels: Pixels, mask: Mask) -> Pixels:
    from skimage.restoration import inpaint_biharmonic

    made = inpaint_biharmonic(pixels, mask, split_into_regions=True, channel_axis=-1)
    return np.clip(np.rint(made * 255), 0, 255).astype(np.uint8)


def _fsr(pixels: Pixels, mask: Mask) -> Pixels:
    made: Any = np.zeros_like(pixels)
    cv2.xphoto.inpaint(pixels, np.where(mask, 0, 255).astype(np.uint8), made, cv2.xphoto.INPAINT_FSR_FAST)
    return np.where(mask[..., None], made, pixels)


def patchmatch_whole(pixels: Pixels, mask: Mask) -> Pixels:
    """Plain PatchMatch on the whole picture at full size."""
    import patchmatch

    patchmatch.set_random_seed(0)
    return np.asarray(patchmatch.inpaint(pixels, mask, patch_size=5), np.uint8)


def scores(case: Case, made: Pixels) -> tuple[float, float, float]:
    """PSNR of the hole, mean SSIM (7 x 7) at its pixels, and the seam."""
    error = ((made[case.mask].astype(float) - case.truth[case.mask]) ** 2).mean()
    similar = structural_similarity(made, case.truth, channel_axis=2, full=True)[1]
    return float(10 * np.log10(255**2 / max(error, 1e-9))), float(similar[case.mask].mean()), seam(case, made)


def seam(case: Case, made: Pixels) -> float:
    """Steps across the hole's border relative to those of the true picture, 1 is as it was: above is a visible cut."""
    sums = np.zeros(2)
    for axis in (0, 1):
        border = np.diff(case.mask.astype(np.int8), axis=axis) != 0
        for index, picture in enumerate((made, case.truth)):
            sums[index] += np.abs(np.diff(picture.astype(float), axis=axis)).mean(axis=2)[border].sum()
    return float(sums[0] / max(sums[1], 1e-9))


def compared(
    name: str,
    kind: str,
    cases: list[Case],
    table: dict[str, list[tuple[float, float, float]]],
    target: bool,
) -> list[Figure]:
    """Ours beside the best peer, and the table of all in the note."""
    means = {
        filler: np.mean([row for row, case in zip(rows, cases, strict=True) if case.kind == kind], axis=0)
        for filler, rows in table.items()
    }
    count = sum(case.kind == kind for case in cases)
    peers = {filler: values for filler, values in means.items() if filler != OURS}
    figures = []
    for index, (what, unit, spare) in enumerate((("hole PSNR", "dB", CLOSE), ("hole SSIM", "", 0.0))):
        best = max(values[index] for values in peers.values())
        note = ", ".join(f"{filler} {values[index]:.4g}" for filler, values in peers.items())
        wanted = float(best - spare) if target else None
        figures.append(Figure(f"{name}: {what}", float(means[OURS][index]), unit, wanted, n=count, note=note))
    note = ", ".join(f"{filler} {values[2]:.2f}" for filler, values in peers.items())
    figures.append(
        Figure(
            f"{name}: seam",
            float(means[OURS][2]),
            "",
            1.1 if target else None,
            better="lower",
            n=count,
            note=f"steps across the border, true picture 1; {note}",
        )
    )
    return figures


def speed() -> list[Figure]:
    """A crane of 3 % taken out of twelve megapixels, in turn with PatchMatch on the whole photo."""
    with tempfile.TemporaryDirectory() as folder:
        photo = np.asarray(Image.open(twelve_megapixels(Path(folder))).convert("RGB")).copy()
    mask = crane_of(photo.shape[0], photo.shape[1], 0.03)
    fill(photo, mask)
    spent = []
    for _ in range(ROUNDS):
        start = time.perf_counter()
        fill(photo, mask)
        spent.append(time.perf_counter() - start)
    start = time.perf_counter()
    patchmatch_whole(photo, mask)
    plain = time.perf_counter() - start
    seconds = statistics.median(spent)
    share = 100 * float(mask.mean())
    return [
        Figure(
            "12 megapixels, a crane: time",
            seconds,
            "s",
            3,
            better="lower",
            n=ROUNDS,
            note=f"hole of {share:.1f} %; median",
        ),
        Figure(
            "12 megapixels, a crane: times faster than PatchMatch on the whole photo",
            plain / seconds,
            "x",
            5,
            n=ROUNDS,
            note=f"PatchMatch {plain:.1f} s, patches of 11 x 11",
        ),
    ]


def crane_of(height: int, width: int, share: float) -> Mask:
    """A crane whose lines are widened until it covers `share` of the photo."""
    mask = crane(np.random.default_rng(7), height, width)
    while mask.mean() < share:
        mask = cv2.dilate(mask.astype(np.uint8), np.ones((3, 3), np.uint8)) > 0
    return mask
