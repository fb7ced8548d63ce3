"""The pictures of a stack of sections: found in a folder, in the order of their numbers, gray, of one size."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from veduta.errors import BadInput, UnreadableImage
from veduta.files import write_text
from veduta.image.photo import Pixels
from veduta.progress import Progress, Silent
from veduta.space.pose import Plane
from veduta.space.stack import Stack

FEWEST, MOST_PIXELS = 3, 2_000_000_000


class BadSections(BadInput):
    """Pictures that are no stack of sections, or a wish that does not fit them."""


@dataclass(frozen=True, eq=False)
class Sections:
    """Gray pictures in a file, the object bright: `inverted` where it was dark on a bright ground.

    `heights` are their places in the row of all pictures, of which those in `left_out` could not be read. `counts` is
    the histogram of all, `fingerprint` tells them from others.
    """

    paths: tuple[Path, ...]
    gray: Stack
    inverted: bool
    heights: tuple[int, ...]
    left_out: dict[str, str]
    counts: tuple[int, ...]
    fingerprint: str

    def plane(self, number: int) -> Plane:
        """One as float32, its ground taken off."""
        return grounded(self.gray[number])


def grounded(gray: Pixels) -> Plane:
    """A gray picture as float32, 0 where there is nothing but its ground."""
    ground = np.float32(np.median(_border(gray)))
    return np.asarray(np.maximum(gray.astype(np.float32) - ground, 0), np.float32)


def read_sections(
    folder: Path,
    work: Path,
    inverted: bool | None = None,
    skip: bool = False,
    progress: Progress | None = None,
) -> Sections:
    """The pictures of a folder in natural order ("s2" before "s10"); smaller ones are centered on their ground.

    `inverted`: whether the object is darker than its ground; None: told by the borders. `skip`: leave out what cannot
    be read. One picture after the other goes to files in `work`; what is there already of the same pictures is taken.
    Raises BadSections and UnreadableImage.
    """
    progress = progress or Silent()
    paths = _listed(folder)
    progress.begin("reading sections", len(paths))
    about = work / "gray.json"
    mark = _fingerprint(paths, inverted, skip)
    told = json.loads(about.read_text("utf-8")) if about.is_file() else {}
    if told.get("fingerprint") != mark:
        about.unlink(missing_ok=True)
        told = {"fingerprint": mark, **_gathered(folder, paths, work, inverted, skip, progress)}
        write_text(about, json.dumps(told))
    progress.end()
    heights = tuple(told["heights"])
    return Sections(
        tuple(paths[height] for height in heights),
        Stack(work / "gray.raw", *told["shape"]),
        told["inverted"],
        heights,
        told["left_out"],
        tuple(told["counts"]),
        mark,
    )


def _listed(folder: Path) -> list[Path]:
    from veduta.image.formats import PHOTO_SUFFIXES

    if not folder.is_dir():
        raise BadSections(f"{folder}: no such folder of sections")
    paths = [path for path in folder.iterdir() if path.suffix.lower() in PHOTO_SUFFIXES and path.is_file()]
    paths = sorted((path for path in paths if not path.name.startswith(".")), key=natural)
    if len(paths) < FEWEST:
        raise BadSections(f"{folder}: {len(paths)} pictures; a stack needs at least {FEWEST} sections")
    return paths


def _fingerprint(paths: list[Path], *wishes: bool | None) -> str:
    """What tells these pictures, in this order, from all others."""
    whole = hashlib.blake2b(repr(wishes).encode(), digest_size=16)
    for path in paths:
        whole.update(path.name.encode("utf-8", "surrogateescape") + b"\0")
        with path.open("rb") as file:
            whole.update(hashlib.file_digest(file, "blake2b").digest())
    return whole.hexdigest()


def _gathered(
    folder: Path, paths: list[Path], work: Path, inverted: bool | None, skip: bool, progress: Progress
) -> dict[str, Any]:
    """Read all pictures once, then bring them to one size and depth; returns what is to be known of them."""
    from veduta.image import deep

    facts: dict[int, dict[str, Any]] = {}
    left_out: dict[str, str] = {}
    with _stored(work) as stored:
        for number, path in enumerate(paths):
            try:
                pixels = deep.read(path)
            except UnreadableImage as error:
                if not skip:
                    remedy = "mend it, take it away, or leave such sections out (--skip-unreadable)"
                    raise UnreadableImage(path, f"{error.reason}; {remedy}") from error
                left_out[path.name] = error.reason
                progress.advance()
                continue
            gray = np.asarray(cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY))
            facts[number] = _facts(gray)
            if sum(one["shape"][0] * one["shape"][1] for one in facts.values()) > MOST_PIXELS:
                raise BadSections(f"{folder}: more than {MOST_PIXELS:,} pixels; give smaller copies")
            np.save(stored / f"{number}.npy", gray)
            progress.advance()
        if len(facts) < FEWEST:
            raise BadSections(
                f"{folder}: {len(facts)} pictures that can be read; a stack needs at least {FEWEST} sections"
            )
        height, width = _common_size(folder, [one["shape"] for one in facts.values()])
        if inverted is None:
            inverted = bool(np.median([one["inside"] for one in facts.values()]) < 0)
        scale = _scale(list(facts.values()))
        counts = np.zeros(256, np.int64)
        stack = Stack(work / "gray.raw", len(facts), height, width)
        for at, number in enumerate(facts):
            gray = _eight_bits(np.load(stored / f"{number}.npy"), scale)
            stack[at] = _fitted(gray, height, width, inverted)
            counts += np.bincount(stack[at].ravel(), minlength=256)
    return {
        "shape": stack.shape,
        "inverted": inverted,
        "heights": list(facts),
        "left_out": left_out,
        "counts": counts.tolist(),
    }


@contextmanager
def _stored(work: Path) -> Iterator[Path]:
    """A folder for the pictures as they are, until their common size is known."""
    import shutil

    folder = work / "as-read"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _facts(gray: NDArray[Any]) -> dict[str, Any]:
    """What must be known of one picture to bring all to one size, depth and ground."""
    few = gray[::4, ::4]
    unit = 257.0 if gray.dtype == np.uint8 else 1.0  # of 16 bits
    return {
        "shape": gray.shape,
        "deep": gray.dtype != np.uint8,
        "low": float(np.percentile(few, 0.1)) * unit,
        "high": float(np.percentile(few, 99.9)) * unit,
        "inside": float(np.median(_middle(gray)) - np.median(_border(gray))) * unit,
    }


def _common_size(folder: Path, shapes: list[tuple[int, int]]) -> tuple[int, int]:
    height, width = (max(one[axis] for one in shapes) for axis in (0, 1))
    if 4 * min(min(one) for one in shapes) < max(height, width) or min(height, width) < 16:
        smallest, largest = (way(shapes, key=lambda one: one[0] * one[1]) for way in (min, max))
        sizes = f"{smallest[1]} x {smallest[0]} to {largest[1]} x {largest[0]} pixels"
        raise BadSections(f"{folder}: sections of {sizes}; they should be of about one size")
    return height, width


def _scale(facts: list[dict[str, Any]]) -> tuple[float, float] | None:
    """What to take off and to multiply by so that 16 bits become 8, one for all: cameras of 12 bits fill but a
    sixteenth of what 16 hold. None where all have 8.
    """
    if not any(one["deep"] for one in facts):
        return None
    low, high = min(one["low"] for one in facts), max(one["high"] for one in facts)
    return low, 255 / max(high - low, 1)


def _eight_bits(gray: NDArray[Any], scale: tuple[float, float] | None) -> Pixels:
    if scale is None:
        return gray
    deep = gray if gray.dtype == np.uint16 else gray.astype(np.uint16) * np.uint16(257)
    return np.asarray(cv2.convertScaleAbs(np.maximum(deep - scale[0], 0), alpha=scale[1]), np.uint8)


def natural(path: Path) -> list[tuple[int, int | str]]:
    """Numbers in names by their values."""
    parts = re.split(r"(\d+)", path.name.lower())
    return [(0, int(part)) if part.isdigit() else (1, part) for part in parts]


def _fitted(one: Pixels, height: int, width: int, inverted: bool) -> Pixels:
    down, across = height - one.shape[0], width - one.shape[1]
    if down or across:
        ground = int(np.median(_border(one)))
        sides = (down // 2, down - down // 2, across // 2, across - across // 2)
        one = np.asarray(cv2.copyMakeBorder(one, *sides, cv2.BORDER_CONSTANT, value=ground), np.uint8)
    return np.asarray(255 - one, np.uint8) if inverted else one


def _border(one: Pixels) -> Pixels:
    return np.concatenate([one[0], one[-1], one[:, 0], one[:, -1]])


def _middle(one: Pixels) -> Pixels:
    height, width = one.shape
    return one[height // 4 : height - height // 4, width // 4 : width - width // 4].ravel()
