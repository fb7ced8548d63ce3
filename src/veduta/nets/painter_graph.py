"""Painters as OpenVINO graphs: a whole picture at once, or parts of one whose normalization is known beforehand."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from veduta.nets.painter import EPSILON, Floats, Layer, Painter

if TYPE_CHECKING:
    import openvino as ov


def whole(painter: Painter, code: NDArray[Any], height: int, width: int) -> ov.Model:
    """The graph for one style and size: ``pixels`` uint8 (1, h, w, 3) to ``painted``; sides are multiples of 4."""
    from openvino import opset13 as ops

    factors = painter.factors(code)
    pixels = ops.parameter([1, height, width, 3], np.uint8, name="pixels")
    node = _planes(pixels)
    first = len(painter.contract)
    for layer, factor in zip(painter.contract, factors[:first], strict=True):
        node = _styled(_convolved(_bordered(node, layer), layer), layer, factor)
    node = _pairs(node, painter, factors)
    for layer, factor in zip(painter.expand, factors[first + len(painter.residual) :], strict=True):
        node = _styled(_convolved(_bordered(node, layer), layer), layer, factor)
    node = ops.transpose(ops.sigmoid(node), ops.constant([0, 2, 3, 1]))
    node = ops.convert(ops.round(ops.multiply(node, _constant(np.array(255.0))), "half_to_even"), "u8")
    return _model([pixels], {"painted": node}, "painter")


def middle(painter: Painter, code: NDArray[Any], height: int, width: int) -> ov.Model:
    """The residual pairs alone: ``maps`` float32 (1, c, h, w) to ``made``, the same."""
    from openvino import opset13 as ops

    maps = ops.parameter([1, painter.contract[-1].width, height, width], np.float32, name="maps")
    return _model([maps], {"made": _pairs(maps, painter, painter.factors(code))}, "painter-middle")


@dataclass(frozen=True, slots=True)
class Prefix:
    """Layers up to one that is to be measured, and the width of the picture or maps that come in."""

    layers: tuple[Layer, ...]
    width: int
    pixels: bool


def strip(prefix: Prefix, wanted: bool) -> ov.Model:
    """The graph that runs layers on some rows of a picture, given what their normalization comes to.

    Inputs: ``source``, rows of the picture, uint8 (1, h, w, 3), or of maps, float32 (1, c, h, w); ``rows_0``...: for
    each layer the rows of what comes in that its kernel meets one after the other, so that borders are reflected and
    maps doubled; ``factor_0``..., ``shift_0``...: (1, c, 1, 1) after each layer but the last. Outputs: ``mean`` and
    ``spread`` (1, c, 1, 1), the average of the last layer's result and its mean squared distance from that; and
    ``made``, the result itself, where it is `wanted`.
    """
    from openvino import opset13 as ops

    inputs = []
    if prefix.pixels:
        source = ops.parameter([1, -1, prefix.width, 3], np.uint8, name="source")
        node = _planes(source)
    else:
        source = ops.parameter(
            [1, prefix.layers[0].kernel.shape[1], -1, prefix.width], np.float32, name="source"
        )
        node = source
    inputs.append(source)
    width = prefix.width
    for index, layer in enumerate(prefix.layers):
        rows = ops.parameter([-1], np.int32, name=f"rows_{index}")
        inputs.append(rows)
        reach = layer.kernel.shape[2] // 2
        size = width * 2 if layer.enlarged else width
        columns = reflected(np.arange(-reach, size + reach), size) // (2 if layer.enlarged else 1)
        node = ops.gather(node, rows, ops.constant(2))
        node = ops.gather(node, ops.constant(columns.astype(np.int32)), ops.constant(3))
        node = _convolved(node, layer)
        width = -(-size // layer.stride)
        if index == len(prefix.layers) - 1:
            break
        if layer.bias is None:
            for name, operation in (("factor", ops.multiply), ("shift", ops.add)):
                given = ops.parameter([1, layer.width, 1, 1], np.float32, name=f"{name}_{index}")
                inputs.append(given)
                node = operation(node, given)
        if layer.rectified:
            node = ops.relu(node)
    axes = ops.constant([2, 3])
    mean = ops.reduce_mean(node, axes, True)
    away = ops.subtract(node, mean)
    outputs = {"mean": mean, "spread": ops.reduce_mean(ops.multiply(away, away), axes, True)}
    if wanted:
        outputs["made"] = node
    return _model(inputs, outputs, "painter-strip")


def reflected(places: NDArray[np.intp], size: int) -> NDArray[np.intp]:
    """Places on a line of `size` points, those beyond its ends reflected about the end points."""
    period = max(1, 2 * (size - 1))
    away = np.abs(places) % period
    return np.asarray(np.minimum(away, period - away), np.intp)


def _model(inputs: Sequence[Any], outputs: dict[str, Any], name: str) -> ov.Model:
    import openvino as ov
    from openvino import opset13 as ops

    results = []
    for key, node in outputs.items():
        node.output(0).get_tensor().set_names({key})
        results.append(ops.result(node))
    for one in inputs:
        one.output(0).get_tensor().set_names({one.get_friendly_name()})
    return ov.Model(results, list(inputs), name)


def _constant(values: NDArray[Any]) -> Any:
    from openvino import opset13 as ops

    return ops.constant(np.asarray(values, np.float32))


def _planes(pixels: Any) -> Any:
    """Pixels (1, h, w, 3) of 0 to 255 as planes (1, 3, h, w) of 0 to 1."""
    from openvino import opset13 as ops

    real = ops.multiply(ops.convert(pixels, "f32"), _constant(np.array(1 / 255)))
    return ops.transpose(real, ops.constant([0, 3, 1, 2]))


def _bordered(node: Any, layer: Layer) -> Any:
    from openvino import opset13 as ops

    if layer.enlarged:
        node = ops.interpolate(
            node,
            _constant(np.array([2.0, 2.0])),
            "nearest",
            "scales",
            axes=[2, 3],
            coordinate_transformation_mode="asymmetric",
            nearest_mode="floor",
        )
    reach = layer.kernel.shape[2] // 2
    pads = ops.constant([0, 0, reach, reach])
    return ops.pad(node, pads, pads, "reflect")


def _convolved(node: Any, layer: Layer) -> Any:
    from openvino import opset13 as ops

    none = [0, 0]
    node = ops.convolution(node, _constant(layer.kernel), [layer.stride] * 2, none, none, [1, 1])
    return node if layer.bias is None else ops.add(node, _constant(layer.bias.reshape(1, -1, 1, 1)))


def _styled(node: Any, layer: Layer, factor: tuple[Floats, Floats] | None) -> Any:
    from openvino import opset13 as ops

    if factor is not None:
        gain, shift = (_constant(one.reshape(1, -1, 1, 1)) for one in factor)
        node = ops.mvn(node, ops.constant([2, 3]), True, EPSILON, "inside_sqrt")
        node = ops.add(ops.multiply(node, gain), shift)
    return ops.relu(node) if layer.rectified else node


def _pairs(node: Any, painter: Painter, factors: Sequence[tuple[Floats, Floats] | None]) -> Any:
    """The residual layers, two by two: what comes in is added to what they make of it."""
    from openvino import opset13 as ops

    first = len(painter.contract)
    entering = node
    for index, layer in enumerate(painter.residual):
        node = _styled(_convolved(_bordered(node, layer), layer), layer, factors[first + index])
        if index % 2:
            node = entering = ops.add(entering, node)
    return node
