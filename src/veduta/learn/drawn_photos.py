"""Photographs with drawn cranes and decoys in them, and the cranes' masks: examples without end, by number."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from veduta.errors import BadInput
from veduta.image.decode import read
from veduta.image.photo import Pixels
from veduta.learn import cranes_drawn, decoys_drawn
from veduta.learn.canvas import Canvas, Floats, View

Mask = NDArray[np.bool_]
Rng = np.random.Generator

SIDE = 256
# A pixel belongs to a crane that covers at least this much of it.
COVERED = 0.3
# Shares of the examples: with cranes, with decoys alone; the rest are photographs as they are.
WITH_CRANES, WITH_DECOYS = 0.55, 0.27
LEAST_CONTRAST = 22.0  # in gray levels, in the channel that differs most
SUFFIXES = {".jpg", ".jpeg", ".png", ".webp"}


class NoPhotographs(BadInput):
    """A folder to draw on that holds no readable photographs."""


@dataclass(frozen=True, slots=True)
class Example:
    """Pixels uint8 (side, side, 3), the cranes' mask, and what was drawn."""

    pixels: Pixels
    mask: Mask
    kinds: tuple[str, ...]


class DrawnPhotos:
    """Example `i` of seed `s` is always the same, whatever was drawn before."""

    def __init__(self, photos: Sequence[Path], seed: int = 1, side: int = SIDE) -> None:
        if not photos:
            raise NoPhotographs("no photographs to draw on; name a folder of JPEG or PNG files")
        self.photos, self.seed, self.side = list(photos), seed, side
        self._read = lru_cache(maxsize=1500)(_ground)

    def __getitem__(self, number: int) -> Example:
        """Draw example `number`."""
        rng = np.random.default_rng([self.seed, number])
        what = rng.random()
        ground, sky = self._ground(rng, tries=6 if what < WITH_CRANES + WITH_DECOYS else 1)
        cranes = int(rng.choice([1, 1, 1, 2, 2, 3, 4])) if what < WITH_CRANES else 0
        decoys = int(rng.integers(1, 4)) if what < WITH_CRANES + WITH_DECOYS else 0
        if cranes and rng.random() < 0.55:
            decoys = 0
        kinds: list[str] = []
        picture, mask = ground.astype(np.float32), np.zeros(ground.shape[:2], np.float32)
        if cranes or decoys:
            seen = sky if rng.random() < 0.5 else None
            order = [False] * decoys + [True] * cranes  # cranes in front, but for one picture in six
            if rng.random() < 0.17:
                order = order[::-1]
            for is_crane in order:
                kind, cover, color = _draw(ground, is_crane, rng)
                if seen is not None:
                    cover = cover * seen
                kinds.append(kind)
                color = _apart(_air(picture, color, seen, rng), picture, cover)
                picture = picture * (1 - cover[..., None]) + color * cover[..., None]
                mask = np.maximum(mask, cover) if is_crane else mask * (1 - cover)
        pixels = _camera(picture, rng)
        pixels, mask = _enlarge(pixels, mask, self.side)
        if rng.random() < 0.5:
            pixels, mask = pixels[:, ::-1], mask[:, ::-1]
        return Example(np.ascontiguousarray(pixels), np.ascontiguousarray(mask >= COVERED), tuple(kinds))

    def plain(self, number: int) -> Pixels:
        """A piece (side, side, 3) of photograph `number` as it is, enlarged or made smaller as the examples are."""
        rng = np.random.default_rng([self.seed, 1, number])
        ground = _cut(self._read(self.photos[number % len(self.photos)]), self.side, rng)
        return _enlarge(ground, np.zeros(ground.shape[:2], np.float32), self.side)[0]

    def _ground(self, rng: Rng, tries: int) -> tuple[Pixels, Floats]:
        """A piece of a photograph, with sky if one of `tries` has any, and where it is open to the sky."""
        for _ in range(tries):
            photo = self._read(self.photos[int(rng.integers(len(self.photos)))])
            ground = _cut(photo, self.side, rng)
            sky = _sky(ground)
            if sky.min() < 0.5:  # not one without sky, where all is open
                break
        return ground, sky


