"""Photos as cameras make them, out of pictures at hand: 12 megapixels, realistic JPEG quality and noise."""

from __future__ import annotations

from itertools import islice
from pathlib import Path

import cv2
import numpy as np

from benchmarks.figure import eval_dir

# What is on people's phones, roughly: places and things, people, and some text.
MIXTURE = (
    ("landmarks/others/train", 12),
    ("objects_coco288", 5),
    ("faces", 4),
    ("ocr_scene_icdar15", 3),
)


def pictures(count: int) -> list[Path]:
    """Pictures in the proportions of the mixture; without the evaluation folder, those that packages ship."""
    try:
        root = eval_dir()
    except FileNotFoundError:
        import skimage

        data = Path(skimage.__file__).parent / "data"
        names = (
            "astronaut.png",
            "coffee.png",
            "chelsea.png",
            "rocket.jpg",
            "hubble_deep_field.jpg",
            "page.png",
        )
        return [data / names[i % len(names)] for i in range(count)]
    groups = [(sorted(_images(root / folder)), share) for folder, share in MIXTURE]
    whole = sum(share for _, share in groups)
    out: list[Path] = []
    for found, share in groups:
        step = max(1, len(found) * whole // (count * share))
        out += islice(found[::step], max(1, count * share // whole))
    return out[:count]


def _images(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.suffix.lower() in {".jpg", ".jpeg", ".png"}]


def photograph(source: Path, target: Path, seed: int, width: int = 4000, height: int = 3000) -> Path:
    """A photo of the given size that shows the middle of `source`: enlarged, with sensor noise, JPEG
    quality 92.
    """
    pixels = cv2.imread(str(source), cv2.IMREAD_COLOR)
    scale = max(width / pixels.shape[1], height / pixels.shape[0])
    size = (round(pixels.shape[1] * scale), round(pixels.shape[0] * scale))
    large = cv2.resize(pixels, size, interpolation=cv2.INTER_CUBIC)
    left, top = (size[0] - width) // 2, (size[1] - height) // 2
    large = large[top : top + height, left : left + width]
    noise = np.random.default_rng(seed).normal(0, 2.5, (height, width, 1)).astype(np.float32)
    noisy = np.clip(large + noise, 0, 255).astype(np.uint8)
    target.parent.mkdir(parents=True, exist_ok=True)
    cv2.imwrite(str(target), noisy, [cv2.IMWRITE_JPEG_QUALITY, 92])
    return target


def roll(folder: Path, count: int, offset: int = 0) -> list[Path]:
    """`count` different photos of 12 megapixels in `folder`."""
    chosen = pictures(count + offset)[offset:] if offset else pictures(count)
    return [
        photograph(source, folder / f"IMG_{i:04d}.jpg", 1000 * offset + i) for i, source in enumerate(chosen)
    ]
