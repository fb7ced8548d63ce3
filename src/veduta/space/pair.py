"""Two photos of one thing: a pair from two files, from folders, or from one file that holds both side by side."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from veduta.errors import BadInput
from veduta.image.formats import PHOTO_SUFFIXES
from veduta.image.photo import Pixels


class BadPair(BadInput):
    """Two photos that are no pair."""


@dataclass(frozen=True, slots=True)
class PairFiles:
    """Where the two views lie; both in one file, side by side, where `right` is None."""

    left: Path
    right: Path | None

    @property
    def name(self) -> str:
        """What the pair is called: its left file without suffix."""
        return self.left.stem

    def read(self) -> tuple[Pixels, Pixels]:
        """The left and the right view, upright sRGB uint8 (h, w, 3) of one size; raises UnreadableImage, BadPair."""
        from veduta.image.decode import read

        if self.right is None:
            return halves(read(self.left), self.left.name)
        left, right = read(self.left), read(self.right)
        check_pair(left, right, f"{self.left.name}, {self.right.name}")
        return left, right


def halves(pixels: Pixels, name: str) -> tuple[Pixels, Pixels]:
    """Both views of a picture that holds them side by side; raises BadPair where its width is odd."""
    width = pixels.shape[1]
    if width % 2:
        raise BadPair(f"{name}: {width} pixels wide; a picture of two views side by side has an even width")
    return np.ascontiguousarray(pixels[:, : width // 2]), np.ascontiguousarray(pixels[:, width // 2 :])


def check_pair(left: Pixels, right: Pixels, name: str) -> None:
    """Raise BadPair, naming what is expected, unless both are pictures (h, w, 3) of one size."""
    for pixels in (left, right):
        if pixels.ndim != 3 or pixels.shape[2] != 3 or pixels.dtype != np.uint8:
            raise BadPair(
                f"{name}: expected uint8 pictures (height, width, 3), got {pixels.dtype} {pixels.shape}"
            )
    if left.shape != right.shape:
        sizes = " and ".join(f"{p.shape[1]} x {p.shape[0]}" for p in (left, right))
        raise BadPair(f"{name}: the views of a pair have one size, these have {sizes}; bring the right files")
    if min(left.shape[:2]) < 16:
        raise BadPair(f"{name}: {left.shape[1]} x {left.shape[0]} is too small; 16 pixels a side at least")


def find_pairs(left: Path, right: Path | None) -> list[PairFiles]:
    """The pairs in two files, two folders (in the order of their names), or a file or folder of views side by side.

    Raises BadPair where there are none or one lacks its partner.
    """
    for path in (left, right):
        if path is not None and not path.exists():
            raise BadPair(f"{path}: no such file or folder")
    if right is not None and left.is_dir() != right.is_dir():
        raise BadPair(f"{left}, {right}: give two files or two folders")
    if not left.is_dir():
        return [PairFiles(left, right)]
    lefts = _pictures(left)
    if not lefts:
        raise BadPair(f"{left}: no pictures there")
    if right is None:
        return [PairFiles(path, None) for path in lefts]
    rights = _pictures(right)
    if len(lefts) != len(rights):
        _check_partners(lefts, rights)
        raise BadPair(
            f"{left} holds {len(lefts)} pictures and {right} {len(rights)}; each needs its partner, in the same order"
            " of names"
        )
    _check_partners(lefts, rights)
    return [PairFiles(a, b) for a, b in zip(lefts, rights, strict=True)]


def _check_partners(lefts: list[Path], rights: list[Path]) -> None:
    """Raise BadPair where most names are the same in both folders, but not all: the order would pair strangers."""
    one, other = ({path.stem for path in side} for side in (lefts, rights))
    if 2 * len(one & other) > len(one) and one != other:
        alone = [
            f"{', '.join(sorted(names)[:3])}{' ...' if len(names) > 3 else ''} on the {side}"
            for names, side in ((one - other, "left"), (other - one, "right"))
            if names
        ]
        raise BadPair(
            f"{lefts[0].parent} and {rights[0].parent}: without a partner of the same name: {', '.join(alone)}; take"
            " them away"
        )


def _pictures(folder: Path) -> list[Path]:
    files: Iterable[Path] = folder.iterdir()
    return sorted(p for p in files if p.suffix.lower() in PHOTO_SUFFIXES and not p.name.startswith("."))
