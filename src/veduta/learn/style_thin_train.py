"""Training of a thin painter: first pixel by pixel what the large one painted, then with strokes of the same kind.

Where the thin painter cannot know which way a stroke will go, the smallest difference of pixels is no stroke at all. So
in the end the Gram matrices of both paintings are compared too (Gatys et al. 2015, arXiv 1508.06576), and the maps of
an eye (Johnson et al. 2016, arXiv 1603.08155).
"""

from __future__ import annotations

import hashlib
import json
import math
from dataclasses import asdict, dataclass

import torch
from torch import Tensor
from torch.nn import functional

from veduta.image.photo import Pixels
from veduta.learn.descent import Descent, Listener
from veduta.learn.style_eye import Eye, UnfitInput
from veduta.learn.style_lessons import Lessons
from veduta.learn.style_losses import gram, style_loss
from veduta.learn.style_thin import ThinNetwork

# Maps of the packaged eye that are looked at: strokes are small, and the deeper ones take long.
EYED = ("stem", "unfold_1", "unfold_4")
SCALES = 3  # at which pictures are compared: whole, half and quarter


@dataclass(frozen=True, slots=True)
class ThinRecipe:
    """Settings: `steps` by pixels alone, then `looks` through an eye as well, each of about `pixels` pixels.

    `rate` is Adam's highest, half of it in the second part. `edges` weighs the steps between neighbors, `maps` what the
    eye sees and `strokes` its Gram matrices, all against 1 for the pixels.
    """

    steps: int = 6000
    looks: int = 1500
    pixels: int = 111_000
    rate: float = 3e-3
    edges: float = 1.0
    maps: float = 0.1
    strokes: float = 2.0
    seed: int = 1

    def __post_init__(self) -> None:
        """Refuse what cannot be run."""
        weights = (self.edges, self.maps, self.strokes)
        if min(self.steps, self.pixels) < 1 or self.looks < 0 or not 0 < self.rate < math.inf:
            raise UnfitInput("steps, pixels and rate must be above 0, looks not below it")
        if not all(0 <= weight < math.inf for weight in weights):
            raise UnfitInput("the weights of losses must not be below 0")


def pixel_loss(painted: Tensor, wanted: Tensor, edges: float) -> Tensor:
    """Mean absolute difference of pictures (n, 3, h, w) and of the steps between their neighbors, at three sizes."""
    total = painted.new_zeros(())
    for scale in range(SCALES):
        if scale:
            painted, wanted = functional.avg_pool2d(painted, 2), functional.avg_pool2d(wanted, 2)
        away = painted - wanted
        across, down = away[..., 1:] - away[..., :-1], away[..., 1:, :] - away[..., :-1, :]
        total = total + away.abs().mean() + edges * (across.abs().mean() + down.abs().mean()) / 2
    return total / SCALES


def seen_loss(eye: Eye, painted: Tensor, wanted: Tensor, maps: float, strokes: float) -> Tensor:
    """What an eye sees in other places, and how much: each map's mean difference, and that of Gram matrices."""
    with torch.no_grad():
        shown = eye(wanted)
    seen = eye(painted)
    total = painted.new_zeros(())
    for name in EYED:
        total = total + maps * (seen[name] - shown[name]).abs().mean()
        places = shown[name].shape[2] * shown[name].shape[3]
        total = total + strokes * style_loss(seen[name], gram(shown[name]) / places)
    return total / len(EYED)


class ThinTrainer(Descent[ThinNetwork]):
    """Trains a thin painter; it can be stopped and go on, to the same result. `told` hears of every 100th step."""

    def __init__(
        self,
        lessons: Lessons,
        recipe: ThinRecipe,
        eye: Eye,
        told: Listener | None = None,
    ) -> None:
        self.lessons, self.recipe, self.eye = lessons, recipe, eye
        torch.manual_seed(recipe.seed)
        styles = len(lessons.every[0].code)
        network = ThinNetwork(styles)
        network.to(memory_format=torch.channels_last)
        eye.content, eye.style = (), EYED
        facts = [asdict(recipe), styles, [list(one.squares.shape) for one in lessons.every]]
        super().__init__(
            network,
            torch.optim.Adam(network.parameters(), lr=recipe.rate),
            recipe.steps + recipe.looks,
            hashlib.sha256(json.dumps(facts).encode()).hexdigest()[:16],
            told,
        )

    def loss(self) -> Tensor:
        """Of the pixels; after the first part, of what the eye sees too."""
        squares, paintings, codes = self.lessons.batch(self.step, self.recipe.pixels)
        painted, wanted = self.network(_real(squares), torch.from_numpy(codes)), _real(paintings)
        loss = pixel_loss(painted, wanted, self.recipe.edges)
        if self.step < self.recipe.steps:
            return loss
        return loss + seen_loss(self.eye, painted, wanted, self.recipe.maps, self.recipe.strokes)

    def rate(self) -> float:
        """In each part half a cosine down to nothing (Loshchilov and Hutter 2016)."""
        done, of, highest = self.step, self.recipe.steps, self.recipe.rate
        if done >= of:
            done, of, highest = done - of, self.recipe.looks, highest / 2
        return 0.5 * highest * (1 + math.cos(math.pi * done / of))


def _real(pixels: Pixels) -> Tensor:
    """Pixels uint8 (n, h, w, 3) as pictures (n, 3, h, w) of 0 to 1, channels last in memory."""
    return torch.from_numpy(pixels).permute(0, 3, 1, 2).float() / 255
