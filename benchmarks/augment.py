"""Augmentation against Keras' ImageDataGenerator and Albumentations: the same work, in turn."""

from __future__ import annotations

import os
import statistics
import time
import warnings
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from benchmarks.figure import Figure
from veduta.learn.augment_batches import Batches
from veduta.learn.augment_recipe import Recipe
from veduta.learn.augment_targets import Example

Pixels = NDArray[np.uint8]
Work = Callable[[int], Any]

SIDE = 256
PICTURES = 32
ROUNDS = 7
KERAS_ROUNDS = 5
BATCH = 32
PACKAGED = ("astronaut.png", "coffee.png", "chelsea.png", "rocket.jpg")
KERAS = 10.0  # times as many pictures per second
EQUAL = 1.0

# Our step, and the transform of Albumentations 2.0.8 that does the same work with the same values.
ALIKE: dict[str, tuple[dict[str, Any], str, dict[str, Any]]] = {
    "rotate": (
        {"do": "rotate", "degrees": [-30, 30], "fill": "reflect"},
        "Rotate",
        {"limit": 30, "border_mode": cv2.BORDER_REFLECT},
    ),
    "shift": (
        {"do": "shift", "fill": "constant"},
        "Affine",
        {"translate_percent": (-0.1, 0.1)},
    ),
    "zoom in": (
        {"do": "zoom", "factor": [1, 1.3], "fill": "constant"},
        "Affine",
        {"scale": (1.0, 1.3)},
    ),
    "zoom out": (
        {"do": "zoom", "factor": [0.75, 1], "fill": "reflect"},
        "Affine",
        {"scale": (0.75, 1.0), "border_mode": cv2.BORDER_REFLECT},
    ),
    "shear": (
        {"do": "shear", "fill": "constant"},
        "Affine",
        {"shear": {"x": (-10, 10), "y": (0, 0)}},
    ),
    "flip": ({"do": "flip"}, "HorizontalFlip", {}),
    "flip vertically": ({"do": "flip", "way": "vertical"}, "VerticalFlip", {}),
    "turn": ({"do": "turn", "quarters": [1, 3]}, "RandomRotate90", {}),
    "crop and resize": (
        {"do": "crop", "area": [0.5, 1], "width": 224, "height": 224},
        "RandomResizedCrop",
        {"size": (224, 224), "scale": (0.5, 1)},
    ),
    "perspective": (
        {"do": "perspective", "strength": [0.02, 0.1], "fill": "constant"},
        "Perspective",
        {"scale": (0.02, 0.1)},
    ),
    "elastic": (
        {"do": "elastic", "fill": "constant"},
        "ElasticTransform",
        {"alpha": 60, "sigma": 8, "approximate": True},
    ),
    "brightness": (
        {"do": "brightness", "factor": [0.7, 1.3]},
        "RandomBrightnessContrast",
        {"brightness_limit": 0.3, "contrast_limit": 0},
    ),
    "contrast": (
        {"do": "contrast", "factor": [0.7, 1.3]},
        "RandomBrightnessContrast",
        {"brightness_limit": 0, "contrast_limit": 0.3},
    ),
    "gamma": ({"do": "gamma", "power": [0.7, 1.4]}, "RandomGamma", {"gamma_limit": (70, 140)}),
    "hue": ({"do": "hue"}, "HueSaturationValue", {"sat_shift_limit": 0, "val_shift_limit": 0}),
    "saturation": ({"do": "saturation"}, "HueSaturationValue", {"hue_shift_limit": 0, "val_shift_limit": 0}),
    "channel shift": ({"do": "channel_shift"}, "RGBShift", {}),
    "channel isolation": ({"do": "channel_isolate"}, "ChannelDropout", {"channel_drop_range": (2, 2)}),
    "channel shuffle": ({"do": "channel_shuffle"}, "ChannelShuffle", {}),
    "gray": ({"do": "gray"}, "ToGray", {}),
    "invert": ({"do": "invert"}, "InvertImg", {}),
    "posterize": ({"do": "posterize", "bits": 4}, "Posterize", {"num_bits": 4}),
    "solarize": ({"do": "solarize"}, "Solarize", {"threshold_range": (0.5, 0.94)}),
    "Gaussian noise": ({"do": "noise", "sigma": [5, 15]}, "GaussNoise", {"std_range": (0.02, 0.06)}),
    "salt and pepper": (
        {"do": "salt_pepper", "share": [0.01, 0.03]},
        "SaltAndPepper",
        {"amount": (0.01, 0.03)},
    ),
    "blur": ({"do": "blur", "sigma": [0.5, 2]}, "GaussianBlur", {"sigma_limit": (0.5, 2)}),
    "motion blur": ({"do": "motion_blur", "length": [3, 7]}, "MotionBlur", {"blur_limit": (3, 7)}),
    "JPEG": ({"do": "jpeg", "quality": [50, 90]}, "ImageCompression", {"quality_range": (50, 90)}),
    "cut-out": ({"do": "cutout", "holes": [1, 3]}, "CoarseDropout", {"num_holes_range": (1, 3)}),
}
TYPICAL = (
    "flip",
    "rotate",
    "zoom out",
    "brightness",
    "contrast",
    "hue",
    "saturation",
    "Gaussian noise",
    "cut-out",
)


