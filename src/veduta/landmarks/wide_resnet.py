"""Wide ResNet-50-2 for training, its tensors named as torchvision and timm name them.

Zagoruyko & Komodakis 2016 (arXiv 1605.07146): a ResNet-50 (He et al. 2015, arXiv 1512.03385) whose inner bottleneck
convolutions have twice the channels; the stride is in the 3 x 3 convolution.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from veduta.errors import BadInput
from veduta.nets.unpickle import read_weights

BLOCKS = (3, 4, 6, 3)
EXPANSION = 4
WIDER = 2
# Normalization of inputs that published weights expect: RGB in [0, 255].
MEAN = (123.675, 116.28, 103.53)
DEVIATION = (58.395, 57.12, 57.375)


class WrongWeights(BadInput):
    """A weight file whose tensors do not fit the network."""


class Bottleneck(nn.Module):
    """1 x 1 to narrow, 3 x 3 to see, 1 x 1 to widen; the input is added."""

    def __init__(self, entering: int, planes: int, stride: int) -> None:
        super().__init__()
        inner, leaving = planes * WIDER, planes * EXPANSION
        self.conv1 = nn.Conv2d(entering, inner, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(inner)
        self.conv2 = nn.Conv2d(inner, inner, 3, stride, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(inner)
        self.conv3 = nn.Conv2d(inner, leaving, 1, bias=False)
        self.bn3 = nn.BatchNorm2d(leaving)
        self.relu = nn.ReLU(inplace=True)
        self.downsample: nn.Module | None = None
        if stride != 1 or entering != leaving:
            self.downsample = nn.Sequential(
                nn.Conv2d(entering, leaving, 1, stride, bias=False), nn.BatchNorm2d(leaving)
            )

    def forward(self, maps: Tensor) -> Tensor:
        """Maps (n, channels, h, w) to maps, smaller by the stride."""
        kept = maps if self.downsample is None else self.downsample(maps)
        maps = self.relu(self.bn1(self.conv1(maps)))
        maps = self.relu(self.bn2(self.conv2(maps)))
        return self.relu(self.bn3(self.conv3(maps)) + kept)


class WideResNet(nn.Module):
    """The trunk: pixels (n, 3, h, w), normalized RGB, to pooled features (n, 32 x planes).

    `planes` is 64 in the published network (features 2048, 66.8 million weights without the classifier); tests use
    fewer.
    """

    def __init__(self, planes: int = 64, blocks: tuple[int, ...] = BLOCKS) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(3, planes, 7, 2, 3, bias=False)
        self.bn1 = nn.BatchNorm2d(planes)
        self.relu = nn.ReLU(inplace=True)
        self.maxpool = nn.MaxPool2d(3, 2, 1)
        channels = planes
        for stage, count in enumerate(blocks):
            width = planes * 2**stage
            layers = []
            for index in range(count):
                layers.append(Bottleneck(channels, width, 2 if stage and not index else 1))
                channels = width * EXPANSION
            self.add_module(f"layer{stage + 1}", nn.Sequential(*layers))
        self.stages = len(blocks)
        self.width = channels
        for module in self.modules():
            if isinstance(module, nn.Conv2d):
                nn.init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu")

    def forward(self, pixels: Tensor) -> Tensor:
        """Pooled features (n, width)."""
        maps = self.maxpool(self.relu(self.bn1(self.conv1(pixels))))
        for stage in range(self.stages):
            maps = getattr(self, f"layer{stage + 1}")(maps)
        return maps.mean(dim=(2, 3))


def load_weights(network: nn.Module, path: Path) -> list[str]:
    """Fill the network from a torchvision or timm state dict; names of tensors in the file that it has no use for.

    The file is read without running anything in it. Raises WrongWeights naming tensors that are missing or of
    another shape.
    """
    found = {name.removeprefix("module."): array for name, array in read_weights(path).items()}
    wanted: dict[str, Any] = network.state_dict()
    needed = [name for name in wanted if not name.endswith("num_batches_tracked")]
    missing = [name for name in needed if name not in found]
    if missing:
        raise WrongWeights(
            f"{path.name}: {len(missing)} of {len(needed)} tensors are missing, the first {missing[0]};"
            " give the weights of a Wide ResNet-50-2 with torchvision's names"
        )
    for name in needed:
        if tuple(found[name].shape) != tuple(wanted[name].shape):
            raise WrongWeights(
                f"{path.name}: {name} has shape {tuple(found[name].shape)} where the network has"
                f" {tuple(wanted[name].shape)}; is it another ResNet?"
            )
    network.load_state_dict({**wanted, **{name: torch.from_numpy(found[name].copy()) for name in needed}})
    return sorted(set(found) - set(wanted))
