"""Looking at the files of a set, several at once, each one time."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from importlib.resources import files
from io import BytesIO
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from veduta.errors import UnreadableImage
from veduta.image.decode import load
from veduta.image.hashes import content_hash
from veduta.image.photo import Photo
from veduta.learn.set_measures import SIDE, measured
from veduta.learn.set_state import Looked, SetState
from veduta.progress import Progress
from veduta.see.likeness import LikenessRecognizer
from veduta.see.trunk import shared_trunk

Embed = Callable[[Sequence[Photo]], NDArray[np.float32]]
"""Photos to vectors (n, d) of unit length, or to several side by side whose sizes `widths` of it tells."""

_AT_ONCE = 32
_SMALLEST = 3  # pixels; below that there is nothing to measure


class Described:
    """Two vectors of unit length side by side, both from one pass of the packaged network.

    What a photo is like (see veduta.see.likeness), and what of ImageNet's classes is in it: scenes are told better by
    the latter, buildings by the former.
    """

    def __init__(self) -> None:
        """Raises ModelUnavailable where the network was not pulled."""
        self._likeness = LikenessRecognizer(shared_trunk())
        data = np.load(BytesIO((files("veduta.learn") / "data" / "contents.npz").read_bytes()))
        self._mean, self._matrix = (data[name].astype(np.float32) for name in ("mean", "matrix"))
        self.widths = (self._likeness.width, self._matrix.shape[1])

    def __call__(self, photos: Sequence[Photo]) -> NDArray[np.float32]:
        """Vectors (n, sum of `widths`)."""
        sights = shared_trunk().look(photos)
        seen = contents(np.stack([sight.logits for sight in sights]))
        return np.hstack([self._likeness.vectors(sights), unit((seen - self._mean) @ self._matrix)])


def contents(logits: NDArray[np.float32]) -> NDArray[np.float32]:
    """Logits (n, classes) as vectors of unit length: which classes more than others, however surely."""
    return unit(logits - logits.mean(axis=1, keepdims=True))


def unit(vectors: NDArray[np.float32]) -> NDArray[np.float32]:
    """The same directions at length 1."""
    return np.asarray(vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-9), np.float32)


def look_at_all(
    state: SetState, root: Path, embed: Embed | None, progress: Progress, threads: int | None = None
) -> None:
    """Look at every file that was not looked at yet; what is done is kept whatever happens then."""
    total = state.open_count()
    progress.begin("looking at pictures", total)
    batch: list[tuple[int, Looked, Photo | None]] = []
    for entry in _looked(state, root, threads or max(1, os.cpu_count() or 1)):
        batch.append(entry)
        if len(batch) >= _AT_ONCE:
            _keep(state, batch, embed)
            progress.advance(len(batch))
            batch = []
    _keep(state, batch, embed)
    progress.end()


def _looked(state: SetState, root: Path, threads: int) -> Iterator[tuple[int, Looked, Photo | None]]:
    """Results in order, while the next files are read; never more than a few in memory."""
    waiting: deque[tuple[int, Future[tuple[Looked, Photo | None]]]] = deque()
    with ThreadPoolExecutor(threads) as pool:
        try:
            for number, path in state.open_files():
                waiting.append((number, pool.submit(look, root / path)))
                if len(waiting) > 2 * threads:
                    first, result = waiting.popleft()
                    yield first, *result.result()
            while waiting:
                first, result = waiting.popleft()
                yield first, *result.result()
        finally:
            for _, result in waiting:
                result.cancel()


def look(path: Path) -> tuple[Looked, Photo | None]:
    """Digest, size, measures and cells of one file; the reason where it cannot be read to its end."""
    try:
        photo = load(path, SIDE)
        digest = content_hash(path)
    except UnreadableImage as error:
        return Looked(error=error.reason), None
    if photo.format == "video":
        return Looked(error="a video, not a picture"), None
    damage = next((note for note in photo.notes if note.startswith("damaged")), None)
    if damage is not None:
        return Looked(error=damage), None
    if min(photo.pixels.shape[:2]) < _SMALLEST:
        return Looked(error=f"{photo.width} x {photo.height} pixels: too small to show anything"), None
    measures, cells = measured(photo.pixels)
    found = Looked(None, photo.width, photo.height, bytes.fromhex(digest), measures.packed(), cells.tobytes())
    return found, photo


def _keep(state: SetState, batch: Sequence[tuple[int, Looked, Photo | None]], embed: Embed | None) -> None:
    vectors: dict[int, bytes] = {}
    if embed is not None:
        readable = [(number, photo) for number, _, photo in batch if photo is not None]
        if readable:
            rows = embed([photo for _, photo in readable]).astype(np.float16)
            vectors = {number: row.tobytes() for (number, _), row in zip(readable, rows, strict=True)}
    state.put([(number, _with(found, vectors.get(number))) for number, found, _ in batch])


def _with(found: Looked, vector: bytes | None) -> Looked:
    if vector is None:
        return found
    return Looked(found.error, found.width, found.height, found.digest, found.measures, found.cells, vector)
