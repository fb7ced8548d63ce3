import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from tests.landmarks.made_atlas import made, material
from veduta.landmarks.atlas import Atlas, AtlasError
from veduta.landmarks.atlas_build import build
from veduta.landmarks.compact import whole
from veduta.landmarks.gallery import Gallery


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return made(tmp_path_factory.mktemp("atlases") / "own")


def test_it_is_mapped_not_read(folder: Path) -> None:
    atlas = Atlas.open(folder)
    assert atlas.name == "own" and [mark.id for mark in atlas.landmarks] == ["l0", "l1", "l2", "l3"]
    assert isinstance(atlas.arrays["matrix"], np.memmap)


def test_the_same_material_gives_the_same_bytes(folder: Path, tmp_path: Path) -> None:
    again = made(tmp_path / "again")
    for path in folder.iterdir():
        assert path.read_bytes() == (again / path.name).read_bytes(), path.name


def test_several_lie_side_by_side(folder: Path, tmp_path: Path) -> None:
    other = Atlas.open(made(tmp_path / "other"))
    own = Atlas.open(folder)
    assert own.threshold(0.001) == other.threshold(0.001) > own.threshold(0.01)


def test_scores_are_those_of_the_definition(folder: Path) -> None:
    atlas, fresh = Atlas.open(folder), material()
    gallery = Gallery(atlas)
    embedded = gallery.embed(fresh.calibration)
    scores = gallery.scores(embedded)
    centroids, owners = atlas.arrays["centroids"].astype(float), atlas.arrays["centroid_landmark"]
    exemplars = whole(atlas.arrays, "exemplars").astype(float)
    for row in range(5):
        for mark in range(4):
            near = max(centroids[i] @ embedded[row] for i in np.flatnonzero(owners == mark))
            mine = np.flatnonzero(atlas.arrays["exemplar_landmark"] == mark)
            best = max(exemplars[i] @ embedded[row] for i in mine)
            assert scores[row, mark] == pytest.approx(near + best, abs=1e-4)
    likeness = exemplars @ embedded[0]
    mine = np.flatnonzero(atlas.arrays["exemplar_landmark"] == 2)
    assert gallery.nearest(embedded[0], 2, 3).tolist() == mine[np.argsort(-likeness[mine])[:3]].tolist()


def test_references_are_photos_of_their_landmark(folder: Path) -> None:
    atlas = Atlas.open(folder)
    owners = atlas.arrays["exemplar_landmark"][atlas.arrays["references"]]
    assert np.bincount(owners).tolist() == [5, 5, 5, 5]


def cut(folder: Path) -> None:
    path = folder / "exemplars.npy"
    path.write_bytes(path.read_bytes()[:-100])


def flip(folder: Path) -> None:
    path = folder / "centroids.npy"
    data = bytearray(path.read_bytes())
    data[-1] ^= 1
    path.write_bytes(bytes(data))


def told(key: str, value: object) -> Callable[[Path], None]:
    def change(folder: Path) -> None:
        path = folder / "manifest.json"
        path.write_text(json.dumps(json.loads(path.read_text()) | {key: value}))

    return change


@pytest.mark.parametrize(
    ("damage", "says"),
    [
        (cut, "exemplars.npy: .* bytes long"),
        (flip, "centroids.npy: its content"),
        (lambda f: (f / "mean.npy").unlink(), "mean.npy: missing"),
        (lambda f: (f / "manifest.json").write_text("{"), "cannot be read"),
        (lambda f: (f / "manifest.json").unlink(), "holds no atlas"),
        (told("kind", "else"), "not the manifest"),
        (told("format", 99), "format 99"),
        (told("recipe", "other network"), "another embedder"),
        (told("files", {}), "does not name all files"),
        (told("tails", {}), "damaged"),
    ],
)
def test_what_is_damaged_foreign_or_of_another_version_is_named(
    damage: Callable[[Path], None], says: str, tmp_path: Path
) -> None:
    folder = made(tmp_path / "a")
    damage(folder)
    with pytest.raises(AtlasError, match=says):
        Atlas.open(folder)


def test_a_folder_of_other_things_is_never_overwritten(tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "photo.jpg").write_bytes(b"x")
    with pytest.raises(AtlasError, match="not an atlas"):
        made(tmp_path / "mine")
    made(tmp_path / "twice")
    build(material(5), tmp_path / "twice")
    assert Atlas.open(tmp_path / "twice").manifest["counts"]["exemplars"] == 20


def test_a_landmark_of_one_photo_is_fine(tmp_path: Path) -> None:
    atlas = Atlas.open(build(material(1), tmp_path / "one"))
    assert len(atlas.arrays["centroids"]) == 4
