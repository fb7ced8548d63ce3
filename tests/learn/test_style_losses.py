"""Losses of style against sums written out, and eyes against their own networks."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from skimage import data

from veduta.learn.recipe import TrainingError
from veduta.learn.style_eye import FIRST_MEAN, FIRST_SPREAD, MEAN, SPREAD, VGG, VggEye, open_eye
from veduta.learn.style_losses import content_loss, gram, style_loss, total_variation, wanted_gram
from veduta.learn.trunk_maps import TrunkMaps
from veduta.nets.safetensors import read_safetensors
from veduta.nets.store import ModelStore
from veduta.nets.unpickle import UnreadableWeights

RNG = np.random.default_rng(5)


def maps(channels: int, height: int, width: int) -> NDArray[np.float32]:
    return RNG.normal(0, 1, (1, channels, height, width)).astype(np.float32)


def naive_gram(one: NDArray[Any]) -> NDArray[np.float64]:
    _, channels, height, width = one.shape
    found = np.zeros((channels, channels))
    for i in range(channels):
        for j in range(channels):
            for y in range(height):
                for x in range(width):
                    found[i, j] += float(one[0, i, y, x]) * float(one[0, j, y, x])
    return found


def test_content_is_half_the_squared_error() -> None:
    one, other = maps(3, 4, 5), maps(3, 4, 5)
    naive = sum((float(a) - float(b)) ** 2 for a, b in zip(one.ravel(), other.ravel(), strict=True)) / 2
    assert float(content_loss(torch.tensor(one), torch.tensor(other))) == pytest.approx(naive, rel=1e-5)


def test_gram_matrices_are_sums_over_places() -> None:
    one = maps(4, 3, 5)
    assert np.allclose(gram(torch.tensor(one))[0], naive_gram(one), atol=1e-4)


def test_style_is_equation_four_of_the_article() -> None:
    one, painted = maps(4, 3, 5), maps(4, 3, 5)
    places, channels = 15, 4
    away = naive_gram(one) - naive_gram(painted)
    naive = 0.0
    for i in range(channels):
        for j in range(channels):
            naive += away[i, j] ** 2 / (4 * channels**2 * places**2)
    found = style_loss(torch.tensor(one), wanted_gram(torch.tensor(painted)))
    assert float(found) == pytest.approx(naive, rel=1e-4)


def test_style_does_not_depend_on_the_size_of_the_painting() -> None:
    one, painted = maps(4, 6, 6), maps(4, 3, 5)
    large = np.tile(painted, (1, 1, 2, 3))
    losses = [
        float(style_loss(torch.tensor(one), wanted_gram(torch.tensor(some)))) for some in (painted, large)
    ]
    assert losses[0] == pytest.approx(losses[1], rel=1e-4)
    pair = torch.tensor(np.concatenate([one, one]))
    assert float(style_loss(pair, wanted_gram(torch.tensor(painted)))) == pytest.approx(losses[0], rel=1e-4)


def test_total_variation_is_the_mean_squared_step() -> None:
    one = maps(2, 4, 3)[0]
    across = [(one[c, y, x + 1] - one[c, y, x]) ** 2 for c in range(2) for y in range(4) for x in range(2)]
    down = [(one[c, y + 1, x] - one[c, y, x]) ** 2 for c in range(2) for y in range(3) for x in range(3)]
    naive = float(np.mean(across) + np.mean(down))
    assert float(total_variation(torch.tensor(one[None]))) == pytest.approx(naive, rel=1e-5)
    assert float(total_variation(torch.full((1, 3, 5, 5), 0.3))) == 0


def vgg_tensors(published: bool, convolutions: int = 16) -> dict[str, NDArray[np.float32]]:
    """Random weights of few channels under either naming."""
    tensors: dict[str, NDArray[np.float32]] = {}
    entering, place = 3, 0
    for block, count in enumerate(VGG[convolutions], 1):
        for index in range(1, count + 1):
            name = f"conv{block}_{index}" if published else f"features.{place}"
            tensors[f"{name}.weight"] = RNG.normal(0, 0.2, (4, entering, 3, 3)).astype(np.float32)
            tensors[f"{name}.bias"] = RNG.normal(0, 0.1, 4).astype(np.float32)
            entering, place = 4, place + 2
        place += 1
    return tensors


def naive_convolution(picture: NDArray[Any], weight: NDArray[Any], bias: NDArray[Any]) -> NDArray[np.float64]:
    _, height, width = picture.shape
    wide = np.pad(picture, ((0, 0), (1, 1), (1, 1)))
    found = np.zeros((len(weight), height, width))
    for out in range(len(weight)):
        for y in range(height):
            for x in range(width):
                found[out, y, x] = (wide[:, y : y + 3, x : x + 3] * weight[out]).sum() + bias[out]
    return np.maximum(found, 0)


@pytest.mark.parametrize("published", [False, True])
def test_vgg_sees_what_its_layers_say(published: bool) -> None:
    tensors = vgg_tensors(published)
    picture = RNG.uniform(0, 1, (3, 32, 32))
    eye = VggEye(tensors).requires_grad_(False)
    seen = eye(torch.tensor(picture[None], dtype=torch.float32))
    size = FIRST_SPREAD if published else 1.0
    assert set(seen) == {"conv1_1", "conv2_1", "conv3_1", "conv4_1", "conv4_2", "conv5_1"}
    if published:
        node = picture[::-1] * 255 - np.array(FIRST_MEAN)[:, None, None]
    else:
        node = (picture - np.array(MEAN)[:, None, None]) / np.array(SPREAD)[:, None, None]
    names = ("conv1_1", "conv1_2") if published else ("features.0", "features.2")
    first = naive_convolution(node, tensors[f"{names[0]}.weight"], tensors[f"{names[0]}.bias"])
    assert np.allclose(seen["conv1_1"][0] * size, first, rtol=1e-3, atol=1e-3)
    second = naive_convolution(first, tensors[f"{names[1]}.weight"], tensors[f"{names[1]}.bias"])
    pooled = second.reshape(4, 16, 2, 16, 2).mean(axis=(2, 4))
    third = "conv2_1" if published else "features.5"
    wanted = naive_convolution(pooled, tensors[f"{third}.weight"], tensors[f"{third}.bias"])
    assert np.allclose(seen["conv2_1"][0] * size, wanted, rtol=1e-3, atol=2e-2 if published else 1e-3)
    assert seen["conv5_1"].shape == (1, 4, 2, 2)


def test_vgg_sixteen_is_taken_and_what_is_none_refused() -> None:
    assert "conv5_1" in VggEye(vgg_tensors(True, 13))(torch.zeros(1, 3, 32, 32))
    tensors = vgg_tensors(True)
    del tensors["conv5_4.weight"]
    with pytest.raises(TrainingError, match="15 convolutions are no VGG-19"):
        VggEye(tensors)
    tensors = vgg_tensors(False)
    tensors["features.2.weight"] = tensors["features.2.weight"][:, :2]
    with pytest.raises(TrainingError, match=r"features\.2\.weight has shape"):
        VggEye(tensors)


def test_the_packaged_eye_sees_what_the_packaged_network_sees(store: ModelStore) -> None:
    picture = np.ascontiguousarray(data.astronaut()[:96, 100:196])
    eye = open_eye(store=store)
    with torch.no_grad():
        seen = eye(torch.tensor(picture / 255, dtype=torch.float32).permute(2, 0, 1)[None])
    assert [seen[name].shape[2] for name in eye.style] == [48, 48, 24, 12, 6]
    maps_of = TrunkMaps(store).see(picture[None])
    layers = eye.facts  # type: ignore[attr-defined]
    at = {"unfold_1": (0, 3), "unfold_4": (1, 12), "unfold_7": (2, 21), "unfold_15": (3, 45)}
    for name, (number, index) in at.items():
        # What a block unfolds is a 1 x 1 convolution of what enters it.
        kernel, bias = layers[index].weight[:, :, 0, 0], layers[index].bias
        wanted = np.einsum("oc,chw->ohw", kernel, maps_of[number][0]) + bias[:, None, None]
        assert np.allclose(seen[name][0], np.clip(wanted, 0, 6), atol=2e-3)


def test_safetensors_are_read_and_damaged_ones_refused(tmp_path: Path) -> None:
    numbers = RNG.normal(0, 1, (2, 3)).astype(np.float32)
    halves = (numbers.view(np.uint32) >> 16).astype(np.uint16)
    header = {
        "__metadata__": {"format": "pt"},
        "a": {"dtype": "F32", "shape": [2, 3], "data_offsets": [0, 24]},
        "b": {"dtype": "BF16", "shape": [6], "data_offsets": [24, 36]},
    }
    text = json.dumps(header).encode()
    path = tmp_path / "w.safetensors"
    path.write_bytes(len(text).to_bytes(8, "little") + text + numbers.tobytes() + halves.tobytes())
    found = read_safetensors(path)
    assert np.array_equal(found["a"], numbers)
    assert np.allclose(found["b"], numbers.ravel(), rtol=1e-2)
    whole = path.read_bytes()
    for body in (b"", whole[:20], whole[:-8], b"\xff" * 40):
        path.write_bytes(body)
        with pytest.raises(UnreadableWeights, match=r"w\.safetensors"):
            read_safetensors(path)
