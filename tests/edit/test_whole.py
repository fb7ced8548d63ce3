"""Edited copies keep depth, transparency, gray and colors of their photos, by naive recomputation from file to file."""

from __future__ import annotations

import struct
from pathlib import Path

import cv2
import numpy as np
import pytest
import tifffile
from PIL import Image, ImageCms
from skimage import data

from tests.edit.test_picture_file import exif, wide_profile
from veduta.edit.edited_file import write_edited
from veduta.edit.edits import Edits
from veduta.edit.picture_file import _png_with
from veduta.edit.picture_kept import Kept
from veduta.edit.stored_file import read_values, save_values
from veduta.edit.upscale_file import write_larger
from veduta.edit.whole import read_whole
from veduta.errors import UnreadableImage
from veduta.image import deep, icc, orientation
from veduta.image.decode import read
from veduta.image.samples import Samples, eight

BRIGHTER = [{"name": "light", "exposure": 0.5}]
CROP = [{"name": "crop", "x": 0.25, "y": 0.25, "width": 0.5, "height": 0.5}]
TURN = [{"name": "rotate", "quarters": 1}]


def picture() -> Samples:
    small = cv2.resize(data.astronaut(), (120, 80), interpolation=cv2.INTER_AREA).astype(np.float64)
    return np.rint(cv2.GaussianBlur(small, (0, 0), 1) * 200 + 4000).astype(np.uint16)


def round_alpha(depth: int) -> Samples:
    y, x = np.mgrid[:80, :120]
    share = np.clip(1.5 - np.hypot((y - 40) / 40, (x - 60) / 60) * 1.5, 0, 1)
    return np.rint(share * (2**depth - 1)).astype(f"uint{depth}")


def write(path: Path, values: Samples) -> Path:
    """Stored values to a PNG or TIFF file, without this project's own writer."""
    if values.dtype == np.uint8:
        Image.fromarray(values[..., 0] if values.shape[2] == 1 else values).save(path)
        return path
    order = {1: [0], 3: [2, 1, 0], 4: [2, 1, 0, 3]}[values.shape[2]]
    assert cv2.imwrite(str(path), np.ascontiguousarray(values[..., order]))
    return path


def edited(source: Path, plain: list[dict[str, object]], name: str = "") -> tuple[Samples, tuple[str, ...]]:
    target = source.with_name(name or f"copy{source.suffix}")
    before = source.read_bytes()
    written = write_edited(source, Edits.from_json(plain), target)
    assert source.read_bytes() == before
    return read_values(target).stored, written.notes


def brighter(codes: Samples) -> np.ndarray:
    """Half a stop more light, in float64."""
    top = np.iinfo(codes.dtype).max
    return np.asarray(icc.coded(np.minimum(icc.linear(codes / top) * 2**0.5, 1)) * top)


def forms() -> dict[str, Samples]:
    deep, soft = picture(), round_alpha(16)[..., None]
    flat, thin = eight(deep), round_alpha(8)[..., None]
    return {
        "rgb16.png": deep, "rgb16.tif": deep, "gray16.png": deep[..., :1], "gray16.tif": deep[..., :1],
        "rgba16.png": np.dstack([deep, soft]), "rgba16.tif": np.dstack([deep, soft]),
        "rgba8.png": np.dstack([flat, thin]), "rgba8.tif": np.dstack([flat, thin]),
        "la8.png": np.dstack([flat[..., :1], thin]), "gray8.png": flat[..., :1],
    }  # fmt: skip


@pytest.mark.parametrize("name", forms())
def test_colors_change_and_the_rest_stays(tmp_path: Path, name: str) -> None:
    values = forms()[name]
    made, notes = edited(write(tmp_path / name, values), BRIGHTER)
    assert made.shape == values.shape and made.dtype == values.dtype and notes == ()
    count = 1 if values.shape[2] < 3 else 3
    seen = (values[..., count:] > 0).all(2)
    assert np.abs(made[..., :count] - brighter(values[..., :count]))[seen].max() < 0.51
    assert np.array_equal(made[..., count:], values[..., count:])
    assert np.array_equal(made[~seen], values[~seen])


@pytest.mark.parametrize("name", forms())
def test_what_moves_has_every_bit_that_is_stored(tmp_path: Path, name: str) -> None:
    values = forms()[name]
    source = write(tmp_path / name, values)
    assert np.array_equal(edited(source, CROP)[0], values[20:60, 30:90])
    assert np.array_equal(edited(source, TURN)[0], np.rot90(values, -1))


