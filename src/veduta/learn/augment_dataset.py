"""Augmented pictures as a data set of PyTorch: new in every epoch, the same with any number of loading workers."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
import torch

from veduta.learn.augment_mix import seen
from veduta.learn.augment_recipe import Recipe
from veduta.learn.augment_step import BadRecipe, Size
from veduta.learn.augment_targets import Example
from veduta.learn.augment_warp import Warp
from veduta.learn.augmented_set import Augmented, PictureSet

Target = Literal["class", "shares", "things", "map"]


class AugmentedPictures(torch.utils.data.Dataset[tuple[torch.Tensor, Any]]):
    """Pictures (3, height, width) in [0, 1], each with a target.

    `class`: the number of its class. `shares`: of each class, for mixed pictures. `things`: a dictionary of boxes
    (n, 4; left, top, right, bottom), labels (n), area (n), and masks (n, height, width) and keypoints (n, points, 3)
    where all things have them. `map`: the label of each pixel. `size` (width, height): all are stretched to it.
    `deep`: pictures of 16 bits with all of them. `alpha`: with a fourth channel, how far each pixel is seen; without,
    transparency is laid on white.
    """

    def __init__(
        self,
        pictures: PictureSet,
        recipe: Recipe,
        target: Target = "class",
        size: Size | None = None,
        deep: bool = False,
        alpha: bool = False,
    ) -> None:
        if target in ("class", "shares") and not pictures.classes:
            raise BadRecipe(f"{pictures.folder}: neither folders nor labels that would tell classes")
        if target == "class" and any(len(pictures.shares_of(name)) > 1 for name in pictures.names):
            raise BadRecipe(f'{pictures.folder}: pictures of several classes: take the target "shares"')
        if target == "class" and recipe.mixes:
            raise BadRecipe('a recipe that mixes pictures has no single class: take the target "shares"')
        if target == "things" and pictures.labels is None:
            raise BadRecipe(f"{pictures.folder}: no labels; name a COCO file")
        if target == "map" and pictures.maps is None:
            raise BadRecipe(f"{pictures.folder}: no maps of labels; name their folder")
        self.augmented = Augmented(pictures, recipe, deep, alpha)
        self.target = target
        self.size = size
        self.epoch = 0

    def set_epoch(self, epoch: int) -> None:
        """Say which epoch it is: each one has other pictures."""
        self.epoch = epoch

    def __len__(self) -> int:
        """How many pictures."""
        return len(self.augmented.pictures)

    def __getitem__(self, index: int) -> tuple[torch.Tensor, Any]:
        """The picture of this number with its target."""
        pictures = self.augmented.pictures
        made, _ = self.augmented.example(pictures.names[index], self.epoch + 1)
        if self.size is not None and made.size != self.size:
            matrix = np.diag([self.size[0] / made.size[0], self.size[1] / made.size[1], 1.0])
            made = Warp(matrix, made.size, self.size).apply(made)
        return self._picture(made), self._target(made, index)

    def _picture(self, made: Example) -> torch.Tensor:
        pixels = made.pixels if not self.augmented.alpha else np.dstack([made.pixels, seen(made)])
        if pixels.dtype == np.uint16:  # of which PyTorch knows little
            return torch.from_numpy(pixels.astype(np.float32)).permute(2, 0, 1).div_(65535)
        return torch.from_numpy(np.ascontiguousarray(pixels)).permute(2, 0, 1).float().div_(255)

    def _target(self, made: Example, index: int) -> Any:
        pictures = self.augmented.pictures
        if self.target == "map":
            return torch.from_numpy(np.ascontiguousarray(made.labels)).long()
        if self.target == "things":
            return things(made, index)
        if self.target == "class":
            kind = pictures.class_of(pictures.names[index])
            return -1 if kind is None else pictures.classes.index(kind)
        return torch.tensor([made.classes.get(kind, 0.0) for kind in pictures.classes])


def things(made: Example, index: int = 0) -> dict[str, torch.Tensor]:
    """The things of a picture with boxes, as detectors take them."""
    known = [one for one in made.things if one.outline is not None]
    boxes = [(x, y, x + w, y + h) for x, y, w, h in (one.box or (0.0, 0.0, 0.0, 0.0) for one in known)]
    told = {
        "boxes": torch.tensor(boxes, dtype=torch.float32).reshape(-1, 4),
        "labels": torch.tensor([one.kind for one in known], dtype=torch.int64),
        "area": torch.tensor([one.area for one in known], dtype=torch.float32),
        "iscrowd": torch.tensor([int(one.extra.get("iscrowd", 0)) for one in known], dtype=torch.int64),
        "image_id": torch.tensor(index),
    }
    masks = [one.mask for one in known if one.mask is not None]
    if known and len(masks) == len(known):
        told["masks"] = torch.from_numpy(np.stack(masks).astype(np.uint8))
    points = [one.points for one in known if one.points is not None]
    if known and len(points) == len(known) and len({len(one) for one in points}) == 1:
        told["keypoints"] = torch.from_numpy(np.stack(points).astype(np.float32))
    return told
