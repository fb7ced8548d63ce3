"""For each term, the photos that have it: arrays in memory, over a mapped file that can be rebuilt.

The documents of the catalog are the truth. Most of them are read from one file beside the catalog; what has
changed since that file was written is kept in small segments on top; a photo counts in its newest one only.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from weakref import WeakKeyDictionary

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import select
from sqlalchemy.orm import Session

from veduta.errors import CatalogError
from veduta.files import replacing
from veduta.library.catalog import Catalog
from veduta.library.schema import Document
from veduta.library.text_index import PAIR, sequence

FILE = Path("index") / "words.bin"
SMALLEST_FILE = 20_000
"""With fewer documents on top than this, no file is written: reading them again is as quick."""
_MAGIC = b"VEDUTAW1"
_MOST_SEGMENTS = 12
_CHUNK = 20_000


@dataclass(frozen=True, slots=True, eq=False)
class Segment:
    """Postings of some documents: photos of term t are `photo[start[t]:start[t + 1]]`, in order."""

    photos: NDArray[np.uint32]
    days: NDArray[np.int32]
    shown: NDArray[np.bool_]
    start: NDArray[np.int64]
    photo: NDArray[np.uint32]
    weight: NDArray[np.uint8]

    def of(self, term: int) -> slice:
        """Where the postings of a term are."""
        if term + 1 >= len(self.start):
            return slice(0, 0)
        return slice(int(self.start[term]), int(self.start[term + 1]))


@dataclass(frozen=True, slots=True, eq=False)
class Postings:
    """All postings at one moment; `size` is one more than the highest photo id.

    `days` (yyyymmdd, 0 unknown) and `shown` are indexed by photo id.
    """

    seq: int
    size: int
    segments: tuple[Segment, ...]
    owner: NDArray[np.int8]
    days: NDArray[np.int32]
    shown: NDArray[np.bool_]

    def photos(self, term: int) -> tuple[NDArray[np.uint32], NDArray[np.uint8]]:
        """The photos that have a term, and its weights there (1 to 255)."""
        found, weights = [], []
        for number, segment in enumerate(self.segments):
            where = segment.of(term)
            if where.start == where.stop:
                continue
            ids, weight = segment.photo[where], segment.weight[where]
            if len(self.segments) > 1:
                own = self.owner[ids] == number
                ids, weight = ids[own], weight[own]
            found.append(ids)
            weights.append(weight)
        if len(found) == 1:
            return found[0], weights[0]
        if not found:
            return np.empty(0, np.uint32), np.empty(0, np.uint8)
        return np.concatenate(found), np.concatenate(weights)

    def count(self, term: int, lowest: int = 0) -> int:
        """How many shown photos have a term with at least this weight."""
        ids, weights = self.photos(term)
        return int(np.count_nonzero(self.shown[ids] & (weights >= lowest)))


class _Keeper:
    """The newest postings of one catalog."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.postings: Postings | None = None
        self.base_seq = 0


_kept: WeakKeyDictionary[Catalog, _Keeper] = WeakKeyDictionary()
_kept_lock = threading.Lock()


