"""Training on made-up vectors: rates, curriculum, exact resume, several processes."""

from __future__ import annotations

import socket
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from veduta.landmarks.train_checkpoint import Checkpoint
from veduta.landmarks.train_examples import Examples, Vectors
from veduta.landmarks.train_loop import Trainer
from veduta.landmarks.train_network import LandmarkNetwork, Rates, Standardize
from veduta.landmarks.train_recipe import Recipe, TrainingError, recipe
from veduta.landmarks.wide_resnet import WideResNet

LANDMARKS, FEATURES, WIDTH = 6, 24, 12
SMALL = Recipe(epochs=3, batch=16, width=WIDTH, rate_classifier=0.02, held=0.2, seed=3)


def examples(seed: int = 0, held: float = 0.2) -> Examples:
    """Six landmarks in three regions around their own points, and photos of nothing."""
    random = np.random.default_rng(seed)
    labels = np.repeat(np.arange(LANDMARKS + 1), [12, 12, 12, 12, 12, 3, 40])
    middles = np.vstack([random.normal(size=(LANDMARKS, FEATURES)) * 2, np.zeros((1, FEATURES))])
    views = middles[labels][:, None] + random.normal(size=(len(labels), 2, FEATURES))
    region = np.array([0, 0, 1, 1, 2, 2])
    return Examples(
        Vectors(views.astype(np.float32)),
        labels,
        list("abcdef"),
        ["south", "north", "west"],
        region,
        held,
        seed,
    )


def network(loss: str = "center", seed: int = 0) -> LandmarkNetwork:
    torch.manual_seed(seed)
    trunk = Standardize(torch.zeros(FEATURES), torch.randn(FEATURES, WIDTH) / 5)
    return LandmarkNetwork(trunk, WIDTH, examples().counts, loss, dropout=0.1)


class Interrupted(Exception):
    pass


@pytest.mark.parametrize("loss", ["center", "arcface"])
def test_a_resumed_run_ends_with_the_same_bits(loss: Any, tmp_path: Path) -> None:
    wanted = replace(SMALL, loss=loss)
    records: list[dict[str, Any]] = []
    whole = Trainer(network(loss), examples(), wanted, lambda r: records.append(dict(r)))
    whole.run()

    def stop(record: Any) -> None:
        if record["event"] == "epoch" and (record["stage"], record["epoch"]) == (1, 1):
            raise Interrupted

    first = Trainer(network(loss), examples(), wanted, stop)
    with pytest.raises(Interrupted):
        first.run(tmp_path, "same")
    torch.manual_seed(99)  # the process that goes on has another state
    second = Trainer(network(loss, seed=5), examples(), wanted)
    second.restore(Checkpoint.load(tmp_path / "checkpoint.pt", "same"))
    assert (second.position.stage, second.position.epoch) == (1, 1)
    second.run(tmp_path, "same")
    ended = second.network.state_dict()
    for name, tensor in whole.network.state_dict().items():
        assert torch.equal(tensor, ended[name]), name
    assert [r["event"] for r in records] == (["epoch"] * 3 + ["stage"]) * 3


def test_a_checkpoint_of_another_run_or_a_damaged_one_is_refused(tmp_path: Path) -> None:
    trainer = Trainer(network(), examples(), SMALL)
    path = trainer.checkpoint("one").save(tmp_path / "checkpoint.pt")
    with pytest.raises(TrainingError, match="other settings or another bank"):
        Checkpoint.load(path, "two")
    path.write_bytes(path.read_bytes()[:100])
    with pytest.raises(TrainingError, match="not a readable checkpoint"):
        Checkpoint.load(path, "one")


def test_each_part_has_its_own_rate_and_old_parts_slow_down_in_later_stages() -> None:
    torch.manual_seed(0)
    wide = LandmarkNetwork(WideResNet(planes=2), 8, [3] * LANDMARKS)
    groups = wide.groups(Rates(0.1, 0.2, 0.3), decay=0.01)
    assert {(g["name"], g["lr"]) for g in groups} == {("trunk", 0.1), ("embedding", 0.2), ("classifier", 0.3)}
    owned = [id(p) for g in groups for p in g["params"]]  # type: ignore[attr-defined]
    assert sorted(owned) == sorted(id(p) for p in wide.parameters())
    assert all((g["weight_decay"] > 0) == all(p.ndim > 1 for p in g["params"]) for g in groups)  # type: ignore[attr-defined]

    told: list[dict[str, Any]] = []
    Trainer(network(), examples(), replace(SMALL, remember=0.1), lambda r: told.append(dict(r))).run()
    first, later = (next(r for r in told if (r["stage"], r.get("epoch")) == (s, 0)) for s in (0, 1))
    ratios = [r["rate_embedding"] / r["rate_classifier"] for r in (first, later)]
    assert ratios[0] == pytest.approx(SMALL.rate_embedding / SMALL.rate_classifier)
    assert ratios[1] == pytest.approx(0.1 * ratios[0])


