"""Screenshots and photographed pages, drawn from a seed: truth without anybody's pictures."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

Pixels = NDArray[np.uint8]
Generator = np.random.Generator
Color = tuple[int, int, int]

WORDS = (
    "the",
    "view",
    "of",
    "city",
    "from",
    "tower",
    "morning",
    "light",
    "photo",
    "library",
    "album",
    "invoice",
    "total",
    "amount",
    "date",
    "street",
    "people",
    "open",
    "settings",
    "message",
    "reply",
    "search",
    "result",
    "camera",
    "report",
    "ticket",
    "train",
    "coffee",
    "bread",
    "milk",
)
SIZES = ((390, 844), (412, 915), (1280, 800), (1440, 900), (1024, 768), (820, 1180))


def _words(rng: Generator, count: int) -> str:
    return " ".join(str(rng.choice(WORDS)) for _ in range(count)).capitalize()


def _text(draw: ImageDraw.ImageDraw, at: tuple[float, float], text: str, size: int, color: Color) -> None:
    draw.text(at, text, fill=color, font=ImageFont.load_default(size))


def _color(rng: Generator, low: int, high: int) -> Color:
    return (int(rng.integers(low, high)), int(rng.integers(low, high)), int(rng.integers(low, high)))


def _chat(
    draw: ImageDraw.ImageDraw, rng: Generator, size: tuple[int, int], ink: Color, accent: Color
) -> None:
    y = 90
    while y < size[1] - 90:
        lines = int(rng.integers(1, 4))
        width = int(size[0] * rng.uniform(0.35, 0.7))
        mine = bool(rng.integers(2))
        x = size[0] - width - 16 if mine else 16
        draw.rounded_rectangle(
            (x, y, x + width, y + 18 + 22 * lines), 14, fill=accent if mine else (120, 120, 125)
        )
        for line in range(lines):
            _text(draw, (x + 12, y + 8 + 22 * line), _words(rng, max(1, width // 75)), 16, (250, 250, 250))
        y += 34 + 22 * lines


def _rows(
    draw: ImageDraw.ImageDraw, rng: Generator, size: tuple[int, int], ink: Color, accent: Color
) -> None:
    height = int(rng.integers(48, 76))
    for y in range(80, size[1] - height, height):
        draw.rounded_rectangle((16, y + 8, 16 + height - 16, y + height - 8), 8, fill=_color(rng, 60, 230))
        _text(draw, (height + 16, y + 8), _words(rng, 3), 18, ink)
        _text(draw, (height + 16, y + 30), _words(rng, 6), 13, (140, 140, 140))
        draw.line((height + 16, y + height, size[0], y + height), fill=(160, 160, 160))


def _code(
    draw: ImageDraw.ImageDraw, rng: Generator, size: tuple[int, int], ink: Color, accent: Color
) -> None:
    for row, y in enumerate(range(70, size[1] - 20, 20)):
        _text(draw, (10, y), str(row + 1), 14, (130, 130, 130))
        x = 50 + 24 * int(rng.integers(0, 4))
        for _ in range(int(rng.integers(0, 7))):
            word = str(rng.choice(WORDS))
            _text(draw, (x, y), word, 15, ink if rng.integers(2) else accent)
            x += 9 * len(word) + 10


def _form(
    draw: ImageDraw.ImageDraw, rng: Generator, size: tuple[int, int], ink: Color, accent: Color
) -> None:
    for y in range(90, size[1] - 120, 84):
        _text(draw, (40, y), _words(rng, 2), 15, ink)
        draw.rectangle((40, y + 22, size[0] - 40, y + 58), outline=(150, 150, 150))
        _text(draw, (50, y + 30), _words(rng, 3), 16, ink)
    draw.rounded_rectangle((40, size[1] - 90, 200, size[1] - 50), 8, fill=accent)
    _text(draw, (60, size[1] - 80), "Continue", 18, (255, 255, 255))


def _article(
    draw: ImageDraw.ImageDraw, rng: Generator, size: tuple[int, int], ink: Color, accent: Color
) -> None:
    margin = int(size[0] * rng.uniform(0.04, 0.2))
    _text(draw, (margin, 80), _words(rng, 4), 30, ink)
    for y in range(140, size[1] - 20, 24):
        if rng.uniform() < 0.88:
            _text(draw, (margin, y), _words(rng, max(3, (size[0] - 2 * margin) // 62)), 16, ink)


LAYOUTS: tuple[Callable[..., None], ...] = (_chat, _rows, _code, _form, _article)


def screenshot(rng: Generator, photos: Sequence[Pixels]) -> Pixels:
    """A drawn screen: chat, list, code, form or article, light or dark, sometimes with a photo in it."""
    size = SIZES[int(rng.integers(len(SIZES)))]
    dark = bool(rng.integers(2))
    ground = _color(rng, 10, 45) if dark else _color(rng, 238, 256)
    ink = (225, 225, 225) if dark else (30, 30, 35)
    accent = _color(rng, 40, 200)
    picture = Image.new("RGB", size, ground)
    draw = ImageDraw.Draw(picture)
    LAYOUTS[int(rng.integers(len(LAYOUTS)))](draw, rng, size, ink, accent)
    draw.rectangle((0, 0, size[0], 56), fill=accent if rng.integers(2) else ground)
    _text(draw, (16, 18), _words(rng, 2), 20, ink)
    _text(draw, (size[0] - 60, 4), f"{rng.integers(24):02}:{rng.integers(60):02}", 13, ink)
    if rng.uniform() < 0.5:
        photo = Image.fromarray(photos[int(rng.integers(len(photos)))])
        side = int(min(size) * rng.uniform(0.3, 0.9))
        photo.thumbnail((side, side))
        picture.paste(
            photo, (int(rng.integers(0, max(1, size[0] - photo.width))), int(rng.integers(60, 200)))
        )
    return _stored(np.asarray(picture), rng, noise=0.0)


def page(rng: Generator, photos: Sequence[Pixels]) -> Pixels:
    """A sheet with text, a table or a receipt, photographed on some ground or scanned, in uneven light."""
    narrow = bool(rng.integers(2))
    size = (420, int(rng.integers(600, 1100))) if narrow else (800, 1100)
    tint = int(rng.integers(225, 256))
    sheet = Image.new("RGB", size, (tint, tint, int(tint * rng.uniform(0.92, 1.0))))
    draw = ImageDraw.Draw(sheet)
    ink = _color(rng, 10, 70)
    height = int(rng.integers(16, 26))
    for y in range(30, size[1] - 40, int(height * 1.6)):
        kind = rng.uniform()
        if kind < 0.1:
            continue
        _text(draw, (30, y), _words(rng, int(rng.integers(2, max(3, size[0] // (5 * height))))), height, ink)
        if kind < 0.45:
            _text(draw, (size[0] - 110, y), f"{rng.uniform(1, 999):.2f}", height, ink)
        if kind > 0.93:
            draw.line((30, y + height + 4, size[0] - 30, y + height + 4), fill=ink, width=2)
    pixels = np.asarray(sheet)
    if rng.uniform() < 0.6:
        pixels = _photographed(pixels, rng, photos[int(rng.integers(len(photos)))])
    return _stored(pixels, rng, noise=float(max(0.0, rng.uniform(-2, 5))))


def _photographed(sheet: Pixels, rng: Generator, ground: Pixels) -> Pixels:
    height, width = sheet.shape[:2]
    outer = (int(width * rng.uniform(1.0, 1.35)), int(height * rng.uniform(1.0, 1.3)))
    table = cv2.GaussianBlur(cv2.resize(ground, outer), (0, 0), 8)
    left, top = (outer[0] - width) / 2, (outer[1] - height) / 2
    corners = np.array([[0, 0], [width, 0], [width, height], [0, height]], np.float32)
    moved = (
        corners + np.array([left, top], np.float32) + rng.normal(0, 0.02 * width, (4, 2)).astype(np.float32)
    )
    matrix = cv2.getPerspectiveTransform(corners, moved)
    seen = cv2.warpPerspective(sheet, matrix, outer)
    mask = cv2.warpPerspective(np.ones((height, width), np.float32), matrix, outer)[..., None]
    mixed = seen * mask + table * (1 - mask)
    x, y = np.meshgrid(np.linspace(-1, 1, outer[0]), np.linspace(-1, 1, outer[1]))
    shade = rng.uniform(0.6, 1.0) + rng.uniform(-0.2, 0.2) * x + rng.uniform(-0.2, 0.2) * y
    return np.clip(mixed * shade[..., None], 0, 255).astype(np.uint8)


def _stored(pixels: Pixels, rng: Generator, noise: float) -> Pixels:
    """The picture after some scaling, noise and JPEG."""
    scale = float(rng.uniform(0.5, 1.0))
    if rng.uniform() < 0.5:
        pixels = np.asarray(
            cv2.resize(pixels, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA), np.uint8
        )
    if noise:
        pixels = np.clip(pixels + rng.normal(0, noise, pixels.shape), 0, 255).astype(np.uint8)
    if rng.uniform() < 0.5:
        quality = [cv2.IMWRITE_JPEG_QUALITY, int(rng.integers(70, 96))]
        data = cv2.imencode(".jpg", pixels[..., ::-1], quality)[1]
        pixels = np.asarray(cv2.imdecode(data, cv2.IMREAD_COLOR), np.uint8)[..., ::-1]
    return np.ascontiguousarray(pixels)
