"""Copies like their originals: pixels outside of an edit to the bit, quality, colors, depth, transparency, metadata."""

from __future__ import annotations

import io
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image, ImageCms, JpegImagePlugin, PngImagePlugin

from tests.image.samples import dng
from veduta.edit.picture_file import (
    AnimatedPicture,
    NotWritten,
    WouldOverwrite,
    kind_for,
    name_for,
    save,
)
from veduta.image.decode import load, read
from veduta.image.icc import DISPLAY_P3, SRGB
from veduta.image.metadata import read_metadata
from veduta.image.photo import Pixels

HOLE = (slice(20, 40), slice(30, 60))
COLOR = (200, 40, 90)


def photo(photographs: Path) -> Image.Image:
    return Image.open(photographs / "coffee.png").convert("RGB").resize((160, 120))


def exif(orientation: int = 1) -> Image.Exif:
    made = Image.Exif()
    made[0x0112], made[0x010F], made[0x0110] = orientation, "Maker", "Model 7"
    made[0x8769] = {0x9003: "2024:05:06 07:08:09", 0x829D: 2.8, 0x8827: 200, 0xA002: 160, 0xA003: 120}
    made[0x8825] = {1: "N", 2: (48.0, 51.0, 29.0), 3: "E", 4: (2.0, 17.0, 40.0)}
    return made


def edited(path: Path) -> tuple[Pixels, np.ndarray]:
    pixels = read(path).copy()
    changed = np.zeros(pixels.shape[:2], bool)
    changed[HOLE] = True
    pixels[changed] = COLOR
    return pixels, changed


def wide_profile() -> bytes:
    """A profile of wide colors: LittleCMS makes sRGB's, and its three primaries are replaced."""
    data = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    for column in range(3):
        old = [round(v * 65536).to_bytes(4, "big", signed=True) for v in SRGB[:, column]]
        at = -1
        for place in range(128, len(data) - 20):
            if data[place : place + 4] == b"XYZ " and all(
                abs(int.from_bytes(data[place + 8 + 4 * i : place + 12 + 4 * i], "big", signed=True)
                    - int.from_bytes(old[i], "big", signed=True)) < 40 for i in range(3)
            ):  # fmt: skip
                at = place
        assert at > 0
        for i in range(3):
            value = round(DISPLAY_P3[i, column] * 65536)
            data[at + 8 + 4 * i : at + 12 + 4 * i] = value.to_bytes(4, "big", signed=True)
    return bytes(data)


@pytest.mark.parametrize(("quality", "subsampling"), [(60, 2), (85, 1), (95, 0)])
def test_a_jpeg_keeps_its_quality(tmp_path: Path, photographs: Path, quality: int, subsampling: int) -> None:
    source, out = tmp_path / "a.jpg", tmp_path / "b.jpg"
    photo(photographs).save(
        source, quality=quality, subsampling=subsampling, dpi=(300, 300), comment=b"hello"
    )
    before = source.read_bytes()
    pixels, changed = edited(source)
    written = save(source, pixels, out, changed)
    assert written.format == "jpeg" and written.notes == ()
    with Image.open(source) as old, Image.open(out) as new:
        assert isinstance(old, JpegImagePlugin.JpegImageFile) and isinstance(
            new, JpegImagePlugin.JpegImageFile
        )
        assert new.quantization == old.quantization
        assert JpegImagePlugin.get_sampling(new) == JpegImagePlugin.get_sampling(old) == subsampling
        assert new.info["comment"] == b"hello" and new.info["dpi"] == (300, 300)
    assert np.abs(read(out)[:10].astype(int) - read(source)[:10]).mean() < 1.5
    np.testing.assert_allclose(read(out)[30, 45], COLOR, atol=12)
    assert source.read_bytes() == before
    assert not list(tmp_path.glob(".*"))


