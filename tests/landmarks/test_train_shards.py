"""Shards: nothing is lost or doubled, the order is a seed's, and little is in memory."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from veduta.landmarks.train_recipe import TrainingError
from veduta.landmarks.train_shards import ShardStream, read_shard, write_shards

COUNT = 103


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write_shards(((f"photo {i}".encode() * (i + 1), i) for i in range(COUNT)), tmp_path, each=10)
    return tmp_path


def test_every_photo_comes_once_in_an_order_of_its_own(folder: Path) -> None:
    stream = ShardStream(folder, buffer=16, seed=5)
    assert sum(stream.shards().values()) == COUNT and len(stream.shards()) == 11
    first, again, second = (list(stream.samples(epoch)) for epoch in (0, 0, 1))
    assert first == again != second
    for epoch in (first, second):
        assert Counter(label for _, label in epoch) == Counter(range(COUNT))
        assert all(data == f"photo {label}".encode() * (label + 1) for data, label in epoch)
    labels = [label for _, label in first]
    assert np.abs(np.diff(labels)).mean() > 10  # neighbors on disk are no neighbors any more


def test_processes_share_the_shards(folder: Path) -> None:
    shares = [[label for _, label in ShardStream(folder, 8, 1, rank, 3).samples(2)] for rank in range(3)]
    assert sorted(label for share in shares for label in share) == list(range(COUNT))


def test_batches_do_not_depend_on_threads(folder: Path) -> None:
    def prepare(data: bytes, random: np.random.Generator) -> np.ndarray:
        return np.array([len(data), random.random()], np.float32)

    stream = ShardStream(folder, buffer=16)
    one = list(stream.batches(0, 8, prepare, workers=1, ahead=1))
    many = list(stream.batches(0, 8, prepare, workers=4, ahead=3))
    assert len(one) == len(many) == COUNT // 8
    for (a, b), (c, d) in zip(one, many, strict=True):
        assert np.array_equal(a, c) and np.array_equal(b, d)
        assert [len(f"photo {label}") * (label + 1) for label in b] == a[:, 0].tolist()


def test_damage_is_told_by_name(folder: Path) -> None:
    shard = folder / "000003.tar"
    shard.write_bytes(shard.read_bytes()[:3000])
    with pytest.raises(TrainingError, match=r"000003\.tar: damaged or no shard"):
        list(ShardStream(folder).samples(0))
    shard.write_bytes(b"no tar at all")
    with pytest.raises(TrainingError, match=r"000003\.tar"):
        list(read_shard(shard))
    with pytest.raises(TrainingError, match="no index of shards"):
        ShardStream(folder / "nowhere").shards()
