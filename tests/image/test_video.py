"""Films: first frame, facts, companions of live photos; broken ones are refused with a reason."""

from __future__ import annotations

import datetime
import os
import struct
from pathlib import Path

import cv2
import numpy as np
import pytest

from tests.image import samples
from veduta.errors import UnreadableImage
from veduta.image import decode, film, formats, live, video
from veduta.image.metadata import read_metadata
from veduta.image.source import Memory


@pytest.fixture
def clip(tmp_path: Path) -> Path:
    path = tmp_path / "clip.mp4"
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"mp4v"), 10, (96, 64))
    for _ in range(15):
        writer.write(np.ascontiguousarray(samples.gradient()[:, :, ::-1]))
    writer.release()
    return path


def test_first_frame_and_facts(clip: Path) -> None:
    frame = video.first_frame(clip)
    assert frame.shape == (64, 96, 3)
    assert np.abs(frame.astype(int) - samples.gradient()).mean() < 6
    facts = video.probe(clip)
    assert (facts.width, facts.height, facts.rotation) == (96, 64, 0)
    assert facts.duration == pytest.approx(1.5, abs=0.11)
    photo = decode.load(clip, 48)
    assert (photo.format, photo.width, photo.height, photo.pixels.shape) == ("video", 96, 64, (32, 48, 3))
    assert decode.size(clip) == (96, 64)