def photographs(*folders: Path) -> list[Path]:
    """All pictures below the folders, in order of their names; raises NoPhotographs where one has none."""
    found: list[Path] = []
    for folder in folders:
        some = sorted(p for p in folder.rglob("*") if p.suffix.lower() in SUFFIXES)
        if not some:
            raise NoPhotographs(f"{folder}: no JPEG, PNG or WebP files in it")
        found += some
    return found


def _ground(path: Path) -> Pixels:
    return read(path, 1024)


def _cut(ground: Pixels, side: int, rng: Rng) -> Pixels:
    """A square of the photograph with at most `side` pixels; a small one stays small, to be enlarged at the end."""
    height, width = ground.shape[:2]
    short = min(height, width)
    part = short if rng.random() < 0.4 else int(rng.uniform(0.45, 1.0) * short)
    part = max(part, min(short, 96))
    top, left = int(rng.uniform(0, 0.7) * (height - part)), int(rng.integers(0, width - part + 1))
    cut = ground[top : top + part, left : left + part]
    most = side if rng.random() < 0.75 else int(rng.integers(100, side))
    if part > most:
        cut = np.asarray(cv2.resize(cut, (most, most), interpolation=cv2.INTER_AREA), np.uint8)
    return np.asarray(cut, np.uint8)


def _sky(ground: Pixels) -> Floats:
    """Where the photograph is open to the top edge without a break: softly 1 there, 0 behind buildings."""
    gray = cv2.GaussianBlur(cv2.cvtColor(ground, cv2.COLOR_RGB2GRAY), (0, 0), 1.2).astype(np.float32)
    edge = cv2.magnitude(cv2.Sobel(gray, cv2.CV_32F, 1, 0), cv2.Sobel(gray, cv2.CV_32F, 0, 1))
    broken = cv2.dilate((edge > 60).astype(np.uint8), np.ones((3, 3), np.uint8))
    from_top = np.cumsum(broken, axis=0) == 0
    opened = cv2.morphologyEx(from_top.astype(np.uint8), cv2.MORPH_OPEN, np.ones((5, 5), np.uint8))
    if opened.mean() < 0.12:  # no sky in sight: what is drawn stands in front
        return np.ones(ground.shape[:2], np.float32)
    opened = cv2.dilate(opened, np.ones((3, 3), np.uint8))
    return np.asarray(cv2.GaussianBlur(opened.astype(np.float32), (0, 0), 0.6), np.float32)


def _draw(ground: Pixels, is_crane: bool, rng: Rng) -> tuple[str, Floats, Floats]:
    """One thing; of a crane more than a bare mast shows, if three tries are enough."""
    for _ in range(3):
        kind, cover, color = _try(ground, is_crane, rng)
        columns, rows = ((cover > COVERED).any(axis=axis).sum() for axis in (0, 1))
        if not is_crane or (columns > 0.08 * ground.shape[1] and columns > 0.3 * rows):
            break
    return kind, cover, color


def _try(ground: Pixels, is_crane: bool, rng: Rng) -> tuple[str, Floats, Floats]:
    height, width = ground.shape[:2]
    canvas = Canvas(width, height)
    # A thing of 60 m fills from a tenth of the picture to twice of it.
    tall = height * float(np.exp(rng.uniform(np.log(0.14), np.log(2.0))))
    foot = (float(rng.uniform(-0.15, 1.15) * width), float(rng.uniform(0.35, 1.25) * height))
    if is_crane and rng.random() < 0.6:  # a whole one
        foot = (float(rng.uniform(0.1, 0.9) * width), float(rng.uniform(0.45, 1.05) * height))
        tall = foot[1] * float(rng.uniform(0.35, 1.1))
    elif is_crane and foot[1] - tall > 0.8 * height:
        foot = (foot[0], 0.8 * height)
    view = View(
        foot,
        tall / 60,
        float(rng.uniform(0, 2 * np.pi)) if is_crane else float(rng.uniform(-0.5, 0.5)),
        float(np.exp(rng.uniform(np.log(70), np.log(900)))),
        float(max(0, rng.normal(0.05, 0.2))),
        float(rng.normal(0, 0.03)),
    )
    draw = cranes_drawn.draw if is_crane else decoys_drawn.draw
    kind = draw(canvas, view, rng)
    cover, color = canvas.read()
    return kind, cover, color


