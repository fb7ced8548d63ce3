"""Enlargements: a photo or a version of it two or four times as large, kept as a version of the photo."""

from __future__ import annotations

from veduta.edit.picture_file import SUFFIXES, kind_for
from veduta.edit.upscale_file import write_larger
from veduta.library import rendering, versions
from veduta.library.catalog import Catalog
from veduta.library.versions import Version
from veduta.library.wholes import keep
from veduta.progress import Progress, Silent


def enlarge(
    catalog: Catalog,
    photo_id: int,
    by: int,
    method: str,
    version_id: int | None = None,
    name: str | None = None,
    progress: Progress | None = None,
) -> Version:
    """Keep a photo, or a version of it, `by` times as large as a new version; the progress may raise to stop.

    What the network invents says so in the version's name and in its file. Raises NotFound, BadVersion, and what
    enlarging raises.
    """
    progress = progress or Silent()
    if version_id is None:
        source = rendering.ground(catalog, photo_id).path
    else:
        versions.get(catalog, version_id, photo_id)
        source = rendering.render(catalog, version_id, progress)
    network = method == "network"
    suffix = SUFFIXES[kind_for(source)][0]
    target = versions.new_whole(catalog, suffix, network)
    if not network:
        progress.begin("enlarging", 1)
    with versions.kept_whole(target):
        write_larger(source, target, by, method, progress)
        if not network:
            progress.advance()
            progress.end()
        shown = f"Enlarged {by}× (not evidence)" if network else f"Enlarged {by}×"
        return keep(catalog, photo_id, target, name or shown, (photo_id,))
