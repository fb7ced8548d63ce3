"""Real-ESRGAN's generator: the file's form, and the graph against naive recomputation."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import openvino as ov
import pytest
from numpy.typing import NDArray

from veduta.nets.rrdb import HALF, build, read_rrdb
from veduta.nets.unpickle import UnreadableWeights

Floats = NDArray[np.float64]
# One block of three dense blocks of five convolutions, between the first one and the last five.
SHAPES = [
    (64, 3),
    *[(32, 64), (32, 96), (32, 128), (32, 160), (64, 192)] * 3,
    *[(64, 64)] * 4,
    (3, 64),
]


def tiny(path: Path, seed: int = 0) -> list[tuple[Floats, Floats]]:
    """Write random weights as ncnn does; what a reader should find."""
    random = np.random.default_rng(seed)
    data, layers = b"", []
    for out, into in SHAPES:
        weight = (random.normal(0, 1, (out, into, 3, 3)) / np.sqrt(4.5 * into)).astype("<f2")
        bias = random.normal(0, 0.1, out).astype("<f4")
        body = weight.tobytes()
        data += HALF.to_bytes(4, "little") + body + b"\0" * (-len(body) % 4) + bias.tobytes()
        layers.append((weight.astype(float), bias.astype(float)))
    path.write_bytes(data)
    return layers


def convolved(x: Floats, layer: tuple[Floats, Floats], active: bool = True) -> Floats:
    weight, bias = layer
    windows = np.lib.stride_tricks.sliding_window_view(np.pad(x, ((0, 0), (1, 1), (1, 1))), (3, 3), (1, 2))
    out = np.einsum("cyxij,ocij->oyx", windows, weight, optimize=True) + bias[:, None, None]
    return np.where(out < 0, 0.2 * out, out) if active else out


def naive(x: Floats, layers: list[tuple[Floats, Floats]]) -> Floats:
    left = iter(layers)
    first = convolved(x, next(left), False)
    inner = first
    for _ in range(3):
        seen = [inner]
        for _ in range(4):
            seen.append(convolved(np.concatenate(seen), next(left)))
        inner = 0.2 * convolved(np.concatenate(seen), next(left), False) + inner
    node = 0.2 * inner + first
    node = first + convolved(node, next(left), False)
    for _ in range(2):
        node = convolved(node.repeat(2, 1).repeat(2, 2), next(left))
    return convolved(convolved(node, next(left)), next(left), False)


def test_the_graph_by_naive_recomputation(tmp_path: Path) -> None:
    layers = tiny(tmp_path / "tiny.bin")
    found = read_rrdb(tmp_path / "tiny.bin")
    assert all(
        np.array_equal(a, b)
        for one, two in zip(found, layers, strict=True)
        for a, b in zip(one, two, strict=True)
    )
    picture = np.random.default_rng(1).random((3, 5, 7))
    compiled = ov.Core().compile_model(build(found), "CPU", {"INFERENCE_PRECISION_HINT": "f32"})
    made = compiled(picture[None].astype(np.float32))[0][0]
    assert made.shape == (3, 20, 28)
    assert np.abs(made - naive(picture, layers)).max() < 1e-4


def test_other_files_are_refused(tmp_path: Path) -> None:
    tiny(tmp_path / "tiny.bin")
    data = (tmp_path / "tiny.bin").read_bytes()
    for broken, told in (
        (data[:-4], "these are not the weights"),
        (b"\0" * len(data), "half precision at byte 0"),
    ):
        (tmp_path / "broken.bin").write_bytes(broken)
        with pytest.raises(UnreadableWeights, match=told):
            read_rrdb(tmp_path / "broken.bin")
