"""Color spaces against Python's colorsys, scikit-image and formulas one pixel at a time; 16 bits kept."""

from __future__ import annotations

import colorsys
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image
from skimage import color

from veduta.errors import UnreadableImage
from veduta.image import deep
from veduta.image.decode import read
from veduta.image.spaces import RANGES, NoSuchSpace, as_codes, gray_codes, to_space

KINDS = (np.uint8, np.uint16)


def pixels(kind: Any) -> NDArray[Any]:
    """All corners of the cube of colors, grays, and colors between."""
    white = np.iinfo(kind).max
    cube = np.stack(np.meshgrid([0, white], [0, white], [0, white]), -1).reshape(-1, 3)
    grays = np.repeat(np.linspace(0, white, 8).astype(kind)[:, None], 3, 1)
    others = np.random.default_rng(0).integers(0, white + 1, (48, 3))
    return np.vstack([cube, grays, others]).astype(kind).reshape(8, 8, 3)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("space", ["hsv", "hls"])
def test_hues_are_those_of_colorsys(kind: Any, space: str) -> None:
    given = pixels(kind)
    convert = getattr(colorsys, f"rgb_to_{space}")
    wanted = [convert(*(given[y, x] / np.iinfo(kind).max)) for y in range(8) for x in range(8)]
    made = to_space(given, space).reshape(-1, 3) / [360, 1, 1]
    np.testing.assert_allclose(made, wanted, atol=1e-12)


@pytest.mark.parametrize("kind", KINDS)
def test_lab_and_xyz_are_those_of_scikit_image(kind: Any) -> None:
    given = pixels(kind)
    codes = given / np.iinfo(kind).max
    # Its white has a little less blue.
    np.testing.assert_allclose(to_space(given, "xyz"), color.rgb2xyz(codes), atol=4e-4)
    np.testing.assert_allclose(to_space(given, "lab"), color.rgb2lab(codes), atol=0.02)
    grays = to_space(np.repeat(given[:1, :, :1], 3, 2), "lab")
    np.testing.assert_allclose(grays[..., 1:], 0, atol=1e-9)


@pytest.mark.parametrize("kind", KINDS)
def test_the_others_are_their_formulas(kind: Any) -> None:
    given = pixels(kind)
    white = float(np.iinfo(kind).max)
    for y in range(8):
        for x in range(8):
            r, g, b = (float(v) / white for v in given[y, x])
            luma = 0.299 * r + 0.587 * g + 0.114 * b
            light = [v / 12.92 if v <= 0.04045 else ((v + 0.055) / 1.055) ** 2.4 for v in (r, g, b)]
            rows = [[0.4123908, 0.3575843, 0.1804808], [0.2126390, 0.7151687, 0.0721923]]
            rows.append([0.0193308, 0.1191948, 0.9505322])
            xyz = [sum(a * v for a, v in zip(row, light, strict=True)) for row in rows]
            shares = [v / sum(row) for v, row in zip(xyz, rows, strict=True)]
            bent = [t ** (1 / 3) if t > 216 / 24389 else (24389 / 27 * t + 16) / 116 for t in shares]
            wanted = {
                "xyz": xyz,
                "lab": [116 * bent[1] - 16, 500 * (bent[0] - bent[1]), 200 * (bent[1] - bent[2])],
                "rgb": [r, g, b],
                "gray": [luma],
                "ycrcb": [luma, 0.5 * (r - luma) / (1 - 0.299) + 0.5, 0.5 * (b - luma) / (1 - 0.114) + 0.5],
                "linear": light,
            }
            for space, values in wanted.items():
                np.testing.assert_allclose(
                    to_space(given[y : y + 1, x : x + 1], space)[0, 0], values, atol=1e-12
                )
    assert (gray_codes(given) == np.rint(to_space(given, "gray")[..., 0] * white)).mean() > 0.95


@pytest.mark.parametrize("space", RANGES)
def test_every_color_lies_in_the_range_of_its_space(space: str) -> None:
    steps = np.arange(0, 256, 15, dtype=np.uint8)
    cube = np.stack(np.meshgrid(steps, steps, steps), -1).reshape(len(steps), -1, 3)
    values = to_space(cube, space)
    low, high = np.array(RANGES[space]).T
    assert values.shape[2] == len(low)
    assert (values >= low - 1e-6).all() and (values <= high + 1e-6).all()
    codes = as_codes(values, space)
    np.testing.assert_allclose(
        codes / 65535 * (high - low) + low, values, atol=float((high - low).max()) / 65000
    )


def test_unknown_spaces_are_refused() -> None:
    with pytest.raises(NoSuchSpace, match="known: rgb, gray"):
        to_space(pixels(np.uint8), "cmyk")


def test_files_of_16_bits_are_read_in_16(tmp_path: Path) -> None:
    given = pixels(np.uint16)
    for name in ("deep.png", "deep.tif"):
        cv2.imwrite(str(tmp_path / name), given[..., ::-1])
        found = deep.read(tmp_path / name)
        assert found.dtype == np.uint16 and (found == given).all()
    cv2.imwrite(str(tmp_path / "gray.png"), given[..., 0])
    assert (deep.read(tmp_path / "gray.png") == given[..., :1]).all()
    half = np.dstack([given[..., ::-1], np.full((8, 8), 32768, np.uint16)])
    cv2.imwrite(str(tmp_path / "half.png"), half)
    off = deep.read(tmp_path / "half.png") - (given * (32768 / 65535) + 65535 * (32767 / 65535))
    assert np.abs(off).max() <= 1
    Image.fromarray(pixels(np.uint8)).save(tmp_path / "plain.png")
    assert (deep.read(tmp_path / "plain.png") == read(tmp_path / "plain.png")).all()
    (tmp_path / "bad.png").write_bytes((tmp_path / "deep.png").read_bytes()[:40])
    with pytest.raises(UnreadableImage):
        deep.read(tmp_path / "bad.png")
