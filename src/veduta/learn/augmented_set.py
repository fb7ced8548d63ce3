"""A folder of pictures with what is known of them, and examples made of it by a recipe."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import cast

import cv2
import numpy as np

from veduta.errors import BadInput, UnreadableImage
from veduta.image import decode
from veduta.image.deep import layers, sixteen
from veduta.image.formats import PHOTO_SUFFIXES
from veduta.image.photo import Pixels, at_most
from veduta.image.samples import Samples, eight
from veduta.learn.augment_coco import NAMES, Labels
from veduta.learn.augment_luck import Luck
from veduta.learn.augment_recipe import Recipe
from veduta.learn.augment_step import BadRecipe, Size
from veduta.learn.augment_targets import Example
from veduta.learn.augment_warp import Warp

TRIES = 5  # of finding a picture to mix with that can be read


class NoPictures(BadInput):
    """A folder to augment that holds no pictures, or is none."""


@dataclass(frozen=True)
class PictureSet:
    """The pictures of a folder, by their paths in it.

    Classes are told by the labels, where there are such; else the first folder on a picture's path is its class.
    `labels`: things in the pictures. `maps`: a folder of
    maps of labels, gray PNG files with the same paths. `side`: the longer side that is decoded at most.
    """

    folder: Path
    names: tuple[str, ...]
    labels: Labels | None = None
    maps: Path | None = None
    side: int | None = None

    @classmethod
    def of(
        cls,
        folder: Path,
        labels: Path | None = None,
        maps: Path | None = None,
        side: int | None = None,
        skip: Path | None = None,
    ) -> PictureSet:
        """The set in a folder, in order of names; what lies in `skip` is left out.

        Labels are taken from `labels`, or from a COCO file of a usual name in the folder. Raises NoPictures, BadRecipe.
        """
        if not folder.is_dir():
            raise NoPictures(f"{folder}: no such folder; name one with pictures")
        files = (p for p in folder.rglob("*") if p.suffix.lower() in PHOTO_SUFFIXES and p.is_file())
        apart = [one.resolve() for one in (skip, maps) if one is not None]
        kept = (
            [p for p in files if not any(one in p.resolve().parents for one in apart)]
            if apart
            else list(files)
        )
        names = tuple(sorted(p.relative_to(folder).as_posix() for p in kept))
        if not names:
            raise NoPictures(f"{folder}: no pictures in it")
        if maps is not None and not maps.is_dir():
            raise NoPictures(f"{maps}: no such folder; name one with maps of labels")
        usual = next((folder / name for name in NAMES if (folder / name).is_file()), None)
        where = labels or usual
        return cls(folder, names, None if where is None else Labels.load(where), maps, side)

    def __len__(self) -> int:
        return len(self.names)

    @cached_property
    def classes(self) -> tuple[str, ...]:
        """The names of the classes: of the labels in their order, else of the folders that tell them."""
        if self.labels is not None:
            return tuple(dict.fromkeys(self.labels.named.values()))
        return tuple(sorted({name.split("/")[0] for name in self.names if "/" in name}))

    def shares_of(self, name: str) -> dict[str, float]:
        """The classes of a picture and how much it counts for each, 1 together; none where none is told."""
        if self.labels is not None:
            kinds = self.labels.kinds(name)
            return {kind: 1 / len(kinds) for kind in kinds}
        return {name.split("/")[0]: 1.0} if "/" in name else {}

    def class_of(self, name: str) -> str | None:
        """The class of a picture, None where it has none, or several."""
        shares = self.shares_of(name)
        return next(iter(shares)) if len(shares) == 1 else None

    def load(self, name: str, deep: bool = False, alpha: bool = False) -> Example:
        """A picture with all that is known of it; `deep`: in 16 bits where it has them; `alpha`: with transparency,
        which else is laid on white.

        Raises UnreadableImage, BadRecipe.
        """
        pixels, full, seen = self._pixels(self.folder / name, deep, alpha)
        size = (pixels.shape[1], pixels.shape[0])
        labels = None if self.maps is None else self._map(name, size)
        example = Example(pixels, labels=labels, classes=self.shares_of(name), alpha=seen)
        known = None if self.labels is None else self.labels.known(name)
        if self.labels is None or known is None:
            return example
        if self.labels.pictures[known] != full:
            told, found = (f"{w} x {h}" for w, h in (self.labels.pictures[known], full))
            raise BadRecipe(
                f"{name}: labeled as {told} pixels, but has {found}: its labels are another picture's"
            )
        things = self.labels.things(known)
        for one in things:
            if one.mask is not None and one.mask.shape != (full[1], full[0]):
                raise BadRecipe(f"{name}: a mask of {one.mask.shape} for {full[0]} x {full[1]} pixels")
        if size != full:
            matrix = np.diag([size[0] / full[0], size[1] / full[1], 1.0])
            shrink = Warp(matrix, full, size)
            things = tuple(moved for one in things if (moved := shrink.moved(one)) is not None)
        return replace(example, things=things)

    def _pixels(self, path: Path, deep: bool, alpha: bool) -> tuple[Samples, Size, Samples | None]:
        """The pixels of a picture, its full size, and its transparency where it is asked for and there is any."""
        parts = layers(path) if alpha else None
        if parts is not None:
            colors, seen = parts if deep else (eight(parts[0]), eight(parts[1]))
            full = (colors.shape[1], colors.shape[0])
            if self.side is not None:
                colors, seen = (at_most(cast(Pixels, one), self.side) for one in (colors, seen))
            return colors, full, seen
        found = sixteen(path) if deep else None
        if found is None:
            photo = decode.load(path, self.side)
            return photo.pixels, (photo.width, photo.height), None
        full = (found.shape[1], found.shape[0])
        return found if self.side is None else at_most(cast(Pixels, found), self.side), full, None

    def _map(self, name: str, size: Size) -> np.ndarray[tuple[int, ...], np.dtype[np.uint8]]:
        path = (self.maps or self.folder) / Path(name).with_suffix(".png")
        found = cv2.imdecode(np.fromfile(path, np.uint8), cv2.IMREAD_UNCHANGED) if path.is_file() else None
        if found is None:
            raise UnreadableImage(path, "no map of labels: each picture needs a gray PNG of its path")
        if found.ndim != 2 or found.dtype != np.uint8:
            raise UnreadableImage(path, "no map of labels: one 8-bit channel, the label of each pixel")
        if (found.shape[1], found.shape[0]) != size:
            found = cv2.resize(found, size, interpolation=cv2.INTER_NEAREST_EXACT)
        return np.asarray(found, np.uint8)


@dataclass(frozen=True)
class Augmented:
    """What a recipe makes of a set: any copy of any picture, whoever asks for it and when.

    `deep`: in 16 bits, of pictures that have them; else all are of 8. `alpha`: with their transparency.
    """

    pictures: PictureSet
    recipe: Recipe
    deep: bool = False
    alpha: bool = False

    def load(self, name: str) -> Example:
        """A picture before anything is done to it; raises UnreadableImage, BadRecipe."""
        return self.pictures.load(name, self.deep, self.alpha)

    def example(self, name: str, copy: int, loaded: Example | None = None) -> tuple[Example, tuple[str, ...]]:
        """A copy (from 1 on; 0 would be another one) of a picture, and the pictures mixed into it.

        `loaded`: the picture, where it is at hand. Raises UnreadableImage, BadRecipe.
        """
        mixed: list[str] = []

        def partner(seed: int) -> Example | None:
            luck = Luck(seed)
            for _ in range(TRIES):
                other = self.pictures.names[luck.randrange(len(self.pictures))]
                try:
                    found = self.load(other)
                except (UnreadableImage, OSError):
                    continue
                mixed.append(other)
                return found
            return None

        seed = self.recipe.seed_of(name, copy)
        made = self.recipe.apply(loaded or self.load(name), seed, partner)
        return made, tuple(mixed)
