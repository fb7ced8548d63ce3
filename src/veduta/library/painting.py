"""Paintings: a photo painted in the style of another picture of the library, kept as a version of the photo."""

from __future__ import annotations

from veduta.edit.picture_file import SUFFIXES, kind_for
from veduta.edit.style_brush import painting_brush, painting_code
from veduta.edit.style_file import write_styled
from veduta.library import rendering, versions
from veduta.library.catalog import Catalog
from veduta.library.versions import Version
from veduta.library.wholes import keep
from veduta.progress import Progress, Silent

SEEN = 1024  # longer side at which the painting is read


def paint(
    catalog: Catalog,
    photo_id: int,
    painting_id: int,
    strength: float = 1.0,
    colors: bool = False,
    side: int = 0,
    name: str | None = None,
    progress: Progress | None = None,
) -> Version:
    """Paint a photo like another one (see `veduta.edit.style.paint`) and keep it as a version.

    The progress may raise to stop. Raises NotFound, BadVersion, BadEdit, UnreadableImage, ModelUnavailable.
    """
    progress = progress or Silent()
    source = rendering.ground(catalog, photo_id).path
    painting = rendering.ground(catalog, painting_id)
    progress.begin("reading the painting", 1)
    brush = painting_brush(painting_code(painting.pixels(SEEN)))
    progress.end()
    target = versions.new_whole(catalog, SUFFIXES[kind_for(source)][0])
    with versions.kept_whole(target):
        write_styled(source, target, brush, strength, colors, side, progress=progress)
        return keep(
            catalog, photo_id, target, name or f"Like {painting.path.stem}"[:100], (photo_id, painting_id)
        )
