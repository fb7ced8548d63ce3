"""Gradient descent: its steps against the same ones written out, and going on where it was stopped."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from veduta.learn.descent import WARM, Descent  # noqa: E402
from veduta.learn.recipe import TrainingError  # noqa: E402


class Line(Descent[Any]):
    """Fits a line to points that are drawn anew in each step."""

    def __init__(self, name: str = "line", told: Any = None) -> None:
        torch.manual_seed(5)
        network = torch.nn.Linear(1, 1)
        super().__init__(
            network, torch.optim.SGD(network.parameters(), lr=1.0, momentum=0.9), 120, name, told, every=50
        )
        self.looks = 0

    def points(self) -> np.ndarray:
        return np.random.default_rng(self.step).uniform(-1, 1, (20, 1)).astype(np.float32)

    def loss(self) -> Any:
        points = torch.from_numpy(self.points())
        return (self.network(points) - (3 * points + 1)).square().mean()

    def rate(self) -> float:
        return 0.1

    def look(self) -> None:
        self.looks += 1


def test_steps_are_those_of_descent_with_momentum_and_a_rising_rate() -> None:
    line = Line()
    slope, offset = (float(v.detach()) for v in (line.network.weight[0, 0], line.network.bias[0]))
    pushes = [0.0, 0.0]
    for step in range(70):
        x = np.random.default_rng(step).uniform(-1, 1, (20, 1)).astype(np.float32).astype(float)
        away = slope * x + offset - (3 * x + 1)
        pushes = [0.9 * p + g for p, g in zip(pushes, (2 * (away * x).mean(), 2 * away.mean()), strict=True)]
        rate = 0.1 * min(1.0, (step + 1) / WARM)
        slope, offset = slope - rate * pushes[0], offset - rate * pushes[1]
    line.run(until=70)
    assert float(line.network.weight.detach()[0, 0]) == pytest.approx(slope, abs=1e-4)
    assert float(line.network.bias.detach()[0]) == pytest.approx(offset, abs=1e-4)


def test_it_tells_shows_and_writes_every_so_many_steps(tmp_path: Path) -> None:
    records: list[Any] = []
    line = Line(told=records.append)
    network = line.run(tmp_path / "state.pt")
    assert [(r["step"], r["of"]) for r in records] == [(50, 120), (100, 120), (120, 120)]
    assert records[0]["loss"] > records[2]["loss"]
    assert line.looks == 3
    assert not network.training
    again = Line()
    again.restore(tmp_path / "state.pt")
    assert again.step == 120 and again.run() is again.network  # nothing is left to do


def test_it_goes_on_to_the_same_bits(tmp_path: Path) -> None:
    whole = Line().run()
    Line().run(tmp_path / "state.pt", until=33)
    second = Line()
    second.restore(tmp_path / "state.pt")
    made = second.run()
    for name, value in whole.state_dict().items():
        assert torch.equal(value, made.state_dict()[name]), name
    with pytest.raises(TrainingError, match="other settings"):
        Line("another").restore(tmp_path / "state.pt")
    (tmp_path / "state.pt").write_bytes(b"no state")
    with pytest.raises(TrainingError, match="not a readable state"):
        second.restore(tmp_path / "state.pt")
