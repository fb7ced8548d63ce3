"""Whose new faces are: they join the people known so far, or become new people.

Average link (`clusters`) over near neighbors, at the similarity below which dlib's authors call two faces one
person (Euclidean distance 0.6 between vectors about 1.4 long: cosine 0.91). People already known take part as
single groups, so that their numbers stay; what the user said (`journal`) is never broken.
"""

from __future__ import annotations

import threading
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from weakref import WeakKeyDictionary

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from veduta.library import journal, named_regions
from veduta.library.belonging import absorb, choose_cover, erase, give
from veduta.library.catalog import Catalog
from veduta.library.clusters import Groups, near
from veduta.library.journal import Said
from veduta.library.schema import Face, ForgottenFace, Person, PersonSum, VectorRow
from veduta.see.box import overlap

SAME_PERSON = 0.91
"""Mean cosine from which faces are one person."""
TOGETHER = 0.04
"""Two faces in one photo are two people, unless they are this much more similar."""
_NEIGHBORS = 16
_SLACK = 0.03  # pairs this much below the threshold may still be linked by their groups
_FORGOTTEN = 0.3  # overlap from which a face is the forgotten one
_BATCH = 5000

Vectors = NDArray[np.float32]


@dataclass
class _Pool:
    """Faces of one space that are nobody's yet: kept between batches, so that each reads only its own.

    `without` have no vector in this space: faces that are too small to tell whose they are.
    """

    ids: NDArray[np.int64] = field(default_factory=lambda: np.empty(0, np.int64))
    without: NDArray[np.int64] = field(default_factory=lambda: np.empty(0, np.int64))
    vectors: Vectors = field(default_factory=lambda: np.empty((0, 0), np.float32))


_pools: WeakKeyDictionary[Catalog, dict[str, _Pool]] = WeakKeyDictionary()
_pools_lock = threading.Lock()


def assign_new(catalog: Catalog) -> int:
    """Find out whose the faces are that have not been compared yet; returns how many faces got a person.

    One transaction; cheap when nothing is new.
    """
    waiting = select(Face.finding_id).where(Face.person_id.is_(None), Face.compared.is_(False)).limit(1)
    with catalog.session() as session:
        if session.scalar(waiting) is None:
            return 0
    with catalog.write() as session:
        new = select(Face.finding_id).where(Face.person_id.is_(None), Face.compared.is_(False))
        ids = sorted(session.scalars(new))
        ids = _drop_forgotten(session, ids)
        said = journal.read(session)
        assigned = _take_at_word(session, ids, said)
        photos = set(session.scalars(new.with_only_columns(Face.photo_id)))
        assigned |= named_regions.obey(session, photos)
        count = len(assigned)
        ids = sorted(session.scalars(new))
        for space, members in _by_space(session, ids).items():
            count += _Round(catalog, session, space, members, said).run()
        for start in range(0, len(ids), _BATCH):
            part = ids[start : start + _BATCH]
            session.execute(update(Face).where(Face.finding_id.in_(part)).values(compared=True))
    return count


def forget_cache(catalog: Catalog) -> None:
    """Let go of all face vectors kept in memory."""
    with _pools_lock:
        _pools.pop(catalog, None)


def _drop_forgotten(session: Session, ids: list[int]) -> list[int]:
    """Delete faces that lie where one was forgotten; the others remain."""
    marks: defaultdict[int, list[list[float]]] = defaultdict(list)
    for mark in session.scalars(select(ForgottenFace)):
        marks[mark.photo_id].append([mark.x, mark.y, mark.w, mark.h])
    if not marks:
        return ids
    gone = set()
    for start in range(0, len(ids), _BATCH):
        faces = session.scalars(select(Face).where(Face.finding_id.in_(ids[start : start + _BATCH])))
        for face in faces:
            places = marks.get(face.photo_id, ())
            if any(overlap(journal.box(face), place) > _FORGOTTEN for place in places):
                gone.add(face.finding_id)
    erase(session, sorted(gone))
    return [face for face in ids if face not in gone]


def _take_at_word(session: Session, ids: Sequence[int], said: Said) -> set[int]:
    """Faces of which the user said whose they are."""
    done = set()
    for face in ids:
        person = said.person.get(face)
        if person is not None and session.get(Person, person) is not None:
            row = session.get(Face, face)
            if row is not None:
                row.person_id, row.confirmed, row.compared = person, True, True
                done.add(face)
    session.flush()
    return done


def _by_space(session: Session, ids: Sequence[int]) -> dict[str, list[int]]:
    found: defaultdict[str, list[int]] = defaultdict(list)
    for start in range(0, len(ids), _BATCH):
        rows = session.execute(
            select(VectorRow.space, VectorRow.finding_id)
            .where(VectorRow.finding_id.in_(ids[start : start + _BATCH]))
            .order_by(VectorRow.finding_id)
        )
        for space, face in rows:
            if face is not None:
                found[space].append(face)
    return dict(sorted(found.items()))


