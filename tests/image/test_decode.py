"""Every format, color space and orientation comes out as upright sRGB."""

from __future__ import annotations

import io
import threading
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image, ImageCms

from tests.image import samples
from veduta.errors import UnreadableImage
from veduta.image import decode, icc, orientation
from veduta.image.photo import Pixels


def write(folder: Path, name: str, data: bytes) -> Path:
    path = folder / name
    path.write_bytes(data)
    return path


def close(first: Pixels, second: Pixels, mean: float = 1.5, most: float = 24) -> bool:
    difference = np.abs(first.astype(int) - second.astype(int))
    return bool(difference.mean() <= mean and difference.max() <= most)


LOSSY = {
    "JPEG": {"quality": 95, "subsampling": 0},
    "WEBP": {"quality": 95},
    "AVIF": {"quality": 95, "speed": 8},
}


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "AVIF", "TIFF", "BMP", "JPEG2000", "TGA", "PPM"])
def test_every_format_opens_by_content(tmp_path: Path, kind: str) -> None:
    picture = samples.gradient()
    path = write(tmp_path, "photo.dat", samples.encode(picture, kind, **LOSSY.get(kind, {})))
    photo = decode.load(path)
    assert photo.pixels.dtype == np.uint8
    assert (photo.width, photo.height) == decode.size(path) == (96, 64)
    assert close(photo.pixels, picture)
    assert photo.pixels.flags.writeable
    assert photo.pixels.flags.c_contiguous


def stored(upright: Pixels, value: int) -> Pixels:
    """How a camera stores an upright picture with this EXIF orientation, by rotations and flips of numpy alone."""
    flipped = np.fliplr(upright) if value in (2, 4, 5, 7) else upright
    return np.ascontiguousarray(np.rot90(flipped, {1: 0, 2: 0, 3: 2, 4: 2, 5: 1, 6: 1, 7: 3, 8: 3}[value]))


@pytest.mark.parametrize("value", range(1, 9))
@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "TIFF"])
def test_orientation(tmp_path: Path, value: int, kind: str) -> None:
    picture = samples.gradient()
    exif = Image.Exif()
    exif[0x0112] = value
    path = write(
        tmp_path, "photo", samples.encode(stored(picture, value), kind, exif=exif, **LOSSY.get(kind, {}))
    )
    photo = decode.load(path)
    assert (photo.width, photo.height) == decode.size(path) == (96, 64)
    assert close(photo.pixels, picture)
    small = decode.load(path, 48)
    assert small.pixels.shape == (32, 48, 3)
    assert (small.width, small.height) == (96, 64)


@pytest.mark.parametrize("value", [0, 9, 255, None])
def test_invalid_orientation_is_none(value: int | None) -> None:
    assert orientation.valid(value) == 1


@pytest.mark.parametrize("value", range(1, 9))
def test_boxes_turn_with_the_picture(value: int) -> None:
    picture = np.zeros((40, 60, 3), np.uint8)
    picture[4:12, 30:54] = 255
    turned = orientation.upright(stored(picture, value), value)
    assert np.array_equal(turned, picture)
    box = orientation.stored_box((30 / 60, 4 / 40, 24 / 60, 8 / 40), value)
    height, width = stored(picture, value).shape[:2]
    x, y, w, h = (round(v) for v in np.array(box) * (width, height, width, height))
    assert stored(picture, value)[y : y + h, x : x + w].min() == 255
    assert stored(picture, value).sum() == 255 * 3 * w * h
    assert orientation.upright_box(box, value) == pytest.approx((0.5, 0.1, 0.4, 0.2))


@pytest.mark.parametrize("progressive", [False, True])
@pytest.mark.parametrize("side", [40, 64, 100, 128, 200, 250, 500, 1000])
def test_scaled_jpeg_equals_full_decode_and_resize(tmp_path: Path, side: int, progressive: bool) -> None:
    big = cv2.resize(samples.gradient(), (500, 333), interpolation=cv2.INTER_CUBIC)
    path = write(tmp_path, "photo.jpg", samples.encode(big, "JPEG", quality=92, progressive=progressive))
    pixels = decode.read(path, side)
    longer = max(pixels.shape[:2])
    assert 0.96 * min(side, 500) <= longer <= min(side, 500)
    assert close(
        pixels,
        cv2.resize(decode.read(path), (pixels.shape[1], pixels.shape[0]), interpolation=cv2.INTER_AREA),
    )