def test_a_step_moves_each_part_by_its_rate() -> None:
    torch.manual_seed(0)
    wide = LandmarkNetwork(WideResNet(planes=2, blocks=(1, 1)), 8, [3] * LANDMARKS)
    wide.train()
    seen, labels = torch.ones(LANDMARKS + 1, dtype=torch.bool), torch.tensor([0, 1, 6, 2])
    loss, _ = wide.loss(wide(torch.randn(4, 3, 32, 32)), labels, seen)
    loss.backward()
    before = {name: p.detach().clone() for name, p in wide.named_parameters()}
    rates = {"trunk": 0.0, "embedding": 0.01, "classifier": 0.5}
    torch.optim.SGD(wide.groups(Rates(**rates), decay=0.0)).step()
    for name, parameter in wide.named_parameters():
        step = rates[name.split(".")[0]] * parameter.grad
        assert torch.allclose(parameter, before[name] - step, atol=1e-7), name


def test_stages_add_regions_and_answers() -> None:
    made = examples()
    for stage, regions in enumerate([{0}, {0, 1}, {0, 1, 2}]):
        labels = made.labels[made.order(stage, 0, 1)]
        assert set(made.region[labels[labels < LANDMARKS]]) == regions
        assert (labels == LANDMARKS).sum() == 32  # photos without a landmark are in every stage
        assert made.seen(stage).sum() == 2 * (stage + 1) + 1
    assert not made.held[made.labels == 5].any()  # too few photos to spare one
    assert not np.isin(np.flatnonzero(made.held), made.order(2, 0, 1)).any()

    net = network()
    scores = net.scores(torch.randn(3, WIDTH), None, torch.from_numpy(made.seen(0)))
    assert (scores.argmax(dim=1).unsqueeze(1) != torch.tensor([2, 3, 4, 5])).all()


def test_it_learns_and_reports_what_each_region_keeps() -> None:
    told: list[dict[str, Any]] = []
    Trainer(network(), examples(), replace(SMALL, epochs=10), lambda r: told.append(dict(r))).run()
    last = told[-1]
    assert last["event"] == "stage" and last["stage"] == 2
    assert set(last) >= {"held south", "held north", "held west", "held no landmark"}
    assert np.mean([last[f"held {r}"] for r in ("south", "north", "west")]) > 0.7


def test_batches_repeat_and_processes_share_an_epoch() -> None:
    made = examples(held=0.0)
    once, again = (list(made.batches(2, 1, 7, 8)) for _ in range(2))
    assert all(
        np.array_equal(a, c) and np.array_equal(b, d) for (a, b), (c, d) in zip(once, again, strict=True)
    )
    skipped = list(made.batches(2, 1, 7, 8, skip=2))
    assert np.array_equal(skipped[0][0], once[2][0])
    shares = [list(made.batches(2, 1, 7, 4, rank=rank, world=2)) for rank in (0, 1)]
    assert len(shares[0]) == len(shares[1])
    for step, (left, right) in enumerate(zip(*shares, strict=True)):
        assert np.array_equal(np.concatenate([left[1], right[1]]), once[step][1])


def _together(rank: int, port: int, folder: str) -> None:
    torch.set_num_threads(1)
    torch.distributed.init_process_group(
        "gloo", init_method=f"tcp://127.0.0.1:{port}", rank=rank, world_size=2
    )
    trainer = Trainer(network(seed=rank), examples(), replace(SMALL, epochs=1))
    trainer.run()
    torch.save(trainer.network.state_dict(), f"{folder}/{rank}.pt")
    torch.distributed.destroy_process_group()


def test_two_processes_end_with_one_network(tmp_path: Path) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    torch.multiprocessing.spawn(_together, (port, str(tmp_path)), nprocs=2)
    left, right = (torch.load(tmp_path / f"{rank}.pt", weights_only=True) for rank in (0, 1))
    for name, tensor in left.items():
        if "running" not in name and "num_batches" not in name:
            assert torch.allclose(tensor, right[name]), name


def test_bad_settings_are_named() -> None:
    with pytest.raises(TrainingError, match="unknown network 'deep'"):
        recipe("deep", "center")
    with pytest.raises(TrainingError, match="unknown loss"):
        recipe("light", "triplet")
    with pytest.raises(TrainingError, match="out of range"):
        recipe("light", "center", batch=1)
    with pytest.raises(TrainingError, match="fewer than two landmarks"):
        Examples(
            Vectors(np.zeros((2, 1, 3), np.float32)), np.array([0, 1]), ["a"], ["r"], np.array([0]), 0.1, 0
        )