@pytest.mark.parametrize("kind", ["jpg", "png", "webp", "tif"])
def test_facts_stay_and_the_copy_is_upright(tmp_path: Path, photographs: Path, kind: str) -> None:
    source, out = tmp_path / f"a.{kind}", tmp_path / f"b.{kind}"
    xmp = b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
    xmp += b'<rdf:Description xmlns:tiff="http://ns.adobe.com/tiff/1.0/" xmlns:xmp="http://ns.adobe.com/xap/1.0/"'
    xmp += b' tiff:Orientation="6" xmp:Rating="4"/></rdf:RDF></x:xmpmeta>'
    options = {"exif": exif(6)}
    if kind == "png":
        info = PngImagePlugin.PngInfo()
        info.add_itxt("XML:com.adobe.xmp", xmp.decode())
        options["pnginfo"] = info  # type: ignore[assignment]
    elif kind == "tif":
        options["exif"][700] = xmp
        options["exif"] = options["exif"].tobytes()  # type: ignore[assignment]
    else:
        options["xmp"] = xmp  # type: ignore[assignment]
    photo(photographs).save(source, **options)
    pixels, changed = edited(source)
    assert pixels.shape == (160, 120, 3)  # turned by the orientation
    save(source, pixels, out, changed)
    after = load(out)
    assert (after.width, after.height) == (120, 160)
    old, new = read_metadata(source), read_metadata(out)
    for fact in ("taken", "camera", "aperture", "iso", "rating"):
        assert getattr(new, fact) == getattr(old, fact), fact
    assert new.camera == "Maker Model 7"
    assert new.latitude == pytest.approx(48.858, abs=1e-3)
    with Image.open(out) as picture:
        assert picture.getexif().get(0x0112, 1) == 1
        assert dict(picture.getexif().get_ifd(0x8769)).get(0xA002, 120) == 120
    save(source, pixels, tmp_path / f"c.{kind}", changed, location=False)
    bare = read_metadata(tmp_path / f"c.{kind}")
    assert bare.latitude is None and bare.longitude is None
    assert bare.camera == "Maker Model 7" and bare.taken == old.taken


def test_small_pictures_inside_go(tmp_path: Path, photographs: Path) -> None:
    """The thumbnails in EXIF and in Photoshop's block show what was removed."""
    small = io.BytesIO()
    photo(photographs).resize((32, 24)).save(small, "JPEG")
    plain = io.BytesIO()
    photo(photographs).save(plain, "JPEG", exif=exif())
    data = plain.getvalue()
    thumb = small.getvalue() + b"\0" * (len(small.getvalue()) % 2)
    iptc = b"\x1c\x02\x50\x00\x03Ann"
    resources = b"8BIM\x04\x0c\0\0" + len(small.getvalue()).to_bytes(4, "big") + thumb
    resources += b"8BIM\x04\x04\0\0" + len(iptc).to_bytes(4, "big") + iptc
    body = b"Photoshop 3.0\0" + resources
    source = tmp_path / "a.jpg"
    source.write_bytes(data[:2] + b"\xff\xed" + (len(body) + 2).to_bytes(2, "big") + body + data[2:])
    pixels, changed = edited(source)
    out = tmp_path / "b.jpg"
    save(source, pixels, out, changed)
    assert source.read_bytes().count(b"\xff\xd8\xff") == 2
    assert out.read_bytes().count(b"\xff\xd8\xff") == 1
    assert iptc in out.read_bytes()