def measure() -> list[Figure]:
    """All figures of this topic."""
    threads = cv2.getNumThreads()
    cv2.setNumThreads(1)
    try:
        return [*against_keras(), *against_albumentations()]
    finally:
        cv2.setNumThreads(threads)


def photographs(side: int = SIDE) -> list[Pixels]:
    """Cuts of packaged photographs."""
    import skimage

    folder = Path(skimage.__file__).parent / "data"
    luck = np.random.default_rng(0)
    cuts = []
    for number in range(PICTURES):
        whole = cv2.imread(str(folder / PACKAGED[number % len(PACKAGED)]))[..., ::-1]
        top, left = (int(luck.integers(0, size - side + 1)) for size in whole.shape[:2])
        cuts.append(np.ascontiguousarray(whole[top : top + side, left : left + side]))
    return cuts


def in_turn(ours: Work, theirs: Work, count: int = PICTURES) -> tuple[float, float]:
    """Pictures per second of processor time of both, medians of rounds in turn."""
    spent: tuple[list[float], list[float]] = ([], [])
    ours(0), theirs(0)
    for _ in range(ROUNDS):
        for which, work in enumerate((ours, theirs)):
            start = time.thread_time()
            for number in range(count):
                work(number)
            spent[which].append((time.thread_time() - start) / count)
    return 1 / statistics.median(spent[0]), 1 / statistics.median(spent[1])


# What Keras does, and our recipe for it: from uint8 pictures in memory to float batches, by the clock. Both as they
# come: ours works with a thread for each core, Keras' generator with one.
KERAS_WORK: dict[str, tuple[dict[str, Any], list[dict[str, Any]]]] = {
    "rotation": ({"rotation_range": 30}, [{"do": "rotate", "degrees": [-30, 30], "fill": "nearest"}]),
    "shift": (
        {"width_shift_range": 0.1, "height_shift_range": 0.1},
        [{"do": "shift", "fill": "nearest"}],
    ),
    "zoom": ({"zoom_range": 0.2}, [{"do": "zoom", "factor": [0.8, 1.2], "fill": "nearest"}]),
    "shear": ({"shear_range": 10}, [{"do": "shear", "fill": "nearest"}]),
    "brightness": ({"brightness_range": (0.2, 1.0)}, [{"do": "brightness", "factor": [0.2, 1.0]}]),
    "channel shift": ({"channel_shift_range": 20}, [{"do": "channel_shift", "each": "same"}]),
    "flips": (
        {"horizontal_flip": True, "vertical_flip": True},
        [{"do": "flip", "chance": 0.5}, {"do": "flip", "way": "vertical", "chance": 0.5}],
    ),
}


def against_keras() -> Iterator[Figure]:
    """Batches of floats from both generators, for each kind of work and for all of it."""
    x = np.stack(photographs() * 3)
    whole: dict[str, Any] = {}
    steps: list[dict[str, Any]] = []
    for options, more in KERAS_WORK.values():
        whole |= options
        steps += more
    work = {"all of it (the usual recipe)": (whole, steps), **KERAS_WORK}
    for name, (options, recipe) in work.items():
        yield _against_keras(name, x, options, recipe)


