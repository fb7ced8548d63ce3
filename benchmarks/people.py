"""Do the people that Veduta finds agree with who is in the photos? And how do other ways of clustering fare?"""

from __future__ import annotations

import csv
import tempfile
import time
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import select

from benchmarks.figure import Figure, eval_dir
from veduta.image.decode import load
from veduta.library import people
from veduta.library.assignment import SAME_PERSON
from veduta.library.catalog import Catalog
from veduta.library.record import Analysis, record
from veduta.library.schema import Face, FileRow, Folder, PhotoRow
from veduta.see.faces import FaceRecognizer
from veduta.see.finding import Finding

BATCH = 8
ORDERS = 5


def measure() -> list[Figure]:
    """How well people are told apart, and how the time for it grows."""
    return [*identities_figures(ORDERS), _speed()]


def identities_figures(orders: int) -> list[Figure]:
    """Pairwise F1 over the photos whose identity is known, whatever the order in which they come."""
    folder = eval_dir() / "faces"
    with (folder / "labels.csv").open(encoding="utf-8") as table:
        rows = list(csv.DictReader(table))
    recognizer = FaceRecognizer()
    seen = [recognizer.see([load(folder / row["file"], 2048)])[0] for row in rows]
    identity = [row["identity"] for row in rows]
    scores = [_pairwise(identity, *_clustered(seen, order)) for order in range(orders)]
    worst = min(scores, key=lambda s: s[0])
    known = sum(bool(name) for name in identity)
    return [
        Figure(
            "people: pairwise F1",
            worst[0],
            target=0.90,
            n=known,
            note=f"worst of {orders} orders of import, {BATCH} photos at a time",
        ),
        Figure("people: pairwise precision", worst[1], n=known),
        Figure("people: pairwise recall", worst[2], n=known),
        Figure("people: F1 of the best order", max(s[0] for s in scores), n=known),
        *_others(seen, identity),
    ]


def _clustered(seen: Sequence[list[Finding]], order: int) -> tuple[list[int | None], float]:
    """The person of the largest face of each photo, after an import in some order; and the time for clustering."""
    turn = np.random.default_rng(order).permutation(len(seen)).tolist()
    spent = 0.0
    with tempfile.TemporaryDirectory() as place, Catalog.open(Path(place)) as catalog:
        with catalog.write() as session:
            session.add(Folder(path="/photos"))
        photo_of: dict[int, int] = {}
        for start in range(0, len(turn), BATCH):
            with catalog.write() as session:
                for index in turn[start : start + BATCH]:
                    photo = PhotoRow(hash=str(index), width=1, height=1, format="jpeg", bytes=1)
                    session.add(photo)
                    session.flush()
                    session.add(
                        FileRow(photo_id=photo.id, folder_id=1, path=f"/{index}", bytes=1, mtime_ns=1)
                    )
                    session.flush()
                    photo_of[index] = photo.id
                    found = {("faces", FaceRecognizer.version): seen[index]}
                    record(session, [Analysis(photo.id, [f"/{index}"], findings=found)])
            begin = time.perf_counter()
            people.assign_new(catalog)
            spent += time.perf_counter() - begin
        with catalog.session() as session:
            largest: list[int | None] = []
            for index in range(len(seen)):
                best = select(Face.person_id).where(Face.photo_id == photo_of[index])
                largest.append(session.scalar(best.order_by((Face.w * Face.h).desc()).limit(1)))
    return largest, spent


def _pairwise(identity: Sequence[str], person: Sequence[int | None], _spent: float = 0) -> tuple[float, ...]:
    """F1, precision and recall over all pairs of photos with a known identity."""
    rows = [i for i, name in enumerate(identity) if name]
    hit = wrong = missed = 0
    for a, i in enumerate(rows):
        for j in rows[a + 1 :]:
            same = identity[i] == identity[j]
            said = person[i] is not None and person[i] == person[j]
            hit += same and said
            wrong += said and not same
            missed += same and not said
    return 2 * hit / max(1, 2 * hit + wrong + missed), hit / max(1, hit + wrong), hit / max(1, hit + missed)


