"""Styles: names, blends, paintings, strength, colors and sizes."""

from __future__ import annotations

import hashlib
import json
from importlib.resources import files

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray
from skimage import data

from tests.nets.test_painter import a_painter
from veduta.edit import style as module
from veduta.edit.edits import Edits
from veduta.edit.operation import BadEdit
from veduta.edit.style import Style, mixed, paint
from veduta.edit.style_brush import (
    THIN,
    blend_code,
    brush_of,
    own_brush,
    painting_brush,
    painting_code,
    thin_brush_of,
)
from veduta.edit.style_names import STYLES
from veduta.nets.brush import Brush
from veduta.nets.packs.style import STYLES as STYLES_PACK
from veduta.nets.painter import Painter
from veduta.nets.store import ModelStore

Pixels = NDArray[np.uint8]


@pytest.fixture(scope="module")
def photo() -> Pixels:
    return np.ascontiguousarray(data.astronaut()[20:149, 150:281])


@pytest.fixture
def brush() -> Brush:
    return Brush(a_painter(), np.array([1.0, 0, 0]), threads=1)


def test_every_style_has_a_name_of_its_own_and_words() -> None:
    assert len(STYLES) == 26
    assert len(set(STYLES.values())) == 26


def test_a_blend_is_the_weights_of_its_styles() -> None:
    code = blend_code({"comic": 3, "bronze": 1})
    assert code[1] == 0.75 and code[25] == 0.25 and code.sum() == 1
    for wrong in ({}, {"comic": 0.0}, {"comic": -1.0, "mist": 2.0}, {"comic": float("nan")}):
        with pytest.raises(BadEdit, match="shares"):
            blend_code(wrong)
    with pytest.raises(BadEdit, match="no style is called 'rococo'; known: sunlit, comic"):
        blend_code({"rococo": 1})


def test_the_operation_paints_what_its_blend_says(store: ModelStore, photo: Pixels) -> None:
    plain = {"name": "style", "style": "starlit", "second": "mist", "blend": 0.25}
    made = Edits.from_json([plain]).apply(photo)
    assert made.shape == photo.shape
    assert np.array_equal(made, brush_of({"starlit": 0.75, "mist": 0.25}, store).paint(photo))
    assert not np.array_equal(made, brush_of({"starlit": 1}, store).paint(photo))


def test_the_thin_painter_is_nearer_to_the_large_one_than_that_one_at_half_the_size(
    store: ModelStore,
) -> None:
    photo = np.ascontiguousarray(data.coffee()[:192, 200:392])

    def away(one: Pixels, other: Pixels) -> float:
        return float(np.abs(one.astype(float) - other).mean())

    for name in ("comic", "primaries"):
        large = brush_of({name: 1.0}, store)
        wanted = large.paint(photo)
        assert away(thin_brush_of({name: 1.0}).paint(photo), wanted) < 0.8 * away(
            paint(photo, large, side=96), wanted
        )


def test_the_thin_painter_is_the_one_of_its_record() -> None:
    folder = files("veduta.edit") / "data"
    record = json.loads((folder / "styles_thin.json").read_text())
    body = (folder / THIN).read_bytes()
    assert hashlib.sha256(body).hexdigest() == record["sha256"]
    assert record["teacher"]["sha256"] == STYLES_PACK.member_sha256
    assert thin_brush_of({"comic": 1.0}).painter.numbers == len(STYLES)


def test_what_makes_no_sense_is_refused() -> None:
    for plain, told in (
        ({"style": "rococo"}, "style must be one of none, sunlit"),
        ({"second": "mist"}, "a second style needs a first"),
        ({"style": "mist", "side": 40}, "side must be 0, or at least 64"),
        ({"style": "mist", "strength": 1.5}, "strength must be 0 to 1"),
    ):
        with pytest.raises(BadEdit, match=told):
            Style.from_json(plain)
    assert Style.from_json({"style": "mist", "strength": 0}).neutral


def test_strength_mixes_with_the_photo(photo: Pixels, brush: Brush) -> None:
    whole = paint(photo, brush).astype(float)
    half = paint(photo, brush, 0.5)
    assert np.abs(half - (whole + photo) / 2).max() <= 0.5
    assert paint(photo, brush, 0) is photo


def test_colors_are_kept_and_light_is_the_paintings(photo: Pixels, brush: Brush) -> None:
    gray = np.repeat(photo.mean(axis=2, keepdims=True).astype(np.uint8), 3, axis=2)
    made = paint(gray, brush, colors=True).astype(int)
    assert np.abs(made - made.mean(axis=2, keepdims=True)).max() <= 1  # gray stays gray
    flat = np.full((32, 32, 3), (120, 140, 100), np.uint8)
    light = np.full((32, 32, 3), 130, np.uint8)
    kept = cv2.cvtColor(mixed(flat, light.copy(), 1, True), cv2.COLOR_RGB2YCrCb)
    before = cv2.cvtColor(flat, cv2.COLOR_RGB2YCrCb)
    assert np.abs(kept[..., 0].astype(int) - 130).max() <= 1
    assert np.abs(kept[..., 1:].astype(int) - before[..., 1:]).max() <= 1


def test_a_smaller_side_paints_broader_strokes_at_the_same_size(photo: Pixels, brush: Brush) -> None:
    made = paint(photo, brush, side=64)
    assert made.shape == photo.shape
    fine = np.abs(cv2.Laplacian(made, cv2.CV_64F)).mean()
    assert fine < 0.6 * np.abs(cv2.Laplacian(paint(photo, brush), cv2.CV_64F)).mean()


def test_what_is_too_large_is_painted_smaller_and_enlarged(
    photo: Pixels, brush: Brush, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[tuple[int, ...]] = []

    class Watched(Brush):
        def paint(self, pixels: Pixels, progress: object = None) -> Pixels:
            seen.append(pixels.shape)
            return super().paint(pixels)

    monkeypatch.setattr(module, "MOST_PIXELS", 4000)
    made = paint(photo, Watched(brush.painter, brush.code, 1))
    assert made.shape == photo.shape
    assert seen[0][0] * seen[0][1] <= 4200


def test_the_photo_itself_is_never_changed(photo: Pixels, brush: Brush) -> None:
    before = photo.copy()
    for strength, colors, side in ((1.0, False, 0), (0.4, True, 0), (1.0, True, 64)):
        paint(photo, brush, strength, colors, side)
        assert np.array_equal(photo, before)


def test_a_painting_is_a_style(store: ModelStore, photo: Pixels) -> None:
    codes = [painting_code(one, store) for one in (data.coffee(), data.retina()[200:1200, 200:1200])]
    assert codes[0].shape == (100,) and np.abs(codes[0] - codes[1]).mean() > 0.1
    made = [paint(photo, painting_brush(code, store)) for code in codes]
    assert np.abs(made[0].astype(int) - made[1]).mean() > 5
    assert np.array_equal(made[0], paint(photo, painting_brush(codes[0], store)))
    with pytest.raises(BadEdit, match="20 x 90 pixels is too small"):
        painting_code(photo[:90, :20], store)


def test_an_own_painter_of_one_style_is_taken(photo: Pixels) -> None:
    many = a_painter()
    one = Painter(
        many.contract,
        many.residual,
        many.expand,
        (many.gains[0][:1], many.gains[1]),
        (many.shifts[0][:1], many.shifts[1]),
    )
    assert np.array_equal(own_brush(one, 1).paint(photo), Brush(many, np.array([1.0, 0, 0]), 1).paint(photo))
    with pytest.raises(BadEdit, match="a painter of 3 styles"):
        own_brush(many)
