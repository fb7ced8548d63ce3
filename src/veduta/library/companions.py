"""Files that accompany photos: sidecars, and the films of live photos."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from pathlib import Path

from veduta.errors import VedutaError
from veduta.image import video
from veduta.image.formats import PHOTO_SUFFIXES

SIDECAR = ".xmp"
_LIVE_PHOTO, _LIVE_FILM = frozenset({".heic", ".heif", ".jpg", ".jpeg"}), frozenset({".mov", ".mp4"})
_LIVE_SECONDS = 6.0

Stems = dict[str, list[str]]


def is_sidecar(path: str) -> bool:
    """Whether a file is a sidecar, by its name."""
    return path.lower().endswith(SIDECAR)


def stems(paths: Iterable[str]) -> Stems:
    """Photo files of a folder by their paths without suffix."""
    found: Stems = {}
    for path in paths:
        stem, suffix = os.path.splitext(path)  # noqa: PTH122
        if suffix.lower() in PHOTO_SUFFIXES:
            found.setdefault(stem, []).append(path)
    return found


def photos_of(sidecar: str, photos: Stems) -> Sequence[str]:
    """The photo files that a sidecar is about: "a.jpg.xmp" about one, "a.xmp" about all called so."""
    stem = os.path.splitext(sidecar)[0]  # noqa: PTH122
    if stem in photos.get(os.path.splitext(stem)[0], ()):  # noqa: PTH122
        return [stem]
    return photos.get(stem, [])


def accompanied(path: str, photos: Stems) -> Sequence[str]:
    """The photo files that a file accompanies; none when it stands for itself. A film is opened for that."""
    if is_sidecar(path):
        return photos_of(path, photos)
    stem, suffix = os.path.splitext(path)  # noqa: PTH122
    if suffix.lower() in _LIVE_FILM and stem in photos and _short(path):
        stills = [p for p in photos[stem] if os.path.splitext(p)[1].lower() in _LIVE_PHOTO]  # noqa: PTH122
        return stills[:1]
    return []


def _short(path: str) -> bool:
    try:
        return video.probe(Path(path)).duration <= _LIVE_SECONDS
    except (VedutaError, OSError):
        return False
