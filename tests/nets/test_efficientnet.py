"""The graph computes what the paper says: compared with plain loops, and by what it recognizes."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from veduta.nets.efficientnet import EPSILON, LITE2_BLOCKS, LITE2_STRIDED, build, read_lite2
from veduta.nets.engine import Network
from veduta.nets.packs.imagenet import LITE2
from veduta.nets.store import ModelStore
from veduta.nets.unpickle import UnreadableWeights
from veduta.see.taxonomy import imagenet

Floats = NDArray[np.float64]


def naive_same(size: int, kernel: int, stride: int) -> tuple[int, int]:
    """TensorFlow's SAME: padding before and after."""
    out = -(-size // stride)
    total = max(0, (out - 1) * stride + kernel - size)
    return total // 2, total - total // 2


def naive_convolution(x: Floats, weight: Floats, stride: int, depthwise: bool) -> Floats:
    """x (c, h, w); weight (o, c or 1, k, k)."""
    kernel = weight.shape[2]
    rows, columns = naive_same(x.shape[1], kernel, stride), naive_same(x.shape[2], kernel, stride)
    padded = np.pad(x, ((0, 0), rows, columns))
    height, width = -(-x.shape[1] // stride), -(-x.shape[2] // stride)
    out = np.zeros((len(weight), height, width))
    for i in range(height):
        for j in range(width):
            window = padded[:, i * stride : i * stride + kernel, j * stride : j * stride + kernel]
            if depthwise:
                out[:, i, j] = (window * weight[:, 0]).sum(axis=(1, 2))
            else:
                out[:, i, j] = (window[None] * weight).sum(axis=(1, 2, 3))
    return out


def tensors(random: np.random.Generator) -> dict[str, NDArray[np.float32]]:
    """Weights of the right names and kernels, but with few channels."""
    made: dict[str, NDArray[np.float32]] = {}

    def layer(name: str, norm: str, shape: tuple[int, ...]) -> None:
        made[f"{name}.weight"] = random.normal(0, 0.5, shape).astype(np.float32)
        for part, low, high in (
            ("weight", 0.5, 1.5),
            ("bias", -1, 1),
            ("running_mean", -1, 1),
            ("running_var", 0.2, 2),
        ):
            made[f"{norm}.{part}"] = random.uniform(low, high, shape[0]).astype(np.float32)

    layer("_conv_stem", "_bn0", (4, 3, 3, 3))
    for index in range(LITE2_BLOCKS):
        name = f"_blocks.{index}"
        wide = 4 if index == 0 else 8
        if index:
            layer(f"{name}._expand_conv", f"{name}._bn0", (wide, 4, 1, 1))
        kernel = 5 if index % 3 == 2 else 3
        layer(f"{name}._depthwise_conv", f"{name}._bn1", (wide, 1, kernel, kernel))
        layer(f"{name}._project_conv", f"{name}._bn2", (4, wide, 1, 1))
    layer("_conv_head", "_bn1", (6, 4, 1, 1))
    made["_fc.weight"] = random.normal(0, 1, (5, 6)).astype(np.float32)
    made["_fc.bias"] = random.normal(0, 1, 5).astype(np.float32)
    return made


def naive_network(t: dict[str, NDArray[np.float32]], x: Floats) -> tuple[Floats, Floats]:
    """Unfolded: convolution, then normalization, then activation; returns (logits, last)."""

    def run(
        x: Floats, name: str, norm: str, stride: int = 1, depthwise: bool = False, activate: bool = True
    ) -> Floats:
        x = naive_convolution(x, t[f"{name}.weight"].astype(float), stride, depthwise)
        mean, variance = t[f"{norm}.running_mean"], t[f"{norm}.running_var"]
        scale, shift = t[f"{norm}.weight"], t[f"{norm}.bias"]
        x = (x - mean[:, None, None]) / np.sqrt(variance + EPSILON)[:, None, None]
        x = x * scale[:, None, None] + shift[:, None, None]
        return np.clip(x, 0, 6) if activate else x

    x = run(x, "_conv_stem", "_bn0", 2)
    for index in range(LITE2_BLOCKS):
        name, entry = f"_blocks.{index}", x
        if index:
            x = run(x, f"{name}._expand_conv", f"{name}._bn0")
        stride = 2 if index in LITE2_STRIDED else 1
        x = run(x, f"{name}._depthwise_conv", f"{name}._bn1", stride, depthwise=True)
        x = run(x, f"{name}._project_conv", f"{name}._bn2", activate=False)
        if stride == 1:  # all blocks of this small network keep their 4 channels
            x = x + entry
    last = run(x, "_conv_head", "_bn1")
    return t["_fc.weight"].astype(float) @ last.mean(axis=(1, 2)) + t["_fc.bias"], last


@pytest.mark.parametrize("size", [(40, 40), (37, 50)])
def test_graph_equals_plain_loops(size: tuple[int, int]) -> None:
    import openvino as ov

    random = np.random.default_rng(3)
    made = tensors(random)
    picture = random.normal(0, 1, (3, *size))
    model = build(read_lite2(made))
    model.reshape([1, 3, *size])
    got = ov.Core().compile_model(model, "CPU", {"INFERENCE_PRECISION_HINT": "f32"})(
        picture[None].astype(np.float32)
    )
    logits, last = naive_network(made, picture)
    assert np.allclose(got["last"][0], last, atol=1e-3)
    assert np.allclose(got["logits"][0], logits, atol=1e-3)
    assert np.allclose(got["pooled"][0], last.mean(axis=(1, 2)), atol=1e-3)


def test_other_weights_are_refused() -> None:
    made = tensors(np.random.default_rng(0))
    del made["_blocks.7._bn1.bias"]
    with pytest.raises(UnreadableWeights, match=r"_blocks\.7\._bn1\.bias"):
        read_lite2(made)


def test_it_knows_a_cat_and_a_coffee(store: ModelStore, photographs: Path) -> None:
    network = Network.open(LITE2, store, pixels=True)
    names = imagenet().outputs
    for file, expected in (("chelsea.png", {"egyptian cat", "tabby cat"}), ("coffee.png", {"espresso"})):
        picture = cv2.cvtColor(cv2.imread(str(photographs / file)), cv2.COLOR_BGR2RGB)
        square = cv2.resize(picture, (260, 260), interpolation=cv2.INTER_AREA)
        logits, pooled, last, middle = network.run(square[None])
        assert names[int(logits[0].argmax())] in expected
        assert (pooled.shape, last.shape, middle.shape) == ((1, 1280), (1, 1280, 9, 9), (1, 120, 17, 17))
        assert np.allclose(pooled, last.mean(axis=(2, 3)), atol=1e-4)
