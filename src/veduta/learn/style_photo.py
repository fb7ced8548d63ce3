"""One photo repainted by optimization: its own pixels are changed until an eye sees the painting's style in them.

Gatys, Ecker and Bethge 2015, "A Neural Algorithm of Artistic Style" (arXiv 1508.06576), from coarse
to fine as in "Controlling Perceptual Factors in Neural Style Transfer" (Gatys et al. 2017, arXiv 1611.07865): broad
strokes come first, at half the size.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import torch
from torch import Tensor

from veduta.files import write_bytes
from veduta.image.photo import Pixels, at_most
from veduta.learn import checkpoint
from veduta.learn.style_eye import Eye, UnfitInput
from veduta.learn.style_losses import content_loss, style_loss, total_variation, wanted_gram
from veduta.progress import Progress, Silent

LEAST_SIDE = 64
SAVED_EVERY = 5  # rounds
ITERATIONS = 10  # of L-BFGS in a round


@dataclass(frozen=True, slots=True)
class PhotoRecipe:
    """Settings: `side` of the result, `rounds` of ten L-BFGS steps at each of two sizes, and the weights of the losses.

    `style` is against a content weight of 1; None takes the eye's own. `noise` starts from noise instead of the photo.
    """

    side: int = 512
    rounds: int = 20
    style: float | None = None
    variation: float = 1.0
    noise: bool = False
    seed: int = 1

    def __post_init__(self) -> None:
        """Refuse what cannot be run."""
        if not LEAST_SIDE <= self.side <= 4096:
            raise UnfitInput(f"side must be {LEAST_SIDE} to 4096 pixels, not {self.side}")
        if (
            self.rounds < 1
            or self.variation < 0
            or (self.style is not None and not 0 < self.style < float("inf"))
        ):
            raise UnfitInput("rounds and the weight of style must be above 0, that of variation not below it")


class PhotoStyling:
    """The optimization of one photo; it can be stopped and go on, to the same result."""

    def __init__(self, photo: Pixels, painting: Pixels, eye: Eye, recipe: PhotoRecipe) -> None:
        self.eye, self.recipe = eye, recipe
        if min(*photo.shape[:2], *painting.shape[:2]) < LEAST_SIDE:
            raise UnfitInput(f"photo and painting need at least {LEAST_SIDE} pixels a side")
        self.sizes = sorted({max(LEAST_SIDE, recipe.side // 2), recipe.side})
        self.photos = [tensor_of(at_most(photo, side)) for side in self.sizes]
        self.paintings = [tensor_of(at_most(painting, side)) for side in self.sizes]
        self.round = 0
        self.losses: list[float] = []
        generator = torch.Generator().manual_seed(recipe.seed)
        start = torch.rand(self.photos[0].shape, generator=generator) if recipe.noise else self.photos[0]
        self._begin(start.clone())
        digest = hashlib.sha256(json.dumps([asdict(recipe), eye.name]).encode())
        digest.update(photo.tobytes() + painting.tobytes())
        self.fingerprint = digest.hexdigest()[:16]

    @property
    def rounds(self) -> int:
        """Rounds in all."""
        return self.recipe.rounds * len(self.sizes)

    def _begin(self, picture: Tensor) -> None:
        """Start at the size of the present round."""
        number = min(self.round // self.recipe.rounds, len(self.sizes) - 1)
        self.picture = picture.requires_grad_(True)
        self.optimizer = torch.optim.LBFGS(
            [self.picture], max_iter=ITERATIONS, history_size=20, line_search_fn="strong_wolfe"
        )
        with torch.no_grad():
            seen = self.eye(self.photos[number])
            self.content = {name: seen[name].detach() for name in self.eye.content}
            painted = self.eye(self.paintings[number])
            self.style = {name: wanted_gram(painted[name]) for name in self.eye.style}

    def loss(self) -> Tensor:
        """What is made smaller: content by the number of its values, style as published, total variation."""
        seen = self.eye(self.picture)
        total = self.recipe.variation * total_variation(self.picture)
        for name, wanted in self.content.items():
            total = total + content_loss(seen[name], wanted) / wanted.numel() / len(self.content)
        weight = self.recipe.style or self.eye.balance
        for name, wanted in self.style.items():
            total = total + weight * style_loss(seen[name], wanted) / len(self.style)
        return total

    def step(self) -> float:
        """One round; returns the loss at its beginning."""

        def closure() -> Tensor:
            self.optimizer.zero_grad()
            loss = self.loss()
            loss.backward()
            return loss

        value = float(self.optimizer.step(closure).detach())
        with torch.no_grad():
            self.picture.clamp_(0, 1)
        self.losses.append(value)
        self.round += 1
        if self.round % self.recipe.rounds == 0 and self.round < self.rounds:
            number = self.round // self.recipe.rounds
            larger = torch.nn.functional.interpolate(
                self.picture.detach(), self.photos[number].shape[2:], mode="bicubic", align_corners=False
            )
            self._begin(larger.clamp(0, 1))
        return value

    def run(
        self, state: Path | None = None, preview: Path | None = None, progress: Progress | None = None
    ) -> Pixels:
        """All rounds that are left; the state and a preview (PNG) are written now and then. Returns the picture."""
        listener = progress or Silent()
        listener.begin("painting", self.rounds - self.round)
        while self.round < self.rounds:
            self.step()
            listener.advance()
            if self.round % SAVED_EVERY == 0 or self.round == self.rounds:
                if state is not None:
                    self.save(state)
                if preview is not None:
                    write_picture(preview, self.pixels())
        listener.end()
        return self.pixels()

    def pixels(self) -> Pixels:
        """The picture as it stands."""
        return pixels_of(self.picture)

    def save(self, path: Path) -> None:
        """Write everything that is needed to go on."""
        checkpoint.save(
            path,
            self.fingerprint,
            {
                "round": self.round,
                "losses": self.losses,
                "picture": self.picture.detach(),
                "optimizer": self.optimizer.state_dict(),
            },
        )

    def restore(self, path: Path) -> None:
        """Go on where a state stands; raises TrainingError for one of other pictures or settings, or a damaged one."""

        def take(kept: Mapping[str, Any]) -> None:
            self.round, self.losses = int(kept["round"]), list(kept["losses"])
            self._begin(kept["picture"].clone())
            self.optimizer.load_state_dict(kept["optimizer"])

        checkpoint.restore(path, self.fingerprint, take)


def tensor_of(pixels: Pixels) -> Tensor:
    """Pixels uint8 (h, w, 3) as (1, 3, h, w) of 0 to 1."""
    return torch.from_numpy(pixels.astype(np.float32) / 255).permute(2, 0, 1)[None].contiguous()


def pixels_of(picture: Tensor) -> Pixels:
    """The inverse of `tensor_of`."""
    flat = picture.detach()[0].clamp(0, 1).permute(1, 2, 0).numpy()
    return np.asarray(np.rint(flat * 255), np.uint8)


def write_picture(path: Path, pixels: Pixels) -> None:
    """Write pixels as the suffix says, PNG or JPEG, atomically."""
    options = [] if path.suffix.lower() == ".png" else [cv2.IMWRITE_JPEG_QUALITY, 95]
    _, data = cv2.imencode(path.suffix, cv2.cvtColor(pixels, cv2.COLOR_RGB2BGR), options)
    write_bytes(path, data.tobytes())