def _against_keras(name: str, x: Pixels, options: dict[str, Any], steps: Sequence[dict[str, Any]]) -> Figure:
    y = np.arange(len(x)) % 4
    workers = os.cpu_count() or 1
    ours = Batches.of_arrays(x, y, Recipe.made(steps), batch=BATCH, workers=workers)
    spent: tuple[list[float], list[float], list[float]] = ([], [], [])
    floats = np.zeros((BATCH, SIDE, SIDE, 3), np.float32)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # they call names of scipy that have moved
        from keras_preprocessing.image import ImageDataGenerator

        theirs = ImageDataGenerator(rescale=1 / 255, **options).flow(
            x, np.eye(4)[y], batch_size=BATCH, seed=1
        )
        for number in range(KERAS_ROUNDS):
            start = time.perf_counter()
            for _ in range(len(theirs)):
                next(theirs)
            between = time.perf_counter()
            for _ in ours.rounds(number, 1):
                pass
            spent[1].append((between - start) / len(x))
            after = time.perf_counter()
            spent[0].append((after - between) / len(x))
            _into_floats(x, floats, workers)
            spent[2].append((time.perf_counter() - after) / len(x))
    mine, keras, bare = (1 / statistics.median(one) for one in spent)
    note = (
        f"{mine:.0f} pictures/s on {workers} cores, Keras {keras:.0f}; {SIDE} x {SIDE}, floats in batches of {BATCH}; "
        f"writing bytes as floats and nothing else: {bare:.0f} pictures/s, {bare * 4 * x[0].size / 1e9:.1f} GB/s, "
        f"so no program can be more than {bare / keras:.1f} times as fast here"
    )
    count = len(x) * KERAS_ROUNDS
    return Figure(f"times as fast as Keras: {name}", mine / keras, "x", KERAS, n=count, note=note)


def _into_floats(x: Pixels, floats: NDArray[np.float32], workers: int) -> None:
    """The least that any maker of float batches does: each byte becomes a float in memory that is ready."""

    def part(first: int) -> None:
        for number in range(first, len(x), workers):
            np.copyto(floats[number % BATCH], x[number])

    with ThreadPoolExecutor(workers) as pool:
        list(pool.map(part, range(workers)))


def against_albumentations() -> Iterator[Figure]:
    """Each transform, and a typical recipe of nine, on pictures of two sizes."""
    os.environ["NO_ALBUMENTATIONS_UPDATE"] = "1"
    import albumentations

    for side in (SIDE, 512):
        pictures = (
            photographs(side) if side <= 300 else [cv2.resize(one, (side, side)) for one in photographs()]
        )
        for name, (step, kind, options) in ALIKE.items():
            made = getattr(albumentations, kind)(**options, p=1)
            yield _against(f"{name}, {side} px", pictures, [step], albumentations.Compose([made], seed=1))
        parts = [
            getattr(albumentations, ALIKE[n][1])(**ALIKE[n][2], p=0.5 if n == "flip" else 1) for n in TYPICAL
        ]
        steps = [{**ALIKE[n][0], "chance": 0.5 if n == "flip" else 1} for n in TYPICAL]
        yield _against(
            f"a typical recipe of {len(TYPICAL)}, {side} px",
            pictures,
            steps,
            albumentations.Compose(parts, seed=1),
        )


def _against(name: str, pictures: list[Pixels], steps: Sequence[dict[str, Any]], peer: Any) -> Figure:
    recipe = Recipe.made(steps)
    examples = [Example(one) for one in pictures]
    mine, theirs = in_turn(
        lambda number: recipe.apply(examples[number], recipe.seed_of("picture", number)),
        lambda number: peer(image=pictures[number]),
    )
    note = f"ours {1e6 / mine:.0f} µs a picture, Albumentations {1e6 / theirs:.0f}"
    return Figure(
        f"times as fast as Albumentations 2.0.8: {name}",
        mine / theirs,
        "x",
        EQUAL,
        n=PICTURES * ROUNDS,
        note=note,
    )