def _others(seen: Sequence[list[Finding]], identity: Sequence[str]) -> list[Figure]:
    """The usual ways of clustering, over the same vectors, each at its own published threshold."""
    from sklearn.cluster import DBSCAN, HDBSCAN, AgglomerativeClustering

    rows, vectors, names = [], [], []
    for index, findings in enumerate(seen):
        faces = [f for f in findings if f.vector is not None and f.box is not None]
        if faces and identity[index]:
            best = max(faces, key=lambda f: f.box[2] * f.box[3] if f.box else 0)
            rows.append(index)
            names.append(identity[index])
            vectors.append(best.vector)
    matrix = np.stack([v for v in vectors if v is not None])
    apart = np.maximum(0, 1 - matrix @ matrix.T).astype(np.float64)
    np.fill_diagonal(apart, 0)
    far = 1 - SAME_PERSON
    ways: dict[str, NDArray[np.int64]] = {
        "average link, all at once": AgglomerativeClustering(
            None, metric="precomputed", linkage="average", distance_threshold=far
        ).fit_predict(apart),
        "single link (DBSCAN, 2 faces)": DBSCAN(eps=far, min_samples=2, metric="precomputed").fit_predict(
            apart
        ),
        "HDBSCAN (2 faces)": HDBSCAN(min_cluster_size=2, metric="precomputed", copy=True).fit_predict(apart),
        "Chinese whispers": _whispers(1 - apart, SAME_PERSON),
    }
    return [
        Figure(
            f"people: F1 of {name}",
            _pairwise(names, [None if label < 0 else int(label) for label in labels])[0],
            n=len(names),
            note="for comparison",
        )
        for name, labels in ways.items()
    ]


def _whispers(similar: NDArray[np.float64], threshold: float) -> NDArray[np.int64]:
    """Chinese whispers (Biemann 2006), as dlib clusters faces: everyone takes the loudest label around."""
    label = np.arange(len(similar))
    edges = np.where(similar >= threshold, similar, 0)
    np.fill_diagonal(edges, 0)
    rng = np.random.default_rng(0)
    for _ in range(50):
        for node in rng.permutation(len(similar)):
            if edges[node].any():
                label[node] = int(np.bincount(label, weights=edges[node], minlength=len(similar)).argmax())
    return label


def _speed() -> Figure:
    """How the time for a batch of new faces grows with the people there already are."""
    times = {}
    for known in (2_000, 20_000):
        rng = np.random.default_rng(1)
        centers = rng.standard_normal((known // 20, 128)).astype(np.float32)
        faces = np.repeat(centers, 20, axis=0) + rng.normal(0, 0.35, (known, 128)).astype(np.float32)
        faces /= np.linalg.norm(faces, axis=1, keepdims=True)
        findings = [
            Finding("face", "face", 0.9, "faces", "1", box=(10.0, 10.0, 50.0, 50.0), vector=vector)
            for vector in faces
        ]
        times[known] = _batch_time(findings)
    return Figure(
        "people: time of a batch with ten times the people",
        times[20_000] / times[2_000],
        "x",
        target=10,
        better="lower",
        note="32 new faces against 20,000 known ones, in the time they take against 2,000",
    )


def _batch_time(findings: Sequence[Finding]) -> float:
    with tempfile.TemporaryDirectory() as place, Catalog.open(Path(place)) as catalog:
        new = 0.0
        steps = [*range(0, len(findings) - 64, 2_000), len(findings) - 64, len(findings) - 32, len(findings)]
        for start, end in pairwise(steps):
            with catalog.write() as session:
                for index in range(start, end):
                    photo = PhotoRow(hash=str(index), width=1, height=1, format="jpeg", bytes=1)
                    session.add(photo)
                    session.flush()
                    one = {("faces", "1"): [findings[index]]}
                    record(session, [Analysis(photo.id, ["/"], findings=one)])
            begin = time.perf_counter()
            people.assign_new(catalog)
            new = time.perf_counter() - begin
        return new
