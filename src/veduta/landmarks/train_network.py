"""What is trained: a trunk, an embedding of it, and a classifier that is thrown away afterwards."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional

from veduta.landmarks.train_losses import CenterLoss, SubcenterArcFace, dynamic_margins


@dataclass(frozen=True, slots=True)
class Rates:
    """Learning rates of the three parts; trunk and embedding learn slowly, so that earlier regions are remembered."""

    trunk: float
    embedding: float
    classifier: float


class Standardize(nn.Module):
    """A frozen linear map of precomputed features; the trunk of the light network."""

    mean: Tensor
    matrix: Tensor

    def __init__(self, mean: Tensor, matrix: Tensor) -> None:
        super().__init__()
        self.register_buffer("mean", mean)
        self.register_buffer("matrix", matrix)
        self.width = matrix.shape[1]

    def forward(self, features: Tensor) -> Tensor:
        """Features (n, D) to (n, width), centered and turned."""
        return (features - self.mean) @ self.matrix


class Nudge(nn.Linear):
    """A fully connected layer that begins as the identity: decay pulls it back there, not to zero."""

    def __init__(self, width: int) -> None:
        super().__init__(width, width)
        nn.init.zeros_(self.weight)
        nn.init.zeros_(self.bias)

    def forward(self, input: Tensor) -> Tensor:
        """The input plus what was learned of it."""
        return input + super().forward(input)


class LandmarkNetwork(nn.Module):
    """Trunk, embedding (fully connected, then batch normalization), classifier.

    `loss` "center" is the article's: softmax over the landmarks and "no landmark", plus the center loss; "arcface" is
    sub-center ArcFace with margins by the number of photos.
    """

    def __init__(
        self, trunk: nn.Module, width: int, counts: Sequence[int], loss: str = "center", dropout: float = 0.0
    ) -> None:
        super().__init__()
        entering: int = trunk.width
        self.landmarks = len(counts)
        self.trunk = trunk
        self.dropout = nn.Dropout(dropout)
        connected = Nudge(width) if isinstance(trunk, Standardize) else nn.Linear(entering, width)
        self.embedding = nn.Sequential(connected, nn.BatchNorm1d(width))
        self.centers: CenterLoss | None = None
        if loss == "center":
            self.classifier: nn.Module = nn.Linear(width, self.landmarks + 1)
            self.centers = CenterLoss(self.landmarks, width)
        else:
            self.classifier = SubcenterArcFace(width, dynamic_margins(counts))

    def forward(self, inputs: Tensor) -> Tensor:
        """Embeddings (n, width)."""
        embedded: Tensor = self.embedding(self.dropout(self.trunk(inputs)))
        return embedded

    def scores(self, embeddings: Tensor, labels: Tensor | None, seen: Tensor) -> Tensor:
        """Scores (n, landmarks + 1); landmarks of regions that no stage has added yet cannot be answered."""
        if isinstance(self.classifier, SubcenterArcFace):
            scores = self.classifier(embeddings, labels)
        else:
            scores = self.classifier(embeddings)
        return torch.where(seen[None], scores.float(), torch.finfo(torch.float32).min)

    def loss(
        self,
        embeddings: Tensor,
        labels: Tensor,
        seen: Tensor,
        center_weight: float = 0.01,
        smoothing: float = 0.0,
    ) -> tuple[Tensor, Tensor]:
        """The loss of a batch and its scores; centers move along while training."""
        scores = self.scores(embeddings, labels, seen)
        loss = functional.cross_entropy(scores, labels)
        if smoothing:
            spread = functional.log_softmax(scores[:, seen], dim=1).mean(dim=1)
            loss = (1 - smoothing) * loss - smoothing * spread.mean()
        if self.centers is not None:
            loss = loss + center_weight * self.centers(embeddings.float(), labels)
            if self.training:
                self.centers.follow(embeddings.detach().float(), labels)
        return loss, scores

    def groups(self, rates: Rates, decay: float, pull: float = 0.0) -> list[dict[str, object]]:
        """Parameter groups for an optimizer: each part at its own rate; vectors are not decayed.

        `pull` is the decay of an embedding that began as the identity, back to it.
        """
        made: list[dict[str, object]] = []
        for name in ("trunk", "embedding", "classifier"):
            part: nn.Module = getattr(self, name)
            rate: float = getattr(rates, name)
            owned = [p for p in part.parameters() if p.requires_grad]
            pulled = name == "embedding" and isinstance(self.embedding[0], Nudge)
            strength = pull if pulled else decay
            for decayed in (True, False):
                chosen = [p for p in owned if (p.ndim > 1) == decayed]
                if chosen:
                    made.append(
                        {
                            "params": chosen,
                            "lr": rate,
                            "weight_decay": strength if decayed else 0.0,
                            "name": name,
                        }
                    )
        return made
