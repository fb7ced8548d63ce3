"""A small library of real photographs, looked at by recognizers that say what is known of them."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import pytest
from fastapi.testclient import TestClient
from PIL import Image

from veduta.image.photo import Photo
from veduta.library.add import add_photos
from veduta.library.catalog import Catalog
from veduta.see.finding import Finding
from veduta.see.recognizer import Recognizer
from veduta.server.app import create_app

HERE = "http://127.0.0.1:8484"
PASSWORD = "correct horse battery"
# name -> (day taken, latitude, longitude)
FACTS = {
    "astronaut.jpg": ("2021:05:01 10:00:00", 48.8566, 2.3522),
    "astronaut2.jpg": ("2021:05:01 11:00:00", 48.8570, 2.3530),
    "coffee.jpg": ("2021:05:02 09:00:00", 41.9028, 12.4964),
    "chelsea.jpg": ("2020:12:24 18:00:00", 41.9030, 12.4970),
    "rocket.jpg": ("2019:07:16 13:32:00", 28.5729, -80.6490),
    "camera.jpg": (None, None, None),
    "text.jpg": (None, None, None),
}


def degrees(value: float) -> tuple[float, float, float]:
    """An angle as EXIF keeps it."""
    value = abs(value)
    minutes = value % 1 * 60
    return float(int(value)), float(int(minutes)), minutes % 1 * 60


def save(pixels: Image.Image, path: Path, when: str | None, lat: float | None, lon: float | None) -> None:
    """A JPEG with time and position."""
    exif = Image.Exif()
    exif[0x010F], exif[0x0110] = "Veduta", "Test camera"
    if when is not None:
        exif.get_ifd(0x8769)[0x9003] = when
    if lat is not None and lon is not None:
        gps = exif.get_ifd(0x8825)
        gps[1], gps[2] = "N" if lat >= 0 else "S", degrees(lat)
        gps[3], gps[4] = "E" if lon >= 0 else "W", degrees(lon)
    pixels.convert("RGB").save(path, quality=88, exif=exif)


class Known:
    """Says of each photo what its name tells: an astronaut has a face, chelsea is a cat."""

    name = "known"
    version = "1"

    def see(self, photos: Sequence[Photo]) -> list[list[Finding]]:
        """Findings by file name."""
        return [self._of(photo) for photo in photos]

    def _of(self, photo: Photo) -> list[Finding]:
        stem = photo.path.stem if photo.path is not None else ""
        small = photo.at_side(32)[:8, :8].astype(np.float32).ravel() - 100
        vector = (small / np.linalg.norm(small)).astype(np.float32)
        found = [Finding("likeness", "likeness", 1.0, "likeness", "1", vector=vector)]
        if stem.startswith("astronaut"):
            face = np.zeros(128, np.float32)
            face[0] = 1
            box = (0.4 * photo.width, 0.1 * photo.height, 0.15 * photo.width, 0.2 * photo.height)
            found.append(Finding("face", "face", 0.99, self.name, "1", box=box, vector=face))
            found.append(Finding("person", "person", 0.95, self.name, "1", box=box))
        if stem == "chelsea":
            found.append(Finding("object", "cat", 0.9, self.name, "1", box=(50, 50, 200, 200)))
            found.append(Finding("label", "tabby", 0.8, self.name, "1", extra={"parents": ["cat", "animal"]}))
        if stem == "text":
            box = (1.0, 1.0, 60.0, 20.0)
            found.append(Finding("text", "text", 0.9, self.name, "1", box=box, text="region based"))
        return found


def make_photos(folder: Path, photographs: Path) -> None:
    """The folder of the library: photographs, one named in another encoding, one that is broken."""
    folder.mkdir(parents=True)
    for name, facts in FACTS.items():
        stem = "astronaut" if name == "astronaut2.jpg" else name.removesuffix(".jpg")
        [source] = [p for p in photographs.iterdir() if p.stem == stem and p.suffix in (".png", ".jpg")]
        with Image.open(source) as pixels:
            shown = (
                pixels.crop((0, 0, pixels.width - 8, pixels.height)) if name == "astronaut2.jpg" else pixels
            )
            save(shown, folder / name, *facts)
    with Image.open(photographs / "grass.png") as grass:
        grass.convert("RGB").resize((300, 200)).save(folder / "scan.tif")
    with Image.open(photographs / "brick.png") as brick:
        brick.convert("RGB").resize((320, 200)).save(folder / "brick.jpg")
    shutil.copyfile(folder / "brick.jpg", folder / "copy of brick.jpg")
    (folder / "brick.jpg").rename(os.fsdecode(os.fsencode(folder) + b"/br\xfcck.jpg"))
    (folder / "broken.jpg").write_bytes((folder / "coffee.jpg").read_bytes()[:300])


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory, photographs: Path) -> Path:
    """A library and its photos, made once: `library` and `photos` in the folder given."""
    root = tmp_path_factory.mktemp("served")
    make_photos(root / "photos", photographs)
    recognizers: list[Recognizer] = [Known()]
    with Catalog.open(root / "library") as catalog:
        status = add_photos(catalog, [root / "photos"], recognizers)
    assert status.pending == 0
    assert status.photos == len(FACTS) + 2
    return root


@pytest.fixture
def root(made: Path, tmp_path: Path) -> Path:
    """A copy of the library that a test may change; the photos are those of `made`."""
    shutil.copytree(made / "library", tmp_path / "library")
    return tmp_path


@pytest.fixture
def client(root: Path) -> Iterator[TestClient]:
    """The library served to this machine, without a password."""
    app = create_app(root / "library", background=False)
    with TestClient(app, base_url=HERE, headers={"X-Veduta": "1"}) as client:
        yield client


@pytest.fixture
def ids(client: TestClient) -> dict[str, int]:
    """The numbers of the photos by name."""
    return {photo["name"]: photo["id"] for photo in client.get("/api/photos").json()["photos"]}
