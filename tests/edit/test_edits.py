"""Lists of edits: their JSON form, preview and full size, what is remembered between edits."""

from __future__ import annotations

import json

import cv2
import numpy as np
import pytest
from skimage import data

from tests.edit.test_operations import STRONG, likeness
from veduta.edit.edits import Edits
from veduta.edit.fill import EmptyMask
from veduta.edit.operation import BadEdit
from veduta.edit.removal import feathered
from veduta.image.photo import Pixels, at_most
from veduta.see.mask import encode


class Shelf:
    """Keeps pictures and counts what was asked and kept."""

    def __init__(self) -> None:
        self.pictures: dict[str, Pixels] = {}
        self.put_names: list[str] = []

    def get(self, key: str) -> Pixels | None:
        return self.pictures.get(key)

    def put(self, key: str, pixels: Pixels) -> None:
        self.pictures[key] = pixels
        self.put_names.append(key)


class Stop(Exception):
    """Raised by a progress that wants the work to end."""


class Stopping:
    """A progress that stops at a stage."""

    def __init__(self, stage: str) -> None:
        self.stage = stage

    def begin(self, what: str, total: int | None = None) -> None:
        if what == self.stage:
            raise Stop

    def advance(self, steps: int = 1) -> None: ...

    def end(self) -> None: ...


@pytest.fixture(scope="module")
def photo() -> Pixels:
    return np.ascontiguousarray(data.coffee())


def hole(pixels: Pixels) -> dict[str, object]:
    mask = np.zeros(pixels.shape[:2], bool)
    mask[50:80, 60:90] = True
    return {"name": "erase", "mask": encode(mask), "method": "smooth"}


def test_json_form_is_stable_and_comes_back(photo: Pixels) -> None:
    edits = Edits.from_json([*STRONG, hole(photo)])
    plain = edits.as_json()
    assert plain["version"] == 1
    again = Edits.from_json(json.loads(json.dumps(plain)))
    assert again == edits and again.as_json() == plain and again.digest() == edits.digest()
    assert plain["edits"][1] == {"name": "rotate", "quarters": 3, "mirror": True}
    with pytest.raises(BadEdit, match="edits of version 2; this program knows 1"):
        Edits.from_json({"version": 2, "edits": []})
    for wrong in ("light", 3, None, {"edits": []}):
        with pytest.raises(BadEdit):
            Edits.from_json(wrong)
    with pytest.raises(BadEdit, match="at most 200"):
        Edits.from_json([{"name": "light"}] * 201)


def test_no_edits_and_neutral_edits_give_the_picture_itself(photo: Pixels) -> None:
    for plain in ([], [{"name": "light"}, {"name": "crop"}]):
        edits = Edits.from_json(plain)
        assert edits.neutral and edits.apply(photo) is photo
    assert Edits.from_json([{"name": "vignette"}]).digest() == Edits().digest()
    assert Edits.from_json(STRONG).geometry and not Edits.from_json([{"name": "crop"}]).geometry


def test_order_matters(photo: Pixels) -> None:
    crop, vignette = STRONG[0], STRONG[-1]
    one, other = (Edits.from_json(p) for p in ([crop, vignette], [vignette, crop]))
    assert one.digest() != other.digest()
    assert not np.array_equal(one.apply(photo), other.apply(photo))


@pytest.mark.parametrize("plain", STRONG, ids=[str(one["name"]) for one in STRONG])
def test_a_preview_means_the_same_as_the_full_size(plain: dict[str, object], photo: Pixels) -> None:
    # What is finer than a pixel of the small copy cannot be shown there.
    larger = {"sharpen": {"radius": 4.0}, "deblur": {"radius": 0.6}}
    plain = {**plain, **larger.get(str(plain["name"]), {})}
    edits = Edits.from_json([plain])
    small = at_most(photo, 300)
    preview = edits.apply(small, 300 / 600)
    full = edits.apply(photo)
    shrunk = at_most(full, max(preview.shape))
    assert abs(shrunk.shape[0] - preview.shape[0]) <= 1 and abs(shrunk.shape[1] - preview.shape[1]) <= 1
    high, wide = np.minimum(shrunk.shape[:2], preview.shape[:2])
    # A shift by part of a pixel cannot be told apart from rounding: compared after a little smoothing.
    one, other = (cv2.GaussianBlur(p[:high, :wide], (0, 0), 1.5) for p in (shrunk, preview))
    assert likeness(one, other) > 32


