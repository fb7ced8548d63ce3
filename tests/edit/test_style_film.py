"""Films in a style: size, times and sound kept, what stands still kept still."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from numpy.typing import NDArray
from skimage import data

from tests.nets.test_painter import a_painter
from veduta.edit.operation import BadEdit
from veduta.edit.picture_file import WouldOverwrite
from veduta.edit.style_film import FilmPainter, Steady, film_size, paint_film
from veduta.errors import UnreadableImage
from veduta.image.frames import frames
from veduta.nets.brush import Brush

Pixels = NDArray[np.uint8]
RATE, COUNT = 10, 7


@pytest.fixture(scope="module")
def brush() -> Brush:
    return Brush(a_painter(), np.array([1.0, 0, 0]), threads=1)


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A view that moves to the left, with a tone."""
    path = tmp_path_factory.mktemp("film") / "clip.mkv"
    photo = data.astronaut()
    with av.open(str(path), "w") as out:
        video = out.add_stream("mpeg4", rate=RATE)
        video.width, video.height, video.pix_fmt, video.bit_rate = 96, 64, "yuv420p", 2_000_000
        sound = out.add_stream("aac", rate=8000, layout="mono")
        for number in range(COUNT):
            part = np.ascontiguousarray(photo[100:164, 150 + 4 * number : 246 + 4 * number])
            out.mux(video.encode(av.VideoFrame.from_ndarray(part, format="rgb24")))
        out.mux(video.encode(None))
        tone = np.sin(np.arange(8000 * COUNT // RATE) * 0.3).astype(np.float32)[None]
        frame = av.AudioFrame.from_ndarray(tone, format="fltp", layout="mono")
        frame.sample_rate, frame.pts, frame.time_base = 8000, 0, Fraction(1, 8000)
        out.mux(sound.encode(frame))
        out.mux(sound.encode(None))
    return path


def test_a_film_is_painted_with_its_sound_and_its_times(clip: Path, brush: Brush, tmp_path: Path) -> None:
    before = clip.read_bytes()
    target = tmp_path / "painted.mp4"
    assert paint_film(clip, target, brush, smooth=0) == (COUNT, 96, 64)
    source, made = list(frames(clip)), list(frames(target))
    assert [round(f.time, 3) for f in made] == [round(f.time, 3) for f in source]
    for one, other in zip(source, made, strict=True):
        wanted = brush.paint(one.pixels).astype(float)
        loss = np.abs(other.pixels - wanted).mean()  # of the coder, which halves the colors' size
        assert loss < 20
        assert loss < 0.4 * np.abs(one.pixels - wanted).mean()
    with av.open(str(target)) as film:
        assert film.streams.audio[0].codec_context.name == "aac"
        assert sum(len(f.to_ndarray()[0]) for f in film.decode(audio=0)) >= 8000 * COUNT // RATE
    assert clip.read_bytes() == before
    assert [p.name for p in tmp_path.iterdir()] == ["painted.mp4"]


def test_strength_and_side(clip: Path, brush: Brush, tmp_path: Path) -> None:
    count, width, height = paint_film(clip, tmp_path / "small.mkv", brush, 0.0, side=64, smooth=0)
    assert (count, width, height) == (COUNT, 64, 44)
    first = next(frames(tmp_path / "small.mkv")).pixels
    assert first.shape == (44, 64, 3)
    assert np.abs(first.mean(axis=(0, 1)) - next(frames(clip)).pixels.mean(axis=(0, 1))).max() < 4


def test_sizes() -> None:
    assert film_size(1920, 1080, 0) == (1920, 1080)
    assert film_size(1919, 1079, 0) == (1920, 1080)
    assert film_size(1920, 1080, 640) == (640, 360)
    assert film_size(300, 200, 640) == (300, 200)


def test_what_stands_still_flickers_less_and_what_moves_is_left_alone() -> None:
    rng = np.random.default_rng(2)
    view = data.astronaut()[:96, :96]
    noise = [np.clip(view + rng.normal(0, 1, view.shape), 0, 255).astype(np.uint8) for _ in range(6)]
    flicker = [rng.integers(100, 140, view.shape).astype(np.uint8) for _ in range(6)]
    steady = Steady(0.8)
    made = [steady(frame, painted) for frame, painted in zip(noise, flicker, strict=True)]
    before = np.abs(np.diff([f.astype(float) for f in flicker], axis=0)).mean()
    after = np.abs(np.diff([f.astype(float) for f in made], axis=0)).mean()
    assert after < 0.45 * before
    moving = Steady(0.8)
    for shift, painted in enumerate(flicker):
        frame = np.ascontiguousarray(np.roll(data.astronaut()[:96, :96], 25 * shift, axis=1))
        told = moving(frame, painted)
    moved = (told == flicker[-1]).all(axis=2)
    assert moved.mean() > 0.5
    assert np.array_equal(Steady(0)(view, flicker[0]), flicker[0])


def test_steady_is_the_weighted_mean_where_nothing_changes() -> None:
    frame = np.full((40, 40, 3), 90, np.uint8)
    one, other = np.full_like(frame, 100), np.full_like(frame, 200)
    steady = Steady(0.5)
    assert np.array_equal(steady(frame, one), one)
    assert np.abs(steady(frame, other).astype(int) - 150).max() <= 1


def test_frames_come_in_order_however_many_are_painted_at_once(brush: Brush) -> None:
    pictures = [np.full((32, 32, 3), level, np.uint8) for level in range(0, 250, 50)]
    for at_once in (1, 2, 3, 8):
        made = list(FilmPainter(brush, 32, 32, at_once).paint(iter(pictures)))
        assert [int(picture[0, 0, 0]) for picture, _ in made] == [0, 50, 100, 150, 200]
        for picture, painted in made:
            assert np.array_equal(painted, brush.paint(picture))


def test_what_makes_no_sense_is_refused_and_nothing_written(clip: Path, brush: Brush, tmp_path: Path) -> None:
    with pytest.raises(BadEdit, match=r"smooth must be 0 to 0\.95"):
        paint_film(clip, tmp_path / "a.mp4", brush, smooth=1)
    with pytest.raises(BadEdit, match=r"films are written as \.mp4"):
        paint_film(clip, tmp_path / "a.gif", brush)
    with pytest.raises(WouldOverwrite):
        paint_film(clip, clip, brush)
    broken = tmp_path / "broken.mp4"
    broken.write_bytes(clip.read_bytes()[:700])
    with pytest.raises(UnreadableImage):
        paint_film(broken, tmp_path / "a.mp4", brush)
    assert [p.name for p in tmp_path.iterdir()] == ["broken.mp4"]


def test_a_painting_that_is_stopped_leaves_nothing(clip: Path, brush: Brush, tmp_path: Path) -> None:
    class Stopping:
        def begin(self, what: str, total: int | None = None) -> None: ...
        def advance(self, steps: int = 1) -> None:
            raise KeyboardInterrupt

        def end(self) -> None: ...

    with pytest.raises(KeyboardInterrupt):
        paint_film(clip, tmp_path / "a.mp4", brush, progress=Stopping())
    assert list(tmp_path.iterdir()) == []
