"""Pixels in: how fast photos are decoded and made small, whether odd files behave, how well looks are told apart."""

from __future__ import annotations

import csv
import io
import itertools
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from benchmarks.figure import Figure, eval_dir
from veduta.errors import UnreadableImage
from veduta.image import decode, hashes, metadata, thumbnails
from veduta.image.photo import at_most

ROUNDS = 9
# The same scene once more; drawings whose cells all equal their neighbors, so that nothing but noise decides.
_LEFT_OUT = {"motorcycle_right", "chessboard_GRAY", "chessboard_RGB"}
Pixels = NDArray[np.uint8]


def measure() -> list[Figure]:
    """All figures of this topic."""
    with tempfile.TemporaryDirectory() as folder:
        photo = twelve_megapixels(Path(folder))
        figures = [*decoding(photo), *making_small(photo, Path(folder))]
    return [*figures, *odd_files(), *looks()]


def twelve_megapixels(folder: Path) -> Path:
    """A photograph of 4032 x 3024 pixels with a sensor's noise, as a phone saves it (4:2:0, about 2.5 MB)."""
    from sklearn.datasets import load_sample_image

    rng = np.random.default_rng(0)
    big = cv2.resize(load_sample_image("china.jpg"), (4032, 3024), interpolation=cv2.INTER_CUBIC).astype(
        np.float32
    )
    big += cv2.resize(rng.normal(0, 6, (1512, 2016, 3)).astype(np.float32), (4032, 3024))
    big += rng.normal(0, 2, big.shape).astype(np.float32)
    path = folder / "photo.jpg"
    Image.fromarray(np.clip(big, 0, 255).astype(np.uint8)).save(path, quality=90, subsampling=2)
    return path


def interleaved(**calls: Callable[[], object]) -> dict[str, float]:
    """Median seconds of each call; the calls take turns, so that a busy moment hits all of them alike."""
    seconds: dict[str, list[float]] = {name: [] for name in calls}
    for _ in range(ROUNDS):
        for name, call in calls.items():
            start = time.perf_counter()
            call()
            seconds[name].append(time.perf_counter() - start)
    return {name: statistics.median(values) for name, values in seconds.items()}


def pillow_small(path: Path, side: int) -> Pixels:
    """The plain way: open, decode everything, resize."""
    with Image.open(path) as picture:
        picture.load()
        ratio = side / max(picture.size)
        return np.asarray(picture.resize((round(picture.width * ratio), round(picture.height * ratio))))


def decoding(path: Path) -> list[Figure]:
    """12-megapixel JPEG to 640 and 2048 pixels, against Pillow and against the entropy decoding that none escapes."""
    import simplejpeg

    data = path.read_bytes()
    took = interleaved(
        pillow=lambda: pillow_small(path, 640),
        ours=lambda: decode.read(path, 640),
        pillow_large=lambda: pillow_small(path, 2048),
        ours_large=lambda: decode.read(path, 2048),
        floor=lambda: simplejpeg.decode_jpeg(data, "GRAY", min_width=504, min_height=378),
        file=path.read_bytes,
        header=lambda: decode.size(path),
    )
    large = took["ours_large"]
    return [
        Figure(
            "decode 12 MP JPEG to 640 px, speed against Pillow",
            took["pillow"] / took["ours"],
            "x",
            target=3.0,
            n=ROUNDS,
            note=f"{1000 * took['ours']:.0f} ms against {1000 * took['pillow']:.0f} ms",
        ),
        Figure(
            "decode 12 MP JPEG to 2048 px, speed against Pillow",
            took["pillow_large"] / large,
            "x",
            n=ROUNDS,
            note=f"{1000 * large:.0f} ms; entropy decoding alone {100 * took['floor'] / large:.0f} %, "
            f"reading the file {100 * took['file'] / large:.0f} %, header {100 * took['header'] / large:.1f} %",
        ),
    ]


def making_small(path: Path, folder: Path) -> list[Figure]:
    """Both thumbnails from one decode, against the decode itself; size and likeness of what is written."""
    pixels = decode.read(path, 2048)
    paths = {side: folder / f"{side}.webp" for side in thumbnails.SIDES}
    took = interleaved(
        decode=lambda: decode.read(path, 2048),
        ours=lambda: thumbnails.write_thumbnails(pixels, paths),
        default=lambda: [
            Image.fromarray(at_most(pixels, side)).save(io.BytesIO(), "WEBP", quality=80)
            for side in thumbnails.SIDES
        ],
    )
    likeness = cv2.PSNR(decode.read(paths[1440]), at_most(pixels, 1440))
    return [
        Figure(
            "both thumbnails, cost against decoding to 2048 px",
            took["ours"] / took["decode"],
            "x",
            better="lower",
        ),
        Figure(
            "both thumbnails, speed against WebP's default effort",
            took["default"] / took["ours"],
            "x",
            note=f"1440 px: {paths[1440].stat().st_size / 1000:.0f} kB, {likeness:.1f} dB; synced to disk",
        ),
    ]


