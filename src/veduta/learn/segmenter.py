"""A network that marks pixels of one kind of thing: the packaged network's maps, and a small decoder of our own."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional

from veduta.learn.cells import PIXELS, SIZES
from veduta.learn.trunk_maps import CHANNELS

WIDTHS = (96, 48)  # of the layers


class Judge(nn.Module):
    """Columns (n, length) to scores (n, 4): what is trained. Columns are centered and scaled by what was seen first.

    While training, single numbers are left out (`dropout`), and the last parts of a column, of lengths `coarse`, each
    as a whole (`forgotten`): they tell one photograph from another and would be learned by heart.
    """

    mean: Tensor
    spread: Tensor

    def __init__(
        self,
        mean: Tensor,
        spread: Tensor,
        widths: Sequence[int],
        dropout: float = 0.0,
        coarse: Sequence[int] = (),
        forgotten: float = 0.0,
    ) -> None:
        super().__init__()
        self.coarse, self.forgotten = tuple(coarse), forgotten
        self.register_buffer("mean", mean)
        self.register_buffer("spread", spread)
        self.first = nn.Linear(len(mean), widths[0])
        self.middle = nn.Linear(widths[0], widths[1])
        self.last = nn.Linear(widths[1], 4)
        self.dropout = nn.Dropout(dropout)
        for layer in (self.first, self.middle):
            nn.init.kaiming_normal_(layer.weight)
            nn.init.zeros_(layer.bias)
        nn.init.zeros_(self.last.weight)

    def forward(self, columns: Tensor) -> Tensor:
        """Scores of the four pixels of each place, by rows."""
        node = self.dropout((columns - self.mean) / self.spread)
        if self.training and self.forgotten:
            fine = columns.shape[1] - sum(self.coarse)
            kept = [torch.ones(1, fine).expand(len(columns), fine)]
            for length in self.coarse:
                some = (torch.rand(len(columns), 1) >= self.forgotten) / (1 - self.forgotten)
                kept.append(some.expand(len(columns), length))
            node = node * torch.cat(kept, dim=1)
        scores: Tensor = self.last(functional.relu(self.middle(functional.relu(self.first(node)))))
        return scores

    def folded(self) -> tuple[Tensor, Tensor]:
        """Weight and bias of the first layer on columns as they are."""
        weight = self.first.weight / self.spread
        return weight.detach(), (self.first.bias - weight @ self.mean).detach()


class Decoder(nn.Module):
    """From pixels and five maps of a frozen network to one score for each pixel.

    Every place at stride 2 is judged by what all scales say of it (hypercolumns, Hariharan et al. 2015, arXiv
    1411.5752) and gives the scores of its four pixels (Shi et al. 2016, arXiv 1609.05158), so that lines of one pixel
    are kept at a quarter of the cost. It is trained on single places (Bansal et al. 2017, arXiv 1702.06506), see Judge.
    """

    def __init__(self, judge: Judge, channels: Sequence[int] = CHANNELS) -> None:
        super().__init__()
        wide = WIDTHS[0]
        self.fine = nn.Conv2d(3, wide, PIXELS, stride=2, padding=PIXELS // 2 - 1)
        self.sides = nn.ModuleList(
            nn.Conv2d(c, wide, size, padding=size // 2, bias=False)
            for c, size in zip(channels, SIZES, strict=True)
        )
        middle, last = (
            _pointwise(layer.weight.detach(), layer.bias.detach()) for layer in (judge.middle, judge.last)
        )
        self.rest = nn.Sequential(nn.ReLU(), middle, nn.ReLU(), last)
        weight, bias = judge.folded()
        at = 0
        with torch.no_grad():
            self.fine.bias.copy_(bias)
            for part in (self.fine, *self.sides):
                length = part.weight[0].numel()
                part.weight.copy_(weight[:, at : at + length].reshape(part.weight.shape))
                at += length

    def forward(self, pixels: Tensor, *maps: Tensor) -> Tensor:
        """Scores (n, 1, h, w) of pixels (n, 3, h, w), normalized as for the maps; sides multiples of 32."""
        node = self.fine(pixels)
        for i, (side, entering) in enumerate(zip(self.sides, maps, strict=True)):
            part = side(entering)
            if i:
                part = functional.interpolate(
                    part, scale_factor=float(2**i), mode="bilinear", align_corners=False
                )
            node = node + part
        return functional.pixel_shuffle(self.rest(node), 2)


def _pointwise(weight: Tensor, bias: Tensor) -> nn.Conv2d:
    layer = nn.Conv2d(weight.shape[1], weight.shape[0], 1)
    with torch.no_grad():
        layer.weight.copy_(weight[..., None, None])
        layer.bias.copy_(bias)
    return layer
