"""EfficientNet-Lite built from its weights as an OpenVINO graph.

EfficientNet (Tan & Le 2019, arXiv 1905.11946) without squeeze-and-excitation and with ReLU6, as published by
the TensorFlow authors. Batch normalization is folded into the convolutions.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from veduta.nets.unpickle import UnreadableWeights

if TYPE_CHECKING:
    import openvino as ov

EPSILON = 1e-3  # of the batch normalizations

# Blocks that halve the resolution, counted from 0 (the same in every member of the family up to its depths).
LITE2_STRIDED = (1, 4, 7, 15)
LITE2_BLOCKS = 21
LITE2_MIDDLE = 14  # the last block at stride 16


@dataclass(frozen=True, slots=True)
class Convolution:
    """A convolution, normalization folded in: weight (out, in / groups, k, k), bias (out,)."""

    weight: NDArray[np.float32]
    bias: NDArray[np.float32]
    stride: int = 1
    depthwise: bool = False
    activate: bool = True


@dataclass(frozen=True, slots=True)
class Block:
    """An inverted residual: expand, filter each channel, project; the input is added when shapes agree."""

    layers: tuple[Convolution, ...]
    residual: bool


@dataclass(frozen=True, slots=True)
class Lite2:
    """The layers of EfficientNet-Lite2 in order."""

    stem: Convolution
    blocks: tuple[Block, ...]
    head: Convolution
    classifier: NDArray[np.float32]
    classifier_bias: NDArray[np.float32]


def _folded(
    tensors: Mapping[str, NDArray[Any]], convolution: str, norm: str, stride: int = 1, **flags: bool
) -> Convolution:
    try:
        weight = tensors[f"{convolution}.weight"].astype(np.float64)
        gamma, beta, mean, variance = (
            tensors[f"{norm}.{part}"].astype(np.float64)
            for part in ("weight", "bias", "running_mean", "running_var")
        )
    except KeyError as error:
        raise UnreadableWeights(
            f"these are not the weights of EfficientNet-Lite2: no {error.args[0]}"
        ) from error
    factor = gamma / np.sqrt(variance + EPSILON)
    return Convolution(
        (weight * factor[:, None, None, None]).astype(np.float32),
        (beta - mean * factor).astype(np.float32),
        stride,
        **flags,
    )


def read_lite2(tensors: Mapping[str, NDArray[Any]]) -> Lite2:
    """Fold the tensors of the PyTorch port into layers; raises UnreadableWeights when some are missing."""
    blocks = []
    for index in range(LITE2_BLOCKS):
        name = f"_blocks.{index}"
        stride = 2 if index in LITE2_STRIDED else 1
        layers = []
        if f"{name}._expand_conv.weight" in tensors:
            layers.append(_folded(tensors, f"{name}._expand_conv", f"{name}._bn0"))
        layers.append(_folded(tensors, f"{name}._depthwise_conv", f"{name}._bn1", stride, depthwise=True))
        layers.append(_folded(tensors, f"{name}._project_conv", f"{name}._bn2", activate=False))
        same = layers[0].weight.shape[0 if layers[0].depthwise else 1] == layers[-1].weight.shape[0]
        blocks.append(Block(tuple(layers), residual=stride == 1 and same))
    return Lite2(
        stem=_folded(tensors, "_conv_stem", "_bn0", 2),
        blocks=tuple(blocks),
        head=_folded(tensors, "_conv_head", "_bn1"),
        classifier=tensors["_fc.weight"].astype(np.float32),
        classifier_bias=tensors["_fc.bias"].astype(np.float32),
    )


def _convolve(layer: Convolution, node: Any) -> Any:
    from openvino import opset13 as ops

    same = {"strides": [layer.stride] * 2, "pads_begin": [0, 0], "pads_end": [0, 0], "dilations": [1, 1]}
    if layer.depthwise:
        weight = ops.constant(layer.weight[:, :, None])  # groups, 1, 1, k, k
        node = ops.group_convolution(node, weight, auto_pad="same_upper", **same)
    else:
        node = ops.convolution(node, ops.constant(layer.weight), auto_pad="same_upper", **same)
    node = ops.add(node, ops.constant(layer.bias.reshape(1, -1, 1, 1)))
    return ops.clamp(node, 0.0, 6.0) if layer.activate else node


def build(lite2: Lite2) -> ov.Model:
    """The graph: input ``pixels`` float32 (n, 3, h, w), normalized RGB.

    Outputs ``logits`` (n, 1000), ``pooled`` (n, 1280), ``last`` (n, 1280, h/32, w/32) and ``middle``
    (n, 120, h/16, w/16). The classifier's weights times ``last`` give class activation maps.
    """
    import openvino as ov
    from openvino import opset13 as ops

    pixels = ops.parameter([-1, 3, -1, -1], np.float32, name="pixels")
    node = _convolve(lite2.stem, pixels)
    middle: Any = None
    for index, block in enumerate(lite2.blocks):
        entry = node
        for layer in block.layers:
            node = _convolve(layer, node)
        if block.residual:
            node = ops.add(node, entry)
        if index == LITE2_MIDDLE:
            middle = node
    last = _convolve(lite2.head, node)
    pooled = ops.reduce_mean(last, ops.constant(np.array([2, 3], np.int64)), keep_dims=False)
    logits = ops.matmul(pooled, ops.constant(lite2.classifier), False, True)
    logits = ops.add(logits, ops.constant(lite2.classifier_bias[None]))
    results = []
    for name, output in (("logits", logits), ("pooled", pooled), ("last", last), ("middle", middle)):
        output.output(0).get_tensor().set_names({name})
        results.append(ops.result(output))
    pixels.output(0).get_tensor().set_names({"pixels"})
    return ov.Model(results, [pixels], "efficientnet-lite2")


def with_maps(model: ov.Model) -> ov.Model:
    """The graph with five outputs instead of its own: the last maps at stride 2, 4, 8, 16 and 32.

    They have 16, 24, 48, 120 and 352 channels; each is what the block that halves the resolution, or the head, is
    given.
    """
    import openvino as ov
    from openvino import opset13 as ops

    def entering(node: Any) -> Any:
        """What enters the 1 x 1 convolution above a node."""
        while node.get_type_name() != "Convolution":
            node = node.input_value(0).get_node()
        return node.input_value(0)

    strided = [
        node
        for node in model.get_ordered_ops()
        if node.get_type_name() == "GroupConvolution" and node.get_attributes()["strides"] == [2, 2]
    ]
    last = next(port for port in model.outputs if "last" in port.get_names())
    maps = [entering(node.input_value(0).get_node()) for node in strided]
    maps.append(entering(last.get_node().input_value(0).get_node()))
    return ov.Model([ops.result(port) for port in maps], model.get_parameters(), "efficientnet-lite2-maps")
