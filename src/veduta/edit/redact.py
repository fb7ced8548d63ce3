"""Redaction: what a mask covers is made unrecognizable for good, in one of four styles.

Blurs that merely smooth can be undone or matched: a face under a mosaic of 16 x 16 cells is still told from others by a
network (McPherson, Shokri and Shmatikov, "Defeating Image Obfuscation with Deep Learning", 2016, arXiv 1609.00408).
Here nothing of the covered pixels is kept but the mean brightness of at most `CELLS` x `CELLS` cells and one color,
with noise and in steps; `fill` and `replace` keep less still.
"""

from __future__ import annotations

from typing import Any, Literal, get_args

import cv2
import numpy as np
from numpy.typing import NDArray

from veduta.edit.fill import BadMask, EmptyMask, fill
from veduta.image.photo import Pixels
from veduta.progress import Progress

Style = Literal["blur", "pixelate", "fill", "replace"]
STYLES: tuple[str, ...] = get_args(Style)
Bools = NDArray[np.bool_]
Floats = NDArray[np.float32]

# Cells across the longer side of what is hidden: what is left of it is at most their squared number of shades.
CELLS = 4
# Spread of the noise on those shades, and the steps that they are then rounded to, in 255ths.
NOISE = 10.0
STEP = 24.0
LUMA = np.array([0.299, 0.587, 0.114], np.float32)
# Beyond the mask, in shares of the hidden thing's shorter side: hidden as well, and a soft edge after that.
MARGIN = 0.06
SOFT = 0.08


class UnknownStyle(BadMask):
    """A style of redaction that does not exist."""


def check_style(style: str) -> None:
    """Raise UnknownStyle unless there is such a style."""
    if style not in STYLES:
        raise UnknownStyle(f"no style of redaction is called {style!r}; known: {', '.join(STYLES)}")


def redact(
    pixels: Pixels,
    mask: NDArray[Any],
    style: Style = "pixelate",
    seed: int | None = None,
    progress: Progress | None = None,
) -> Pixels:
    """The photo (height, width, 3) with what `mask` (height, width), bool, marks hidden; each patch by itself.

    Pixels farther away than the margin and its soft edge are those of the photo, to the bit. The noise is the
    system's own unless a `seed` is given (for tests). Raises BadMask, EmptyMask, UnknownStyle.
    """
    check_style(style)
    if mask.shape != pixels.shape[:2] or mask.dtype != np.bool_:
        have, want = (" x ".join(str(v) for v in a.shape[1::-1]) for a in (mask, pixels))
        raise BadMask(f"the mask is {mask.dtype} {have}; expected bool of the photo's size, {want}")
    if not mask.any():
        raise EmptyMask("the mask marks nothing: there is nothing to hide")
    random = np.random.default_rng(seed)
    result = pixels.copy()
    count, labels, boxes, _ = cv2.connectedComponentsWithStats(mask.astype(np.uint8), connectivity=8)
    for number in range(1, count):
        x, y, width, height = (int(v) for v in boxes[number, :4])
        margin, soft = (max(1, round(share * min(width, height))) for share in (MARGIN, SOFT))
        reach = margin + 2 * soft + 1
        rows = slice(max(0, y - reach), y + height + reach)
        columns = slice(max(0, x - reach), x + width + reach)
        inside = _grown(labels[rows, columns] == number, margin)
        hide(result[rows, columns], inside, soft, style, random, progress)
    return result


def hide(
    part: Pixels,
    inside: Bools,
    soft: int,
    style: Style,
    random: np.random.Generator,
    progress: Progress | None = None,
) -> None:
    """Hide what `inside` marks of a part of a photo, in place, with an edge of `soft` pixels."""
    if style == "fill" and not inside.all():
        cover = _filled(part, inside, soft, progress)
    elif style == "replace" or style == "fill":
        cover = _plain(part, inside, random)
    else:
        cover = coarse(part, inside, random, smooth=style == "blur")
    alpha = _softened(inside, soft)[..., None]
    mixed = part + alpha * (cover.astype(np.float32) - part)
    part[:] = np.where(inside[..., None], cover, np.rint(mixed).astype(np.uint8))


