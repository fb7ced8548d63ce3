"""Real-ESRGAN's generator, read from the weights that ncnn keeps (.bin) and built as an OpenVINO graph.

Residual in residual dense blocks: X. Wang et al., "ESRGAN", 2018 (arXiv 1809.00219) and "Real-ESRGAN", 2021 (arXiv
2107.10833). The file holds the convolutions in order of computation, each as a mark of four bytes, its weights in half
precision padded to four bytes, and its biases in single precision.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from veduta.nets.unpickle import UnreadableWeights

if TYPE_CHECKING:
    import openvino as ov

HALF = 0x01306B47  # ncnn's mark of weights in half precision
SLOPE = 0.2  # of the leaky activations
SHARE = 0.2  # by which a block's result is added to what it was given
GROWTH, WIDTH = 32, 64
DENSE = 5  # convolutions in a dense block
LARGER = 4

Layers = list[tuple[NDArray[np.float32], NDArray[np.float32]]]


def shapes(size: int) -> list[tuple[int, int]]:
    """Channels out and in of each convolution of the network whose file has `size` bytes; raises UnreadableWeights."""
    dense = [(GROWTH, WIDTH + n * GROWTH) for n in range(DENSE - 1)] + [(WIDTH, WIDTH + (DENSE - 1) * GROWTH)]
    ends = [(WIDTH, 3)], [(WIDTH, WIDTH)] * 4 + [(3, WIDTH)]
    block = 3 * sum(_bytes(*one) for one in dense)
    rest = size - sum(_bytes(*one) for part in ends for one in part)
    if rest <= 0 or rest % block:
        raise UnreadableWeights(f"{size} bytes: these are not the weights of a Real-ESRGAN for x4")
    return [*ends[0], *(dense * 3 * (rest // block)), *ends[1]]


def _bytes(out: int, into: int) -> int:
    return 4 + -(-out * into * 9 * 2 // 4) * 4 + out * 4


def read_rrdb(path: Path) -> Layers:
    """Weights (out, in, 3, 3) and biases (out,) in order; raises UnreadableWeights."""
    data = path.read_bytes()
    layers: Layers = []
    at = 0
    for out, into in shapes(len(data)):
        if int.from_bytes(data[at : at + 4], "little") != HALF:
            raise UnreadableWeights(f"{path.name}: no weights in half precision at byte {at}")
        count = out * into * 9
        weight = np.frombuffer(data, "<f2", count, at + 4).astype(np.float32).reshape(out, into, 3, 3)
        bias = np.frombuffer(data, "<f4", out, at + _bytes(out, into) - 4 * out).astype(np.float32)
        layers.append((weight, bias))
        at += _bytes(out, into)
    return layers


def build(layers: Layers) -> ov.Model:
    """The graph: input ``pixels`` float32 (n, 3, h, w), RGB from 0 to 1; output ``larger`` (n, 3, 4 h, 4 w)."""
    import openvino as ov
    from openvino import opset13 as ops

    left = iter(layers)

    def convolved(node: Any, active: bool = True) -> Any:
        weight, bias = next(left)
        node = ops.convolution(node, ops.constant(weight), [1, 1], [1, 1], [1, 1], [1, 1])
        node = ops.add(node, ops.constant(bias.reshape(1, -1, 1, 1)))
        return ops.prelu(node, ops.constant(np.array([SLOPE], np.float32))) if active else node

    def added(node: Any, entry: Any) -> Any:
        return ops.add(ops.multiply(node, ops.constant(np.float32(SHARE))), entry)

    def dense(entry: Any) -> Any:
        seen = [entry]
        for _ in range(DENSE - 1):
            seen.append(convolved(seen[0] if len(seen) == 1 else ops.concat(seen, 1)))
        return added(convolved(ops.concat(seen, 1), active=False), entry)

    pixels = ops.parameter([-1, 3, -1, -1], np.float32, name="pixels")
    first = node = convolved(pixels, active=False)
    for _ in range((len(layers) - 6) // (3 * DENSE)):
        entry = node
        for _ in range(3):
            node = dense(node)
        node = added(node, entry)
    node = ops.add(first, convolved(node, active=False))
    for _ in range(2):
        node = convolved(_doubled(node))
    node = convolved(convolved(node), active=False)
    node.output(0).get_tensor().set_names({"larger"})
    pixels.output(0).get_tensor().set_names({"pixels"})
    return ov.Model([ops.result(node)], [pixels], "real-esrgan-x4")


def _doubled(node: Any) -> Any:
    """Every value four times, in a square."""
    from openvino import opset13 as ops

    scales = ops.constant(np.array([2, 2], np.float32))
    axes = ops.constant(np.array([2, 3], np.int64))
    return ops.interpolate(
        node,
        scales,
        "nearest",
        "scales",
        axes=axes,
        coordinate_transformation_mode="asymmetric",
        nearest_mode="floor",
    )
