"""Versions of photos: kept, changed, rendered, taken away; originals untouched."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image

from tests.library.light import Light
from veduta.edit.edits import Edits
from veduta.edit.operation import BadEdit
from veduta.edit.stored_file import read_values
from veduta.errors import NotFound
from veduta.image.decode import read
from veduta.image.icc import coded, linear
from veduta.library import masks, rendering, versions
from veduta.library.add import add_photos
from veduta.library.catalog import Catalog
from veduta.library.rendering import ground, preview, render, rendered, thumbnail
from veduta.library.versions import BadVersion
from veduta.see.mask import encode

CROP = {"name": "crop", "x": 0.25, "y": 0.0, "width": 0.5, "height": 1.0}
BRIGHT = {"name": "light", "exposure": 0.5}


@pytest.fixture
def photo(catalog: Catalog, tmp_path: Path, photographs: Path) -> tuple[int, Path]:
    """A library with one photograph: its number and file."""
    folder = tmp_path / "photos"
    folder.mkdir()
    with Image.open(photographs / "coffee.png") as coffee:
        coffee.convert("RGB").save(folder / "coffee.jpg", quality=95)
    add_photos(catalog, [folder], [Light()])
    return 1, folder / "coffee.jpg"


def edits(*plain: dict[str, object]) -> Edits:
    return Edits.from_json(list(plain))


def test_versions_are_kept_and_opened_again(catalog: Catalog, photo: tuple[int, Path]) -> None:
    number, path = photo
    before = path.read_bytes()
    first = versions.create(catalog, number, edits(CROP, BRIGHT))
    second = versions.create(catalog, number, edits(), "  Plain ")
    assert (first.name, second.name) == ("Version 1", "Plain")
    assert (first.width, first.height) == (300, 400)
    assert versions.get(catalog, first.id).edits == edits(CROP, BRIGHT)
    assert [one.id for one in versions.of_photo(catalog, number)] == [second.id, first.id]
    changed = versions.change(catalog, first.id, name="Brighter", edits=edits(BRIGHT))
    assert (changed.name, changed.width, changed.tag == first.tag) == ("Brighter", 600, False)
    versions.remove(catalog, first.id)
    with pytest.raises(NotFound, match=f"there is no version {first.id}"):
        versions.get(catalog, first.id)
    assert path.read_bytes() == before


def test_what_makes_no_sense_is_refused(catalog: Catalog, photo: tuple[int, Path]) -> None:
    with pytest.raises(NotFound, match="there is no photo 99"):
        versions.create(catalog, 99, edits())
    with pytest.raises(BadVersion, match="1 to 200 letters"):
        versions.create(catalog, 1, edits(), "  ")
    made = versions.create(catalog, 1, edits())
    with pytest.raises(NotFound, match="there is no version 1 of photo 2"):
        versions.get(catalog, made.id, 2)


def test_a_render_is_the_edited_photo(catalog: Catalog, photo: tuple[int, Path]) -> None:
    number, path = photo
    made = versions.create(catalog, number, edits(CROP, BRIGHT))
    assert rendered(catalog, made) is None
    file = render(catalog, made.id)
    assert file.suffix == ".jpg" and rendered(catalog, made) == file
    expected = edits(CROP, BRIGHT).apply(read(path))
    assert read(file).shape == expected.shape
    assert np.abs(read(file).astype(int) - expected).mean() < 2
    stamp = file.stat().st_mtime_ns
    assert render(catalog, made.id) == file and file.stat().st_mtime_ns == stamp
    file.unlink()
    assert render(catalog, made.id).is_file()
    changed = versions.change(catalog, made.id, edits=edits(BRIGHT))
    assert not file.exists() and rendered(catalog, changed) is None
    again = render(catalog, made.id)
    versions.remove(catalog, made.id)
    assert not again.exists() and path.is_file()


def test_renders_and_exports_keep_depth_and_transparency(catalog: Catalog, tmp_path: Path) -> None:
    (tmp_path / "deep").mkdir()
    values = np.linspace(3000, 40000, 60 * 80 * 4).reshape(60, 80, 4).astype(np.uint16)
    assert cv2.imwrite(str(tmp_path / "deep" / "a.png"), values[..., [2, 1, 0, 3]])
    add_photos(catalog, [tmp_path / "deep"], [Light()])
    version = versions.create(catalog, 1, edits(CROP, BRIGHT))
    rendering.export(catalog, version.id, tmp_path / "out.tif")
    light = linear(values[:, 20:60, :3] / 65535) * 2**0.5
    for path in (render(catalog, version.id), tmp_path / "out.tif"):
        made = read_values(path).stored
        assert made.dtype == np.uint16 and np.array_equal(made[..., 3], values[:, 20:60, 3])
        assert np.abs(made[..., :3] - coded(np.minimum(light, 1)) * 65535).max() < 1


def test_previews_follow_the_full_size(catalog: Catalog, photo: tuple[int, Path]) -> None:
    start = ground(catalog, photo[0])
    assert preview(start, edits(), 300).shape == (200, 300, 3)
    assert preview(start, edits(CROP), 300).shape == (300, 225, 3)
    narrow = {"name": "crop", "x": 0.4, "y": 0.4, "width": 0.1, "height": 0.1}
    assert max(preview(start, edits(narrow), 300).shape) == 60  # all that there is
    assert preview(start, edits(CROP), 5000).shape == (400, 300, 3)


class Memory(dict[str, "np.ndarray"]):
    """A place for pictures."""

    put = dict.__setitem__


def test_previews_keep_their_steps_apart(catalog: Catalog, photo: tuple[int, Path]) -> None:
    start = ground(catalog, photo[0])
    kept = Memory()
    small, large = preview(start, edits(BRIGHT), 200, kept), preview(start, edits(BRIGHT), 400, kept)
    assert small.shape != large.shape and len(kept) == 4
    assert np.array_equal(preview(start, edits(BRIGHT), 200, kept), small) and len(kept) == 4
    assert np.array_equal(preview(start, edits(BRIGHT), 200), small)


def test_thumbnails_of_versions(catalog: Catalog, photo: tuple[int, Path]) -> None:
    made = versions.create(catalog, photo[0], edits(CROP))
    path = thumbnail(catalog, made, 320)
    with Image.open(path) as small:
        assert small.size == (240, 320) and small.format == "WEBP"
    render(catalog, made.id)
    with Image.open(thumbnail(catalog, made, 1440)) as large:
        assert large.size == (300, 400)
    versions.remove(catalog, made.id)
    assert not path.exists()


class Stop(Exception):
    """Stops a render."""


class Stopping:
    """A progress that stops at a stage."""

    def __init__(self, stage: str) -> None:
        self.stage = stage

    def begin(self, what: str, total: int | None = None) -> None:
        if what == self.stage:
            raise Stop

    def advance(self, steps: int = 1) -> None: ...

    def end(self) -> None: ...


@pytest.mark.parametrize("stage", ["reading", "light", "writing"])
def test_a_stopped_render_leaves_no_file(catalog: Catalog, photo: tuple[int, Path], stage: str) -> None:
    made = versions.create(catalog, photo[0], edits(BRIGHT))
    with pytest.raises(Stop):
        render(catalog, made.id, Stopping(stage))
    assert not list(versions.folder(catalog).glob("*"))
    assert render(catalog, made.id).is_file()


def test_a_killed_render_leaves_no_partial_picture(catalog: Catalog, photo: tuple[int, Path]) -> None:
    made = versions.create(catalog, photo[0], edits(BRIGHT))
    code = (
        "import os, sys, signal\n"
        "from veduta.library.catalog import Catalog\n"
        "from veduta.library.rendering import render\n"
        "import veduta.files as files, os\n"
        "real = os.fsync\n"
        "os.fsync = lambda handle: os.kill(os.getpid(), signal.SIGKILL)\n"
        f"render(Catalog.open({str(catalog.directory)!r}), {made.id})\n"
    )
    run = subprocess.run([sys.executable, "-c", code], check=False)
    assert run.returncode == -9
    assert rendered(catalog, made) is None
    left = list(versions.folder(catalog).iterdir())
    assert left and all(path.suffix == ".part" for path in left)
    for path in left:
        os.utime(path, (time.time() - 7200,) * 2)
    file = render(catalog, made.id)
    assert versions.sweep(catalog) == len(left)
    assert list(versions.folder(catalog).iterdir()) == [file]


def test_a_photo_whose_file_is_gone(catalog: Catalog, photo: tuple[int, Path]) -> None:
    made = versions.create(catalog, photo[0], edits(BRIGHT))
    photo[1].rename(photo[1].with_name("elsewhere.jpg"))
    with pytest.raises(NotFound, match="is its drive plugged in"):
        render(catalog, made.id)


def test_a_version_with_a_base_of_its_own(catalog: Catalog, photo: tuple[int, Path]) -> None:
    base = versions.new_base(catalog)
    base.parent.mkdir()
    Image.new("RGB", (90, 60), (10, 200, 30)).save(base)
    made = versions.create(catalog, photo[0], edits(), base=(base.name, 90, 60), stacked=[1, 2])
    assert (made.name, made.stacked, made.width) == ("Stack 1", (1, 2), 90)
    assert read(render(catalog, made.id)).shape == (60, 90, 3)
    changed = versions.change(catalog, made.id, edits=edits(CROP), base_size=(90, 60))
    assert (changed.width, changed.height) == (45, 60)
    assert read(render(catalog, made.id)).shape == (60, 45, 3)
    assert base.is_file()
    os.utime(base, (1, 1))
    versions.sweep(catalog)
    assert base.is_file()
    base.rename(base.with_name("gone.png"))
    with pytest.raises(NotFound, match="make it again"):
        ground(catalog, photo[0], changed)
    versions.remove(catalog, made.id)


def test_masks_are_kept(catalog: Catalog, photo: tuple[int, Path]) -> None:
    number = photo[0]
    region = np.zeros((200, 300), bool)
    region[10:20, 30:60] = True
    kept = masks.keep(catalog, number, "cup", encode(region))
    assert (kept.width, kept.height, kept.pixels) == (300, 200, 300)
    assert masks.of_photo(catalog, number) == [kept] == [masks.get(catalog, kept.id, number)]
    full = masks.full_size(catalog, kept)
    assert full.shape == (400, 600) and full[22:38, 62:118].all() and abs(int(full.sum()) - 1200) < 60
    for name, mask, error, told in (
        ("", region, masks.UnfitMask, "1 to 200 letters"),
        ("none", np.zeros((200, 300), bool), masks.UnfitMask, "marks nothing"),
        ("wide", np.ones((100, 300), bool), BadEdit, "for a picture of 600 x 400"),
    ):
        with pytest.raises(error, match=told):
            masks.keep(catalog, number, name, encode(mask))
    masks.remove(catalog, kept.id)
    with pytest.raises(NotFound):
        masks.get(catalog, kept.id)


def test_nothing_is_rendered_from_films(catalog: Catalog, photo: tuple[int, Path]) -> None:
    from veduta.library.schema import PhotoRow

    with catalog.write() as session:
        session.get_one(PhotoRow, 1).media = "video"
    with pytest.raises(BadVersion, match="is a film"):
        versions.create(catalog, 1, edits())
    with pytest.raises(BadVersion, match="is a film"):
        rendering.ground(catalog, 1)
