"""Photos that show the same: copies of a file, the same picture saved again, bursts. Nothing is ever
deleted.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from veduta.image.looks import FIRM, VARIANTS, Pair, bits_apart, hash_pairs
from veduta.library.catalog import Catalog
from veduta.library.schema import FileRow, FindingRow, PhotoRow, VectorRow
from veduta.library.search import first_paths
from veduta.library.vectors import read

KINDS = ("exact", "near", "burst")
BURST_SECONDS = 2
"""Photos of one camera this close in time are a burst if they also look alike."""
BURST_BITS = 20
FEWEST_IN_BURST = 3
ALIKE = 0.5
"""Least cosine of likeness for a doubtful pair; likeness does not care for mirrors, but does for turns."""
ALIKE_PLAIN = 0.9
"""The same for plain pictures, whose hashes tell little."""
_WITNESSED = (0, 1)  # variants of which likeness can say something: upright and mirrored
_BATCH = 900


@dataclass(frozen=True, slots=True)
class Member:
    """One file (exact) or photo (near, burst) of a group; `distance` is in bits from the best one's look."""

    photo_id: int
    path: str
    width: int
    height: int
    bytes: int
    distance: int | None
    why: str


@dataclass(frozen=True, slots=True)
class Group:
    """Files or photos that show the same; `best` is the photo to keep, `members[0]`, and `reason` says why."""

    kind: str
    best: int
    reason: str
    members: list[Member]


def duplicates(catalog: Catalog, kinds: Sequence[str] = KINDS) -> list[Group]:
    """Groups of duplicates, those that would free most space first."""
    groups: list[Group] = []
    with catalog.session() as session:
        if "exact" in kinds:
            groups += _exact(session)
        taken: set[int] = set()
        if "near" in kinds:
            near = list(_near(session))
            groups += near
            taken = {member.photo_id for group in near for member in group.members}
        if "burst" in kinds:
            groups += _bursts(session, taken)
    order = {kind: number for number, kind in enumerate(KINDS)}
    return sorted(groups, key=lambda g: (order[g.kind], -sum(m.bytes for m in g.members[1:]), g.best))


def _exact(session: Session) -> Iterator[Group]:
    """Photos of which there are several files."""
    several = (
        select(FileRow.photo_id)
        .where(FileRow.role == "original", FileRow.missing_since.is_(None))
        .group_by(FileRow.photo_id)
        .having(func.count() > 1)
    )
    rows = session.execute(
        select(FileRow, PhotoRow.width, PhotoRow.height)
        .join(PhotoRow, PhotoRow.id == FileRow.photo_id)
        .where(FileRow.photo_id.in_(several), FileRow.role == "original", FileRow.missing_since.is_(None))
    )
    files: defaultdict[int, list[tuple[FileRow, int, int]]] = defaultdict(list)
    for file, width, height in rows:
        files[file.photo_id].append((file, width, height))
    for photo_id, found in sorted(files.items()):
        found.sort(key=lambda f: (f[0].mtime_ns, len(f[0].path), f[0].path))
        members = [
            Member(photo_id, file.path, width, height, file.bytes, 0, "the same bytes")
            for file, width, height in found
        ]
        oldest = found[0][0].mtime_ns < found[1][0].mtime_ns
        yield Group("exact", photo_id, "oldest file" if oldest else "shortest name", members)


def _near(session: Session) -> Iterator[Group]:
    """Photos that are one picture: saved again, resized, mirrored or turned."""
    rows = session.execute(
        select(PhotoRow.id, PhotoRow.phash)
        .where(PhotoRow.phash.is_not(None), PhotoRow.media == "photo", PhotoRow.missing_since.is_(None))
        .order_by(PhotoRow.id)
    ).all()
    if len(rows) < 2:
        return
    ids = np.array([row[0] for row in rows], np.int64)
    upright = np.array([row[1] for row in rows], np.int64).view(np.uint64)
    pairs = list(_checked(session, ids, hash_pairs(upright)))
    how = {(int(ids[p.a]), int(ids[p.b])): p for p in pairs}
    for group in _components(ids, pairs):
        yield _group(session, "near", group, how)


