"""Pictures and texts to vectors of one space, by networks that the user has added (CLIP, SigLIP and their like)."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from veduta.nets.engine import Network, WrongInput
from veduta.nets.pack import ModelPack
from veduta.nets.store import ModelStore, default_store
from veduta.nets.tokenizer import pack_tokens, read_tokenizer

Floats = NDArray[np.float32]
Pixels = NDArray[np.uint8]

DEFAULT_SIDE = 224


def picture_size(network: Network, default: int) -> tuple[int, int]:
    """Height and width of the pictures for a network of pictures: the pack's, else its own, else a square."""
    (name,) = network.inputs
    own = (network.static_size(name, 1) or default, network.static_size(name, 2) or default)
    return network.pack.size or own


class ImageEmbedder:
    """An image encoder: whole pictures to unit vectors."""

    def __init__(self, pack: ModelPack, store: ModelStore | None = None) -> None:
        self.pack = pack
        self._network = Network.open(pack, store, pixels=True)
        self._size = picture_size(self._network, DEFAULT_SIDE)

    def embed(self, pictures: Sequence[Pixels]) -> Floats:
        """Unit vectors, (n, d), of sRGB pictures (h, w, 3); the middle square is seen, as these networks learned."""
        return _unit(self._network.run(np.stack([self._fitted(picture) for picture in pictures])), self.pack)

    def _fitted(self, picture: Pixels) -> Pixels:
        height, width = self._size
        scale = max(height / picture.shape[0], width / picture.shape[1])
        size = (max(width, round(picture.shape[1] * scale)), max(height, round(picture.shape[0] * scale)))
        how = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
        scaled = cv2.resize(picture, size, interpolation=how)
        top, left = (scaled.shape[0] - height) // 2, (scaled.shape[1] - width) // 2
        return np.asarray(scaled[top : top + height, left : left + width], np.uint8)


class TextEmbedder:
    """A text encoder: words to unit vectors in the space of its family's image encoder."""

    def __init__(self, pack: ModelPack, store: ModelStore | None = None) -> None:
        store = store or default_store()
        self.pack = pack
        self._tokenizer = read_tokenizer(store.path(pack, pack.companion("token", "vocab")))
        self._network = Network.open(pack, store)
        tokens = [name for name in self._network.inputs if "mask" not in name.lower()]
        if len(tokens) != 1 or len(self._network.inputs) > 2:
            names = ", ".join(self._network.inputs)
            raise WrongInput(
                f"{pack.name} has inputs {names}, not tokens and their mask: export the text part alone"
            )
        self._tokens = tokens[0]
        self._length = self._network.static_size(self._tokens, 1) or self._tokenizer.length

    def embed(self, texts: Sequence[str]) -> Floats:
        """Unit vectors, (n, d)."""
        tokens, mask = pack_tokens(self._tokenizer, texts, self._length)
        inputs = {name: tokens if name == self._tokens else mask for name in self._network.inputs}
        return _unit(self._network.run(inputs), self.pack)


def partner(pack: ModelPack, task: str, store: ModelStore | None = None) -> ModelPack | None:
    """The ready pack of the same family that does `task`, if there is one."""
    store = store or default_store()
    fit = (p for p in store.own_packs() if p.family == pack.family and p.task == task and store.ready(p))
    return next(fit, None)


def _unit(outputs: Sequence[NDArray[np.generic]], pack: ModelPack) -> Floats:
    """The first output with one vector a row, made of unit length."""
    for output in outputs:
        if output.ndim == 2:
            vectors = output.astype(np.float32)
            unit: Floats = vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-9)
            return unit
    shapes = ", ".join(str(output.shape) for output in outputs)
    raise WrongInput(
        f"{pack.name} gives no vector for each row (its outputs: {shapes}); it is not an embedder"
    )
