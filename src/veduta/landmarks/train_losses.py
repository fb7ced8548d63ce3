"""Losses that gather the photos of a landmark in one place of the space and leave all others where they are.

Photos without a landmark have the last label, one past the landmarks. They can show anything, so they have neither
a center nor a prototype: the losses only learn not to take them for a landmark.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional


def summed(tensor: Tensor) -> Tensor:
    """The sum of `tensor` over all processes that train together; itself where there is one."""
    if torch.distributed.is_available() and torch.distributed.is_initialized():
        torch.distributed.all_reduce(tensor)
    return tensor


class CenterLoss(nn.Module):
    """Half the mean squared distance of each landmark photo to the center of its landmark.

    Wen et al. 2016, "A Discriminative Feature Learning Approach for Deep Face Recognition". Centers follow the
    photos by the paper's rule, not by gradient: `follow` moves each by `speed` times the sum of its differences over
    one plus their number.
    """

    centers: Tensor

    def __init__(self, landmarks: int, width: int, speed: float = 0.5) -> None:
        super().__init__()
        self.speed = speed
        self.register_buffer("centers", torch.zeros(landmarks, width))

    def forward(self, embeddings: Tensor, labels: Tensor) -> Tensor:
        """The loss of a batch: embeddings (n, width), labels (n,); 0 where no photo shows a landmark."""
        shown = labels < len(self.centers)
        if not bool(shown.any()):
            return embeddings.sum() * 0.0
        differences = embeddings[shown] - self.centers[labels[shown]]
        return 0.5 * (differences**2).sum(dim=1).mean()

    @torch.no_grad()
    def follow(self, embeddings: Tensor, labels: Tensor) -> None:
        """Move the centers of the landmarks in this batch towards their photos."""
        shown = labels < len(self.centers)
        landmarks = labels[shown]
        moves = torch.zeros_like(self.centers)
        moves.index_add_(0, landmarks, (self.centers[landmarks] - embeddings[shown]).to(moves.dtype))
        counts = torch.bincount(landmarks, minlength=len(self.centers)).to(moves.dtype)
        self.centers -= self.speed * summed(moves) / (1.0 + summed(counts))[:, None]


def dynamic_margins(
    counts: Sequence[int], least: float = 0.05, most: float = 0.45, power: float = 0.25
) -> list[float]:
    """A margin for each landmark by its number of photos: the fewer, the wider.

    Falls with the count to the power of `-power`, from `most` at one photo towards `least` (Ha et al. 2020, "Google
    Landmark Recognition 2020 Competition Third Place Solution", arXiv 2010.05350).
    """
    return [least + (most - least) * max(count, 1) ** -power for count in counts]


class SubcenterArcFace(nn.Module):
    """Softmax over angles to the nearest of several prototypes per landmark, with a margin to be kept.

    Deng et al. 2019 (arXiv 1801.07698) and 2020 (sub-centers), margins by class. One more answer, "no landmark", has
    a learned similarity instead of a prototype: photos without a landmark must stay below it, those with one above.
    """

    margins: Tensor

    def __init__(
        self, width: int, margins: Sequence[float], prototypes: int = 3, scale: float = 24.0
    ) -> None:
        super().__init__()
        self.scale = scale
        self.prototypes = nn.Parameter(torch.empty(len(margins), prototypes, width))
        nn.init.normal_(self.prototypes, std=width**-0.5)
        self.nothing = nn.Parameter(torch.tensor(0.4))
        self.register_buffer("margins", torch.tensor(list(margins), dtype=torch.float32))

    def cosines(self, embeddings: Tensor) -> Tensor:
        """Similarity (n, landmarks) of each embedding to the nearest prototype of each landmark."""
        unit = functional.normalize(embeddings, dim=1)
        axes = functional.normalize(self.prototypes, dim=2)
        return torch.einsum("nd,lkd->nlk", unit, axes).amax(dim=2)

    def forward(self, embeddings: Tensor, labels: Tensor | None = None) -> Tensor:
        """Scores (n, landmarks + 1), the last for no landmark; with labels, those of the truth lose their margin."""
        cosines = self.cosines(embeddings).clamp(-1 + 1e-6, 1 - 1e-6)
        if labels is not None:
            shown = torch.nonzero(labels < len(self.margins))[:, 0]
            truth = labels[shown]
            own = cosines[shown, truth]
            turned = torch.cos((torch.acos(own) + self.margins[truth]).clamp(max=torch.pi))
            cosines = cosines.clone()
            cosines[shown, truth] = turned.to(cosines.dtype)
        nothing = self.nothing.to(cosines.dtype).expand(len(cosines), 1)
        return self.scale * torch.cat([cosines, nothing], dim=1)
