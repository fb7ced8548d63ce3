"""The graphs of XFeat and its matcher compute what their papers say: compared with plain numpy."""

from __future__ import annotations

from math import erf

import numpy as np
import openvino as ov
import pytest
from numpy.typing import NDArray

from veduta.nets import lighterglue, xfeat
from veduta.nets.unpickle import UnreadableWeights

Floats = NDArray[np.float64]
Tensors = dict[str, NDArray[np.float32]]

CHANNELS = {
    "block1": (1, 4, 8, 8, 24),
    "block2": (24, 24, 24),
    "block3": (24, 64, 64, 64),
    "block4": (64, 64, 64, 64),
    "block5": (64, 128, 128, 128, 64),
    "block_fusion": (64, 64, 64),
    "heatmap_head": (64, 64, 64),
    "keypoint_head": (64, 64, 64, 64),
}
POINTWISE = {("block3", 2), ("block5", 3)} | {
    (head, i) for head in ("heatmap_head", "keypoint_head") for i in range(3)
}


def corner_weights() -> Tensors:
    random = np.random.default_rng(1)
    made: Tensors = {}
    for name, channels in CHANNELS.items():
        for index in range(len(channels) - 1):
            kernel = 1 if (name, index) in POINTWISE else 3
            shape = (channels[index + 1], channels[index], kernel, kernel)
            deviation = (2 / np.prod(shape[1:])) ** 0.5
            made[f"{name}.{index}.layer.0.weight"] = random.normal(0, deviation, shape).astype(np.float32)
            made[f"{name}.{index}.layer.1.running_mean"] = random.normal(0, 0.2, shape[0]).astype(np.float32)
            made[f"{name}.{index}.layer.1.running_var"] = random.uniform(0.5, 2, shape[0]).astype(np.float32)
    for name, shape in (
        ("skip1.1", (24, 1, 1, 1)),
        ("block_fusion.2", (64, 64, 1, 1)),
        ("heatmap_head.2", (1, 64, 1, 1)),
        ("keypoint_head.3", (65, 64, 1, 1)),
    ):
        made[f"{name}.weight"] = random.normal(0, 0.2, shape).astype(np.float32)
        made[f"{name}.bias"] = random.normal(0, 0.2, shape[0]).astype(np.float32)
    return made


def convolve(x: Floats, weight: Floats, stride: int = 1) -> Floats:
    pad = weight.shape[2] // 2
    windows = np.lib.stride_tricks.sliding_window_view(
        np.pad(x, ((0, 0), (pad, pad), (pad, pad))), weight.shape[2:], (1, 2)
    )
    return np.einsum("chwij,ocij->ohw", windows[:, ::stride, ::stride], weight, optimize=True)


def enlarge(x: Floats, height: int, width: int) -> Floats:
    def lines(old: int, new: int) -> Floats:
        made = np.zeros((new, old))
        for i in range(new):
            place = min(max((i + 0.5) * old / new - 0.5, 0), old - 1)
            low = int(place)
            made[i, low] += 1 - (place - low)
            made[i, min(low + 1, old - 1)] += place - low
        return made

    return np.einsum("ih,chw,jw->cij", lines(x.shape[1], height), x, lines(x.shape[2], width))


