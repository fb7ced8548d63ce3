"""Files with flipped bytes: never a crash, a hang, a leak, a foreign exception or a word on the terminal."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image

from tests.image import samples

ROOT = Path(__file__).parents[2]
VARIANTS = 5_400
WORKERS = 2
LARGEST = 40_000  # bytes of a real file that is worth varying


def made(folder: Path) -> None:
    """One small file of each format that can be written here."""
    picture = samples.gradient(48, 32)
    rgb = Image.fromarray(picture)
    exif = samples.exif_block(
        [samples.short(0x0112, 6), samples.ascii_text(0x0110, "Box")],
        [samples.ascii_text(0x9003, "2024:05:01 12:30:00"), samples.rational(0x829A, (1, 60))],
        [samples.ascii_text(1, "N"), samples.rational(2, (52, 1), (30, 1), (0, 1))],
    )
    xmp = samples.xmp_packet(
        "<xmp:Rating>3</xmp:Rating><dc:subject><rdf:Bag><rdf:li>a</rdf:li></rdf:Bag></dc:subject>"
    )
    files = {
        "plain.jpg": samples.jpeg_with(exif, xmp, picture),
        "progressive.jpg": samples.encode(picture, "JPEG", progressive=True),
        "gray.jpg": samples.encode(rgb.convert("L"), "JPEG"),
        "cmyk.jpg": samples.encode(rgb.convert("CMYK"), "JPEG"),
        "plain.png": samples.encode(picture, "PNG", exif=b"Exif\0\0" + exif),
        "palette.png": samples.encode(rgb.quantize(16), "PNG"),
        "alpha.png": samples.encode(rgb.convert("RGBA"), "PNG"),
        "deep.png": samples.encode(
            Image.fromarray(np.arange(1024, dtype=np.uint16).reshape(32, 32) * 64), "PNG"
        ),
        "lossy.webp": samples.encode(picture, "WEBP", exif=exif, xmp=xmp),
        "lossless.webp": samples.encode(rgb.convert("RGBA"), "WEBP", lossless=True),
        "plain.avif": samples.encode(picture, "AVIF", speed=10),
        "plain.tif": samples.encode(picture, "TIFF"),
        "lzw.tif": samples.encode(picture, "TIFF", compression="tiff_lzw"),
        "jpeg.tif": samples.encode(picture, "TIFF", compression="jpeg"),
        "fax.tif": samples.encode(rgb.convert("1"), "TIFF", compression="group4"),
        "plain.bmp": samples.encode(picture, "BMP"),
        "plain.gif": samples.encode(rgb, "GIF"),
        "plain.jp2": samples.encode(picture, "JPEG2000"),
        "plain.tga": samples.encode(picture, "TGA"),
        "plain.dng": samples.dng(32, 24),
        "preview.dng": samples.dng(32, 24, preview=samples.encode(samples.gradient(24, 18), "JPEG")),
    }
    for name, data in files.items():
        (folder / name).write_bytes(data)
    for name, code in (("film.mp4", "mp4v"), ("film.avi", "MJPG")):
        writer = cv2.VideoWriter(str(folder / name), cv2.VideoWriter.fourcc(*code), 10, (48, 32))
        for _ in range(3):
            writer.write(picture)
        writer.release()


def real(folder: Path, eval_dir: Path) -> None:
    """Small real files: of each suffix the first few."""
    taken: dict[str, int] = {}
    for part in ("formats_exif_gps", "formats_pillow_tests"):
        for path in sorted((eval_dir / part).rglob("*")):
            suffix = path.suffix.lower()
            if (
                path.is_file()
                and 0 < path.stat().st_size <= LARGEST
                and suffix != ".csv"
                and taken.get(suffix, 0) < 4
            ):
                taken[suffix] = taken.get(suffix, 0) + 1
                (folder / f"real-{taken[suffix]}{suffix}").write_bytes(path.read_bytes())


def test_damaged_files_are_refused_or_read(tmp_path: Path, request: pytest.FixtureRequest) -> None:
    seeds, work = tmp_path / "seeds", tmp_path / "work"
    seeds.mkdir()
    work.mkdir()
    made(seeds)
    folder = Path(os.environ.get("VEDUTA_EVAL", ROOT.parent / "shared" / "eval"))
    if folder.is_dir():
        real(seeds, folder)
    environment = {**os.environ, "VEDUTA_MAX_PIXELS": "4000000", "OMP_NUM_THREADS": "1"}
    runs = [
        subprocess.Popen(
            [
                sys.executable,
                "-m",
                "tests.image.fuzzer",
                str(seeds),
                str(work),
                str(s),
                str(VARIANTS // WORKERS),
            ],
            cwd=ROOT,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for s in range(WORKERS)
    ]
    for run in runs:
        out, err = run.communicate(timeout=360)
        left = [p.name for p in work.iterdir()]
        assert run.returncode == 0, f"died with {run.returncode} at {left}:\n{err[-3000:]}"
        assert err == "", f"words on the terminal:\n{err[:2000]}"
        told = json.loads(out)
        assert told["count"] == VARIANTS // WORKERS
        assert told["told"]["read"] > 0
        assert told["told"]["refused"] > 0
        assert told["growth"] < 120 << 20, f"memory grew by {told['growth'] >> 20} MB"
