"""A thin painter taught by a large one: lessons, losses, training that goes on, and the painter that comes out."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from PIL import Image
from skimage import data
from torch import Tensor

from tests.nets.test_painter import a_painter
from veduta.learn.recipe import TrainingError
from veduta.learn.style_eye import Eye
from veduta.learn.style_lessons import (
    LEAST_SHARE,
    PORTION,
    Lessons,
    Portion,
    code_of,
    make_lessons,
    portions,
    read_lesson,
)
from veduta.learn.style_photo import pixels_of, tensor_of
from veduta.learn.style_thin import ThinNetwork
from veduta.learn.style_thin_train import EYED, ThinRecipe, ThinTrainer, pixel_loss, seen_loss
from veduta.nets.brush import Brush
from veduta.nets.painter import read_painter

Pixels = NDArray[np.uint8]
STYLES = 3


@pytest.fixture(autouse=True)
def one_thread() -> None:
    torch.set_num_threads(1)


@pytest.fixture(scope="module")
def photographs(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    folder = tmp_path_factory.mktemp("photographs")
    for number, part in enumerate((data.astronaut()[:200, :220], data.coffee()[:180, :300])):
        Image.fromarray(part).save(folder / f"{number}.png")
    return sorted(folder.iterdir())


@pytest.fixture(scope="module")
def lessons(photographs: list[Path], tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    folder = tmp_path_factory.mktemp("lessons")
    return make_lessons(a_painter(), photographs, folder, list(portions(STYLES, 64, 5)))


def test_each_style_is_painted_as_often_as_asked_and_blended_with_another() -> None:
    plan = list(portions(STYLES, 64, PORTION + 7))
    for style in range(STYLES):
        mine = [one for one in plan if one.style == style]
        assert sum(one.count for one in mine if not one.blended) == PORTION + 7
        assert [one.blended for one in mine].count(True) == 1
    assert len({one.name for one in plan}) == len(plan)
    assert not any(one.blended for one in portions(STYLES, 64, 4))
    for one in plan:
        code = code_of(one, STYLES, 1)
        assert code.sum() == pytest.approx(1)
        assert np.count_nonzero(code) == (2 if one.blended else 1)
        assert code[one.style] >= (LEAST_SHARE if one.blended else 1)


def test_lessons_are_what_the_large_painter_paints(lessons: list[Path]) -> None:
    assert len(lessons) == 2 * STYLES
    lesson = read_lesson(lessons[1])
    assert lesson.code.tolist() == [0, 1, 0] and lesson.squares.shape == (5, 64, 64, 3)
    brush = Brush(a_painter(), lesson.code, threads=1)
    for square, painting in zip(lesson.squares, lesson.paintings, strict=True):
        assert np.abs(brush.paint(square).astype(int) - painting).max() <= 1


def test_lessons_that_are_there_are_not_painted_again(
    photographs: list[Path], lessons: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    before = [path.stat().st_mtime_ns for path in lessons]
    folder, plan = lessons[0].parent, list(portions(STYLES, 64, 5))
    missing = lessons[2].read_bytes()
    lessons[2].unlink()
    painted: list[Any] = []
    paint = Brush.paint
    monkeypatch.setattr(Brush, "paint", lambda self, square: painted.append(1) or paint(self, square))
    assert make_lessons(a_painter(), photographs, folder, plan) == lessons
    assert len(painted) == 5
    again = read_lesson(lessons[2])
    lessons[2].write_bytes(missing)
    assert np.array_equal(again.squares, read_lesson(lessons[2]).squares)
    assert [path.stat().st_mtime_ns for path in lessons[:2]] == before[:2]


def test_batches_are_the_same_for_a_step_and_have_many_styles(lessons: list[Path]) -> None:
    some, same = Lessons(lessons, 1), Lessons(lessons, 1)
    for one, other in zip(some.batch(5, 5 * 64**2), same.batch(5, 5 * 64**2), strict=True):
        assert np.array_equal(one, other)
    squares, paintings, codes = some.batch(6, 6 * 64**2)
    assert squares.shape == paintings.shape == (6, 64, 64, 3)
    assert len(np.unique(codes, axis=0)) == 6
    assert not np.array_equal(squares, some.batch(7, 6 * 64**2)[0])


def test_a_damaged_lesson_is_named(tmp_path: Path) -> None:
    (tmp_path / "style.npz").write_bytes(b"no lesson")
    with pytest.raises(TrainingError, match=r"style\.npz: not a readable lesson"):
        Lessons([tmp_path / "style.npz"], 1)


def test_the_loss_is_what_is_written_down() -> None:
    rng = np.random.default_rng(2)
    one, other = rng.uniform(0, 1, (2, 2, 3, 16, 12))
    wanted, total = 0.0, 0.0
    for scale in (1, 2, 4):
        small = [
            p.reshape(2, 3, 16 // scale, scale, 12 // scale, scale).mean(axis=(3, 5)) for p in (one, other)
        ]
        away = small[0] - small[1]
        steps = [np.abs(np.diff(away, axis=axis)).mean() for axis in (2, 3)]
        total += np.abs(away).mean() + 0.5 * (steps[0] + steps[1]) / 2
    wanted = total / 3
    assert float(pixel_loss(torch.from_numpy(one), torch.from_numpy(other), 0.5)) == pytest.approx(wanted)


class SmallEye(Eye):
    """Random layers with the names of those that are looked at."""

    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.layers = torch.nn.ModuleList(torch.nn.Conv2d(3, 5, 3, 2 * n + 1) for n in range(len(EYED)))
        self.requires_grad_(False)

    def forward(self, pictures: Tensor) -> dict[str, Tensor]:
        return {name: torch.relu(layer(pictures)) for name, layer in zip(EYED, self.layers, strict=True)}


def test_what_the_eye_sees_is_compared_as_written_down() -> None:
    eye = SmallEye()
    rng = np.random.default_rng(3)
    one, other = (torch.from_numpy(rng.uniform(0, 1, (2, 3, 16, 16)).astype(np.float32)) for _ in range(2))
    total = 0.0
    for name in EYED:
        seen, shown = (eye(p)[name].numpy().astype(float) for p in (one, other))
        _, channels, height, width = seen.shape
        away = [np.einsum("nchw,ndhw->ncd", m, m) / (height * width) for m in (seen, shown)]
        strokes = np.square(away[0] - away[1]).sum() / (4 * channels**2 * 2)
        total += 0.3 * np.abs(seen - shown).mean() + 2.0 * strokes
    assert float(seen_loss(eye, one, other, 0.3, 2.0)) == pytest.approx(total / len(EYED), rel=1e-4)


def trainer(lessons: list[Path], steps: int = 4, looks: int = 2) -> ThinTrainer:
    recipe = ThinRecipe(steps=steps, looks=looks, pixels=2 * 64**2, rate=5e-3)
    return ThinTrainer(Lessons(lessons, 1), recipe, SmallEye())


def test_the_rate_falls_in_both_parts(lessons: list[Path]) -> None:
    some = trainer(lessons, 100, 50)
    rates = []
    for some.step in range(150):
        rates.append(some.rate())
    assert rates[0] == 5e-3 > rates[49] > rates[98]
    assert rates[100] == 2.5e-3 > rates[130] > rates[140] > 1e-5
    assert rates[99] < 2e-6 and rates[149] < 1e-5


def test_training_lowers_the_loss_and_tells_it(lessons: list[Path]) -> None:
    records: list[Any] = []
    some = trainer(lessons, 30, 0)
    some.told = records.append
    squares, paintings, codes = some.lessons.batch(0, 6 * 64**2)

    def loss() -> float:
        with torch.no_grad():
            painted = some.network(torch.cat([tensor_of(one) for one in squares]), torch.from_numpy(codes))
        wanted = torch.cat([tensor_of(one) for one in paintings])
        return float(pixel_loss(painted, wanted, some.recipe.edges))

    before = loss()
    some.run()
    assert loss() < 0.9 * before
    assert [record["step"] for record in records] == [30] and records[0]["loss"] < before


def test_a_training_goes_on_where_it_was_stopped(lessons: list[Path], tmp_path: Path) -> None:
    whole = trainer(lessons).run()
    first = trainer(lessons)
    first.run(tmp_path / "state.pt", until=5)
    second = trainer(lessons)
    second.restore(tmp_path / "state.pt")
    made = second.run(tmp_path / "state.pt")
    for one, other in zip(whole.state_dict().values(), made.state_dict().values(), strict=True):
        assert torch.equal(one, other)
    with pytest.raises(TrainingError, match="other settings"):
        trainer(lessons, 7).restore(tmp_path / "state.pt")
    (tmp_path / "state.pt").write_bytes(b"no state")
    with pytest.raises(TrainingError, match="not a readable state"):
        second.restore(tmp_path / "state.pt")


def test_what_is_trained_paints_the_same_as_a_painter(tmp_path: Path) -> None:
    torch.manual_seed(4)
    network = ThinNetwork(STYLES)
    with torch.no_grad():
        for layer in network.layers:
            layer.gains.uniform_(0.5, 1.5)
            layer.shifts.normal_(0, 0.3)
    photo = np.ascontiguousarray(data.astronaut()[20:84, 190:262])
    code = np.array([0.2, 0.7, 0.1])
    with torch.no_grad():
        wanted = pixels_of(network(tensor_of(photo), torch.tensor(code[None], dtype=torch.float32)))
    path = network.as_painter().save(tmp_path / "thin.npz")
    assert path.stat().st_size < 200_000
    made = Brush(read_painter(path), code, threads=1).paint(photo)
    assert np.abs(made.astype(int) - wanted).max() <= 2  # kernels are kept in 16 bits


def test_settings_that_make_no_sense_are_refused() -> None:
    for settings in ({"steps": 0}, {"rate": 0.0}, {"looks": -1}, {"edges": -1.0}, {"maps": float("inf")}):
        with pytest.raises(TrainingError, match=r"above 0|below 0"):
            ThinRecipe(**settings)  # type: ignore[arg-type]


def test_a_portion_has_a_name_of_its_own() -> None:
    assert Portion(3, 1, 192, 40).name == "style-03-1-192x40.npz"
    assert Portion(3, 1, 192, 8, blended=True).name == "blend-03-1-192x8.npz"
