"""Similar photos: exact when small, nearly so when compressed, never across spaces."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from tests.library.handmade import Handmade, seen, unit
from tests.library.light import write_picture
from veduta.errors import NotFound
from veduta.image.photo import Photo
from veduta.library import similar as similar_module
from veduta.library import vectors
from veduta.library.catalog import Catalog
from veduta.library.schema import PhotoRow
from veduta.library.similar import similar, to_pixels
from veduta.see.finding import Finding


def like(vector: np.ndarray, version: str = "1") -> Finding:
    return Finding("likeness", "likeness", 1.0, "likeness", version, vector=vector)


def clustered(count: int, size: int = 32, seed: int = 0) -> np.ndarray:
    rng = np.random.default_rng(seed)
    table = rng.standard_normal((count // 10, size))[rng.integers(0, count // 10, count)]
    table = table + 0.4 * rng.standard_normal((count, size))
    return (table / np.linalg.norm(table, axis=1, keepdims=True)).astype(np.float32)


def test_nearest_first_without_itself(tmp_path: Path) -> None:
    made = Handmade(tmp_path)
    table = clustered(60)
    ids = [made.photo(f"p{i}", [like(vector)]) for i, vector in enumerate(table)]
    stored = table.astype("<f2").astype(np.float32)
    stored /= np.linalg.norm(stored, axis=1, keepdims=True)
    for row in (0, 7, 59):
        cosines = stored @ stored[row]
        truth = [ids[i] for i in np.argsort(-cosines) if i != row and cosines[i] >= similar_module.LEAST]
        hits = similar(made.catalog, ids[row], 100)
        assert [hit.photo_id for hit in hits] == truth
        assert all(hit.why and hit.score >= similar_module.LEAST for hit in hits)
        assert similar(made.catalog, ids[row], 3) == hits[:3]
    made.catalog.close()


def test_vectors_of_different_spaces_are_never_compared(tmp_path: Path) -> None:
    made = Handmade(tmp_path)
    old = [made.photo(f"old{i}", [like(unit(1, 0.1 * i, 0))]) for i in range(3)]
    new = [made.photo(f"new{i}", [like(unit(1, 0.1 * i, 0, 0), "2")]) for i in range(3)]
    assert {hit.photo_id for hit in similar(made.catalog, old[0])} == set(old[1:])
    assert {hit.photo_id for hit in similar(made.catalog, new[0])} == set(new[1:])
    made.see_again(old[1], [like(unit(1, 0, 0, 0), "2")])
    assert {hit.photo_id for hit in similar(made.catalog, old[0])} == {old[2]}
    assert {hit.photo_id for hit in similar(made.catalog, new[0])} == {*new[1:], old[1]}
    made.catalog.close()


def test_changes_are_seen_at_once(tmp_path: Path) -> None:
    made = Handmade(tmp_path)
    ids = [made.photo(f"p{i}", [like(unit(1, 0.01 * i, 0))]) for i in range(4)]
    assert len(similar(made.catalog, ids[0])) == 3
    made.see_again(ids[1], [like(unit(0, 0, 1))])
    assert {hit.photo_id for hit in similar(made.catalog, ids[0])} == {ids[2], ids[3]}
    ids.append(made.photo("late", [like(unit(1, 0, 0.1))]))
    assert ids[4] in {hit.photo_id for hit in similar(made.catalog, ids[0])}
    with made.catalog.write() as session:
        session.delete(session.get_one(PhotoRow, ids[2]))
    assert ids[2] not in {hit.photo_id for hit in similar(made.catalog, ids[0])}
    made.catalog.close()


def test_hidden_photos_and_photos_without_vectors(tmp_path: Path) -> None:
    made = Handmade(tmp_path)
    a = made.photo("a", [like(unit(1, 0))])
    made.photo("b", [like(unit(1, 0))], hidden=True)
    bare = made.photo("bare", [seen("object", "dog")])
    assert similar(made.catalog, a) == []
    assert similar(made.catalog, bare) == []
    with pytest.raises(NotFound):
        similar(made.catalog, 99)
    with pytest.raises(NotFound):
        similar(made.catalog, tmp_path / "nothing.jpg")
    made.catalog.close()


def test_large_libraries_are_compressed_and_still_right(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(vectors, "EXACT", 200)
    monkeypatch.setattr(vectors, "CANDIDATES", 100)
    made = Handmade(tmp_path)
    table = clustered(400, seed=1)
    ids = [made.photo(f"p{i}", [like(vector)]) for i, vector in enumerate(table)]
    files = list((tmp_path / "index").glob("*.vectors"))
    assert not files
    hits = 0
    for row in range(40):
        truth = [ids[i] for i in np.argsort(-(table @ table[row])) if i != row][:10]
        hits += len(set(truth) & {hit.photo_id for hit in similar(made.catalog, ids[row], 10)})
    assert hits / 400 > 0.95
    (file,) = (tmp_path / "index").glob("*.vectors")
    made.see_again(ids[5], [like(table[0])])  # after the codes were made
    assert similar(made.catalog, ids[0], 1)[0].photo_id == ids[5]
    expected = similar(made.catalog, ids[0], 10)
    whole = file.read_bytes()
    for content in (whole, whole[:100], b"", b"VEDUTAV1" + whole[8:200]):
        file.write_bytes(content)
        with Catalog.open(tmp_path) as again:
            assert similar(again, ids[0], 10) == expected
    made.catalog.close()


class _Painter:
    """Sees the average color."""

    name, version = "likeness", "1"

    def see(self, photos: Sequence[Photo]) -> list[list[Finding]]:
        return [[like(unit(*photo.pixels.reshape(-1, 3).mean(axis=0)))] for photo in photos]


def test_any_file_can_be_the_example(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(similar_module, "_recognizer", _Painter)
    made = Handmade(tmp_path / "library")
    red = made.photo("red", [like(unit(1, 0.1, 0.1))])
    made.photo("blue", [like(unit(0.01, 0, 1))])
    pixels = np.zeros((20, 30, 3), np.uint8)
    pixels[:] = (200, 20, 20)
    assert [hit.photo_id for hit in to_pixels(made.catalog, pixels)] == [red]
    file = write_picture(tmp_path / "example.png", 3)
    assert len(similar(made.catalog, file)) >= 1
    made.catalog.close()
