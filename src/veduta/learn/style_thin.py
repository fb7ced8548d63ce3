"""A thin painter taught by a large one: the same styles, for a fraction of the work.

Knowledge distillation (Hinton et al. 2015, arXiv 1503.02531) of a network with conditional instance normalization
(Dumoulin et al. 2017, arXiv 1610.07629). The large painter's first and last layers run over every pixel, and take most
of its time. The thin one sees squares of 2 x 2 pixels as one place of 12 channels and gives the same back (Shi et al.
2016, arXiv 1609.05158), so that none of its maps is larger than half the picture.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional

from veduta.learn.style_network import painter_layers
from veduta.nets.painter import EPSILON, Painter

FOLD = 2
# Channels after the layers that shrink, pairs, channels after the one that enlarges.
CONTRACT, PAIRS, EXPAND = (8, 24), 4, 8


class ThinLayer(nn.Module):
    """Reflected borders, convolution, instance normalization; gain and shift by the style's code."""

    def __init__(self, into: int, out: int, styles: int, stride: int = 1, enlarged: bool = False) -> None:
        super().__init__()
        self.enlarged = enlarged
        self.convolution = nn.Conv2d(into, out, 3, stride, bias=False)
        nn.init.kaiming_normal_(self.convolution.weight)
        self.gains = nn.Parameter(torch.ones(styles, out))
        self.shifts = nn.Parameter(torch.zeros(styles, out))

    def forward(self, node: Tensor, codes: Tensor) -> Tensor:
        """Maps (n, c, h, w) and codes (n, styles) to maps, not yet rectified."""
        if self.enlarged:
            node = functional.interpolate(node, scale_factor=2.0, mode="nearest")
        node = self.convolution(functional.pad(node, [1] * 4, mode="reflect"))
        node = functional.instance_norm(node, eps=EPSILON)
        gain, shift = (codes @ table for table in (self.gains, self.shifts))
        return torch.addcmul(shift[..., None, None], node, gain[..., None, None])


class ThinNetwork(nn.Module):
    """Pictures (n, 3, h, w) of 0 to 1 and codes (n, styles) to painted pictures; sides are multiples of 4."""

    def __init__(
        self, styles: int, contract: Sequence[int] = CONTRACT, pairs: int = PAIRS, expand: int = EXPAND
    ) -> None:
        super().__init__()
        places, (first, wide) = 3 * FOLD**2, contract
        self.contract = nn.ModuleList(
            [ThinLayer(places, first, styles), ThinLayer(first, wide, styles, stride=2)]
        )
        self.residual = nn.ModuleList(ThinLayer(wide, wide, styles) for _ in range(2 * pairs))
        self.expand = nn.ModuleList(
            [ThinLayer(wide, expand, styles, enlarged=True), ThinLayer(expand, places, styles)]
        )

    @property
    def layers(self) -> list[ThinLayer]:
        """All of them in order."""
        return [*self.contract, *self.residual, *self.expand]

    def forward(self, pictures: Tensor, codes: Tensor) -> Tensor:
        """The painted pictures."""
        # As the painter folds: the rows of a square in turn, each pixel's three channels together.
        node = (
            functional.pixel_unshuffle(pictures, FOLD)
            .unflatten(1, (3, FOLD**2))
            .transpose(1, 2)
            .flatten(1, 2)
        )
        for layer in self.contract:
            node = functional.relu(layer(node, codes))
        for index in range(0, len(self.residual), 2):
            inner = functional.relu(self.residual[index](node, codes))
            node = node + self.residual[index + 1](inner, codes)
        node = functional.relu(self.expand[0](node, codes))
        node = torch.sigmoid(self.expand[1](node, codes))
        return functional.pixel_shuffle(node.unflatten(1, (FOLD**2, 3)).transpose(1, 2).flatten(1, 2), FOLD)

    def as_painter(self) -> Painter:
        """The same as a painter."""

        gains, shifts = (
            torch.cat([getattr(one, part).detach() for one in self.layers], 1).numpy().copy()
            for part in ("gains", "shifts")
        )
        return Painter(
            painter_layers(self.contract, [True] * 2),
            painter_layers(self.residual, [n % 2 == 0 for n in range(len(self.residual))]),
            painter_layers(self.expand, [True, False]),
            (gains, 0 * gains[0]),
            (shifts, 0 * shifts[0]),
            FOLD,
        )
