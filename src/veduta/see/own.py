"""Recognizers made of networks that the user has added with ``veduta models add``."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from veduta.errors import VedutaError
from veduta.image.photo import Photo
from veduta.nets.pack import BadPack, ModelPack
from veduta.nets.store import ModelStore, default_store
from veduta.see.recognizer import Recognizer

PREFIXES = {"image-embedder": "embedding-", "detector": "detector-"}
_OTHER_HALF = {"image-embedder": "text-embedder", "text-embedder": "image-embedder"}


@dataclass(frozen=True, slots=True)
class OwnRecognizer:
    """A recognizer that can be opened; its version changes with the weights, the record and the companions."""

    pack: ModelPack
    store: ModelStore

    @property
    def name(self) -> str:
        """The recognizer's name."""
        return f"{PREFIXES[self.pack.task]}{self.pack.name}"

    @property
    def version(self) -> str:
        """The recognizer's version."""
        return f"{self.pack.version}-{self.store.fingerprint(self.pack)}"

    def open(self) -> Recognizer:
        """Load its network."""
        if self.pack.task == "detector":
            from veduta.see.detector import DetectorRecognizer

            return DetectorRecognizer(self.name, self.version, self.pack, self.store)
        from veduta.see.embedding import EmbeddingRecognizer

        return EmbeddingRecognizer(self.name, self.version, self.pack, self.store)


def own_recognizers(store: ModelStore | None = None) -> Iterator[OwnRecognizer]:
    """The recognizers of the user's own networks that are ready."""
    store = store or default_store()
    for pack in store.own_packs():
        if pack.task in PREFIXES and store.ready(pack):
            yield OwnRecognizer(pack, store)


def attempt(pack: ModelPack, store: ModelStore) -> None:
    """Run a network of the user's own once on a gray picture or a word; raises BadPack where it fails."""
    from veduta.nets.embedders import partner

    try:
        size = _run_once(pack, store)
        other = partner(pack, _OTHER_HALF[pack.task], store) if pack.task in _OTHER_HALF else None
        if other is not None and size != _run_once(other, store):
            raise BadPack(
                f"its vectors have {size} numbers, those of {other.name}, of the same family, do not"
            )
    # The file may hold anything, and what OpenVINO says of it comes as RuntimeError.
    except (VedutaError, RuntimeError, ValueError) as error:
        raise BadPack(f"{pack.name} does not run as {pack.task}: {error}") from error


def _run_once(pack: ModelPack, store: ModelStore) -> int:
    """Run a network; the size of its vectors, 0 for one that gives none."""
    if pack.task == "text-embedder":
        from veduta.nets.embedders import TextEmbedder

        return int(TextEmbedder(pack, store).embed(["a photo"]).shape[1])
    if pack.task in PREFIXES:
        gray = np.full((64, 64, 3), 128, np.uint8)
        found = OwnRecognizer(pack, store).open().see([Photo(gray, 64, 64)])[0]
        return next((len(finding.vector) for finding in found if finding.vector is not None), 0)
    return 0
