"""Batches without end for training loops in the manner of Keras: (x, y) of float arrays, new in every round.

What comes depends on the recipe's seed, the round and the place alone: any number of workers gives the same batches.
"""

from __future__ import annotations

import math
import weakref
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from random import Random
from typing import Any

import numpy as np
from numpy.typing import NDArray

from veduta.image.samples import Samples, step
from veduta.learn.augment_luck import Luck
from veduta.learn.augment_mix import fitted, seen
from veduta.learn.augment_recipe import Recipe
from veduta.learn.augment_step import BadRecipe, Size
from veduta.learn.augment_targets import Example
from veduta.learn.augmented_set import PictureSet

Floats = NDArray[np.float32]
AHEAD = 2  # batches that are made while one is trained on


class Spare:
    """Memory of batches that nobody holds any more, to be filled again: fresh memory costs as much as all the rest."""

    def __init__(self, most: int = AHEAD + 2) -> None:
        self._most = most
        self._left: list[Floats] = []

    def take(self, shape: tuple[int, ...]) -> Floats:
        """An array of any content. Its memory comes back once neither it nor a view of it is left."""
        count = math.prod(shape)
        try:
            block = self._left.pop()
        except IndexError:
            block = np.empty(count, np.float32)
        if block.size < count:
            block = np.empty(count, np.float32)
        # Every view, of views too, holds on to this array: NumPy keeps the first one that is made of no other array.
        flat: Floats = np.frombuffer(block.data, np.float32, count)
        weakref.finalize(flat, self._back, block).atexit = False
        return flat.reshape(shape)

    def _back(self, block: Floats) -> None:
        if len(self._left) < self._most:
            self._left.append(block)