# TIFF of 16 bits with transparency is not read at all.
@pytest.mark.parametrize(("kind", "channels"), [("png", 1), ("png", 3), ("png", 4), ("tif", 1), ("tif", 3)])
def test_sixteen_bits_stay_outside_of_the_edit(tmp_path: Path, kind: str, channels: int) -> None:
    source, out = tmp_path / f"a.{kind}", tmp_path / f"b.{kind}"
    deep = np.random.default_rng(1).integers(0, 65536, (60, 80, channels)).astype(np.uint16)
    if channels == 4:
        deep[..., 3] |= 0xFF00
    cv2.imwrite(str(source), deep[..., 0] if channels == 1 else deep)
    pixels, changed = edited(source)
    assert save(source, pixels, out, changed, location=False).format == {"tif": "tiff"}.get(kind, kind)
    new = cv2.imread(str(out), cv2.IMREAD_UNCHANGED)
    assert new is not None and new.dtype == np.uint16
    new = new.reshape(60, 80, channels)
    np.testing.assert_array_equal(new[~changed], deep[~changed])
    if channels >= 3:
        np.testing.assert_array_equal(new[30, 45, :3], np.array(COLOR[::-1]) * 257)
    if channels == 4:
        np.testing.assert_array_equal(new[..., 3], deep[..., 3])


def test_deep_files_keep_facts_and_colors(tmp_path: Path) -> None:
    deep = np.random.default_rng(1).integers(0, 65536, (60, 80, 3)).astype(np.uint16)
    profile = wide_profile()
    for kind in ("png", "tif"):
        source = tmp_path / f"a.{kind}"
        cv2.imwrite(str(source), deep)
        if kind == "tif":
            from veduta.edit.tiff_tags import with_tags

            source.write_bytes(with_tags(source.read_bytes(), profile, None, exif()))
        else:
            from veduta.edit.picture_file import _png_with
            from veduta.edit.picture_kept import Kept

            source.write_bytes(_png_with(source.read_bytes(), profile, Kept(exif=exif())))
        pixels, changed = edited(source)
        out = tmp_path / f"b.{kind}"
        save(source, pixels, out, changed)
        with Image.open(out) as picture:
            assert picture.info.get("icc_profile") == profile
        assert read_metadata(out).camera == "Maker Model 7"
        new = cv2.imread(str(out), cv2.IMREAD_UNCHANGED)
        assert new is not None
        np.testing.assert_array_equal(new[~changed], deep[~changed])
        np.testing.assert_allclose(read(out)[30, 45], COLOR, atol=3)


def test_wide_colors_stay_wide(tmp_path: Path, photographs: Path) -> None:
    source, out = tmp_path / "a.png", tmp_path / "b.png"
    profile = wide_profile()
    photo(photographs).save(source, icc_profile=profile)
    pixels, changed = edited(source)
    save(source, pixels, out, changed)
    with Image.open(source) as old, Image.open(out) as new:
        assert new.info["icc_profile"] == profile
        np.testing.assert_array_equal(np.asarray(new)[~changed], np.asarray(old)[~changed])
        assert not np.array_equal(np.asarray(new)[30, 45], COLOR)
    np.testing.assert_allclose(read(out)[30, 45], COLOR, atol=3)
    save(source, pixels[:, :100], tmp_path / "c.png")
    np.testing.assert_allclose(read(tmp_path / "c.png")[30, 45], COLOR, atol=3)
    assert read(tmp_path / "c.png").shape == (120, 100, 3)


@pytest.mark.parametrize("mode", ["RGBA", "LA", "P", "L", "1"])
def test_transparency_and_palettes(tmp_path: Path, photographs: Path, mode: str) -> None:
    source, out = tmp_path / "a.png", tmp_path / "b.png"
    picture = photo(photographs).convert(mode)
    if mode in ("RGBA", "LA"):
        alpha = np.zeros((120, 160), np.uint8)
        alpha[:, :100] = np.arange(120, dtype=np.uint8)[:, None] + 100
        picture.putalpha(Image.fromarray(alpha))
    picture.save(source)
    pixels, changed = edited(source)
    save(source, pixels, out, changed)
    with Image.open(source) as old, Image.open(out) as new:
        colors = np.asarray(old.convert("RGBA")), np.asarray(new.convert("RGBA"))
        np.testing.assert_array_equal(colors[1][~changed], colors[0][~changed])
        np.testing.assert_array_equal(colors[1][..., 3], colors[0][..., 3])
    save(source, pixels, tmp_path / "c.jpg", changed)
    smooth = read(tmp_path / "c.jpg")[80:, 110:].mean(axis=(0, 1)), read(source)[80:, 110:].mean(axis=(0, 1))
    np.testing.assert_allclose(*smooth, atol=4)


