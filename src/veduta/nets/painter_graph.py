"""Painters as OpenVINO graphs: a whole picture at once, or parts of one whose normalization is known beforehand."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from veduta.nets.painter import EPSILON, Floats, Layer, Painter

if TYPE_CHECKING:
    import openvino as ov


# Where haste is asked for, the first, large convolution is so many pairs of one-dimensional ones, if they hold so much
# of its kernel's energy and it is so wide. With the packaged styles that is 60 to 68 dB from the exact painting.
QUICK_TERMS, QUICK_ENERGY, QUICK_SIDE = 16, 0.98, 7
# Pixels of the last layer that are computed as the channels of one: three channels alone leave a processor idle.
BLOCK = (2, 4)


def whole(painter: Painter, code: NDArray[Any], height: int, width: int, quick: bool = False) -> ov.Model:
    """The graph for one style and size; sides are multiples of 4.

    ``pixels``, uint8 (1, h + 2 b, w + 2 b, 3), have reflected borders of b, see `border`; ``painted`` is (1, h, w, 3).
    Both are folded where the painter folds: (1, h / f + 2 b, w / f + 2 b, 3 f²) and (1, h / f, w / f, 3 f²).
    `quick` takes less time: the first layer's kernel is a sum of few products of a column and a row.
    """
    from openvino import opset13 as ops

    factors = painter.factors(code)
    reach = border(painter)
    sides = [side // painter.fold + 2 * reach for side in (height, width)]
    pixels = ops.parameter([1, *sides, 3 * painter.fold**2], np.uint8, name="pixels")
    node = _planes(pixels)
    first = len(painter.contract)
    for index, (layer, factor) in enumerate(zip(painter.contract, factors[:first], strict=True)):
        if index == 0:
            node = _separated(node, layer) if quick else _convolved(node, layer)
        else:
            node = _convolved(_bordered(node, layer), layer)
        node = _styled(node, layer, factor)
    node = _pairs(node, painter, factors)
    size = (height // 4, width // 4)
    for layer, factor in zip(painter.expand, factors[first + len(painter.residual) :], strict=True):
        if layer.enlarged:
            size = (size[0] * 2, size[1] * 2)
            made = _enlarged(node, layer)
        else:
            bordered = _bordered(node, layer)
            made = _blocked(bordered, layer, size) if layer.width == 3 else _convolved(bordered, layer)
        node = _styled(made, layer, factor)
    levels = ops.multiply(ops.sigmoid(node), _constant(np.array(255.0)))
    # Channels go last when a value is a byte: four times as fast.
    painted = ops.transpose(ops.convert(ops.round(levels, "half_to_even"), "u8"), ops.constant([0, 2, 3, 1]))
    return _model([pixels], {"painted": painted}, "painter")


def border(painter: Painter) -> int:
    """How far the first layer looks beyond the picture."""
    return int(painter.contract[0].kernel.shape[2]) // 2


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

    Inputs: ``source``, rows of the picture, uint8 (1, h, w, 3) or folded, or of maps, float32 (1, c, h, w);
    ``rows_0``...: for each layer the rows of what comes in that its kernel meets one after the other, so that borders
    are reflected and maps doubled; ``factor_0``..., ``shift_0``...: (1, c, 1, 1) after each layer but the last.
    Outputs: ``mean`` and ``spread`` (1, c, 1, 1), the average of the last layer's result and its mean squared distance
    from that; and ``made``, the result itself, where it is `wanted`.
    """
    from openvino import opset13 as ops

    inputs = []
    if prefix.pixels:
        channels = prefix.layers[0].kernel.shape[1]
        source = ops.parameter([1, -1, prefix.width, channels], np.uint8, name="source")
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

    reach = layer.kernel.shape[2] // 2
    pads = ops.constant([0, 0, reach, reach])
    return ops.pad(node, pads, pads, "reflect")


