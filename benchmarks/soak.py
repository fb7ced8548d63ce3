"""Memory over thousands of photos: the real pipeline must hold no more at the end than after the first ones."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

import cv2
import numpy as np

from benchmarks.figure import Figure
from benchmarks.photographs import pictures

PHOTOS = int(os.environ.get("VEDUTA_SOAK", "10000"))
SIDE = 480
EVERY = 100


def small_photos(folder: Path, count: int) -> None:
    """`count` different small JPEGs: crops of real pictures in many shapes, so that no cache helps."""
    sources = [image for path in pictures(48) if (image := cv2.imread(str(path))) is not None]
    dice = np.random.default_rng(7)
    for number in range(count):
        image = sources[number % len(sources)]
        width, height = (int(dice.integers(SIDE // 2, SIDE)) for _ in range(2))
        scale = max(width / image.shape[1], height / image.shape[0]) * float(dice.uniform(1.0, 1.6))
        large = cv2.resize(image, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
        left, top = (int(dice.integers(0, m + 1)) for m in (large.shape[1] - width, large.shape[0] - height))
        path = folder / f"{number // 1000:02d}" / f"{number:05d}.jpg"
        path.parent.mkdir(parents=True, exist_ok=True)
        cv2.imwrite(str(path), large[top : top + height, left : left + width], [cv2.IMWRITE_JPEG_QUALITY, 85])


def resident() -> float:
    """Resident memory of this process, in MB."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


class Sampler:
    """A progress that notes the memory every hundred analyzed photos."""

    def __init__(self) -> None:
        self.samples: list[float] = []
        self._done = 0
        self._analyzing = False

    def begin(self, what: str, total: int | None = None) -> None:
        """Note which stage begins."""
        self._analyzing = what == "analyzing"

    def advance(self, steps: int = 1) -> None:
        """Note the memory."""
        before, self._done = self._done, self._done + steps * self._analyzing
        if self._done // EVERY > before // EVERY:
            self.samples.append(resident())

    def end(self) -> None:
        """Nothing is noted at the end."""


def soak(folder: Path, library: Path) -> dict[str, object]:
    """Add a folder; the samples of memory and the numbers of the status."""
    from veduta.library.add import add_photos
    from veduta.library.catalog import Catalog

    sampler = Sampler()
    with Catalog.open(library) as catalog:
        told = add_photos(catalog, [folder], progress=sampler)
    return {"samples": sampler.samples, "done": told.done, "failed": told.failed}


def growth(samples: Sequence[float]) -> float:
    """MB from the second tenth of the samples to the last tenth, by their means."""
    tenth = max(1, len(samples) // 10)
    return float(np.mean(samples[-tenth:]) - np.mean(samples[tenth : 2 * tenth]))


def measure() -> list[Figure]:
    """Peak and growth of memory."""
    with TemporaryDirectory() as temporary:
        small_photos(Path(temporary) / "photos", PHOTOS)
        run = subprocess.run(
            [sys.executable, "-m", "benchmarks.soak", f"{temporary}/photos", f"{temporary}/library"],
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            check=True,
            cwd=Path(__file__).parents[1],
        )
    told = json.loads(run.stdout.splitlines()[-1])
    samples = told["samples"]
    note = f"{told['done']} done, {told['failed']} failed"
    return [
        Figure("soak: peak memory", max(samples), "MB", target=1500.0, better="lower", n=PHOTOS, note=note),
        Figure("soak: growth of memory", growth(samples), "MB", target=100.0, better="lower", n=PHOTOS),
    ]


if __name__ == "__main__":
    print(json.dumps(soak(Path(sys.argv[1]), Path(sys.argv[2]))))
