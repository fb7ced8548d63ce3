"""Files that are no pictures, or no longer: each is refused with its reason, none is waited for."""

from __future__ import annotations

import os
import struct
import sys
import zlib
from pathlib import Path

import numpy as np
import pytest

from tests.image import samples
from veduta.errors import UnreadableImage
from veduta.image import decode, hashes, metadata
from veduta.settings import Settings

JPEG = samples.encode(
    np.kron(np.random.default_rng(0).integers(0, 255, (40, 50, 3)), np.ones((8, 8, 1))).astype(np.uint8),
    "JPEG",
)


def reason(path: Path | str) -> str:
    with pytest.raises(UnreadableImage) as caught:
        decode.load(path, 100)
    assert caught.value.reason
    assert str(caught.value).endswith(caught.value.reason)
    return caught.value.reason


def test_truncated_jpegs_say_how_much_came(tmp_path: Path) -> None:
    path = tmp_path / "a.jpg"
    shares = []
    for part in (0.3, 0.5, 0.7, 0.9):
        path.write_bytes(JPEG[: int(len(JPEG) * part)])
        words = reason(path)
        assert words.startswith("truncated after ")
        assert words.endswith(" % of the scan")
        shares.append(int(words.split()[2]))
    assert shares == sorted(shares)
    assert abs(shares[1] - 50) < 12
    path.write_bytes(samples.encode(samples.gradient(400, 300), "JPEG", progressive=True)[:-300])
    assert "of a progressive JPEG" in reason(path)
    for length in (3, 20, 200):
        path.write_bytes(JPEG[:length])
        assert reason(path)


def test_a_jpeg_that_lacks_only_its_end_marker_opens(tmp_path: Path) -> None:
    path = tmp_path / "a.jpg"
    path.write_bytes(JPEG[:-2])
    assert decode.load(path).notes == ("the end marker is missing",)
    path.write_bytes(JPEG[:-1])
    assert "truncated" in reason(path)
    path.write_bytes(JPEG + b"a film, perhaps")
    assert decode.load(path).notes == ()


def test_damage_inside_the_scan_is_noted(tmp_path: Path) -> None:
    damaged = bytearray(JPEG)
    damaged[len(damaged) // 2 : len(damaged) // 2 + 2] = b"\xff\xc9"
    path = tmp_path / "a.jpg"
    path.write_bytes(bytes(damaged))
    (note,) = decode.load(path).notes
    assert note.startswith("damaged: ")


@pytest.mark.parametrize("kind", ["PNG", "WEBP", "AVIF", "TIFF", "GIF", "BMP"])
def test_half_a_file_of_any_format_is_refused(tmp_path: Path, kind: str) -> None:
    noise = np.random.default_rng(1).integers(0, 255, (80, 80, 3)).astype(np.uint8)
    path = tmp_path / "a"
    path.write_bytes(samples.encode(noise, kind)[:2000])
    assert reason(path)


def test_empty_missing_and_foreign_files(tmp_path: Path) -> None:
    empty = tmp_path / "empty.jpg"
    empty.touch()
    assert "empty" in reason(empty)
    assert "no such file" in reason(tmp_path / "none.jpg")
    text = tmp_path / "text.jpg"
    text.write_text("not a picture " * 50)
    assert "not a picture" in reason(text)
    assert "folder" in reason(tmp_path)
    assert "no such file" in reason("with\0zero.jpg")


def test_pipes_devices_and_circles_are_not_waited_for(tmp_path: Path) -> None:
    if not hasattr(os, "mkfifo"):
        pytest.skip("no named pipes on this system")
    pipe = tmp_path / "pipe.jpg"
    os.mkfifo(pipe)
    assert "pipe" in reason(pipe)
    assert "device" in reason("/dev/zero")
    circle = tmp_path / "circle.jpg"
    circle.symlink_to(circle)
    assert "circle" in reason(circle)
    for call in (decode.size, hashes.content_hash, metadata.read_metadata):
        with pytest.raises(UnreadableImage):
            call(pipe)


def test_no_permission(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "a.jpg"
    path.write_bytes(JPEG)

    def refuse(*_: object, **__: object) -> int:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("os.open", refuse)
    assert "no permission" in reason(path)


@pytest.mark.skipif(sys.platform == "win32" or sys.platform == "darwin", reason="names are Unicode there")
def test_names_in_any_encoding(tmp_path: Path) -> None:
    for name in (b"caf\xe9.jpg", "Москва.jpg".encode("koi8-r"), "ファイル.jpg".encode(), b"a\nb\t.jpg"):
        path = Path(os.fsdecode(os.fsencode(tmp_path) + b"/" + name))
        path.write_bytes(JPEG)
        assert decode.load(path, 50).pixels.shape == (40, 50, 3)
        assert metadata.read_metadata(path).orientation == 1
        assert len(hashes.content_hash(path)) == 64
        path.write_bytes(b"")
        with pytest.raises(UnreadableImage) as caught:
            decode.load(path)
        assert str(caught.value).encode("utf-8").endswith(b": empty file (0 bytes)")


def png_of(width: int, height: int) -> bytes:
    """The header of a PNG of any size, with next to nothing behind it."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", head)
        + chunk(b"IDAT", zlib.compress(b"\0" * 1000))
        + chunk(b"IEND", b"")
    )


def test_decompression_bombs_are_refused_by_their_header(tmp_path: Path) -> None:
    path = tmp_path / "bomb.png"
    path.write_bytes(png_of(50_000, 50_000))
    assert "the 400,000,000 allowed" in reason(path)
    with pytest.raises(UnreadableImage, match="allowed"):
        decode.size(path)
    head = bytearray(JPEG)
    place = head.index(b"\xff\xc0") + 5
    head[place : place + 4] = b"\xff\xff\xff\xff"
    path.write_bytes(bytes(head))
    assert "65535 x 65535 pixels" in reason(path)


def test_limits_are_settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "a.jpg"
    path.write_bytes(JPEG)
    for module in ("source", "limits", "rasters"):
        monkeypatch.setattr(f"veduta.image.{module}.settings", lambda: Settings(max_pixels=1000))
    assert "more than the 1,000 allowed (VEDUTA_MAX_PIXELS)" in reason(path)
    monkeypatch.setattr("veduta.image.source.settings", lambda: Settings(max_file_bytes=1000))
    assert "VEDUTA_MAX_FILE_BYTES" in reason(path)


def test_scans_without_end_are_refused(tmp_path: Path) -> None:
    data = samples.encode(samples.gradient(), "JPEG", progressive=True)
    scan = data.rindex(b"\xff\xda")
    path = tmp_path / "a.jpg"
    path.write_bytes(data[:-2] + data[scan:-2] * 200 + b"\xff\xd9")
    assert "made to exhaust its reader" in reason(path)


def test_a_panorama_of_60000_pixels(tmp_path: Path) -> None:
    strip = np.tile(samples.gradient(600, 200), (1, 100, 1))
    for kind in ("JPEG", "PNG"):
        path = tmp_path / "panorama"
        path.write_bytes(samples.encode(strip, kind))
        photo = decode.load(path, 2048)
        assert (photo.width, photo.height) == (60_000, 200)
        assert photo.pixels.shape[1] <= 2048
        assert photo.pixels.shape[0] == 7


def test_postscript_is_not_run(tmp_path: Path) -> None:
    path = tmp_path / "a.eps"
    path.write_text("%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 10 10\n%%EndComments\nshowpage\n")
    assert "not a picture" in reason(path)