def _checked(session: Session, ids: NDArray[np.int64], pairs: Iterable[Pair]) -> Iterator[Pair]:
    """Pairs that are firm by their hashes, and doubtful ones whose likeness agrees."""
    doubtful: list[Pair] = []
    for pair in pairs:
        if pair.distance <= FIRM and pair.telling:
            yield pair
        else:
            doubtful.append(pair)
    for start in range(0, len(doubtful), _BATCH // 2):
        part = doubtful[start : start + _BATCH // 2]
        cosines = _cosines(session, [(int(ids[p.a]), int(ids[p.b])) for p in part])
        for pair, cosine in zip(part, cosines, strict=True):
            if cosine is None:
                trusted = pair.telling
            else:
                trusted = pair.variant in _WITNESSED and cosine >= (ALIKE if pair.telling else ALIKE_PLAIN)
            if trusted:
                yield pair


def _cosines(session: Session, pairs: Sequence[tuple[int, int]]) -> list[float | None]:
    """Cosine of the likeness of each pair of photos; None where they have none in common."""
    wanted = sorted({photo for pair in pairs for photo in pair})
    spaces = session.scalars(
        select(VectorRow.space)
        .where(VectorRow.photo_id.in_(wanted), VectorRow.space.startswith("likeness@"))
        .distinct()
        .order_by(VectorRow.space)
    ).all()
    found: dict[tuple[int, int], float] = {}
    for space in spaces:
        ids, vectors = read(session, space, wanted)
        row = {int(photo): i for i, photo in enumerate(ids)}
        for a, b in pairs:
            if a in row and b in row:
                found[a, b] = float(vectors[row[a]] @ vectors[row[b]])
    return [found.get(pair) for pair in pairs]


def _components(ids: NDArray[np.int64], pairs: Sequence[Pair]) -> list[list[int]]:
    from scipy.sparse import coo_matrix
    from scipy.sparse.csgraph import connected_components

    if not pairs:
        return []
    a, b = np.array([p.a for p in pairs]), np.array([p.b for p in pairs])
    nodes, index = np.unique(np.concatenate([a, b]), return_inverse=True)
    size = len(nodes)
    graph = coo_matrix((np.ones(len(a)), (index[: len(a)], index[len(a) :])), shape=(size, size))
    _, label = connected_components(graph, directed=False)
    groups: defaultdict[int, list[int]] = defaultdict(list)
    for node, number in zip(nodes, label, strict=True):
        groups[int(number)].append(int(ids[node]))
    return list(groups.values())


def _bursts(session: Session, without: set[int]) -> list[Group]:
    """Photos that one camera took one right after the other and that look alike."""
    rows = session.execute(
        select(PhotoRow.id, PhotoRow.taken, PhotoRow.camera, PhotoRow.phash)
        .where(
            PhotoRow.taken.is_not(None),
            PhotoRow.camera.is_not(None),
            PhotoRow.phash.is_not(None),
            PhotoRow.media == "photo",
            PhotoRow.missing_since.is_(None),
        )
        .order_by(PhotoRow.camera, PhotoRow.taken, PhotoRow.id)
    )
    groups: list[list[int]] = []
    current: list[int] = []
    before: tuple[object, ...] | None = None
    for photo_id, taken, camera, phash in rows:
        if photo_id in without or taken is None or phash is None:
            continue
        joined = (
            before is not None
            and before[1] == camera
            and (taken - before[0]).total_seconds() <= BURST_SECONDS  # type: ignore[operator]
            and bits_apart(int(str(before[2])), phash) <= BURST_BITS
        )
        if not joined:
            groups.append(current)
            current = []
        current.append(photo_id)
        before = (taken, camera, phash)
    groups.append(current)
    return [_group(session, "burst", group, {}) for group in groups if len(group) >= FEWEST_IN_BURST]


def _group(session: Session, kind: str, ids: Sequence[int], how: dict[tuple[int, int], Pair]) -> Group:
    """A group with its best photo first."""
    rows = {
        row.id: row
        for start in range(0, len(ids), _BATCH)
        for row in session.scalars(select(PhotoRow).where(PhotoRow.id.in_(ids[start : start + _BATCH])))
    }
    sharp: dict[int, float] = dict(
        session.execute(
            select(FindingRow.photo_id, func.max(FindingRow.score))
            .where(
                FindingRow.photo_id.in_(ids[:_BATCH]),
                FindingRow.kind == "quality",
                FindingRow.name == "sharpness",
            )
            .group_by(FindingRow.photo_id)
        ).all()
    )
    paths = first_paths(session, ids)

    def worth(photo: PhotoRow) -> dict[str, object]:
        liked = {"favorite": photo.favorite, "highest rating": photo.rating or 0}
        size = {"largest": photo.width * photo.height}
        sharpness = {"sharpest": round(sharp.get(photo.id, 0.0), 2)}
        # Of one picture the largest copy is the original; of a burst all are as large, and one is sharp.
        middle = {**size, **sharpness} if kind == "near" else {**sharpness, **size}
        age = -(photo.taken or photo.added_at).timestamp()
        return {**liked, **middle, "most detail kept": photo.bytes, "oldest": age, "first added": -photo.id}

    ordered = sorted(rows.values(), key=lambda photo: tuple(worth(photo).values()), reverse=True)
    best = ordered[0]
    reason = "first added"
    if len(ordered) > 1:
        first, second = worth(best), worth(ordered[1])
        reason = next((name for name in first if first[name] != second[name]), reason)
    if reason == "largest":
        reason += f" ({best.width} x {best.height})"
    members = [
        Member(
            photo.id, paths.get(photo.id, ""), photo.width, photo.height, photo.bytes,
            None if photo.phash is None or best.phash is None else bits_apart(photo.phash, best.phash),
            reason if photo is best else _relation(kind, best.id, photo.id, how),
        )
        for photo in ordered
    ]  # fmt: skip
    return Group(kind, best.id, reason, members)


def _relation(kind: str, best: int, other: int, how: dict[tuple[int, int], Pair]) -> str:
    if kind == "burst":
        return "taken right before or after"
    pair = how.get((min(best, other), max(best, other)))
    if pair is None:
        return "looks the same"
    return f"looks the same{VARIANTS[pair.variant]}" + (
        f", {pair.distance} {'bit' if pair.distance == 1 else 'bits'} apart" if pair.distance else ""
    )
