"""Painters: read from their files as they are, and painted in strips without seams."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from skimage import data

from veduta.nets.brush import Brush
from veduta.nets.packs import style as packs
from veduta.nets.painter import EPSILON, Layer, Painter, read_painter
from veduta.nets.store import ModelStore
from veduta.nets.strips import Moments, paint_in_strips
from veduta.nets.unpickle import UnreadableWeights

Pixels = NDArray[np.uint8]


def a_painter(seed: int = 1, pairs: int = 1, biased: bool = False, fold: int = 1) -> Painter:
    """A painter of random numbers: 3 styles, few channels; one that folds sees squares of 2 x 2 pixels."""
    rng = np.random.default_rng(seed)

    def layer(out: int, into: int, side: int, **flags: Any) -> Layer:
        kernel = rng.normal(0, 1 / (side * into**0.5), (out, into, side, side)).astype(np.float32)
        return Layer(kernel, **flags)

    bias = {"bias": np.full(5, 0.1, np.float32)} if biased else {}
    contract = (layer(5, 3, 9, **bias), layer(6, 5, 3, stride=2), layer(7, 6, 3, stride=2))
    residual = tuple(layer(7, 7, 3, rectified=n % 2 == 0) for n in range(2 * pairs))
    expand = (
        layer(6, 7, 3, enlarged=True),
        layer(4, 6, 3, enlarged=True),
        layer(3, 4, 9, rectified=False),
    )
    if fold == 2:
        contract = (layer(5, 12, 3, **bias), layer(7, 5, 3, stride=2))
        expand = (layer(6, 7, 3, enlarged=True), layer(12, 6, 3, rectified=False))
    styled = sum(one.width for one in contract + residual + expand if one.bias is None)
    gains = rng.uniform(0.5, 1.5, (3, styled)).astype(np.float32), np.zeros(styled, np.float32)
    shifts = rng.normal(0, 0.5, (3, styled)).astype(np.float32), np.full(styled, 0.1, np.float32)
    return Painter(contract, residual, expand, gains, shifts, fold)


def naive(painter: Painter, code: NDArray[Any], pixels: Pixels) -> NDArray[np.float64]:
    """What a painter makes of a picture, written down as in the article, in NumPy."""
    node = squares(pixels / 255.0, painter.fold).transpose(2, 0, 1)
    entering: NDArray[np.float64] | None = None
    first = len(painter.contract)
    for index, (layer, factor) in enumerate(zip(painter.layers, painter.factors(code), strict=True)):
        place = index - first
        inside = 0 <= place < len(painter.residual)
        if inside and place % 2 == 0:
            entering = node
        if layer.enlarged:
            node = node.repeat(2, axis=1).repeat(2, axis=2)
        reach = layer.kernel.shape[2] // 2
        wide = np.pad(node, ((0, 0), (reach, reach), (reach, reach)), mode="reflect")
        high, long = (-(-side // layer.stride) for side in node.shape[1:])
        made = np.zeros((layer.width, high, long))
        for y in range(layer.kernel.shape[2]):
            for x in range(layer.kernel.shape[3]):
                rows = wide[:, y : y + (high - 1) * layer.stride + 1 : layer.stride, x:][
                    :, :, : (long - 1) * layer.stride + 1 : layer.stride
                ]
                made += np.einsum("oc,chw->ohw", layer.kernel[:, :, y, x].astype(np.float64), rows)
        if factor is None:
            assert layer.bias is not None
            made += layer.bias[:, None, None]
        else:
            mean = made.mean(axis=(1, 2), keepdims=True)
            spread = made.var(axis=(1, 2), keepdims=True)
            made = (made - mean) / np.sqrt(spread + EPSILON) * factor[0][:, None, None]
            made += factor[1][:, None, None]
        node = np.maximum(made, 0) if layer.rectified else made
        if inside and place % 2:
            assert entering is not None
            node = node + entering
    painted = 255 / (1 + np.exp(-node.transpose(1, 2, 0)))
    picture = np.zeros(pixels.shape)
    for y in range(painter.fold):
        for x in range(painter.fold):
            place = 3 * (y * painter.fold + x)
            picture[y :: painter.fold, x :: painter.fold] = painted[..., place : place + 3]
    return picture


def squares(pixels: NDArray[Any], fold: int) -> NDArray[Any]:
    """Pixels of squares of `fold` as the channels of one place, row by row."""
    parts = [pixels[y::fold, x::fold] for y in range(fold) for x in range(fold)]
    return np.concatenate(parts, axis=2)


@pytest.fixture(scope="module")
def photo() -> Pixels:
    return np.ascontiguousarray(data.astronaut()[40:104, 180:252])


@pytest.mark.parametrize(("biased", "fold"), [(False, 1), (True, 1), (False, 2), (True, 2)])
def test_a_picture_is_painted_as_the_article_says(photo: Pixels, biased: bool, fold: int) -> None:
    painter, code = a_painter(biased=biased, fold=fold), np.array([0.5, 0.25, 0.25])
    made = Brush(painter, code, threads=1).paint(photo)
    assert made.dtype == np.uint8
    assert np.abs(made - naive(painter, code, photo)).max() < 0.75


@pytest.mark.parametrize("strip_bytes", [1, 20_000, 10**9])
@pytest.mark.parametrize(("biased", "fold"), [(False, 1), (True, 1), (False, 2)])
def test_strips_leave_no_seam(photo: Pixels, strip_bytes: int, biased: bool, fold: int) -> None:
    painter, code = a_painter(biased=biased, fold=fold), np.array([0.0, 1.0, 0.0])
    whole = Brush(painter, code, threads=1).paint(photo).astype(int)
    strips = paint_in_strips(painter, code, photo, 1, strip_bytes=strip_bytes)
    assert np.abs(strips - whole).max() <= 1
    assert (strips != whole).mean() < 0.01


def test_moments_of_parts_are_those_of_the_whole() -> None:
    values = np.random.default_rng(3).normal(40, 0.5, (1, 3, 50, 7))
    moments = Moments()
    for part in np.split(values, [3, 20, 21], axis=2):
        mean, spread = part.mean(axis=(2, 3), keepdims=True), part.var(axis=(2, 3), keepdims=True)
        moments.update(mean, spread, part.shape[2] * part.shape[3])
    assert np.allclose(moments.mean, values.mean(axis=(2, 3), keepdims=True))
    assert np.allclose(moments.squares / moments.count, values.var(axis=(2, 3), keepdims=True))


@pytest.mark.parametrize("shape", [(1, 1), (3, 50), (17, 16), (33, 18)])
@pytest.mark.parametrize("fold", [1, 2])
def test_sizes_that_do_not_fit_are_painted_and_kept(shape: tuple[int, int], photo: Pixels, fold: int) -> None:
    part = np.ascontiguousarray(photo[: shape[0], : shape[1]])
    before = part.copy()
    assert Brush(a_painter(fold=fold), np.array([1.0, 0, 0]), threads=1).paint(part).shape == part.shape
    assert np.array_equal(part, before)


@pytest.mark.parametrize("fold", [1, 2])
def test_a_painter_is_kept_and_read_again(tmp_path: Path, photo: Pixels, fold: int) -> None:
    painter, code = a_painter(biased=True, fold=fold), np.array([0.0, 0.0, 1.0])
    again = read_painter(painter.save(tmp_path / "painter.npz"))
    one, other = (Brush(p, code, threads=1).paint(photo).astype(int) for p in (painter, again))
    assert np.abs(one - other).max() <= 2  # kernels are kept in 16 bits


@pytest.mark.parametrize("body", [b"", b"PK\x03\x04 and no more", b"not an archive at all"])
def test_a_damaged_painter_is_refused(tmp_path: Path, body: bytes) -> None:
    path = tmp_path / "painter.npz"
    path.write_bytes(body)
    with pytest.raises(UnreadableWeights, match=r"painter\.npz"):
        read_painter(path)


def test_a_painter_of_another_scale_is_refused(tmp_path: Path) -> None:
    wrong = replace(a_painter(fold=2), contract=a_painter(fold=2).contract[:1])
    with pytest.raises(UnreadableWeights, match="of the size"):
        read_painter(wrong.save(tmp_path / "painter.npz"))


def test_a_painter_that_does_not_fit_together_is_refused(tmp_path: Path) -> None:
    painter = a_painter()
    wrong = Painter(
        painter.contract,
        painter.residual,
        painter.expand,
        painter.gains,
        (painter.shifts[0][:, :5], painter.shifts[1]),
    )
    with pytest.raises(UnreadableWeights, match="fit together"):
        read_painter(wrong.save(tmp_path / "painter.npz"))


def test_the_packaged_styles_paint_as_the_article_says(store: ModelStore, photo: Pixels) -> None:
    painter = read_painter(store.path(packs.STYLES))
    assert painter.numbers == 26
    code = np.zeros(26)
    code[[7, 19]] = 0.5
    assert np.abs(Brush(painter, code).paint(photo) - naive(painter, code, photo)).max() < 1.5


def test_the_painter_of_paintings_has_the_form_that_its_codes_need(store: ModelStore, photo: Pixels) -> None:
    painter = read_painter(store.path(packs.PAINTINGS))
    assert painter.numbers == 100
    code = np.random.default_rng(1).normal(0, 0.8, 100)
    assert np.abs(Brush(painter, code).paint(photo) - naive(painter, code, photo)).max() < 1.5


def test_haste_costs_little(store: ModelStore) -> None:
    brush = Brush(read_painter(store.path(packs.STYLES)), np.eye(26)[7])
    photo = np.ascontiguousarray(data.astronaut()[:128, 100:260])
    quick = brush.request(128, 160, quick=True).infer([brush.bordered(photo)])[0][0]
    error = np.mean((quick.astype(float) - brush.paint(photo)) ** 2)
    assert 10 * np.log10(255**2 / error) > 40
