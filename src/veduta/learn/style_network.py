"""The painter that is trained: after Johnson et al. 2016, with instance normalization, and kept as a painter's file."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn import functional

from veduta.files import replacing
from veduta.nets.painter import EPSILON, Layer, Painter

# Channels after the three layers that shrink, and after the first two that enlarge.
CONTRACT, EXPAND = (12, 24, 32), (16, 8)
PAIRS = 4


class StyleLayer(nn.Module):
    """Reflected borders, convolution, instance normalization with gain and shift."""

    def __init__(self, into: int, out: int, side: int, stride: int = 1, enlarged: bool = False) -> None:
        super().__init__()
        self.reach, self.enlarged = side // 2, enlarged
        self.convolution = nn.Conv2d(into, out, side, stride, bias=False)
        self.norm = nn.InstanceNorm2d(out, eps=EPSILON, affine=True)

    def forward(self, node: Tensor) -> Tensor:
        """Maps to maps, not yet rectified."""
        if self.enlarged:
            node = functional.interpolate(node, scale_factor=2.0, mode="nearest")
        node = functional.pad(node, [self.reach] * 4, mode="reflect")
        styled: Tensor = self.norm(self.convolution(node))
        return styled


class StyleNetwork(nn.Module):
    """Pictures (n, 3, h, w) of 0 to 1 to painted ones; sides are multiples of 4."""

    def __init__(
        self, contract: Sequence[int] = CONTRACT, pairs: int = PAIRS, expand: Sequence[int] = EXPAND
    ) -> None:
        super().__init__()
        first, second, wide = contract
        self.contract = nn.ModuleList(
            [StyleLayer(3, first, 9), StyleLayer(first, second, 3, 2), StyleLayer(second, wide, 3, 2)]
        )
        self.residual = nn.ModuleList(StyleLayer(wide, wide, 3) for _ in range(2 * pairs))
        self.expand = nn.ModuleList(
            [
                StyleLayer(wide, expand[0], 3, enlarged=True),
                StyleLayer(expand[0], expand[1], 3, enlarged=True),
                StyleLayer(expand[1], 3, 9),
            ]
        )

    def forward(self, pictures: Tensor) -> Tensor:
        """The painted pictures."""
        node = pictures
        for layer in self.contract:
            node = functional.relu(layer(node))
        for index in range(0, len(self.residual), 2):
            node = node + self.residual[index + 1](functional.relu(self.residual[index](node)))
        for layer in self.expand[:2]:
            node = functional.relu(layer(node))
        return torch.sigmoid(self.expand[2](node))

    def as_painter(self) -> Painter:
        """The same as a painter of one style, whose code is a single 1."""

        every = [*self.contract, *self.residual, *self.expand]
        gains, shifts = (
            torch.cat([getattr(one.norm, part).detach() for one in every])[None].numpy().copy()
            for part in ("weight", "bias")
        )
        return Painter(
            painter_layers(self.contract, [True] * 3),
            painter_layers(self.residual, [n % 2 == 0 for n in range(len(self.residual))]),
            painter_layers(self.expand, [True, True, False]),
            (gains, 0 * gains[0]),
            (shifts, 0 * shifts[0]),
        )


def painter_layers(layers: nn.ModuleList, rectified: Sequence[bool]) -> tuple[Layer, ...]:
    """Trained layers as a painter has them."""
    return tuple(
        Layer(
            one.convolution.weight.detach().numpy().copy(),
            one.convolution.stride[0],
            one.enlarged,
            rectified=flag,
        )
        for one, flag in zip(layers, rectified, strict=True)
    )


def save_painter(network: StyleNetwork, path: Path) -> Path:
    """Write it as a painter's file, atomically."""
    with replacing(path) as temporary:
        network.as_painter().save(temporary)
    return path