def test_broken_films(clip: Path, tmp_path: Path) -> None:
    data = clip.read_bytes()
    for name, content in (
        ("cut.mp4", data[: len(data) // 2]),
        ("head.mp4", data[:40]),
        ("empty.mp4", b""),
        ("text.mp4", b"#EXTM3U\n#EXTINF:1,\nhttp://127.0.0.1:9/x.ts\n"),
        ("list.mov", b"ffconcat version 1.0\nfile /etc/passwd\n"),
    ):
        path = tmp_path / name
        path.write_bytes(content)
        for call in (video.first_frame, video.probe):
            with pytest.raises(UnreadableImage) as caught:
                call(path)
            assert caught.value.reason


@pytest.mark.skipif(os.name == "nt", reason="names are Unicode there")
def test_names_in_any_encoding(clip: Path, tmp_path: Path) -> None:
    odd = Path(os.fsdecode(os.fsencode(tmp_path) + b"/caf\xe9.mp4"))
    clip.rename(odd)
    assert video.first_frame(odd).shape == (64, 96, 3)


def movie(**keys: str) -> bytes:
    created = int((datetime.datetime(2024, 5, 1, 10, 30) - datetime.datetime(1904, 1, 1)).total_seconds())
    turned = struct.pack(">9i", 0, 65536, 0, -65536, 0, 0, 0, 0, 1 << 30)
    track = samples.box(
        b"trak", samples.box(b"tkhd", b"\0" * 40 + turned + struct.pack(">II", 96 << 16, 64 << 16))
    )
    named = {f"com.apple.quicktime.{k.replace('_', '.')}": v for k, v in keys.items()}
    return samples.box(b"ftyp", b"qt  \0\0\0\0qt  ") + samples.box(
        b"moov",
        samples.movie_header(created, 600, 1500),
        track,
        samples.quicktime_keys(named) if keys else b"",
    )


def test_container_facts() -> None:
    told = film.read(Memory(movie()))
    assert told.created is not None
    assert (told.created.local, told.created.offset) == (datetime.datetime(2024, 5, 1, 10, 30), 0)
    assert (told.duration, told.rotation) == (2.5, 90)
    told = film.read(
        Memory(
            movie(
                creationdate="2024-05-01T12:30:00+0200",
                location_ISO6709="+48.8584-002.2945+035.2/",
                make="Apple",
                model="iPhone 15",
                content_identifier="AB-1",
            )
        )
    )
    assert told.created is not None
    assert (told.created.local, told.created.offset) == (datetime.datetime(2024, 5, 1, 12, 30), 120)
    assert (told.latitude, told.longitude, told.altitude) == (48.8584, -2.2945, 35.2)
    assert (told.make, told.model, told.identifier) == ("Apple", "iPhone 15", "AB-1")


def test_metadata_of_a_film(tmp_path: Path) -> None:
    path = tmp_path / "a.mov"
    path.write_bytes(movie(creationdate="2024-05-01T12:30:00+0200", make="Apple", model="iPhone 15"))
    told = read_metadata(path)
    assert (told.taken, told.taken_offset, told.camera) == (
        datetime.datetime(2024, 5, 1, 12, 30),
        120,
        "Apple iPhone 15",
    )


def apple_note(identifier: str) -> bytes:
    entry = struct.pack(">HHII", 0x11, 2, len(identifier) + 1, 14 + 2 + 12 + 4)
    return b"Apple iOS\0\0\1MM" + struct.pack(">H", 1) + entry + b"\0\0\0\0" + identifier.encode() + b"\0"


def test_live_photos(tmp_path: Path) -> None:
    still, other = tmp_path / "IMG_1.JPG", tmp_path / "IMG_2.JPG"
    still.write_bytes(samples.jpeg_with())
    assert live.companion(still) is None
    (tmp_path / "IMG_1.MOV").write_bytes(movie())
    assert live.companion(still) == tmp_path / "IMG_1.MOV"
    assert live.companion(other) is None
    assert not live.is_companion(other, tmp_path / "IMG_1.MOV")


def test_identifiers_decide_where_both_have_them(tmp_path: Path) -> None:
    still = tmp_path / "IMG_1.jpg"
    note = apple_note("AB-1")
    still.write_bytes(
        samples.jpeg_with(samples.exif_block([samples.short(0x0112, 1)], [(0x927C, 7, len(note), note)]))
    )
    (tmp_path / "IMG_1.mov").write_bytes(movie(content_identifier="AB-1"))
    assert live.companion(still) is not None
    (tmp_path / "IMG_1.mov").write_bytes(movie(content_identifier="CD-2"))
    assert live.companion(still) is None


@pytest.mark.parametrize(
    ("head", "kind"),
    [
        (b"\0\0\0\x18ftypheic\0\0\0\0mif1heic", "heif"),
        (b"\0\0\0\x1cftypmif1\0\0\0\0avifmif1miaf", "avif"),
        (b"\0\0\0\x14ftypcrx \0\0\0\1crx ", "raw"),
        (b"\0\0\0\x14ftypqt  \0\0\0\0qt  ", "video"),
        (b"\0\0\0\x08wide\0\0\0\0mdat", "video"),
        (b"RIFF\0\0\0\0AVI LIST", "video"),
        (b"RIFF\0\0\0\0WEBPVP8 ", "webp"),
        (b"RIFF\0\0\0\0WAVEfmt ", "other"),
        (b"\x1aE\xdf\xa3", "video"),
        (b"G" + b"\0" * 187 + b"G" + b"\0" * 187 + b"G", "video"),
        (b"", "other"),
    ],
)
def test_formats_by_content(head: bytes, kind: str) -> None:
    assert formats.sniff(head) == kind


def test_a_film_held_upright(clip: Path) -> None:
    """Phones store films as the sensor lies and tell in the track's matrix how to turn them."""
    data = bytearray(clip.read_bytes())
    plain = struct.pack(">9i", 65536, 0, 0, 0, 65536, 0, 0, 0, 1 << 30)
    place = data.index(plain, data.index(b"tkhd"))
    data[place : place + 36] = struct.pack(">9i", 0, 65536, 0, -65536, 0, 0, 64 << 16, 0, 1 << 30)
    clip.write_bytes(bytes(data))
    facts = video.probe(clip)
    assert (facts.width, facts.height, facts.rotation) == (64, 96, 90)
    frame = video.first_frame(clip)
    assert np.abs(frame.astype(int) - np.rot90(samples.gradient(), -1)).mean() < 6
