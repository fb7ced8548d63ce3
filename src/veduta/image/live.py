"""Live photos: a still and the few seconds of film that belong to it, IMG_1.HEIC and IMG_1.MOV."""

from __future__ import annotations

from pathlib import Path

from veduta.errors import UnreadableImage
from veduta.image import blocks, film, formats
from veduta.image.source import Source

STILLS = frozenset((".heic", ".heif", ".jpg", ".jpeg"))
FILMS = frozenset((".mov", ".mp4"))
_LONGEST = 6.0  # seconds


def is_companion(still: Path, movie: Path) -> bool:
    """Whether `movie` is the film of the live photo `still`.

    They carry the same identifier when an iPhone made them; without identifiers the same name and a film of
    at most 6 seconds decide. Files that cannot be read belong to nothing.
    """
    if still.suffix.lower() not in STILLS or movie.suffix.lower() not in FILMS or still.stem != movie.stem:
        return False
    try:
        with Source(movie) as source:
            told = film.read(source)
        with Source(still) as source:
            found = blocks.find(source, formats.sniff(source.at(0, 512)))
    except UnreadableImage:
        return False
    own = found.exif.identifier if found.exif else None
    if own is not None and told.identifier is not None:
        return own == told.identifier
    return told.duration is not None and told.duration <= _LONGEST


def companion(still: Path) -> Path | None:
    """The film beside a live photo; None when it is an ordinary photo."""
    for suffix in sorted(FILMS):
        for spelled in (suffix, suffix.upper()):
            movie = still.with_suffix(spelled)
            if movie.is_file() and is_companion(still, movie):
                return movie
    return None