class _Round:
    """New faces of one space against all people and all faces that are nobody's."""

    def __init__(
        self, catalog: Catalog, session: Session, space: str, new: Sequence[int], said: Said
    ) -> None:
        self._session = session
        self._space = space
        self._said = said
        self._new = np.array(sorted(new), np.int64)
        with _pools_lock:
            self._pool = _pools.setdefault(catalog, {}).setdefault(space, _Pool())
        self._fill_pool()
        self._persons, self._fixed, sums, counts = self._people()
        size = self._pool.vectors.shape[1] if len(self._pool.ids) else 0
        self._first = len(self._persons)  # nodes: people, then faces
        self._sums = np.concatenate([sums.reshape(-1, size), self._pool.vectors])
        self._counts = np.concatenate([counts, np.ones(len(self._pool.ids), np.int64)])
        self._node = {int(face): self._first + i for i, face in enumerate(self._pool.ids)}
        self._photos: dict[int, set[int]] = {}
        self._apart: defaultdict[int, set[int]] = defaultdict(set)

    def run(self) -> int:
        """Join what belongs together and write it down; how many faces got a person."""
        fixed = np.concatenate([self._fixed, np.zeros(len(self._pool.ids), bool)])
        self._groups = Groups(self._sums, self._counts, fixed, SAME_PERSON, self._allowed)
        self._obey()
        means = (self._sums / self._counts[:, None]).astype(np.float32)
        fresh = np.array([self._node[int(face)] for face in self._new if int(face) in self._node], np.int64)
        while len(fresh):
            before = self._groups.counts[: self._first].copy()
            rows, found = near(means[fresh], means, _NEIGHBORS + 1, SAME_PERSON - _SLACK)
            self._groups.grow((int(a), int(b)) for a, b in zip(fresh[rows], found, strict=True) if a != b)
            # Who has grown may now be near to faces that were nobody's.
            fresh = np.flatnonzero(self._groups.counts[: self._first] != before)
            fresh = np.array([n for n in fresh if self._groups.find(int(n)) == n], np.int64)
            means[fresh] = self._groups.sums[fresh] / self._groups.counts[fresh, None]
        return self._write()

    def _fill_pool(self) -> None:
        """Bring the faces that are nobody's up to date."""
        pool = self._pool
        nobody = select(Face.finding_id).where(Face.person_id.is_(None))
        alive = np.fromiter(self._session.scalars(nobody), np.int64)
        alive.sort()
        kept = np.isin(pool.ids, alive) & ~np.isin(pool.ids, self._new)
        without = pool.without[np.isin(pool.without, alive) & ~np.isin(pool.without, self._new)]
        known = np.concatenate([pool.ids[kept], without])
        missing = np.setdiff1d(alive, known, assume_unique=True)
        ids, vectors = read_vectors(self._session, missing.tolist(), self._space)
        pool.without = np.concatenate([without, np.setdiff1d(missing, ids, assume_unique=True)])
        if len(ids):
            old = pool.vectors[kept] if len(pool.ids) else np.empty((0, vectors.shape[1]), np.float32)
            pool.ids = np.concatenate([pool.ids[kept], ids])
            pool.vectors = np.concatenate([old, vectors])
            order = np.argsort(pool.ids)
            pool.ids, pool.vectors = pool.ids[order], pool.vectors[order]
        else:
            pool.ids, pool.vectors = pool.ids[kept], pool.vectors[kept]

    def _people(self) -> tuple[list[int], NDArray[np.bool_], Vectors, NDArray[np.int64]]:
        """People with vectors in this space: those the user has touched first, then by number."""
        sizes = dict(
            self._session.execute(
                select(Face.person_id, func.count())
                .where(Face.person_id.is_not(None))
                .group_by(Face.person_id)
            ).all()
        )
        sums = {
            row.person_id: row
            for row in self._session.scalars(select(PersonSum).where(PersonSum.space == self._space))
        }
        for person, size in sizes.items():
            if person is not None and (person not in sums or sums[person].faces != size):
                sums[person] = self._sum(person, size)
        confirmed = set(
            self._session.scalars(select(Face.person_id).where(Face.confirmed.is_(True)).distinct())
        )
        touched = confirmed | {person for _, person in self._said.not_person}
        named = select(Person.id).where((Person.name.is_not(None)) | (Person.hidden.is_(True)))
        touched |= set(self._session.scalars(named))
        alive = [p for p in sizes if p is not None and sums[p].vectors > 0]
        order = sorted(alive, key=lambda person: (person not in touched, person))
        vectors = [np.frombuffer(sums[p].data, "<f4") for p in order]
        return (
            order,
            np.array([p in touched for p in order], bool),
            np.stack(vectors) if vectors else np.empty((0, self._pool.vectors.shape[1]), np.float32),
            np.array([sums[p].vectors for p in order], np.int64),
        )

    def _sum(self, person: int, size: int) -> PersonSum:
        ids = self._session.scalars(select(Face.finding_id).where(Face.person_id == person)).all()
        _, vectors = read_vectors(self._session, ids, self._space)
        total = vectors.sum(axis=0, dtype=np.float64).astype("<f4")
        return self._session.merge(
            PersonSum(
                person_id=person, space=self._space, faces=size, vectors=len(vectors), data=total.tobytes()
            )
        )

    def _obey(self) -> None:
        """Take in what the user said: who must be together, and who apart."""
        whose = self._whose(face for pair in (*self._said.must, *self._said.cannot) for face in pair)
        whose |= self._whose(face for face, _ in self._said.not_person)
        person = {number: node for node, number in enumerate(self._persons)}
        apart = [(whose.get(a), whose.get(b)) for a, b in self._said.cannot]
        apart += [(whose.get(face), person.get(number)) for face, number in self._said.not_person]
        for a, b in apart:
            if a is not None and b is not None and a != b:
                self._apart[a].add(b)
                self._apart[b].add(a)
        for a, b in ((whose.get(a), whose.get(b)) for a, b in self._said.must):
            if a is None or b is None or (a < self._first and b < self._first):
                continue
            if not self._kept_apart(self._groups.find(a), self._groups.find(b)):
                self._groups.join(a, b)

    def _whose(self, faces: Iterable[int]) -> dict[int, int]:
        """The node of each face: its person, or itself."""
        person = {number: node for node, number in enumerate(self._persons)}
        found = {}
        for face in set(faces):
            row = self._session.get(Face, face)
            node = None if row is None else person.get(row.person_id or -1, self._node.get(face))
            if node is not None:
                found[face] = node
        return found

    def _kept_apart(self, a: int, b: int) -> bool:
        if not self._apart:
            return False
        return any(
            self._groups.find(other) == b
            for node in self._groups.of(a)
            if node in self._apart
            for other in self._apart[node]
        )

    def _allowed(self, a: int, b: int) -> float | None:
        if self._kept_apart(a, b):
            return None
        here, there = self._photos_of(a), self._photos_of(b)
        return TOGETHER * len(here & there) / min(len(here), len(there))

    def _photos_of(self, group: int) -> set[int]:
        photos: set[int] = set()
        for node in self._groups.of(group):
            if node not in self._photos:
                of = (
                    Face.person_id == self._persons[node]
                    if node < self._first
                    else Face.finding_id == int(self._pool.ids[node - self._first])
                )
                self._photos[node] = set(self._session.scalars(select(Face.photo_id).where(of)))
            photos |= self._photos[node]
        return photos or {-1 - group}

    def _write(self) -> int:
        count = 0
        taken: set[int] = set()
        roots = {self._groups.find(node) for node in range(len(self._counts))}
        for root in sorted(roots):
            nodes = self._groups.of(root)
            if len(nodes) < 2:
                continue
            faces = [int(self._pool.ids[node - self._first]) for node in nodes if node >= self._first]
            people = sorted(node for node in nodes if node < self._first)
            if people:
                keeper = self._persons[people[0]]
                for other in people[1:]:
                    absorb(self._session, keeper, self._persons[other])
            else:
                person = Person()
                self._session.add(person)
                self._session.flush()
                keeper = person.id
            give(self._session, keeper, faces)
            taken.update(faces)
            self._remember(keeper, root)
            choose_cover(self._session, keeper)
            count += len(faces)
        left = ~np.isin(self._pool.ids, np.array(sorted(taken), np.int64))
        self._pool.ids, self._pool.vectors = self._pool.ids[left], self._pool.vectors[left]
        return count

    def _remember(self, person: int, group: int) -> None:
        size = select(func.count()).select_from(Face).where(Face.person_id == person)
        self._session.merge(
            PersonSum(
                person_id=person,
                space=self._space,
                faces=self._session.scalar(size) or 0,
                vectors=int(self._groups.counts[group]),
                data=self._groups.sums[group].astype("<f4").tobytes(),
            )
        )


def read_vectors(session: Session, faces: Sequence[int], space: str) -> tuple[NDArray[np.int64], Vectors]:
    """The vectors of faces in a space, (n,) numbers in order and float32 (n, size)."""
    ids: list[int] = []
    vectors: list[Vectors] = []
    ordered = sorted(faces)
    for start in range(0, len(ordered), _BATCH):
        rows = session.execute(
            select(VectorRow.finding_id, VectorRow.data)
            .where(VectorRow.finding_id.in_(ordered[start : start + _BATCH]), VectorRow.space == space)
            .order_by(VectorRow.finding_id)
        )
        for face, vector in rows:
            if face is not None:
                ids.append(face)
                vectors.append(vector)
    if not ids:
        return np.empty(0, np.int64), np.empty((0, 0), np.float32)
    return np.array(ids, np.int64), np.stack(vectors)
