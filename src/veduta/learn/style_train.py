"""A painter trained for one painting: once, on photographs of any kind; then a picture takes one pass.

Johnson, Alahi and Fei-Fei 2016, "Perceptual Losses for Real-Time Style Transfer and Super-Resolution" (arXiv
1603.08155); Ulyanov, Vedaldi and Lempitsky 2016, "Instance Normalization" (arXiv 1607.08022).
"""

from __future__ import annotations

import hashlib
import json
import os
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import torch
from torch import Tensor

from veduta.errors import UnreadableImage
from veduta.image.decode import read
from veduta.image.formats import PHOTO_SUFFIXES
from veduta.image.photo import Pixels, at_most
from veduta.learn.descent import Descent, Listener
from veduta.learn.style_eye import Eye, UnfitInput
from veduta.learn.style_losses import content_loss, style_loss, total_variation, wanted_gram
from veduta.learn.style_network import StyleNetwork
from veduta.learn.style_photo import pixels_of, tensor_of, write_picture

SHOWN = 3  # photographs in the preview
KEPT = 48  # photographs in memory


@dataclass(frozen=True, slots=True)
class StyleRecipe:
    """Settings: `steps` of `batch` squares of `side` pixels, the painting at `painting_side`, and the losses' weights.

    `style` is against a content weight of 1; None takes the eye's own.
    """

    steps: int = 2000
    batch: int = 4
    side: int = 192
    painting_side: int = 384
    rate: float = 2e-3
    style: float | None = None
    variation: float = 2.0
    seed: int = 1

    def __post_init__(self) -> None:
        """Refuse what cannot be run."""
        if self.side % 32 or not 64 <= self.side <= 1024:
            raise UnfitInput(f"side must be a multiple of 32 from 64 to 1024, not {self.side}")
        if min(self.steps, self.batch) < 1 or not self.rate > 0 or self.variation < 0:
            raise UnfitInput("steps, batch and rate must be above 0, variation not below it")
        if self.painting_side < 64 or (self.style is not None and not 0 < self.style < float("inf")):
            raise UnfitInput("the painting needs 64 pixels, and style a weight above 0")


class Photographs:
    """Random squares of photographs, the same for the same seed and step; those that cannot be read are left out."""

    def __init__(self, paths: Sequence[Path], side: int, seed: int) -> None:
        self.paths, self.side, self.seed = sorted(paths), side, seed
        self._kept: OrderedDict[int, Pixels | None] = OrderedDict()

    def batch(self, step: int, count: int) -> Tensor:
        """Squares (count, 3, side, side) of 0 to 1, some mirrored; raises UnfitInput when none can be read."""
        return torch.cat([tensor_of(square) for square in self.squares(step, count)])

    def squares(self, step: int, count: int) -> Pixels:
        """The same as pixels, uint8 (count, side, side, 3)."""
        rng = np.random.default_rng([self.seed, step])
        made: list[Pixels] = []
        for _ in range(20 * count):
            photo = self._photo(int(rng.integers(len(self.paths))))
            scale, mirrored = float(rng.uniform(0, 1)), bool(rng.integers(2))
            places = rng.uniform(0, 1, 2)
            if photo is not None:
                made.append(self._square(photo, scale, places, mirrored))
            if len(made) == count:
                return np.stack(made)
        raise UnfitInput(f"hardly any of {len(self.paths)} photographs can be read")

    def _square(self, photo: Pixels, scale: float, places: Any, mirrored: bool) -> Pixels:
        """A part between the whole shorter side and the square itself, at the square's size."""
        shorter = min(photo.shape[:2])
        part = round(shorter * (min(1.0, self.side / shorter) ** scale))
        top, left = (int(p * (size - part)) for p, size in zip(places, photo.shape[:2], strict=True))
        piece = photo[top : top + part, left : left + part]
        way = cv2.INTER_AREA if part > self.side else cv2.INTER_CUBIC
        square = np.asarray(cv2.resize(piece, (self.side, self.side), interpolation=way), np.uint8)
        return np.ascontiguousarray(square[:, ::-1]) if mirrored else square

    def _photo(self, index: int) -> Pixels | None:
        if index not in self._kept:
            try:
                self._kept[index] = read(self.paths[index], 768)
            except (UnreadableImage, OSError):
                self._kept[index] = None
            while len(self._kept) > KEPT:
                self._kept.popitem(last=False)
        return self._kept[index]


def photographs_in(folder: Path) -> list[Path]:
    """All photographs in a folder and the folders in it; raises UnfitInput when there are none."""
    found = [
        Path(where, name)
        for where, _, names in os.walk(folder)
        for name in names
        if Path(name).suffix.lower() in PHOTO_SUFFIXES
    ]
    if not found:
        raise UnfitInput(f"{folder}: no photographs there to train on")
    return found


class StyleTrainer(Descent[StyleNetwork]):
    """Trains a painter, and shows on the way how it paints."""

    def __init__(
        self,
        painting: Pixels,
        photographs: Photographs,
        eye: Eye,
        recipe: StyleRecipe,
        told: Listener | None = None,
        network: StyleNetwork | None = None,
        preview: Path | None = None,
    ) -> None:
        self.eye, self.recipe, self.photographs, self.preview = eye, recipe, photographs, preview
        torch.manual_seed(recipe.seed)
        painter = network or StyleNetwork()
        optimizer = torch.optim.Adam(painter.parameters(), lr=recipe.rate)
        with torch.no_grad():
            seen = eye(tensor_of(at_most(painting, recipe.painting_side)))
            self.wanted = {name: wanted_gram(seen[name]) for name in eye.style}
        digest = hashlib.sha256(json.dumps([asdict(recipe), eye.name]).encode() + painting.tobytes())
        super().__init__(painter, optimizer, recipe.steps, digest.hexdigest()[:16], told)

    def loss(self) -> Tensor:
        """Of the squares of the present step."""
        pictures = self.photographs.batch(self.step, self.recipe.batch)
        return self.compared(pictures, self.network(pictures))

    def compared(self, pictures: Tensor, painted: Tensor) -> Tensor:
        """Content as the mean squared difference, style as published, total variation."""
        with torch.no_grad():
            shown = self.eye(pictures)
        seen = self.eye(painted)
        total = self.recipe.variation * total_variation(painted)
        for name in self.eye.content:
            total = total + content_loss(seen[name], shown[name]) / seen[name].numel() / len(self.eye.content)
        weight = self.recipe.style or self.eye.balance
        for name, wanted in self.wanted.items():
            total = total + weight * style_loss(seen[name], wanted) / len(self.wanted)
        return total

    def rate(self) -> float:
        """A tenth in the last third."""
        return self.recipe.rate * (0.1 if self.step > 2 * self.recipe.steps / 3 else 1.0)

    def look(self) -> None:
        """Some photographs above their paintings, in the file of the preview."""
        if self.preview is None:
            return
        pictures = self.photographs.batch(0, SHOWN)
        with torch.no_grad():
            painted = self.network(pictures)
        rows = [np.hstack([pixels_of(one[None]) for one in some]) for some in (pictures, painted)]
        write_picture(self.preview, np.vstack(rows))
