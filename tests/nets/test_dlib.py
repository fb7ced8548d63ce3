"""dlib's file format, checked on files written here and against values that dlib itself gave."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest

from veduta.nets.dlib import UnreadableNetwork, read_network, to_openvino
from veduta.nets.engine import Network
from veduta.nets.packs.faces import DLIB_FACE


def integer(value: int) -> bytes:
    size = max(1, (abs(value).bit_length() + 7) // 8)
    return bytes([size | (0x80 if value < 0 else 0)]) + abs(value).to_bytes(size, "little")


def real(value: float) -> bytes:
    mantissa, exponent = math.frexp(value)
    return integer(int(mantissa * 2**24)) + integer(exponent - 24)


def string(text: str) -> bytes:
    return integer(len(text)) + text.encode()


def tensor(array: np.ndarray) -> bytes:
    shape = [*array.shape, *[1] * 4][:4] if array.size else [0, 0, 0, 0]
    return integer(2) + b"".join(map(integer, shape)) + array.astype("<f4").tobytes()


def alias() -> bytes:
    return integer(1) + integer(1) * 4


NOTHING = np.empty(0, np.float32)
STATE = b"111" + tensor(NOTHING) * 3


def written(weights: np.ndarray, bias: np.ndarray, full: np.ndarray) -> bytes:
    """A network of one convolution, an activation, an average and a full layer, as dlib would write it."""
    filters, _, rows, columns = weights.shape
    flat = np.concatenate([weights.ravel(), bias])
    data = integer(1) + string("loss_metric_2") + real(0.04) + real(0.6)
    data += integer(1) + integer(2) * 3
    data += (
        string("input_rgb_image_sized") + real(120.0) + real(117.0) + real(104.0) + integer(6) + integer(6)
    )
    shape = (filters, rows, columns, 1, 1, 0, 0)
    data += string("con_4") + tensor(flat) + b"".join(map(integer, shape)) + alias() * 2 + real(1.0) * 4
    data += STATE + integer(1)
    data += string("relu_110") + STATE
    data += string("avg_pool_2") + b"".join(map(integer, (0, 0, 1, 1, 0, 0))) + STATE
    data += string("fc_2") + integer(full.shape[1]) + integer(full.shape[0]) + tensor(full)
    return data + alias() * 2 + integer(1) + real(1.0) * 4 + STATE


@pytest.fixture
def network(tmp_path: Path) -> tuple[Path, np.ndarray, np.ndarray, np.ndarray]:
    random = np.random.default_rng(1)
    weights = random.normal(size=(4, 3, 3, 3)).astype(np.float32)
    bias = random.normal(size=4).astype(np.float32)
    full = random.normal(size=(4, 5)).astype(np.float32)
    path = tmp_path / "small.dat"
    path.write_bytes(written(weights, bias, full))
    return path, weights, bias, full


def test_reads_layers_in_order(network: tuple[Path, np.ndarray, np.ndarray, np.ndarray]) -> None:
    layers, mean, side = read_network(network[0])
    assert [layer.kind for layer in layers] == ["convolution", "relu", "avg_pool", "full"]
    assert side == 6
    np.testing.assert_allclose(mean, [120, 117, 104], rtol=1e-6)


def test_graph_equals_naive_computation(network: tuple[Path, np.ndarray, np.ndarray, np.ndarray]) -> None:
    import openvino as ov

    path, weights, bias, full = network
    pixels = np.random.default_rng(2).integers(0, 256, (2, 6, 6, 3), dtype=np.uint8)
    found = ov.Core().compile_model(to_openvino(path), "CPU", {"INFERENCE_PRECISION_HINT": "f32"})(pixels)[0]
    scaled = (pixels.astype(np.float64) - [120, 117, 104]) / 256
    for row in range(2):
        maps = np.zeros((4, 4, 4))
        for f in range(4):
            for y in range(4):
                for x in range(4):
                    patch = scaled[row, y : y + 3, x : x + 3].transpose(2, 0, 1)
                    maps[f, y, x] = np.sum(patch * weights[f]) + bias[f]
        expected = np.maximum(maps, 0).mean(axis=(1, 2)) @ full
        np.testing.assert_allclose(found[row], expected, rtol=1e-4, atol=1e-5)


def test_damaged_files_are_refused(
    network: tuple[Path, np.ndarray, np.ndarray, np.ndarray], tmp_path: Path
) -> None:
    data = network[0].read_bytes()
    broken = tmp_path / "broken.dat"
    for length in range(0, len(data) - 1, 7):
        broken.write_bytes(data[:length])
        with pytest.raises(UnreadableNetwork, match=r"broken\.dat"):
            read_network(broken)


def test_other_kinds_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "other.dat"
    path.write_bytes(integer(1) + string("loss_mmod_") + integer(0))
    with pytest.raises(UnreadableNetwork, match="loss_mmod_"):
        read_network(path)


def pattern() -> np.ndarray:
    """A picture that is the same everywhere: smooth waves of three colors."""
    y, x = np.mgrid[0:150, 0:150].astype(np.float64)
    waves = [np.sin(x / 9 + c) * np.cos(y / (7 + 2 * c)) for c in range(3)]
    return np.clip(127 + 110 * np.stack(waves, axis=-1), 0, 255).astype(np.uint8)


# The first eight of dlib 20.0's own 128 numbers for `pattern()`.
DLIB_SAID = (-0.04032, 0.09443, 0.04127, -0.02040, -0.06153, -0.05386, -0.01267, -0.02030)


def test_face_vector_is_that_of_dlib(store) -> None:  # type: ignore[no-untyped-def]
    vector = Network.open(DLIB_FACE, store).run(pattern()[None])[0][0]
    assert vector.shape == (128,)
    np.testing.assert_allclose(vector[:8], DLIB_SAID, atol=1e-3)