def naive_corners(t: Tensors, pixels: Floats) -> tuple[Floats, Floats, Floats]:
    def block(x: Floats, name: str) -> Floats:
        for index in range(len(CHANNELS[name]) - 1):
            layer = f"{name}.{index}.layer"
            halves = (index == 0 and name in ("block3", "block4", "block5")) or (
                name == "block1" and index in (1, 3)
            )
            x = convolve(x, t[f"{layer}.0.weight"], 2 if halves else 1)
            x = x - t[f"{layer}.1.running_mean"][:, None, None]
            x = np.maximum(x / np.sqrt(t[f"{layer}.1.running_var"][:, None, None] + 1e-5), 0)
        return x

    def plain(x: Floats, name: str) -> Floats:
        return convolve(x, t[f"{name}.weight"]) + t[f"{name}.bias"][:, None, None]

    gray = pixels.mean(axis=0, keepdims=True)
    gray = (gray - gray.mean()) / np.sqrt(gray.var() + 1e-5)
    height, width = gray.shape[1:]
    quarter = gray.reshape(1, height // 4, 4, width // 4, 4).mean(axis=(2, 4))
    third = block(block(block(gray, "block1") + plain(quarter, "skip1.1"), "block2"), "block3")
    fourth = block(third, "block4")
    fifth = block(fourth, "block5")
    size = third.shape[1:]
    features = plain(
        block(third + enlarge(fourth, *size) + enlarge(fifth, *size), "block_fusion"), "block_fusion.2"
    )
    trust = 1 / (1 + np.exp(-plain(block(features, "heatmap_head"), "heatmap_head.2")))
    cells = np.zeros((64, height // 8, width // 8))
    for i in range(8):
        for j in range(8):
            cells[i * 8 + j] = gray[0, i::8, j::8]
    logits = plain(block(cells, "keypoint_head"), "keypoint_head.3")
    chances = np.exp(logits) / np.exp(logits).sum(axis=0)
    corners = np.zeros((height, width))
    for i in range(8):
        for j in range(8):
            corners[i::8, j::8] = chances[i * 8 + j]
    return corners, trust[0], features / np.linalg.norm(features, axis=0)


def test_corners_against_plain_numpy() -> None:
    weights = corner_weights()
    pixels = np.random.default_rng(2).random((3, 64, 96))
    compiled = ov.Core().compile_model(xfeat.build(weights), "CPU", {"INFERENCE_PRECISION_HINT": "f32"})
    found = compiled(pixels[None].astype(np.float32))
    corners, trust, vectors = naive_corners(weights, pixels)
    np.testing.assert_allclose(found["corners"][0, 0], corners, atol=1e-5)
    np.testing.assert_allclose(found["trust"][0, 0], trust, atol=1e-4)
    np.testing.assert_allclose(found["vectors"][0], vectors, atol=1e-4)


def matcher_weights(width: int = 12) -> Tensors:
    random = np.random.default_rng(3)
    made: Tensors = {"matcher.posenc.Wr.weight": random.normal(0, 1, (width // 2, 2)).astype(np.float32)}

    def linear(name: str, out: int, into: int) -> None:
        made[f"{name}.weight"] = random.normal(0, into**-0.5, (out, into)).astype(np.float32)
        made[f"{name}.bias"] = random.normal(0, 0.1, out).astype(np.float32)

    linear("matcher.input_proj", width, 64)
    for layer in range(6):
        for kind, parts in (
            ("self_attn", {"Wqkv": 3 * width, "out_proj": width}),
            ("cross_attn", {"to_qk": width, "to_v": width, "to_out": width}),
        ):
            name = f"matcher.transformers.{layer}.{kind}"
            for part, out in parts.items():
                linear(f"{name}.{part}", out, width)
            linear(f"{name}.ffn.0", 2 * width, 2 * width)
            linear(f"{name}.ffn.3", width, 2 * width)
            for part in ("weight", "bias"):
                made[f"{name}.ffn.1.{part}"] = random.uniform(0.5, 1.5, 2 * width).astype(np.float32)
    linear("matcher.log_assignment.5.final_proj", width, width)
    linear("matcher.log_assignment.5.matchability", 1, width)
    return made


def naive_scores(t: Tensors, points: list[Floats], vectors: list[Floats]) -> Floats:
    """The logarithm of the assignment, corner by corner of a (rows) and b (columns)."""
    width = len(t["matcher.input_proj.weight"])

    def linear(x: Floats, name: str) -> Floats:
        return x @ t[f"matcher.{name}.weight"].T.astype(float) + t[f"matcher.{name}.bias"]

    def softmax(x: Floats) -> Floats:
        e = np.exp(x - x.max(axis=1, keepdims=True))
        return e / e.sum(axis=1, keepdims=True)

    def update(x: Floats, message: Floats, name: str) -> Floats:
        both = linear(np.hstack([x, message]), f"{name}.ffn.0")
        both = (both - both.mean(axis=1, keepdims=True)) / np.sqrt(both.var(axis=1, keepdims=True) + 1e-5)
        both = both * t[f"matcher.{name}.ffn.1.weight"] + t[f"matcher.{name}.ffn.1.bias"]
        both = both * 0.5 * (1 + np.vectorize(erf)(both / 2**0.5))
        return x + linear(both, f"{name}.ffn.3")

    def turn(x: Floats, where: Floats) -> Floats:
        angles = where @ t["matcher.posenc.Wr.weight"].T.astype(float)
        pairs = x[:, 0::2] + 1j * x[:, 1::2]
        pairs = pairs * np.exp(1j * angles)
        return np.stack([pairs.real, pairs.imag], axis=2).reshape(x.shape)

    def within(x: Floats, where: Floats, layer: int) -> Floats:
        name = f"transformers.{layer}.self_attn"
        split = linear(x, f"{name}.Wqkv").reshape(len(x), width, 3)
        query, key = turn(split[:, :, 0], where), turn(split[:, :, 1], where)
        context = softmax(query @ key.T / width**0.5) @ split[:, :, 2]
        return update(x, linear(context, f"{name}.out_proj"), name)

    def across(x: Floats, y: Floats, layer: int) -> Floats:
        name = f"transformers.{layer}.cross_attn"
        similar = linear(x, f"{name}.to_qk") @ linear(y, f"{name}.to_qk").T / width**0.5
        return update(x, linear(softmax(similar) @ linear(y, f"{name}.to_v"), f"{name}.to_out"), name)

    a, b = (linear(v, "input_proj") for v in vectors)
    for layer in range(6):
        a, b = within(a, points[0], layer), within(b, points[1], layer)
        a, b = across(a, b, layer), across(b, a, layer)
    last = "log_assignment.5"
    similar = linear(a, f"{last}.final_proj") @ linear(b, f"{last}.final_proj").T / width**0.5
    likely_a, likely_b = (1 / (1 + np.exp(-linear(x, f"{last}.matchability"))) for x in (a, b))
    return np.log(softmax(similar) * softmax(similar.T).T * likely_a * likely_b.T)


def test_matcher_against_plain_numpy_and_padding_changes_nothing() -> None:
    weights = matcher_weights()
    random = np.random.default_rng(4)
    counts = {"a": 9, "b": 7}
    points = [random.uniform(-1, 1, (n, 2)) for n in counts.values()]
    vectors = [random.normal(0, 1, (n, 64)) for n in counts.values()]
    scores = naive_scores(weights, points, vectors)
    compiled = ov.Core().compile_model(lighterglue.build(weights), "CPU", {"INFERENCE_PRECISION_HINT": "f32"})
    for length in (None, 16):
        inputs = {}
        for (photo, count), where, what in zip(counts.items(), points, vectors, strict=True):
            size = length or count
            for name, values in (("points", where), ("vectors", what), ("present", np.ones(count))):
                padded = np.zeros((1, size, *values.shape[1:]), np.float32)
                padded[0, :count] = values
                inputs[f"{name}_{photo}"] = padded
        found = compiled(inputs)
        assert found["partner_a"][0, :9].tolist() == scores.argmax(axis=1).tolist()
        assert found["partner_b"][0, :7].tolist() == scores.argmax(axis=0).tolist()
        np.testing.assert_allclose(found["chance"][0, :9], np.exp(scores.max(axis=1)), rtol=1e-3)


def test_other_weights_are_refused_by_name() -> None:
    weights = corner_weights()
    del weights["block5.3.layer.0.weight"]
    with pytest.raises(UnreadableWeights, match=r"XFeat: no block5\.3"):
        xfeat.build(weights)
    with pytest.raises(UnreadableWeights, match="LighterGlue: no matcher"):
        lighterglue.build({})
