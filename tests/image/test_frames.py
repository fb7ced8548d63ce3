"""Frames of videos: times, steps, upright pictures, damage."""

from __future__ import annotations

import struct
from pathlib import Path

import av
import numpy as np
import pytest

from veduta.errors import UnreadableImage
from veduta.image.frames import frames
from veduta.image.video import first_frame


def film(path: Path, count: int = 30, rate: int = 10) -> Path:
    """A clip in which frame k is all of gray level 4 k + 40, its left half darker by 20."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream("mpeg4", rate=rate)
        stream.width, stream.height, stream.pix_fmt, stream.bit_rate = 96, 64, "yuv420p", 2_000_000
        for number in range(count):
            pixels = np.full((64, 96, 3), 4 * number + 40, np.uint8)
            pixels[:, :48] -= 20
            container.mux(stream.encode(av.VideoFrame.from_ndarray(pixels, format="rgb24")))
        container.mux(stream.encode())
    return path


def test_every_frame_comes_once_and_in_order(tmp_path: Path) -> None:
    shown = list(frames(film(tmp_path / "a.mp4")))
    assert [round(frame.time, 3) for frame in shown] == [round(k / 10, 3) for k in range(30)]
    assert [(frame.width, frame.height) for frame in shown] == [(96, 64)] * 30
    right = [float(frame.pixels[:, 60:].mean()) for frame in shown]
    assert right == pytest.approx([4 * k + 40 for k in range(30)], abs=4)
    left = [float(frame.pixels[:, :36].mean()) for frame in shown]
    assert left == pytest.approx([4 * k + 20 for k in range(30)], abs=4)


def test_frames_some_time_apart(tmp_path: Path) -> None:
    path = film(tmp_path / "a.mp4")
    assert [round(frame.time, 3) for frame in frames(path, 0.5)] == [0, 0.5, 1, 1.5, 2, 2.5]
    # A step between two frames: on average as asked.
    times = [frame.time for frame in frames(path, 0.25)]
    assert len(times) == 12
    assert np.diff(times) == pytest.approx(np.full(11, 0.25), abs=0.051)


def test_large_frames_come_smaller(tmp_path: Path) -> None:
    first = next(frames(film(tmp_path / "a.mp4", 2), max_side=48))
    assert first.pixels.shape == (32, 48, 3)
    assert (first.width, first.height) == (96, 64)


def test_a_film_held_upright_is_turned(tmp_path: Path) -> None:
    path = film(tmp_path / "a.mp4", 3)
    data = bytearray(path.read_bytes())
    plain = struct.pack(">9i", 65536, 0, 0, 0, 65536, 0, 0, 0, 1 << 30)
    place = data.index(plain, data.index(b"tkhd"))
    data[place : place + 36] = struct.pack(">9i", 0, 65536, 0, -65536, 0, 0, 64 << 16, 0, 1 << 30)
    path.write_bytes(bytes(data))
    for frame in frames(path):
        assert frame.pixels.shape == (96, 64, 3)
        # Turned clockwise, the dark left half is on top.
        assert frame.pixels[60:].mean() - frame.pixels[:36].mean() > 10
        assert np.abs(first_frame(path).astype(int) - frame.pixels).mean() < 12


def test_a_film_that_is_cut_off_gives_what_it_has(tmp_path: Path) -> None:
    whole = film(tmp_path / "a.avi").read_bytes()
    (tmp_path / "b.avi").write_bytes(whole[: len(whole) * 2 // 3])
    count = len(list(frames(tmp_path / "b.avi")))
    assert 3 < count < 30


def test_what_is_no_film_says_so(tmp_path: Path) -> None:
    (tmp_path / "a.mp4").write_bytes(b"not a film at all" * 40)
    with pytest.raises(UnreadableImage, match=r"a\.mp4: not a video"):
        next(frames(tmp_path / "a.mp4"))
    (tmp_path / "b.mp4").write_bytes(film(tmp_path / "c.mp4").read_bytes()[:200])
    with pytest.raises(UnreadableImage, match=r"b\.mp4: damaged video"):
        next(frames(tmp_path / "b.mp4"))
    with pytest.raises(UnreadableImage, match=r"none\.mp4: no such file"):
        next(frames(tmp_path / "none.mp4"))


def test_a_list_of_addresses_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "a.mp4").write_text("#EXTM3U\n#EXTINF:1,\nhttp://localhost:9/secret.ts\n")
    with pytest.raises(UnreadableImage, match="not a video"):
        next(frames(tmp_path / "a.mp4"))
