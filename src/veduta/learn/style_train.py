"""A painter trained for one painting: once, on photographs of any kind; then a picture takes one pass.

Johnson, Alahi and Fei-Fei 2016, "Perceptual Losses for Real-Time Style Transfer and Super-Resolution" (arXiv
1603.08155); Ulyanov, Vedaldi and Lempitsky 2016, "Instance Normalization" (arXiv 1607.08022).
"""

from __future__ import annotations

import hashlib
import json
import os
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
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
from veduta.learn import checkpoint
from veduta.learn.style_eye import Eye, UnfitInput
from veduta.learn.style_losses import content_loss, style_loss, total_variation, wanted_gram
from veduta.learn.style_network import StyleNetwork
from veduta.learn.style_photo import pixels_of, tensor_of, write_picture
from veduta.progress import Progress, Silent

SAVED_EVERY = 100
SHOWN = 3  # photographs in the preview
KEPT = 48  # photographs in memory
Listener = Callable[[Mapping[str, Any]], None]


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


class StyleTrainer:
    """Trains a painter; it can be stopped and go on, to the same result. `told` hears of every 100th step."""

    def __init__(
        self,
        painting: Pixels,
        photographs: Photographs,
        eye: Eye,
        recipe: StyleRecipe,
        told: Listener | None = None,
        network: StyleNetwork | None = None,
    ) -> None:
        self.eye, self.recipe, self.photographs = eye, recipe, photographs
        self.told = told or (lambda record: None)
        torch.manual_seed(recipe.seed)
        self.network = network or StyleNetwork()
        self.optimizer = torch.optim.Adam(self.network.parameters(), lr=recipe.rate)
        self.step = 0
        with torch.no_grad():
            seen = eye(tensor_of(at_most(painting, recipe.painting_side)))
            self.wanted = {name: wanted_gram(seen[name]) for name in eye.style}
        digest = hashlib.sha256(json.dumps([asdict(recipe), eye.name]).encode() + painting.tobytes())
        self.fingerprint = digest.hexdigest()[:16]

    def loss(self, pictures: Tensor, painted: Tensor) -> Tensor:
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

    def run(
        self,
        state: Path | None = None,
        preview: Path | None = None,
        progress: Progress | None = None,
        until: int | None = None,
    ) -> StyleNetwork:
        """Train up to the last step (or `until`), writing the state and a preview now and then."""
        end = min(until or self.recipe.steps, self.recipe.steps)
        listener = progress or Silent()
        listener.begin("training", end - self.step)
        losses: list[float] = []
        while self.step < end:
            for group in self.optimizer.param_groups:
                group["lr"] = self._rate()
            pictures = self.photographs.batch(self.step, self.recipe.batch)
            loss = self.loss(pictures, self.network(pictures))
            self.optimizer.zero_grad(set_to_none=True)
            loss.backward()
            self.optimizer.step()
            losses.append(float(loss.detach()))
            self.step += 1
            listener.advance()
            if self.step % SAVED_EVERY == 0 or self.step == end:
                self.told({"step": self.step, "of": self.recipe.steps, "loss": float(np.mean(losses))})
                losses.clear()
                if state is not None:
                    self.save(state)
                if preview is not None:
                    write_picture(preview, self.sheet())
        listener.end()
        return self.network

    def _rate(self) -> float:
        """A rise over 50 steps; a tenth in the last third."""
        late = 0.1 if self.step > 2 * self.recipe.steps / 3 else 1.0
        return self.recipe.rate * late * min(1.0, (self.step + 1) / 50)

    def sheet(self) -> Pixels:
        """Some photographs above their paintings."""
        pictures = self.photographs.batch(0, SHOWN)
        with torch.no_grad():
            painted = self.network(pictures)
        rows = [np.hstack([pixels_of(one[None]) for one in some]) for some in (pictures, painted)]
        return np.vstack(rows)

    def save(self, path: Path) -> None:
        """Write everything that is needed to go on."""
        checkpoint.save(
            path,
            self.fingerprint,
            {
                "step": self.step,
                "network": self.network.state_dict(),
                "optimizer": self.optimizer.state_dict(),
            },
        )

    def restore(self, path: Path) -> None:
        """Go on where a state stands; raises TrainingError for one of other settings, or a damaged one."""

        def take(kept: Mapping[str, Any]) -> None:
            self.network.load_state_dict(kept["network"])
            self.optimizer.load_state_dict(kept["optimizer"])
            self.step = int(kept["step"])

        checkpoint.restore(path, self.fingerprint, take)
