from pathlib import Path

import numpy as np
import pytest

from veduta.landmarks import feature_store
from veduta.landmarks.feature_store import FeatureStore, FeatureStoreError


def rows(count: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=(count, 5)).astype(np.float16).astype(np.float32)


def test_vectors_come_back_across_shards(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(feature_store, "SHARD", 4)
    vectors, names = rows(11), [f"n{i}" for i in range(11)]
    store = FeatureStore(tmp_path, 5, "r")
    store.add(names[:3], vectors[:3])
    store.add(names[2:], vectors[2:])
    for again in (store, FeatureStore(tmp_path, 5, "r")):
        assert len(again) == 11 and list(again.missing(["n3", "other"])) == ["other"]
        np.testing.assert_array_equal(again.get(names[::-1]), vectors[::-1])


def test_a_torn_end_is_cut_off_and_written_again(tmp_path: Path) -> None:
    vectors = rows(4)
    FeatureStore(tmp_path, 5, "r").add(["a", "b"], vectors[:2])
    with (tmp_path / "00000.vectors").open("ab") as file:
        file.write(b"torn row")
    with (tmp_path / "00000.keys").open("ab") as file:
        file.write(b"half")
    store = FeatureStore(tmp_path, 5, "r")
    assert len(store) == 2
    store.add(["c"], vectors[2:3])
    np.testing.assert_array_equal(FeatureStore(tmp_path, 5, "r").get(["a", "b", "c"]), vectors[:3])


def test_vectors_of_another_kind_are_never_mixed(tmp_path: Path) -> None:
    FeatureStore(tmp_path, 5, "r")
    with pytest.raises(FeatureStoreError, match="another kind"):
        FeatureStore(tmp_path, 5, "other")
    (tmp_path / "store.json").write_text("{")
    with pytest.raises(FeatureStoreError, match="not readable"):
        FeatureStore(tmp_path, 5, "r")


def test_an_unknown_name_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(KeyError):
        FeatureStore(tmp_path, 5, "r").get(["a"])
