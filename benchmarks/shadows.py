"""Shadows of people: found where somebody was pasted into a photograph with a shadow, not found where without.

People are cut out along their true masks and stand in photographs of places; the shadow is their outline laid down on
the ground by light from one side, bluer than the ground, with a soft edge.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from benchmarks.figure import Figure, eval_dir
from benchmarks.stack import psnr
from benchmarks.stack_scenes import cutouts
from veduta.edit.fill import fill
from veduta.edit.mask import feathered
from veduta.edit.seam import seamed
from veduta.edit.shadow import cast
from veduta.image.decode import read
from veduta.image.photo import Pixels
from veduta.see.patch import Patch

Bool = NDArray[np.bool_]

SCENES = 150
FILLED = 60
WIDTH = 640
# Open ground: of the lowest part of the photograph so much is within this (logarithm of light) of its middle.
LOWEST, OPEN, ALIKE = 0.22, 0.8, 0.35


@dataclass(frozen=True)
class Scene:
    """A photograph, the same with somebody, and with the shadow as well; masks of both."""

    clean: Pixels
    without: Pixels
    shaded: Pixels
    person: Bool
    shadow: Bool


def scene(photograph: Pixels, person: Pixels, seed: int) -> Scene:
    """Somebody stands in a photograph; `person` is RGBA, of the size that it is pasted in."""
    rng = np.random.default_rng(seed)
    height, width = photograph.shape[:2]
    tall, across = person.shape[:2]
    feet = int(height * rng.uniform(0.86, 0.97))
    left = int(rng.integers(0, max(1, width - across)))
    outline = np.zeros((height, width), np.float32)
    outline[feet - tall : feet, left : left + across] = person[..., 3] / np.float32(255)
    # A point t above the feet falls k * t aside and m * t towards the camera, or away from it.
    k, m = rng.choice((-1, 1)) * rng.uniform(0.3, 1.3), rng.choice((-1, 1)) * rng.uniform(0.1, 0.35)
    laid = np.array([[1, -k, k * feet], [0, -m, feet + m * feet]], np.float32)
    sharp = cv2.warpAffine(outline, laid, (width, height))
    # Edges are sharp at the feet, and softer the farther they are from what throws them.
    far = np.clip(np.hypot(*(np.indices((height, width)).T - (feet, left + across / 2)).T) / tall, 0, 1)
    near, away = (cv2.GaussianBlur(sharp, (0, 0), sigma * tall) for sigma in (0.004, 0.02))
    dark = near * (1 - far) + away * far
    light = rng.uniform(0.35, 0.65) * np.array([0.97, 1.0, 1.06])  # the sky's
    linear = (photograph / 255.0) ** 2.2
    shaded = 255 * (linear * (1 - dark[..., None] * (1 - light))) ** (1 / 2.2)

    def stands(ground: NDArray[Any]) -> Pixels:
        pasted = np.zeros_like(photograph)
        pasted[feet - tall : feet, left : left + across] = person[..., :3]
        mixed = ground * (1 - outline[..., None]) + pasted * outline[..., None]
        return np.clip(np.rint(mixed), 0, 255).astype(np.uint8)

    where = outline > 0.5
    return Scene(photograph, stands(photograph), stands(shaded), where, (dark > 0.3) & ~where)


def is_open(photograph: Pixels) -> bool:
    """Whether there is open ground at the bottom of a photograph, bright enough for shadows to be seen."""
    low = photograph[round((1 - LOWEST) * len(photograph)) :]
    light = np.log((cv2.blur(low, (5, 5)) / 255.0) ** 2.2 + 0.004).mean(axis=2)
    middle = np.median(light)
    return bool(middle > -2 and np.mean(np.abs(light - middle) < ALIKE) > OPEN)


def scenes(count: int = SCENES) -> list[Scene]:
    """The scenes, the same in each run."""
    folder = eval_dir() / "landmarks"
    paths = [path for part in ("test", "others/test") for path in sorted((folder / part).rglob("*.jpg"))]
    people = [one for one in cutouts(0, 1) if one.shape[0] > 2.2 * one.shape[1]]
    rng = np.random.default_rng(0)
    made: list[Scene] = []
    for index in rng.permutation(len(paths)):
        photograph = read(paths[index])[..., :3]
        scale = WIDTH / photograph.shape[1]
        photograph = np.asarray(cv2.resize(photograph, (WIDTH, round(photograph.shape[0] * scale))))
        if len(made) == count or not is_open(photograph):
            continue
        person = people[int(rng.integers(len(people)))]
        size = rng.uniform(0.3, 0.5) * photograph.shape[0] / person.shape[0]
        made.append(scene(photograph, np.asarray(cv2.resize(person, None, fx=size, fy=size)), len(made)))
    return made


def found(pixels: Pixels, one: Scene) -> Bool:
    """The shadow that is found, beside the person with the seam."""
    caster = seamed(Patch.of(one.person))
    own = caster.full()
    shadow = cast(pixels, caster, own)
    return np.zeros_like(own) if shadow is None else shadow.full() & ~own


def measure() -> list[Figure]:
    """How many shadows are found, how exactly, what is taken for one, and what erasing gains by it."""
    every = scenes()
    got = [found(one.shaded, one) for one in every]
    false = [found(one.without, one) for one in every]
    hits = [(mask, one) for mask, one in zip(got, every, strict=True) if (mask & one.shadow).any()]
    recall = [float((mask & one.shadow).sum() / one.shadow.sum()) for mask, one in hits]
    # What is grown over the soft edge is no mistake.
    near = [cv2.dilate(one.shadow.astype(np.uint8), np.ones((9, 9), np.uint8)) > 0 for _, one in hits]
    precision = [float((mask & wide).sum() / mask.sum()) for (mask, _), wide in zip(hits, near, strict=True)]
    gains = [_gain(mask, one) for mask, one in hits[:FILLED]]
    n = len(every)
    note = "people pasted into photographs with open ground of about one brightness"
    return [
        Figure("shadows found", len(hits) / n, n=n, note=note),
        Figure("of their pixels, where found (median)", float(np.median(recall)), n=len(hits)),
        Figure("of what is found, shadow (median)", float(np.median(precision)), n=len(hits)),
        Figure(
            "something else taken for one, no shadow there",
            sum(bool(mask.any()) for mask in false) / n,
            better="lower",
            n=n,
            note="shadows and dark things that the photographs have themselves",
        ),
        Figure(
            "PSNR of erasing gained by it (median)",
            float(np.median(gains)),
            "dB",
            n=len(gains),
            note=f"over person and shadow, where found; better in {np.mean(np.array(gains) > 0):.0%}",
        ),
    ]


def _gain(mask: Bool, one: Scene) -> float:
    own = seamed(Patch.of(one.person)).full()
    where = own | one.shadow
    without, with_it = (
        psnr(np.asarray(fill(one.shaded, feathered(hole, 1.0), "auto")), one.clean, where)
        for hole in (own, own | mask)
    )
    return with_it - without