def _convolved(node: Any, layer: Layer) -> Any:
    from openvino import opset13 as ops

    none = [0, 0]
    node = ops.convolution(node, _constant(layer.kernel), [layer.stride] * 2, none, none, [1, 1])
    return node if layer.bias is None else ops.add(node, _constant(layer.bias.reshape(1, -1, 1, 1)))


def _separated(node: Any, layer: Layer) -> Any:
    """A convolution by the largest terms of its singular value decomposition, if few do: first down, then across."""
    from openvino import opset13 as ops

    out, into, side, _ = layer.kernel.shape
    matrix = layer.kernel.astype(np.float64).transpose(1, 2, 0, 3).reshape(into * side, out * side)
    if side < QUICK_SIDE:
        return _convolved(node, layer)
    left, values, right = np.linalg.svd(matrix, full_matrices=False)
    terms = min(QUICK_TERMS, len(values))
    if np.square(values[:terms]).sum() < QUICK_ENERGY * np.square(values).sum():
        return _convolved(node, layer)
    left, right = left[:, :terms] * np.sqrt(values[:terms]), np.sqrt(values[:terms, None]) * right[:terms]
    down = left.reshape(into, side, terms).transpose(2, 0, 1)[..., None]
    across = right.reshape(terms, out, side).transpose(1, 0, 2)[:, :, None]
    node = ops.convolution(node, _constant(down), [1, 1], [0, 0], [0, 0], [1, 1])
    return _convolved(node, replace(layer, kernel=across.astype(np.float32)))


def _enlarged(node: Any, layer: Layer) -> Any:
    """A layer of 3 x 3 on doubled maps, without making them: each of the four pixels that one becomes has a kernel of
    its own, of at most 2 x 2 on the maps as they are. A doubled map's reflected border is the map's own last row.
    """
    from openvino import opset13 as ops

    out, into, side, _ = layer.kernel.shape
    if side != 3:
        doubled = ops.interpolate(
            node,
            _constant(np.array([2.0, 2.0])),
            "nearest",
            "scales",
            axes=[2, 3],
            coordinate_transformation_mode="asymmetric",
            nearest_mode="floor",
        )
        return _convolved(_bordered(doubled, layer), layer)
    kernel = np.zeros((out, 4, into, 3, 3), np.float32)
    for down, across, y, x in np.ndindex(2, 2, 3, 3):
        place = ((down + y - 1) // 2 + 1, (across + x - 1) // 2 + 1)
        kernel[:, down * 2 + across, :, place[0], place[1]] += layer.kernel[:, :, y, x]
    pads = ops.constant([0, 0, 1, 1])
    bias = None if layer.bias is None else layer.bias.repeat(4)
    parts = replace(layer, kernel=kernel.reshape(out * 4, into, 3, 3), bias=bias)
    return ops.depth_to_space(_convolved(ops.pad(node, pads, pads, "edge"), parts), "depth_first", 2)


def _blocked(node: Any, layer: Layer, size: tuple[int, int]) -> Any:
    """A convolution of few channels, computed as one of many with larger steps; `size` is that of its result."""
    from openvino import opset13 as ops

    out, into, side, _ = layer.kernel.shape
    high, wide = BLOCK
    kernel = np.zeros((high, wide, out, into, side + high - 1, side + wide - 1), np.float32)
    for y, x in np.ndindex(high, wide):
        kernel[y, x, :, :, y : y + side, x : x + side] = layer.kernel
    flat = kernel.reshape(-1, *kernel.shape[3:])
    node = ops.convolution(node, _constant(flat), [high, wide], [0, 0], [0, 0], [1, 1])
    rows, columns = size[0] // high, size[1] // wide
    node = ops.reshape(node, ops.constant([1, high, wide, out, rows, columns]), False)
    node = ops.transpose(node, ops.constant([0, 3, 4, 1, 5, 2]))
    node = ops.reshape(node, ops.constant([1, out, *size]), False)
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
