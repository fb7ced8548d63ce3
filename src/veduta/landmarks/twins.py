"""Photos that a bank holds several times: copies of a file, and the same picture saved again, mirrored or not.

Also across the parts of a bank, so that no test photo was trained on; one of each group stays.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from pathlib import PurePath
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components

from veduta.errors import UnreadableImage
from veduta.image.decode import load
from veduta.image.looks import hash_pairs
from veduta.landmarks.bank import Bank, State
from veduta.progress import Progress, Silent

_ORIENTATIONS = 2
"""Upright and mirrored: photos of banks come turned, but hardly ever one picture in several ways."""
_ALIKE = 0.85
"""Least correlation of the brightness of doubles. Hashes alone are not enough where so many photos show a domed
building under a sky: of 1290 photos, eight pairs of different ones within 6 bits correlate by at most 0.74, and all
doubles by at least 0.90.
"""
_SIDE = 256
_BATCH = 500
_HELD_OUT = ("test", "val", "validation", "valid", "calibration")

Verdict = tuple[int, State, str, float | None]


def drop_twins(bank: Bank, progress: Progress | None = None) -> int:
    """Drop all but one of each group of equal photos; returns how many were dropped.

    Of a group stay the photo of a held-out part before one to train on, then the largest, then the first by path.
    A picture that stands under several landmarks is dropped everywhere: nobody can tell which of them it shows. One
    that also stands among the photos without landmarks is dropped where it stands under one.
    What a person or the cleaning decided stays as it is.
    """
    progress = progress or Silent()
    readable = (
        "hash IS NOT NULL AND state != 'pending' AND judge IN ('bank', '') AND why NOT LIKE 'too small%'"
    )
    with bank.writing() as connection:
        connection.execute(f"UPDATE photos SET state = 'kept', why = '' WHERE {readable}")
    progress.begin("looking for doubles")
    dropped = 0
    for how, groups in (("the same file as", _copies(bank)), ("looks the same as", _alike(bank))):
        batch: list[Verdict] = []
        for group in groups:
            batch += _verdicts(bank, group, how)
            if len(batch) >= _BATCH:
                bank.judge(batch, "bank")
                dropped += len(batch)
                batch = []
        bank.judge(batch, "bank")
        dropped += len(batch)
    progress.end()
    return dropped


def _copies(bank: Bank) -> Iterator[list[int]]:
    """Groups of kept photos with one content."""
    query = (
        "SELECT hash FROM photos WHERE state = 'kept' AND hash IS NOT NULL GROUP BY hash HAVING count(*) > 1"
    )
    for (digest,) in list(bank.rows(query)):
        yield [
            row[0] for row in bank.rows("SELECT id FROM photos WHERE hash = ? AND state = 'kept'", (digest,))
        ]


def _alike(bank: Bank) -> Iterator[list[int]]:
    """Groups of kept photos with one look; 16 bytes a photo are in memory, and no photo is compared with all."""
    count = int(bank.one("SELECT count(*) FROM photos WHERE state = 'kept' AND phash IS NOT NULL"))
    pairs = np.fromiter(
        bank.rows("SELECT id, phash FROM photos WHERE state = 'kept' AND phash IS NOT NULL ORDER BY id"),
        dtype=np.dtype((np.int64, 2)),
        count=count,
    ).reshape(count, 2)
    if count < 2:
        return
    ids = pairs[:, 0]
    near = [
        (pair.a, pair.b)
        for pair in hash_pairs(pairs[:, 1].copy().view(np.uint64), _ORIENTATIONS)
        if pair.telling
        and _correlation(bank, int(ids[pair.a]), int(ids[pair.b]), pair.variant == 1) >= _ALIKE
    ]
    if not near:
        return
    a, b = np.array(near).T
    nodes, index = np.unique(np.concatenate([a, b]), return_inverse=True)
    graph = coo_matrix((np.ones(len(a)), (index[: len(a)], index[len(a) :])), shape=(len(nodes), len(nodes)))
    _, labels = connected_components(graph, directed=False)
    groups: defaultdict[int, list[int]] = defaultdict(list)
    for node, label in zip(nodes, labels, strict=True):
        groups[int(label)].append(int(ids[node]))
    yield from groups.values()


def _correlation(bank: Bank, first: int, second: int, mirrored: bool) -> float:
    """How alike the brightness of two photos is: -1 to 1; 0 where one cannot be read any more."""
    query = "SELECT path FROM photos WHERE id = ?"
    try:
        small = [_brightness(bank.one(query, (photo,))) for photo in (first, second)]
    except UnreadableImage:
        return 0.0
    return float((small[0] * (small[1][:, ::-1] if mirrored else small[1])).sum())


def _brightness(path: str) -> NDArray[np.float32]:
    """A picture as 32 x 32 cells of brightness with mean 0 and length 1."""
    gray: Any = cv2.cvtColor(load(path, _SIDE).pixels, cv2.COLOR_RGB2GRAY).astype(np.float32)
    cells: Any = cv2.resize(gray, (32, 32), interpolation=cv2.INTER_AREA)
    cells -= cells.mean()
    return np.asarray(cells / max(float(np.linalg.norm(cells)), 1e-6), np.float32)


def _verdicts(bank: Bank, group: list[int], how: str) -> Iterator[Verdict]:
    columns = "id, path, landmark, split, width * height, judge, score"
    rows: list[tuple[Any, ...]] = []
    for start in range(0, len(group), _BATCH):
        part = group[start : start + _BATCH]
        rows += bank.rows(f"SELECT {columns} FROM photos WHERE id IN ({','.join('?' * len(part))})", part)
    places = {row[2] for row in rows if row[2]}
    if len(places) > 1:
        reason = f"the same picture stands under {' and '.join(sorted(places)[:5])}"
        yield from ((row[0], "dropped", reason, row[6]) for row in rows if row[5] != "person")
        return
    if places and any(not row[2] for row in rows):
        reason = "the same picture stands among the photos without landmarks"
        yield from ((row[0], "dropped", reason, row[6]) for row in rows if row[2] and row[5] != "person")
        rows = [row for row in rows if not row[2]]
    rows.sort(key=lambda r: (r[5] != "person", r[3] not in _HELD_OUT, -r[4], r[1]))
    first = rows[0]
    for row in rows[1:]:
        if row[5] != "person":
            across = f" (in {first[3]})" if row[3] != first[3] else ""
            yield row[0], "dropped", f"{how} {_short(row[1], first[1])}{across}", row[6]


def _short(path: str, other: str) -> str:
    """The name of a file in the same folder, the path of one elsewhere."""
    return PurePath(other).name if PurePath(path).parent == PurePath(other).parent else other
