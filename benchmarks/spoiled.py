"""Real pictures spoiled in scripted, seeded ways: what the cleaning of a picture set is measured on."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from benchmarks.quality_fit import exposed, faded

Pixels = NDArray[np.uint8]
Random = np.random.Generator


def jpeg(pixels: Pixels, quality: int = 90) -> bytes:
    """The picture as a JPEG file."""
    out = io.BytesIO()
    Image.fromarray(pixels).save(out, "JPEG", quality=quality)
    return out.getvalue()


def bytes_of(photo: Path) -> bytes:
    """The file as it is."""
    return photo.read_bytes()


def broken(photo: bytes, rng: Random) -> bytes:
    """The file cut off, empty, overwritten, replaced by text, or with a header of 60,000 x 60,000 pixels."""
    way = int(rng.integers(0, 8))
    if way < 4:
        return photo[: int(len(photo) * rng.uniform(0.05, 0.95))]
    if way == 4:
        return b""
    if way == 5:
        return b"<html><body>404 Not Found</body></html>\n" * int(rng.integers(1, 40))
    if way == 6:
        return bytes(rng.integers(0, 256, int(rng.integers(100, 20_000)), np.uint8))
    return bomb()


def bomb() -> bytes:
    """A PNG whose header tells of 3.6 billion pixels."""
    import struct
    import zlib

    def chunk(name: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))

    head = struct.pack(">IIBBBBB", 60_000, 60_000, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", head)
        + chunk(b"IDAT", zlib.compress(bytes(5000)))
        + chunk(b"IEND", b"")
    )


def blurred(pixels: Pixels, rng: Random) -> Pixels:
    """Out of focus (Gaussian or disk), or moved, by a part of the longer side; noise of the camera after it."""
    side = max(pixels.shape[:2])
    way = int(rng.integers(0, 3))
    if way == 0:
        soft = cv2.GaussianBlur(pixels, (0, 0), side * rng.uniform(0.01, 0.035))
    elif way == 1:
        radius = side * rng.uniform(0.018, 0.06)
        soft = cv2.filter2D(pixels, -1, _disk(radius))
    else:
        soft = cv2.filter2D(pixels, -1, _path(side * rng.uniform(0.07, 0.2), rng.uniform(0, np.pi)))
    noise = rng.normal(0, rng.uniform(0, 2), pixels.shape)
    return np.clip(soft + noise, 0, 255).astype(np.uint8)


def _disk(radius: float) -> NDArray[np.float32]:
    half = int(np.ceil(radius))
    y, x = np.mgrid[-half : half + 1, -half : half + 1]
    kernel = np.clip(radius + 0.5 - np.hypot(x, y), 0, 1)
    return (kernel / kernel.sum()).astype(np.float32)


def _path(length: float, angle: float) -> NDArray[np.float32]:
    half = int(np.ceil(length / 2))
    y, x = np.mgrid[-half : half + 1, -half : half + 1]
    along = x * np.cos(angle) + y * np.sin(angle)
    across = np.abs(-x * np.sin(angle) + y * np.cos(angle))
    kernel = np.clip(length / 2 + 0.5 - np.abs(along), 0, 1) * np.clip(1 - across, 0, 1)
    return (kernel / kernel.sum()).astype(np.float32)


def dark(pixels: Pixels, rng: Random) -> Pixels:
    """Underexposed by 3.2 to 5.5 stops, or multiplied by 0.08 to 0.25."""
    if rng.integers(0, 2):
        return exposed(pixels, -float(rng.uniform(3.2, 5.5)))
    return (pixels * rng.uniform(0.08, 0.25) + 0.5).astype(np.uint8)


def bright(pixels: Pixels, rng: Random) -> Pixels:
    """Overexposed by 3 to 4.5 stops, or washed out toward white."""
    if rng.integers(0, 2):
        return exposed(pixels, float(rng.uniform(3.0, 4.5)))
    return (255 - (255 - pixels.astype(np.float32)) * rng.uniform(0.08, 0.25)).astype(np.uint8)


def plain(pixels: Pixels, rng: Random) -> Pixels:
    """Meaningless: one color, two colors running into each other, noise alone, or hardly any contrast left."""
    height, width = pixels.shape[:2]
    way = int(rng.integers(0, 4))
    if way == 0:
        made = np.ones((height, width, 1)) * rng.uniform(0, 255, 3)
    elif way == 1:
        along = np.linspace(0, 1, width)[None, :, None] * np.ones((height, 1, 1))
        made = along * rng.uniform(0, 255, 3) + (1 - along) * rng.uniform(0, 255, 3)
        made = made if rng.integers(0, 2) else made[:, ::-1]
    elif way == 2:
        return rng.integers(0, 256, (height, width, 3), np.uint8)
    else:
        return faded(pixels, float(rng.uniform(0.02, 0.07)))
    return np.clip(made + rng.normal(0, rng.uniform(0, 3), made.shape), 0, 255).astype(np.uint8)


def odd(pixels: Pixels, rng: Random) -> Pixels:
    """Shrunk to a postage stamp, cut to a strip, or stretched into one."""
    height, width = pixels.shape[:2]
    way = int(rng.integers(0, 3))
    if way == 0:
        side = rng.uniform(12, 30)
        scale = side / max(height, width)
        size = (max(4, round(width * scale)), max(4, round(height * scale)))
        return np.asarray(cv2.resize(pixels, size, interpolation=cv2.INTER_AREA), np.uint8)
    ratio = rng.uniform(4.5, 10)
    if way == 1:
        rows = max(8, round(width / ratio))
        top = int(rng.integers(0, height - rows))
        made = pixels[top : top + rows]
    else:
        made = np.asarray(cv2.resize(pixels, (round(height * ratio), height), interpolation=cv2.INTER_CUBIC))
    return np.ascontiguousarray(made if rng.integers(0, 2) else made.transpose(1, 0, 2))


def near(pixels: Pixels, rng: Random) -> Pixels:
    """The same picture as somebody else would save it: smaller, cropped, brighter, with a mark, mirrored, turned."""
    made = pixels.astype(np.float32)
    height, width = pixels.shape[:2]
    way = int(rng.integers(0, 5))
    if way == 1:
        cut = rng.uniform(0.0, 0.06, 4)
        made = made[
            int(cut[0] * height) : height - int(cut[1] * height),
            int(cut[2] * width) : width - int(cut[3] * width),
        ]
    elif way == 2:
        made = (made - 128) * rng.uniform(0.8, 1.2) + 128 + rng.uniform(-25, 25)
    elif way == 3:
        made = made + rng.normal(0, rng.uniform(3, 8), made.shape)
    elif way == 4:
        cv2.putText(
            made,
            "sample",
            (width // 12, height // 6),
            cv2.FONT_HERSHEY_SIMPLEX,
            width / 300,
            (255, 255, 255),
            1,
        )
    made = np.clip(made, 0, 255)
    scale = float(rng.choice([1.0, rng.uniform(0.5, 1.0), rng.uniform(1.0, 1.5)]))
    if scale != 1:
        how = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
        made = np.clip(cv2.resize(made, None, fx=scale, fy=scale, interpolation=how), 0, 255)
    turn = int(rng.integers(0, 8))
    if turn < 3:
        turn = 0
    found = np.rot90(made, turn % 4)
    if turn >= 4:
        found = found[:, ::-1]
    return np.ascontiguousarray(found).astype(np.uint8)


PIXEL_WAYS: dict[str, Callable[[Pixels, Random], Pixels]] = {
    "blurred": blurred,
    "dark": dark,
    "bright": bright,
    "plain": plain,
    "size": odd,
}
