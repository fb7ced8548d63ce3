"""One way to run networks: shapes, micro-batches, threads, plain refusals, and ONNX Runtime beside OpenVINO."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from onnx import TensorProto, helper

from tests.nets.tiny import add, image_embedder, text_embedder, write
from veduta.errors import ModelUnavailable
from veduta.nets import engine
from veduta.nets.engine import MOST_SHAPES, Network, WrongInput, bucket
from veduta.nets.pack import ModelPack
from veduta.nets.store import ModelStore
from veduta.settings import settings

DICE = np.random.default_rng(3)
MATRIX = DICE.standard_normal((3, 5)).astype(np.float32)
MEAN, STD = (120.0, 110.0, 100.0), (60.0, 50.0, 40.0)


@pytest.fixture
def store(tmp_path: Path) -> ModelStore:
    return ModelStore(tmp_path / "store")


@pytest.fixture
def pack(store: ModelStore, tmp_path: Path) -> ModelPack:
    """Mean color times a matrix, of pictures of any size."""
    path = image_embedder(tmp_path / "image.onnx", MATRIX)
    return add(store, path, "image-embedder", mean=MEAN, std=STD)


def pictures(count: int, height: int = 8, width: int = 6) -> np.ndarray:
    return DICE.integers(0, 256, (count, height, width, 3), dtype=np.uint8)


def expected(batch: np.ndarray) -> np.ndarray:
    colors = (batch.astype(np.float64) - MEAN) / STD
    return colors.mean(axis=(1, 2)) @ MATRIX


def two_inputs(path: Path) -> Path:
    """Sum and difference of two arrays."""
    return write(
        path,
        [helper.make_node("Add", ["a", "b"], ["sum"]), helper.make_node("Sub", ["a", "b"], ["difference"])],
        {"a": (TensorProto.FLOAT, ("n", 3)), "b": (TensorProto.FLOAT, ("n", 3))},
        {"sum": (TensorProto.FLOAT, ("n", 3)), "difference": (TensorProto.FLOAT, ("n", 3))},
    )


def test_pixels_are_brought_to_what_the_network_expects(store: ModelStore, pack: ModelPack) -> None:
    network = Network.open(pack, store, pixels=True)
    batch = pictures(7)
    everything, vectors = network.run(batch)
    np.testing.assert_allclose(vectors, expected(batch), atol=1e-4)
    np.testing.assert_allclose(everything, ((batch - np.array(MEAN)) / STD).transpose(0, 3, 1, 2), atol=1e-5)


@pytest.mark.parametrize("shape", [(1, 3, 8, 6), ("n", 8, 6, 3), ("n", "h", "w", 3), ("n", 3, "h", "w")])
def test_channels_come_first_or_last(store: ModelStore, tmp_path: Path, shape: tuple[int | str, ...]) -> None:
    path = image_embedder(tmp_path / "image.onnx", MATRIX, shape)
    network = Network.open(add(store, path, "image-embedder", mean=MEAN, std=STD), store, pixels=True)
    batch = pictures(3)
    np.testing.assert_allclose(network.run(batch)[1], expected(batch), atol=1e-4)
    known = 8 if 8 in shape else None
    assert network.static_size(network.inputs[0], 1) == known


@pytest.mark.parametrize("micro", [1, 2, 3, 7, 100])
def test_micro_batches_change_nothing(store: ModelStore, pack: ModelPack, micro: int) -> None:
    whole = pictures(7)
    network = Network.open(pack, store, pixels=True, outputs=["image_embeds"], batch=micro)
    (vectors,) = network.run(whole)
    assert vectors.shape == (7, 5)
    np.testing.assert_allclose(vectors, expected(whole), atol=1e-4)


def test_outputs_are_kept_in_the_order_asked(store: ModelStore, tmp_path: Path) -> None:
    pack = add(store, two_inputs(tmp_path / "two.onnx"), "other")
    a, b = np.full((2, 3), 5.0), np.ones((2, 3))
    assert [float(out[0, 0]) for out in Network.open(pack, store).run({"a": a, "b": b})] == [6.0, 4.0]
    turned = Network.open(pack, store, outputs=["difference", "sum"])
    assert [float(out[0, 0]) for out in turned.run({"b": b, "a": a})] == [4.0, 6.0]
    with pytest.raises(WrongInput, match="no output is called product; known: difference, sum"):
        Network.open(pack, store, outputs=["product"])


def test_wrong_input_is_told_plainly(store: ModelStore, pack: ModelPack, tmp_path: Path) -> None:
    network = Network.open(pack, store, pixels=True)
    with pytest.raises(WrongInput, match=r"tiny: batches of \[0\] rows"):
        network.run(pictures(0))
    with pytest.raises(WrongInput, match=r"expects inputs \['pixels'\], got \['photos'\]"):
        network.run({"photos": pictures(1)})
    with pytest.raises(
        WrongInput, match=r"tiny cannot take inputs of shape .*\(1, 8, 6\).*, expected .*\?,\?,\?"
    ):
        network.run(pictures(1)[..., 0])

    with pytest.raises(WrongInput, match=r"tiny cannot take inputs of shape .*4, 5, 5"):
        Network.open(pack, store).run(np.zeros((1, 4, 5, 5)))

    two = Network.open(add(store, two_inputs(tmp_path / "two.onnx"), "other", name="two"), store)
    with pytest.raises(WrongInput, match="two has inputs a, b: name the arrays"):
        two.run(np.zeros((1, 3)))
    with pytest.raises(WrongInput, match=r"batches of \[1, 2\] rows; all inputs need the same"):
        two.run({"a": np.zeros((1, 3)), "b": np.zeros((2, 3))})
    with pytest.raises(WrongInput, match="two has inputs a, b, not one of pictures"):
        Network.open(two.pack, store, pixels=True)
    text = text_embedder(tmp_path / "text.onnx", np.eye(4), mask=False)
    with pytest.raises(WrongInput, match=r"words takes \[\?,\?\], not pictures of 4 axes"):
        Network.open(add(store, text, "text-embedder", name="words"), store, pixels=True)


def test_a_network_that_is_not_there(store: ModelStore, pack: ModelPack) -> None:
    store.remove(pack.name)
    with pytest.raises(ModelUnavailable, match="tiny is missing"):
        Network.open(pack, store)


def test_few_compiled_shapes_are_kept(
    store: ModelStore, pack: ModelPack, monkeypatch: pytest.MonkeyPatch
) -> None:
    compiled: list[object] = []
    real = engine.OpenVinoBackend._compile

    def counted(self: engine.OpenVinoBackend, shapes: engine.Shapes) -> object:
        compiled.append(shapes)
        return real(self, shapes)

    monkeypatch.setattr(engine.OpenVinoBackend, "_compile", counted)
    network = Network.open(pack, store, pixels=True)
    sizes = range(4, 4 + 2 * MOST_SHAPES)
    for size in [*sizes, *sizes[-MOST_SHAPES:]]:
        batch = pictures(2, size, size)
        np.testing.assert_allclose(network.run(batch)[1], expected(batch), atol=1e-4)
        assert len(network._backend._compiled) <= MOST_SHAPES  # type: ignore[attr-defined]
    assert len(compiled) == len(sizes)  # the most recent ones were still there
    network.run(pictures(1, sizes[0], sizes[0]))
    assert len(compiled) == len(sizes) + 1


def test_requests_are_few_and_come_back(store: ModelStore, pack: ModelPack) -> None:
    network = Network.open(pack, store, pixels=True, threads=2)
    batch = pictures(50)
    for _ in range(3):
        np.testing.assert_allclose(network.run(batch)[1], expected(batch), atol=1e-4)
    (kept,) = network._backend._compiled.values()  # type: ignore[attr-defined]
    most = int(kept.compiled.get_property("OPTIMAL_NUMBER_OF_INFER_REQUESTS"))
    assert 1 <= len(kept._free) <= most


def test_threads_share_a_network(store: ModelStore, pack: ModelPack) -> None:
    """Results are one's own, whatever others ask meanwhile, in more shapes than are kept."""
    network = Network.open(pack, store, pixels=True, threads=2)
    batches = [pictures(1 + number % 5, 4 + number % (MOST_SHAPES + 2), 5) for number in range(64)]
    start = threading.Barrier(8)

    def ask(batch: np.ndarray) -> np.ndarray:
        return network.run(batch)[1]

    with ThreadPoolExecutor(8, initializer=start.wait) as pool:
        results = list(pool.map(ask, batches, timeout=120))
    for batch, vectors in zip(batches, results, strict=True):
        np.testing.assert_allclose(vectors, expected(batch), atol=1e-4)