def _air(picture: Floats, color: Floats, seen: Floats | None, rng: Rng) -> Floats:
    """The drawing's color through air: haze of the brightest part of the picture, and the picture's own tint."""
    haze = rng.uniform(0, 0.65) if rng.random() < (0.7 if seen is not None else 0.3) else 0.0
    top = picture[: max(4, len(picture) // 3)].reshape(-1, 3)
    light: Floats = np.percentile(top, 75, axis=0).astype(np.float32)
    dim = 0.35 + 0.65 * float(np.clip(picture.mean() / 128, 0.2, 1.0))
    grain = 1 + rng.normal(0, 0.12)
    mixed: Floats = (color * dim * grain * (1 - haze) + light * haze).astype(np.float32)
    return mixed


def _apart(color: Floats, picture: Floats, cover: Floats) -> Floats:
    """The color, moved away from what is behind where the two could not be told apart."""
    where = cover > COVERED
    if not where.any():
        return color
    off = (color - picture)[where].mean(axis=0)
    if float(np.abs(off).max()) >= LEAST_CONTRAST:
        return color
    away = 45.0 if picture[where].mean() < 90 else -45.0
    return np.asarray(np.clip(color + away, 0, 255), np.float32)


def _camera(picture: Floats, rng: Rng) -> Pixels:
    """Blur, exposure, color cast, noise and compression of a camera or a web page."""
    seen: Any = picture
    if rng.random() < 0.6:
        seen = cv2.GaussianBlur(seen, (0, 0), float(rng.uniform(0.3, 1.0)))
    if rng.random() < 0.2:  # sharpened by the camera
        seen = seen * 1.6 - cv2.GaussianBlur(seen, (0, 0), 1.0) * 0.6
    seen = np.clip(seen, 0, 255) / 255
    seen = seen ** float(np.exp(rng.normal(0, 0.25)))
    seen = (seen - 0.5) * float(rng.uniform(0.75, 1.2)) + 0.5 + float(rng.normal(0, 0.05))
    seen = seen * rng.uniform(0.9, 1.1, 3)
    if rng.random() < 0.08:
        seen = np.repeat(seen.mean(axis=2, keepdims=True), 3, axis=2)
    seen = seen * 255 + rng.normal(0, abs(rng.normal(0, 3)), seen.shape)
    pixels = np.asarray(np.clip(seen, 0, 255), np.uint8)
    if rng.random() < 0.8:
        quality = int(rng.integers(35, 97))
        _, data = cv2.imencode(".jpg", pixels, [cv2.IMWRITE_JPEG_QUALITY, quality])
        pixels = np.asarray(cv2.imdecode(data, cv2.IMREAD_COLOR), np.uint8)
    return pixels


def _enlarge(pixels: Pixels, mask: Floats, side: int) -> tuple[Pixels, Floats]:
    if pixels.shape[0] == side:
        return pixels, mask
    how = cv2.INTER_CUBIC if side > pixels.shape[0] else cv2.INTER_AREA
    larger = cv2.resize(pixels, (side, side), interpolation=how)
    grown = cv2.resize(mask, (side, side), interpolation=cv2.INTER_LINEAR)
    return np.asarray(larger, np.uint8), np.asarray(grown, np.float32)
