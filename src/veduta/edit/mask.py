"""Masks: which pixels of a photo an edit concerns. Made, combined, grown, softened, kept in files.

A mask is a bool array (height, width) in pixels of the upright photo at full size; a soft one ("alpha") float32 from 0
to 1.
"""

from __future__ import annotations

import io
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal

import cv2
import numpy as np
from numpy.typing import NDArray

from veduta.edit.fill import BadMask
from veduta.files import write_bytes, write_text
from veduta.image.decode import read as read_picture
from veduta.see.mask import decode, encode
from veduta.see.patch import Patch

Bool = NDArray[np.bool_]
Soft = NDArray[np.float32]
How = Literal["add", "subtract", "intersect"]
Radius = float

SUFFIXES = (".png", ".json")


def combine(steps: Sequence[tuple[How, Bool]]) -> Bool:
    """One mask out of several: each adds to what the ones before it gave, takes from it, or keeps the common part.

    The first one is taken as it is, whatever its `how`. Raises BadMask where sizes differ or nothing is given.
    """
    if not steps:
        raise BadMask("no masks to combine: give one at least")
    made = np.array(steps[0][1], bool)
    for how, mask in steps[1:]:
        if mask.shape != made.shape:
            raise BadMask(f"masks of {_size(mask)} and {_size(made)} pixels: make them the same size")
        if how == "add":
            made |= mask
        elif how == "subtract":
            made &= ~mask
        elif how == "intersect":
            made &= mask
        else:
            raise BadMask(f"no way to combine masks is called {how!r}; known: add, subtract, intersect")
    return made


def grown(mask: Bool, radius: Radius) -> Bool:
    """The mask grown by `radius` pixels all around; shrunk where that is negative."""
    if abs(radius) < 0.5 or not mask.any() or (radius < 0 and mask.all()):
        return mask.copy()
    if radius < 0:
        return ~grown(~mask, -radius)
    part, window = _around(mask, radius)
    out = mask.copy()
    out[window] = _distance(part) <= radius
    return out


def feathered(mask: Bool, radius: Radius) -> Soft:
    """The mask with an edge that fades, outside of it, over `radius` pixels: 1 inside, 0 far outside."""
    soft = mask.astype(np.float32)
    if radius < 0.5 or not mask.any():
        return soft
    part, window = _around(mask, radius)
    soft[window] = np.clip(1 - _distance(part) / np.float32(radius + 1), 0, 1)
    return soft


def _around(mask: Bool, radius: Radius) -> tuple[Bool, tuple[slice, slice]]:
    """The part of the photo that growing can reach: distances are computed there only."""
    left, top, width, height = Patch(0, 0, mask, *mask.shape).box
    room = int(np.ceil(radius)) + 1
    window = (slice(max(0, top - room), top + height + room), slice(max(0, left - room), left + width + room))
    return mask[window], window


def _distance(mask: Bool) -> Soft:
    """The distance of each pixel to the nearest one of the mask."""
    outside = np.where(mask, np.uint8(0), np.uint8(1))
    return np.asarray(cv2.distanceTransform(outside, cv2.DIST_L2, cv2.DIST_MASK_PRECISE), np.float32)


def check(mask: NDArray[Any], width: int, height: int, what: str = "the mask") -> Bool:
    """The mask as bool; raises BadMask unless it is one of a photo of this size."""
    if mask.ndim != 2:
        raise BadMask(f"{what} has {mask.ndim} axes; expected 2 (height, width)")
    if mask.shape != (height, width):
        raise BadMask(
            f"{what} is {_size(mask)} pixels and the photo {width} x {height}: make one at the photo's size"
        )
    return np.asarray(mask, bool)


def _size(mask: NDArray[Any]) -> str:
    return f"{mask.shape[1]} x {mask.shape[0]}"


