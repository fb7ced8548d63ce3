"""Things in pictures from a COCO file, and back: boxes, polygons, masks, key points, crowds, fields of others.

COCO's key points are indexes of pixels: half a pixel is added so that they move with the rest, and taken off again.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from veduta.learn.augment_step import BadRecipe
from veduta.learn.augment_targets import Points, Thing, bounds, corners, mask_box
from veduta.see.mask import BadMask, decode, encode

NAMES = ("annotations.json", "instances.json", "_annotations.coco.json")
_OWN = {"id", "image_id", "category_id", "bbox", "area", "segmentation", "keypoints", "num_keypoints"}
_SIDES = (("left", "right"), ("Left", "Right"), ("LEFT", "RIGHT"))


@dataclass(frozen=True)
class Labels:
    """What a COCO file tells: classes as they stand there, and for each picture its size and its annotations."""

    path: Path
    classes: tuple[Mapping[str, Any], ...]
    pictures: Mapping[str, tuple[int, int]]
    found: Mapping[str, Sequence[Mapping[str, Any]]]
    swaps: Mapping[int, tuple[int, ...]] = field(default_factory=dict)

    @classmethod
    def load(cls, path: Path) -> Labels:
        """The labels in a file; raises BadRecipe naming it."""
        try:
            plain = json.loads(path.read_bytes())
            names = {one["id"]: str(one["file_name"]) for one in plain["images"]}
            sizes = {
                str(one["file_name"]): (int(one["width"]), int(one["height"])) for one in plain["images"]
            }
            classes = tuple({**one, "id": int(one["id"])} for one in plain["categories"])
            found: dict[str, list[Mapping[str, Any]]] = {name: [] for name in sizes}
            for one in plain["annotations"]:
                found[names[one["image_id"]]].append(one)
        except OSError as error:
            raise BadRecipe(f"{path}: {error.strerror or error}") from error
        except (ValueError, KeyError, TypeError) as error:
            told = f"{type(error).__name__} {error}"
            raise BadRecipe(
                f"{path}: no COCO file of labels: {told}; leave --labels out, or mend it"
            ) from error
        swaps = {one["id"]: _swaps(one["keypoints"]) for one in classes if one.get("keypoints")}
        return cls(path, classes, sizes, found, swaps)

    def known(self, name: str) -> str | None:
        """The file's own name of a picture that has this path in its folder; None where it names none."""
        if name in self.found:
            return name
        short = name.rsplit("/", 1)[-1]
        return short if short in self.found else None

    @property
    def named(self) -> dict[int, str]:
        """The names of the classes by their numbers."""
        return {one["id"]: str(one.get("name", one["id"])) for one in self.classes}

    def kinds(self, name: str) -> tuple[str, ...]:
        """The classes of the things in a picture that has this path, each once; raises BadRecipe."""
        known, named = self.known(name), self.named
        try:
            numbers = {int(one["category_id"]) for one in self.found[known]} if known is not None else set()
            return tuple(dict.fromkeys(named[number] for number in sorted(numbers)))
        except (KeyError, TypeError, ValueError) as error:
            told = f"{type(error).__name__} {error}"
            raise BadRecipe(
                f"{self.path}: an annotation of {name} is of no class it names: {told}"
            ) from error

    def things(self, name: str) -> tuple[Thing, ...]:
        """The things of a picture that the file knows, in its own size; raises BadRecipe."""
        made = []
        for one in self.found[name]:
            try:
                made.append(self._thing(one))
            except (KeyError, TypeError, ValueError, IndexError, BadMask) as error:
                told = f"{type(error).__name__} {error}"
                raise BadRecipe(f"{self.path}: annotation {one.get('id')} of {name}: {told}") from error
        return tuple(made)

    def _thing(self, one: Mapping[str, Any]) -> Thing:
        kind, shape = int(one["category_id"]), one.get("segmentation")
        polygons = mask = points = None
        if isinstance(shape, Mapping):
            mask = np.ascontiguousarray(decode(shape))
        elif shape:
            polygons = tuple(_polygon(part) for part in shape)
        if one.get("keypoints"):
            points = np.array(one["keypoints"], np.float64).reshape(-1, 3)
            points[points[:, 2] > 0, :2] += 0.5
        outline: Points | None = None
        if one.get("bbox"):
            x, y, w, h = map(float, one["bbox"])
            outline = corners((x, y, w, h))
        elif polygons:
            outline = corners(bounds(np.concatenate(polygons)))
        elif mask is not None and (box := mask_box(mask)) is not None:
            outline = corners(box)
        extra = {key: value for key, value in one.items() if key not in _OWN}
        swaps = self.swaps.get(kind)
        return Thing(outline, kind, polygons, mask, points, swaps=swaps, extra=extra)


def plain(thing: Thing) -> dict[str, Any]:
    """A thing as a COCO annotation without its numbers."""
    told: dict[str, Any] = {"category_id": thing.kind, "iscrowd": 0, **thing.extra}
    box = thing.box
    if box is not None:
        told["bbox"] = [round(value, 3) for value in box]
        told["area"] = round(thing.area, 3)
    if thing.mask is not None:
        told["segmentation"] = encode(thing.mask)
    elif thing.polygons is not None:
        told["segmentation"] = [[round(v, 3) for v in part.ravel().tolist()] for part in thing.polygons]
    if thing.points is not None:
        points = thing.points.copy()
        points[points[:, 2] > 0, :2] -= 0.5
        points[points[:, 2] == 0] = 0
        told["keypoints"] = [
            round(v, 3) if index % 3 < 2 else int(v) for index, v in enumerate(points.ravel().tolist())
        ]
        told["num_keypoints"] = int((points[:, 2] > 0).sum())
    if thing.visible < 1:
        told["visible"] = round(thing.visible, 4)
    if thing.weight < 1:
        told["weight"] = round(thing.weight, 4)
    return told


def document(
    classes: Iterable[Mapping[str, Any]],
    pictures: Iterable[tuple[str, int, int, Sequence[Mapping[str, Any]]]],
) -> bytes:
    """A COCO file of pictures: name, width, height and the annotations that `plain` gave."""
    images: list[dict[str, Any]] = []
    annotations: list[dict[str, Any]] = []
    for number, (name, width, height, things) in enumerate(pictures, 1):
        images.append({"id": number, "file_name": name, "width": width, "height": height})
        annotations += [
            {"id": len(annotations) + place, "image_id": number, **one} for place, one in enumerate(things, 1)
        ]
    told = {"images": images, "categories": list(classes), "annotations": annotations}
    return json.dumps(told, ensure_ascii=False).encode("utf-8", "surrogateescape")


def _polygon(part: Sequence[float]) -> Points:
    points = np.array(part, np.float64).reshape(-1, 2)
    if len(points) < 3 or not np.isfinite(points).all():
        raise ValueError("a polygon needs three corners")
    return points


def _swaps(names: Sequence[str]) -> tuple[int, ...]:
    """For each key point the one that takes its place in a mirrored picture: left_eye for right_eye."""
    places = {name: place for place, name in enumerate(names)}
    order = list(range(len(names)))
    for name, place in places.items():
        for one, other in (*_SIDES, *((b, a) for a, b in _SIDES)):
            if one in name and (twin := places.get(name.replace(one, other))) is not None:
                order[place] = twin
    return tuple(order)
