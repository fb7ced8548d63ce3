"""Pairs of photos: what they have in common, and the panorama that they make, kept as a version of the first."""

from __future__ import annotations

import numpy as np

from veduta.edit.marks import ENHANCED, marked
from veduta.edit.panorama import CannotStitch, stitch
from veduta.edit.stored_file import Values, save_values
from veduta.image import decode
from veduta.library import rendering, versions
from veduta.library.catalog import Catalog
from veduta.library.versions import Version
from veduta.library.wholes import keep
from veduta.progress import Progress, Silent
from veduta.see.local_features import feature
from veduta.see.pairing import Pairing, pair

SIDE = 1024  # of what is compared


def paired(catalog: Catalog, photo_id: int, other_id: int, features: str = "sift") -> Pairing:
    """What two photos have in common, in their full sizes; raises NotFound, BadVersion, UnreadableImage."""
    kind = feature(features)
    sides = []
    for one in (photo_id, other_id):
        photo = decode.load(rendering.ground(catalog, one).path, SIDE)
        sides.append(kind.find(photo.pixels, SIDE, full=(photo.width, photo.height)))
    return pair(sides[0], sides[1], kind)


def panorama(
    catalog: Catalog,
    photo_id: int,
    other_id: int,
    name: str | None = None,
    progress: Progress | None = None,
) -> Version:
    """Lay two photos onto each other and keep what comes out as a version of the first; the rest is transparent.

    The progress may raise to stop. Raises CannotStitch, NotFound, BadVersion, UnreadableImage.
    """
    progress = progress or Silent()
    paths = [rendering.ground(catalog, one).path for one in (photo_id, other_id)]
    progress.begin("comparing", 1)
    found = paired(catalog, photo_id, other_id)
    progress.advance()
    progress.end()
    matrix = found.homography.matrix
    if not found.same or matrix is None or found.homography.count <= found.chance:
        raise CannotStitch(
            f"{paths[0].name} and {paths[1].name} do not show enough of the same: {found.homography.count} points fit"
            f" together, of which chance brings {found.chance}"
        )
    progress.begin("stitching", 1)
    made = stitch(decode.read(paths[0]), decode.read(paths[1]), matrix)
    pixels = np.dstack([made.pixels, made.cover.astype(np.uint8) * np.uint8(255)])
    progress.advance()
    progress.end()
    progress.begin("writing", 1)
    target = versions.new_whole(catalog, ".png")
    text = "Stitched from 2 photos."
    with versions.kept_whole(target):
        save_values(paths[0], Values(pixels, None), target, True, lambda kept: marked(kept, text, ENHANCED))
        progress.end()
        return keep(catalog, photo_id, target, name or "Panorama", (photo_id, other_id))
