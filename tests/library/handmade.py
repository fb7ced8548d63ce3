"""A library written by hand: photos with findings, faces and vectors, without pictures and recognizers."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np

from veduta.library import places, text_index
from veduta.library.catalog import Catalog
from veduta.library.record import Analysis, record
from veduta.library.schema import FileRow, Folder, Keyword, PhotoRow
from veduta.see.finding import Finding


class Handmade:
    """Adds photos to a catalog, each as an import would."""

    def __init__(self, directory: Path) -> None:
        self.catalog = Catalog.open(directory)
        with self.catalog.write() as session:
            session.add(Folder(path="/photos"))

    def photo(
        self,
        name: str,
        findings: Iterable[Finding] = (),
        taken: str | None = None,
        keywords: Sequence[str] = (),
        position: tuple[float, float] | None = None,
        **columns: Any,
    ) -> int:
        """Add one photo; its id."""
        when = None if taken is None else datetime.fromisoformat(taken)
        with self.catalog.write() as session:
            photo = PhotoRow(
                **{"hash": name, "width": 400, "height": 300, "format": "jpeg", "bytes": 1000, **columns},
                taken=when,
                day=None if when is None else int(when.strftime("%Y%m%d")),
                month_day=None if when is None else int(when.strftime("%m%d")),
                latitude=position[0] if position else None,
                longitude=position[1] if position else None,
            )
            session.add(photo)
            session.flush()
            places.locate(session, photo)
            session.add(
                FileRow(photo_id=photo.id, folder_id=1, path=f"/photos/{name}.jpg", bytes=1000, mtime_ns=1)
            )
            session.add_all(Keyword(photo_id=photo.id, word=word, source="user") for word in keywords)
            session.flush()
            self._record(session, photo.id, findings)
            if "people_count" in columns:
                counted = session.get(PhotoRow, photo.id, populate_existing=True)
                assert counted is not None
                counted.people_count = columns["people_count"]
                text_index.update(session, [photo.id])
        return photo.id

    def see_again(self, photo_id: int, findings: Iterable[Finding]) -> None:
        """Replace the findings of a photo, as a new analysis does."""
        with self.catalog.write() as session:
            self._record(session, photo_id, findings)

    def _record(self, session: Any, photo_id: int, findings: Iterable[Finding]) -> None:
        by: dict[tuple[str, str], list[Finding]] = {}
        for finding in findings:
            by.setdefault((finding.recognizer, finding.version), []).append(finding)
        record(session, [Analysis(photo_id, ["/x"], findings=by)])
        text_index.update(session, [photo_id])


def seen(kind: Any, name: str, score: float = 0.9, **more: Any) -> Finding:
    """A finding of the recognizer named after its kind."""
    return Finding(kind, name, score, {"person": "object"}.get(kind, kind), "1", **more)


def read(text: str, score: float = 0.9) -> Finding:
    """A line of text."""
    return Finding("text", "text", score, "text", "1", box=(0, 0, 10, 10), text=text)


def unit(*numbers: float) -> np.ndarray:
    """A vector of unit length."""
    vector = np.array(numbers, np.float32)
    return vector / np.linalg.norm(vector)


def face(vector: np.ndarray | None, x: float = 10.0, version: str = "1", side: float = 50.0) -> Finding:
    """A face of 50 x 50 pixels at x; without a vector, one too small to tell whose it is."""
    return Finding("face", "face", 0.9, "faces", version, box=(x, 10.0, side, side), vector=vector)


def identities(count: int, each: int, spread: float = 0.2, seed: int = 0) -> np.ndarray:
    """Vectors of `each` faces of `count` people, float32 (count, each, 128): cosines near 1 / (1 + spread**2)."""
    rng = np.random.default_rng(seed)
    centers = rng.standard_normal((count, 1, 128))
    vectors = centers + spread * rng.standard_normal((count, each, 128))
    return (vectors / np.linalg.norm(vectors, axis=2, keepdims=True)).astype(np.float32)
