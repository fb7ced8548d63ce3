"""Cleaning: photos that are too far from the references of their landmark are dropped.

The rule is that of Boiarov and Tyantov 2019 (arXiv 1908.10192): the mean distance of a photo's embedding to those of
3 to 5 references, against a threshold. Beyond it: the threshold is not a parameter but where photos of something else
fall; photos whose nearest neighbors are reciprocally theirs (Zhong et al. 2017, arXiv 1701.08398) come nearer; and
after each round the photos kept join the references, so that views count that no reference shows.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from veduta.landmarks.bank import Bank, BankError, State
from veduta.landmarks.bank_features import describe_photos, means, store_of
from veduta.landmarks.compact import SCALE, whole
from veduta.landmarks.feature_store import FeatureStore
from veduta.landmarks.features import DIMENSION
from veduta.landmarks.references import suggest
from veduta.landmarks.whitening import Whitening
from veduta.progress import Progress, Silent
from veduta.see.trunk import Trunk

ROUNDS = 4
DIRECTIONS = 256
SHRINKAGE = 0.3
PASS = 0.10
"""Share of foreign photos that the threshold lets pass."""
NEIGHBORS = 8
AGREEMENT = 0.05
"""How much nearer a photo comes (in cosine distance) when all of its nearest are reciprocal and of its landmark."""
FEWEST = 3
"""Landmarks with fewer photos, and no given reference, cannot be judged."""
_SAMPLE = 20_000  # photos that the space is fitted to
_FOREIGN = 500  # photos of something else that each landmark is compared with
_POOLED = 4_000_000  # distances of foreign photos that are kept to set the threshold
_CHOSEN = "hash IS NOT NULL AND (state = 'kept' OR judge = 'clean')"
# Hashes are as good as random numbers, and the same in every run.
_MINE = f"SELECT hash, path, landmark FROM photos WHERE landmark != '' AND {_CHOSEN}"
_OTHERS = (
    "SELECT * FROM (SELECT hash, path, landmark FROM photos "
    f"WHERE landmark = '' AND split = 'train' AND {_CHOSEN} ORDER BY hash LIMIT {_SAMPLE // 4})"
)

Floats = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Cleaning:
    """What a cleaning did.

    `threshold` is the largest distance kept, in each round; `suspicious` are landmarks that lost more than half of
    their photos: their references may be wrong. `unjudged` have too few photos.
    """

    judged: int
    dropped: int
    thresholds: tuple[float, ...]
    foreign: int
    unjudged: tuple[str, ...]
    suspicious: tuple[str, ...]

    def as_json(self) -> dict[str, Any]:
        """The form in which the command line tells it."""
        return {
            key: list(value) if isinstance(value, tuple) else value for key, value in asdict(self).items()
        }


@dataclass
class _Landmark:
    """Photos of one landmark while they are judged; `own` (n,) are their distances."""

    name: str
    ids: list[int]
    digests: list[str]
    person: NDArray[np.bool_]
    given: NDArray[np.int64]
    references: NDArray[np.int64] = field(default_factory=lambda: np.zeros(0, np.int64))
    agreement: Floats = field(default_factory=lambda: np.zeros(0, np.float32))
    own: Floats = field(default_factory=lambda: np.zeros(0, np.float32))
    kept: NDArray[np.bool_] = field(default_factory=lambda: np.zeros(0, np.bool_))


def clean(
    bank: Bank,
    progress: Progress | None = None,
    rounds: int = ROUNDS,
    background: Floats | None = None,
    trunk: Trunk | None = None,
) -> Cleaning:
    """Judge the photos of all landmarks and write the verdicts into the bank; what persons decided stays.

    The photos are described first, each once ever. `background` (m, DIMENSION) are vectors of photos without
    landmarks, which photos are compared with too; default: those of the packaged atlas. Raises BankError for a bank
    in which nothing can be judged.
    """
    progress = progress or Silent()
    if bank.one("SELECT 1 FROM photos WHERE state = 'pending' LIMIT 1") is not None:
        raise BankError(
            f"{bank.folder}: not all photos were read yet; run `veduta landmarks bank` to its end"
        )
    store = store_of(bank)
    total = bank.one(f"SELECT count(*) FROM ({_MINE} UNION ALL {_OTHERS})")
    photos = bank.rows(f"SELECT hash, path FROM ({_MINE} UNION ALL {_OTHERS})")
    describe_photos(store, photos, progress, total, trunk)
    landmarks = [found for name in _names(bank) if (found := _load(bank, name)).ids]
    judged = [one for one in landmarks if len(one.ids) >= FEWEST or len(one.given)]
    if not judged:
        raise BankError(
            f"{bank.folder}: no landmark has {FEWEST} readable photos or a reference; nothing can be judged"
        )
    space, foreign, owners = _space(bank, store, shipped() if background is None else background)
    if not (owners != judged[0].name).any():
        raise BankError(
            f"{bank.folder}: only one landmark, and nothing to compare it with; add photos without landmarks (--others)"
        )
    thresholds: list[float] = []
    for number in range(rounds):
        progress.begin(f"cleaning, round {number + 1} of {rounds}", len(judged))
        beyond = []
        for one in judged:
            vectors = space.apply(means(store, one.digests))
            strangers = _strangers(foreign, owners, one.name)
            if number == 0:
                one.references = one.given if len(one.given) else suggest(vectors)
                one.agreement = agreement(vectors, strangers)
            one.own, far = _distances(vectors, strangers, one, first=number == 0)
            beyond.append(far[: max(1, _POOLED // len(judged))])
            progress.advance()
        limit = float(np.quantile(np.concatenate(beyond), PASS))
        thresholds.append(limit)
        for one in judged:
            one.kept = (one.own <= limit) | one.person
        progress.end()
    _write(bank, judged, thresholds[-1])
    return Cleaning(
        judged=sum(len(one.ids) for one in judged),
        dropped=sum(int((~one.kept).sum()) for one in judged),
        thresholds=tuple(thresholds),
        foreign=len(foreign),
        unjudged=tuple(one.name for one in landmarks if one not in judged),
        suspicious=tuple(one.name for one in judged if one.kept.mean() < 0.5),
    )


def agreement(vectors: Floats, strangers: Floats) -> Floats:
    """For each photo of a landmark (n, D), the share of its NEIGHBORS nearest that are of the landmark and have it
    among their own nearest, in company of `strangers` (m, D).
    """
    pool = np.concatenate([vectors, strangers])
    count, near = len(vectors), min(NEIGHBORS, len(pool) - 1)
    if count < 2:
        return np.zeros(count, np.float32)
    nearest = np.empty((len(pool), near), np.int64)
    for start in range(0, len(pool), 1000):
        alike = pool[start : start + 1000] @ pool.T
        alike[np.arange(len(alike)), np.arange(start, start + len(alike))] = -2  # itself
        nearest[start : start + 1000] = np.argpartition(-alike, near - 1, axis=1)[:, :near]
    mine = nearest[:count]
    returned = (nearest[mine] == np.arange(count)[:, None, None]).any(axis=2)
    return np.asarray((returned & (mine < count)).sum(axis=1) / min(near, count - 1), np.float32)


def _distances(vectors: Floats, strangers: Floats, one: _Landmark, first: bool) -> tuple[Floats, Floats]:
    """Mean cosine distance of the landmark's photos, and of strangers, to its references; from the second round on to
    all photos kept. References that a person gave weigh as much as those. No photo is compared with itself.
    """
    base = np.zeros(len(vectors), np.bool_)
    base[one.references] = True
    bases = [base] if first else [base | one.kept]
    if not first and len(one.given):
        bases.append(base)
    own, far = np.zeros(len(vectors), np.float32), np.zeros(len(strangers), np.float32)
    for chosen in bases:
        total, count = vectors[chosen].sum(axis=0), int(chosen.sum())
        alike = (vectors @ total - chosen) / np.where(chosen, max(count - 1, 1), count)
        if count == 1:
            alike[chosen] = 1  # the only reference
        own += (1 - alike) / len(bases)
        far += (1 - strangers @ total / count) / len(bases)
    return own - np.float32(AGREEMENT) * one.agreement, far


def shipped() -> Floats:
    """Vectors of photos without landmarks that the packaged atlas brings; none where it is of another kind."""
    folder = Path(__file__).parent / "data/default"
    names = ("background", "background" + SCALE)
    nothing = np.zeros((0, DIMENSION), np.float32)
    if not all((folder / f"{name}.npy").exists() for name in names):
        return nothing
    found = whole({name: np.load(folder / f"{name}.npy") for name in names}, "background")
    return found if found.shape[1] == DIMENSION else nothing


def _space(bank: Bank, store: FeatureStore, background: Floats) -> tuple[Whitening, Floats, NDArray[np.str_]]:
    """The whitened space, and photos of something else in it (m, d), in random order, with their landmarks (m,).

    The background matters where landmarks are few: their own mean, put at zero, would make others look unlike.
    """
    sample = f"SELECT * FROM ({_MINE} ORDER BY hash LIMIT {_SAMPLE}) UNION ALL {_OTHERS}"
    rows = list(bank.rows(f"SELECT hash, landmark FROM ({sample}) ORDER BY hash"))
    length = np.linalg.norm(background, axis=1, keepdims=True)
    described = np.concatenate(
        [means(store, [digest for digest, _ in rows]), background / np.maximum(length, 1e-9)]
    )
    space = Whitening.fit(described, DIRECTIONS, SHRINKAGE)
    owners = np.array([landmark for _, landmark in rows] + [""] * len(background))
    return space, space.apply(described), owners


def _strangers(foreign: Floats, owners: NDArray[np.str_], name: str) -> Floats:
    """Photos of other landmarks, and a third as many without any, as far as there are."""
    others = np.flatnonzero((owners != name) & (owners != ""))[: _FOREIGN * 3 // 4]
    without = np.flatnonzero(owners == "")[: max(_FOREIGN // 4, _FOREIGN - 3 * len(others))]
    return np.asarray(foreign[np.concatenate([others, without])], np.float32)


def _names(bank: Bank) -> Iterator[str]:
    return (landmark.id for landmark in list(bank.landmarks()))


def _load(bank: Bank, name: str) -> _Landmark:
    columns = "id, hash, judge = 'person', reference AND judge = 'person'"
    query = f"SELECT {columns} FROM photos WHERE landmark = ? AND {_CHOSEN} ORDER BY path"
    rows = list(bank.rows(query, (name,)))
    person = np.array([bool(row[2]) for row in rows], np.bool_)
    given = np.flatnonzero([bool(row[3]) for row in rows])
    return _Landmark(name, [row[0] for row in rows], [row[1] for row in rows], person, given)


def _write(bank: Bank, judged: list[_Landmark], limit: float) -> None:
    """Write verdicts, landmark by landmark: the score is how far inside (+) or outside (-) the threshold it is."""
    for one in judged:
        verdicts: list[tuple[int, State, str, float | None]] = []
        back: list[tuple[int, State, str, float | None]] = []
        for row, photo in enumerate(one.ids):
            score = limit - float(one.own[row])
            if one.person[row]:
                continue
            if one.kept[row]:
                back.append((photo, "kept", "", score))
            else:
                why = f"unlike its references: distance {one.own[row]:.2f}, at most {limit:.2f} is kept"
                verdicts.append((photo, "dropped", why, score))
        bank.judge(verdicts, "clean")
        bank.judge(back, "bank")
        with bank.writing() as connection:
            connection.execute(
                "UPDATE photos SET reference = 0 WHERE landmark = ? AND judge != 'person'", (one.name,)
            )
            if not len(one.given):
                # Nobody gave these: what a person decided on stays unmarked, else it would count as given.
                connection.executemany(
                    "UPDATE photos SET reference = 1 WHERE id = ? AND judge != 'person'",
                    [(one.ids[row],) for row in one.references.tolist()],
                )