@pytest.mark.parametrize("kind", ["gif", "png", "webp"])
def test_animations_are_refused(tmp_path: Path, photographs: Path, kind: str) -> None:
    source, out = tmp_path / f"a.{kind}", tmp_path / "b.png"
    frames = [photo(photographs).rotate(10 * i) for i in range(3)]
    frames[0].save(source, save_all=True, append_images=frames[1:])
    with pytest.raises(AnimatedPicture, match=rf"a\.{kind}: 3 frames"):
        save(source, np.zeros((120, 160, 3), np.uint8), out)
    assert not out.exists()


def test_the_original_is_never_written_over(tmp_path: Path, photographs: Path) -> None:
    source = tmp_path / "a.jpg"
    photo(photographs).save(source)
    before = source.read_bytes()
    (tmp_path / "link.jpg").symlink_to(source)
    (tmp_path / "hard.jpg").hardlink_to(source)
    for target in (source, tmp_path / "link.jpg", tmp_path / "hard.jpg", tmp_path / "." / "a.jpg"):
        with pytest.raises(WouldOverwrite, match="original"):
            save(source, read(source), target)
    assert source.read_bytes() == before


def test_a_failure_leaves_no_part(tmp_path: Path, photographs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source, out = tmp_path / "a.jpg", tmp_path / "new" / "b.jpg"
    photo(photographs).save(source)

    def broken(*_: object, **__: object) -> None:
        raise OSError("disk full")

    monkeypatch.setattr(Image.Image, "save", broken)
    with pytest.raises(NotWritten, match="disk full"):
        save(source, read(source), out)
    assert not out.exists()


def test_what_cannot_be_written_becomes_jpeg(tmp_path: Path) -> None:
    source = tmp_path / "a.dng"
    source.write_bytes(dng())
    pixels = read(source)
    changed = np.zeros(pixels.shape[:2], bool)
    changed[5:9, 5:9] = True
    assert (name_for(source), kind_for(source)) == ("a.jpg", "jpeg")
    written = save(source, pixels, tmp_path / name_for(source), changed)
    assert written.format == "jpeg" and "camera raw cannot be written: the copy is JPEG" in written.notes
    assert read(written.path).shape == pixels.shape
    with pytest.raises(NotWritten, match=r"\.jpg, \.png"):
        save(source, pixels, tmp_path / "b.xyz", changed)


def test_one_pixel(tmp_path: Path) -> None:
    source = tmp_path / "a.png"
    Image.new("RGB", (1, 1), (1, 2, 3)).save(source)
    save(source, np.full((1, 1, 3), 9, np.uint8), tmp_path / "b.png", np.ones((1, 1), bool))
    assert read(tmp_path / "b.png").tolist() == [[[9, 9, 9]]]


@pytest.mark.eval
def test_cameras_of_all_kinds(tmp_path: Path, eval_dir: Path) -> None:
    """Facts of camera originals survive, the position only where it shall."""
    paths = sorted(p for p in (eval_dir / "formats_exif_gps").rglob("*.jpg"))[::6]
    assert len(paths) >= 5
    for path in paths:
        if path.stat().st_size > 300_000:
            continue
        pixels = read(path)
        changed = np.zeros(pixels.shape[:2], bool)
        changed[: pixels.shape[0] // 5, : pixels.shape[1] // 5] = True
        out = tmp_path / f"{path.stem}.jpg"
        save(path, pixels, out, changed)
        old, new = read_metadata(path), read_metadata(out)
        assert (new.taken, new.camera, new.iso, new.title) == (old.taken, old.camera, old.iso, old.title), (
            path
        )
        save(path, pixels, out, changed, location=False)
        assert read_metadata(out).latitude is None, path
