"""Stacks: shots of one view, without those who pass by, kept as a version of the first one."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from veduta.edit.edits import Edits
from veduta.errors import ModelUnavailable
from veduta.files import replacing
from veduta.image.photo import Pixels
from veduta.library import rendering, versions
from veduta.library.catalog import Catalog
from veduta.library.versions import Version
from veduta.progress import Progress, Silent

if TYPE_CHECKING:
    from veduta.edit.tourists import Tourists


def stack(
    catalog: Catalog,
    photo_ids: Sequence[int],
    name: str | None = None,
    fill: bool = True,
    progress: Progress | None = None,
) -> Version:
    """Make one photo of several and keep it as a version of the first, whose view it has.

    `fill`: whoever stays in every shot is filled. The result is written whole before it is kept; the progress may
    raise to stop. Raises NotFound, BadVersion, UnreadableImage, and what stacking raises.
    """
    from veduta.edit.shots import Shots
    from veduta.edit.stack import stack as stacked

    progress = progress or Silent()
    shots = Shots([rendering.ground(catalog, photo).path for photo in photo_ids])
    made = stacked(shots, _tourists(), 0, fill_standing=fill, progress=progress).pixels
    progress.begin("writing", 1)
    base = versions.new_base(catalog)
    _write(made, base)
    progress.end()
    size = (base.name, made.shape[1], made.shape[0])
    with versions.kept_whole(base):
        return versions.create(catalog, photo_ids[0], Edits(), name, size, photo_ids)


def _tourists() -> Tourists | None:
    """Who finds people; without their networks, the vote alone must do."""
    from veduta.edit.tourists import Tourists

    try:
        return Tourists()
    except ModelUnavailable:
        return None


def _write(pixels: Pixels, path: Path) -> None:
    from PIL import Image

    with replacing(path) as temporary:
        Image.fromarray(pixels).save(temporary, "PNG", compress_level=1)
