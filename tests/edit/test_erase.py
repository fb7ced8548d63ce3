"""Erase: what goes, who stays, and what is written, with recognizers that say what they are told; bad input."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image

from tests.edit.test_regions import Says, finding
from tests.edit.test_shadow import FEET, drawn, ground, laid, person, shaded
from veduta.edit.erase import Eraser, Keep, Wish, opened
from veduta.edit.fill import BadMask, UnknownMethod, WholeMask
from veduta.edit.picture_file import AnimatedPicture
from veduta.edit.regions import Eyes
from veduta.errors import NotFound, UnreadableImage, VedutaError
from veduta.image.decode import read
from veduta.image.photo import Photo
from veduta.see.finding import Box
from veduta.see.patch import Patch

LEFT: Box = (20.0, 20.0, 24.0, 16.0)
RIGHT: Box = (100.0, 60.0, 30.0, 20.0)


def unit(*numbers: float) -> np.ndarray:
    vector = np.zeros(128, np.float32)
    vector[: len(numbers)] = numbers
    return vector / np.linalg.norm(vector)


ANN, BEN = unit(1, 0.1), unit(0, 1)


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """A picture of soft colors with two dark rectangles."""
    rows, columns = np.indices((120, 160))
    pixels = np.stack([120 + rows / 2, 150 + columns / 4, 200 - rows / 2], axis=2)
    for x, y, width, height in (LEFT, RIGHT):
        pixels[int(y) : int(y + height), int(x) : int(x + width)] = (20, 30, 10)
    path = tmp_path / "photo.png"
    Image.fromarray(pixels.astype(np.uint8)).save(path)
    return path


def eyes() -> Eyes:
    texts = [
        finding("text", "text", box, score, polygon=((x, y), (x + w, y), (x + w, y + h), (x, y + h)))
        for box, score in ((LEFT, 0.9), (RIGHT, 0.8))
        for x, y, w, h in [box]
    ]
    faces = [finding("face", "face", LEFT, vector=ANN), finding("face", "face", RIGHT, vector=BEN)]
    return Eyes({"text": Says("text", *texts), "faces": Says("faces", *faces), "objects": Says("objects")})


def test_what_is_found_goes_and_all_else_stays(source: Path, tmp_path: Path) -> None:
    before, out, mask_out = source.read_bytes(), tmp_path / "out.png", tmp_path / "mask.png"
    told = Eraser(Wish(("text",)), eyes()).erase(source, out, mask_out)
    old, new = read(source).astype(int), read(out).astype(int)
    assert new[20:36, 20:44].min() > 90 and new[60:80, 100:130].min() > 90
    mask = read(mask_out)[..., 0] > 0
    assert mask[28, 30] and mask[70, 110] and not mask[5, 5]
    far = np.ones((120, 160), bool)
    far[10:46, 10:54] = far[50:90, 90:140] = False
    np.testing.assert_array_equal(new[far], old[far])
    assert source.read_bytes() == before
    json = told.as_json()
    assert [r["box"] for r in json["removed"]] == [list(LEFT), list(RIGHT)]
    assert [r["score"] for r in json["removed"]] == [0.9, 0.8]
    assert json["removed"][0]["pixels"] == pytest.approx(24 * 16, rel=0.1)
    assert (json["out"], json["error"], json["method"]) == (str(out), None, "auto")


def test_people_go_with_their_shadow(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    mask = person()
    shadow = laid(mask)
    path = tmp_path / "sunny.png"
    Image.fromarray(drawn(shaded(ground(), shadow), mask)).save(path)

    class Outlines:
        def masks(self, photo: Photo, boxes: Sequence[Box]) -> list[Patch]:
            return [Patch.of(mask) for _ in boxes]

    x, y, width, height = Patch.of(mask).box
    somebody = finding("person", "person", (float(x), float(y), float(width), float(height)), 0.9)
    seen = Eyes({"objects": Says("objects", somebody), "faces": Says("faces")})
    monkeypatch.setattr(Eyes, "person_masks", Outlines())
    old = read(path)
    deep = cv2.erode(shadow.astype(np.uint8), np.ones((5, 5), np.uint8)) > 0
    for wanted in (True, False):
        out, mask_out = tmp_path / f"{wanted}.png", tmp_path / f"{wanted}.mask.png"
        told = Eraser(Wish(("people",), shadows=wanted), seen).erase(path, out, mask_out)
        assert [one["shadow"] for one in told.removed] == [wanted]
        light = read(out)[deep].astype(float).mean()
        assert light > 150 if wanted else light < 130
        assert (read(mask_out)[..., 0] > 0)[deep].all() == wanted
    stays = Eraser(Wish(("people",), keep=Keep(points=((FEET[1], FEET[0] - 100.0),))), seen)
    assert stays.erase(path, tmp_path / "kept.png").out is None
    np.testing.assert_array_equal(read(path), old)


def test_nothing_found_writes_nothing(source: Path, tmp_path: Path) -> None:
    out = tmp_path / "new" / "out.png"
    told = Eraser(Wish(("car",)), eyes()).erase(source, out)
    assert told.out is None and told.notes == ("nothing found",) and told.removed == []
    assert not out.exists()
    unsure = Eraser(Wish(("text",), least=0.95), eyes()).erase(source, out)
    assert unsure.out is None and not out.exists()


@pytest.mark.parametrize(
    ("keep", "stays"),
    [
        (Keep(points=((30.0, 25.0),)), LEFT),
        (Keep(points=((0.7, 0.58),)), RIGHT),
        (Keep(faces={"Ann": np.stack([unit(1, 0.2), unit(0, 0, 1)])}), LEFT),
        (Keep(faces={"Ben": BEN[None]}), RIGHT),
    ],
)
def test_who_is_kept_stays_to_the_bit(source: Path, tmp_path: Path, keep: Keep, stays: Box) -> None:
    out = tmp_path / "out.png"
    told = Eraser(Wish(("faces",), keep=keep), eyes()).erase(source, out)
    assert [k["box"] for k in told.kept] == [list(stays)]
    old, new = read(source), read(out)
    x, y, width, height = (int(v) for v in stays)
    np.testing.assert_array_equal(new[y : y + height, x : x + width], old[y : y + height, x : x + width])
    other = RIGHT if stays == LEFT else LEFT
    middle = int(other[1] + other[3] / 2), int(other[0] + other[2] / 2)
    assert new[middle].max() > 90


def test_who_is_not_there_is_told(source: Path, tmp_path: Path) -> None:
    keep = Keep(points=((5.0, 5.0),), faces={"Eve": unit(0, 0, 0, 1)[None]})
    told = Eraser(Wish(("faces",), keep=keep), eyes()).erase(source, tmp_path / "out.png")
    assert told.kept == [] and len(told.removed) == 2
    assert told.notes == ("nobody in it was recognized as Eve", "nothing that would be removed is at 5,5")
    everyone = Keep(faces={"Ann": ANN[None], "Ben": BEN[None]})
    nobody = Eraser(Wish(("faces",), keep=everyone), eyes()).erase(source, tmp_path / "none.png")
    assert nobody.out is None and len(nobody.kept) == 2 and not (tmp_path / "none.png").exists()


def test_growth_and_feather_are_as_asked(source: Path, tmp_path: Path) -> None:
    for grow, feather, room in ((0.0, 0.0, 0), (5.0, 0.0, 5), (0.0, 6.0, 6), (4.0, 3.0, 7)):
        out, mask_out = tmp_path / f"{grow}-{feather}.png", tmp_path / "mask.png"
        Eraser(Wish(("text",), grow=grow, feather=feather), eyes()).erase(source, out, mask_out)
        changed = (read(out) != read(source)).any(axis=2)
        columns = np.flatnonzero(changed[28, :60])
        assert 20 - room <= columns[0] <= 20 and columns[-1] <= 43 + room
        assert (read(mask_out)[28, :60, 0] > 0).sum() == pytest.approx(24 + 2 * grow, abs=1)


def test_masks_from_files(source: Path, tmp_path: Path) -> None:
    mask = np.zeros((120, 160), np.uint8)
    mask[18:40, 18:48] = 255
    file, out = tmp_path / "mask.png", tmp_path / "out.png"
    Image.fromarray(mask).save(file)
    told = Eraser(Wish(mask_files=(file,)), eyes()).erase(source, out)
    assert told.removed[0]["kind"] == "mask" and told.removed[0]["pixels"] == 22 * 30
    old, new = read(source), read(out)
    assert new[28, 30].max() > 90
    np.testing.assert_array_equal(new[60:], old[60:])
    both = Eraser(Wish(("text",), (file,)), eyes()).erase(source, tmp_path / "both.png")
    assert len(both.removed) == 3


def test_masks_that_make_no_sense(source: Path, tmp_path: Path) -> None:
    file, out = tmp_path / "mask.png", tmp_path / "out.png"
    eraser = Eraser(Wish(mask_files=(file,)), eyes())
    Image.fromarray(np.full((20, 30), 255, np.uint8)).save(file)
    with pytest.raises(BadMask, match=r"mask\.png is 30 x 20 pixels and the photo 160 x 120"):
        eraser.erase(source, out)
    Image.fromarray(np.zeros((120, 160), np.uint8)).save(file)
    assert eraser.erase(source, out).out is None
    Image.fromarray(np.full((120, 160), 255, np.uint8)).save(file)
    with pytest.raises(WholeMask, match="whole photo"):
        eraser.erase(source, out)
    file.write_bytes(b"no picture")
    with pytest.raises(UnreadableImage, match=r"mask\.png"):
        eraser.erase(source, out)
    assert not out.exists()


def test_wishes_that_make_no_sense() -> None:
    with pytest.raises(NotFound, match="'unicorns'"):
        Wish(("unicorns",))
    with pytest.raises(UnknownMethod, match="'magic'"):
        Wish(("text",), method="magic")
    with pytest.raises(VedutaError, match="nothing to erase"):
        Wish()


def test_pictures_that_cannot_be_edited(tmp_path: Path) -> None:
    eraser, out = Eraser(Wish(("text",)), eyes()), tmp_path / "out.png"
    bad = tmp_path / "bad.jpg"
    bad.write_bytes(b"\xff\xd8\xff\xe0 nothing")
    with pytest.raises(UnreadableImage, match=r"bad\.jpg"):
        eraser.erase(bad, out)
    animated = tmp_path / "moving.gif"
    frames = [Image.new("RGB", (160, 120), color) for color in ("red", "blue")]
    frames[0].save(animated, save_all=True, append_images=frames[1:])
    with pytest.raises(AnimatedPicture, match="animated"):
        eraser.erase(animated, out)
    assert not out.exists()


def test_one_pixel(tmp_path: Path) -> None:
    path = tmp_path / "dot.png"
    Image.new("RGB", (1, 1)).save(path)
    with pytest.raises(WholeMask):
        Eraser(
            Wish(("text",)), Eyes({"text": Says("text", finding("text", "text", (0.0, 0.0, 1.0, 1.0)))})
        ).erase(path, tmp_path / "out.png")
    assert Eraser(Wish(("text",)), Eyes({"text": Says("text")})).erase(path, tmp_path / "out.png").out is None


def test_sixteen_bits_and_transparency_stay(tmp_path: Path) -> None:
    import cv2

    path, out = tmp_path / "deep.png", tmp_path / "out.png"
    rows, columns = np.indices((120, 160))
    deep = np.stack([rows * 200 + 3, columns * 180 + 7, rows * 100 + 9, rows * 0 + 65535 - columns], axis=2)
    deep = deep.astype(np.uint16)
    cv2.imwrite(str(path), deep)
    Eraser(Wish(("text",)), eyes()).erase(path, out)
    new = cv2.imread(str(out), cv2.IMREAD_UNCHANGED)
    assert new is not None and new.dtype == np.uint16
    np.testing.assert_array_equal(new[..., 3], deep[..., 3])
    np.testing.assert_array_equal(new[100:], deep[100:])
    assert (new[28, 30] != deep[28, 30]).any()


def test_analysis_is_at_the_usual_size_and_editing_at_full(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from veduta.settings import settings

    path = tmp_path / "large.jpg"
    Image.new("RGB", (3000, 2000), (90, 120, 150)).save(path)
    photo = opened(path)
    assert max(photo.pixels.shape) == settings().analysis_side
    assert photo.full().shape == (2000, 3000, 3)
    assert (photo.width, photo.height) == (3000, 2000)


def test_a_killed_erase_leaves_no_part(source: Path, tmp_path: Path) -> None:
    """The process is killed while the copy is being written, before it takes its name."""
    out = tmp_path / "out" / "photo.png"
    code = f"""
        import os, signal
        from pathlib import Path
        import veduta.files
        from tests.edit.test_erase import eyes
        from veduta.edit.erase import Eraser, Wish
        real = os.fsync
        os.fsync = lambda handle: os.kill(os.getpid(), signal.SIGKILL)
        Eraser(Wish(("text",)), eyes()).erase(Path({str(source)!r}), Path({str(out)!r}))
    """
    before = source.read_bytes()
    root = str(Path(__file__).parents[2])
    ran = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(code)],
        cwd=root,
        env={**os.environ, "PYTHONPATH": root},
        check=False,
    )
    assert ran.returncode == -signal.SIGKILL
    assert not out.exists()
    assert source.read_bytes() == before
    Eraser(Wish(("text",)), eyes()).erase(source, out)
    assert out.exists()


def test_a_hundred_megapixels(tmp_path: Path) -> None:
    path, file, out = tmp_path / "large.jpg", tmp_path / "mask.png", tmp_path / "out.jpg"
    picture = Image.new("RGB", (11_600, 8_700), (110, 130, 150))
    picture.paste((10, 10, 10), (5000, 4000, 5200, 4100))
    picture.save(path, quality=90)
    mask = Image.new("1", picture.size)
    mask.paste(1, (4990, 3990, 5210, 4110))
    mask.save(file)
    del picture, mask
    told = Eraser(Wish(mask_files=(file,))).erase(path, out)
    assert told.removed[0]["pixels"] == 220 * 120
    with Image.open(out) as made:
        assert made.size == (11_600, 8_700)
        part = np.asarray(made.crop((5000, 4000, 5200, 4100)))
    assert np.abs(part.astype(int) - (110, 130, 150)).max() < 12