def test_what_did_not_change_is_not_made_again(photo: Pixels) -> None:
    shelf = Shelf()
    fill = hole(photo)
    first = Edits.from_json([fill, {"name": "light", "exposure": 0.5}])
    second = Edits.from_json([fill, {"name": "light", "exposure": 0.6}, {"name": "sharpen"}])
    assert np.array_equal(first.apply(photo, kept=shelf), first.apply(photo))
    assert len(shelf.put_names) == 2
    assert np.array_equal(second.apply(photo, kept=shelf), second.apply(photo))
    assert len(shelf.put_names) == 3  # only the light: the fill was there, the neutral edit needs nothing
    shelf.put_names.clear()
    second.apply(photo, kept=shelf)
    assert not shelf.put_names


def test_erasing_touches_the_mask_alone(photo: Pixels) -> None:
    out = Edits.from_json([hole(photo)]).apply(photo)
    outside = np.ones(photo.shape[:2], bool)
    outside[50:80, 60:90] = False
    assert np.array_equal(out[outside], photo[outside])
    assert not np.array_equal(out[~outside], photo[~outside])


def test_a_mask_that_marks_nothing_is_refused(photo: Pixels) -> None:
    empty = {"name": "erase", "mask": encode(np.zeros(photo.shape[:2], bool))}
    with pytest.raises(EmptyMask):
        Edits.from_json([empty]).apply(photo)


def test_progress_can_stop_the_work_between_edits(photo: Pixels) -> None:
    edits = Edits.from_json([{"name": "light", "exposure": 1}, {"name": "vignette", "amount": 1}])
    with pytest.raises(Stop):
        edits.apply(photo, progress=Stopping("vignette"))
    edits.apply(photo, progress=Stopping("glow"))


def test_a_soft_edge_fades_into_the_photo(photo: Pixels) -> None:
    soft = Edits.from_json([{**hole(photo), "feather": 0.01}]).apply(photo)
    changed = (soft != photo).any(axis=2)
    ys, xs = np.nonzero(changed)
    assert 44 <= ys.min() < 50 and 54 <= xs.min() < 60 and 79 < ys.max() <= 85
    mask = np.zeros((40, 40), bool)
    mask[10:20, 10:20] = True
    alpha = feathered(mask, 5.0)
    for y, x in ((15, 15), (15, 21), (22, 22), (30, 30), (9, 12)):
        inside = np.argwhere(mask)
        away = np.hypot(*(inside - (y, x)).T).min()
        assert alpha[y, x] == pytest.approx(max(0.0, 1 - away / 5), abs=1e-3)


def test_steps_that_are_off_are_kept_and_do_nothing(photo: Pixels) -> None:
    plain = [{"name": "light", "exposure": 1.0, "on": False, "label": "too bright"}, {"name": "vignette"}]
    edits = Edits.from_json(plain)
    assert edits.neutral and edits.apply(photo) is photo and edits.digest() == Edits().digest()
    kept = edits.as_json()["edits"]
    assert kept[0]["on"] is False and kept[0]["label"] == "too bright" and "on" not in kept[1]
    assert Edits.from_json(edits.as_json()) == edits
    for wrong in ({"on": 1}, {"label": 3}, {"label": "x" * 201}):
        with pytest.raises(BadEdit, match=r"edit 1: light: (on|label) must be"):
            Edits.from_json([{"name": "light", **wrong}])


@pytest.mark.parametrize("style", ["blur", "pixelate", "fill"])
def test_hiding_keeps_what_is_far_from_the_mask(photo: Pixels, style: str) -> None:
    hidden = Edits.from_json([{"name": "redact", "mask": hole(photo)["mask"], "style": style}])
    out = hidden.apply(photo)
    assert not np.array_equal(out[50:80, 60:90], photo[50:80, 60:90])
    assert np.array_equal(out[100:], photo[100:]) and np.array_equal(out[:, 110:], photo[:, 110:])
    with pytest.raises(BadEdit, match="style must be one of"):
        Edits.from_json([{"name": "redact", "mask": hole(photo)["mask"], "style": "glow"}])