def odd_files() -> list[Figure]:
    """Share of the files of formats_* that open (or not), with size, position and time as their labels say."""
    good = total = foreign = 0
    for part in ("formats_exif_gps", "formats_pillow_tests"):
        folder = eval_dir() / part
        for row in csv.DictReader((folder / "labels.csv").read_text(encoding="utf-8").splitlines()):
            if row["format"] == "EPS":
                foreign += 1
                continue
            total += 1
            good += _behaves(folder / row["file"], row)
    return [
        Figure(
            "files of formats_* that behave as labelled",
            good / total,
            target=1.0,
            n=total,
            note=f"without {foreign} EPS files, for which Ghostscript would have to run; HEIF counts as opening",
        )
    ]


def _behaves(path: Path, row: dict[str, str]) -> bool:
    expected = row["pil_opens"] == "1" or path.suffix == ".heif"
    try:
        photo = decode.load(path)
    except UnreadableImage:
        return not expected
    if not expected:
        return False
    if row["width"]:
        size = int(row["width"]), int(row["height"])
        if (photo.width, photo.height) != (size[::-1] if int(row["orientation"] or 1) > 4 else size):
            return False
    told = metadata.read_metadata(path)
    if row["gps_lat"]:
        if told.latitude is None or told.longitude is None:
            return False
        if abs(told.latitude - float(row["gps_lat"])) + abs(told.longitude - float(row["gps_lon"])) > 1e-5:
            return False
    taken = row["taken"][:19]
    # A label with second 70 is no time: unknown is right.
    return not taken or taken[17:] >= "60" or f"{told.taken:%Y:%m:%d %H:%M:%S}" == taken


def looks() -> list[Figure]:
    """Hamming distances of the perceptual hash: the same picture saved otherwise, and different pictures."""
    import skimage

    folders = [
        Path(skimage.__file__).parent / "data",
        eval_dir() / "objects_coco288",
    ]
    paths = sorted(p for f in folders for p in f.rglob("*") if p.suffix in (".jpg", ".png"))
    pictures = []
    for path in paths[:120]:
        try:
            pixels = decode.read(path, 1024)
        except UnreadableImage:
            continue
        if pixels.std() > 20 and min(pixels.shape[:2]) >= 100 and path.stem not in _LEFT_OUT:
            pictures.append(pixels)
    own = [hashes.perceptual_hash(p) for p in pictures]
    same = {name: [] for name in ("JPEG q30", "half size", "cut by 10 % a side")}  # type: dict[str, list[int]]
    mirrored = []
    for pixels, value in zip(pictures, own, strict=True):
        out = io.BytesIO()
        Image.fromarray(pixels).save(out, "JPEG", quality=30)
        again = cv2.imdecode(np.frombuffer(out.getvalue(), np.uint8), cv2.IMREAD_COLOR_RGB)
        height, width = pixels.shape[:2]
        cut = pixels[height // 20 : height - height // 20, width // 20 : width - width // 20]
        for name, other in (
            ("JPEG q30", again),
            ("half size", at_most(pixels, width // 2)),
            ("cut by 10 % a side", cut),
        ):
            same[name].append(hashes.distance(value, hashes.perceptual_hash(np.asarray(other, np.uint8))))
        turned = hashes.perceptual_hash(np.ascontiguousarray(pixels[:, ::-1]))
        mirrored.append(min(hashes.distance(v, turned) for v in hashes.perceptual_variants(value)))
    apart = [hashes.distance(a, b) for a, b in itertools.combinations(own, 2)]
    threshold = 10
    near = [d for values in (same["JPEG q30"], same["half size"]) for d in values]
    worst = ", ".join(f"{name} {max(values)}" for name, values in same.items())
    return [
        Figure(
            f"perceptual hash: same picture within {threshold} bits",
            float(np.mean(np.array(near) <= threshold)),
            target=0.99,
            n=len(near),
            note=f"largest distance: {worst}, mirrored {max(mirrored)}",
        ),
        Figure(
            f"perceptual hash: different pictures within {threshold} bits",
            float(np.mean(np.array(apart) <= threshold)),
            target=0.001,
            better="lower",
            n=len(apart),
            note=f"closest pair {min(apart)} bits, median {statistics.median(apart):.0f}",
        ),
    ]