def save(mask: Bool, path: Path) -> None:
    """Write a mask atomically: .png (white on black) or .json (COCO). Raises BadMask for another name."""
    suffix = path.suffix.lower()
    if suffix == ".png":
        write_bytes(path, to_png(mask))
    elif suffix == ".json":
        write_text(path, json.dumps(to_coco([mask])) + "\n")
    else:
        raise BadMask(f"{path.name}: masks are saved as {' or '.join(SUFFIXES)}")


def load(path: Path, size: tuple[int, int] | None = None) -> Bool:
    """The mask in a file: a picture, white where it is on, or COCO JSON, all of whose annotations count.

    With `size` (width, height) it must be that of the photo. Raises BadMask, UnreadableImage.
    """
    if path.suffix.lower() == ".json":
        try:
            mask = from_coco(json.loads(path.read_text(encoding="utf-8")))
        except (OSError, ValueError) as error:
            raise BadMask(f"{path.name}: no COCO file: {error}") from error
    else:
        mask = read_picture(path).max(axis=2) >= 128
    return mask if size is None else check(mask, *size, what=path.name)


def to_png(mask: Bool) -> bytes:
    """A PNG file, 1 bit a pixel, white where the mask is on."""
    from PIL import Image

    out = io.BytesIO()
    Image.fromarray(mask).save(out, "PNG", optimize=True)
    return out.getvalue()


def to_coco(masks: Sequence[Bool], names: Sequence[str] | None = None) -> dict[str, Any]:
    """COCO's form of the masks of one photo; `names` are their categories."""
    told = list(names or ["mask"] * len(masks))
    if len(told) != len(masks):
        raise BadMask(f"{len(told)} names for {len(masks)} masks")
    height, width = masks[0].shape if masks else (0, 0)
    categories = {name: number for number, name in enumerate(dict.fromkeys(told), start=1)}
    return {
        "images": [{"id": 1, "file_name": "", "width": width, "height": height}],
        "categories": [{"id": number, "name": name} for name, number in categories.items()],
        "annotations": [
            {
                "id": number,
                "image_id": 1,
                "category_id": categories[name],
                "segmentation": encode(mask),
                "bbox": list(Patch(0, 0, mask, height, width).box),
                "area": int(np.count_nonzero(mask)),
                "iscrowd": 0,
            }
            for number, (mask, name) in enumerate(zip(masks, told, strict=True), start=1)
        ],
    }


def from_coco(facts: Any) -> Bool:
    """All annotations of a COCO file of one picture as one mask, or a single run-length encoding; raises BadMask."""
    if isinstance(facts, dict) and "counts" in facts:
        return _decoded(facts)
    try:
        images = facts["images"]
        if len(images) != 1:
            raise BadMask(f"a COCO file of {len(images)} pictures; expected one")
        mask = np.zeros((int(images[0]["height"]), int(images[0]["width"])), bool)
        for annotation in facts["annotations"]:
            shape = annotation["segmentation"]
            if isinstance(shape, dict):
                mask |= check(_decoded(shape), mask.shape[1], mask.shape[0], "a mask of the file")
            else:
                mask |= of_polygons(shape, mask.shape[1], mask.shape[0])
    except (KeyError, TypeError, ValueError) as error:
        raise BadMask(f"no COCO file: lacks or misuses {error}") from error
    return mask


def _decoded(shape: dict[str, Any]) -> Bool:
    from veduta.see.mask import BadMask as Unreadable

    try:
        return decode(shape)
    except Unreadable as error:
        raise BadMask(str(error)) from error


def of_polygons(polygons: Sequence[Sequence[float]], width: int, height: int) -> Bool:
    """The inside of polygons, each a list x, y, x, y... in pixels."""
    import skimage.draw

    inside: Any = skimage.draw.polygon
    mask = np.zeros((height, width), bool)
    for polygon in polygons:
        points = np.asarray(polygon, np.float64).reshape(-1, 2)
        # A pixel is inside when its center is; corners of pixels are whole numbers here, centers for scikit-image.
        mask[inside(points[:, 1] - 0.5, points[:, 0] - 0.5, mask.shape)] = True
    return mask