def test_nothing_is_enlarged(tmp_path: Path) -> None:
    path = write(tmp_path, "a.png", samples.encode(samples.gradient(), "PNG"))
    assert decode.read(path, 1000).shape == (64, 96, 3)
    with pytest.raises(ValueError, match="max_side"):
        decode.read(path, 0)


def test_very_long_pictures_keep_a_row(tmp_path: Path) -> None:
    path = write(tmp_path, "a.png", samples.encode(np.full((2, 3000, 3), 7, np.uint8), "PNG"))
    assert decode.read(path, 100).shape == (1, 100, 3)


def test_sixteen_bits_are_scaled_by_their_range(tmp_path: Path) -> None:
    values = np.linspace(0, 65535, 4096).reshape(64, 64)
    deep = values.astype(np.uint16)
    for kind in ("PNG", "TIFF"):
        path = write(tmp_path, "deep", samples.encode(Image.fromarray(deep), kind))
        expected = np.rint(deep / 257).astype(int)
        assert np.abs(decode.read(path)[:, :, 0].astype(int) - expected).max() <= 1
    colors = np.dstack([deep, deep[::-1], deep.T])
    assert cv2.imwrite(str(tmp_path / "deep.png"), colors[:, :, ::-1])
    assert np.abs(decode.read(tmp_path / "deep.png").astype(int) - np.rint(colors / 257)).max() <= 1


def test_floats_are_zero_to_one(tmp_path: Path) -> None:
    path = write(
        tmp_path,
        "a.tif",
        samples.encode(Image.fromarray(np.linspace(0, 1, 256, dtype=np.float32)[None]), "TIFF"),
    )
    assert np.array_equal(decode.read(path)[0, :, 1], np.arange(256))


def test_palettes_gray_and_bilevel(tmp_path: Path) -> None:
    rgb = Image.fromarray(samples.gradient())
    for mode in ("L", "1", "P"):
        small = rgb.convert(mode)
        path = write(tmp_path, "a.png", samples.encode(small, "PNG"))
        assert np.array_equal(decode.read(path), np.array(small.convert("RGB")))


@pytest.mark.parametrize("mode", ["RGBA", "LA", "P"])
def test_transparency_is_laid_on_white(tmp_path: Path, mode: str) -> None:
    picture = np.zeros((10, 10, 4), np.uint8)
    picture[:, :5] = (0, 0, 0, 255)
    picture[:, 5:] = (0, 0, 0, 0)
    if mode == "RGBA":
        picture[9, 9] = (200, 100, 0, 128)
    path = write(tmp_path, "a.png", samples.encode(Image.fromarray(picture).convert(mode), "PNG"))
    pixels = decode.read(path)
    assert pixels[0, 0].tolist() == [0, 0, 0]
    assert pixels[0, 9].tolist() == [255, 255, 255]
    if mode == "RGBA":
        assert np.abs(pixels[9, 9].astype(int) - (227, 177, 127)).max() <= 1


def test_gif_gives_its_first_frame(tmp_path: Path) -> None:
    frames = [Image.new("RGB", (20, 10), c) for c in ("red", "blue")]
    frames[0].save(tmp_path / "a.gif", save_all=True, append_images=frames[1:])
    assert decode.read(tmp_path / "a.gif")[0, 0].tolist() == [255, 0, 0]


def test_cmyk(tmp_path: Path) -> None:
    cmyk = Image.new("CMYK", (64, 64), (0, 255, 255, 0))
    path = write(tmp_path, "a.jpg", samples.encode(cmyk, "JPEG"))
    red = decode.read(path, 32)
    assert red.shape == (32, 32, 3)
    assert red[5, 5, 0] > 200
    assert red[5, 5, 1:].max() < 60


