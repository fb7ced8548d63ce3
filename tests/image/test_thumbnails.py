"""Thumbnails: of the right size, like the picture, whole or not there."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image

from veduta.image import decode, thumbnails
from veduta.image.photo import at_most


@pytest.fixture(scope="module")
def cat(photographs: Path) -> np.ndarray:
    return cv2.resize(decode.read(photographs / "chelsea.png"), (1804, 1200), interpolation=cv2.INTER_CUBIC)


def test_both_sides(cat: np.ndarray, tmp_path: Path) -> None:
    paths = {side: tmp_path / f"ab/x_{side}.webp" for side in thumbnails.SIDES}
    thumbnails.write_thumbnails(cat, paths)
    for side, path in paths.items():
        with Image.open(path) as picture:
            assert picture.format == "WEBP"
            assert max(picture.size) == side
            found = np.asarray(picture.convert("RGB"))
        assert cv2.PSNR(found, at_most(cat, side)) > 33
        assert decode.size(path) == (found.shape[1], found.shape[0])


def test_write_thumbnail_is_deterministic_and_tells_its_size(cat: np.ndarray, tmp_path: Path) -> None:
    sizes = [thumbnails.write_thumbnail(cat, tmp_path / n, 320, 70) for n in ("a.webp", "b.webp")]
    assert sizes == [(320, 213)] * 2
    assert (tmp_path / "a.webp").read_bytes() == (tmp_path / "b.webp").read_bytes()


def test_small_pictures_are_not_enlarged(tmp_path: Path) -> None:
    assert thumbnails.write_thumbnail(np.zeros((5, 9, 3), np.uint8), tmp_path / "a.webp", 320) == (9, 5)


def test_nothing_half_is_left(cat: np.ndarray, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", fail)
    with pytest.raises(OSError, match="No space"):
        thumbnails.write_thumbnail(cat, tmp_path / "a.webp", 320)
    assert list(tmp_path.iterdir()) == []
