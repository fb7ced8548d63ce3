"""The features of a bank's photos, described once and kept in its folder."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import islice

import numpy as np

from veduta.errors import UnreadableImage
from veduta.image.decode import load
from veduta.image.photo import Pixels
from veduta.landmarks.bank import Bank, BankError
from veduta.landmarks.feature_store import FeatureStore, Floats
from veduta.landmarks.features import DIMENSION, LOOKS, RECIPE, describe, looks
from veduta.progress import Progress
from veduta.see.trunk import Trunk, shared_trunk

SIDE = 640
"""Longer side, in pixels, at which photos are read to be described."""
_TOGETHER = 16


def name(digest: str, look: str) -> str:
    """What a look at a photo is called in the store."""
    return f"{digest}/{look}"


def store_of(bank: Bank) -> FeatureStore:
    """The bank's store of features."""
    return FeatureStore(bank.folder / "features", DIMENSION, RECIPE)


def describe_photos(
    store: FeatureStore,
    photos: Iterable[tuple[str, str]],
    progress: Progress,
    total: int | None = None,
    trunk: Trunk | None = None,
) -> None:
    """Add every look at photos (content hash, path) that the store lacks; after an interruption, only the rest.

    `total` is their number, to show the progress. Raises BankError for a photo that cannot be read any more.
    """
    progress.begin("describing photos", total)
    stream = iter(photos)
    while part := list(islice(stream, _TOGETHER)):
        pictures: list[Pixels] = []
        names: list[str] = []
        for digest, path in part:
            if all(name(digest, look) in store for look in LOOKS):
                continue
            try:
                pictures += looks(load(path, SIDE).pixels)
            except UnreadableImage as error:
                raise BankError(f"{path}: {error.reason}; run `veduta landmarks bank` again") from error
            names += [name(digest, look) for look in LOOKS]
        if names:
            store.add(names, describe(trunk or shared_trunk(), pictures))
        progress.advance(len(part))
    progress.end()


def means(store: FeatureStore, digests: Sequence[str]) -> Floats:
    """The looks at each photo averaged, at length 1: (n, DIMENSION)."""
    rows = store.get([name(digest, look) for digest in digests for look in LOOKS])
    mean = rows.reshape(len(digests), len(LOOKS), -1).mean(axis=1)
    return np.asarray(mean / np.maximum(np.linalg.norm(mean, axis=1, keepdims=True), 1e-9), np.float32)