def profile(matrix: str) -> bytes:
    """A profile of littleCMS or of our own making."""
    return ImageCms.ImageCmsProfile(ImageCms.createProfile(matrix)).tobytes()  # type: ignore[arg-type]


def matrix_profile(matrix: np.ndarray, gamma: float) -> bytes:
    """A display profile of three primaries and one exponent, as small as the format allows."""
    tags = []
    for name, column in zip((b"rXYZ", b"gXYZ", b"bXYZ"), matrix.T, strict=True):
        body = b"XYZ \0\0\0\0" + b"".join(round(v * 65536).to_bytes(4, "big", signed=True) for v in column)
        tags.append((name, body))
    curve = b"curv\0\0\0\0\0\0\0\1" + round(gamma * 256).to_bytes(2, "big") + b"\0\0"
    tags += [(n, curve) for n in (b"rTRC", b"gTRC", b"bTRC")]
    white = b"XYZ \0\0\0\0" + b"".join(round(v * 65536).to_bytes(4, "big") for v in (0.9642, 1.0, 0.8249))
    tags.append((b"wtpt", white))
    table, body, offset = b"", b"", 128 + 4 + 12 * len(tags)
    for name, content in tags:
        table += name + (offset + len(body)).to_bytes(4, "big") + len(content).to_bytes(4, "big")
        body += content
    content = len(tags).to_bytes(4, "big") + table + body
    head = bytearray(128)
    head[0:4] = (128 + len(content)).to_bytes(4, "big")
    head[8:12] = b"\x02\x10\0\0"
    head[12:24] = b"mntrRGB XYZ "
    head[36:40] = b"acsp"
    head[68:80] = b"".join(round(v * 65536).to_bytes(4, "big") for v in (0.9642, 1.0, 0.8249))
    return bytes(head) + content


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "TIFF", "AVIF"])
def test_profiles_are_converted(tmp_path: Path, kind: str) -> None:
    """Against LittleCMS itself."""
    wide = matrix_profile(icc.ADOBE_RGB, 563 / 256)
    source = samples.gradient()
    target = ImageCms.createProfile("sRGB")
    flow = ImageCms.buildTransform(ImageCms.ImageCmsProfile(io.BytesIO(wide)), target, "RGB", "RGB", 1)
    expected = np.array(ImageCms.applyTransform(Image.fromarray(source), flow))
    assert np.abs(expected.astype(int) - source).max() > 12
    path = write(tmp_path, "a", samples.encode(source, kind, icc_profile=wide, **LOSSY.get(kind, {})))
    assert close(decode.read(path), expected, *((4, 48) if kind in LOSSY else (0.6, 2)))


def test_conversion_equals_littlecms_on_every_color() -> None:
    grid = np.array(np.meshgrid(*[np.arange(0, 256, 15)] * 3)).reshape(3, -1).T.astype(np.uint8)[None]
    for matrix, gamma in ((icc.ADOBE_RGB, 563 / 256), (icc.DISPLAY_P3, 2.2), (icc.SRGB, 1.8)):
        made = matrix_profile(matrix, gamma)
        flow = ImageCms.buildTransform(
            ImageCms.ImageCmsProfile(io.BytesIO(made)), ImageCms.createProfile("sRGB"), "RGB", "RGB", 1
        )
        expected = np.array(ImageCms.applyTransform(Image.fromarray(grid), flow)).astype(int)
        assert np.abs(icc.to_srgb(grid, made).astype(int) - expected).max() <= 2


def test_srgb_profiles_cost_nothing() -> None:
    pixels = samples.gradient()
    assert icc.to_srgb(pixels, profile("sRGB")) is pixels
    assert icc.to_srgb(pixels, b"no profile at all") is pixels
    assert icc.to_srgb(pixels, profile("sRGB")[:200]) is pixels


