"""Larger pictures: Lanczos by its formula, tiles without seams, marks in names and metadata."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import openvino as ov
import pytest
from numpy.typing import NDArray
from PIL import Image
from skimage import data

from tests.nets.test_rrdb import tiny
from veduta.edit import upscale, upscale_file
from veduta.edit.upscale import CannotEnlarge, by_lanczos, by_network, places
from veduta.image.decode import read
from veduta.nets.rrdb import build, read_rrdb


class Random:
    """The network's graph with random weights, run as the engine does."""

    def __init__(self, weights: Path) -> None:
        tiny(weights, 3)
        self._compiled: Any = ov.Core().compile_model(
            build(read_rrdb(weights)), "CPU", {"INFERENCE_PRECISION_HINT": "f32", "INFERENCE_NUM_THREADS": 1}
        )

    def run(self, batch: NDArray[np.uint8]) -> list[NDArray[np.float32]]:
        made = [
            self._compiled(one[None].transpose(0, 3, 1, 2).astype(np.float32) / 255)[0][0] for one in batch
        ]
        return [np.stack(made) * 0.2 + 0.5]


@pytest.fixture(scope="module")
def network(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """One network for all tests."""
    return Random(tmp_path_factory.mktemp("weights") / "tiny.bin")


def test_lanczos_by_its_formula() -> None:
    values = data.coffee()[50:90, 60:100, :1].copy()
    out = by_lanczos(values, 4)

    def kernel(x: float) -> float:
        return float(np.sinc(x) * np.sinc(x / 4)) if abs(x) < 4 else 0.0

    for y, x in ((80, 80), (81, 77), (70, 95)):
        at = [(y + 0.5) / 4 - 0.5, (x + 0.5) / 4 - 0.5]
        weights = [np.array([kernel(a - n) for n in range(40)]) for a in at]
        total = weights[0] @ values[..., 0] @ weights[1] / (weights[0].sum() * weights[1].sum())
        assert out[y, x, 0] == pytest.approx(np.clip(total, 0, 255), abs=1.01)


@pytest.mark.parametrize("kind", [np.uint8, np.uint16])
def test_lanczos_keeps_depth_and_transparency(kind: Any) -> None:
    white = np.iinfo(kind).max
    values = np.zeros((20, 30, 4), kind)
    values[..., 3][:, :15] = white
    values[:, :15, 0] = white // 2
    values[:, 15:, 1] = white  # a color that nobody sees
    out = by_lanczos(values, 2)
    assert out.dtype == kind and out.shape == (40, 60, 4)
    assert (out[:, :20, 3] == white).all() and (out[:, 40:, 3] == 0).all()
    visible = out[..., 3] > white // 10
    assert out[visible][:, 1].max() <= white // 50  # and that does not bleed
    assert np.abs(out[visible][:, 0].astype(int) - white // 2).max() <= white // 50


@pytest.mark.parametrize("by", [2, 4])
def test_tiles_leave_no_seam(network: Any, by: int) -> None:
    """With what a tile sees beyond itself wider than the network looks, tiles make the very same picture."""
    pixels = np.ascontiguousarray(data.astronaut()[100:190, 150:270])
    whole = by_network(pixels, by, network=network, core=1000)
    assert whole.shape == (90 * by, 120 * by, 3) and whole.std() > 5
    tiled = by_network(pixels, by, network=network, core=24, beyond=24)
    assert len(places(90, 24, 24)[0]) * len(places(120, 24, 24)[0]) == 6
    assert np.abs(tiled.astype(int) - whole).max() <= 1
    narrow = by_network(pixels, by, network=network, core=40, beyond=8).astype(int)
    # Even where it is narrower, nothing jumps between two tiles more than elsewhere.
    rows, tall = places(90, 40, 8)
    seam = (rows[0] + tall + rows[1]) // 2 * by
    jumps = [np.abs(np.diff(one.astype(int), axis=0)).mean((1, 2)) for one in (narrow, whole)]
    assert np.abs(jumps[0] - jumps[1])[seam - 4 * by : seam + 4 * by].max() < 1


@pytest.mark.parametrize("length", [1, 20, 223, 224, 225, 500, 1999])
def test_places_cover_a_side(length: int) -> None:
    starts, tile = places(length, 192, 16)
    assert starts[0] == 0 and starts[-1] + tile == length
    assert all(b - a <= tile - 32 for a, b in pairwise(starts))


def test_stopping_between_tiles(network: Any) -> None:
    class Stop(Exception):
        pass

    class Progress:
        seen = 0

        def begin(self, what: str, total: int | None = None) -> None:
            assert (what, total) == ("enlarging", 6)

        def advance(self, steps: int = 1) -> None:
            self.seen += steps
            if self.seen == 2:
                raise Stop

        def end(self) -> None:
            pass

    with pytest.raises(Stop):
        by_network(np.zeros((90, 120, 3), np.uint8), 2, Progress(), network, 24, 24)


def test_names_and_metadata_say_what_is_invented(
    network: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(upscale, "opened", lambda: network)
    exif = Image.Exif()
    exif[0x010E] = "The harbor"
    source = tmp_path / "photo.jpg"
    Image.fromarray(data.astronaut()[:40, :60]).save(source, exif=exif)
    for suffix in (".jpg", ".png", ".webp", ".tif"):
        done = upscale_file.write_larger(source, tmp_path / f"large{suffix}", 2, "network")
        assert done.path == tmp_path / f"large-x2-not-evidence{suffix}"
        with Image.open(done.path) as picture:
            assert picture.size == (120, 80)
            told = str(picture.getexif()[0x010E])
            assert (
                told.startswith("The harbor [Enlarged 2 times by a neural network") and "not evidence" in told
            )
            xmp = (
                picture.info.get("xmp") or picture.info.get("XML:com.adobe.xmp") or picture.getexif().get(700)
            )
            xmp = xmp.encode() if isinstance(xmp, str) else xmp
            assert b"compositeWithTrainedAlgorithmicMedia" in xmp and b"not evidence" in xmp
            if suffix in (".jpg", ".png"):
                comment = picture.info.get("comment") or picture.info["Comment"].encode()
                assert b"not evidence" in comment
            assert b"not evidence" in picture.getexif().get_ifd(0x8769)[0x9286]
    plain = upscale_file.write_larger(source, tmp_path / "plain.png", 4, "lanczos")
    assert plain.path.name == "plain.png"
    with Image.open(plain.path) as picture:
        assert b"algorithmicallyEnhanced" in picture.info["XML:com.adobe.xmp"].encode()


def test_transparency_and_sixteen_bits_in_files(
    network: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(upscale, "opened", lambda: network)
    rgba = np.dstack([data.astronaut()[:40, :60], np.full((40, 60), 99, np.uint8)])
    Image.fromarray(rgba).save(tmp_path / "clear.png")
    for method in upscale.METHODS:
        done = upscale_file.write_larger(tmp_path / "clear.png", tmp_path / f"{method}.png", 2, method)
        with Image.open(done.path) as picture:
            assert picture.mode == "RGBA" and np.abs(np.asarray(picture)[..., 3].astype(int) - 99).max() <= 1
    deep = (data.astronaut()[:40, :60].astype(np.uint16) * 257)[..., ::-1]
    cv2.imwrite(str(tmp_path / "deep.png"), deep)
    done = upscale_file.write_larger(tmp_path / "deep.png", tmp_path / "deeper.png", 2, "lanczos")
    larger = cv2.imread(str(done.path), cv2.IMREAD_UNCHANGED)
    assert larger is not None and larger.dtype == np.uint16 and larger.shape == (80, 120, 3)
    assert len(np.unique(larger)) > 300
    done = upscale_file.write_larger(tmp_path / "deep.png", tmp_path / "deeper.png", 2, "network")
    assert "worked in 8 bits a color" in done.notes and read(done.path).shape == (80, 120, 3)


def test_bad_wishes_are_told() -> None:
    pixels = np.zeros((4, 4, 3), np.uint8)
    with pytest.raises(CannotEnlarge, match="3 times as large: expected 2 or 4"):
        by_lanczos(pixels, 3)
    with pytest.raises(CannotEnlarge, match="expected lanczos or network"):
        upscale.check(2, "magic", 1, 1)
    with pytest.raises(CannotEnlarge, match="too many"):
        upscale.check(4, "lanczos", 9000, 9000)
