"""Photos to findings: each worker decodes a few photos once and shows them to every recognizer.

The workers are as many as the processor has cores, and each network runs on one core for each of them:
while one worker decodes another infers, so no core waits. The catalog is written by the thread that drives
the workers.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Event, Lock

import cv2
import numpy as np

from veduta.errors import UnreadableImage
from veduta.image import decode, hashes, thumbnails, video
from veduta.image.photo import Photo, Pixels, at_most
from veduta.library.catalog import Catalog
from veduta.library.record import THUMBNAILS, Analysis, Looks
from veduta.library.suspects import Journal
from veduta.see.recognizer import Recognizer
from veduta.settings import settings


class StoppedError(Exception):
    """The work was asked to stop; what is done is kept."""


@dataclass(frozen=True, slots=True)
class Todo:
    """A photo with something to do: its files, and the recognizers that have not looked at it."""

    photo_id: int
    hash: str
    media: str
    paths: tuple[str, ...]
    recognizers: frozenset[str]
    position: tuple[float, float] | None = None  # degrees, where the metadata tell it


class Stopwatch:
    """Seconds spent in each stage, summed over the workers."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}
        self._lock = Lock()

    @contextmanager
    def measuring(self, stage: str) -> Iterator[None]:
        """Count the time until the end of the block for `stage`."""
        start = time.perf_counter()
        try:
            yield
        finally:
            with self._lock:
                self.seconds[stage] = self.seconds.get(stage, 0.0) + time.perf_counter() - start


class Pipeline:
    """Decodes and analyzes batches of photos on `workers` threads."""

    def __init__(
        self,
        catalog: Catalog,
        recognizers: Sequence[Recognizer],
        journal: Journal,
        workers: int,
        stop: Event,
    ) -> None:
        self._catalog = catalog
        self._recognizers = recognizers
        self._journal = journal
        self._workers = workers
        self._stop = stop
        self.stopwatch = Stopwatch()

    def run(self, todos: Iterator[list[Todo]], write: Callable[[list[Analysis], int], None]) -> None:
        """Analyze batch after batch; `write` gets the analyses, and the size of the batch they come from.

        At most one batch waits for each worker. An exception, also a keyboard interrupt, ends the work at
        once; what has been written stays, the rest is still to do.
        """
        pool = ThreadPoolExecutor(self._workers, "analyze")
        running: dict[Future[list[Analysis]], list[Todo]] = {}
        try:
            more = True
            while more or running:
                while more and len(running) < self._workers + 1:
                    batch = next(todos, None)
                    if batch is None or self._stop.is_set():
                        more = False
                        break
                    self._journal.begin(path for todo in batch for path in todo.paths)
                    running[pool.submit(self._analyze, batch)] = batch
                ready, _ = wait(running, return_when=FIRST_COMPLETED)
                for future in ready:
                    batch = running.pop(future)
                    analyses = future.result()
                    with self.stopwatch.measuring("write"):
                        write(analyses, len(batch))
                    self._journal.end(path for todo in batch for path in todo.paths)
        except StoppedError:
            pass
        finally:
            self._stop_workers(pool)

    def _stop_workers(self, pool: ThreadPoolExecutor) -> None:
        stopped = self._stop.is_set()
        self._stop.set()
        pool.shutdown(wait=True, cancel_futures=True)
        if not stopped:
            self._stop.clear()

    def _analyze(self, batch: list[Todo]) -> list[Analysis]:
        out: list[Analysis] = []
        photos: list[tuple[Todo, Analysis, Photo]] = []
        for todo in batch:
            if self._stop.is_set():
                raise StoppedError
            analysis = Analysis(todo.photo_id, list(todo.paths))
            with self.stopwatch.measuring("decode"):
                photo = _load(todo, analysis)
            if photo is not None:
                photo.position = todo.position
                if THUMBNAILS in todo.recognizers:
                    with self.stopwatch.measuring("thumbnails"):
                        analysis.looks = self._look(todo, photo)
                photos.append((todo, analysis, photo))
                out.append(analysis)
            elif analysis.unreadable:
                analysis.failures = {(r.name, r.version): "" for r in self._recognizers}
                out.append(analysis)
        for recognizer in self._recognizers:
            if self._stop.is_set():
                raise StoppedError
            wanting = [
                (analysis, photo) for todo, analysis, photo in photos if recognizer.name in todo.recognizers
            ]
            if wanting:
                with self.stopwatch.measuring(recognizer.name):
                    _show(recognizer, wanting)
        return out

    def _look(self, todo: Todo, photo: Photo) -> Looks:
        paths = {side: self._catalog.thumbnail(todo.hash, side) for side in thumbnails.SIDES}
        large = _slightly_smaller(photo.pixels, max(paths))
        thumbnails.write_thumbnails(large, paths)
        small = at_most(large, min(paths))
        red, green, blue = (round(v) for v in cv2.mean(small)[:3])
        return Looks(hashes.perceptual_hash(small), f"#{red:02x}{green:02x}{blue:02x}")


def _slightly_smaller(pixels: Pixels, side: int) -> Pixels:
    """The longer side brought to `side`; linear where that is not much less: a fifth of the time of
    averaging.
    """
    longer = max(pixels.shape[:2])
    if not side < longer < 1.6 * side:
        return at_most(pixels, side)
    size = (max(1, round(pixels.shape[1] * side / longer)), max(1, round(pixels.shape[0] * side / longer)))
    smaller: Pixels = np.asarray(cv2.resize(pixels, size, interpolation=cv2.INTER_LINEAR), np.uint8)
    return smaller


def _load(todo: Todo, analysis: Analysis) -> Photo | None:
    """Decode the first of a photo's files that can be; None when none can, with the reasons in `analysis`."""
    for path in todo.paths:
        try:
            if todo.media == "video":
                pixels: Pixels = video.first_frame(Path(path))
                return Photo(pixels, pixels.shape[1], pixels.shape[0], None)
            return decode.load(Path(path), settings().analysis_side)
        except UnreadableImage as error:
            reason = error.reason
        except MemoryError:
            reason = "too large for this machine's memory"
        # What a strange file provokes in a reader concerns that file alone.
        except Exception as error:
            reason = f"cannot be read ({type(error).__name__}: {error})"
        # A file that has gone, with its drive perhaps, is not a bad one: it stays to do.
        if os.path.isfile(path):  # noqa: PTH113
            analysis.unreadable[path] = reason
    return None


def _show(recognizer: Recognizer, wanting: Sequence[tuple[Analysis, Photo]]) -> None:
    """Show photos to a recognizer; when it fails, one by one, so that only those it fails on are failed."""
    key = (recognizer.name, recognizer.version)
    try:
        seen = recognizer.see([photo for _, photo in wanting])
        if len(seen) != len(wanting):
            raise ValueError(f"{len(seen)} lists of findings for {len(wanting)} photos")
    # A recognizer may be anybody's: whatever it raises concerns these photos only.
    except Exception as error:
        if len(wanting) == 1:
            wanting[0][0].failures[key] = f"{type(error).__name__}: {error}"
        else:
            for one in wanting:
                _show(recognizer, [one])
        return
    for (analysis, _), findings in zip(wanting, seen, strict=True):
        analysis.findings[key] = list(findings)
