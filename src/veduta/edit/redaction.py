"""A photo made fit to be shown: what is sensitive hidden for good, and nothing told that the picture does not show."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from veduta.edit.account import Account
from veduta.edit.erase import opened
from veduta.edit.picture_file import check_still, save
from veduta.edit.placeholder import draw_plate
from veduta.edit.public import public
from veduta.edit.redact import Style, check_style, redact
from veduta.edit.regions import Eyes, Region
from veduta.edit.sensitive import Sensitive, check, mask_of, sensitive
from veduta.image.photo import Pixels
from veduta.progress import Progress

Vectors = NDArray[np.float32]


@dataclass(frozen=True)
class Order:
    """What to hide (`sensitive.WHATS`), how, and whose faces stay; with `every` also photos that show nothing of it are
    copied, without their metadata. `words` are drawn on plates that are replaced.
    """

    what: tuple[str, ...]
    style: Style = "pixelate"
    known: Mapping[str, Vectors] = field(default_factory=dict)
    every: bool = False
    words: str | None = None

    def __post_init__(self) -> None:
        """Raise UnknownWhat or UnknownStyle before any photo is opened."""
        check(self.what)
        check_style(self.style)


@dataclass(frozen=True, slots=True)
class Redacted(Account):
    """What became of one photo: how many of each kind are hidden, and how many stay."""

    hidden: Mapping[str, int]
    kept: int
    seconds: float
    notes: tuple[str, ...] = ()


class Redactor:
    """Hides the same things in one photo after another; networks are opened once."""

    def __init__(self, order: Order, eyes: Eyes | None = None) -> None:
        self.order = order
        self._eyes = eyes or Eyes()

    def redact(self, path: Path, out: Path, progress: Progress | None = None) -> Redacted:
        """The photo with what is sensitive hidden, written to `out`; the original stays as it is.

        The copy keeps the format, the quality and the colors, and of the metadata only how it was taken (see
        `edit.public`). Raises UnreadableImage, AnimatedPicture, NotWritten, WouldOverwrite.
        """
        started = time.monotonic()
        check_still(path)
        photo = opened(path)
        found, stay = sensitive(photo, self.order.what, self.order.known, self._eyes)
        notes = list(photo.notes)
        target: Path | None = out
        if not found and not self.order.every:
            notes.insert(0, "nothing found")
            target = None
        else:
            pixels = photo.full()
            done = (
                hide(pixels, found, stay, self.order.style, self.order.words, progress) if found else pixels
            )
            written = save(path, done, out, changed=(done != pixels).any(axis=2), metadata=public)
            notes += written.notes
        hidden = Counter(one.what for one in found)
        seconds = time.monotonic() - started
        return Redacted(path, target, photo.width, photo.height, hidden, len(stay), seconds, tuple(notes))


def hide(
    pixels: Pixels,
    found: Sequence[Sensitive],
    stay: Sequence[Region],
    style: Style,
    words: str | None = None,
    progress: Progress | None = None,
) -> Pixels:
    """The upright pixels at full size with all things found hidden."""
    # New plates cover the old ones wholly: nothing needs to be hidden under them.
    drawn = [one for one in found if style == "replace" and one.what == "plates" and one.outline is not None]
    mask = mask_of([one for one in found if one not in drawn], stay, pixels.shape[1], pixels.shape[0])
    hidden = redact(pixels, mask, style, progress=progress) if mask.any() else pixels.copy()
    random = np.random.default_rng()
    for one in drawn:
        if one.outline is not None:
            draw_plate(hidden, one.outline, words, random)
    return hidden
