"""Photos that look like what words say, told by embedders of pictures and texts that the user has added.

A cosine of a text and a picture means little by itself: its scale differs from network to network, and some
pictures are near to every text. So each photo compares a text with made-up words: how many of their deviations
is it nearer than they are? A text that does so no better than made-up words at their best finds nothing.
"""

from __future__ import annotations

import random
import threading
from weakref import WeakKeyDictionary

import numpy as np
from numpy.typing import NDArray
from sqlalchemy.orm import Session

from veduta.library.catalog import Catalog
from veduta.library.vectors import Ids, VectorIndex, Vectors, read, vector_index
from veduta.nets.embedders import TextEmbedder, partner
from veduta.nets.store import default_store
from veduta.see.own import own_recognizers

TEMPLATE = "a photo of {}"
"""Captions, from which such networks have learned, are rarely single words."""
MADE_UP = 40
NEAREST = 500
"""At most so many photos are found."""
STANDING_OUT = 2.5
"""How far a text's best photo must be above the best photos of made-up words, in deviations of those."""
BELONGING = 1.0
"""How far its other photos must be."""
_CHANGED = 0.1  # of the number of photos, after which the least is looked for again


class Depiction:
    """A text embedder, and the vectors that its partner has given to the photos of a library."""

    def __init__(self, space: str, embedder: TextEmbedder) -> None:
        self._space = space
        self._embedder = embedder
        self._made_up = self._vectors(made_up(MADE_UP))
        self._best = self._least = 0.0  # how distinct a text's best photo must be, and its others
        self._photos = 0  # for which they were found

    def find(self, catalog: Catalog, session: Session, text: str) -> dict[int, float]:
        """Photos that look like `text`, with a score in [0.5, 1): a rank, not a probability."""
        index = vector_index(catalog, self._space)
        self._calibrate(session, index)
        ids, distinct = self._distinct(session, index, self._vectors([text])[0], self._made_up)
        if not len(ids) or distinct.max() < self._best:
            return {}
        scores = 1 - 0.5 * self._least / np.maximum(distinct, 1e-9)
        return {int(i): float(score) for i, score in zip(ids, scores, strict=True) if score >= 0.5}

    def _vectors(self, texts: list[str]) -> Vectors:
        return self._embedder.embed([TEMPLATE.format(text) for text in texts])

    def _distinct(
        self, session: Session, index: VectorIndex, text: Vectors, others: Vectors
    ) -> tuple[Ids, NDArray[np.float32]]:
        """The photos nearest to a text, and by how many deviations it is nearer to each than other texts are."""
        near, _ = index.nearest(session, text, NEAREST)
        ids, photos = read(session, self._space, near.tolist())
        if not len(ids):
            return ids, np.empty(0, np.float32)
        usual = photos @ others.T
        return ids, (photos @ text - usual.mean(axis=1)) / np.maximum(usual.std(axis=1), 1e-6)

    def _calibrate(self, session: Session, index: VectorIndex) -> None:
        """Find what made-up words reach, each compared with the others."""
        photos = index.size(session)
        if abs(photos - self._photos) <= _CHANGED * self._photos:
            return
        best = [
            float(self._distinct(session, index, text, np.delete(self._made_up, number, axis=0))[1].max())
            for number, text in enumerate(self._made_up)
        ]
        usual, deviation = max(1.0, float(np.mean(best))), float(np.std(best))
        self._best, self._least = usual + STANDING_OUT * deviation, usual + BELONGING * deviation
        self._photos = photos


def made_up(count: int) -> list[str]:
    """Words that mean nothing, half of them easy to say; always the same."""
    dice = random.Random(1)
    words = []
    for number in range(count):
        if number % 2:
            words.append("".join(dice.choices("bcdfghjklmnpqrstvwxz", k=dice.randint(4, 9))))
        else:
            syllables = (
                dice.choice("bdfgklmnprstvz") + dice.choice("aeiou") for _ in range(dice.randint(2, 4))
            )
            words.append("".join(syllables) + dice.choice("bdgklmnprstx"))
    return words


_kept: WeakKeyDictionary[Catalog, tuple[tuple[str, str], Depiction]] = WeakKeyDictionary()
_lock = threading.Lock()


def depiction(catalog: Catalog, session: Session) -> Depiction | None:
    """The user's own embedders that the photos of a library were shown to; None where there are none."""
    store = default_store()
    for own in own_recognizers(store):
        text = partner(own.pack, "text-embedder", store) if own.pack.task == "image-embedder" else None
        space = f"{own.name}@{own.version}"
        if text is None or not vector_index(catalog, space).size(session):
            continue
        key = space, store.fingerprint(text)
        with _lock:
            kept = _kept.get(catalog)
            if kept is None or kept[0] != key:
                kept = _kept[catalog] = key, Depiction(space, TextEmbedder(text, store))
            return kept[1]
    return None
