"""Photos by optimization and painters by training: stopped and gone on, kept and used."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from PIL import Image
from skimage import data
from torch import Tensor

from veduta.learn.recipe import TrainingError
from veduta.learn.style_eye import Eye
from veduta.learn.style_network import StyleNetwork, save_painter
from veduta.learn.style_photo import PhotoRecipe, PhotoStyling, pixels_of, tensor_of
from veduta.learn.style_train import Photographs, StyleRecipe, StyleTrainer, photographs_in
from veduta.nets.brush import Brush
from veduta.nets.painter import read_painter

Pixels = NDArray[np.uint8]


class SmallEye(Eye):
    """Two random layers: enough to have colors and a texture to match."""

    name = "small"
    content = ("two",)
    style = ("one", "two")
    balance = 20.0

    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.one = torch.nn.Conv2d(3, 8, 3, padding=1)
        self.two = torch.nn.Conv2d(8, 8, 3, 2, padding=1)
        self.requires_grad_(False)

    def forward(self, pictures: Tensor) -> dict[str, Tensor]:
        one = torch.relu(self.one(pictures))
        return {"one": one, "two": torch.relu(self.two(one))}


@pytest.fixture(autouse=True)
def one_thread() -> None:
    torch.set_num_threads(1)


@pytest.fixture(scope="module")
def photo() -> Pixels:
    return np.ascontiguousarray(data.astronaut()[20:84, 190:262])


@pytest.fixture(scope="module")
def painting() -> Pixels:
    return np.ascontiguousarray(data.coffee()[100:170, 200:280])


RECIPE = PhotoRecipe(side=64, rounds=3)


def test_optimization_lowers_the_loss_and_takes_the_colors(photo: Pixels, painting: Pixels) -> None:
    styling = PhotoStyling(photo, painting, SmallEye(), RECIPE)
    made = styling.run()
    assert made.shape == (57, 64, 3) and made.dtype == np.uint8
    assert styling.losses[-1] < 0.5 * styling.losses[0]

    def away(one: Pixels) -> float:
        return float(np.abs(one.mean(axis=(0, 1)) - painting.mean(axis=(0, 1))).max())

    assert away(made) < 0.7 * away(photo)


def test_an_optimization_goes_on_where_it_was_stopped(
    photo: Pixels, painting: Pixels, tmp_path: Path
) -> None:
    whole = PhotoStyling(photo, painting, SmallEye(), RECIPE).run()
    first = PhotoStyling(photo, painting, SmallEye(), RECIPE)
    for _ in range(2):
        first.step()
    first.save(tmp_path / "state.pt")
    second = PhotoStyling(photo, painting, SmallEye(), RECIPE)
    second.restore(tmp_path / "state.pt")
    made = second.run(tmp_path / "state.pt", tmp_path / "preview.png")
    assert np.array_equal(made, whole)
    with Image.open(tmp_path / "preview.png") as preview:
        assert np.array_equal(np.asarray(preview), made)
    other = PhotoStyling(photo, painting, SmallEye(), PhotoRecipe(side=64, rounds=4))
    with pytest.raises(TrainingError, match="other settings"):
        other.restore(tmp_path / "state.pt")
    (tmp_path / "state.pt").write_bytes(b"no state")
    with pytest.raises(TrainingError, match="not a readable state"):
        second.restore(tmp_path / "state.pt")


def test_two_sizes_are_painted_one_after_the_other(photo: Pixels, painting: Pixels) -> None:
    large = np.repeat(np.repeat(photo, 2, axis=0), 2, axis=1)
    styling = PhotoStyling(large, np.tile(painting, (2, 2, 1)), SmallEye(), PhotoRecipe(side=128, rounds=1))
    assert styling.rounds == 2 and styling.picture.shape[3] == 64
    styling.step()
    assert styling.picture.shape[3] == 128
    assert styling.run().shape == (114, 128, 3)


def test_settings_that_make_no_sense_are_refused(photo: Pixels, painting: Pixels) -> None:
    with pytest.raises(TrainingError, match="side must be 64 to 4096"):
        PhotoRecipe(side=20)
    with pytest.raises(TrainingError, match="above 0"):
        PhotoRecipe(style=0)
    with pytest.raises(TrainingError, match="at least 64 pixels"):
        PhotoStyling(photo[:40], painting, SmallEye(), RECIPE)
    with pytest.raises(TrainingError, match="multiple of 32"):
        StyleRecipe(side=100)
    with pytest.raises(TrainingError, match="above 0"):
        StyleRecipe(steps=0)


@pytest.fixture
def photographs(tmp_path: Path) -> Path:
    folder = tmp_path / "photos"
    folder.mkdir()
    for number, part in enumerate((data.astronaut()[:200, :220], data.coffee()[:180, :300])):
        Image.fromarray(part).save(folder / f"{number}.png")
    (folder / "broken.jpg").write_bytes(b"\xff\xd8\xff")
    (folder / "words.txt").write_text("no photo")
    return folder


def trainer(folder: Path, painting: Pixels, steps: int = 6) -> StyleTrainer:
    recipe = StyleRecipe(steps=steps, batch=2, side=64, painting_side=64, rate=5e-3)
    torch.manual_seed(1)
    network = StyleNetwork((4, 6, 8), 1, (6, 4))
    return StyleTrainer(
        painting, Photographs(photographs_in(folder), 64, 1), SmallEye(), recipe, network=network
    )


def test_squares_are_the_same_for_a_step_and_what_cannot_be_read_is_left_out(photographs: Path) -> None:
    paths = photographs_in(photographs)
    assert sorted(path.name for path in paths) == ["0.png", "1.png", "broken.jpg"]
    one, other = Photographs(paths, 64, 1), Photographs(paths, 64, 1)
    assert torch.equal(one.batch(3, 4), other.batch(3, 4))
    assert not torch.equal(one.batch(3, 4), one.batch(4, 4))
    with pytest.raises(TrainingError, match="hardly any of 1"):
        Photographs([photographs / "broken.jpg"], 64, 1).batch(0, 1)
    with pytest.raises(TrainingError, match="no photographs there"):
        photographs_in(photographs / "nowhere")


def test_training_lowers_the_loss(photographs: Path, painting: Pixels) -> None:
    some = trainer(photographs, painting, 40)
    pictures = some.photographs.batch(0, 3)
    with torch.no_grad():
        before = float(some.compared(pictures, some.network(pictures)))
    some.run()
    with torch.no_grad():
        after = float(some.compared(pictures, some.network(pictures)))
    assert after < 0.7 * before


def test_a_training_goes_on_where_it_was_stopped(photographs: Path, painting: Pixels, tmp_path: Path) -> None:
    whole = trainer(photographs, painting).run()
    first = trainer(photographs, painting)
    first.run(tmp_path / "state.pt", until=3)
    second = trainer(photographs, painting)
    second.restore(tmp_path / "state.pt")
    second.preview = tmp_path / "preview.png"
    made = second.run(tmp_path / "state.pt")
    for one, other in zip(whole.state_dict().values(), made.state_dict().values(), strict=True):
        assert torch.equal(one, other)
    with Image.open(tmp_path / "preview.png") as preview:
        assert preview.size == (3 * 64, 2 * 64)
    with pytest.raises(TrainingError, match="other settings"):
        trainer(photographs, painting, 7).restore(tmp_path / "state.pt")


def test_what_is_trained_is_a_painter_for_the_style_command(photo: Pixels, tmp_path: Path) -> None:
    torch.manual_seed(4)
    network = StyleNetwork()
    with torch.no_grad():
        for one in network.modules():
            if isinstance(one, torch.nn.InstanceNorm2d):
                one.weight.uniform_(0.5, 1.5)
                one.bias.normal_(0, 0.3)
    part = np.ascontiguousarray(photo[:64, :64])
    path = save_painter(network, tmp_path / "own.npz")
    assert path.stat().st_size < 300_000
    with torch.no_grad():
        wanted = pixels_of(network(tensor_of(part))).astype(int)
    made = Brush(read_painter(path), np.ones(1), threads=1).paint(part)
    assert np.abs(made - wanted).max() <= 2  # kernels are kept in 16 bits