def coarse(part: Pixels, inside: Bools, random: np.random.Generator, smooth: bool) -> Pixels:
    """The mean colors of the few cells over `inside`, with noise and in steps, as a picture of the same size."""
    rows, columns = np.flatnonzero(inside.any(axis=1)), np.flatnonzero(inside.any(axis=0))
    top, bottom, left, right = rows[0], rows[-1] + 1, columns[0], columns[-1] + 1
    side = max(bottom - top, right - left) / CELLS
    high, wide = max(1, round((bottom - top) / side)), max(1, round((right - left) / side))
    weights = inside[top:bottom, left:right].astype(np.float32)
    colors = part[top:bottom, left:right].astype(np.float32)
    sums = _cells(colors * weights[..., None], high, wide)
    shares = _cells(weights, high, wide)[..., None]
    overall = (colors * weights[..., None]).sum(axis=(0, 1)) / weights.sum()
    # A cell that the mask hardly touches takes the mean of all.
    means = np.where(shares > 0.05, sums / np.maximum(shares, 1e-6), overall)
    # Brightness differs from cell to cell, the tone is that of all: colored noise is ugly and tells more.
    tone = stepped(overall, random)
    cells = tone + (stepped(means @ LUMA, random) - tone @ LUMA)[..., None]
    how = cv2.INTER_CUBIC if smooth else cv2.INTER_NEAREST
    cover = np.empty(part.shape, np.float32)
    patch = np.asarray(
        cv2.resize(cells, (int(right - left), int(bottom - top)), interpolation=how), np.float32
    )
    cover[:] = tone
    # The cells go on beyond the patch, where its edge is soft.
    cover[top:bottom, left:right] = patch.reshape(bottom - top, right - left, 3)
    for before, after in ((top, slice(0, top)), (bottom - 1, slice(bottom, None))):
        cover[after, left:right] = cover[before, left:right]
    cover[:, :left], cover[:, right:] = cover[:, left : left + 1], cover[:, right - 1 : right]
    return np.clip(cover, 0, 255).astype(np.uint8)


def stepped(colors: Floats, random: np.random.Generator) -> Floats:
    """Colors with noise, rounded to steps."""
    noisy = colors + random.normal(0, NOISE, colors.shape)
    return np.asarray(np.clip(np.rint(noisy / STEP) * STEP, 0, 255), np.float32)


def _cells(values: Floats, high: int, wide: int) -> Floats:
    small = cv2.resize(values, (wide, high), interpolation=cv2.INTER_AREA)
    return np.asarray(small, np.float32).reshape(high, wide, *values.shape[2:])


def _plain(part: Pixels, inside: Bools, random: np.random.Generator) -> Pixels:
    """One color: the rounded mean of what is hidden."""
    cover = np.empty_like(part)
    cover[:] = stepped(part[inside].mean(axis=0, dtype=np.float32), random).astype(np.uint8)
    return cover


def _filled(part: Pixels, inside: Bools, soft: int, progress: Progress | None) -> Pixels:
    """What could stand there, made from the surroundings alone."""
    # The edge is filled too, or it would keep the color of what is hidden.
    hole = _grown(inside, soft)
    if hole.all():
        hole = inside
    blank = part.copy()
    blank[hole] = 0
    return fill(blank, hole, progress=progress)


def _grown(mask: Bools, pixels: int) -> Bools:
    distance = cv2.distanceTransform((~mask).astype(np.uint8), cv2.DIST_L2, 3)
    return np.asarray(distance <= pixels, np.bool_)


def _softened(inside: Bools, soft: int) -> Floats:
    """1 inside, falling to 0 within 2 x `soft` pixels."""
    distance = cv2.distanceTransform((~inside).astype(np.uint8), cv2.DIST_L2, 3)
    return np.asarray(np.clip(1 - distance / (2 * soft), 0, 1), np.float32)
