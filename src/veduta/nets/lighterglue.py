"""LighterGlue built from its weights as an OpenVINO graph: which corners of two photos are the same.

The small LightGlue (Lindenberger et al. 2023, arXiv 2306.13643) that the authors of XFeat trained for it: six layers
of attention within a photo and across both, without early stopping or pruning, so that the graph is fixed.
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

LAYERS = 6
EPSILON = 1e-5
FORBIDDEN = -1e4  # added to the logit of a corner that is only padding


class _Graph:
    """The operations of the network on nodes, with the weights at hand."""

    def __init__(self, tensors: Tensors) -> None:
        self._tensors = tensors
        self.width = len(self.tensor("matcher.input_proj.weight"))

    def tensor(self, name: str) -> NDArray[np.float32]:
        """The weights called `name`; raises UnreadableWeights."""
        if name not in self._tensors:
            raise UnreadableWeights(f"these are not the weights of LighterGlue: no {name}")
        return self._tensors[name].astype(np.float32)

    def affine(self, node: Any, weight: NDArray[np.float32], bias: NDArray[np.float32]) -> Any:
        """Each row times `weight`, plus `bias`."""
        from openvino import opset13 as ops

        return ops.add(ops.matmul(node, ops.constant(weight), False, True), ops.constant(bias[None, None]))

    def linear(self, node: Any, name: str) -> Any:
        """A linear layer."""
        return self.affine(node, self.tensor(f"{name}.weight"), self.tensor(f"{name}.bias"))

    def update(self, node: Any, message: Any, name: str) -> Any:
        """The node plus what a small network makes of it and of the message."""
        from openvino import opset13 as ops

        both = self.linear(ops.concat([node, message], 2), f"{name}.ffn.0")
        both = ops.mvn(both, ops.constant([2]), True, EPSILON, "inside_sqrt")
        both = ops.multiply(both, ops.constant(self.tensor(f"{name}.ffn.1.weight")[None, None]))
        both = ops.add(both, ops.constant(self.tensor(f"{name}.ffn.1.bias")[None, None]))
        return ops.add(node, self.linear(ops.gelu(both, "erf"), f"{name}.ffn.3"))

    def angles(self, points: Any) -> tuple[Any, Any]:
        """Cosines and sines (1, n, width) that turn vectors by where their corners are."""
        from openvino import opset13 as ops

        # Each angle turns two neighboring numbers.
        weight = np.repeat(self.tensor("matcher.posenc.Wr.weight"), 2, axis=0)
        angle = ops.matmul(points, ops.constant(weight), False, True)
        return ops.cos(angle), ops.sin(angle)

    def turned(self, name: str, part: int, node: Any, turn: tuple[Any, Any]) -> Any:
        """Queries (part 0) or keys (1) of a photo, each pair of numbers turned by its angle."""
        from openvino import opset13 as ops

        weight = self.tensor(f"{name}.Wqkv.weight")[part::3]
        bias = self.tensor(f"{name}.Wqkv.bias")[part::3]
        # (x, y) -> (-y, x) is linear too, so it is put into a second set of weights.
        across, aside = np.empty_like(weight), np.empty_like(bias)
        across[0::2], across[1::2] = -weight[1::2], weight[0::2]
        aside[0::2], aside[1::2] = -bias[1::2], bias[0::2]
        straight = ops.multiply(self.affine(node, weight, bias), turn[0])
        return ops.add(straight, ops.multiply(self.affine(node, across, aside), turn[1]))

    def within(self, layer: int, node: Any, turn: tuple[Any, Any], padding: Any) -> Any:
        """Attention among the corners of one photo."""
        from openvino import opset13 as ops

        name = f"matcher.transformers.{layer}.self_attn"
        query, key = (self.turned(name, part, node, turn) for part in (0, 1))
        value = self.affine(
            node, self.tensor(f"{name}.Wqkv.weight")[2::3], self.tensor(f"{name}.Wqkv.bias")[2::3]
        )
        query = ops.multiply(query, ops.constant(np.float32(self.width**-0.5)))
        logits = ops.add(ops.matmul(query, key, False, True), padding)
        context = ops.matmul(ops.softmax(logits, 2), value, False, False)
        return self.update(node, self.linear(context, f"{name}.out_proj"), name)

    def across(self, layer: int, nodes: list[Any], paddings: list[Any]) -> list[Any]:
        """Attention from each photo to the other."""
        from openvino import opset13 as ops

        name = f"matcher.transformers.{layer}.cross_attn"
        scale = ops.constant(np.float32(self.width**-0.25))
        keys = [ops.multiply(self.linear(node, f"{name}.to_qk"), scale) for node in nodes]
        values = [self.linear(node, f"{name}.to_v") for node in nodes]
        updated = []
        for this, other in ((0, 1), (1, 0)):
            logits = ops.add(ops.matmul(keys[this], keys[other], False, True), paddings[other])
            context = ops.matmul(ops.softmax(logits, 2), values[other], False, False)
            updated.append(self.update(nodes[this], self.linear(context, f"{name}.to_out"), name))
        return updated


def build(tensors: Tensors) -> ov.Model:
    """The graph: for photos a and b ``points_a`` (1, n, 2) in -1..1, ``vectors_a`` (1, n, 64), ``present_a`` (1, n).

    `present` is 1 for a corner and 0 for padding. Outputs for each corner of a the index of its best partner in b
    ``partner_a`` (1, n), the reverse ``partner_b`` (1, m), and the probability ``chance`` (1, n) that the corner of a
    and its partner are the same. Raises UnreadableWeights.
    """
    import openvino as ov
    from openvino import opset13 as ops

    graph = _Graph(tensors)
    inputs, nodes, turns, absent = [], [], [], []
    for photo in "ab":
        points = ops.parameter([1, -1, 2], np.float32, name=f"points_{photo}")
        vectors = ops.parameter([1, -1, 64], np.float32, name=f"vectors_{photo}")
        present = ops.parameter([1, -1], np.float32, name=f"present_{photo}")
        for port in (points, vectors, present):
            port.output(0).get_tensor().set_names({port.get_friendly_name()})
        inputs += [points, vectors, present]
        nodes.append(graph.linear(vectors, "matcher.input_proj"))
        turns.append(graph.angles(points))
        away = ops.multiply(
            ops.subtract(ops.constant(np.float32(1)), present), ops.constant(np.float32(FORBIDDEN))
        )
        absent.append(ops.unsqueeze(away, ops.constant([1])))  # (1, 1, n)
    for layer in range(LAYERS):
        nodes = [graph.within(layer, *parts) for parts in zip(nodes, turns, absent, strict=True)]
        nodes = graph.across(layer, nodes, absent)

    last = f"matcher.log_assignment.{LAYERS - 1}"
    scale = ops.constant(np.float32(graph.width**-0.25))
    ends = [ops.multiply(graph.linear(node, f"{last}.final_proj"), scale) for node in nodes]
    # log sigmoid of how likely each corner has a partner at all: (1, n, 1)
    likely = [ops.log(ops.sigmoid(graph.linear(node, f"{last}.matchability"))) for node in nodes]
    likely_b = ops.transpose(likely[1], ops.constant([0, 2, 1]))
    similar = ops.matmul(ends[0], ends[1], False, True)
    rows = ops.log_softmax(ops.add(similar, absent[1]), 2)
    absent_rows = ops.transpose(absent[0], ops.constant([0, 2, 1]))
    columns = ops.log_softmax(ops.add(similar, absent_rows), 1)
    scores = ops.add(ops.add(rows, columns), ops.add(likely[0], likely_b))
    results = []
    for name, axis in (("partner_a", 2), ("partner_b", 1)):
        best = ops.topk(scores, ops.constant(1), axis, "max", "none")
        index = ops.squeeze(best.output(1), ops.constant([axis]))
        index.output(0).get_tensor().set_names({name})
        results.append(ops.result(index))
        if axis == 2:
            chance = ops.exp(ops.squeeze(best.output(0), ops.constant([axis])))
    chance.output(0).get_tensor().set_names({"chance"})
    results.append(ops.result(chance))
    return ov.Model(results, inputs, "lighterglue")
