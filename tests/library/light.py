"""Recognizers that cost nothing, and folders of small pictures, for tests of the library."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np

from veduta.image.photo import Photo
from veduta.see.finding import Finding


class Light:
    """Says whether a photo is bright, and sees a face and a line of text in each."""

    name = "light"

    def __init__(self, version: str = "1") -> None:
        self.version = version
        self.shown: list[Path | None] = []

    def see(self, photos: Sequence[Photo]) -> list[list[Finding]]:
        self.shown += [photo.path for photo in photos]
        return [self._see(photo) for photo in photos]

    def _see(self, photo: Photo) -> list[Finding]:
        mean = cv2.resize(photo.pixels, (4, 4), interpolation=cv2.INTER_AREA).astype(np.float32).ravel() + 1
        vector = mean / np.linalg.norm(mean)
        word = "bright" if mean.mean() > 128 else "dark"
        box = (1.0, 2.0, photo.width / 2, photo.height / 2)
        return [
            Finding("label", word, 0.9, self.name, self.version, vector=vector, extra={"parents": ["light"]}),
            Finding(
                "face", "face", 0.8, self.name, self.version, box=box, extra={"landmarks": np.ones((5, 2))}
            ),
            Finding("text", "text", 0.7, self.name, self.version, box=box, text=f"a {word} day"),
        ]


class Moody(Light):
    """Fails on wide photos."""

    name = "moody"

    def see(self, photos: Sequence[Photo]) -> list[list[Finding]]:
        if any(photo.width >= 2 * photo.height for photo in photos):
            raise RuntimeError("too wide for me")
        return super().see(photos)


def picture(seed: int, width: int = 96, height: int = 64) -> np.ndarray:
    """A smooth random picture."""
    coarse = np.random.default_rng(seed).integers(0, 255, (6, 8, 3), dtype=np.uint8)
    return cv2.resize(coarse, (width, height), interpolation=cv2.INTER_CUBIC)


def write_picture(path: Path, seed: int, width: int = 96, height: int = 64) -> Path:
    """Write a random picture; the format is the suffix's."""
    path.parent.mkdir(parents=True, exist_ok=True)
    done, data = cv2.imencode(path.suffix, picture(seed, width, height))
    assert done
    path.write_bytes(data.tobytes())
    return path


def fill(folder: Path, count: int) -> Path:
    """A folder of `count` photos, and of what else is found in folders: twins, broken files, odd names,
    sidecars.
    """
    for index in range(count):
        write_picture(folder / f"{index % 3}" / f"p{index:03d}.jpg", index, 96 + index % 30)
    write_picture(folder / "wide.png", 900, 200, 60)
    (folder / "twin.jpg").write_bytes((folder / "0" / "p000.jpg").read_bytes())
    (folder / "cut.jpg").write_bytes((folder / "1" / "p001.jpg").read_bytes()[:300])
    (folder / "empty.jpg").write_bytes(b"")
    (folder / "liar.png").write_text("no picture at all")
    (folder / "notes.txt").write_text("no picture either")
    odd = Path(os.fsdecode(os.fsencode(folder) + b"/caf\xe9.jpg"))
    write_picture(folder / "odd.jpg", 901).rename(odd)
    (folder / "0" / "p003.jpg.xmp").write_text(
        '<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
        '<rdf:Description xmlns:xmp="http://ns.adobe.com/xap/1.0/" xmp:Rating="4"/></rdf:RDF></x:xmpmeta>'
    )
    return folder
