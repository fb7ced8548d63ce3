"""Vectors by an image encoder of the user's own (CLIP, SigLIP and their like), for search by words."""

from __future__ import annotations

from collections.abc import Sequence

from veduta.image.photo import Photo
from veduta.nets.embedders import ImageEmbedder
from veduta.nets.pack import ModelPack
from veduta.nets.store import ModelStore
from veduta.see.finding import Finding


class EmbeddingRecognizer:
    """One vector for each photo; vectors of other recognizers or versions are in other spaces."""

    def __init__(self, name: str, version: str, pack: ModelPack, store: ModelStore) -> None:
        self.name = name
        self.version = version
        self._embedder = ImageEmbedder(pack, store)

    def see(self, photos: Sequence[Photo]) -> list[list[Finding]]:
        """One finding for each photo, with its vector."""
        if not photos:
            return []
        vectors = self._embedder.embed([photo.pixels for photo in photos])
        return [[Finding("likeness", self.name, 1.0, self.name, self.version, vector=v)] for v in vectors]
