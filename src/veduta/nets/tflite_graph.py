"""Builds the graph of a TensorFlow Lite network, MediaPipe's own operator included, for OpenVINO.

OpenVINO reads such files itself, but not those with the operators that MediaPipe adds. Here each operator becomes its
counterpart, with channels first, where a processor is fastest. Weights of 16 bits become 32.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from veduta.nets.tflite import Lite, Operator
from veduta.nets.unpickle import UnreadableWeights

if TYPE_CHECKING:
    import openvino as ov

_SAME = 0  # padding; 1 is "valid"


def build(lite: Lite, name: str, output: int = 0, probabilities: bool = True) -> ov.Model:
    """The graph that leads to the output number `output` of the file, and nothing beside it.

    Input ``pixels`` float32 (n, 3, h, w), output ``map`` (n, channels, h, w); where these are not
    `probabilities` but log odds, they are turned into such. Raises UnreadableWeights where an operator is not
    known here.
    """
    import openvino as ov
    from openvino import opset13 as ops

    _, height, width, channels = lite.shapes[lite.inputs[0]]
    pixels = ops.parameter([-1, channels, height, width], np.float32, name="pixels")
    pixels.output(0).get_tensor().set_names({"pixels"})
    nodes: dict[int, Any] = {lite.inputs[0]: pixels}
    constants: dict[int, NDArray[Any]] = dict(lite.constants)
    for operator in lite.needed(lite.outputs[output]):
        if operator.name == "DEQUANTIZE" and operator.inputs[0] in constants:
            constants[operator.outputs[0]] = constants[operator.inputs[0]].astype(np.float32)
            continue
        if operator.name not in _BUILDERS:
            raise UnreadableWeights(f"{name}: operator {operator.name} is not known")
        node = _BUILDERS[operator.name](operator, nodes, constants)
        nodes[operator.outputs[0]] = _activated(node, operator.options.get("activation", 0))
    told = nodes[lite.outputs[output]]
    if not probabilities:
        told = ops.sigmoid(told)
    told.output(0).get_tensor().set_names({"map"})
    return ov.Model([ops.result(told)], [pixels], name)


Nodes = dict[int, Any]
Constants = dict[int, NDArray[Any]]


def _activated(node: Any, activation: int) -> Any:
    from openvino import opset13 as ops

    if activation == 0:
        return node
    if activation == 1:
        return ops.relu(node)
    if activation == 3:
        return ops.clamp(node, 0.0, 6.0)
    raise UnreadableWeights(f"activation {activation} is not known")


def _window(operator: Operator) -> dict[str, Any]:
    steps = operator.options
    return {
        "strides": [steps["stride"]] * 2,
        "pads_begin": [0, 0],
        "pads_end": [0, 0],
        "auto_pad": "same_upper" if steps["padding"] == _SAME else "valid",
    }


def _biased(node: Any, operator: Operator, constants: Constants) -> Any:
    from openvino import opset13 as ops

    if len(operator.inputs) < 3 or operator.inputs[2] < 0:
        return node
    return ops.add(node, ops.constant(constants[operator.inputs[2]].reshape(1, -1, 1, 1)))


def _convolution(operator: Operator, nodes: Nodes, constants: Constants) -> Any:
    from openvino import opset13 as ops

    weight = constants[operator.inputs[1]].transpose(0, 3, 1, 2)  # out, h, w, in -> out, in, h, w
    dilations = [operator.options["dilation"]] * 2
    node = ops.convolution(
        nodes[operator.inputs[0]], ops.constant(weight), dilations=dilations, **_window(operator)
    )
    return _biased(node, operator, constants)


def _depthwise(operator: Operator, nodes: Nodes, constants: Constants) -> Any:
    from openvino import opset13 as ops

    # 1, h, w, channels -> groups, 1, 1, h, w
    weight = constants[operator.inputs[1]].transpose(3, 0, 1, 2)[:, :, None]
    dilations = [operator.options["dilation"]] * 2
    node = ops.group_convolution(
        nodes[operator.inputs[0]], ops.constant(weight), dilations=dilations, **_window(operator)
    )
    return _biased(node, operator, constants)


def _transposed(operator: Operator, nodes: Nodes, constants: Constants) -> Any:
    from openvino import opset13 as ops

    # out, h, w, in -> in, out, h, w
    weight = constants[operator.inputs[1]].transpose(3, 0, 1, 2)
    stride = operator.options["stride"]
    if operator.options["padding"] == _SAME and weight.shape[2] != stride:
        raise UnreadableWeights("a transposed convolution whose windows overlap is not known")
    node = ops.convolution_backprop_data(
        nodes[operator.inputs[0]], ops.constant(weight), [stride, stride], None, [0, 0], [0, 0], [1, 1]
    )
    return _biased(node, operator, constants)


def _mean(operator: Operator, nodes: Nodes, constants: Constants) -> Any:
    """Pooling over the whole map: the only kind that these networks have."""
    from openvino import opset13 as ops

    node = nodes[operator.inputs[0]]
    shape = node.output(0).get_partial_shape()
    if [shape[2], shape[3]] != [operator.options["height"], operator.options["width"]]:
        raise UnreadableWeights("pooling over parts of a map is not known")
    return ops.reduce_mean(node, ops.constant(np.array([2, 3], np.int64)), keep_dims=True)


def _padded(operator: Operator, nodes: Nodes, constants: Constants) -> Any:
    from openvino import opset13 as ops

    # rows for n, h, w, channels -> n, channels, h, w
    amounts = constants[operator.inputs[1]].astype(np.int64)[[0, 3, 1, 2]]
    before, after = ops.constant(amounts[:, 0].copy()), ops.constant(amounts[:, 1].copy())
    return ops.pad(nodes[operator.inputs[0]], before, after, "constant", ops.constant(np.float32(0)))


def _resized(operator: Operator, nodes: Nodes, constants: Constants) -> Any:
    from openvino import opset13 as ops

    size = ops.constant(constants[operator.inputs[1]].astype(np.int64))
    way = "align_corners" if operator.options["corners"] else "asymmetric"
    way = "half_pixel" if operator.options["centers"] else way
    return ops.interpolate(
        nodes[operator.inputs[0]],
        size,
        "linear_onnx",
        "sizes",
        axes=ops.constant(np.array([2, 3], np.int64)),
        coordinate_transformation_mode=way,
    )


def _pair(make: Callable[[Any, Any], Any]) -> Callable[[Operator, Nodes, Constants], Any]:
    def built(operator: Operator, nodes: Nodes, constants: Constants) -> Any:
        return make(nodes[operator.inputs[0]], nodes[operator.inputs[1]])

    return built


def _single(make: Callable[[Any], Any]) -> Callable[[Operator, Nodes, Constants], Any]:
    def built(operator: Operator, nodes: Nodes, constants: Constants) -> Any:
        return make(nodes[operator.inputs[0]])

    return built


def _op(name: str) -> Callable[..., Any]:
    def made(*nodes: Any) -> Any:
        from openvino import opset13 as ops

        return getattr(ops, name)(*nodes)

    return made


_BUILDERS: dict[str, Callable[[Operator, Nodes, Constants], Any]] = {
    "ADD": _pair(_op("add")),
    "AVERAGE_POOL_2D": _mean,
    "CONV_2D": _convolution,
    "Convolution2DTransposeBias": _transposed,
    "DEPTHWISE_CONV_2D": _depthwise,
    "HARD_SWISH": _single(_op("hswish")),
    "LOGISTIC": _single(_op("sigmoid")),
    "MUL": _pair(_op("multiply")),
    "PAD": _padded,
    "RELU": _single(_op("relu")),
    "RESIZE_BILINEAR": _resized,
}