@dataclass(frozen=True)
class Batches:
    """Batches of a set: x (n, height, width, 3), codes times `scale`; y (n, classes), shares of the classes.

    `deep`: pictures of 16 bits come with all of them, as parts of codes of 8. `alpha`: with a fourth channel, how far
    each pixel is seen; without, transparency of files is laid on white. `size`: width and height. `weights` (pictures,
    classes) tell the classes of each picture. In each round all pictures come once, the last batch may be smaller.
    """

    pictures: Sequence[Samples] | PictureSet
    recipe: Recipe
    weights: Floats
    size: Size
    batch: int = 32
    scale: float = 1 / 255
    shuffle: bool = True
    workers: int = 2
    deep: bool = False
    alpha: bool = False
    spare: Spare = field(default_factory=Spare, init=False, repr=False, compare=False)

    @classmethod
    def of_arrays(cls, x: Sequence[Samples], y: NDArray[Any], recipe: Recipe, **more: Any) -> Batches:
        """Batches of pictures in memory, uint8 (height, width, 3), all of one size unless `size` is given.

        With `deep` they may be uint16, with `alpha` they have four channels.
        y: numbers of classes (n), or their shares (n, classes). Raises BadRecipe.
        """
        if not len(x) or len(x) != len(y):
            raise BadRecipe(f"{len(x)} pictures and {len(y)} of y: as many of each are needed, one at least")
        channels = 4 if more.get("alpha") else 3
        shape = np.shape(x[0])
        if len(shape) == 3 and shape[2] != channels:
            raise BadRecipe(f"a picture must have {channels} channels, not {shape[2]}")
        first = Example(x[0][..., :3]).checked(bool(more.get("deep")))
        numbers = np.asarray(y)
        if numbers.ndim == 1:
            kinds = int(numbers.max()) + 1
            if numbers.dtype.kind not in "iu" or numbers.min() < 0:
                raise BadRecipe("y must be whole numbers from 0 on, or (n, classes)")
            numbers = np.eye(kinds, dtype=np.float32)[numbers]
        if numbers.ndim != 2:
            raise BadRecipe(f"y must be (n) or (n, classes), not {numbers.shape}")
        return cls(x, recipe, np.asarray(numbers, np.float32), more.pop("size", first.size), **more)

    @classmethod
    def of_set(cls, pictures: PictureSet, recipe: Recipe, size: Size, **more: Any) -> Batches:
        """Batches of a set of pictures in a folder."""
        kinds = {name: place for place, name in enumerate(pictures.classes)}
        weights = np.zeros((len(pictures), max(1, len(kinds))), np.float32)
        for row, name in zip(weights, pictures.names, strict=True):
            for kind, share in pictures.shares_of(name).items():
                row[kinds[kind]] = share
        return cls(pictures, recipe, weights, size, **more)

    def __len__(self) -> int:
        """Batches in a round."""
        return -(-len(self.pictures) // self.batch)

    def __iter__(self) -> Iterator[tuple[Floats, Floats]]:
        """Batches without end, from the first round on."""
        return self.rounds()

    def rounds(self, first: int = 0, count: int | None = None) -> Iterator[tuple[Floats, Floats]]:
        """The batches of `count` rounds from number `first` on; None: without end."""
        with ThreadPoolExecutor(max(1, self.workers)) as pool:
            waiting: list[tuple[Floats, Floats, list[Future[None]]]] = []
            for number, places in self._wanted(first, count):
                waiting.append(self._begun(pool, number, places))
                if len(waiting) > AHEAD:
                    yield _ready(waiting.pop(0))
            while waiting:
                yield _ready(waiting.pop(0))

    def _wanted(self, first: int, count: int | None) -> Iterator[tuple[int, list[int]]]:
        number = first
        while count is None or number < first + count:
            order = list(range(len(self.pictures)))
            if self.shuffle:
                Random(self.recipe.seed_of("order", number)).shuffle(order)
            for start in range(0, len(order), self.batch):
                yield number, order[start : start + self.batch]
            number += 1

    def _begun(
        self, pool: ThreadPoolExecutor, number: int, places: list[int]
    ) -> tuple[Floats, Floats, list[Future[None]]]:
        x = self.spare.take((len(places), self.size[1], self.size[0], 4 if self.alpha else 3))
        y = np.empty((len(places), self.weights.shape[1]), np.float32)
        # A few large pieces of work: handing over costs as much as a small picture.
        share = -(-len(places) // (2 * max(1, self.workers)))
        pieces = range(0, len(places), share)
        jobs = [pool.submit(self._fill, x, y, number, places, start, start + share) for start in pieces]
        return x, y, jobs

    def _fill(self, x: Floats, y: Floats, number: int, places: list[int], start: int, end: int) -> None:
        for row in range(start, min(end, len(places))):
            place = places[row]
            seed = self.recipe.seed_of(str(place), number)
            made = fitted(self.recipe.apply(self._load(place), seed, self._partner), self.size)
            if self.alpha:
                x[row, ..., :3] = made.pixels
                x[row, ..., 3] = seen(made)
            else:
                np.copyto(x[row], made.pixels)  # in two steps: NumPy is faster where both types are the same
            np.multiply(x[row], np.float32(self.scale / step(made.pixels)), out=x[row])
            y[row] = self._shares(made.classes)

    def _load(self, place: int) -> Example:
        known = {str(place): 1.0}
        if isinstance(self.pictures, PictureSet):
            found = self.pictures.load(self.pictures.names[place], self.deep, self.alpha)
            return Example(found.pixels, classes=known, alpha=found.alpha)
        pixels = self.pictures[place]
        if self.alpha:
            colors, seen_there = np.ascontiguousarray(pixels[..., :3]), np.ascontiguousarray(pixels[..., 3])
            return Example(colors, classes=known, alpha=seen_there)
        return Example(pixels, classes=known)

    def _partner(self, seed: int) -> Example:
        return self._load(Luck(seed).randrange(len(self.pictures)))

    def _shares(self, sources: Mapping[str, float]) -> Floats:
        if len(sources) == 1:
            return np.asarray(self.weights[int(next(iter(sources)))], np.float32)
        parts = [self.weights[int(place)] * np.float32(share) for place, share in sources.items()]
        return np.asarray(np.sum(parts, axis=0), np.float32)


def _ready(begun: tuple[Floats, Floats, list[Future[None]]]) -> tuple[Floats, Floats]:
    x, y, jobs = begun
    for one in jobs:
        one.result()
    return x, y
