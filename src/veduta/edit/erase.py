"""Erase: find what shall go, keep whom shall stay, fill, and write the copy."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from veduta.edit import mask as masks
from veduta.edit.account import Account
from veduta.edit.fill import METHODS, Method, UnknownMethod, WholeMask, fill
from veduta.edit.picture_file import check_still, save
from veduta.edit.protagonists import protagonists
from veduta.edit.regions import LEAST, Eyes, Region, kind_of, regions
from veduta.edit.seam import seamed
from veduta.edit.shadow import cast as cast_shadow
from veduta.errors import BadInput
from veduta.image.decode import load
from veduta.image.photo import Photo, Pixels, at_most
from veduta.progress import Progress
from veduta.see.face_identity import MAYBE_PERSON
from veduta.see.patch import Patch
from veduta.settings import settings

Bool = NDArray[np.bool_]
Vectors = NDArray[np.float32]

# Over how many pixels, for a longer side of 2000, the filling fades into the photo.
FADE = 1.0


@dataclass(frozen=True, slots=True, eq=False)
class Keep:
    """Who and what stays: clicked points (x, y), faces by name, and with `protagonists` whom the photo is about.

    A point is in pixels of the upright photo, or with both parts at most 1, in shares of its width and height.
    `faces` are vectors (n, 128) of each name, as `see.face_identity` makes them.
    """

    points: tuple[tuple[float, float], ...] = ()
    faces: dict[str, Vectors] = field(default_factory=dict)
    protagonists: bool = False


@dataclass(frozen=True, slots=True)
class Wish:
    """What to erase, and how: kinds or names (`what`), mask files, and how the hole is filled.

    With `shadows`, people go with the shadow that they cast on the ground.
    """

    what: tuple[str, ...] = ()
    mask_files: tuple[Path, ...] = ()
    keep: Keep = field(default_factory=Keep)
    method: str = "auto"
    grow: float | None = None
    feather: float | None = None
    least: float = LEAST
    location: bool = True
    shadows: bool = True

    def __post_init__(self) -> None:
        """Raise NotFound or UnknownMethod before any photo is opened."""
        for word in self.what:
            kind_of(word)
        if self.method not in METHODS:
            raise UnknownMethod(f"no way of filling is called {self.method!r}; known: {', '.join(METHODS)}")
        if not self.what and not self.mask_files:
            raise BadInput("nothing to erase: say what, or give a mask")


@dataclass(frozen=True, slots=True)
class Erased(Account):
    """What became of one photo: what is gone, what stays, and how holes were filled."""

    removed: list[dict[str, Any]]
    kept: list[dict[str, Any]]
    method: str
    seconds: float
    notes: tuple[str, ...] = ()


class Eraser:
    """Erases the same things from one photo after another; networks are opened once."""

    def __init__(self, wish: Wish, eyes: Eyes | None = None) -> None:
        self.wish = wish
        self._eyes = eyes or Eyes()

    def erase(
        self, path: Path, out: Path, mask_out: Path | None = None, progress: Progress | None = None
    ) -> Erased:
        """The photo without what was wished away, written to `out`; its mask to `mask_out`, if given.

        Where nothing is found, nothing is written. The original stays as it is. Raises UnreadableImage, BadMask,
        AnimatedPicture, NotWritten, WouldOverwrite.
        """
        started = time.monotonic()
        check_still(path)
        photo = opened(path)
        go, stay, notes = self.choose(photo)
        files = [masks.load(file, (photo.width, photo.height)) for file in self.wish.mask_files]
        go += [
            _of_file(file, mask) for file, mask in zip(self.wish.mask_files, files, strict=True) if mask.any()
        ]
        told = [_told(region) for region in stay]
        if not go:
            return _nothing(path, photo, told, notes, time.monotonic() - started)
        whole = np.zeros((photo.height, photo.width), bool)
        gone = [self._gone(region) for region in go]
        for patch in gone:
            patch.add_to(whole)
        pixels = photo.full()
        shadows = self._shadows(pixels, go, gone, whole, stay) if self.wish.shadows else {}
        for shadow in shadows.values():
            shadow.add_to(whole)
        for region in stay:  # who stays is never touched, however near
            _without(whole, region.patch)
        if not whole.any():
            return _nothing(
                path, photo, told, [*notes, "all of it belongs to who stays"], time.monotonic() - started
            )
        if whole.all():
            raise WholeMask(
                f"{path.name}: what was found covers the whole photo: nothing is left to fill from"
            )
        alpha = self._alpha(whole, stay)
        edited = fill(pixels, alpha, cast(Method, self.wish.method), progress=progress)
        written = save(path, edited, out, changed=alpha > 0, location=self.wish.location)
        if mask_out is not None:
            masks.save(whole, mask_out)
        return Erased(
            path,
            out,
            photo.width,
            photo.height,
            [_told(region, number in shadows) for number, region in enumerate(go)],
            told,
            self.wish.method,
            time.monotonic() - started,
            (*photo.notes, *notes, *written.notes),
        )

    def choose(self, photo: Photo) -> tuple[list[Region], list[Region], list[str]]:
        """What goes, who stays, and notes, of all that recognizers find in a photo."""
        found = regions(photo, self.wish.what, self.wish.least, self._eyes) if self.wish.what else []
        keep, notes = self.wish.keep, []
        stay: set[int] = set()
        persons = [i for i, region in enumerate(found) if region.kind in ("people", "faces")]
        for name, vectors in keep.faces.items():
            same = [i for i in persons if _is_one_of(found[i], vectors)]
            stay.update(same)
            if not same:
                notes.append(f"nobody in it was recognized as {name}")
        for point in keep.points:
            hit = _at(found, point, photo)
            if hit is None:
                notes.append(f"nothing that would be removed is at {point[0]:g},{point[1]:g}")
            else:
                stay.add(hit)
        if keep.protagonists:
            bodies = [i for i in persons if found[i].kind == "people"]
            chosen = protagonists([found[i] for i in bodies], photo)
            stay.update(bodies[i] for i in chosen)
            if bodies and not chosen:
                notes.append("the photo is about nobody in particular: everybody goes")
        return (
            [region for i, region in enumerate(found) if i not in stay],
            [found[i] for i in sorted(stay)],
            notes,
        )

    def _gone(self, region: Region) -> Patch:
        """The mask of a thing with the seam around it; masks of files as they are."""
        if self.wish.grow is None and region.kind == "mask":
            return region.patch
        return seamed(region.patch, self.wish.grow)

    def _shadows(
        self, pixels: Pixels, go: Sequence[Region], gone: Sequence[Patch], whole: Bool, stay: Sequence[Region]
    ) -> dict[int, Patch]:
        """The shadows of people who go, by their number."""
        taken = whole.copy()
        for region in stay:
            region.patch.add_to(taken)
        found = {
            number: cast_shadow(pixels, patch, taken)
            for number, (region, patch) in enumerate(zip(go, gone, strict=True))
            if region.kind == "people"
        }
        return {number: shadow for number, shadow in found.items() if shadow is not None}

    def _alpha(self, whole: Bool, stay: Sequence[Region]) -> NDArray[np.float32]:
        feather = self.wish.feather
        if feather is None:
            feather = max(1.0, FADE * max(whole.shape) / 2000)
        alpha = masks.feathered(whole, feather)
        for region in stay:
            height, width = region.patch.inside.shape
            part = alpha[
                region.patch.top : region.patch.top + height, region.patch.left : region.patch.left + width
            ]
            part[region.patch.inside] = 0
        return alpha


def opened(path: Path) -> Photo:
    """The photo decoded once: analyzed at the usual size, edited at full size."""
    whole = load(path)
    small = at_most(whole.pixels, settings().analysis_side)
    photo = Photo(small, whole.width, whole.height, path=path, format=whole.format, notes=whole.notes)
    photo.memo["full"] = whole.pixels
    return photo


def _nothing(
    path: Path, photo: Photo, kept: list[dict[str, Any]], notes: Sequence[str], seconds: float
) -> Erased:
    return Erased(path, None, photo.width, photo.height, [], kept, "", seconds, ("nothing found", *notes))


def _of_file(path: Path, mask: Bool) -> Region:
    patch = Patch.of(mask)
    x, y, width, height = patch.box
    return Region(path.name, "mask", 1.0, (float(x), float(y), float(width), float(height)), patch)


def _told(region: Region, shadow: bool = False) -> dict[str, Any]:
    return {
        "name": region.name,
        "kind": region.kind,
        "score": round(float(region.score), 4),
        "box": [round(float(v), 1) for v in region.box],
        "pixels": region.patch.area,
        "shadow": shadow,
    }


def _without(mask: Bool, patch: Patch) -> None:
    height, width = patch.inside.shape
    mask[patch.top : patch.top + height, patch.left : patch.left + width] &= ~patch.inside


def _is_one_of(region: Region, vectors: Vectors) -> bool:
    """Whether the face of a region is that of the vectors; in doubt it is: a friend must not vanish."""
    if region.vector is None or not len(vectors):
        return False
    distances = np.linalg.norm(vectors - region.vector, axis=1)
    return bool(distances.min() <= MAYBE_PERSON)


def _at(found: Sequence[Region], point: tuple[float, float], photo: Photo) -> int | None:
    """The thing at a point: the one whose mask has it, else the smallest whose box has it."""
    x, y = point
    if 0 <= x <= 1 and 0 <= y <= 1:
        x, y = x * (photo.width - 1), y * (photo.height - 1)
    for index, region in enumerate(found):
        patch, row, column = region.patch, int(y) - region.patch.top, int(x) - region.patch.left
        if (
            0 <= row < patch.inside.shape[0]
            and 0 <= column < patch.inside.shape[1]
            and patch.inside[row, column]
        ):
            return index
    inside = [
        (region.box[2] * region.box[3], index)
        for index, region in enumerate(found)
        if region.box[0] <= x <= region.box[0] + region.box[2]
        and region.box[1] <= y <= region.box[1] + region.box[3]
    ]
    return min(inside)[1] if inside else None
