"""Edits of HEIC, AVIF and camera raw have all their bits and colors: files made here, against naive recomputation."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from typer.testing import CliRunner

from tests.edit.test_picture_file import wide_profile
from tests.edit.test_whole import BRIGHTER, CROP, TURN, adobe_profile, brighter, edited, write
from tests.image import samples
from veduta.cli.app import app
from veduta.edit.picture_facts import depth
from veduta.edit.picture_file import full_kind_for, kind_for, name_for
from veduta.edit.stored_file import read_values
from veduta.edit.whole import read_whole, seen
from veduta.image import avif, deep, heif, icc, profiles
from veduta.image.decode import read
from veduta.image.metadata import read_metadata
from veduta.image.samples import Samples, from_bits


def colors(height: int = 64, width: int = 96) -> np.ndarray:
    x, y = np.linspace(0, 1, width)[None, :], np.linspace(0, 1, height)[:, None]
    return np.stack([0.1 + 0.7 * x + 0 * y, 0.2 + 0.5 * y + 0 * x, 0.3 + 0.3 * x * y], -1)


def put(path: Path, data: bytes) -> Path:
    path.write_bytes(data)
    return path


@pytest.mark.parametrize("bits", [10, 12])
def test_heic_of_more_than_8_bits(tmp_path: Path, bits: int) -> None:
    truth = colors() * 65535
    source = put(tmp_path / "a.heic", samples.deep_heic(colors(), bits))
    step = 65535 / (2**bits - 1)
    found, profile, hdr = heif.read_stored(source.read_bytes(), source)
    assert found.dtype == np.uint16 and profile is None and not hdr and depth(source) == bits
    assert np.abs(found - truth).max() < 2.5 * step  # rounded in planes, and once more in colors
    assert len(np.unique(found)) > 300
    made, notes = edited(source, BRIGHTER, "b.png")
    assert made.dtype == np.uint16 and np.abs(made - brighter(found)).max() < 0.51
    assert notes == ("HEIF cannot be written: the copy is PNG",)
    assert np.array_equal(edited(source, CROP, "c.tif")[0], found[16:48, 24:72])
    shallow, notes = edited(source, BRIGHTER, "d.jpg")
    assert shallow.dtype == np.uint8 and any("8 bits" in note for note in notes)
    assert np.abs(shallow - brighter(found) / 257).mean() < 1.5
    assert np.abs(deep.read(source).astype(int) - found).max() == 0
    assert np.abs(read(source) - found / 257).max() < 1.5  # the way of 8 bits


def test_heic_of_display_p3_stays_so(tmp_path: Path) -> None:
    wild = colors()
    wild[:16, :16] = (0.9, 0.05, 0.02)  # more red than sRGB has
    for bits in (8, 10):
        source = put(tmp_path / "a.heic", samples.deep_heic(wild, bits, p3=True))
        made, _ = edited(source, [{"name": "light", "exposure": 0.1}], "b.png")
        assert read_values(tmp_path / "b.png").profile == profiles.display_p3()
        truth = icc.coded(np.minimum(icc.linear(wild) * 2**0.1, 1))
        assert made.dtype == (np.uint8 if bits == 8 else np.uint16)
        assert np.abs(made / np.iinfo(made.dtype).max - truth).max() < 3.5 / (2**bits - 1)
        seen_red = icc.to_srgb(np.rint(truth[:1, :1] * 255).astype(np.uint8), profiles.display_p3())
        assert np.abs(read(tmp_path / "b.png")[5, 5].astype(int) - seen_red[0, 0]).max() <= 2


def test_heic_with_a_profile_and_nothing_to_do(tmp_path: Path) -> None:
    profile = wide_profile()  # it tells when it was made
    source = put(tmp_path / "a.heic", samples.deep_heic(colors(), 8, profile=profile))
    whole = read_whole(source, False)
    assert whole is not None and whole.profile == profile and whole.pixels.dtype == np.uint8
    made, _ = edited(source, [], "b.png")
    assert np.array_equal(made, whole.pixels) and read_values(tmp_path / "b.png").profile == profile
    plain = put(tmp_path / "c.heic", samples.deep_heic(colors(), 8))
    assert read_whole(plain, False) is None and read_whole(plain, True) is None


def test_avif_of_10_bits(tmp_path: Path) -> None:
    source = put(tmp_path / "a.avif", samples.deep_avif(colors()))
    found = read_values(source).stored
    assert found.dtype == np.uint16 and depth(source) == 16
    error = np.abs(found / 65535 - colors())
    assert error.mean() * 255 < 0.25 and error.max() * 255 < 2.5  # the encoder's losses
    with Image.open(source) as opened:
        apart = np.abs(found / 257 - np.asarray(opened))  # libavif's own way, which cuts off
    assert apart.mean() < 0.7 and apart.max() < 3.5
    assert len(np.unique(found[..., 0])) > 300
    made, notes = edited(source, BRIGHTER, "b.tif")
    assert made.dtype == np.uint16 and np.abs(made - brighter(found)).max() < 0.51 and notes == ()
    small, notes = edited(source, BRIGHTER, "c.avif")
    assert small.dtype == np.uint8 and notes == ("AVIF has 8 bits a color: the others were left out",)
    assert np.array_equal(deep.read(source), found)


def test_avif_in_numbers() -> None:
    """Every way from planes to colors, against the formulas of H.273."""
    luck = np.random.default_rng(3)
    for bits, full, matrix in ((10, True, 1), (10, False, 9), (12, False, 6), (12, True, 0)):
        top, unit = 2**bits - 1, 2 ** (bits - 8)
        planes = [luck.integers(0, top + 1, (6, 8)).astype(np.uint16) for _ in range(3)]
        made = avif._rgb(planes, avif.Told(bits, 1, 13, matrix, full), False)
        low, span, wide = (0, top, top) if full else (16 * unit, 219 * unit, 224 * unit)
        first = (planes[0] - float(low)) / span
        if matrix == 0:
            red, green, blue = ((planes[n] - float(low)) / span for n in (2, 0, 1))
        else:
            kr, kb = avif.LUMA[matrix]
            cb, cr = ((one - 2.0 ** (bits - 1)) / wide for one in planes[1:])
            red, blue = first + 2 * (1 - kr) * cr, first + 2 * (1 - kb) * cb
            green = (first - kr * red - kb * blue) / (1 - kr - kb)
        truth = np.clip(np.stack([red, green, blue], -1), 0, 1) * 65535
        assert made is not None and np.abs(made - truth).max() < 0.6
    odd = [np.full((5, 7), 512, np.uint16), *[np.full((3, 4), 512, np.uint16)] * 2]
    gray = avif._rgb(odd, avif.Told(10, 1, 13, 1, True), False)
    assert gray is not None and gray.shape == (5, 7, 3) and np.ptp(gray) == 0
    assert avif._rgb(odd, avif.Told(10, 1, 13, 8, True), False) is None  # a matrix that is not known


def test_8_bits_of_avif_take_the_old_way(tmp_path: Path) -> None:
    Image.fromarray(samples.gradient()).save(tmp_path / "a.avif", quality=95)
    assert depth(tmp_path / "a.avif") == 8 and read_whole(tmp_path / "a.avif", False) is None
    assert deep.sixteen(tmp_path / "a.avif") is None


@pytest.mark.parametrize("turn", [1, 6])
def test_raw_is_developed_in_16_bits(tmp_path: Path, turn: int) -> None:
    preview = samples.encode(samples.gradient(64, 48), "JPEG")
    source = put(tmp_path / "a.dng", samples.dng(64, 48, turn, preview))
    made, notes = edited(source, [], "b.png")
    assert made.shape == ((48, 64, 3) if turn == 1 else (64, 48, 3)) and made.dtype == np.uint16
    # A gray field of 30,000: its light, neither brightened nor taken from the camera's own picture.
    expected = icc.coded(np.array([30_000 / 65535]))[0] * 65535
    assert np.abs(made[8:-8, 8:-8].astype(float).mean() / expected - 1) < 0.02
    assert read_values(tmp_path / "b.png").profile == profiles.display_p3()
    assert notes == ("camera raw cannot be written: the copy is PNG",)
    assert read_metadata(tmp_path / "b.png").camera == read_metadata(source).camera
    lighter, _ = edited(source, BRIGHTER, "c.tif")
    assert np.abs(lighter - brighter(made)).max() < 0.51
    start = seen(source, 32)  # what an editor shows before it is asked for full size
    assert max(start.shape) == 32 and np.abs(start[8:-8, 8:-8] - expected / 257).mean() < 3
    filled, _ = edited(source, [{"name": "redact", **mask_of(made.shape)}], "d.png")
    assert filled.dtype == np.uint16 and np.array_equal(filled, made)  # of what is around: the same gray


def mask_of(shape: tuple[int, ...]) -> dict[str, object]:
    from veduta.see.mask import encode

    mask = np.zeros(shape[:2], bool)
    mask[:10, :10] = True
    return {"mask": encode(mask), "style": "fill"}


def test_a_raw_file_that_cannot_be_developed_is_the_camera_s_picture(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from veduta.errors import UnreadableImage

    def broken(*_: object, **__: object) -> Samples:
        raise UnreadableImage("a.dng", "damaged raw file")

    preview = samples.encode(samples.gradient(64, 48), "JPEG")
    source = put(tmp_path / "a.dng", samples.dng(64, 48, 1, preview))
    monkeypatch.setattr("veduta.image.raw.develop", broken)
    assert read_whole(source, False) is None and seen(source).shape == (48, 64, 3)


@pytest.mark.parametrize("own", ["p3", "adobe", "prophoto"])
@pytest.mark.parametrize("kind", ["png", "tif", "webp"])
def test_8_bits_of_wide_colors_are_worked_in_their_own(tmp_path: Path, own: str, kind: str) -> None:
    """Saturated colors that sRGB does not have survive; what is not changed is the same."""
    profile = {"p3": wide_profile(), "adobe": adobe_profile(), "prophoto": prophoto()}[own]
    luck = np.random.default_rng(5)
    values = luck.integers(0, 256, (40, 60, 3)).astype(np.uint8)
    values[:8, :8], values[:8, 8:16], values[8:16, :8] = (250, 3, 2), (2, 230, 4), (3, 5, 240)
    source = tmp_path / f"a.{kind}"
    Image.fromarray(values).save(
        source, icc_profile=profile, **({"lossless": True} if kind == "webp" else {})
    )
    assert np.array_equal(edited(source, [])[0], values)
    assert np.array_equal(edited(source, TURN)[0], np.rot90(values, -1))
    made, notes = edited(source, [{"name": "light", "exposure": 0.1}])
    assert read_values(tmp_path / f"copy.{kind}").profile == profile and made.dtype == np.uint8
    curve = icc.curves(profile, 256)
    assert curve is not None and notes == ()
    light = np.minimum(np.stack([curve[c][values[..., c]] for c in range(3)], -1) * 2**0.1, 1)
    truth = np.stack([np.interp(light[..., c], curve[c], np.arange(256)) for c in range(3)], -1)
    assert np.abs(made - truth).max() < 0.75


def prophoto() -> bytes:
    """A profile of ROMM RGB: its primaries, and a power of 1.8."""
    primaries = np.array([[0.7977, 0.1352, 0.0313], [0.2880, 0.7119, 0.0001], [0, 0, 0.8249]])
    return profiles._made("ROMM", primaries, 0, (1.8,))


def test_every_code_of_a_curve_comes_back(tmp_path: Path) -> None:
    ramp = np.repeat(np.arange(256, dtype=np.uint8)[None, :, None], 3, axis=2)
    for power in (1.0, 1.8, 2.2, 2.4):
        profile = profiles._made("power", icc.ADOBE_RGB, 0, (power,))
        Image.fromarray(ramp).save(tmp_path / "a.png", icc_profile=profile)
        whole = read_whole(tmp_path / "a.png", False)
        assert whole is not None and whole.lifted
        assert np.array_equal(whole.values(whole.pixels).stored, ramp)


def test_cameras_that_name_adobe_rgb_keep_its_colors(tmp_path: Path) -> None:
    marked = Image.Exif()
    marked[0x8769] = {0xA001: 2}
    Image.fromarray(np.full((40, 60, 3), (20, 220, 30), np.uint8)).save(
        tmp_path / "a.jpg", quality=97, exif=marked
    )
    made, _ = edited(tmp_path / "a.jpg", [{"name": "light", "exposure": 0.1}])
    assert read_values(tmp_path / "copy.jpg").profile == profiles.adobe_rgb()
    power = 563 / 256
    truth = np.minimum((np.array([20, 220, 30]) / 255) ** power * 2**0.1, 1) ** (1 / power) * 255
    assert np.abs(made[20, 30] - truth).max() < 3
    assert np.array_equal(edited(tmp_path / "a.jpg", [])[0].shape, (40, 60, 3))


def test_profiles_made_here_are_what_they_say() -> None:
    grid = np.stack(np.meshgrid(*[np.arange(0, 256, 17)] * 3), -1).reshape(16, -1, 3).astype(np.uint8)
    for profile, known in (
        (profiles.display_p3(), icc.display_p3()),
        (profiles.adobe_rgb(), icc.adobe_rgb()),
    ):
        assert np.abs(icc.to_srgb(grid, profile).astype(int) - known(grid)).max() <= 1
        by_others = icc.by_littlecms(Image.fromarray(grid), profile)
        assert by_others is not None and np.abs(np.asarray(by_others).astype(int) - known(grid)).max() <= 1


def test_codes_of_other_depths() -> None:
    for bits in (9, 10, 12, 14, 16):
        codes = np.arange(2**bits, dtype=np.uint16)
        assert np.abs(from_bits(codes, bits) - codes * (65535 / (2**bits - 1))).max() <= 0.5
    assert from_bits(np.array([2000], np.uint16), 10)[0] == 65535  # beyond white is white


def test_formats_that_hold_what_there_is(tmp_path: Path) -> None:
    see_through = Image.fromarray(samples.gradient()).quantize(16)
    see_through.save(tmp_path / "a.gif", transparency=3)
    Image.fromarray(samples.gradient()).save(tmp_path / "b.gif")
    put(tmp_path / "c.heic", samples.deep_heic(colors(), 10))
    put(tmp_path / "d.heic", samples.deep_heic(colors(), 8))
    put(tmp_path / "e.dng", samples.dng(64, 48))
    put(tmp_path / "f.avif", samples.deep_avif(colors()))
    write(tmp_path / "g.png", np.zeros((4, 4, 3), np.uint16))
    told = {p.name: (kind_for(p), full_kind_for(p)) for p in sorted(tmp_path.iterdir())}
    assert told == {
        "a.gif": ("png", "png"), "b.gif": ("jpeg", "jpeg"), "c.heic": ("jpeg", "png"), "d.heic": ("jpeg", "jpeg"),
        "e.dng": ("jpeg", "png"), "f.avif": ("avif", "png"), "g.png": ("png", "png"),
    }  # fmt: skip
    assert name_for(tmp_path / "e.dng", "tiff") == "e.tif" and name_for(tmp_path / "g.png") == "g.png"


def test_the_command_keeps_what_there_is(tmp_path: Path) -> None:
    see_through = Image.fromarray(samples.gradient()).quantize(16)
    see_through.save(tmp_path / "a.gif", transparency=3)
    put(tmp_path / "c.heic", samples.deep_heic(colors(), 10))
    given = [str(tmp_path / "a.gif"), str(tmp_path / "c.heic"), "--exposure", "0.1"]
    run = CliRunner()
    assert run.invoke(app, ["adjust", *given, "-o", str(tmp_path / "out")]).exit_code == 0
    assert {p.name for p in (tmp_path / "out").iterdir()} == {"a.png", "c.png"}
    assert set(np.unique(read_values(tmp_path / "out/a.png").stored[..., 3])) == {0, 255}
    assert read_values(tmp_path / "out/c.png").stored.dtype == np.uint16
    asked = run.invoke(app, ["adjust", *given, "-o", str(tmp_path / "flat"), "--format", "jpeg"])
    assert asked.exit_code == 0 and {p.name for p in (tmp_path / "flat").iterdir()} == {"a.jpg", "c.jpg"}
    assert "no transparency" in asked.output and "8 bits" in asked.output
    wrong = run.invoke(app, ["adjust", *given[:1], "-o", str(tmp_path / "x.png"), "--format", "jpeg"])
    assert wrong.exit_code == 2 and not (tmp_path / "x.png").exists()
