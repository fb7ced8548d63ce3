"""Fusion: several photos of one thing, one larger and clearer picture, kept as a version of the first."""

from __future__ import annotations

from collections.abc import Sequence

from veduta.edit.fuse import fuse as fused
from veduta.edit.marks import ENHANCED, marked
from veduta.edit.picture_file import save
from veduta.edit.shots import Shots
from veduta.library import rendering, versions
from veduta.library.catalog import Catalog
from veduta.library.versions import Version
from veduta.library.wholes import keep
from veduta.progress import Progress, Silent


def fuse(
    catalog: Catalog,
    photo_ids: Sequence[int],
    by: int = 2,
    region: tuple[float, float, float, float] | None = None,
    name: str | None = None,
    progress: Progress | None = None,
) -> Version:
    """Fuse photos to one picture, `by` times as large, kept as a version of the first, whose view it has.

    Photos that show something else are left out: the version is told to be made of the others only. The progress may
    raise to stop. Raises NotFound, BadVersion, UnreadableImage, CannotFuse.
    """
    progress = progress or Silent()
    paths = [rendering.ground(catalog, photo).path for photo in photo_ids]
    made = fused(Shots(paths), by, region, "auto", progress)
    used = [photo_ids[number] for number in made.used]
    text = f"Fused from {len(used)} frames."
    progress.begin("writing", 1)
    target = versions.new_whole(catalog, ".png")
    with versions.kept_whole(target):
        save(paths[0], made.pixels, target, metadata=lambda kept: marked(kept, text, ENHANCED))
        progress.end()
        return keep(catalog, photo_ids[0], target, name or f"Fused from {len(used)} photos", used)
