"""Pictures made of photos by long work, each kept as a version of its (first) photo."""

from __future__ import annotations

from functools import partial

from veduta.edit.picture_file import check_still
from veduta.edit.upscale import check
from veduta.library import rendering, versions
from veduta.library.catalog import Catalog
from veduta.nets.packs.enlarge import REAL_ESRGAN_X4
from veduta.nets.store import default_store
from veduta.progress import Progress
from veduta.server.context import Context
from veduta.server.models.composition import EnlargementNew
from veduta.server.models.edit import JobOut


def enlarge(here: Context, photo_id: int, new: EnlargementNew) -> JobOut:
    """Queue an enlargement; raises NotFound, BadVersion, CannotEnlarge and ModelUnavailable."""
    start = rendering.ground(here.catalog, photo_id)
    width, height = start.width, start.height
    if new.version is not None:
        version = versions.get(here.catalog, new.version, photo_id)
        width, height = version.width, version.height
    check(new.by, new.method, width, height)
    check_still(start.path)
    if new.method == "network":
        default_store().path(REAL_ESRGAN_X4)
    work = partial(_enlarge, here.catalog, photo_id, new)
    return here.renders.add("enlarge", photo_id, None, work)


def _enlarge(catalog: Catalog, photo_id: int, new: EnlargementNew, progress: Progress) -> int:
    from veduta.library.enlargement import enlarge

    return enlarge(catalog, photo_id, new.by, new.method, new.version, new.name, progress).id