def test_a_webp_keeps_its_transparency(tmp_path: Path) -> None:
    values = forms()["rgba8.png"]
    Image.fromarray(values).save(tmp_path / "a.webp", lossless=True, exact=True)
    made, _ = edited(tmp_path / "a.webp", BRIGHTER)
    assert np.array_equal(made[..., 3], values[..., 3])
    seen = values[..., 3] > 0
    assert np.abs(made[..., :3] - brighter(values[..., :3]))[seen].max() < 0.51


def test_a_palette_with_transparency_becomes_full_colors(tmp_path: Path) -> None:
    flat = Image.fromarray(eight(picture())).quantize(60)
    flat.save(tmp_path / "a.png", transparency=bytes([0] * 20 + [128] * 20 + [255] * 20))
    with Image.open(tmp_path / "a.png") as opened:
        truth = np.asarray(opened.convert("RGBA"))
    made, _ = edited(tmp_path / "a.png", BRIGHTER)
    assert np.array_equal(made[..., 3], truth[..., 3]) and set(np.unique(made[..., 3])) == {0, 128, 255}


def test_a_format_without_transparency_or_depth_says_so(tmp_path: Path) -> None:
    source = write(tmp_path / "a.png", forms()["rgba16.png"])
    made, notes = edited(source, BRIGHTER, "b.jpg")
    assert made.shape[2] == 3 and made.dtype == np.uint8
    assert any("transparency" in note for note in notes) and any("8 bits" in note for note in notes)
    made, notes = edited(source, BRIGHTER, "c.webp")
    assert made.shape[2] == 4 and notes == ("WebP has 8 bits a color: the others were left out",)


def test_gray_stays_gray_until_it_gets_a_color(tmp_path: Path) -> None:
    Image.fromarray(eight(picture())[..., 1]).save(tmp_path / "a.jpg", quality=90)
    gray, _ = edited(tmp_path / "a.jpg", [*BRIGHTER, {"name": "sharpen", "amount": 1}])
    assert gray.shape == (80, 120, 1)
    assert edited(tmp_path / "a.jpg", CROP)[0].shape == (40, 60, 1)
    toned, _ = edited(tmp_path / "a.jpg", [{"name": "white_balance", "temperature": 0.4}])
    assert toned.shape == (80, 120, 3)


def test_cmyk_says_what_it_became(tmp_path: Path) -> None:
    Image.fromarray(eight(picture())).convert("CMYK").save(tmp_path / "a.jpg")
    made, notes = edited(tmp_path / "a.jpg", BRIGHTER)
    assert made.shape == (80, 120, 3) and notes == ("colors of kind CMYK became RGB",)


def adobe_profile() -> bytes:
    """A profile of a matrix and a power of 2.2, as small as they come."""

    def fixed(*values: float) -> bytes:
        return b"".join(struct.pack(">i", round(v * 65536)) for v in values)

    power = b"curv\0\0\0\0" + struct.pack(">IH", 1, 563) + b"\0\0"
    tags = {b"wtpt": b"XYZ \0\0\0\0" + fixed(0.9642, 1, 0.8249)}
    for number, letter in enumerate((b"r", b"g", b"b")):
        tags[letter + b"XYZ"] = b"XYZ \0\0\0\0" + fixed(*icc.ADOBE_RGB[:, number])
        tags[letter + b"TRC"] = power
    table, body, start = b"", b"", 132 + 12 * len(tags)
    for name, value in tags.items():
        table += name + struct.pack(">II", start + len(body), len(value))
        body += value
    head = struct.pack(">I", start + len(body)) + b"lcms\x02\x40\0\0mntrRGB XYZ " + b"\0" * 12 + b"acsp"
    return head.ljust(128, b"\0") + struct.pack(">I", len(tags)) + table + body


@pytest.mark.parametrize("profile", [wide_profile(), adobe_profile()], ids=["p3", "adobe"])
def test_wide_colors_of_16_bits_stay_wide_and_fine(tmp_path: Path, profile: bytes) -> None:
    """The light of the file's own primaries is multiplied: no color is drawn into sRGB."""
    values = picture()
    values[:20, :20] = (60000, 3000, 2000)  # a red that sRGB does not have
    done, coded = cv2.imencode(".png", values[..., ::-1])
    (tmp_path / "a.png").write_bytes(_png_with(bytes(coded), profile, Kept(exif=exif(6))))
    upright = np.rot90(values, -1)
    made, notes = edited(tmp_path / "a.png", BRIGHTER)
    assert done and notes == () and read_values(tmp_path / "copy.png").profile == profile
    curve = icc.curves(profile, 65536)
    assert curve is not None
    light = curve[0][upright] * 2**0.5
    shown = curve[0][made]
    inside = (light < 1) & (upright > 1500)
    assert np.abs(shown / light - 1)[inside].max() < 2e-3
    assert len(np.unique(made)) > 5000
    assert np.array_equal(edited(tmp_path / "a.png", TURN)[0], np.rot90(upright, -1))


