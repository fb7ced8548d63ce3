"""Masks of cranes against true ones, on a folder of photos."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from veduta.errors import BadInput
from veduta.image.decode import read
from veduta.image.photo import Pixels
from veduta.learn.drawn_photos import SUFFIXES
from veduta.learn.metrics import Mask, MaskScore
from veduta.progress import Progress, Silent
from veduta.see.crane_levels import probability
from veduta.see.crane_mask import cranes
from veduta.see.crane_network import CraneNetwork
from veduta.see.cranes import full_mask

ENDING = "_mask"


class NoTruth(BadInput):
    """A folder without pairs of photo and mask, or with a pair that does not fit."""


def pairs(folder: Path) -> list[tuple[Path, Path]]:
    """Photos and their masks, NAME_mask.png beside NAME.*; raises NoTruth where there are none."""
    photos = [p for p in sorted(folder.iterdir()) if p.suffix.lower() in SUFFIXES] if folder.is_dir() else []
    found = [
        (photo, mask)
        for photo in photos
        if not photo.stem.endswith(ENDING) and (mask := folder / f"{photo.stem}{ENDING}.png").is_file()
    ]
    if not found:
        raise NoTruth(f"{folder}: no photo NAME.jpg with a mask NAME{ENDING}.png beside it")
    return found


def crane_mask(network: CraneNetwork, pixels: Pixels) -> Mask:
    """All cranes of a picture in one mask of its size."""
    height, width = pixels.shape[:2]
    out = np.zeros((height, width), bool)
    for crane in cranes(probability(network, pixels)):
        out |= full_mask(crane.mask, width, height)
    return out


def evaluate(
    folder: Path, decoder: bytes | None = None, slack: int = 2, progress: Progress | None = None
) -> dict[str, float]:
    """Scores over all pairs of a folder, see MaskScore; raises NoTruth."""
    network, score = CraneNetwork(decoder=decoder), MaskScore(slack)
    found = pairs(folder)
    listener = progress or Silent()
    listener.begin("evaluating", len(found))
    for photo, truth in found:
        pixels, white = read(photo), read(truth)
        if white.shape[:2] != pixels.shape[:2]:
            raise NoTruth(f"{truth}: a mask of {white.shape[1::-1]} for a photo of {pixels.shape[1::-1]}")
        score.update(crane_mask(network, pixels), white[..., 0] > 127)
        listener.advance()
    listener.end()
    return score.compute()
