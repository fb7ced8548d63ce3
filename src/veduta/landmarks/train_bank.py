"""A bank as examples to train on: its features described once, or its pictures read as they are needed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from veduta.image.decode import load
from veduta.image.photo import Pixels
from veduta.landmarks.bank import Bank, BankPhoto
from veduta.landmarks.bank_features import describe_photos, name, store_of
from veduta.landmarks.feature_store import FeatureStore
from veduta.landmarks.features import LOOKS
from veduta.landmarks.landmark import Landmark
from veduta.landmarks.train_examples import Floats, Integers
from veduta.landmarks.train_recipe import TrainingError
from veduta.landmarks.wide_resnet import DEVIATION, MEAN
from veduta.progress import Progress
from veduta.see.trunk import Trunk


@dataclass(frozen=True)
class Roll:
    """The kept photos of a bank: what is small enough to hold for millions of them.

    `ids` (n,) in the bank, `hashes` (n,) of their content, `labels` (n,): index into `landmarks`, or their number.
    """

    landmarks: list[Landmark]
    regions: list[str]
    region: Integers
    ids: Integers
    hashes: NDArray[np.bytes_]
    labels: Integers


def roll(bank: Bank, regions: Sequence[str] = ()) -> Roll:
    """List the photos to train on; the curriculum takes `regions` first, then the others, largest first.

    Photos without a landmark are those of the bank's training split. Raises TrainingError for a region that the bank
    does not have, or a bank with photos of fewer than two landmarks.
    """
    listed = {landmark.id: landmark for landmark in bank.landmarks()}
    photos: list[tuple[int, bytes, str]] = [
        (photo.id, (photo.hash or "").encode(), photo.landmark)
        for chosen in (bank.photos(), bank.photos(""))
        for photo in chosen
        if photo.landmark or photo.split == "train"
    ]
    sizes = Counter(listed[landmark].region for _, _, landmark in photos if landmark)
    for region in regions:
        if region not in sizes:
            raise TrainingError(f"the bank has no region {region!r}; it has {', '.join(sorted(sizes))}")
    order = [*regions, *sorted((r for r in sizes if r not in regions), key=lambda r: (-sizes[r], r))]
    present = {landmark for _, _, landmark in photos if landmark}
    if len(present) < 2:
        raise TrainingError(
            f"{bank.folder}: kept photos of {len(present)} landmarks; training needs two at least"
        )
    landmarks = [landmark for name, landmark in sorted(listed.items()) if name in present]
    number = {landmark.id: index for index, landmark in enumerate(landmarks)}
    return Roll(
        landmarks,
        order,
        np.array([order.index(landmark.region) for landmark in landmarks], np.int64),
        np.array([photo[0] for photo in photos], np.int64),
        np.array([photo[1] for photo in photos], np.bytes_),
        np.array([number.get(photo[2], len(landmarks)) for photo in photos], np.int64),
    )


def photo_of(bank: Bank, number: int) -> BankPhoto:
    """The photo with an id."""
    path = bank.one("SELECT path FROM photos WHERE id = ?", (number,))
    photo = None if path is None else bank.find(path)
    if photo is None:
        raise TrainingError(
            f"{bank.folder}: photo {number} is gone; the bank has changed since the training began"
        )
    return photo


@dataclass(frozen=True)
class Described:
    """Features in a store: one look at each photo, drawn at random while training."""

    store: FeatureStore
    hashes: NDArray[np.bytes_]

    def __len__(self) -> int:
        return len(self.hashes)

    def take(self, rows: Integers, random: np.random.Generator | None) -> Floats:
        """Vectors (k, DIMENSION)."""
        drawn = [0] * len(rows) if random is None else random.integers(0, len(LOOKS), len(rows)).tolist()
        return self.store.get(
            [name(self.hashes[row].decode(), LOOKS[look]) for row, look in zip(rows, drawn, strict=True)]
        )


def described(bank: Bank, listed: Roll, trunk: Trunk | None, progress: Progress) -> Described:
    """Describe every look at every photo that the bank's store lacks; after an interruption, only the rest."""
    store = store_of(bank)
    pairs = ((digest.decode(), number) for digest, number in zip(listed.hashes, listed.ids, strict=True))
    paths = ((digest, str(photo_of(bank, int(number)).path)) for digest, number in pairs)
    describe_photos(store, paths, progress, trunk=trunk)
    return Described(store, listed.hashes)


def varied(pixels: Pixels, side: int, random: np.random.Generator | None) -> Floats:
    """A normalized square (3, side, side): a random crop, mirrored at times, brighter or darker; else the whole."""
    height, width = pixels.shape[:2]
    light = 1.0
    if random is not None:
        area, ratio = random.uniform(0.35, 1.0) * height * width, np.exp(random.uniform(-0.3, 0.3))
        tall = min(height, max(1, round(float(np.sqrt(area / ratio)))))
        broad = min(width, max(1, round(float(np.sqrt(area * ratio)))))
        top, left = random.integers(0, height - tall + 1), random.integers(0, width - broad + 1)
        pixels = pixels[top : top + tall, left : left + broad]
        if random.random() < 0.5:
            pixels = pixels[:, ::-1]
        light = random.uniform(0.75, 1.25)
    resized = cv2.resize(np.ascontiguousarray(pixels), (side, side), interpolation=cv2.INTER_AREA)
    values = np.clip(resized.astype(np.float32) * light, 0, 255)
    normal = (values - np.array(MEAN, np.float32)) / np.array(DEVIATION, np.float32)
    return np.ascontiguousarray(normal.transpose(2, 0, 1))


@dataclass(frozen=True)
class Pictures:
    """Pictures read from their files when they are needed, for a trunk that is trained as well."""

    bank: Bank
    ids: Integers
    side: int

    def __len__(self) -> int:
        return len(self.ids)

    def take(self, rows: Integers, random: np.random.Generator | None) -> Floats:
        """Pixels (k, 3, side, side), normalized RGB."""
        paths: list[Path] = [photo_of(self.bank, int(self.ids[row])).path for row in rows]
        return np.stack([varied(load(path, 2 * self.side).pixels, self.side, random) for path in paths])