def test_without_an_edit_of_colors_a_profile_changes_nothing(tmp_path: Path) -> None:
    flat, profile = eight(picture()), wide_profile()
    Image.fromarray(flat).save(tmp_path / "a.png", icc_profile=profile)
    assert np.array_equal(edited(tmp_path / "a.png", TURN)[0], np.rot90(flat, -1))
    made, _ = edited(tmp_path / "a.png", BRIGHTER)
    assert np.abs(read(tmp_path / "copy.png") - brighter(read(tmp_path / "a.png"))).mean() < 1.5
    assert made.dtype == np.uint8 and read_values(tmp_path / "copy.png").profile == profile


def test_work_of_8_bits_in_a_deep_picture_is_told(tmp_path: Path) -> None:
    source = write(tmp_path / "a.png", picture())
    plain = [{"name": "sketch", "strength": 0.5}, *BRIGHTER]
    made, notes = edited(source, plain)
    assert made.dtype == np.uint16 and notes == ("worked in 8 bits a color: sketch",)


def test_the_place_goes_where_asked(tmp_path: Path) -> None:
    from veduta.image.metadata import read_metadata

    values = forms()["rgba8.png"]
    Image.fromarray(values).save(tmp_path / "a.png", exif=exif())
    edits = Edits.from_json(BRIGHTER)
    write_edited(tmp_path / "a.png", edits, tmp_path / "with.png")
    write_edited(tmp_path / "a.png", edits, tmp_path / "without.png", location=False)
    assert read_metadata(tmp_path / "with.png").latitude == pytest.approx(48.858, abs=1e-3)
    assert read_metadata(tmp_path / "without.png").latitude is None
    assert read_values(tmp_path / "without.png").stored.shape[2] == 4


def test_a_tiff_names_its_transparency(tmp_path: Path) -> None:
    edited(write(tmp_path / "a.tif", forms()["rgba16.tif"]), BRIGHTER)
    with Image.open(tmp_path / "copy.tif") as opened:
        assert opened.mode == "RGBA" and opened.tag_v2[338] == (2,)  # type: ignore[attr-defined]


def test_gray_of_16_bits_with_transparency_is_kept(tmp_path: Path) -> None:
    """OpenCV reads it as RGB with transparency: its own bytes are made here."""
    import zlib

    gray, alpha = picture()[..., 1], round_alpha(16)
    rows = np.dstack([gray, alpha]).astype(">u2")
    raw = b"".join(b"\0" + row.tobytes() for row in rows)

    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    header = struct.pack(">IIBBBBB", 120, 80, 16, 4, 0, 0, 0)
    parts = [chunk(b"IHDR", header), chunk(b"IDAT", zlib.compress(raw)), chunk(b"IEND", b"")]
    (tmp_path / "a.png").write_bytes(b"\x89PNG\r\n\x1a\n" + b"".join(parts))
    made, _ = edited(tmp_path / "a.png", BRIGHTER)
    assert made.dtype == np.uint16 and np.array_equal(made[..., -1], alpha)
    assert np.abs(made[..., 0] - brighter(gray))[alpha > 0].max() < 0.51


def test_plain_pictures_take_the_plain_way(tmp_path: Path) -> None:
    flat = Image.fromarray(eight(picture()))
    flat.save(tmp_path / "a.jpg")
    flat.save(tmp_path / "a.png")
    srgb = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    flat.save(tmp_path / "b.jpg", icc_profile=srgb)
    assert read_whole(tmp_path / "a.jpg", True) is None and read_whole(tmp_path / "a.png", False) is None
    assert read_whole(tmp_path / "b.jpg", False) is None


@pytest.mark.parametrize("told", [{0xA001: 2}, {0xA001: 0xFFFF, 0xA005: {1: "R03"}}], ids=["number", "name"])
def test_adobe_rgb_of_cameras_is_not_converted_twice(tmp_path: Path, told: dict[int, object]) -> None:
    """Cameras announce it in EXIF without a profile: a copy in sRGB must not go on saying so."""
    marked = Image.Exif()
    marked[0x010F] = "Maker"
    marked[0x8769] = told
    even = np.full((40, 60, 3), (180, 90, 40), np.uint8)
    Image.fromarray(even).save(tmp_path / "a.jpg", quality=97, exif=marked)
    seen = read(tmp_path / "a.jpg")[5, 5].astype(int)
    assert seen[0] > 195  # read as Adobe RGB
    edited(tmp_path / "a.jpg", TURN)
    assert np.abs(read(tmp_path / "copy.jpg")[5, 5] - seen).max() <= 2
    values = read_values(tmp_path / "a.jpg")  # what goes on as it is stored goes on saying so
    save_values(tmp_path / "a.jpg", values, tmp_path / "same.jpg", False)
    assert np.abs(read(tmp_path / "same.jpg")[5, 5] - seen).max() <= 2


