"""Which spots of a photo speak for what the shared network sees in it: each is covered in turn.

Occlusion (Zeiler and Fergus 2014, arXiv 1311.2901) in the maps of the last layers instead of the picture: the
network runs once, whatever is computed from its maps.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from veduta.see.taxonomy import Taxonomy, imagenet
from veduta.see.trunk import Floats, Sight

Score = Callable[[Sequence[Sight]], NDArray[np.floating]]
COVER = 1
"""Cells covered around each spot: alone, a cell of a large thing is hardly missed."""


def relevance(sight: Sight, score: Score) -> Floats:
    """By how much `score` falls where a spot is covered: float32 (h/32, w/32), the most relevant is 1.

    `score` gives a number for each of some sights, higher for what is to be explained. All 0: no spot speaks for it.
    """
    _, rows, columns = sight.last.shape
    covered = [_without(sight, row, column) for row in range(rows) for column in range(columns)]
    scores = np.asarray(score([sight, *covered]), np.float64)
    drop = np.maximum(scores[0] - scores[1:], 0).reshape(rows, columns)
    return np.asarray(drop / max(float(drop.max()), 1e-12), np.float32)


def _without(sight: Sight, row: int, column: int) -> Sight:
    """The sight of a photo without a spot: statistics are those of the other cells."""
    last, middle = sight.last, sight.middle
    kept = np.ones(last.shape[1:], bool)
    kept[max(0, row - COVER) : row + COVER + 1, max(0, column - COVER) : column + COVER + 1] = False
    if not kept.any():
        kept[:] = True
    finer = np.kron(kept, np.ones((2, 2), bool))[: middle.shape[1], : middle.shape[2]]
    rest = last[:, kept][:, :, None]
    return Sight(sight.logits, rest.mean(axis=(1, 2)), rest, middle[:, finer][:, :, None])


def of_label(name: str, sight: Sight, classifier: Floats, taxonomy: Taxonomy | None = None) -> Score:
    """The score of a label or of a group of them; `classifier` is (1000, 1280). Raises KeyError for unknown names."""
    known = taxonomy or imagenet()
    members = [i for i, leaf in enumerate(known.outputs) if name == leaf or name in known.parents(leaf)]
    if not members:
        raise KeyError(name)
    bias = sight.logits - classifier @ sight.pooled

    def score(sights: Sequence[Sight]) -> NDArray[np.floating]:
        logits = np.stack([one.pooled for one in sights]) @ classifier.T + bias
        high = logits.max(axis=1, keepdims=True)
        chances = np.exp(logits - high)
        return np.asarray(np.log(chances[:, members].sum(axis=1) / chances.sum(axis=1)))

    return score


def classifier_weights() -> Floats:
    """The weights of the shared network's classifier, (1000, 1280); raises ModelUnavailable."""
    import openvino as ov

    from veduta.errors import ModelUnavailable
    from veduta.nets.packs.imagenet import LITE2
    from veduta.nets.store import default_store

    model = ov.Core().read_model(default_store().path(LITE2))
    for node in model.get_ops():
        if node.get_type_name() == "Constant" and list(node.shape) == [1000, 1280]:
            return np.array(node.data, np.float32)
    raise ModelUnavailable(f"{LITE2.name}: has no classifier of the form expected; pull it again")
