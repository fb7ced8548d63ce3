"""XFeat built from its weights as an OpenVINO graph: corners that can be found again, with 64 numbers for each.

Potje et al. 2024, "XFeat: Accelerated Features for Lightweight Image Matching" (arXiv 2404.19174). Batch
normalization is folded into the convolutions.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from veduta.nets.unpickle import UnreadableWeights

if TYPE_CHECKING:
    import openvino as ov

Tensors = Mapping[str, NDArray[Any]]

EPSILON = 1e-5  # of all normalizations
CELL = 8  # pixels of a side of what one vector describes

# Layers that normalize and activate: name -> strides. Those that halve the maps are the first of their block.
BLOCKS = {
    "block1": (1, 2, 1, 2),
    "block2": (1, 1),
    "block3": (2, 1, 1),
    "block4": (2, 1, 1),
    "block5": (2, 1, 1, 1),
    "block_fusion": (1, 1),
    "heatmap_head": (1, 1),
    "keypoint_head": (1, 1, 1),
}


class _Graph:
    """The operations of the network on nodes, with the weights at hand."""

    def __init__(self, tensors: Tensors) -> None:
        self._tensors = tensors

    def _tensor(self, name: str) -> NDArray[np.float64]:
        if name not in self._tensors:
            raise UnreadableWeights(f"these are not the weights of XFeat: no {name}")
        return self._tensors[name].astype(np.float64)

    def _convolve(self, node: Any, weight: Any, bias: Any, stride: int) -> Any:
        from openvino import opset13 as ops

        pad = [weight.shape[2] // 2] * 2
        kernel = ops.constant(weight.astype(np.float32))
        node = ops.convolution(node, kernel, [stride] * 2, pad, pad, [1, 1])
        return ops.add(node, ops.constant(bias.astype(np.float32).reshape(1, -1, 1, 1)))

    def plain(self, node: Any, name: str) -> Any:
        """A convolution with a bias and nothing after it."""
        return self._convolve(node, self._tensor(f"{name}.weight"), self._tensor(f"{name}.bias"), 1)

    def block(self, node: Any, name: str) -> Any:
        """Convolutions, each normalized and rectified."""
        from openvino import opset13 as ops

        for index, stride in enumerate(BLOCKS[name]):
            layer = f"{name}.{index}.layer"
            factor = 1 / np.sqrt(self._tensor(f"{layer}.1.running_var") + EPSILON)
            weight = self._tensor(f"{layer}.0.weight") * factor[:, None, None, None]
            bias = -self._tensor(f"{layer}.1.running_mean") * factor
            node = ops.relu(self._convolve(node, weight, bias, stride))
        return node


def _enlarged(node: Any, like: Any) -> Any:
    from openvino import opset13 as ops

    size = ops.gather(ops.shape_of(like), ops.constant([2, 3]), ops.constant(0))
    return ops.interpolate(
        node, size, "linear_onnx", "sizes", axes=[2, 3], coordinate_transformation_mode="half_pixel"
    )


def build(tensors: Tensors) -> ov.Model:
    """The graph: input ``pixels`` float32 (1, 3, h, w), RGB in 0..1, both sides divisible by 32.

    Outputs ``corners`` (1, 1, h, w), how likely each pixel is a corner; ``trust`` (1, 1, h/8, w/8), how likely a
    match from there holds; ``vectors`` (1, 64, h/8, w/8) of length 1. Raises UnreadableWeights.
    """
    import openvino as ov
    from openvino import opset13 as ops

    graph = _Graph(tensors)
    pixels = ops.parameter([1, 3, -1, -1], np.float32, name="pixels")
    gray = ops.reduce_mean(pixels, ops.constant([1]), keep_dims=True)
    gray = ops.mvn(gray, ops.constant([2, 3]), True, EPSILON, "inside_sqrt")

    skip = ops.avg_pool(gray, [4, 4], [0, 0], [0, 0], [4, 4], False)
    fine = ops.add(graph.block(gray, "block1"), graph.plain(skip, "skip1.1"))
    third = graph.block(graph.block(fine, "block2"), "block3")
    fourth = graph.block(third, "block4")
    fifth = graph.block(fourth, "block5")
    joined = ops.add(ops.add(third, _enlarged(fourth, third)), _enlarged(fifth, third))
    features = graph.plain(graph.block(joined, "block_fusion"), "block_fusion.2")
    trust = ops.sigmoid(graph.plain(graph.block(features, "heatmap_head"), "heatmap_head.2"))
    vectors = ops.normalize_l2(features, ops.constant([1]), 1e-12, "max")

    cells = ops.space_to_depth(gray, "blocks_first", CELL)
    logits = graph.plain(graph.block(cells, "keypoint_head"), "keypoint_head.3")
    # The last of the 65 classes of a cell says that it has no corner.
    chances = ops.slice(ops.softmax(logits, 1), [0], [CELL * CELL], [1], [1])
    corners = ops.depth_to_space(chances, "blocks_first", CELL)

    results = []
    for name, node in (("corners", corners), ("trust", trust), ("vectors", vectors)):
        node.output(0).get_tensor().set_names({name})
        results.append(ops.result(node))
    pixels.output(0).get_tensor().set_names({"pixels"})
    return ov.Model(results, [pixels], "xfeat")