def test_results_are_not_written_over_by_the_next_run(store: ModelStore, pack: ModelPack) -> None:
    network = Network.open(pack, store, pixels=True)
    first = network.run(pictures(1))[1]
    copy = first.copy()
    network.run(pictures(1))
    np.testing.assert_array_equal(first, copy)


def test_onnx_runtime_says_the_same(store: ModelStore, pack: ModelPack, tmp_path: Path) -> None:
    pytest.importorskip("onnxruntime")
    batch = pictures(5)
    for shape in (("n", "c", "h", "w"), ("n", 8, 6, 3)):
        path = image_embedder(tmp_path / "image.onnx", MATRIX, shape)
        same = add(store, path, "image-embedder", mean=MEAN, std=STD)
        here, there = (Network.open(same, store, pixels=True, device=d) for d in ("cpu", "onnx-cpu"))
        for one, other in zip(here.run(batch), there.run(batch), strict=True):
            np.testing.assert_allclose(one, other, atol=1e-5)
        name = here.inputs[0]
        assert [here.static_size(name, n) for n in (1, 2)] == [there.static_size(name, n) for n in (1, 2)]
    words = add(store, text_embedder(tmp_path / "text.onnx", np.eye(9)), "text-embedder", name="words")
    tokens = {"input_ids": DICE.integers(0, 9, (3, 6)), "attention_mask": DICE.integers(0, 2, (3, 6))}
    (one,), (other,) = (Network.open(words, store, device=d).run(tokens) for d in ("cpu", "onnx-cpu"))
    np.testing.assert_allclose(one, other, atol=1e-6)
    with pytest.raises(ModelUnavailable, match="unknown device 'toaster'"):
        Network.open(words, store, device="toaster")


def test_buckets() -> None:
    assert [bucket(size, (320, 640, 960)) for size in (1, 320, 321, 960, 5000)] == [320, 320, 640, 960, 960]


def test_threads_are_those_of_the_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    assert engine.thread_count() >= 1
    monkeypatch.setenv("VEDUTA_THREADS", "3")
    settings.cache_clear()
    try:
        assert engine.thread_count() == 3
    finally:
        settings.cache_clear()