def test_adobe_rgb_announced_in_exif(tmp_path: Path) -> None:
    block = samples.exif_block([samples.short(0x0112, 1)], [samples.short(0xA001, 2)])
    path = write(tmp_path, "a.jpg", samples.jpeg_with(block))
    plain = write(tmp_path, "b.jpg", samples.jpeg_with())
    assert np.array_equal(decode.read(path), icc.adobe_rgb()(decode.read(plain)))


@pytest.mark.parametrize("value", [1, 3, 6, 8])
def test_raw(tmp_path: Path, value: int) -> None:
    preview = samples.gradient(120, 90)
    data = samples.dng(128, 96, value, preview=samples.encode(preview, "JPEG", quality=95))
    for name in ("photo.dng", "photo.tif"):  # by content too
        path = write(tmp_path, name, data)
        upright = (128, 96) if value in (1, 3) else (96, 128)
        assert decode.size(path) == upright
        small = decode.load(path, 60)
        assert (small.format, small.width, small.height) == ("raw", *upright)
        assert close(
            small.pixels,
            cv2.resize(
                orientation.upright(preview, value), small.pixels.shape[1::-1], interpolation=cv2.INTER_AREA
            ),
        )
        assert decode.load(path).pixels.shape == (upright[1], upright[0], 3)


def test_raw_without_preview_is_developed(tmp_path: Path) -> None:
    path = write(tmp_path, "a.dng", samples.dng(64, 48))
    assert decode.read(path).shape == (48, 64, 3)
    assert decode.read(path, 32).shape == (24, 32, 3)


def test_heif(eval_dir: Path) -> None:
    photo = decode.load(eval_dir / "formats_pillow_tests" / "avif" / "hopper.heif")
    same = decode.read(eval_dir / "formats_pillow_tests" / "hopper.qoi")
    assert (photo.format, photo.width, photo.height) == ("heif", 128, 128)
    assert close(photo.pixels, same, 8, 120)
    assert decode.read(photo.path or "", 64).shape == (64, 64, 3)


def test_a_lying_name_is_noted(tmp_path: Path) -> None:
    path = write(tmp_path, "photo.png", samples.encode(samples.gradient(), "JPEG"))
    photo = decode.load(path)
    assert photo.format == "jpeg"
    assert photo.notes == ("named .png but holds JPEG",)
    assert decode.load(write(tmp_path, "b.JPG", path.read_bytes())).notes == ()


def test_photo_at_sides_and_in_full(tmp_path: Path) -> None:
    big = cv2.resize(samples.gradient(), (640, 480))
    photo = decode.load(write(tmp_path, "a.jpg", samples.encode(big, "JPEG")), 200)
    assert photo.scale == pytest.approx(200 / 640)
    assert photo.at_side(100) is photo.at_side(100)
    assert photo.at_side(100).shape == (75, 100, 3)
    assert photo.full().shape == (480, 640, 3)


def test_many_threads_at_once(tmp_path: Path) -> None:
    kinds = ("JPEG", "PNG", "WEBP", "TIFF")
    paths = [write(tmp_path, f"{k}", samples.encode(samples.gradient(), k)) for k in kinds]
    expected = {p: decode.read(p, 50) for p in paths}
    failures: list[str] = []

    def work() -> None:
        wrong = (p.name for p in paths * 20 if not np.array_equal(decode.read(p, 50), expected[p]))
        failures.extend(wrong)

    threads = [threading.Thread(target=work) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []


def test_no_handle_is_left_open(tmp_path: Path) -> None:
    handles = Path("/proc/self/fd")
    if not handles.is_dir():
        pytest.skip("this system does not list open files")
    good = write(tmp_path, "a.jpg", samples.encode(samples.gradient(), "JPEG"))
    raw = write(tmp_path, "a.dng", samples.dng())
    bad = write(tmp_path, "b.jpg", good.read_bytes()[:300])
    before = len(list(handles.iterdir()))
    for _ in range(10):
        decode.read(good)
        decode.read(raw)
        with pytest.raises(UnreadableImage):
            decode.read(bad)
    assert len(list(handles.iterdir())) == before
