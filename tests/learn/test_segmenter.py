"""The decoder: what is trained on single places is what runs over whole pictures, in PyTorch and in the engine."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from veduta.learn.cells import LENGTH, MARGIN, chosen, columns, mistaken, truth
from veduta.learn.export import save_onnx
from veduta.learn.recipe import Recipe, TrainingError
from veduta.learn.segmenter import WIDTHS, Decoder, Judge
from veduta.learn.train import Trainer
from veduta.learn.trunk_maps import CHANNELS, STRIDES

SIDE = 64


@pytest.fixture(scope="module")
def picture() -> tuple[np.ndarray, list[np.ndarray]]:
    random = np.random.default_rng(5)
    scales = zip(CHANNELS, STRIDES, strict=True)
    maps = [random.normal(size=(c, SIDE // s, SIDE // s)).astype(np.float32) for c, s in scales]
    return random.integers(0, 256, (SIDE, SIDE, 3), np.uint8), maps


@pytest.fixture(scope="module")
def judge() -> Judge:
    torch.manual_seed(2)
    made = Judge(torch.randn(LENGTH), torch.rand(LENGTH) + 0.5, WIDTHS).eval()
    torch.nn.init.normal_(made.last.weight)
    return made


def tensors(picture: tuple[np.ndarray, list[np.ndarray]]) -> list[torch.Tensor]:
    pixels = (torch.from_numpy(picture[0]).permute(2, 0, 1).float() - 127) / 128
    return [pixels[None], *(torch.from_numpy(m)[None] for m in picture[1])]


def test_a_place_alone_is_judged_as_in_the_whole_picture(
    picture: tuple[np.ndarray, list[np.ndarray]], judge: Judge
) -> None:
    places = np.argwhere(np.ones((SIDE // 2 - 2 * MARGIN,) * 2, bool))[::7] + MARGIN
    with torch.no_grad():
        whole = Decoder(judge)(*tensors(picture))[0, 0].numpy()
        single = judge(torch.from_numpy(columns(*picture, places))).numpy()
    expected = np.stack([whole[2 * y + i, 2 * x + j] for i in (0, 1) for j in (0, 1) for y, x in places])
    np.testing.assert_allclose(single.T.ravel(), expected, rtol=1e-3, atol=1e-3)


def test_the_engine_gives_the_same(
    picture: tuple[np.ndarray, list[np.ndarray]], judge: Judge, tmp_path: Path
) -> None:
    import openvino as ov

    decoder, given = Decoder(judge), tensors(picture)
    path = save_onnx(decoder, tmp_path / "decoder.onnx")
    compiled = ov.Core().compile_model(str(path), "CPU", {"INFERENCE_PRECISION_HINT": "f32"})
    with torch.no_grad():
        ours = decoder(*given).numpy()
    theirs = compiled([t.numpy() for t in given])[0]
    np.testing.assert_allclose(theirs, ours, rtol=1e-3, atol=1e-3)


def test_places_are_chosen_on_and_around_the_object() -> None:
    mask = np.zeros((SIDE, SIDE), bool)
    mask[20:40, 30:33] = True
    pixels = np.where(mask[..., None], 200, 90).astype(np.uint8).repeat(3, axis=2)
    places = chosen(pixels, mask, 200, np.random.default_rng(1))
    right = truth(mask, places)
    assert len(places) == 200 and places.min() >= MARGIN and places.max() < SIDE // 2 - MARGIN
    assert 0.3 <= right.any(axis=1).mean() <= 0.75
    for (y, x), four in zip(places.tolist(), right.tolist(), strict=True):
        assert four == [mask[2 * y + i, 2 * x + j] for i in (0, 1) for j in (0, 1)]


def test_mistakes_are_where_probability_is_high() -> None:
    probability = np.zeros((SIDE, SIDE), np.float32)
    probability[30:34, 40:44] = 0.8
    probability[:2] = 0.9  # at the border, where the filters see padding
    places = mistaken(probability, 100, 0.5, np.random.default_rng(1))
    assert sorted(map(tuple, places.tolist())) == [(15, 20), (15, 21), (16, 20), (16, 21)]
    assert len(mistaken(probability, 3, 0.5, np.random.default_rng(1))) == 3


def data(count: int = 640) -> tuple[np.ndarray, np.ndarray]:
    random = np.random.default_rng(7)
    seen = random.normal(3, 2, (count, 12)).astype(np.float32)
    return seen, (seen[:, :4] + 0.3 * seen[:, 4:8] > 4).astype(np.uint8)


def test_training_learns_and_an_interrupted_one_ends_with_the_same_bits(tmp_path: Path) -> None:
    recipe = Recipe(epochs=30, batch=64, dropout=0.1, rate=1e-2)
    told: list[dict] = []
    whole = Trainer(*data(), (16, 8), recipe, lambda record: told.append(dict(record)))
    whole.run()
    assert told[-1]["step"] == whole.steps and told[-1]["loss"] < told[0]["loss"]
    seen, right = data()
    with torch.no_grad():
        agreed = ((whole.network(torch.from_numpy(seen)) > 0).numpy() == right.astype(bool)).mean()
    assert agreed > 0.9
    Trainer(*data(), (16, 8), recipe).run(tmp_path / "c.pt", until=130)
    resumed = Trainer(*data(), (16, 8), recipe)
    resumed.restore(tmp_path / "c.pt")
    assert resumed.step == 130
    resumed.run()
    for name, value in whole.network.state_dict().items():
        assert torch.equal(value, resumed.network.state_dict()[name]), name


def test_foreign_and_damaged_checkpoints_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "c.pt"
    Trainer(*data(), (16, 8), Recipe(epochs=1, batch=64)).save(path)
    with pytest.raises(TrainingError, match="other settings"):
        Trainer(*data(), (16, 8), Recipe(epochs=2, batch=64)).restore(path)
    path.write_bytes(path.read_bytes()[:100])
    with pytest.raises(TrainingError, match="not a readable state"):
        Trainer(*data(), (16, 8), Recipe(epochs=1, batch=64)).restore(path)


def test_a_recipe_out_of_range_is_refused() -> None:
    with pytest.raises(TrainingError, match="out of range"):
        Recipe(batch=4)