def test_deep_pictures_of_other_colors_are_read_in_16_bits(tmp_path: Path) -> None:
    profile, values = adobe_profile(), picture()
    _, coded = cv2.imencode(".png", values[..., ::-1])
    (tmp_path / "a.png").write_bytes(_png_with(bytes(coded), profile, Kept()))
    light = (values / 65535) ** (563 / 256) @ (np.linalg.inv(icc.SRGB) @ icc.ADOBE_RGB).T
    expected = icc.coded(np.clip(light, 0, 1)) * 65535
    found = deep.read(tmp_path / "a.png")
    assert found.dtype == np.uint16 and np.abs(found - expected).max() < 3
    assert np.abs(found / 257 - read(tmp_path / "a.png")).max() < 2  # the way of 8 bits


@pytest.mark.parametrize("name", ["rgba8.png", "la8.png", "rgba16.png"])
def test_a_network_that_enlarges_sees_the_colors_not_white(
    tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In place of the network each pixel becomes four: what it was given comes out."""
    values = forms()[name]
    source = write(tmp_path / name, values)
    monkeypatch.setattr(
        "veduta.edit.upscale_file.by_network", lambda pixels, by, progress: pixels.repeat(by, 0).repeat(by, 1)
    )
    written = write_larger(source, tmp_path / "out.png", 2, "network")
    made = read_values(written.path).stored
    assert made.shape == (160, 240, 4) and made.dtype == np.uint8
    given = eight(values)
    seen = (given[..., -1:] > 0).repeat(2, 0).repeat(2, 1)[..., 0]
    colors = np.broadcast_to(given[..., :-1], (80, 120, 3)).repeat(2, 0).repeat(2, 1)
    assert np.array_equal(made[..., :3][seen], colors[seen])
    assert np.abs(made[1::2, 1::2, 3].astype(int) - given[..., -1]).max() < 12


@pytest.mark.parametrize("turn", [1, 3, 6, 8, 5])
def test_a_turned_tiff_of_16_bits_is_turned_once(tmp_path: Path, turn: int) -> None:
    values = picture()
    tags = [(274, "H", 1, turn, True)]
    tifffile.imwrite(tmp_path / "a.tif", values, photometric="rgb", extratags=tags)
    upright = orientation.upright(values, turn)
    assert np.array_equal(read_values(tmp_path / "a.tif").stored, upright)
    assert np.array_equal(deep.read(tmp_path / "a.tif"), upright)
    assert np.array_equal(edited(tmp_path / "a.tif", TURN)[0], np.rot90(upright, -1))
    assert np.abs(read(tmp_path / "a.tif") - upright / 257).max() < 1.1


def test_tiffs_in_which_0_is_white(tmp_path: Path) -> None:
    gray = picture()[..., 1]
    for values in (gray, eight(gray)):
        tifffile.imwrite(tmp_path / "a.tif", values, photometric="miniswhite")
        assert np.array_equal(
            read_values(tmp_path / "a.tif").stored[..., 0], np.iinfo(values.dtype).max - values
        )
        assert np.abs(read(tmp_path / "a.tif")[..., 0] - (255 - eight(values).astype(float))).max() <= 1
        made, _ = edited(tmp_path / "a.tif", BRIGHTER)
        assert np.abs(made[..., 0] - brighter(np.iinfo(values.dtype).max - values)).max() < 0.51


def test_transparency_that_is_multiplied_into_the_colors(tmp_path: Path) -> None:
    alpha = np.full((80, 120, 1), 30000, np.uint16)
    colors = np.minimum(picture(), 60000)
    multiplied = np.rint(colors * (30000 / 65535)).astype(np.uint16)
    values = np.concatenate([multiplied, alpha], axis=2)
    tifffile.imwrite(tmp_path / "a.tif", values, photometric="rgb", extrasamples=["assocalpha"])
    made, _ = edited(tmp_path / "a.tif", CROP)
    assert np.abs(made[..., :3].astype(int) - colors[20:60, 30:90]).max() <= 2
    assert np.array_equal(made[..., 3:], alpha[20:60, 30:90])


def test_a_tiff_in_planes_of_16_bits_is_refused(tmp_path: Path) -> None:
    """Pillow and OpenCV would read other colors without a word."""
    planes = np.moveaxis(picture(), 2, 0)
    tifffile.imwrite(tmp_path / "a.tif", planes, photometric="rgb", planarconfig="separate")
    for look in (read, deep.read, read_values):
        with pytest.raises(UnreadableImage, match="one after the other"):
            look(tmp_path / "a.tif")
