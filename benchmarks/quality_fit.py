"""Fit the curves and weights of `veduta.see.quality` on seeded corruptions and drawn pages, and print
them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression

from benchmarks.figure import eval_dir
from benchmarks.rendered import Pixels, page, screenshot
from veduta.image.decode import read
from veduta.see.quality import PAGE_SIDE, SIDE
from veduta.see.quality_light import faults, light
from veduta.see.quality_page import MEASURES, measures
from veduta.see.quality_sharpness import edge_width

NAMES = ("astronaut.png", "chelsea.png", "coffee.png", "motorcycle_left.png", "hubble_deep_field.jpg")
GRAYS = ("camera.png", "coins.png", "gravel.png", "brick.png", "grass.png")
PRIOR = 0.25


def packaged() -> list[Pixels]:
    """Photographs that scikit-image and scikit-learn ship."""
    import skimage
    import sklearn.datasets

    data = Path(skimage.__file__).parent / "data"
    images = Path(sklearn.datasets.__file__).parent / "images"
    paths = [*(data / name for name in (*NAMES, *GRAYS)), images / "china.jpg", images / "flower.jpg"]
    return [read(path) for path in paths]


def fitted_to(pixels: Pixels, side: int) -> Pixels:
    """The picture with its longer side at most `side`."""
    scale = side / max(pixels.shape[:2])
    if scale >= 1:
        return pixels
    return np.asarray(cv2.resize(pixels, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA), np.uint8)


def exposed(pixels: Pixels, stops: float) -> Pixels:
    """The picture as if exposed by so many stops more, clipped as a camera would."""
    linear = (pixels / 255.0) ** 2.2 * 2.0**stops
    return (np.clip(linear, 0, 1) ** (1 / 2.2) * 255 + 0.5).astype(np.uint8)


def blurred(pixels: Pixels, width: float, noise: float, rng: np.random.Generator) -> Pixels:
    """The picture blurred by a Gaussian of `width` pixels, then with noise."""
    smooth = cv2.GaussianBlur(pixels, (0, 0), width) if width else pixels
    return np.clip(smooth + rng.normal(0, noise, pixels.shape), 0, 255).astype(np.uint8)


def faded(pixels: Pixels, part: float) -> Pixels:
    """The picture with its contrast reduced to `part`, about its mean."""
    mean = pixels.mean()
    return np.clip((pixels - mean) * part + mean, 0, 255).astype(np.uint8)


def gray(pixels: Pixels) -> Pixels:
    """The picture in gray."""
    return np.asarray(cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY), np.uint8)


def crops(rng: np.random.Generator, each: int = 4) -> Iterator[Pixels]:
    """Random large parts of the packaged photographs, at the scale of judging."""
    for photo in packaged():
        for _ in range(each):
            top, left = rng.integers(0, photo.shape[0] // 4), rng.integers(0, photo.shape[1] // 4)
            yield fitted_to(np.ascontiguousarray(photo[top:, left:]), SIDE)


def curve(good: list[float], bad: list[float]) -> tuple[float, float]:
    """Slope and offset of the logistic curve that parts the two, each kind weighing the same."""
    values = np.array([*good, *bad])[:, None]
    right = np.array([1] * len(good) + [0] * len(bad))
    weights = np.where(right == 1, 1 / len(good), 1 / len(bad)) * len(right) / 2
    made = LogisticRegression(C=10.0).fit(values, right, sample_weight=weights)
    return round(float(made.coef_[0, 0]), 3), round(float(made.intercept_[0]), 3)


def curves(seed: int = 1) -> dict[str, tuple[float, float]]:
    """The three curves, from crops of packaged photographs."""
    rng = np.random.default_rng(seed)
    sharp: tuple[list[float], list[float]] = ([], [])
    lit: tuple[list[float], list[float]] = ([], [])
    clear: tuple[list[float], list[float]] = ([], [])
    for photo in crops(rng):
        noise = float(rng.uniform(0, 8))
        for width in (0.0, 0.7, 1.0, 2.0, 3.0, 5.0):
            sharp[width > 1.5].append(edge_width(gray(blurred(photo, width, noise, rng))))
        for stops in (-4.0, -3.0, -2.0, -1.0, 0.0, 1.0, 2.0, 3.0, 4.0):
            lit[abs(stops) > 1.5].append(sum(faults(light(gray(exposed(photo, stops))))))
        for part in (1.0, 0.8, 0.65, 0.4, 0.3, 0.2):
            clear[part < 0.5].append(light(gray(faded(photo, part))).spread)
    return {"SHARP": curve(*sharp), "LIT": curve(*lit), "CLEAR": curve(*clear)}


def _measured(pictures: Iterator[Pixels] | list[Pixels]) -> NDArray[np.float64]:
    return np.array([measures(fitted_to(p, PAGE_SIDE)) for p in pictures])


def weights(kind: NDArray[np.float64], others: NDArray[np.float64], strength: float) -> tuple[float, ...]:
    """Weights and offset of the logistic regression that parts them, for a share of PRIOR in the library."""
    rows = np.concatenate([kind, others])
    right = np.r_[np.ones(len(kind)), np.zeros(len(others))]
    balance = np.where(right == 1, 0.5 / len(kind), 0.5 / len(others)) * len(right)
    mean, spread = rows.mean(axis=0), rows.std(axis=0)
    made = LogisticRegression(C=strength, max_iter=5000)
    made.fit((rows - mean) / spread, right, sample_weight=balance)
    slopes = made.coef_[0] / spread
    offset = float(made.intercept_[0] - (slopes * mean).sum() + np.log(PRIOR / (1 - PRIOR)))
    return (*(round(float(s), 2) for s in slopes), round(offset, 2))


def photographs(count: int, seed: int = 2) -> list[Pixels]:
    """Photographs of the training parts, some of them badly exposed: they too are no pages."""
    rng = np.random.default_rng(seed)
    folder = eval_dir() / "landmarks"
    found = []
    for part in ("others/train", "bank"):
        paths = sorted((folder / part).rglob("*.jpg"))
        for number in rng.choice(len(paths), count, replace=False):
            photo = read(paths[number], SIDE)
            found.append(exposed(photo, float(rng.choice([-3, -2, 1.5, 2, 3]))) if number % 3 == 0 else photo)
    return found


def pages(draw: Callable[[np.random.Generator, list[Pixels]], Pixels], count: int, seed: int) -> list[Pixels]:
    """So many drawings from one seed."""
    rng = np.random.default_rng(seed)
    photos = packaged()
    return [draw(rng, photos) for _ in range(count)]


if __name__ == "__main__":
    for name, (slope, offset) in curves().items():
        print(f"{name} = ({slope}, {offset})")
    screens, sheets = _measured(pages(screenshot, 300, 3)), _measured(pages(page, 300, 4))
    world = np.concatenate([_measured(photographs(350)), _measured(crops(np.random.default_rng(5), 6))])
    print("# weights of", ", ".join(MEASURES))
    print("SCREENSHOT =", weights(screens, np.concatenate([world, sheets]), 0.1))
    print("DOCUMENT =", weights(sheets, np.concatenate([world, screens]), 0.1))
