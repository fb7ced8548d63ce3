"""Photos near to a vector: exact in small libraries, compressed with exact refinement in large ones.

Vectors live in the catalog; an index is kept in memory and, when it is large, in a file beside the catalog
that can be rebuilt at any time. Large libraries are searched in codes of 4 bits per dimension pair (PCA to
256 dimensions, then product quantization), and the best candidates are compared again exactly, with vectors
read from the catalog. Every index belongs to one space: vectors of different recognizers or versions are
never compared.
"""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any
from weakref import WeakKeyDictionary

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from veduta.files import replacing
from veduta.library.catalog import Catalog
from veduta.library.schema import Document, VectorRow
from veduta.library.text_index import sequence

EXACT = 20_000
"""Up to this many vectors are kept whole and compared exactly."""
CANDIDATES = 400
"""So many of the best by their codes are compared exactly."""
_TRAINING = 12_000
_REDUCED = 256
_CHUNK = 4096
_BATCH = 900
_MAGIC = b"VEDUTAV1"

Vectors = NDArray[np.float32]
Ids = NDArray[np.int64]


class VectorIndex:
    """The vectors of one space of a catalog."""

    def __init__(self, directory: Path, space: str) -> None:
        self.space = space
        self._path = directory / "index" / f"{re.sub(r'[^A-Za-z0-9.]+', '-', space)}.vectors"
        self._lock = threading.Lock()
        self._seq = -1
        self._base_ids: Ids = np.empty(0, np.int64)
        self._codes: Any = None  # faiss index over _base_ids, in large libraries
        self._changed: set[int] = set()  # photos that are newer than the codes
        self._ids: Ids = np.empty(0, np.int64)
        self._whole: Vectors = np.empty((0, 0), np.float32)

    def nearest(self, session: Session, query: Vectors, limit: int) -> tuple[Ids, Vectors]:
        """The `limit` photos nearest to `query` (unit length, float32 (size,)), and their cosines, best
        first.
        """
        with self._lock:
            self._refresh(session)
            ids, whole, codes, base, changed = (
                self._ids,
                self._whole,
                self._codes,
                self._base_ids,
                self._changed,
            )
        query = np.asarray(query, np.float32)
        scores = whole @ query if len(ids) else np.empty(0, np.float32)
        if codes is not None:
            wanted = min(max(CANDIDATES, 4 * limit), len(base))
            _, rows = codes.search(query[None], wanted)
            near = [int(i) for i in base[rows[0][rows[0] >= 0]] if int(i) not in changed]
            exact_ids, exact = read(session, self.space, near)
            ids = np.concatenate([ids, exact_ids])
            scores = np.concatenate([scores, exact @ query if len(exact_ids) else np.empty(0, np.float32)])
        order = np.lexsort((-ids, -scores))[:limit]
        return ids[order], scores[order]

    def size(self, session: Session) -> int:
        """How many photos have a vector in this space."""
        with self._lock:
            self._refresh(session)
            return len(self._base_ids) + len(self._ids)

    def _refresh(self, session: Session) -> None:
        latest = sequence(session)
        if latest == self._seq:
            return
        if self._seq < 0:
            self._seq = self._load(latest)
        since = self._seq
        fresh = set(session.scalars(select(Document.photo_id).where(Document.seq > since)))
        total = len(self._base_ids) + len(self._ids) + len(fresh)
        if since == 0 or len(self._ids) + len(fresh) > max(EXACT, len(self._base_ids) // 5):
            self._build(session, total)
        else:
            ids, vectors = read(session, self.space, sorted(fresh))
            kept = ~np.isin(self._ids, np.fromiter(fresh, np.int64, len(fresh)))
            self._ids, whole = np.concatenate([self._ids[kept], ids]), self._whole[kept]
            self._whole = np.concatenate([part for part in (whole, vectors) if len(part)] or [whole])
            if len(self._base_ids):
                self._changed = self._changed | fresh
        self._seq = latest
        if self._codes is not None and not self._path.exists():
            self._save(latest)

    def _build(self, session: Session, guess: int) -> None:
        """Read all vectors again."""
        self._codes, self._base_ids, self._changed = None, np.empty(0, np.int64), set()
        count = session.scalar(
            select(func.count()).select_from(VectorRow).where(VectorRow.space == self.space)
        )
        if (count or 0) <= EXACT:
            parts = list(every(session, self.space))
            self._ids = np.concatenate([ids for ids, _ in parts]) if parts else np.empty(0, np.int64)
            self._whole = np.concatenate([v for _, v in parts]) if parts else np.empty((0, 0), np.float32)
            return
        self._ids, self._whole = np.empty(0, np.int64), np.empty((0, 0), np.float32)
        self._codes, self._base_ids = _encode(session, self.space, count or guess)
        self._path.unlink(missing_ok=True)

    def _save(self, seq: int) -> None:
        import faiss

        data = faiss.serialize_index(self._codes)
        head = json.dumps({"seq": seq, "space": self.space, "ids": len(self._base_ids)}).encode()
        try:
            with replacing(self._path) as temporary, temporary.open("wb") as out:
                out.write(_MAGIC + len(head).to_bytes(8, "little") + head)
                self._base_ids.astype("<i8").tofile(out)
                data.tofile(out)
        except OSError:
            return  # a library that cannot be written is searched all the same

    def _load(self, latest: int) -> int:
        """Read the file; its sequence number, or 0 when there is none that fits."""
        try:
            data = self._path.read_bytes()
            if data[:8] != _MAGIC:
                return 0
            length = int.from_bytes(data[8:16], "little")
            head = json.loads(data[16 : 16 + length])
            if head["space"] != self.space or head["seq"] > latest:
                return 0
            start = 16 + length
            end = start + 8 * head["ids"]
            import faiss

            ids = np.frombuffer(data[start:end], "<i8").astype(np.int64)
            codes = faiss.deserialize_index(np.frombuffer(data[end:], np.uint8))
            if codes.ntotal != len(ids):
                return 0
        except (OSError, ValueError, KeyError, RuntimeError):
            return 0
        self._base_ids, self._codes = ids, codes
        return int(head["seq"])


def _encode(session: Session, space: str, count: int) -> tuple[Any, Ids]:
    """Codes of all vectors of a space, and the photos they belong to; memory stays near the codes' size."""
    import faiss

    step = max(1, count // _TRAINING)
    sample = np.concatenate([vectors[::step] for _, vectors in every(session, space)])
    size = sample.shape[1]
    reduced = min(_REDUCED, size // 2 * 2)
    codes = faiss.index_factory(size, f"PCAR{reduced},PQ{reduced // 2}x4fs", faiss.METRIC_INNER_PRODUCT)
    codes.train(sample)
    del sample
    all_ids = []
    for ids, vectors in every(session, space):
        codes.add(vectors)
        all_ids.append(ids)
    return codes, np.concatenate(all_ids)


def every(session: Session, space: str) -> Iterator[tuple[Ids, Vectors]]:
    """All vectors of a space in the order of photos, in chunks."""
    last = -1
    raw = session.connection()
    while True:
        rows = raw.execute(
            select(VectorRow.photo_id, func.substr(VectorRow.data, 1).label("data"))
            .where(VectorRow.space == space, VectorRow.photo_id > last)
            .order_by(VectorRow.photo_id)
            .limit(_CHUNK)
        ).all()
        if not rows:
            return
        ids = np.array([row[0] for row in rows], np.int64)
        yield ids, _matrix([row[1] for row in rows])
        last = int(ids[-1])


def read(session: Session, space: str, photo_ids: Sequence[int]) -> tuple[Ids, Vectors]:
    """The vectors of some photos in a space: ids (n,) and float32 (n, size); photos without one are left
    out.
    """
    ids: list[int] = []
    data: list[bytes] = []
    for start in range(0, len(photo_ids), _BATCH):
        rows = session.execute(
            select(VectorRow.photo_id, func.substr(VectorRow.data, 1)).where(
                VectorRow.space == space, VectorRow.photo_id.in_(photo_ids[start : start + _BATCH])
            )
        )
        for photo_id, blob in rows:
            ids.append(photo_id)
            data.append(blob)
    if not ids:
        return np.empty(0, np.int64), np.empty((0, 0), np.float32)
    return np.array(ids, np.int64), _matrix(data)


def _matrix(blobs: Sequence[Any]) -> Vectors:
    """Stored vectors as float32 of unit length."""
    if isinstance(blobs[0], np.ndarray):
        vectors = np.stack(blobs).astype(np.float32)
    else:
        vectors = np.frombuffer(b"".join(blobs), "<f2").reshape(len(blobs), -1).astype(np.float32)
    length = np.linalg.norm(vectors, axis=1, keepdims=True)
    unit: Vectors = vectors / np.maximum(length, 1e-12)
    return unit


_kept: WeakKeyDictionary[Catalog, dict[str, VectorIndex]] = WeakKeyDictionary()
_kept_lock = threading.Lock()


def vector_index(catalog: Catalog, space: str) -> VectorIndex:
    """The index of a space of a catalog; made at the first use."""
    with _kept_lock:
        spaces = _kept.setdefault(catalog, {})
        if space not in spaces:
            spaces[space] = VectorIndex(catalog.directory, space)
        return spaces[space]