def postings(catalog: Catalog, session: Session) -> Postings:
    """The postings as of now; only documents that have changed since the last call are read."""
    with _kept_lock:
        keeper = _kept.setdefault(catalog, _Keeper())
    with keeper.lock:
        latest = sequence(session)
        known = keeper.postings
        if known is not None and known.seq >= latest:
            return known
        if known is None:
            base = _load(catalog.directory / FILE, latest)
            keeper.base_seq = base[0] if base else 0
            known = _assemble(keeper.base_seq, [base[1]] if base else [])
        segments = list(known.segments)
        if len(segments) >= _MOST_SEGMENTS:
            segments = segments[:1] if keeper.base_seq else []
            known = _assemble(keeper.base_seq, segments)
        fresh = _read(session, known.seq)
        segments.append(fresh)
        on_top = sum(len(s.photos) for s in segments[1 if keeper.base_seq else 0 :])
        whole = len(segments[0].photos) if keeper.base_seq else 0
        if on_top > max(SMALLEST_FILE, whole // 5):
            segments = [_read(session, 0)]
            if _save(catalog.directory / FILE, segments[0], latest):
                loaded = _load(catalog.directory / FILE, latest)
                segments = [loaded[1]] if loaded else segments
            keeper.base_seq = latest
        keeper.postings = _assemble(latest, segments)
        return keeper.postings


def _assemble(seq: int, segments: Sequence[Segment]) -> Postings:
    size = 1 + max((int(s.photos[-1]) for s in segments if len(s.photos)), default=0)
    owner = np.full(size, -1, np.int8)
    days = np.zeros(size, np.int32)
    shown = np.zeros(size, bool)
    for number, segment in enumerate(segments):
        owner[segment.photos] = number
        days[segment.photos] = segment.days
        shown[segment.photos] = segment.shown
    return Postings(seq, size, tuple(segments), owner, days, shown)


def _read(session: Session, after: int) -> Segment:
    """The documents that have changed since `after`, as a segment; memory stays near twice its size."""
    chunks = []
    counts = np.zeros(1, np.int64)
    for ids, days, shown, lengths, pairs in _chunks(session, after):
        chunk = np.bincount(pairs["term"], minlength=len(counts))
        if len(chunk) > len(counts):
            counts = np.concatenate([counts, np.zeros(len(chunk) - len(counts), np.int64)])
        counts[: len(chunk)] += chunk
        chunks.append((ids, days, shown, np.repeat(ids, lengths), pairs))
    start = np.zeros(len(counts) + 1, np.int64)
    np.cumsum(counts, out=start[1:])
    cursor = start[:-1].copy()
    photo = np.empty(int(start[-1]), np.uint32)
    weight = np.empty(int(start[-1]), np.uint8)
    columns: tuple[list[Any], list[Any], list[Any]] = ([], [], [])
    for ids, days, shown, owners, pairs in chunks:
        order = np.argsort(pairs["term"], kind="stable")
        terms = pairs["term"][order]
        first = np.flatnonzero(np.diff(terms, prepend=np.uint32(0xFFFFFFFF)) != 0)
        sizes = np.diff(first, append=len(terms))
        rank = np.arange(len(terms)) - np.repeat(first, sizes)
        target = cursor[terms] + rank
        photo[target] = owners[order]
        weight[target] = pairs["weight"][order]
        cursor[terms[first]] += sizes
        for column, values in zip(columns, (ids, days, shown), strict=True):
            column.append(values)
    if not chunks:
        return Segment(np.empty(0, np.uint32), np.empty(0, np.int32), np.empty(0, bool), start, photo, weight)
    all_ids, all_days, all_shown = (np.concatenate(column) for column in columns)
    return Segment(all_ids, all_days, all_shown, start, photo, weight)


def _chunks(session: Session, after: int) -> Iterator[tuple[Any, ...]]:
    statement = select(Document.photo_id, Document.day, Document.shown, Document.terms)
    if after:
        statement = statement.where(Document.seq > after)
    rows = session.execute(statement.order_by(Document.photo_id).execution_options(yield_per=_CHUNK))
    for part in rows.partitions(_CHUNK):
        ids, days, shown, blobs = zip(*part, strict=True)
        lengths = np.fromiter((len(blob) // PAIR.itemsize for blob in blobs), np.int64, len(blobs))
        pairs = np.frombuffer(b"".join(blobs), dtype=PAIR)
        yield np.array(ids, np.uint32), np.array(days, np.int32), np.array(shown, bool), lengths, pairs


def _save(path: Path, segment: Segment, seq: int) -> bool:
    """Write the file; false where the library cannot be written."""
    arrays = [getattr(segment, name) for name in Segment.__slots__]
    head = json.dumps({"seq": seq, "arrays": [[a.dtype.str, len(a)] for a in arrays]}).encode()
    try:
        with replacing(path) as temporary, temporary.open("wb") as out:
            out.write(_MAGIC + len(head).to_bytes(8, "little") + head)
            for array in arrays:
                out.write(bytes(-out.tell() % 64))
                array.tofile(out)
    except OSError:
        return False
    return True


def _load(path: Path, latest: int) -> tuple[int, Segment] | None:
    """The file's sequence number and segment; None without one, or when damaged or newer than the catalog."""
    try:
        with path.open("rb") as file:
            if file.read(8) != _MAGIC:
                return None
            length = int.from_bytes(file.read(8), "little")
            head = json.loads(file.read(length))
        if head["seq"] > latest:  # the catalog was restored from an older backup
            return None
        whole = np.memmap(path, mode="r", dtype=np.uint8)
        offset, arrays = 16 + length, []
        for dtype, count in head["arrays"]:
            offset += -offset % 64
            end = offset + count * np.dtype(dtype).itemsize
            if end > len(whole):
                return None
            arrays.append(np.asarray(whole[offset:end]).view(dtype))
            offset = end
        return int(head["seq"]), Segment(*arrays)
    except (OSError, ValueError, KeyError, TypeError):
        return None


def check(catalog: Catalog) -> None:
    """Raise CatalogError when the postings differ from the documents of the catalog."""
    with catalog.session() as session:
        kept = postings(catalog, session)
        truth = _assemble(kept.seq, [_read(session, 0)])
    terms = max((len(s.start) for s in (*kept.segments, *truth.segments)), default=1) - 1
    for term in range(terms):
        a, b = kept.photos(term), truth.photos(term)
        order = np.argsort(a[0])
        if not (np.array_equal(a[0][order], b[0]) and np.array_equal(a[1][order], b[1])):
            raise CatalogError(f"{catalog.directory / FILE}: out of step with the catalog: delete it")
