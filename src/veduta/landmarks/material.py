"""What an atlas is made of, from a bank: the features of its kept photos, and photos without landmarks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from veduta.landmarks.atlas import Atlas, AtlasError
from veduta.landmarks.atlas_build import LEAST_OTHERS, Corners, Material
from veduta.landmarks.bank import Bank, BankPhoto
from veduta.landmarks.bank_features import SIDE, describe_photos, name, store_of
from veduta.landmarks.closer import MOST
from veduta.landmarks.compact import whole
from veduta.landmarks.feature_store import FeatureStore, Floats
from veduta.landmarks.features import LOOKS
from veduta.progress import Progress, Silent
from veduta.see.trunk import Trunk

CORNERS = 512
"""Corners kept of a photo; they take 36 bytes each."""

CALIBRATION = ("calibration", "validation", "val", "valid")


def gather(
    bank: Bank,
    progress: Progress | None = None,
    notes: Mapping[str, Any] | None = None,
    corners: bool = True,
    trunk: Trunk | None = None,
) -> Material:
    """The material of an atlas of `bank`; what was described before is not described again.

    Photos without a landmark come from the bank: those of its calibration part, else every third, set the thresholds,
    and all others are the background. A bank that has fewer than 40 takes those of the shipped atlas, as numbers.
    With `corners` those of each photo are kept for the second look. Raises AtlasError and BankError.
    """
    progress = progress or Silent()
    store = store_of(bank)
    landmarks = list(bank.landmarks())
    rows = {landmark.id: row for row, landmark in enumerate(landmarks)}
    photos = [photo for photo in bank.photos() if photo.hash and photo.split not in ("test", *CALIBRATION)]
    photos.sort(key=lambda photo: (rows[photo.landmark], photo.hash or ""))
    if not photos:
        raise AtlasError(
            f"{bank.folder}: no kept photos of any landmark; import some, or put back what was dropped"
        )
    others = [photo for photo in bank.photos("") if photo.hash and photo.split != "test"]
    described = [*photos, *others]
    pairs = [(photo.hash or "", str(photo.path)) for photo in described]
    describe_photos(store, pairs, progress, len(pairs), trunk)
    calibration = [photo for photo in others if photo.split in CALIBRATION] or others[::3]
    chosen = {photo.id for photo in calibration}
    background = [photo for photo in others if photo.id not in chosen]
    if min(len(background), len(calibration)) < LEAST_OTHERS:
        shipped = Atlas.open("default")
        sets = [whole(shipped.arrays, part) for part in ("background", "calibration")]
        asked: list[BankPhoto] = []
    else:
        sets = [_whole(store, background), _whole(store, calibration)]
        asked = calibration
    looks = [name(photo.hash or "", look) for photo in photos for look in LOOKS]
    many = len(LOOKS)
    return Material(
        landmarks,
        store.get(looks),
        np.repeat([rows[photo.landmark] for photo in photos], many).astype(np.int32),
        np.tile([True] + [False] * (many - 1), len(photos)),
        np.repeat([photo.reference for photo in photos], many),
        sets[0],
        sets[1],
        _corners(photos, many, CORNERS, progress) if corners else {},
        _corners(asked, 1, MOST, progress) if corners else {},
        notes or {},
    )


def _whole(store: FeatureStore, photos: Sequence[BankPhoto]) -> Floats:
    return store.get([name(photo.hash or "", LOOKS[0]) for photo in photos])


def _corners(photos: Sequence[BankPhoto], looks: int, most: int, progress: Progress) -> Corners:
    """Packed corners and sizes of photos by their row among vectors of so many looks each; none without the network."""
    from veduta.errors import ModelUnavailable
    from veduta.image.decode import load
    from veduta.see.corners import LocalFeatures

    try:
        local = LocalFeatures(most=most, matcher="nearest")
    except ModelUnavailable:
        return {}
    found: Corners = {}
    progress.begin("finding corners", len(photos))
    for index, photo in enumerate(photos):
        corners = local.extract(load(Path(photo.path), SIDE).pixels, SIDE)
        found[index * looks] = (corners.packed(), corners.size)
        progress.advance()
    progress.end()
    return found
