"""Eyes: networks whose maps say what a picture shows and how it is painted; never trained here.

The articles look through VGG, whose weights may not be passed on: who has a file of them gives it. Without one, the
packaged EfficientNet-Lite2 is looked through.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from veduta.learn.recipe import TrainingError
from veduta.nets.efficientnet import LITE2_BLOCKS, LITE2_STRIDED, Convolution
from veduta.nets.packs.imagenet import LITE2
from veduta.nets.safetensors import read_tensors
from veduta.nets.store import ModelStore, default_store

# Convolutions in each block of VGG (Simonyan & Zisserman 2014, arXiv 1409.1556), by their number.
VGG = {16: (2, 2, 4, 4, 4), 13: (2, 2, 3, 3, 3)}
# Of ImageNet: as torchvision's weights take pictures (0 to 1), and as the first ones did (BGR, 0 to 255).
MEAN, SPREAD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
FIRST_MEAN = (103.939, 116.779, 123.68)
FIRST_SPREAD = 57.4  # the mean of the deviations above, of 0 to 255


class UnfitInput(TrainingError):
    """Pictures, weights or settings from which no style can be made."""


class Eye(nn.Module):
    """Pictures (n, 3, h, w) in RGB of 0 to 1 to maps by the name of their layer.

    `content` and `style` name the layers to look at, `balance` how much style weighs against content by default.
    """

    name = ""
    content: tuple[str, ...] = ()
    style: tuple[str, ...] = ()
    balance = 200.0

    def forward(self, pictures: Tensor) -> dict[str, Tensor]:
        """The maps after each layer that is looked at."""
        raise NotImplementedError


class VggEye(Eye):
    """VGG-19 or VGG-16 with average pooling, as Gatys et al. look through it: rectified maps, layers as published."""

    name = "vgg"
    balance = 300.0  # what is usual for maps of this size
    content = ("conv4_2",)
    style = ("conv1_1", "conv2_1", "conv3_1", "conv4_1", "conv5_1")

    def __init__(self, tensors: Mapping[str, NDArray[Any]]) -> None:
        """`tensors` have torchvision's names (features.0.weight) or the published ones (conv1_1.weight).

        With the latter, pictures are taken as the first weights did, BGR of 0 to 255 less the mean, and maps are
        brought to the size that they have with the former. Raises UnfitInput.
        """
        super().__init__()
        self.published = any(name.startswith("conv1_1") for name in tensors)
        named = {
            name: array for name, array in tensors.items() if name.endswith(".weight") and array.ndim == 4
        }
        found = sorted(named, key=_place)
        if len(found) not in VGG:
            raise UnfitInput(
                f"{len(found)} convolutions are no VGG-19 (16) or VGG-16 (13): give its state dict, "
                "with names as in torchvision (features.0.weight) or as published (conv1_1.weight)"
            )
        layers = iter(found)
        self.layers = nn.ModuleDict()
        entering = 3
        for block, count in enumerate(VGG[len(found)], 1):
            for index in range(1, count + 1):
                name = next(layers)
                weight, bias = tensors[name], tensors.get(name.replace(".weight", ".bias"))
                if weight.shape[1:] != (entering, 3, 3) or bias is None or bias.shape != weight.shape[:1]:
                    raise UnfitInput(
                        f"{name} has shape {weight.shape}; expected (n, {entering}, 3, 3) and a bias"
                    )
                self.layers[f"conv{block}_{index}"] = _frozen(weight, bias, padding=1)
                entering = weight.shape[0]
        mean, spread = ([[[v]] for v in row] for row in (MEAN, SPREAD))
        if self.published:
            mean, spread = [[[v / 255]] for v in FIRST_MEAN], [[[1 / 255]]] * 3
        self.register_buffer("mean", torch.tensor(mean), persistent=False)
        self.register_buffer("spread", torch.tensor(spread), persistent=False)

    def forward(self, pictures: Tensor) -> dict[str, Tensor]:
        """The maps of the layers that are looked at; nothing above the last of them is computed."""
        node = (pictures.flip(1) if self.published else pictures) - self.mean
        node = node / self.spread
        wanted = {*self.content, *self.style}
        found: dict[str, Tensor] = {}
        block = "1"
        for name, layer in self.layers.items():
            if name[4] != block:
                node, block = functional.avg_pool2d(node, 2), name[4]
            node = functional.relu(layer(node))
            if name in wanted:
                found[name] = node / FIRST_SPREAD if self.published else node
                if len(found) == len(wanted):
                    break
        return found


class Lite2Eye(Eye):
    """EfficientNet-Lite2 up to stride 16: what its blocks unfold before they halve the resolution."""

    name = "efficientnet-lite2"
    content = ("unfold_7",)
    style = ("stem", "unfold_1", "unfold_4", "unfold_7", "unfold_15")
    balance = 200.0

    def __init__(self, layers: list[Convolution]) -> None:
        """`layers`: the convolutions in order, normalization folded in."""
        super().__init__()
        self.layers = nn.ModuleList(_of(layer) for layer in layers)
        self.facts = layers
        self.counts = (2, *[3] * (LITE2_BLOCKS - 1))

    def forward(self, pictures: Tensor) -> dict[str, Tensor]:
        """The maps of the layers that are looked at."""
        mean, spread = (value[0] / 255 for value in (LITE2.mean, LITE2.std))
        node = self._run(0, (pictures - mean) / spread)
        found = {"stem": node}
        wanted = {*self.content, *self.style}
        at = 1
        for block, count in enumerate(self.counts):
            entering = node
            for index in range(count):
                node = self._run(at, node)
                at += 1
                if index == 0 and f"unfold_{block}" in self.style:
                    found[f"unfold_{block}"] = node
                    if wanted <= set(found):
                        return found
            if block not in LITE2_STRIDED and node.shape == entering.shape:
                node = node + entering
        return found

    def _run(self, index: int, node: Tensor) -> Tensor:
        facts = self.facts[index]
        # What is missing at the borders is mostly added below and beside, as TensorFlow does.
        side = facts.weight.shape[2]
        pads = []
        for size in (node.shape[3], node.shape[2]):
            whole = max(0, (-(-size // facts.stride) - 1) * facts.stride + side - size)
            pads += [whole // 2, whole - whole // 2]
        node = self.layers[index](functional.pad(node, pads) if any(pads) else node)
        return functional.relu6(node) if facts.activate else node


def open_eye(weights: Path | None = None, store: ModelStore | None = None) -> Eye:
    """VGG from a file of its weights, or the packaged network without one; raises UnreadableWeights, UnfitInput."""
    if weights is not None:
        return VggEye(read_tensors(weights)).eval().requires_grad_(False)
    return Lite2Eye(packaged_layers(store or default_store())).eval().requires_grad_(False)


def packaged_layers(store: ModelStore) -> list[Convolution]:
    """The convolutions of the packaged EfficientNet-Lite2 in order, read from its graph."""
    import openvino as ov

    model = ov.Core().read_model(str(store.path(LITE2)))
    found = []
    for node in model.get_ordered_ops():
        kind = node.get_type_name()
        if kind not in ("Convolution", "GroupConvolution"):
            continue
        weight = node.input_value(1).get_node().get_data()
        (added,) = (port.get_node() for port in node.output(0).get_target_inputs())
        bias = added.input_value(1).get_node().get_data().ravel()
        after = {port.get_node().get_type_name() for port in added.output(0).get_target_inputs()}
        depthwise = kind == "GroupConvolution"
        found.append(
            Convolution(
                np.array(weight[:, 0] if depthwise else weight, np.float32),
                np.array(bias, np.float32),
                int(node.get_attributes()["strides"][0]),
                depthwise,
                "Clamp" in after,
            )
        )
    return found


def _place(name: str) -> tuple[int, ...]:
    """Where a convolution stands, from the numbers in its name: conv1_1, features.0."""
    digits = "".join(c if c.isdigit() else " " for c in name)
    return tuple(int(part) for part in digits.split())


def _frozen(weight: NDArray[Any], bias: NDArray[Any], **options: Any) -> nn.Conv2d:
    groups = options.get("groups", 1)
    layer = nn.Conv2d(weight.shape[1] * groups, weight.shape[0], weight.shape[2], **options)
    with torch.no_grad():
        layer.weight.copy_(torch.from_numpy(np.array(weight, np.float32)))
        layer.bias.copy_(torch.from_numpy(np.array(bias, np.float32)))
    return layer


def _of(facts: Convolution) -> nn.Conv2d:
    groups = facts.weight.shape[0] if facts.depthwise else 1
    return _frozen(facts.weight, facts.bias, stride=facts.stride, groups=groups)
